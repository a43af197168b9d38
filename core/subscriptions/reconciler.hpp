// Keeps the subscriptions of one source as the configuration wants them: asks the provider, decides (plan.hpp), carries out, records.
//
// What a crash may leave, and what the next round makes of it: an intent without an answer is settled by listing first; an answer that was
// not recorded is adopted; a new one recorded beside the old one has the old one marked for removal in the same commit. One that cannot be
// renewed as it was recorded (an answer that nobody heard may have changed it) is replaced.
#pragma once

#include "core/base/log.hpp"
#include "core/plugin/source.hpp"
#include "core/plugin/vault.hpp"
#include "core/subscriptions/ledger.hpp"
#include "core/subscriptions/operations.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::subscriptions {

/// One step as it went.
struct StepDone {
    Step step;
    bool done = false;
    std::string text; ///< what came of it, or why it failed
};

/// The subscriptions of one source at one time.
struct View {
    std::string source, plugin;
    bool wanted = false;    ///< there is a block
    bool automatic = false; ///< reconcile: auto
    plugin::SubscriptionBlock block;
    Plan plan; ///< what there is, and what is still to do
    std::vector<StepDone> results;
    std::string error; ///< why the provider could not be asked, or a step failed; empty = all well
    Millis retry_after{0};
    std::optional<Time> checked_at, next_at;
};

/// What a call by hand gave. With an end that is not done, `end.text` says why.
struct Called {
    OperationEnd end;
    std::string kind;                  ///< of the operation
    std::vector<std::string> captured; ///< settings whose values the provider gave; they are kept, and no longer in the body
    std::vector<std::string> notes;    ///< what the caller should know besides
};

/// Any thread; one round or call at a time.
class Reconciler {
public:
    struct Parts {
        Operations& operations;
        store::Store& store;
        plugin::Vault& vault;
        const Clock& clock;
        Log& log;
        std::function<void()> secrets_changed; ///< the source must be opened again, now; called without a lock of this object's
    };
    Reconciler(Parts parts, std::string name) : parts_(std::move(parts)), name_(std::move(name)), ledger_(parts_.store, name_) {}

    /// Asks and decides; changes nothing at the provider.
    View look(const std::shared_ptr<plugin::Source>&, bool prune);
    /// Asks, decides, carries out, and asks again when that changed anything.
    View apply(const std::shared_ptr<plugin::Source>&, bool prune);
    /// By hand: what it makes or removes is recorded, and a secret in the answer is kept.
    Called call(const std::shared_ptr<plugin::Source>&, const std::string& operation, const std::string& arguments_json);
    /// The last view; checked_at is empty before the first.
    View last() const;
    /// What our own record has; nothing when it cannot be read.
    std::vector<Owned> recorded() const;

private:
    struct Round {
        std::shared_ptr<plugin::Source> source;
        Book book;
        View view;
        bool secrets_changed = false;
        OperationEnd::Kind heard = OperationEnd::Kind::done; ///< how the last call of run() ended
    };
    bool open(Round&);
    bool ask(Round&, bool prune);
    bool carry_out(Round&, const Step&, StepDone&);
    /// Makes a new one in the place of one that the provider does not renew.
    bool replace(Round&, const Step&, StepDone&);
    bool run(Round&, std::string_view kind, const std::string& arguments, Record&, std::vector<CapturedSecret>&, StepDone&);
    /// Keeps what was captured and writes the book, in one commit.
    Status commit(Round&, std::vector<CapturedSecret>&, const std::string& id, std::vector<std::string>& notes);
    View finish(Round&);

    const Parts parts_;
    const std::string name_;
    Ledger ledger_;
    std::mutex working_;
    mutable std::mutex mutex_; ///< guards what is below
    View last_;
};

/// The refusal for an operation whose answer would hold a secret that cannot be kept.
std::string no_key_text(const std::string& source, const std::vector<std::string>& settings);

} // namespace gh::subscriptions
