// The event loop: epoll, the connections, their deadlines, the answers that other threads posted. One thread.
#pragma once

#include "core/base/thread.hpp"
#include "core/http/listener.hpp"
#include "core/http/loop_context.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace gh::http {

class Loop final : private LoopContext {
public:
    static constexpr int k_accepts_per_round = 64;
    static constexpr int k_events_per_round = 512;
    /// Requests handed on while the rest of a round is still read: work for one of the handler's threads (6 % more at 64 connections).
    static constexpr size_t k_hand_over = 8;
    static constexpr Millis k_accept_pause{100}; ///< after running out of file descriptors

    Loop(std::string name, Limits, Handler&, Log&, Metrics&, std::vector<Listener*>);
    /// Closes everything and joins the thread.
    ~Loop() override;

    void start();
    /// Any other thread. True when nothing was left within `limit`.
    bool drain(Millis limit);
    Server::Counts counts() const;

private:
    // A listener in the epoll set; pauses when the process has no descriptors left.
    struct Door final : Watched {
        Door(Loop& l, Listener& s) : loop(l), listener(s) {}
        ~Door() override { loop.deadlines.cancel(deadline_); }
        void on_events(uint32_t) override { loop.accept(*this); }
        void on_deadline() override { loop.watch(*this, true); }
        void abort() override {}
        void pause() { loop.deadlines.set(deadline_, loop.now + k_accept_pause); }
        Loop& loop;
        Listener& listener;
    };

    void run();
    void round();
    void wait();
    void dispatch(uint32_t events, Watched*);
    template <class F>
    void guarded(Watched&, F);
    void take_posted();
    void take_resumed();
    void hand_over();
    void begin_drain();
    void publish();

    void watch(Door&, bool on);
    /// True: there may be more.
    bool accept(Door&);
    bool admit_peer(int fd, const Peer&, bool secure);
    void add(Door&, int fd, Peer);

    void resume_later(Connection&) override;
    void bury(Connection&) override;

    int epoll_ = -1;
    std::vector<std::unique_ptr<Door>> doors_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::unique_ptr<Connection>> buried_; ///< kept to the end of the round: events may still name them
    std::vector<Connection*> resume_;
    std::unordered_map<std::string, size_t> per_address_;
    uint64_t accepted_ = 0;
    Steady::time_point complained_{}; ///< about accept(2)

    Gauge& active_gauge_;
    Gauge& idle_gauge_;
    std::atomic<bool> stop_{false};
    std::atomic<bool> drain_{false};
    std::atomic<size_t> count_connections_{0}, count_active_{0};
    std::atomic<uint64_t> count_accepted_{0}, count_requests_{0};
    std::mutex drained_mutex_;
    std::condition_variable drained_;
    bool is_drained_ = false; ///< guarded by drained_mutex_
    NamedThread thread_;
};

} // namespace gh::http
