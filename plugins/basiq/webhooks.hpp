// Webhooks at Basiq as subscriptions (api.basiq.io/reference, "Webhooks"), in the shape of gatehouse/subscription.hpp.
//
// The subscription block: {"url", "events": […], "name"?, "description"?}. One webhook has one url, and an event type belongs to one
// webhook of an application only (409, 400 event-already-subscribed), so a change is made in place.
#pragma once

#include <gatehouse/subscription.hpp>

#include "connection.hpp"

namespace basiq {

class webhooks {
public:
    explicit webhooks(connection& api) : api_(api) {}
    webhooks(const webhooks&) = delete;
    webhooks& operator=(const webhooks&) = delete;

    void enroll(gatehouse::registry&);

    /// The objects of GET /notifications/webhooks, all pages. Errors as connection::judge says.
    gatehouse::job<std::vector<gatehouse::json::document>> all();

private:
    gatehouse::job<gatehouse::result> list(const gatehouse::json::document& arguments);
    gatehouse::job<gatehouse::result> subscribe(const gatehouse::json::document& arguments);
    gatehouse::job<gatehouse::result> update(const gatehouse::json::document& arguments);
    gatehouse::job<gatehouse::result> unsubscribe(const gatehouse::json::document& arguments);
    gatehouse::job<gatehouse::result> test(const gatehouse::json::document& arguments);
    gatehouse::job<gatehouse::result> history(const gatehouse::json::document& arguments);
    gatehouse::subscription_record record(gatehouse::json::value webhook, bool with_secret,
                                          std::optional<gatehouse::time_point> flows = std::nullopt) const;

    connection& api_;
};

/// subscribedEvents: a list in the schema, a bare string in every sample.
std::vector<std::string> subscribed_events(gatehouse::json::value webhook);
/// The `data` of a list: a list in the schema, one object in a sample.
std::vector<gatehouse::json::value> data_of(const gatehouse::json::document& list);
/// One attempt's status is a number in one line of Basiq's sample and a text in another.
bool delivered(gatehouse::json::value message);
/// "2026-01-31T12:00:00Z": the form of times in Basiq's lists and filters.
std::string filter_time(gatehouse::time_point);

} // namespace basiq
