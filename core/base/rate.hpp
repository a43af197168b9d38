// Limits how often something may happen.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>

namespace gh {

/// A token bucket: `rate` per second on average, up to `burst` at once. Thread-safe. rate 0 = no limit.
class TokenBucket {
public:
    TokenBucket(double rate, double burst) : rate_(rate), burst_(std::max(1.0, burst)), tokens_(burst_) {}

    bool take(Steady::time_point now = Steady::now()) { return wait(now).count() == 0; }

    /// Zero when a token was taken; else how long until there will be one.
    Millis wait(Steady::time_point now) {
        if (rate_ <= 0) return Millis(0);
        const std::lock_guard lock(mutex_);
        if (last_ != Steady::time_point{})
            tokens_ = std::min(burst_, tokens_ + rate_ * std::chrono::duration<double>(now - last_).count());
        last_ = now;
        if (tokens_ >= 1) {
            tokens_ -= 1;
            return Millis(0);
        }
        return Millis(1 + static_cast<int64_t>((1 - tokens_) / rate_ * 1000));
    }

private:
    const double rate_;
    const double burst_;
    std::mutex mutex_;
    double tokens_;
    Steady::time_point last_{};
};

/// For log lines that a hostile or broken peer could cause without end.
class LogLimit {
public:
    explicit LogLimit(double per_second = 20) : bucket_(per_second, per_second) {}

    /// True when the line may be written; `suppressed` then tells how many were not since the last one.
    bool allow(uint64_t& suppressed) {
        if (!bucket_.take()) {
            suppressed_.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
        suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
        return true;
    }

private:
    TokenBucket bucket_;
    std::atomic<uint64_t> suppressed_{0};
};

} // namespace gh
