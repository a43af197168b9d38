#include "core/store/write_queue.hpp"

namespace gh::store {

namespace {

// A flood of forged requests must not fill the queue that genuine ones need.
constexpr size_t k_refused_waiting = 256;

bool is_append(const Operation& o) {
    return std::holds_alternative<Append>(o);
}

bool is_refused(const Operation& o) {
    const auto* write = std::get_if<Write>(&o);
    return write && std::holds_alternative<NewRefused>(write->what);
}

} // namespace

bool WriteQueue::has_room(const Operation& operation, const Cost& cost) const {
    if (is_refused(operation)) return refused_ < k_refused_waiting;
    if (!is_append(operation) || events_ == 0) return true;
    return events_ + cost.events <= max_events_ && bytes_ + cost.bytes <= max_bytes_;
}

WriteQueue::Put WriteQueue::put(Operation& operation) {
    const auto cost = cost_of(operation);
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return Put::closed;
        if (!has_room(operation, cost)) return Put::full;
        if (is_append(operation)) {
            events_ += cost.events;
            bytes_ += cost.bytes;
        }
        refused_ += is_refused(operation);
        items_.push_back({std::move(operation), cost});
        if (items_.size() > 1) return Put::taken; // the writer was woken for the first
    }
    changed_.notify_one();
    return Put::taken;
}

void WriteQueue::wait(Steady::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return !items_.empty() || closed_; });
    woken_ = false;
}

void WriteQueue::wait_for_wake(Steady::time_point until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [this] { return woken_ || closed_; });
    woken_ = false;
}

std::vector<Operation> WriteQueue::take(size_t max_events, size_t max_bytes) {
    std::vector<Operation> group;
    const std::lock_guard lock(mutex_);
    Cost sum;
    while (!items_.empty()) {
        auto& item = items_.front();
        if (!group.empty() && (sum.events + item.cost.events > max_events || sum.bytes + item.cost.bytes > max_bytes)) break;
        sum.events += item.cost.events;
        sum.bytes += item.cost.bytes;
        if (is_append(item.operation)) {
            events_ -= item.cost.events;
            bytes_ -= item.cost.bytes;
        }
        refused_ -= is_refused(item.operation);
        group.push_back(std::move(item.operation));
        items_.pop_front();
    }
    return group;
}

void WriteQueue::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void WriteQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_one();
}

bool WriteQueue::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

size_t WriteQueue::waiting() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
}

} // namespace gh::store
