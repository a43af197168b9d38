// The list of events: stored ones and refused ones in one order.
#include "core/store/event_reader.hpp"
#include "core/store/event_writer.hpp"
#include "core/store/paging.hpp"
#include "core/store/source_log.hpp"

#include <algorithm>

namespace gh::store {

namespace {

constexpr const char* k_stored_columns =
    "SELECT received_at, seq, id, source, plugin, type, status, reason, subject, dedupe_key, ordering_key, occurred_at, flags, duplicates,"
    " fetch_attempts FROM events ";
constexpr const char* k_refused_columns = "SELECT received_at, seq, id, source, plugin, '', 6, reason FROM refused ";

EventSummary summary(const Rows& row, bool stored) {
    EventSummary e;
    e.received_at = row.time(0);
    e.id = row.id(2);
    e.source = row.text(3);
    e.plugin = row.text(4);
    e.status = static_cast<EventStatus>(row.integer(6));
    e.reason = row.text(7);
    if (!stored) return e;
    e.seq = row.integer(1);
    e.type = row.text(5);
    e.subject = row.text(8);
    e.dedupe_key = row.text(9);
    e.ordering_key = row.text(10);
    e.occurred_at = row.optional_time(11);
    e.trust = row.integer(12) & k_flag_unverified_origin ? Trust::unverified_origin : Trust::verified;
    e.recovered = (row.integer(12) & k_flag_recovered) != 0;
    e.duplicates = row.integer(13);
    e.fetch_attempts = static_cast<int>(row.integer(14));
    return e;
}

bool matches(const EventQuery& query, const Rows& row, bool stored) {
    if (query.status && static_cast<EventStatus>(row.integer(6)) != *query.status) return false;
    if (!query.source.empty() && row.view(3) != query.source) return false;
    if (!type_matches(query.type, row.view(5))) return false;
    if (query.search.empty()) return true;
    if (contains_ignoring_case(row.id(2).text(), query.search) || contains_ignoring_case(row.view(5), query.search)) return true;
    return stored && (contains_ignoring_case(row.view(8), query.search) || contains_ignoring_case(row.view(9), query.search));
}

// Where to look: the table of refused requests, all stored events, or those of one source: first the ones that source_log has, then the
// newest, which it may not have yet.
enum class Place { refused, stored, source_log, newest };

// One statement per combination of order and index; partial indexes need their condition in the text. SQLite uses one bound per side of an
// index, so the side from which the list begins has only the place reached.
std::string statement(const EventQuery& query, Place place) {
    std::string sql = place == Place::refused ? k_refused_columns : k_stored_columns;
    std::string id = "id";
    if (place == Place::source_log) {
        sql += "AS e WHERE id IN (SELECT id FROM source_log WHERE source = ?4 AND ";
    } else if (place == Place::newest) {
        sql += "NOT INDEXED WHERE seq > ?5 AND source = ?4 AND ";
    } else {
        sql += "WHERE ";
    }
    const std::string order = query.oldest_first ? " ORDER BY id" : " ORDER BY id DESC";
    sql += query.oldest_first ? "id > ?1" : "id < ?1";
    if (query.since && !query.oldest_first) sql += " AND id >= ?3";
    if (query.until && query.oldest_first) sql += " AND id < ?3";
    if (place == Place::source_log) return sql + order + " LIMIT ?2)" + order;
    if (place == Place::stored && query.status == EventStatus::dead) sql += " AND status = 4";
    if (place == Place::stored && query.status == EventStatus::conflict) sql += " AND status = 5";
    return sql + order + " LIMIT ?2";
}

// The greatest id below this one.
Uuid before(Uuid id) {
    for (size_t i = id.bytes.size(); i-- > 0;)
        if (id.bytes[i]-- != 0) break;
    return id;
}

Uuid beginning(const EventQuery& query, Uuid after) {
    if (query.oldest_first && query.since) return std::max(after, before(Uuid::least(*query.since)));
    if (!query.oldest_first && query.until) return std::min(after, Uuid::least(*query.until));
    return after;
}

void collect(Database& db, const EventQuery& query, Uuid after, Place where, int64_t covered, size_t limit,
             std::vector<EventSummary>& found) {
    const bool stored = where != Place::refused;
    auto& list = db.prepared(statement(query, where));
    auto place = beginning(query, after);
    const auto& far_end = query.oldest_first ? query.until : query.since;
    const auto end = Uuid::least(far_end.value_or(Time{}));
    const size_t enough = found.size() + limit;
    for (bool more = true; more && found.size() < enough;) {
        const auto from = place; // bound by reference
        list.bind(1, from);
        list.bind(2, k_rows_per_piece);
        if (far_end) list.bind(3, end);
        if (where == Place::source_log || where == Place::newest) list.bind(4, query.source);
        if (where == Place::newest) list.bind(5, covered);
        auto rows = list.query();
        int looked_at = 0;
        for (; found.size() < enough && rows.next(); ++looked_at) {
            place = rows.id(2);
            if (matches(query, rows, stored)) found.push_back(summary(rows, stored));
        }
        more = looked_at == k_rows_per_piece;
    }
}

// The log's own order, for whoever follows it: no event is ever added before one that was seen.
Page<EventSummary> follow_log(Database& db, const EventQuery& query, size_t limit) {
    Page<EventSummary> page;
    static const std::string sql = std::string(k_stored_columns) + "WHERE seq > ?1 ORDER BY seq";
    auto& list = db.prepared(sql);
    int64_t after = *query.after_seq;
    for (bool more = true; more && page.items.size() < limit;) {
        auto rows = list.query(after);
        more = false;
        for (int looked_at = 0; page.items.size() < limit && rows.next();) {
            after = rows.integer(1);
            const bool in_time = (!query.since || rows.time(0) >= *query.since) && (!query.until || rows.time(0) < *query.until);
            if (in_time && matches(query, rows, true)) page.items.push_back(summary(rows, true));
            if (++looked_at == k_rows_per_piece) {
                more = true;
                break;
            }
        }
    }
    return page;
}

} // namespace

Result<Page<EventSummary>> list_events(Database& db, const EventQuery& query) {
    const size_t limit = std::clamp<size_t>(query.limit, 1, k_page_limit);
    if (query.after_seq) return follow_log(db, query, limit);

    Uuid after;
    if (!query.oldest_first) after.bytes.fill(0xff);
    if (!query.cursor.empty()) {
        const auto place = parse_event_cursor(query.cursor);
        if (!place) return Error{"store: the cursor is not one of ours; ask again without it"};
        after = *place;
    }
    std::vector<EventSummary> found;
    // Dead and conflicting ones are few and have an index of their own.
    const bool rare = query.status == EventStatus::dead || query.status == EventStatus::conflict;
    if (query.status != EventStatus::refused && (query.source.empty() || rare)) {
        collect(db, query, after, Place::stored, 0, limit + 1, found);
    } else if (query.status != EventStatus::refused) {
        const auto covered = source_log_covers(db);
        collect(db, query, after, Place::source_log, covered, limit + 1, found);
        collect(db, query, after, Place::newest, covered, limit + 1, found);
    }
    // A refused request has no type: whoever asks for one means stored events.
    const bool refused_too = (!query.status || query.status == EventStatus::refused) && (query.type.empty() || query.type == "*");
    if (refused_too) collect(db, query, after, Place::refused, 0, limit + 1, found);
    std::sort(found.begin(), found.end(),
              [&](const EventSummary& a, const EventSummary& b) { return query.oldest_first ? a.id < b.id : b.id < a.id; });
    // The source's log may have caught up between the two looks.
    found.erase(std::unique(found.begin(), found.end(), [](const EventSummary& a, const EventSummary& b) { return a.id == b.id; }),
                found.end());

    Page<EventSummary> page;
    for (auto& event : found) {
        if (page.items.size() == limit) break;
        page.items.push_back(std::move(event));
        if (page.items.size() == limit && found.size() > limit) page.next = to_cursor(page.items.back().id);
    }
    return page;
}

} // namespace gh::store
