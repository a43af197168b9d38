#include "core/store/source_log.hpp"

namespace gh::store {

namespace {

// Half a millisecond's work, and little enough for a reader to look through.
constexpr int64_t k_batch = 1'000;

} // namespace

SourceLog::SourceLog(Database& db) : db_(db), covered_(source_log_covers(db)), committed_(covered_) {}

void SourceLog::catch_up(int64_t newest) {
    if (newest - covered_ < k_batch) return;
    const int64_t last = covered_ + k_batch;
    db_.prepared("INSERT OR IGNORE INTO source_log SELECT source, id FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY source, id")
        .run(covered_, last);
    db_.prepared("UPDATE meta SET value = ?1 WHERE key = 'source_log'").run(last);
    covered_ = last;
}

int64_t source_log_covers(Database& db) {
    auto rows = db.prepared("SELECT value FROM meta WHERE key = 'source_log'").query();
    return rows.next() ? rows.integer(0) : 0;
}

} // namespace gh::store
