// HTTP dates and Retry-After.
#pragma once

#include <gatehouse/types.hpp>

#include <algorithm>
#include <array>

namespace gatehouse {

namespace detail {

/// Digits only, at most `max_digits` of them; nothing else, no sign, no space.
inline std::optional<int64_t> parse_digits(std::string_view s, size_t max_digits = 18) {
    if (s.empty() || s.size() > max_digits) return std::nullopt;
    int64_t n = 0;
    for (char c : s) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + (c - '0');
    }
    return n;
}

inline std::optional<time_point> make_time(std::string_view day, std::string_view month, std::string_view year, std::string_view clock) {
    static constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto m = std::find(months.begin(), months.end(), month);
    const auto d = parse_digits(day, 2), y = parse_digits(year, 4);
    if (m == months.end() || !d || !y || clock.size() != 8 || clock[2] != ':' || clock[5] != ':') return std::nullopt;
    const auto hour = parse_digits(clock.substr(0, 2), 2), minute = parse_digits(clock.substr(3, 2), 2),
               second = parse_digits(clock.substr(6, 2), 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*y)),
                                           std::chrono::month(static_cast<unsigned>(m - months.begin() + 1)),
                                           std::chrono::day(static_cast<unsigned>(*d)));
    if (!date.ok()) return std::nullopt;
    return time_point(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

} // namespace detail

/// RFC 9110 section 5.6.7, all three forms: "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
/// `now` decides the century of the second.
inline std::optional<time_point> parse_http_date(std::string_view s, time_point now) {
    if (s.size() == 29 && s.substr(3, 2) == ", " && s[7] == ' ' && s[11] == ' ' && s[16] == ' ' && s.substr(25) == " GMT")
        return detail::make_time(s.substr(5, 2), s.substr(8, 3), s.substr(12, 4), s.substr(17, 8));
    if (s.size() == 24 && s[3] == ' ' && s[7] == ' ' && s[10] == ' ' && s[19] == ' ')
        return detail::make_time(s[8] == ' ' ? s.substr(9, 1) : s.substr(8, 2), s.substr(4, 3), s.substr(20, 4), s.substr(11, 8));
    const size_t comma = s.find(", ");
    if (comma == std::string_view::npos || s.size() != comma + 24 || s.substr(comma + 20) != " GMT") return std::nullopt;
    const std::string_view rest = s.substr(comma + 2);
    const auto two = detail::parse_digits(rest.substr(7, 2), 2);
    if (rest[2] != '-' || rest[6] != '-' || rest[9] != ' ' || !two) return std::nullopt;
    // A year that seems more than 50 years ahead is the last one with these digits.
    const auto this_year = static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
    int year = this_year - this_year % 100 + static_cast<int>(*two);
    if (year > this_year + 50) year -= 100;
    return detail::make_time(rest.substr(0, 2), rest.substr(3, 3), std::to_string(year), rest.substr(10, 8));
}

/// Retry-After (RFC 9110 section 10.2.3): seconds or a date. At least 0, at most one day, so that a provider's slip does not park an event.
inline std::optional<milliseconds> parse_retry_after(std::string_view s, time_point now) {
    constexpr milliseconds most = std::chrono::hours(24);
    if (const auto seconds = detail::parse_digits(s, 12)) return std::min<milliseconds>(std::chrono::seconds(*seconds), most);
    if (const auto date = parse_http_date(s, now)) return std::clamp<milliseconds>(*date - now, milliseconds(0), most);
    return std::nullopt;
}

} // namespace gatehouse
