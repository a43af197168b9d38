// Reading back what a message is about, and the operations.
#pragma once

#include <gatehouse/verify/sns.hpp>

#include "content.hpp"
#include "fetch_api.hpp"

namespace ivvy {

/// Jobs of one source, which it outlives.
class fetcher {
public:
    fetcher(gatehouse::host h, const gatehouse::settings& s);

    /// The entity as the API has it now. Where the notification does not name the parents that a list needs, the entity as the notification
    /// carried it: the two have one schema, and it is signed.
    gatehouse::job<gatehouse::result> fetch(const gatehouse::stored_event& e) const;

    gatehouse::job<gatehouse::result> ping() const;
    /// Subscribes the URL and pins the topics that the answer names. `sns` outlives the job.
    gatehouse::job<gatehouse::result> subscribe(const gatehouse::json::document& arguments, const gatehouse::sns::receiver& sns) const;
    gatehouse::job<gatehouse::result> unsubscribe(const gatehouse::json::document& arguments) const;

private:
    gatehouse::job<gatehouse::result> by_id(const content& c) const;
    gatehouse::job<gatehouse::result> by_list(const content& c) const;
    gatehouse::job<gatehouse::result> by_dates(const content& c) const;
    gatehouse::job<gatehouse::result> from_notification(const content& c) const;
    std::optional<std::string> list_arguments(const content& c) const;

    gatehouse::host host_;
    api api_;
    std::string venue_;
    int64_t max_pages_;
};

inline constexpr std::string_view k_subscribe_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url"], "properties": {
    "url": {"type": "string", "format": "uri", "description": "This source's address as iVvy reaches it"},
    "events": {"type": "array", "default": [], "items": {"enum": ["companies", "contacts", "crm", "payments", "venues", "events", "ari"]},
      "description": "Kinds of notification; none = all"}
  }})";

} // namespace ivvy
