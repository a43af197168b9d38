// What follows from the outcome of one attempt.
#pragma once

#include "core/base/time.hpp"
#include "core/egress/client.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::delivery {

struct Verdict {
    enum class Kind {
        delivered, ///< 2xx
        retry,     ///< anything else, while the schedule lasts
        dead,      ///< the schedule is at its end
        gone,      ///< 410: the destination is to be disabled, the delivery waits
    };
    Kind kind = Kind::retry;
    std::string outcome;            ///< of the attempt, as stored: "delivered", "http_500", "timeout"
    std::string_view family;        ///< for metrics: few values ("delivered", "http_5xx", "timeout")
    std::string error;              ///< a sentence for a person; empty when delivered
    bool throttle = false;          ///< 429, 502, 504: the destination as a whole is to be left alone for a while
    std::optional<Time> not_before; ///< Retry-After, at most k_longest_retry_after from now
    std::optional<Time> next;       ///< with retry and gone
};

inline constexpr Millis k_longest_retry_after = std::chrono::hours(24);

/// `made`: attempts before this one. `schedule`: waits between attempts. `jitter` from -1 to 1 stands for -10 % to +10 %.
Verdict judge(const egress::Response&, int made, const std::vector<Millis>& schedule, Time now, double jitter);

/// Seconds or an HTTP date (RFC 9110 section 10.2.3). None when it is neither.
std::optional<Time> parse_retry_after(std::string_view, Time now);

} // namespace gh::delivery
