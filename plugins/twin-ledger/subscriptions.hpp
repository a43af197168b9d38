// What a source knows of its subscriptions, in the source's state: one record, one set of URLs and one list of server secrets per topic.
// The provider has no call that lists or reads subscriptions, so this memory is all there is.
#pragma once

#include <gatehouse/host.hpp>
#include <gatehouse/json.hpp>
#include <gatehouse/subscription.hpp>

#include <optional>
#include <string>
#include <vector>

namespace twin_ledger {

/// asked: the subscribe call is under way or its answer was lost · pending: answered, the confirmation has not been followed ·
/// active: confirmed.
enum class phase { asked, pending, active };

/// No request of ours lives longer: after it an answer that has not been stored is lost.
inline constexpr gatehouse::milliseconds k_answer_lost = std::chrono::minutes(2);

struct subscription {
    std::string id; ///< ours, since the provider gives none: the topic, "#" and the time of the subscribe call
    std::string topic, account, callback_url;
    int64_t expires = 0; ///< seconds asked for
    twin_ledger::phase phase = twin_ledger::phase::asked;
    bool hashed = false; ///< made with a client_secret: every message must carry a hash
    gatehouse::time_point since{};
    std::optional<gatehouse::time_point> renewing; ///< a refresh was begun then and its answer is not stored yet
    std::string confirmed_by;                      ///< id of the confirmation message that was followed
};

/// Bearer capabilities: whoever has them refreshes or ends the subscription. Never shown.
struct capabilities {
    std::string refresh_url, unsubscribe_url;
    std::optional<gatehouse::time_point> valid_until;
    gatehouse::time_point at{}; ///< when the provider told them: the newest are kept
    /// Ends the subscription that this one replaces, once this one is confirmed: until then the old one goes on sending.
    std::string retired_url;
};

/// A server_secret that an answer brought. Kept here until the host has it among the values of the setting; the state is not encrypted.
struct kept_secret {
    std::string value;
    std::optional<gatehouse::time_point> until; ///< replaced: accepted up to then
};

/// Any thread. Reads the state; what it gives to write is written by the caller's job.
class subscription_memory {
public:
    explicit subscription_memory(gatehouse::host h) : host_(h) {}

    std::optional<subscription> find(std::string_view topic) const;
    capabilities urls(std::string_view topic) const;
    /// Server secrets of the topic that are good now, newest first.
    std::vector<std::string> secrets(std::string_view topic) const;

    /// For a subscription made now.
    std::string new_id(std::string_view topic) const;
    gatehouse::state_change put(const subscription&) const;
    gatehouse::state_change put(std::string_view topic, const capabilities&) const;
    /// The list with a new secret in front; the others are good for `overlap` from now. Those that the host has as values of the setting
    /// are left out, apart from the new one.
    gatehouse::state_change put_secret(std::string_view topic, std::string_view value, gatehouse::milliseconds overlap) const;
    /// The list without what the host has itself by now; nothing when that changes nothing.
    std::optional<gatehouse::state_change> without_captured(std::string_view topic) const;
    /// Forgets everything of the topic.
    std::vector<gatehouse::state_change> forget(std::string_view topic) const;

    /// For the reconciler; without URLs and secrets. What waits for an answer or a confirmation that may never come has an end, and what
    /// has lapsed is suspended with its end in the past: both are then made anew.
    gatehouse::subscription_record record(const subscription&) const;

private:
    std::vector<kept_secret> kept(std::string_view topic) const;
    bool host_has(std::string_view secret) const;
    gatehouse::state_change write(std::string_view topic, const std::vector<kept_secret>&) const;

    gatehouse::host host_;
};

} // namespace twin_ledger
