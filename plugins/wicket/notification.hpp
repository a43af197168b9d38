// What Wicket announces: {"application_user_sub": "<50 hex>", "date_time": "YYYY-MM-DDTHH:MM:SS.ffffff", "operation_type": "data_update"}
// (docs.tisagroup.ch/wicket/integration/notifications). A hint, no user data. Registration and change look the same.
#pragma once

#include <gatehouse/iso_time.hpp>
#include <gatehouse/json.hpp>

namespace wicket {

/// Exactly these three members, all strings. The one documented operation_type is data_update; others are kept as they are.
class notification {
public:
    static std::optional<notification> read(std::string_view body) {
        if (body.size() > 4096) return std::nullopt;
        const auto d = gatehouse::json::parse(body);
        const auto date = gatehouse::parse_clock_text(d["date_time"].text(), 'T', "");
        if (d.root().size() != 3 || !date || !is_user(d["application_user_sub"].text()) || !is_operation(d["operation_type"].text()))
            return std::nullopt;
        return notification(d["application_user_sub"].text(), d["operation_type"].text(), *date);
    }
    std::string user, operation;
    gatehouse::time_point date; ///< as written, read as if it were UTC: the zone is not told

private:
    notification(std::string_view u, std::string_view o, gatehouse::time_point d) : user(u), operation(o), date(d) {}

    /// 50 lower-case hexadecimal digits in every sample; the length is not promised anywhere.
    static bool is_user(std::string_view s) {
        for (char c : s)
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
        return s.size() >= 16 && s.size() <= 128;
    }
    static bool is_operation(std::string_view s) {
        for (char c : s)
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
                return false;
        return !s.empty() && s.size() <= 64;
    }
};

/// How far date_time may lie from now. It has no zone: where the operator has not found it out, every zone from -12:00 to +14:00 is allowed
/// for.
class date_window {
public:
    /// zone: "unknown" or "+hh:mm"; past: how old a message may be.
    date_window(std::string_view zone, gatehouse::milliseconds past) : past_(past), future_(std::chrono::minutes(5)) {
        if (zone.size() == 6) {
            const auto hours = gatehouse::detail::parse_digits(zone.substr(1, 2)),
                       minutes = gatehouse::detail::parse_digits(zone.substr(4));
            if (!hours || !minutes || *hours > 14 || *minutes > 59)
                throw gatehouse::setting_error("date_zone", "is no zone between -14:59 and +14:59");
            offset_ = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
            if (zone[0] == '-') offset_ = -offset_;
            known_ = true;
        } else {
            past_ += std::chrono::hours(12);
            future_ += std::chrono::hours(14);
        }
    }
    /// A refusal code, or "".
    std::string_view fault(gatehouse::time_point written, gatehouse::time_point now) const {
        const auto age = now - (written - offset_);
        return age > past_ ? "date_too_old" : age < -future_ ? "date_in_future" : "";
    }
    /// Nothing while the zone is not known.
    std::optional<gatehouse::time_point> utc(gatehouse::time_point written) const {
        return known_ ? std::optional(written - offset_) : std::nullopt;
    }

private:
    gatehouse::milliseconds past_, future_, offset_{0};
    bool known_ = false;
};

} // namespace wicket
