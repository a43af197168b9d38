// A value that many threads read and one replaces as a whole: the configuration, the routing table, the plugins.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace gh {

/// Any thread. Who has loaded a value keeps it as long as needed, whatever is stored meanwhile.
///
/// In place of std::atomic<std::shared_ptr>: the one of libstdc++ 12 and 13 lets go of its lock in load() with relaxed order, so that the
/// pointer it reads is not kept apart from a later store. An uncontended mutex costs no more.
template <class T>
class Current {
public:
    explicit Current(std::shared_ptr<T> value = nullptr) : value_(std::move(value)) {}

    std::shared_ptr<T> load() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    /// What was there before is let go after the lock: its end may take long.
    void store(std::shared_ptr<T> value) {
        const std::lock_guard lock(mutex_);
        value_.swap(value);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

} // namespace gh
