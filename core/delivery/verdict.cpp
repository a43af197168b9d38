#include "core/delivery/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace gh::delivery {

namespace {

constexpr double k_jitter = 0.1;
constexpr Millis k_wait_when_gone{5'000}; ///< an operator enables the destination again; then it is tried at once

std::string_view family_of(int status) {
    switch (status / 100) {
        case 1:
            return "http_1xx";
        case 2:
            return "delivered";
        case 3:
            return "http_3xx";
        case 4:
            return "http_4xx";
        case 5:
            return "http_5xx";
        default:
            return "http_other";
    }
}

/// The three forms of an HTTP date (RFC 9110 section 5.6.7).
std::optional<Time> parse_http_date(const std::string& text) {
    for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* end = ::strptime(text.c_str(), form, &parts);
        if (!end || *end) continue;
        return from_unix_ms(static_cast<int64_t>(::timegm(&parts)) * 1000);
    }
    return std::nullopt;
}

} // namespace

std::optional<Time> parse_retry_after(std::string_view text, Time now) {
    int64_t seconds = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
    std::optional<Time> until;
    if (number) {
        const bool huge = fault != std::errc{} || seconds > k_longest_retry_after / Millis(1000);
        until = huge ? now + k_longest_retry_after : now + Millis(seconds * 1000);
    } else if (text.size() < 64) {
        until = parse_http_date(std::string(text));
    }
    if (!until) return std::nullopt;
    return std::clamp(*until, now, now + k_longest_retry_after);
}

Verdict judge(const egress::Response& response, int made, const std::vector<Millis>& schedule, Time now, double jitter) {
    Verdict v;
    // An answer longer than we care to read is an answer all the same: its status had come.
    const bool answered =
        response.failure == egress::Failure::none || (response.failure == egress::Failure::too_large && response.status > 0);
    const int status = answered ? response.status : 0;
    if (status >= 200 && status < 300) {
        v.kind = Verdict::Kind::delivered;
        v.outcome = v.family = "delivered";
        return v;
    }
    if (answered) {
        v.outcome = "http_" + std::to_string(status);
        v.family = family_of(status);
        v.error = "answered " + std::to_string(status);
        if (status >= 300 && status < 400) v.error += "; redirects are not followed: put the final address into the destination's url";
        v.throttle = status == 429 || status == 502 || status == 504;
        if (const auto field = response.field("retry-after")) v.not_before = parse_retry_after(*field, now);
    } else {
        v.outcome = v.family = egress::to_text(response.failure);
        v.error = response.error;
    }

    const auto step = static_cast<size_t>(std::max(made, 0));
    const bool more = step < schedule.size();
    v.kind = status == 410 ? Verdict::Kind::gone : more ? Verdict::Kind::retry : Verdict::Kind::dead;
    if (v.kind == Verdict::Kind::dead) return v;
    const Millis wait = more ? schedule[step] : k_wait_when_gone;
    v.next = now + Millis(static_cast<int64_t>(static_cast<double>(wait.count()) * (1 + k_jitter * jitter)));
    if (v.not_before) v.next = std::max(*v.next, *v.not_before);
    return v;
}

} // namespace gh::delivery
