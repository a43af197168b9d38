// Simulated time: begins at the real time, runs `scale` times as fast, and can be moved ahead. Beside it the provider's own idea of the
// real time, which can be wrong.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace gh::sandbox {

/// Any thread.
class ScaledClock {
public:
    explicit ScaledClock(double scale) : scale_(scale), begin_(SystemClock().now()), steady_begin_(Steady::now()) {}

    Time now() const {
        const std::chrono::duration<double, std::milli> elapsed = Steady::now() - steady_begin_;
        return begin_ + ahead() + Millis(static_cast<int64_t>(elapsed.count() * scale_));
    }
    /// When simulated time comes to `t` if nobody moves it. At most a century ahead.
    Steady::time_point real(Time t) const {
        const double left = static_cast<double>((t - begin_ - ahead()).count()) / scale_;
        constexpr double k_century = 1000.0 * 86'400 * 36'525;
        // Rounded up, so that now() has surely come to `t` by then.
        return steady_begin_ + std::chrono::ceil<Steady::duration>(std::chrono::duration<double, std::milli>(std::min(left, k_century))) +
               Millis(1);
    }
    /// The real time as the provider's clock shows it: what it signs messages with.
    Time wall_now() const { return SystemClock().now() + skew(); }

    Millis ahead() const { return Millis(ahead_.load()); } ///< by how much simulated time was moved, in all
    Millis skew() const { return Millis(skew_.load()); }
    void advance(Millis by) { ahead_ += by.count(); }
    void set_skew(Millis by) { skew_ = by.count(); }

private:
    const double scale_;
    const Time begin_;
    const Steady::time_point steady_begin_;
    std::atomic<int64_t> ahead_{0}, skew_{0};
};

} // namespace gh::sandbox
