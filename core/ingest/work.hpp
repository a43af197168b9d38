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

/// Bounded by requests; many producers, many workers. Whoever waits is woken once per burst.
class WorkQueue {
public:
    explicit WorkQueue(size_t limit) : limit_(limit) {}

    bool full() const { return size_.load(std::memory_order_relaxed) >= limit_; }
    size_t size() const { return size_.load(std::memory_order_relaxed); }
    void push(std::vector<Work>);
    /// Waits for work and moves up to `most` into `out`. False when closed and empty.
    bool take(size_t most, std::vector<Work>& out);
    void close();

private:
    const size_t limit_;
    std::atomic<size_t> size_{0};
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Work> queue_;
    size_t waiting_ = 0;
    bool closed_ = false;
};

} // namespace gh::ingest
