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

/// New events that are the first of their key. The oldest of the log are looked at first, so many as are wanted; if most of them stand
/// behind others, the keys themselves are gone through, from one that is drawn by lot: none is passed over for ever, and the cost does not
/// grow with the length of a key's queue.
class KeyHeads {
public:
    KeyHeads(Database& db, const std::string& source, size_t limit, const std::unordered_set<Uuid>& except)
        : db_(db), source_(source), limit_(limit), except_(except) {}

    std::vector<PendingEvent> find() {
        if (!look_at_oldest() && found_.size() < limit_) {
            const std::string start = drawn_key();
            if (go_through(start, nullptr)) go_through("", &start);
        }
        return std::move(found_);
    }

private:
    /// True when there are no more new events than it has seen.
    bool look_at_oldest() {
        static const std::string sql =
            std::string(k_pending_columns) +
            "INDEXED BY events_new WHERE e.status = 0 AND e.source = ?1 AND (e.ordering_key <> '') = 1 ORDER BY e.seq";
        auto rows = db_.prepared(sql).query(source_);
        for (size_t seen = 0; seen < limit_ + except_.size(); ++seen) {
            if (!rows.next()) return true;
            auto event = pending_event(rows);
            last_seq_ = event.seq;
            if (keys_.insert(event.ordering_key).second && is_first(event)) take(std::move(event));
        }
        return false;
    }
    bool is_first(const PendingEvent& event) {
        auto row = db_.prepared(
                          "SELECT 1 FROM events INDEXED BY events_waiting_by_key WHERE source = ?1 AND ordering_key = ?2 AND seq < ?3"
                          " AND status <= 1 AND ordering_key <> '' LIMIT 1")
                       .query(event.source, event.ordering_key, event.seq);
        return !row.next();
    }
    std::string drawn_key() {
        auto row =
            db_.prepared(
                   "SELECT ordering_key FROM events INDEXED BY events_new WHERE status = 0 AND source = ?1 AND (ordering_key <> '') = 1"
                   " AND seq >= ?2 + abs(random()) % (1 + (SELECT max(seq) FROM events) - ?2) ORDER BY seq LIMIT 1")
                .query(source_, last_seq_);
        return row.next() ? row.text(0) : std::string();
    }
    /// Keys after `from`, up to and with `end`. False when it has found or seen enough.
    bool go_through(std::string from, const std::string* end) {
        static const std::string sql =
            "SELECT id, seq, source, type, subject, ordering_key, received_at, fetch_attempts, status FROM events INDEXED BY "
            "events_waiting_by_key"
            " WHERE source = ?1 AND ordering_key > ?2 AND status <= 1 AND ordering_key <> '' ORDER BY ordering_key, seq LIMIT 1";
        while (found_.size() < limit_ && steps_++ < 4 * limit_) {
            auto row = db_.prepared(sql).query(source_, from);
            if (!row.next() || (end && row.text(5) > *end)) return true;
            auto event = pending_event(row);
            from = event.ordering_key;
            if (row.integer(8) == 0 && keys_.insert(from).second) take(std::move(event));
        }
        return false;
    }
    void take(PendingEvent event) {
        if (found_.size() < limit_ && !except_.contains(event.id)) found_.push_back(std::move(event));
    }

    Database& db_;
    const std::string& source_;
    const size_t limit_;
    const std::unordered_set<Uuid>& except_;
    std::vector<PendingEvent> found_;
    std::unordered_set<std::string> keys_;
    int64_t last_seq_ = 0;
    size_t steps_ = 0;
};

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
    static const std::string free =
        std::string(k_pending_columns) +
        "INDEXED BY events_new WHERE e.status = 0 AND e.source = ?1 AND (e.ordering_key <> '') = 0 ORDER BY e.seq";
    static const std::string again = std::string(k_pending_columns) +
                                     "INDEXED BY events_fetching WHERE e.status = 1 AND e.source = ?1 AND e.due <= ?2" + first_of_its_key +
                                     " ORDER BY e.due";
    const std::unordered_set<Uuid> excepted(except.begin(), except.end());
    std::vector<PendingEvent> found;
    append_rows(found, db.prepared(again).query(source, now), excepted, limit);
    append_rows(found, db.prepared(free).query(source), excepted, limit);
    for (auto& head : KeyHeads(db, source, limit, excepted).find()) found.push_back(std::move(head));
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
