#include "core/store/retention.hpp"

#include <algorithm>

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
    const auto end = Uuid::least(cutoff);
    auto rows = db_.prepared(
                       "SELECT seq, id, source, status <= 1 OR EXISTS(SELECT 1 FROM deliveries WHERE event = seq AND deliveries.status = 0)"
                       " FROM events WHERE id < ?1 AND id > ?2 ORDER BY id LIMIT ?3")
                    .query(end, after_, k_batch);
    while (rows.next()) found.push_back({rows.integer(0), rows.id(1), rows.text(2), rows.integer(3) != 0});
    return found;
}

void Retention::erase(const Candidate& candidate) {
    const auto seq = candidate.seq;
    db_.prepared("DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE event = ?1)").run(seq);
    db_.prepared("DELETE FROM deliveries WHERE event = ?1").run(seq);
    db_.prepared("DELETE FROM documents WHERE seq = ?1").run(seq);
    db_.prepared("DELETE FROM requests WHERE seq = ?1").run(seq);
    db_.prepared("DELETE FROM source_log WHERE source = ?1 AND id = ?2").run(candidate.source, candidate.id);
    db_.prepared("DELETE FROM events WHERE seq = ?1").run(seq);
}

Retention::Step Retention::step() {
    Step step;
    if (!enabled()) return step;
    const Time cutoff = clock_.now() - keep_;
    const auto end = Uuid::least(cutoff);
    const auto began = Steady::now();
    try {
        const auto batch = candidates(cutoff);
        const bool old_refused = db_.prepared("SELECT 1 FROM refused WHERE id < ?1 LIMIT 1").query(end).next();
        if (batch.empty() && !old_refused) {
            after_ = Uuid(); // the next pass looks again at what was waiting in this one
            return step;
        }
        step.more = true;
        const bool all_wait = std::all_of(batch.begin(), batch.end(), [](const Candidate& c) { return c.waits; });
        if (all_wait && !old_refused) {
            after_ = batch.back().id;
            return step;
        }
        Transaction transaction(db_);
        auto after = after_;
        int64_t last = 0;
        for (const auto& candidate : batch) {
            if (Steady::now() - began > k_budget) break;
            after = candidate.id;
            if (candidate.waits) continue;
            erase(candidate);
            last = std::max(last, candidate.seq);
            ++step.deleted;
        }
        db_.prepared("UPDATE meta SET value = max(value, ?1) WHERE key = 'last_seq'").run(last);
        step.deleted += executor_.quarantine().expire(cutoff, k_refused_per_step);
        transaction.commit();
        executor_.quarantine().committed();
        after_ = after;
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
