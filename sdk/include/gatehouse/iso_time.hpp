// Times written as text (RFC 3339, ISO 8601) and durations as they stand in settings ("4h").
#pragma once

#include <gatehouse/time.hpp>

namespace gatehouse {

/// "YYYY-MM-DD<separator>HH:MM:SS", then optionally "." and 1 to 9 digits, then exactly `suffix` ("Z", "", " UTC"). Read as UTC; what is
/// finer than a millisecond is cut. Nothing else: no other zones, no spaces, no leap second beyond :60.
inline std::optional<time_point> parse_clock_text(std::string_view s, char separator, std::string_view suffix) {
    const auto part = [&](size_t at, size_t size) { return detail::parse_digits(s.substr(at, size), size); };
    if (s.size() < 19 || s[4] != '-' || s[7] != '-' || s[10] != separator || s[13] != ':' || s[16] != ':') return std::nullopt;
    const auto year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2), minute = part(14, 2), second = part(17, 2);
    if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    s.remove_prefix(19);
    int64_t ms = 0;
    if (!s.empty() && s.front() == '.') {
        size_t n = 1;
        while (n < s.size() && s[n] >= '0' && s[n] <= '9') ++n;
        if (n < 2 || n > 10) return std::nullopt;
        std::string digits(s.substr(1, std::min<size_t>(n - 1, 3)));
        digits.resize(3, '0');
        ms = *detail::parse_digits(digits, 3);
        s.remove_prefix(n);
    }
    if (s != suffix) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return time_point(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) + milliseconds(ms);
}

/// "2026-01-01T12:00:00.000Z".
inline std::optional<time_point> parse_utc_time(std::string_view s) {
    return parse_clock_text(s, 'T', "Z");
}

/// RFC 3339 section 5.6: "2026-01-01T12:00:00Z", "2026-01-01T14:00:00.5+02:00".
inline std::optional<time_point> parse_offset_time(std::string_view s) {
    if (!s.empty() && s.back() == 'Z') return parse_utc_time(s);
    if (s.size() < 25) return std::nullopt;
    const std::string_view zone = s.substr(s.size() - 6);
    const auto hours = detail::parse_digits(zone.substr(1, 2), 2), minutes = detail::parse_digits(zone.substr(4), 2);
    const auto local = parse_clock_text(s.substr(0, s.size() - 6), 'T', "");
    if (!local || !hours || !minutes || *hours > 23 || *minutes > 59 || zone[3] != ':' || (zone[0] != '+' && zone[0] != '-'))
        return std::nullopt;
    const milliseconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return zone[0] == '+' ? *local - offset : *local + offset;
}

/// "YYYY-MM-DD<separator>HH:MM:SS", UTC.
inline std::string clock_text(time_point t, char separator) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date(day);
    const auto s = static_cast<unsigned>(std::chrono::floor<std::chrono::seconds>(t - day).count());
    const auto two = [](unsigned n) { return std::string{static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)}; };
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    return two(year / 100) + two(year) + "-" + two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
           separator + two(s / 3600) + ":" + two(s / 60 % 60) + ":" + two(s % 60);
}

/// "2026-01-01T12:00:00.000Z".
inline std::string utc_text(time_point t) {
    const auto ms = static_cast<unsigned>((t - std::chrono::floor<std::chrono::seconds>(t)).count());
    std::string digits = std::to_string(1000 + ms);
    return clock_text(t, 'T') + "." + digits.substr(1) + "Z";
}

/// Digits and one of s, m, h, d: "90s", "4h", "2d". At most 366 days.
inline std::optional<milliseconds> parse_duration(std::string_view s) {
    if (s.size() < 2) return std::nullopt;
    const auto n = detail::parse_digits(s.substr(0, s.size() - 1), 8);
    const int64_t unit = s.back() == 's' ? 1 : s.back() == 'm' ? 60 : s.back() == 'h' ? 3600 : s.back() == 'd' ? 86'400 : 0;
    if (!n || unit == 0 || *n > 366 * 86'400 / unit) return std::nullopt;
    return std::chrono::seconds(*n * unit);
}

} // namespace gatehouse
