#include "core/store/retention.hpp"

namespace gh::store {

namespace {

constexpr int k_batch = 200;         // events looked at per step
constexpr auto k_budget = Millis(3); // of deleting per step; the commit comes on top
constexpr int k_refused_per_step = 50;

} // namespace

Retention::Retention(Database& db, Executor& executor, const Clock& clock, Millis keep)
    : db_(db), executor_(executor), clock_(clock), keep_(keep) {}

std::vector<Retention::Candidate> Retention::candidates(Time cutoff) {
    std::vector<Candidate> found;
    auto rows =
        db_.prepared(
               "SELECT seq, received_at, status <= 1 OR EXISTS(SELECT 1 FROM deliveries WHERE event = seq AND deliveries.status = 0)"
               " FROM events WHERE received_at < ?1 AND (received_at, seq) > (?2, ?3) ORDER BY received_at, seq LIMIT ?4")
            .query(cutoff, after_received_, after_seq_, k_batch);
    while (rows.next()) found.push_back({rows.integer(0), rows.integer(1), rows.integer(2) != 0});
    return found;
}

void Retention::erase(int64_t seq) {
    db_.prepared("DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE event = ?1)").run(seq);
    db_.prepared("DELETE FROM deliveries WHERE event = ?1").run(seq);
    db_.prepared("DELETE FROM documents WHERE seq = ?1").run(seq);
    db_.prepared("DELETE FROM requests WHERE seq = ?1").run(seq);
    db_.prepared("DELETE FROM events WHERE seq = ?1").run(seq);
}

Retention::Step Retention::step() {
    Step step;
    if (!enabled()) return step;
    const Time cutoff = clock_.now() - keep_;
    const auto began = Steady::now();
    try {
        const auto batch = candidates(cutoff);
        if (batch.empty() && db_.prepared("SELECT 1 FROM refused WHERE received_at < ?1 LIMIT 1").query(cutoff).next() == false) {
            after_received_ = INT64_MIN; // the next pass looks again at what was waiting in this one
            after_seq_ = 0;
            return step;
        }
        Transaction transaction(db_);
        auto received = after_received_;
        auto seq = after_seq_;
        int64_t last = 0;
        for (const auto& candidate : batch) {
            if (Steady::now() - began > k_budget) break;
            received = candidate.received_at;
            seq = candidate.seq;
            if (candidate.waits) continue;
            erase(candidate.seq);
            last = std::max(last, candidate.seq);
            ++step.deleted;
        }
        db_.prepared("UPDATE meta SET value = max(value, ?1) WHERE key = 'last_seq'").run(last);
        step.deleted += executor_.quarantine().expire(cutoff, k_refused_per_step);
        transaction.commit();
        executor_.quarantine().committed();
        after_received_ = received;
        after_seq_ = seq;
        step.more = true;
        const auto oldest = db_.number("SELECT min(seq) FROM events");
        executor_.set_oldest_seq(oldest);
    } catch (const SqlError&) {
        db_.rollback();
        executor_.quarantine().rolled_back();
        throw;
    }
    return step;
}

} // namespace gh::store
