// Whether a message is genuine: its account and topic are ours, its hash fits, its confirmation URL leads to the provider.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/explain.hpp>
#include <gatehouse/request.hpp>

#include "message.hpp"
#include "settings.hpp"
#include "subscriptions.hpp"

namespace twin_ledger {

/// A member of the source object; any thread.
///
/// Refusals: body_malformed (400); topic_foreign, account_foreign, account_unknown, confirmation_url_foreign, hash_missing, hash_mismatch
/// (403). Accepted as unverified_origin: everything while the setting "hash" is not set, and a confirmation that comes before the answer to
/// our subscribe call has told the server secret. Thrown (the sender hears 503): a hash that does not fit while a refresh is under way, and
/// a key that is missing or too long.
class authenticity {
public:
    authenticity(gatehouse::host h, const config& c, const subscription_memory& m) : host_(h), config_(c), memory_(m), explain_(h) {}

    gatehouse::verdict operator()(const gatehouse::request& in) const;
    /// Whether the hash of a message that was accepted before fits now: a key of then may be gone. False without the setting "hash".
    bool hash_fits(const message& m) const;

private:
    std::optional<gatehouse::refusal> check_pins(const message& m, const std::optional<subscription>& known) const;
    std::vector<blake2b_key> keys(std::string_view topic) const;
    bool fits(const std::vector<blake2b_key>& keys, const message& m) const;
    gatehouse::verdict check_hash(const message& m, const std::optional<subscription>& known, gatehouse::acceptance yes) const;
    void explain(const message& m) const;

    gatehouse::host host_;
    const config& config_;
    const subscription_memory& memory_;
    gatehouse::explainer explain_;
};

} // namespace twin_ledger
