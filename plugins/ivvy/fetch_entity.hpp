// Reading back what a message is about, and the operations.
#pragma once

#include <gatehouse/verify/sns.hpp>

#include "content.hpp"
#include "fetch_api.hpp"
#include "fetch_subscription.hpp"

namespace ivvy {

/// Jobs of one source, which it outlives.
class fetcher {
public:
    fetcher(gatehouse::host h, const gatehouse::settings& s);

    /// The entity as the API has it now. Where the notification does not name the parents that a list needs, the entity as the notification
    /// carried it: the two have one schema, and it is signed.
    gatehouse::job<gatehouse::result> fetch(const gatehouse::stored_event& e) const;

    gatehouse::job<gatehouse::result> ping() const;

    /// One page of what changed between two times, see gatehouse/recovery.hpp and fetch_recover.hpp.
    gatehouse::job<gatehouse::result> recover(const gatehouse::json::document& arguments) const;

    /// See fetch_subscription.hpp. `sns` outlives the jobs.
    gatehouse::job<gatehouse::result> subscribe(const gatehouse::json::document& arguments, const gatehouse::sns::receiver& sns) const;
    gatehouse::job<gatehouse::result> update(const gatehouse::json::document& arguments, const gatehouse::sns::receiver& sns) const;
    gatehouse::job<gatehouse::result> unsubscribe(const gatehouse::json::document& arguments) const;

private:
    gatehouse::job<gatehouse::result> read(const content& c) const;
    gatehouse::job<gatehouse::result> by_id(const content& c) const;
    gatehouse::job<gatehouse::result> by_list(const content& c) const;
    gatehouse::job<gatehouse::result> by_dates(const content& c) const;
    gatehouse::job<gatehouse::result> from_notification(const content& c) const;
    std::optional<std::string> list_arguments(const content& c) const;
    gatehouse::job<subscribed> subscribe_at(std::string id, std::string url, std::vector<std::string> kinds,
                                            const gatehouse::sns::receiver* sns) const;
    gatehouse::job<void> unsubscribe_at(std::string url, std::vector<std::string> kinds) const;
    std::string endpoints(const std::string& url, const std::vector<std::string>& kinds) const;

    gatehouse::host host_;
    api api_;
    std::string venue_, user_, account_;
    int64_t max_pages_;
};

} // namespace ivvy
