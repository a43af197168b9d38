// The current document of each subscription: a snapshot replaces it, a patch changes it, an error leaves it.
//
// State, all written by the finish of the job that settles the notification, in one commit with it:
//     doc/<subscription>       the document's JSON text, at most 1 MiB
//     meta/<subscription>      see document_meta
//     known                    JSON array: every subscription that has a document or a pin
//     suspect/<subscription>   set by recovery: a delivery was lost; the document counts as stale until the next snapshot
//
// Jobs of one subscription run one at a time, in order (its id is the ordering key), so reading and then writing is safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "document_tree.hpp"
#include "plugin_notification.hpp"

namespace axway {

/// What is known of one document.
struct document_meta {
    static constexpr size_t k_most_applied = 16;

    std::string topic;
    std::string state = "absent";     ///< absent (no snapshot yet), current, stale, retired (the subscription was replaced)
    int64_t version = 0;              ///< notifications applied
    std::vector<std::string> applied; ///< ids of the last ones, newest last: what a job run again must not apply twice
    size_t size = 0;
    std::string updated, snapshot_at, stale_since, reason; ///< times as UTC text
    time_point received{};                                 ///< of the newest notification applied
    int64_t kept = 0;                                      ///< patches since it is stale, not applied
    int64_t error_code = 0;
    std::string error_category, error_at; ///< of the last error event

    static document_meta parse(const std::optional<std::string>&);
    json::object json() const;
};

class document_keeper {
public:
    /// Bytes of documents per source: 1 MiB below the host's limit, for tokens and the rest.
    static constexpr size_t k_most_total = 15u << 20;
    static constexpr size_t k_most_document = 1u << 20;
    static constexpr size_t k_most_known = 1000;

    /// Deletes a subscription and creates it anew; gives the new one's id. Null: not wanted.
    using recreate = std::function<gatehouse::job<std::string>(std::string subscription)>;

    document_keeper(gatehouse::host, recreate);

    /// The fetch-back of snapshot, patch and error. No network, unless a subscription is created anew. The document; or, while there is no
    /// current one, a problem (RFC 9457, application/problem+json) that says why: never a patch in a document's place.
    gatehouse::job<gatehouse::result> keep(const gatehouse::stored_event&);

    /// One line per known subscription, for operators: [{"subscription":…, "state":…, …}].
    std::string overview() const;
    /// "document stale since …: …", or empty when there is nothing to say of it.
    std::string remark(const std::string& subscription) const;

    static std::vector<std::string> known(const gatehouse::host&);
    /// The change that adds to (or takes from) the list of known subscriptions; nothing when it is right already.
    static void remember(const gatehouse::host&, const std::string& subscription, bool there, std::vector<gatehouse::state_change>&);

private:
    /// How one notification is settled.
    struct settled {
        document_meta meta;
        std::optional<std::string> document; ///< the new one; nothing: as it was
        bool changed = true;                 ///< nothing to write when it was applied before
        bool broken = false;                 ///< became stale because something is missing: a new snapshot would mend it
    };
    settled settle(const identity&, const std::string& body, time_point received, const document_meta&);
    void replace(settled&, const identity&, std::string text);
    void stale(settled&, std::string reason, bool broken);
    bool reserve(const std::string& subscription, size_t size);
    std::vector<gatehouse::state_change> changes(const identity&, const settled&) const;

    gatehouse::host host_;
    recreate recreate_;
    std::mutex mutex_;
    std::map<std::string, size_t> sizes_; ///< of the documents, for the limit of all together
};

inline std::string document_key(std::string_view subscription) {
    return "doc/" + std::string(subscription);
}
inline std::string meta_key(std::string_view subscription) {
    return "meta/" + std::string(subscription);
}
inline std::string suspect_key(std::string_view subscription) {
    return "suspect/" + std::string(subscription);
}

} // namespace axway
