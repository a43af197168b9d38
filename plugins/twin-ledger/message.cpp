#include "message.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/time.hpp>

using namespace gatehouse;

namespace twin_ledger {

bool is_uuid(std::string_view s) {
    if (s.size() != 36) return false;
    for (size_t i = 0; i < s.size(); ++i)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !is_hex_digit(s[i])) return false;
    return true;
}

std::optional<time_point> parse_ts(std::string_view number) {
    const size_t point = std::min(number.find('.'), number.size());
    const auto seconds = detail::parse_digits(number.substr(0, point), 11);
    if (!seconds) return std::nullopt;
    int64_t ms = 0;
    if (point < number.size()) {
        std::string digits(number.substr(point + 1, 3));
        if (digits.empty() || number.find_first_not_of("0123456789", point + 1) != number.npos) return std::nullopt;
        digits.resize(3, '0');
        ms = *detail::parse_digits(digits, 3);
    }
    return time_point(std::chrono::seconds(*seconds)) + milliseconds(ms);
}

std::string ts_text(time_point t) {
    const int64_t ms = t.time_since_epoch().count();
    return std::to_string(ms / 1000) + "." + std::to_string(1000 + ms % 1000).substr(1);
}

std::string canonical_trigger(std::string_view trigger) {
    std::string name;
    for (const char c : trigger.substr(0, 200))
        if (c != ' ') name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    static constexpr std::pair<std::string_view, std::string_view> spellings[] = {
        {"ledger.entry.created", "ledger.entry.added"}, {"sticker.remove", "sticker.removed"}, {"sticker.expire", "sticker.expired"}};
    for (const auto& [from, to] : spellings)
        if (name == from) return std::string(to);
    for (const char c : name)
        if (!is_unreserved(c)) return "unknown";
    return name.empty() || name == k_confirmation_type ? "unknown" : name;
}

message::message(json::document d, time_point sent_at) : json_(std::move(d)), sent_at_(sent_at) {
    for (const char c : json_["message"].text()) id_ += c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
}

std::variant<message, refusal> message::read(std::string_view body) {
    const auto malformed = [](const std::string& what) { return refusal("body_malformed", what, 400); };
    json::document d = json::parse(body);
    if (!d) return malformed("the body is not JSON: " + d.error());
    if (!d.root().is_object()) return malformed("the body is not a JSON object");
    if (!is_uuid(d["message"].text())) return malformed("\"message\" is not a UUID");
    const auto sent_at = parse_ts(d["sent_ts"].number());
    if (!sent_at) return malformed("\"sent_ts\" is not a number of seconds since the epoch");
    const json::value s = d["subscription"];
    if (s["topic"].text().empty() || s["account"].text().empty()) return malformed("\"subscription\" does not name topic and account");
    if (d["hash"] && !d["hash"].is_string()) return malformed("\"hash\" is not a text");
    if (const json::value url = d["confirmation_url"]) {
        if (!url.is_string()) return malformed("\"confirmation_url\" is not a text");
    } else {
        if (!is_uuid(d["twin"].text())) return malformed("\"twin\" is not a UUID, and there is no confirmation_url either");
        if (!d["trigger"].is_string() || !d["event"].is_object()) return malformed("\"trigger\" or \"event\" is missing");
    }
    return message(std::move(d), *sent_at);
}

std::string message::type() const {
    if (is_confirmation()) return std::string(k_confirmation_type);
    return json_["type"].text() == "Notification" ? canonical_trigger(trigger()) : "unknown";
}

} // namespace twin_ledger
