#include "core/ingest/work.hpp"

namespace gh::ingest {

void WorkQueue::push(std::vector<Work> works) {
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        for (auto& work : works) queue_.push_back(std::move(work));
        size_.store(queue_.size(), std::memory_order_relaxed);
        wake = waiting_ > 0;
    }
    if (wake) ready_.notify_one();
}

bool WorkQueue::take(size_t most, std::vector<Work>& out) {
    out.clear();
    bool more = false;
    {
        std::unique_lock lock(mutex_);
        ++waiting_;
        ready_.wait(lock, [&] { return closed_ || !queue_.empty(); });
        --waiting_;
        if (queue_.empty()) return false;
        while (!queue_.empty() && out.size() < most) {
            out.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
        size_.store(queue_.size(), std::memory_order_relaxed);
        more = !queue_.empty() && waiting_ > 0;
    }
    if (more) ready_.notify_one();
    return true;
}

void WorkQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    ready_.notify_all();
}

} // namespace gh::ingest
