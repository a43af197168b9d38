// What to do about the subscriptions of one source: a pure decision from what is wanted, what we recorded and what the provider lists.
//
// Ours is what our own subscribe returned, what the plugin says is ours, or what has the block's callback addresses. Anything else is
// foreign and never touched. One subscription is wanted at most. Where there is no block, what an operator made by hand is neither unwanted
// nor removed.
#pragma once

#include "core/subscriptions/record.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gh::subscriptions {

/// One subscription that we made or took over, as the ledger has it.
struct Owned {
    Record last; ///< as last heard; its expires_at is the one in force
    Time created_at{};
    Time renewed_at{};     ///< when expires_at was learnt: the life counts from here
    bool retiring = false; ///< a newer one has taken its place: to be removed
    bool by_hand = false;  ///< an operator made it (subscriptions call); a block that wants it takes it over
};

/// Written durably before a create call: an answer may exist that we never heard.
struct Intent {
    Time at{};
    std::string replaces; ///< id; empty = none
};

struct Situation {
    std::optional<plugin::Json> wanted; ///< the block; none: nothing is wanted
    std::vector<std::string> addresses; ///< its members that say where the provider sends to
    std::optional<Intent> intent;
    std::vector<Owned> owned;
    std::optional<std::vector<Record>> listed; ///< none: the provider cannot be asked
    bool can_create = true;                    ///< false: somebody else subscribes, so what is ours is never unwanted
    bool can_update = false, can_renew = false, can_remove = false;
    bool gives_secret = false;        ///< subscribing gives a secret without which notifications cannot be verified
    bool secret_configured = false;   ///< the configuration has one
    std::set<std::string> secrets_of; ///< ids whose secret is kept
    bool prune = false;
    Time now{};
};

/// create: subscribe with the block · update, renew: by id · remove: unsubscribe · adopt, forget: in our own record only.
struct Step {
    enum class Kind { adopt, forget, create, update, renew, remove };
    Kind kind;
    std::string id;       ///< empty with create
    std::string why;      ///< for a person
    std::string replaces; ///< with create
    /// With update: done for the secret in its answer; when that has none, the subscription has to be made anew.
    bool for_secret = false;
};
std::string_view to_text(Step::Kind);

/// One subscription as shown. state: wanted (not there yet), pending_approval, pending_confirmation, active, cooling, expiring, suspended,
/// disabled, drifted, orphan (ours, but not wanted) or foreign.
struct Line {
    Record record;
    std::string state;
    bool ours = false;
    std::vector<std::string> differs; ///< keys of the block
};

struct Plan {
    std::vector<Line> lines;
    std::vector<Step> steps; ///< in this order; when one fails, those behind it wait for the next round
    std::vector<std::string> notes;
    std::optional<Time> renew_at; ///< when the next renewal is due
    bool intent_settled = false;  ///< the list has answered what became of the intent: it can go
};

Plan decide(const Situation&);

/// Two thirds of the life: three chances and more before it ends.
Time renewal_due(const Owned&);
/// Five sixths of the life: renewals have been failing for a while.
Time alert_due(const Owned&);

} // namespace gh::subscriptions
