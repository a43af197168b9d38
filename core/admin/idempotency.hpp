// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated POST gets the first one's answer instead of being done twice.
#pragma once

#include "core/base/time.hpp"
#include "core/http/message.hpp"

#include <array>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace gh::admin {

/// Bounded in number and age; any thread.
class Idempotency {
public:
    explicit Idempotency(size_t limit) : limit_(limit) {}

    /// The answer to give at once (the first one's; 409 while that is under way; 422 when the request differs), or none: do it, then call
    /// finish() in any case.
    std::optional<http::Response> begin(const std::string& key, const http::Request&, Time now);
    /// Answers from 500 on are not kept: a repetition may succeed.
    void finish(const std::string& key, const http::Response&);

private:
    struct Entry {
        std::array<uint8_t, 32> fingerprint;
        Time at{};
        std::optional<http::Response> answer;
    };
    void forget_old(Time now);

    const size_t limit_;
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::string> order_; ///< oldest first; may name keys that are gone
};

} // namespace gh::admin
