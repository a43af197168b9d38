// Simulated time: begins at the real time and runs `scale` times as fast.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <cmath>

namespace gh::sandbox {

/// Immutable; any thread.
class ScaledClock {
public:
    explicit ScaledClock(double scale) : scale_(scale), begin_(SystemClock().now()), steady_begin_(Steady::now()) {}

    Time now() const {
        const std::chrono::duration<double, std::milli> elapsed = Steady::now() - steady_begin_;
        return begin_ + Millis(static_cast<int64_t>(elapsed.count() * scale_));
    }
    /// When simulated time comes to `t`. At most a century ahead.
    Steady::time_point real(Time t) const {
        const double ahead = static_cast<double>((t - begin_).count()) / scale_;
        constexpr double k_century = 1000.0 * 86'400 * 36'525;
        // Rounded up, so that now() has surely come to `t` by then.
        return steady_begin_ + std::chrono::ceil<Steady::duration>(std::chrono::duration<double, std::milli>(std::min(ahead, k_century))) +
               Millis(1);
    }

private:
    double scale_;
    Time begin_;
    Steady::time_point steady_begin_;
};

} // namespace gh::sandbox
