#include "core/ingest/work.hpp"

namespace gh::ingest {

void WorkQueue::push(std::vector<Work> works) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        for (auto& work : works) queue_.push_back(std::move(work));
        size_.store(queue_.size(), std::memory_order_relaxed);
        wake = waiting_ > 0 && (working_ == 0 || wants_help());
    }
    if (wake) ready_.notify_one();
}

bool WorkQueue::take(size_t most, std::vector<Work>& out) {
    out.clear();
    bool more = false;
    {
        std::unique_lock lock(mutex_);
        ++waiting_;
        while (!ready_.wait_for(lock, k_look_again, [&] { return closed_ || !queue_.empty(); })) {
        }
        --waiting_;
        if (queue_.empty()) return false;
        while (!queue_.empty() && out.size() < most) {
            out.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        size_.store(queue_.size(), std::memory_order_relaxed);
        ++working_;
        taken_at_ = Steady::now();
        more = wants_help();
    }
    if (more) ready_.notify_one();
    return true;
}

void WorkQueue::done() {
    const std::lock_guard lock(mutex_);
    --working_;
}

void WorkQueue::still_busy() {
    bool wake = false;
    if (size() > 0) {
        const std::lock_guard lock(mutex_);
        wake = wants_help();
    }
    if (wake) ready_.notify_one();
}

void WorkQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    ready_.notify_all();
}

} // namespace gh::ingest
