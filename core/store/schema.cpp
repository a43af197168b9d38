#include "core/store/schema.hpp"

#include <sqlite3.h>

namespace gh::store {

namespace {

constexpr int64_t k_application_id = 0x47746873; // "Gths": tells our file from any other program's

// Whatever grows with every event is appended at the right edge of its tree: a group of 64 events then touches about 30 pages. A unique
// index over hashed keys would touch 64 more, which is why `dedupe` is filled in sorted batches (dedupe_index.hpp). The request stands
// apart from its event because SQLite rewrites a whole row, body included, when the status changes.
constexpr const char* k_version_1 = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO meta VALUES('salt', randomblob(16)), ('probe', 0), ('dedupe_merged', 0), ('last_seq', 0);

CREATE TABLE events(
    seq INTEGER PRIMARY KEY, id BLOB NOT NULL, dedupe BLOB, body_hash BLOB NOT NULL,
    source TEXT NOT NULL, plugin TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL,
    dedupe_key TEXT NOT NULL, ordering_key TEXT NOT NULL,
    received_at INTEGER NOT NULL, occurred_at INTEGER, status INTEGER NOT NULL, due INTEGER NOT NULL,
    flags INTEGER NOT NULL, duplicates INTEGER NOT NULL, fetch_attempts INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE UNIQUE INDEX events_id ON events(id);
CREATE INDEX events_received ON events(received_at);
CREATE INDEX events_source ON events(source, received_at);
CREATE INDEX events_new ON events(source, seq, received_at, status) WHERE status = 0;
CREATE INDEX events_fetching ON events(source, due, received_at, status) WHERE status = 1;
CREATE INDEX events_waiting_by_key ON events(source, ordering_key, seq) WHERE status <= 1 AND ordering_key <> '';
CREATE INDEX events_dead ON events(received_at) WHERE status = 4;
CREATE INDEX events_conflict ON events(received_at) WHERE status = 5;

CREATE TABLE requests(
    seq INTEGER PRIMARY KEY, method TEXT NOT NULL, target TEXT NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL, remote TEXT NOT NULL);
CREATE TABLE documents(
    seq INTEGER PRIMARY KEY, content_type TEXT NOT NULL, body BLOB NOT NULL, fetched_at INTEGER NOT NULL, gone INTEGER NOT NULL);
CREATE TABLE dedupe(key BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE deliveries(
    id BLOB PRIMARY KEY, event INTEGER NOT NULL, destination TEXT NOT NULL, status INTEGER NOT NULL,
    attempts INTEGER NOT NULL, total INTEGER NOT NULL, next_at INTEGER, created_at INTEGER NOT NULL, finished_at INTEGER,
    last_outcome TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX deliveries_event ON deliveries(event, status);
CREATE INDEX deliveries_created ON deliveries(created_at);
CREATE INDEX deliveries_pending ON deliveries(destination, next_at, created_at, status) WHERE status = 0;
CREATE INDEX deliveries_dead ON deliveries(created_at) WHERE status = 2;
CREATE TABLE attempts(
    delivery BLOB NOT NULL, id BLOB NOT NULL, started_at INTEGER NOT NULL, duration INTEGER NOT NULL, status INTEGER NOT NULL,
    outcome TEXT NOT NULL, error TEXT NOT NULL, response BLOB NOT NULL, PRIMARY KEY(delivery, id)) WITHOUT ROWID;

CREATE TABLE refused(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, source TEXT NOT NULL, plugin TEXT NOT NULL, reason TEXT NOT NULL,
    hint TEXT NOT NULL, received_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    method TEXT NOT NULL, target TEXT NOT NULL, head TEXT NOT NULL, body BLOB NOT NULL, remote TEXT NOT NULL);
CREATE INDEX refused_received ON refused(received_at);

CREATE TABLE state(scope TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY(scope, key)) WITHOUT ROWID;
)";

// Delivery in the order of keys asks for each due delivery whether an earlier one of its key is pending; the key stands beside the
// delivery, because an index cannot reach into another table.
constexpr const char* k_version_2 = R"(
ALTER TABLE deliveries ADD COLUMN ordering_key TEXT NOT NULL DEFAULT '';
UPDATE deliveries SET ordering_key = (SELECT e.ordering_key FROM events e WHERE e.seq = deliveries.event)
    WHERE EXISTS (SELECT 1 FROM events e WHERE e.seq = deliveries.event AND e.ordering_key <> '');
CREATE INDEX deliveries_by_key ON deliveries(destination, ordering_key, event, id) WHERE status = 0 AND ordering_key <> '';
)";

// Ids are UUIDv7 and tell the time: one index orders the lists, bounds them by time and serves retention. By source the list goes through
// source_log, which is filled in sorted batches (source_log.hpp): an index written with each event costs a page per source and group.
constexpr const char* k_version_3 = R"(
DROP INDEX events_received;
DROP INDEX events_source;
DROP INDEX events_dead;
DROP INDEX events_conflict;
DROP INDEX refused_received;
CREATE INDEX events_dead ON events(id) WHERE status = 4;
CREATE INDEX events_conflict ON events(id) WHERE status = 5;
CREATE TABLE source_log(source TEXT NOT NULL, id BLOB NOT NULL, PRIMARY KEY(source, id)) WITHOUT ROWID;
INSERT INTO meta VALUES('source_log', 0);
)";

constexpr SchemaStep k_steps[] = {{k_version_1}, {k_version_2}, {k_version_3}};

// Up to this size a start reads every page once; beyond it, damage is found when a page is used.
constexpr int64_t k_fully_checked_bytes = 64 << 20;

Error refuse(const std::string& path, const std::string& why) {
    return Error{"store: " + path + ": " + why};
}

std::string damaged(const std::string& how) {
    std::string text = "is damaged or not a database of Gatehouse; move it away to start empty, or put a backup in its place (";
    return text.append(how).append(")");
}

Status check_opened_file(Database& db, const std::string& path, size_t known_steps) {
    const auto version = db.number("PRAGMA user_version");
    const auto tables = db.number("SELECT count(*) FROM sqlite_schema");
    if (version == 0 && tables == 0) return Done{};
    if (db.number("PRAGMA application_id") != k_application_id)
        return refuse(path, "is a database of another program; name another file in store.sqlite");
    if (version > static_cast<int64_t>(known_steps))
        return refuse(path, "was written by a newer Gatehouse (schema version " + std::to_string(version) + ", this one knows " +
                                std::to_string(known_steps) + "); run that version, or name another file");
    if (db.number("PRAGMA page_count") * db.number("PRAGMA page_size") <= k_fully_checked_bytes) {
        const auto verdict = db.word("PRAGMA quick_check(1)");
        if (verdict != "ok") return refuse(path, damaged(verdict));
    }
    return Done{};
}

} // namespace

std::span<const SchemaStep> schema_steps() {
    return k_steps;
}

void configure_connection(Database& db, int cache_kib) {
    db.exec(
        "PRAGMA page_size = 4096; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY;"
        "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF;"
        "PRAGMA cache_size = -" +
        std::to_string(cache_kib));
}

Status check_file(Database& db, const std::string& path, size_t known_steps) {
    try {
        return check_opened_file(db, path, known_steps);
    } catch (const SqlError& e) {
        if (e.code() == SQLITE_BUSY) throw; // someone else has it open: the caller waits
        if (e.code() == SQLITE_NOTADB || e.code() == SQLITE_CORRUPT) return refuse(path, damaged(e.what()));
        return refuse(path, std::string("cannot be read: ") + e.what());
    }
}

Status migrate(Database& db, const std::string& path, std::span<const SchemaStep> steps) {
    try {
        for (auto version = static_cast<size_t>(db.number("PRAGMA user_version")); version < steps.size(); ++version) {
            Transaction transaction(db);
            db.exec(steps[version].sql);
            db.exec("PRAGMA application_id = " + std::to_string(k_application_id) +
                    "; PRAGMA user_version = " + std::to_string(version + 1));
            transaction.commit();
        }
    } catch (const SqlError& e) {
        if (e.code() == SQLITE_BUSY) throw;
        return refuse(path, std::string("cannot be brought to this version's schema: ") + e.what() + "; nothing was changed");
    }
    return Done{};
}

} // namespace gh::store
