// What we durably know of a source's subscriptions: those that are ours, and the intent to make one. In the store under the scope
// "subscriptions:<source>", keys "ours" and "intent", beside the kept secrets.
#pragma once

#include "core/plugin/vault.hpp"
#include "core/store/store.hpp"
#include "core/subscriptions/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gh::subscriptions {

struct Book {
    std::vector<Owned> owned;
    std::optional<Intent> intent;

    Owned* find(const std::string& id);
    void forget(const std::string& id);
    /// A record heard now: added, or brought up to date. The life counts anew when expires_at is another one.
    Owned& note(Record, Time now);
};

class Ledger {
public:
    Ledger(store::Store& store, std::string source) : store_(store), source_(std::move(source)) {}

    Result<Book> read() const;
    /// Waits for the commit. `with`: a change that belongs to the same commit.
    Status write(const Book&, std::optional<store::StateChange> with = std::nullopt);

private:
    store::Store& store_;
    const std::string source_;
};

} // namespace gh::subscriptions
