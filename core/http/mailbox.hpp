// From any thread to the loop: exchanges that have something to send. A lock-free list and an eventfd that is written only while the loop
// sleeps, so a burst of answers costs one wake-up.
#pragma once

#include "core/http/server.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace gh::http {

class Connection;
class Mailbox;

/// What an Exchange, its Stream and its connection share.
struct Exchange::State {
    static constexpr size_t k_unsent_max = 1 << 20; ///< back-pressure of streams

    Request request;
    std::shared_ptr<const void> context;
    std::shared_ptr<Mailbox> mailbox;

    // Loop thread only.
    Connection* connection = nullptr; ///< null once it is closed
    size_t charged = 0;               ///< of Limits::body_bytes_total

    std::atomic<bool> answered{false};
    std::atomic<bool> alive{true};
    // Written before the first post, read by the loop after it.
    Response response;
    bool streaming = false;

    std::mutex stream_mutex;
    std::string stream_data;   ///< guarded by stream_mutex
    bool stream_ended = false; ///< guarded by stream_mutex
    std::atomic<size_t> unsent{0};

    // The mailbox's list.
    std::atomic<bool> posted{false};
    State* next = nullptr;
    std::shared_ptr<State> self; ///< set while posted
};

class Mailbox {
public:
    Mailbox();
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Any thread. A state that is already posted is not posted twice. After close() it is dropped.
    void post(const std::shared_ptr<Exchange::State>&);
    /// Any thread. Ends the loop's sleep, or keeps it from beginning.
    void wake();
    /// Loop thread, at its end: whatever is or will be posted is dropped.
    void close();

    /// Loop thread. Everything posted, oldest first. Take each element with `take` before the next.
    Exchange::State* take_all();
    static std::shared_ptr<Exchange::State> take(Exchange::State*& list);
    /// Loop thread. False: something is there, do not sleep.
    bool begin_sleep();
    void end_sleep();
    /// To be watched edge-triggered; never needs reading.
    int fd() const { return fd_; }

private:
    void drop_all();

    int fd_;
    std::atomic<Exchange::State*> head_{nullptr};
    std::atomic<bool> sleeping_{false};
    std::atomic<bool> woken_{false};
    std::atomic<bool> closed_{false};
};

} // namespace gh::http
