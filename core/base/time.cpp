#include "core/base/time.hpp"

#include <charconv>
#include <cstdio>

namespace gh {

std::string to_rfc3339(Time t) {
    using namespace std::chrono;
    const auto day = floor<days>(t);
    const year_month_day date(day);
    const hh_mm_ss clock(t - day);
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    return text;
}

namespace {

/// Takes exactly `digits` decimal digits off the front.
std::optional<int> take_number(std::string_view& text, size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

} // namespace

std::optional<Time> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    const auto y = take_number(text, 4);
    if (!y || !take(text, "-")) return std::nullopt;
    const auto mo = take_number(text, 2);
    if (!mo || !take(text, "-")) return std::nullopt;
    const auto d = take_number(text, 2);
    if (!d || !take(text, "Tt ")) return std::nullopt;
    const auto h = take_number(text, 2);
    if (!h || !take(text, ":")) return std::nullopt;
    const auto mi = take_number(text, 2);
    if (!mi || !take(text, ":")) return std::nullopt;
    const auto s = take_number(text, 2);
    if (!s) return std::nullopt;

    int ms = 0;
    if (take(text, ".")) {
        int digits = 0;
        while (digits < 9 && !text.empty() && text.front() >= '0' && text.front() <= '9') {
            if (digits < 3) ms = ms * 10 + (text.front() - '0');
            text.remove_prefix(1);
            ++digits;
        }
        if (digits == 0) return std::nullopt;
        for (; digits < 3; ++digits) ms *= 10;
    }

    minutes offset{0};
    if (!take(text, "Zz")) {
        if (text.empty()) return std::nullopt;
        const int sign = text.front() == '-' ? -1 : 1;
        if (!take(text, "+-")) return std::nullopt;
        const auto oh = take_number(text, 2);
        if (!oh || !take(text, ":")) return std::nullopt;
        const auto om = take_number(text, 2);
        if (!om || *oh > 23 || *om > 59) return std::nullopt;
        offset = minutes(sign * (*oh * 60 + *om));
    }
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    // A leap second (60) is read as the first moment of the next minute.
    if (!text.empty() || !date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
    return Time(sys_days(date) + hours(*h) + minutes(*mi) + seconds(*s) + Millis(ms) - offset);
}

std::optional<Millis> parse_duration(std::string_view text) {
    int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || value < 0 || value > 1'000'000'000) return std::nullopt;
    const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
    if (unit == "ms") return Millis(value);
    if (unit == "s") return std::chrono::seconds(value);
    if (unit == "m") return std::chrono::minutes(value);
    if (unit == "h") return std::chrono::hours(value);
    if (unit == "d") return std::chrono::hours(value * 24);
    return std::nullopt;
}

std::string to_text(Millis d) {
    const int64_t ms = d.count();
    struct Unit {
        int64_t size;
        const char* name;
    };
    for (const Unit unit : {Unit{86'400'000, "d"}, Unit{3'600'000, "h"}, Unit{60'000, "m"}, Unit{1'000, "s"}})
        if (ms >= unit.size && ms % unit.size == 0) return std::to_string(ms / unit.size) + unit.name;
    return std::to_string(ms) + "ms";
}

} // namespace gh
