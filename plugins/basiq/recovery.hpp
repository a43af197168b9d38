// What Basiq's records hold of a time in which nobody heard it (gatehouse/recovery.hpp): first the messages of the webhook
// (GET /notifications/webhooks/{id}/messages), then the events of the last 7 days (GET /events) for which no message was ever made, as
// after the webhook was removed or disabled.
//
// A message's id is taken for its webhook-id. Basiq does not document that they are equal; the event's id in the body tells in any case
// what is stored already, and keeps an event from coming once as a message and once more from the list of events.
#pragma once

#include <gatehouse/recovery.hpp>

#include "webhooks.hpp"

namespace basiq {

class recovery {
public:
    recovery(connection& api, webhooks& hooks, std::string path) : api_(api), webhooks_(hooks), path_(std::move(path)) {}
    recovery(const recovery&) = delete;
    recovery& operator=(const recovery&) = delete;

    void enroll(gatehouse::registry&);

private:
    /// Where a run stands; its text is the cursor.
    struct position {
        position() {}
        explicit position(std::string_view cursor);
        std::string text() const;
        std::vector<std::string> webhooks; ///< whose messages are still to be read; the first one's now
        std::vector<std::string> types;    ///< subscribed to; empty = all
        bool events = false;               ///< messages are done
        std::string next;                  ///< link of the next page; empty = the first
    };

    gatehouse::job<gatehouse::result> run(const gatehouse::json::document& arguments);
    gatehouse::job<position> begin();
    void add_message(gatehouse::recovered_page&, gatehouse::json::value message) const;
    void add_event(gatehouse::recovered_page&, gatehouse::json::value event, const position&, gatehouse::time_point since,
                   gatehouse::time_point until) const;

    connection& api_;
    webhooks& webhooks_;
    const std::string path_; ///< of the source: which webhook is ours
};

} // namespace basiq
