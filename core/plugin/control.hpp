// The control thread of a host: [control] functions of plugins run one at a time.
#pragma once

#include "core/base/thread.hpp"
#include "core/plugin/source.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace gh::plugin {

/// Closes sources, whoever let go of them last, on a thread of its own: the last owner may be one that must not wait.
class Control {
public:
    Control() : thread_("plugin-control", [this] { work(); }) {}
    ~Control() { stop(); }

    /// Held while a [control] function runs.
    std::unique_lock<std::mutex> turn() { return std::unique_lock(turn_); }
    /// Any thread, returns at once. After stop() it closes in place.
    void close(std::unique_ptr<Source> source) {
        std::unique_lock lock(mutex_);
        if (!stopping_) {
            queue_.push_back(std::move(source));
            wakeup_.notify_one();
            return;
        }
        lock.unlock();
        const auto turn = this->turn();
        source.reset();
    }
    /// Closes what is queued, then ends the thread.
    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            wakeup_.notify_one();
        }
        thread_.join();
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            wakeup_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto source = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            {
                const auto turn = this->turn();
                source.reset();
            }
            lock.lock();
        }
    }

    std::mutex turn_, mutex_;
    std::condition_variable wakeup_;
    std::deque<std::unique_ptr<Source>> queue_;
    bool stopping_ = false;
    NamedThread thread_; ///< last: uses the others
};

} // namespace gh::plugin
