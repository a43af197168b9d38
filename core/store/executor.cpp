#include "core/store/executor.hpp"

#include <utility>

namespace gh::store {

namespace {

// Keys written into the dedupe table per group, once there are enough in memory: a millisecond's work.
constexpr size_t k_keys_per_group = 256;

} // namespace

Executor::Executor(Database& db, const Clock& clock, uint64_t quarantine_bytes)
    : db_(db), dedupe_(db), deliveries_(db, clock), events_(db, dedupe_, deliveries_), quarantine_(db, quarantine_bytes), source_log_(db) {
    events_.load();
    dedupe_.load();
    quarantine_.count();
    quarantine_.committed();
    oldest_seq_ = db.number("SELECT min(seq) FROM events");
}

template <class F>
std::optional<Error> Executor::within_savepoint(bool careful, F work) {
    if (!careful) {
        work();
        return std::nullopt;
    }
    db_.prepared("SAVEPOINT operation").run();
    try {
        work();
        db_.prepared("RELEASE operation").run();
        return std::nullopt;
    } catch (const SqlError& e) {
        if (!e.is_about_the_value() || !db_.in_transaction()) throw;
        db_.prepared("ROLLBACK TO operation").run();
        db_.prepared("RELEASE operation").run();
        quarantine_.count();
        return Error{std::string("store: refused: ") + e.what()};
    }
}

void Executor::run(Operation& operation, bool careful) {
    std::visit([this, careful](auto& o) { run(o, careful); }, operation);
}

void Executor::run(Append& append, bool careful) {
    append.results.clear();
    append.results.reserve(append.events.size());
    for (const auto& event : append.events) {
        Appended result;
        const auto error = within_savepoint(careful, [&] {
            if (append.quarantined && !quarantine_.contains(*append.quarantined)) {
                result.error = "store: " + append.quarantined->text() + " is no longer in quarantine";
                return;
            }
            result = events_.append(event);
            if (append.quarantined) quarantine_.remove(*append.quarantined);
        });
        if (error) {
            result = Appended{};
            result.error = error->message;
        }
        const bool stored = result.outcome == Appended::Outcome::stored;
        effects_.events |= stored || result.outcome == Appended::Outcome::conflict;
        effects_.waiting |= stored && event.event.status == EventStatus::received;
        effects_.deliveries |= stored && !event.event.deliveries.empty();
        append.results.push_back(std::move(result));
    }
}

void Executor::run(Write& write, bool careful) {
    auto result = Status(Done{});
    const auto error = within_savepoint(careful, [&] { result = std::visit([this](const auto& what) { return run(what); }, write.what); });
    write.result = error ? Status(*error) : std::move(result);
}

Status Executor::run(const FetchOutcome& outcome) {
    const auto changed = events_.finish_fetch(outcome);
    if (!changed) return changed.error();
    effects_.deliveries |= *changed && !outcome.deliveries.empty();
    return Done{};
}

Status Executor::run(const NewAttempt& attempt) {
    return deliveries_.record(attempt);
}

Status Executor::run(const AddDeliveries& add) {
    auto result = events_.add_deliveries(add.event, add.deliveries);
    effects_.deliveries |= result.ok() && !add.deliveries.empty();
    return result;
}

Status Executor::run(const RetryDeliveries& retry) {
    for (const auto& id : retry.deliveries) effects_.deliveries |= deliveries_.retry(id);
    return Done{};
}

Status Executor::run(const PutState& put) {
    events_.put_state(put.scope, put.changes);
    return Done{};
}

Status Executor::run(const NewRefused& refused) {
    if (!quarantine_.insert(refused)) return Error{"store: the request is larger than the whole quarantine"};
    return Done{};
}

void Executor::finish_group() {
    dedupe_.write_slices(k_keys_per_group, events_.last_seq(), oldest_seq_);
    source_log_.catch_up(events_.last_seq());
}

Committed Executor::committed() {
    dedupe_.committed();
    events_.committed();
    quarantine_.committed();
    source_log_.committed();
    return std::exchange(effects_, Committed{});
}

void Executor::rolled_back() {
    dedupe_.rolled_back();
    events_.rolled_back();
    quarantine_.rolled_back();
    source_log_.rolled_back();
    effects_ = Committed{};
}

} // namespace gh::store
