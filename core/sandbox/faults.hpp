// Faults of a simulated provider's API, on demand: what its clients must live through.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/http/message.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gh::sandbox {

/// What happens to one request. Delays are of the real clock.
struct Mishap {
    Millis delay{0};
    Millis late{0};    ///< between what was done and its answer
    bool hang = false; ///< after the delay a 504, and the connection ends
    bool cut = false;  ///< the real answer, announced whole and sent by half
    std::optional<http::Response> instead;
};

/// Rules in the order they were added. Not thread-safe.
class ApiFaults {
public:
    /// {"mode": "latency" | "late" | "status" | "rate-limit" | "errors" | "hang" | "cut" | "clear", "count": N, "path": "/prefix",
    ///  "milliseconds": N, "status": N, "retry_after": seconds, "body": text}
    ///
    /// latency: acts after `milliseconds`. late: acts at once, and answers after `milliseconds` (1,000). status: answers `status` with
    /// `body`. rate-limit: 429, with Retry-After when `retry_after` is given. errors: 500. hang: nothing for `milliseconds` (60,000), then
    /// 504 and the end of the connection. cut: half of the answer. clear: forgets all rules. Without `count` a rule holds until cleared;
    /// `path` limits it to requests whose path begins so.
    Status add(const json::Value& arguments);
    /// Latency adds to what else happens; of the other rules, the first that fits counts.
    Mishap next(const std::string& path);
    /// The rules and what is left of each, as a JSON array.
    std::string describe() const;

private:
    enum class Mode { latency, late, status, hang, cut };
    struct Rule {
        Mode mode;
        std::string name, path;
        int64_t left; ///< -1: until cleared
        Millis delay{0};
        http::Response answer;
    };
    std::vector<Rule> rules_;
};

} // namespace gh::sandbox
