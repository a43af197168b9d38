// The client's thread: an epoll loop that drives two libcurl multi handles, admits waiting requests fairly, and keeps the deadlines.
//
// Two handles because connections are pooled per handle: one that was opened where private addresses are allowed must never serve a request
// for which they are not, and libcurl itself compares only names.
#pragma once

#include "core/base/thread.hpp"
#include "core/egress/client.hpp"
#include "core/egress/transfer.hpp"

#include <curl/curl.h>

#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

namespace gh::egress {

class Client::Impl {
public:
    Impl(Options, Log&);
    ~Impl();

    /// Any thread.
    void take(std::unique_ptr<Transfer>);
    bool on_own_thread() const { return std::this_thread::get_id() == thread_id_; }

private:
    struct Pool {
        CURLM* multi = nullptr;
        Impl* owner = nullptr;
        uint32_t index = 0;
        std::optional<Steady::time_point> timer;
    };
    /// Requests to one scheme, host and port through one pool.
    struct Host {
        Pool* pool = nullptr;
        std::list<Transfer*> waiting;
        size_t active = 0;
        bool multiplexed = false;
        bool runnable = false; ///< stands in runnable_
    };
    struct Job {
        std::unique_ptr<Transfer> transfer;
        Host* host = nullptr;
        bool running = false;
        std::list<Transfer*>::iterator place; ///< while it waits
    };

    static int on_socket(CURL*, curl_socket_t, int what, void* pool, void* known);
    static int on_timer(CURLM*, long timeout_ms, void* pool);

    void open_pool(Pool&, uint32_t index);
    void run();
    bool accept_new(); ///< false: the client ends
    void enqueue(std::unique_ptr<Transfer>);
    void admit();
    void start(Host&);
    void wait_for_events();
    void run_timers();
    void collect(Pool&);
    void expire();
    void release(Transfer*); ///< forgets it, then calls back
    void cancel_all();
    void mark_runnable(Host&);
    size_t limit_of(const Host&) const;
    void sweep_hosts();
    void drive(Pool&, curl_socket_t, int mask);

    const Options options_;
    Log& log_;
    Shared shared_;
    int epoll_ = -1;
    int wake_ = -1;
    Pool pools_[2]; ///< strict, then private addresses allowed

    std::map<std::string, Host> hosts_;
    std::deque<Host*> runnable_;
    std::unordered_map<Transfer*, Job> jobs_;
    std::set<std::pair<Steady::time_point, Transfer*>> deadlines_;
    std::vector<Easy> idle_;
    size_t active_ = 0;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Transfer>> incoming_;
    bool stopping_ = false;

    std::thread::id thread_id_;
    NamedThread thread_;
};

} // namespace gh::egress
