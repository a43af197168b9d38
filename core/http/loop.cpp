#include "core/http/loop.hpp"

#include "core/http/connection.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <exception>
#include <system_error>
#include <unistd.h>

namespace gh::http {

Loop::Loop(std::string server, Limits l, Handler& h, Log& lg, Metrics& metrics, std::vector<Listener*> listeners)
    : LoopContext(std::move(server), l, h, lg, metrics),
      active_gauge_(metrics.gauge("gatehouse_connections", "Open connections by state.", {{"server", name}, {"state", "active"}})),
      idle_gauge_(metrics.gauge("gatehouse_connections", "Open connections by state.", {{"server", name}, {"state", "idle"}})) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = nullptr;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, mailbox->fd(), &event);
    for (auto* listener : listeners) {
        doors_.push_back(std::make_unique<Door>(*this, *listener));
        event.events = EPOLLIN;
        event.data.ptr = static_cast<Watched*>(doors_.back().get());
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener->fd(), &event);
    }
}

Loop::~Loop() {
    stop_.store(true);
    mailbox->wake();
    thread_.join();
    completed.clear();
    while (!connections_.empty()) connections_.back()->close();
    mailbox->close();
    doors_.clear();
    publish();
    ::close(epoll_);
}

void Loop::start() {
    thread_ = NamedThread(name, [this] { run(); });
}

Server::Counts Loop::counts() const {
    return {count_connections_.load(), count_active_.load(), count_accepted_.load(), count_requests_.load()};
}

bool Loop::drain(Millis limit) {
    drain_.store(true);
    mailbox->wake();
    std::unique_lock lock(drained_mutex_);
    return drained_.wait_for(lock, limit, [this] { return is_drained_; });
}

void Loop::run() {
    while (!stop_.load(std::memory_order_relaxed)) round();
}

void Loop::round() {
    wait();
    if (drain_.load(std::memory_order_relaxed) && !draining) begin_drain();
    take_resumed();
    deadlines.expire(now, [this](Deadlines::Entry& entry) { guarded(*entry.owner, [&] { entry.owner->on_deadline(); }); });
    hand_over();
    buried_.clear();
    publish();
}

void Loop::wait() {
    epoll_event events[k_events_per_round];
    int timeout = 0;
    const bool sleeps = resume_.empty() && mailbox->begin_sleep();
    if (sleeps) timeout = deadlines.timeout(Steady::now());
    const int n = ::epoll_wait(epoll_, events, k_events_per_round, timeout);
    if (sleeps) mailbox->end_sleep();
    now = Steady::now();
    wall = SystemClock().now();
    date.update(wall);
    // First, because answers give back room that the new input may need.
    take_posted();
    for (int i = 0; i < n; ++i)
        if (events[i].data.ptr) {
            dispatch(events[i].events, static_cast<Watched*>(events[i].data.ptr));
            if (completed.size() >= k_hand_over) hand_over();
        }
}

template <class F>
void Loop::guarded(Watched& watched, F f) {
    try {
        f();
    } catch (const std::exception& e) {
        log.error("http", "a connection was closed because of an internal error", {{"server", name}, {"reason", e.what()}});
        watched.abort();
    }
}

void Loop::dispatch(uint32_t events, Watched* watched) {
    guarded(*watched, [&] { watched->on_events(events); });
}

void Loop::take_posted() {
    auto* list = mailbox->take_all();
    while (list) {
        const auto state = Mailbox::take(list);
        body_bytes -= std::exchange(state->charged, 0);
        if (auto* connection = state->connection) guarded(*connection, [&] { connection->on_posted(*state); });
    }
}

void Loop::resume_later(Connection& connection) {
    if (std::exchange(connection.resume_queued, true)) return;
    resume_.push_back(&connection);
}

void Loop::take_resumed() {
    if (resume_.empty()) return;
    auto list = std::exchange(resume_, {});
    for (auto* connection : list) {
        connection->resume_queued = false;
        guarded(*connection, [&] { connection->resume(); });
    }
}

void Loop::hand_over() {
    if (completed.empty()) return;
    std::vector<Exchange> batch;
    batch.reserve(completed.capacity());
    batch.swap(completed);
    try {
        handler.handle(std::move(batch));
    } catch (const std::exception& e) {
        // The exchanges answer 500 as they go.
        log.error("http", "handling requests failed", {{"server", name}, {"reason", e.what()}});
    }
}

void Loop::begin_drain() {
    // What the kernel has accepted for us is served.
    for (auto& door : doors_) {
        if (door->listener.fd() < 0) continue;
        for (int i = 0; i < Listener::k_backlog / k_accepts_per_round && accept(*door); ++i) {
        }
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, door->listener.fd(), nullptr);
        door->listener.close();
    }
    draining = true;
    // Closing takes connections out of the list, from its end or by moving the last one forward.
    for (size_t i = connections_.size(); i-- > 0;)
        if (i < connections_.size()) guarded(*connections_[i], [&] { connections_[i]->drain(); });
}

void Loop::publish() {
    const size_t open = connections_.size();
    if (open != count_connections_.load(std::memory_order_relaxed) || active != count_active_.load(std::memory_order_relaxed)) {
        count_connections_.store(open);
        count_active_.store(active);
        active_gauge_.set(static_cast<double>(active));
        idle_gauge_.set(static_cast<double>(open - active));
    }
    count_accepted_.store(accepted_, std::memory_order_relaxed);
    count_requests_.store(requests, std::memory_order_relaxed);
    if (draining && open == lingering) {
        const std::lock_guard lock(drained_mutex_);
        is_drained_ = true;
        drained_.notify_all();
    }
}

void Loop::bury(Connection& connection) {
    if (connection.resume_queued) std::erase(resume_, &connection);
    const size_t index = connection.index;
    auto owned = std::move(connections_[index]);
    if (index + 1 < connections_.size()) {
        connections_[index] = std::move(connections_.back());
        connections_[index]->index = index;
    }
    connections_.pop_back();
    if (const auto it = per_address_.find(owned->address()); it != per_address_.end() && --it->second == 0) per_address_.erase(it);
    buried_.push_back(std::move(owned));
}

} // namespace gh::http
