// What Trusted Twin posts: a confirmation (told by confirmation_url: the value of its `type` is documented nowhere) or a notification.
// https://trustedtwin.com/docs/reference/notifications/webhook-confirm-subscription
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/json.hpp>

#include <optional>
#include <string>
#include <variant>

namespace twin_ledger {

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view);
/// Seconds since the epoch as a decimal number, to the millisecond, cut; without going through floating point.
std::optional<gatehouse::time_point> parse_ts(std::string_view number);
/// The reverse, with three decimals.
std::string ts_text(gatehouse::time_point);

/// The one name of a trigger, whose spellings differ between the provider's pages. An unknown one stays as it is, "unknown" when it could
/// not be the name of a type.
///     ledger.entry.added · ledger.entry.updated · ledger.entry.deleted · sticker.put · sticker.removed · sticker.expired
std::string canonical_trigger(std::string_view trigger);

inline constexpr std::string_view k_confirmation_type = "subscription.confirmation";

/// A message of the documented form. What it says is not proved by that.
class message {
public:
    /// The refusal is body_malformed (400) and says what is wrong.
    static std::variant<message, gatehouse::refusal> read(std::string_view body);

    gatehouse::json::value operator[](std::string_view member) const { return json_[member]; }
    gatehouse::json::value root() const { return json_.root(); }
    bool is_confirmation() const { return static_cast<bool>(json_["confirmation_url"]); }
    const std::string& id() const { return id_; } ///< lower case
    std::string_view topic() const { return json_["subscription"]["topic"].text(); }
    std::string_view account() const { return json_["subscription"]["account"].text(); }
    std::string_view twin() const { return json_["twin"].text(); }
    std::string_view trigger() const { return json_["trigger"].text(); }
    std::string_view hash() const { return json_["hash"].text(); }
    gatehouse::time_point sent_at() const { return sent_at_; }
    /// The event's type. A notification whose `type` is not "Notification" is "unknown": the members are hashed one after the other without
    /// a separator, so that only fixed neighbours keep a trigger from growing or shrinking at its ends.
    std::string type() const;

private:
    message(gatehouse::json::document d, gatehouse::time_point sent_at);
    gatehouse::json::document json_;
    std::string id_;
    gatehouse::time_point sent_at_;
};

} // namespace twin_ledger
