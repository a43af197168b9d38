// What an event is made of, by settings: for plugins that serve any sender whose bodies are JSON.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/iso_time.hpp>
#include <gatehouse/json_pointer.hpp>
#include <gatehouse/source.hpp>

namespace gatehouse {

/// A setting that holds a JSON Pointer, or is not set.
class pointer_setting {
public:
    /// Throws setting_error when the text is no pointer.
    pointer_setting(const settings& s, const char* name) {
        if (!s[name]) return;
        if (!json::is_pointer(s[name].text())) throw setting_error(name, "is not a JSON Pointer (RFC 6901), such as /data/id");
        where_ = s[name].text();
    }
    bool is_set() const { return where_.has_value(); }
    /// The string or number there; "" for anything else.
    std::string_view find(json::value body) const {
        const json::value v = where_ ? json::at_pointer(body, *where_) : json::value();
        return v.is_string() ? v.text() : v.number();
    }

private:
    std::optional<std::string> where_;
};

/// Members for "properties" of a settings schema (see joined); a comma goes before them. "type_pointer" is left to the plugin.
inline constexpr std::string_view k_event_fields = R"(
    "subject_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to what the event is about (an id): fetch-back and coalescing go by it"},
    "ordering_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to the ordering key: events with the same one are delivered one at a time, in order"},
    "occurred_at_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to when it happened: RFC 3339 text, or seconds or milliseconds since 1970"})";

/// The settings of k_event_fields.
class event_fields {
public:
    explicit event_fields(const settings& s)
        : subject_(s, "subject_pointer"), ordering_(s, "ordering_pointer"), occurred_at_(s, "occurred_at_pointer") {}

    event fill(event e, json::value body) const {
        return std::move(e).subject(subject_.find(body)).ordering_key(ordering_.find(body)).occurred_at(time(occurred_at_.find(body)));
    }

    /// A type that routes can be written for; "unknown" in place of any other: the event is genuine, so it is kept.
    static std::string_view type(std::string_view t) {
        const bool good = !t.empty() && t.size() <= 200 && std::all_of(t.begin(), t.end(), [](char c) { return c > 0x20 && c < 0x7f; });
        return good ? t : "unknown";
    }

    /// RFC 3339, or a number: up to 11 digits are seconds, more are milliseconds; a fraction of a second is cut.
    static std::optional<time_point> time(std::string_view text) {
        const std::string_view whole = text.substr(0, text.find('.'));
        if (const auto n = detail::parse_digits(whole, 15))
            return time_point(whole.size() <= 11 ? milliseconds(std::chrono::seconds(*n)) : milliseconds(*n));
        return parse_offset_time(text);
    }

private:
    pointer_setting subject_, ordering_, occurred_at_;
};

} // namespace gatehouse
