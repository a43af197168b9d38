// What waits for the writer, in order.
#pragma once

#include "core/base/time.hpp"
#include "core/store/operations.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

namespace gh::store {

/// Any thread puts, the writer takes. Only appends and refused requests are bounded here: the rest is bounded by who makes it (fetches and
/// deliveries under way), and refusing it would lose work that was done.
class WriteQueue {
public:
    WriteQueue(size_t max_events, size_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

    enum class Put { taken, full, closed };
    /// Moves from the operation only when it was taken.
    Put put(Operation&);

    /// Waits for an operation, close() or `until`.
    void wait(Steady::time_point until);
    /// Waits for wake(), close() or `until`, whatever is queued.
    void wait_for_wake(Steady::time_point until);
    /// The oldest operations, as many as fit (at least one, if there is one). Does not wait.
    std::vector<Operation> take(size_t max_events, size_t max_bytes);
    void wake();
    /// From now on put() says closed.
    void close();
    bool closed() const;
    size_t waiting() const; ///< operations

private:
    struct Item {
        Operation operation;
        Cost cost;
    };
    bool has_room(const Operation&, const Cost&) const;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> items_;
    size_t max_events_, max_bytes_;
    size_t events_ = 0, bytes_ = 0; // of waiting appends
    size_t refused_ = 0;
    bool closed_ = false, woken_ = false;
};

} // namespace gh::store
