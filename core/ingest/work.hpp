// One request on its way through verification, and the queue the workers take it from.
#pragma once

#include "core/http/server.hpp"
#include "core/ingest/routing.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace gh::ingest {

struct Work {
    http::Exchange exchange;
    std::shared_ptr<const RoutingTable> table;
    const Place* place; ///< inside `table`
    Steady::time_point arrived;
    bool after_job = false; ///< the verifier's job has run: it may not ask for another
};

/// Bounded by requests; many producers, many workers.
///
/// A further worker is woken only when the ones awake will not get to the work soon: when more than `patience` requests wait, or when a
/// worker has been at its batch for longer than k_slow. For cheap verifiers one worker awake does the work of two with 7 % less CPU; an
/// expensive one leaves the rest to the others, and behind a stuck one nothing waits for longer than k_look_again.
class WorkQueue {
public:
    WorkQueue(size_t limit, size_t patience) : limit_(limit), patience_(patience) {}

    bool full() const { return size_.load(std::memory_order_relaxed) >= limit_; }
    size_t size() const { return size_.load(std::memory_order_relaxed); }
    void push(std::vector<Work>);
    /// Waits for work and moves up to `most` into `out`. False when closed and empty.
    bool take(size_t most, std::vector<Work>& out);
    /// The worker is through with what it took.
    void done();
    /// A worker says between two requests of its batch that it is still at it.
    void still_busy();
    void close();

private:
    static constexpr auto k_slow = std::chrono::microseconds(200);
    static constexpr auto k_look_again = Millis(50);

    bool wants_help() const { return waiting_ > 0 && !queue_.empty() && (queue_.size() > patience_ || Steady::now() - taken_at_ > k_slow); }

    const size_t limit_, patience_;
    std::atomic<size_t> size_{0};
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Work> queue_;
    size_t waiting_ = 0, working_ = 0;
    Steady::time_point taken_at_{}; // when a worker last took something
    bool closed_ = false;
};

} // namespace gh::ingest
