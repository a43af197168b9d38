// Subscriptions at the provider, in the one shape that the host's reconciler understands.
//
// The `subscription:` block of a source says what should be there. Its keys are the plugin's own: they are the arguments of its operation
// of kind "subscribe", and that operation's arguments schema checks the block. The kinds, each taking and giving JSON:
//
//     kind           arguments                          result
//     subscribe      the block                          one record: what was created
//     update         the block and "id"                 one record: the same subscription, changed in place (leave the operation out where
//                                                       the provider cannot: the host then creates the new one first and removes the old
//                                                       one after)
//     renew          the block and "id"                 one record, with the new expires_at
//     unsubscribe    {"id": …}                          nothing; a subscription that is gone already (404) is success
//     list           none                               an array of records: everything there, other people's too. Where the provider
//                                                       cannot list: what the plugin's own state and notifications tell, each record
//                                                       with from_memory()
//     confirm, test  the plugin's own                   anything
//
// A record's `subscription` holds the provider's facts under the keys of the block; the reconciler compares key by key (arrays as sets) and
// calls a difference drift. A record belongs to us when its id is one that our own subscribe returned, or when `ours` says so (same
// callback address), or when every key of the block that the arguments schema marks "format": "uri" has the same value. The reconciler
// never touches others.
//
// The block may hold three keys more, which are the host's and never reach the plugin: reconcile, every, overlap.
//
// A secret setting that subscribing gives (captured()) carries "x-captured": true in the settings schema and is not "required" there. The
// host then asks for store.key before it subscribes, since without one the secret could not be kept; and it knows that a subscription
// whose secret was never heard is worth nothing: update is called for the secret in its answer, or it is made anew.
#pragma once

#include <gatehouse/iso_time.hpp>
#include <gatehouse/json.hpp>
#include <gatehouse/time.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse {

/// What the provider says of it. pending_confirmation: the provider waits for our handshake · pending_approval: we wait for an operator ·
/// suspended: the provider stopped sending and can be asked to go on · disabled: someone switched it off · cooling: the provider needs a
/// known time before it takes effect (not a fault).
enum class subscription_state { active, pending_confirmation, pending_approval, cooling, suspended, disabled };

inline std::string_view to_string(subscription_state s) {
    switch (s) {
        case subscription_state::active:
            return "active";
        case subscription_state::pending_confirmation:
            return "pending_confirmation";
        case subscription_state::pending_approval:
            return "pending_approval";
        case subscription_state::cooling:
            return "cooling";
        case subscription_state::suspended:
            return "suspended";
        case subscription_state::disabled:
            return "disabled";
    }
    return "active";
}

/// One subscription. Results: co_return document(record.json().text()), for a list document(json::array text).
class subscription_record {
public:
    /// id: the provider's, or the plugin's own stable name for it where the provider has none. Not secret.
    subscription_record(std::string id, subscription_state state) : id_(std::move(id)), state_(state) {}

    /// The provider's facts under the keys of the block, as a JSON object.
    subscription_record& facts(const json::object& o) { return facts_ = o.text(), *this; }
    /// True: its callback address is the one this source asks for, though our own record may not know the id (a crash between the
    /// provider's answer and our commit).
    subscription_record& ours(bool yes) { return ours_ = yes, *this; }
    /// The provider was not asked (it has no list call): this is what we remember.
    subscription_record& from_memory() { return from_memory_ = true, *this; }
    subscription_record& expires_at(time_point t) { return expires_at_ = t, *this; }
    /// For an operator: why it is in this state, what to do. Never a secret.
    subscription_record& detail(std::string text) { return detail_ = std::move(text), *this; }
    /// A value of the secret setting `setting` that the provider just gave (a signing secret of a new subscription). The host takes it out
    /// of the result, stores it encrypted, and from then on it is the first value of that setting; the values before it are accepted for
    /// the overlap that the operator set.
    subscription_record& captured(std::string setting, std::string value) {
        secrets_.emplace_back(std::move(setting), std::move(value));
        return *this;
    }

    json::object json() const {
        json::object o = json::object::of("id", id_, "state", to_string(state_), "subscription", json::raw(facts_));
        if (from_memory_) o.add("from_memory", true);
        if (ours_) o.add("ours", *ours_);
        if (expires_at_) o.add("expires_at", utc_text(*expires_at_));
        if (!detail_.empty()) o.add("detail", detail_);
        if (!secrets_.empty()) {
            json::object s;
            for (const auto& [name, value] : secrets_) s.add(name, value);
            o.add("secrets", s);
        }
        return o;
    }

private:
    std::string id_;
    subscription_state state_;
    std::string facts_ = "{}";
    bool from_memory_ = false;
    std::optional<bool> ours_;
    std::optional<time_point> expires_at_;
    std::string detail_;
    std::vector<std::pair<std::string, std::string>> secrets_;
};

} // namespace gatehouse
