// The body of a Basiq notification: a thin hint, {"eventTypeId", "eventId", "links": {"event", "eventEntity"}}
// (api.basiq.io/docs/webhooks).
#pragma once

#include <gatehouse/json.hpp>
#include <gatehouse/url.hpp>

#include <string>
#include <string_view>

namespace basiq {

/// Unknown members are passed over. eventId is not used: in the documentation's own samples it differs from the id in links.event.
struct notification {
    std::string type = "unknown"; ///< eventTypeId as it is; "unknown" when there is none that could be a type
    std::string event_link;       ///< links.event, "" when there is none
    std::string entity_link;      ///< links.eventEntity, "" when there is none
};

/// Never fails: a body that is not what the documentation says gives an "unknown" without links.
inline notification read_notification(std::string_view body) {
    notification n;
    const gatehouse::json::document json = gatehouse::json::parse(body);
    const std::string_view type = json["eventTypeId"].text();
    bool good = !type.empty() && type.size() <= 128;
    for (char c : type) good = good && c > 0x20 && c < 0x7f;
    if (good) n.type = type;
    n.event_link = json["links"]["event"].text();
    n.entity_link = json["links"]["eventEntity"].text();
    return n;
}

/// What the event is about: path and query of links.eventEntity, percent-encoded; "" when that is no URL. The query belongs to it: the
/// transactions of two connections of one user differ only there.
inline std::string subject_of(const notification& n) {
    const auto link = gatehouse::url::parse(n.entity_link);
    return link ? link->path_and_query() : std::string();
}

} // namespace basiq
