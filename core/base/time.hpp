// Wall-clock time in milliseconds, and the clock as something that can be set: verification runs offline with a given time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh {

using Millis = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Millis>;
using Steady = std::chrono::steady_clock;

/// Milliseconds since the Unix epoch, and back.
constexpr int64_t to_unix_ms(Time t) { return t.time_since_epoch().count(); }
constexpr Time from_unix_ms(int64_t ms) { return Time(Millis(ms)); }

/// RFC 3339, UTC, three decimals: 2026-01-31T12:00:00.000Z.
std::string to_rfc3339(Time);
/// Accepts RFC 3339 with any offset and 0 to 9 decimals (cut to milliseconds).
std::optional<Time> parse_rfc3339(std::string_view);

/// A duration as written in the config: 500ms, 15s, 5m, 2h, 30d. Plain numbers are refused.
std::optional<Millis> parse_duration(std::string_view);
std::string to_text(Millis);

/// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }
};

/// Stands still until it is set.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Time t) : now_(to_unix_ms(t)) {}
    Time now() const override { return from_unix_ms(now_.load()); }
    void set(Time t) { now_ = to_unix_ms(t); }
    void advance(Millis d) { now_ += d.count(); }

private:
    std::atomic<int64_t> now_;
};

} // namespace gh
