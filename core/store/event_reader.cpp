#include "core/store/event_reader.hpp"

#include "core/store/event_writer.hpp"

#include <algorithm>
#include <unordered_set>

namespace gh::store {

namespace {

constexpr const char* k_pending_columns = "SELECT id, seq, source, type, subject, ordering_key, received_at, fetch_attempts FROM events e ";

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

void append_rows(std::vector<PendingEvent>& found, Rows rows, const std::unordered_set<Uuid>& except, size_t limit) {
    for (size_t added = 0; added < limit && rows.next();) {
        auto event = pending_event(rows);
        if (except.contains(event.id)) continue;
        found.push_back(std::move(event));
        ++added;
    }
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

std::vector<PendingEvent> read_pending_events(Database& db, const std::string& source, Time now, size_t limit,
                                              std::span<const Uuid> except) {
    static const std::string first_of_its_key =
        " AND (e.ordering_key = '' OR NOT EXISTS (SELECT 1 FROM events w WHERE w.source = e.source AND w.ordering_key = e.ordering_key"
        " AND w.seq < e.seq AND w.status <= 1 AND w.ordering_key <> ''))";
    static const std::string fresh = std::string(k_pending_columns) + "INDEXED BY events_new WHERE e.status = 0 AND e.source = ?1" +
                                     first_of_its_key + " ORDER BY e.seq";
    static const std::string again = std::string(k_pending_columns) +
                                     "INDEXED BY events_fetching WHERE e.status = 1 AND e.source = ?1 AND e.due <= ?2" + first_of_its_key +
                                     " ORDER BY e.due";
    const std::unordered_set<Uuid> excepted(except.begin(), except.end());
    std::vector<PendingEvent> found;
    append_rows(found, db.prepared(again).query(source, now), excepted, limit);
    append_rows(found, db.prepared(fresh).query(source), excepted, limit);
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.seq < b.seq; });
    if (found.size() > limit) found.resize(limit);
    return found;
}

std::vector<PendingEvent> read_pending_behind(Database& db, const PendingEvent& head, size_t limit) {
    static const std::string behind = std::string(k_pending_columns) +
                                      "INDEXED BY events_waiting_by_key WHERE e.source = ?1 AND e.ordering_key = ?2 AND e.seq > ?3"
                                      " AND e.status <= 1 AND e.ordering_key <> '' ORDER BY e.seq LIMIT ?4";
    std::vector<PendingEvent> found;
    if (head.ordering_key.empty()) return found;
    auto rows = db.prepared(behind).query(head.source, head.ordering_key, head.seq, static_cast<int64_t>(limit));
    while (rows.next()) found.push_back(pending_event(rows));
    return found;
}

std::optional<Time> read_next_fetch_due(Database& db, const std::string& source, Time now) {
    auto row = db.prepared("SELECT min(due) FROM events INDEXED BY events_fetching WHERE status = 1 AND source = ?1 AND due > ?2")
                   .query(source, now);
    return row.next() ? row.optional_time(0) : std::nullopt;
}

int64_t read_last_seq(Database& db) {
    auto row = db.prepared("SELECT max(seq) FROM events").query();
    return row.next() ? row.integer(0) : 0;
}

std::vector<StateChange> read_state(Database& db, const std::string& scope) {
    std::vector<StateChange> entries;
    auto rows = db.prepared("SELECT key, value FROM state WHERE scope = ?1 ORDER BY key").query(scope);
    while (rows.next()) entries.push_back({rows.text(0), rows.text(1)});
    return entries;
}

} // namespace gh::store
