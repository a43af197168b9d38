#include "authenticity.hpp"

#include <gatehouse/encoding.hpp>

#include "hash_search.hpp"

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr milliseconds k_ahead = std::chrono::minutes(5);
/// How long the answer to a refresh may be under way: no request lives longer.
constexpr milliseconds k_renewal = std::chrono::minutes(2);

} // namespace

verdict authenticity::operator()(const request& in) const {
    auto read = message::read(in.body());
    if (auto* malformed = std::get_if<refusal>(&read)) return std::move(*malformed);
    const message& m = std::get<message>(read);
    if (explain_.listens()) explain(m);
    const auto known = memory_.find(m.topic());
    if (auto refused = check_pins(m, known)) return std::move(*refused);
    // A message without a hash cannot be told from a forged one: whoever strips it must not get further than one who cannot make it.
    if (m.hash().empty() && (config_.hashed || (known && known->hashed)))
        return refusal("hash_missing",
                       "the subscription has a client_secret, so every message carries a hash; was it refreshed without one?", 403);
    acceptance yes = acceptance().replay_id(m.id()).signed_at(m.sent_at(), config_.window, k_ahead);
    if (!config_.hash) return std::move(yes).unverified_origin();
    return check_hash(m, known, std::move(yes));
}

std::optional<refusal> authenticity::check_pins(const message& m, const std::optional<subscription>& known) const {
    if (!config_.names_topic(m.topic()))
        return refusal("topic_foreign", "the message is for topic \"" + printable(m.topic()) + "\", which the setting topics does not name",
                       403);
    const bool asked = known && known->account.empty(); // the answer to subscribe will tell it
    const std::string& account = !config_.account.empty() ? config_.account : known ? known->account : config_.account;
    const std::string named = "the message names account \"" + printable(m.account()) + "\"";
    if (account.empty() && !asked && !config_.hash)
        return refusal("account_unknown", named + ", and which one is ours is not known: set account", 403);
    if (!account.empty() && !equals_ignoring_case(account, m.account()))
        return refusal("account_foreign", named + ", ours is \"" + printable(account) + "\"", 403);
    if (m.is_confirmation() && !config_.is_capability(m["confirmation_url"].text(), m.account()))
        return refusal("confirmation_url_foreign",
                       "confirmation_url does not lead to " + config_.at("notifications/webhooks/<account>?token=...") +
                           "; it is not followed. Is api_url right?",
                       403);
    return std::nullopt;
}

std::vector<blake2b_key> authenticity::keys(std::string_view topic) const {
    std::vector<blake2b_key> out;
    const std::string client = host_.secret("client_secret").value_or("");
    if (client.empty()) return out;
    std::vector<std::string> servers = memory_.secrets(topic);
    for (uint32_t i = 0; i < host_.secret_count("server_secret"); ++i) servers.push_back(host_.secret("server_secret", i).value_or(""));
    for (const auto& server : servers) {
        if (server.empty()) continue;
        if (client.size() + server.size() > k_most_key)
            throw failure::retry("client_secret and the provider's server secret make a key of " +
                                 std::to_string(client.size() + server.size()) +
                                 " bytes, and BLAKE2b takes at most 64: this message cannot be verified");
        out.emplace_back(client + server);
    }
    return out;
}

bool authenticity::fits(const std::vector<blake2b_key>& keys, const message& m) const {
    const auto given = decoded(m.hash(), config_.hash->digest);
    bool match = false;
    // All keys, whichever fits: time tells nothing of which it was.
    for (const auto& key : keys) match |= given && equal_constant_time(config_.hash->bytes(key, m.root(), m.is_confirmation()), *given);
    return match;
}

verdict authenticity::check_hash(const message& m, const std::optional<subscription>& known, acceptance yes) const {
    const auto all = keys(m.topic());
    if (fits(all, m)) return yes;
    if (m.is_confirmation() && known && known->phase == phase::asked) return std::move(yes).unverified_origin();
    if (known && known->renewing && host_.now() - *known->renewing < k_renewal)
        throw failure::retry("the hash does not fit, and a refresh is under way whose answer brings the next server secret");
    if (all.empty())
        throw failure::retry("no server secret is known, so no hash can be checked: set server_secret, or subscribe through this source");
    return refusal("hash_mismatch",
                   "no known key gives this hash; are client_secret, server_secret and the setting hash those of this "
                   "subscription? `gatehouse verify --explain` tries others",
                   403);
}

bool authenticity::hash_fits(const message& m) const {
    return config_.hash && !m.hash().empty() && fits(keys(m.topic()), m);
}

void authenticity::explain(const message& m) const {
    explain_.say("message", m.is_confirmation() ? "a confirmation (it has a confirmation_url)" : "a notification");
    if (m.hash().empty()) {
        explain_.say("hash", "the message has none: it was subscribed to or refreshed without a client_secret");
        return;
    }
    const auto all = keys(m.topic());
    if (all.empty()) {
        explain_.say("hash", "there is one, but no key to try: set client_secret and server_secret");
        return;
    }
    if (config_.hash) explain_.say("setting now", config_.hash->yaml(m.is_confirmation()) + (fits(all, m) ? " (fits)" : " (does not fit)"));
    search_hash(explain_, all, m.root(), m.is_confirmation());
}

} // namespace twin_ledger
