#include "core/store/event_reader.hpp"

#include "core/store/event_writer.hpp"

#include <algorithm>

namespace gh::store {

namespace {

constexpr const char* k_pending_columns = "SELECT id, seq, source, type, subject, ordering_key, received_at, fetch_attempts FROM events ";

PendingEvent pending_event(const Rows& row) {
    PendingEvent e;
    e.id = row.id(0);
    e.seq = row.integer(1);
    e.source = row.text(2);
    e.type = row.text(3);
    e.subject = row.text(4);
    e.ordering_key = row.text(5);
    e.received_at = row.time(6);
    e.fetch_attempts = static_cast<int>(row.integer(7));
    return e;
}

void append_rows(std::vector<PendingEvent>& found, Rows rows) {
    while (rows.next()) found.push_back(pending_event(rows));
}

StoredRequest request(const Rows& row, int first) {
    return {row.text(first), row.text(first + 1), row.text(first + 2), row.text(first + 3), row.text(first + 4)};
}

std::optional<Event> read_stored(Database& db, const Uuid& id) {
    auto row =
        db.prepared(
              "SELECT e.seq, source, plugin, type, subject, dedupe_key, ordering_key, received_at, occurred_at, status, flags,"
              " duplicates, fetch_attempts, reason, method, target, head, r.body, remote, d.seq, content_type, d.body, fetched_at, gone"
              " FROM events e JOIN requests r ON r.seq = e.seq LEFT JOIN documents d ON d.seq = e.seq WHERE e.id = ?1")
            .query(id);
    if (!row.next()) return std::nullopt;
    Event e;
    e.id = id;
    e.seq = row.integer(0);
    e.source = row.text(1);
    e.plugin = row.text(2);
    e.type = row.text(3);
    e.subject = row.text(4);
    e.dedupe_key = row.text(5);
    e.ordering_key = row.text(6);
    e.received_at = row.time(7);
    e.occurred_at = row.optional_time(8);
    e.status = static_cast<EventStatus>(row.integer(9));
    e.trust = row.integer(10) & k_flag_unverified_origin ? Trust::unverified_origin : Trust::verified;
    e.recovered = (row.integer(10) & k_flag_recovered) != 0;
    e.duplicates = row.integer(11);
    e.fetch_attempts = static_cast<int>(row.integer(12));
    e.reason = row.text(13);
    e.request = request(row, 14);
    if (!row.is_null(19)) e.document = Document{row.text(20), row.text(21), row.time(22), row.integer(23) != 0};
    return e;
}

std::optional<Event> read_refused(Database& db, const Uuid& id) {
    auto row =
        db.prepared("SELECT source, plugin, received_at, reason, hint, method, target, head, body, remote FROM refused WHERE id = ?1")
            .query(id);
    if (!row.next()) return std::nullopt;
    Event e;
    e.id = id;
    e.source = row.text(0);
    e.plugin = row.text(1);
    e.received_at = row.time(2);
    e.status = EventStatus::refused;
    e.reason = row.text(3);
    e.hint = row.text(4);
    e.request = request(row, 5);
    return e;
}

} // namespace

std::optional<Event> read_event(Database& db, const Uuid& id) {
    auto event = read_stored(db, id);
    return event ? event : read_refused(db, id);
}

std::vector<PendingEvent> read_pending_events(Database& db, int64_t after_seq, Time now, size_t limit) {
    std::vector<PendingEvent> found;
    static const std::string fresh = std::string(k_pending_columns) + "WHERE status = 0 AND seq > ?1 ORDER BY seq LIMIT ?2";
    static const std::string again =
        std::string(k_pending_columns) + "INDEXED BY events_fetching WHERE status = 1 AND due <= ?2 AND seq > ?1 ORDER BY seq LIMIT ?3";
    append_rows(found, db.prepared(fresh).query(after_seq, limit));
    append_rows(found, db.prepared(again).query(after_seq, now, limit));
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
    if (found.size() > limit) found.resize(limit);
    return found;
}

std::optional<Time> read_next_fetch_due(Database& db) {
    auto row = db.prepared(
                     "SELECT min(due) FROM (SELECT * FROM (SELECT received_at AS due FROM events WHERE status = 0 ORDER BY seq LIMIT 1)"
                     " UNION ALL SELECT min(due) FROM events WHERE status = 1)")
                   .query();
    return row.next() ? row.optional_time(0) : std::nullopt;
}

std::vector<StateChange> read_state(Database& db, const std::string& scope) {
    std::vector<StateChange> entries;
    auto rows = db.prepared("SELECT key, value FROM state WHERE scope = ?1 ORDER BY key").query(scope);
    while (rows.next()) entries.push_back({rows.text(0), rows.text(1)});
    return entries;
}

} // namespace gh::store
