// Subscriptions at iVvy (developer.ivvy.com, "account": subscribeToNotifications, unsubscribeFromNotifications), in the shape of
// gatehouse/subscription.hpp.
//
// A subscription is an address and the kinds of notification it gets; iVvy answers with one SNS topic per kind. iVvy has neither ids nor a
// call that lists subscriptions, so the plugin numbers them ("account/14/1") and remembers them in the source's state.
#pragma once

#include <gatehouse/subscription.hpp>
#include <gatehouse/verify/sns.hpp>

#include <map>

namespace ivvy {

inline constexpr std::array<std::string_view, 7> k_kinds = {"companies", "contacts", "crm", "payments", "venues", "events", "ari"};

inline constexpr std::string_view k_subscribe_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url"], "properties": {
    "url": {"type": "string", "format": "uri",
      "description": "This source's address as iVvy reaches it; basic_user and basic_password are put into it"},
    "events": {"type": "array", "items": {"enum": ["companies", "contacts", "crm", "payments", "venues", "events", "ari"]},
      "description": "Kinds of notification; none = all"}
  }})";
inline constexpr std::string_view k_update_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["id", "url"], "properties": {
    "id": {"type": "string", "maxLength": 200},
    "url": {"type": "string", "format": "uri"},
    "events": {"type": "array", "items": {"enum": ["companies", "contacts", "crm", "payments", "venues", "events", "ari"]}}
  }})";
inline constexpr std::string_view k_unsubscribe_schema = R"({
  "type": "object", "additionalProperties": false, "properties": {
    "id": {"type": "string", "maxLength": 200, "description": "As \"subscriptions\" shows it"},
    "url": {"type": "string", "format": "uri", "description": "In place of id: an address that this source does not remember"},
    "events": {"type": "array", "items": {"enum": ["companies", "contacts", "crm", "payments", "venues", "events", "ari"]},
      "description": "With url: kinds of notification; none = all"}
  }})";

/// One subscription as it is remembered.
struct subscribed {
    std::string id, url;
    std::vector<std::string> asked;                         ///< kinds as the operator wrote them; empty = all
    std::map<std::string, std::string, std::less<>> topics; ///< ARN by kind
    std::string detail;                                     ///< what iVvy did not do

    gatehouse::json::object json() const;
    static subscribed parse(gatehouse::json::value);
    /// State: disabled when a topic has ended, pending_confirmation until all are confirmed, then active.
    gatehouse::subscription_record record(const gatehouse::sns::receiver&) const;
};

/// All of a source. It is read and written as a whole: two changes at once would lose one of them, but the host runs the operations that make
/// or end subscriptions of a source one after the other.
class subscribed_list {
public:
    explicit subscribed_list(const gatehouse::host& h);
    const subscribed* find(std::string_view id) const;
    const subscribed* find_url(std::string_view url) const;
    std::string free_id(std::string_view account) const;
    /// Adds or replaces by id.
    void put(subscribed);
    void remove(std::string_view id);
    gatehouse::state_change change() const;
    const std::vector<subscribed>& all() const { return all_; }

private:
    std::vector<subscribed> all_;
};

gatehouse::job<gatehouse::result> list_subscriptions(gatehouse::host h, const gatehouse::sns::receiver& sns);

} // namespace ivvy
