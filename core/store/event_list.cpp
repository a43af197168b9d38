// The list of events: stored ones and refused ones in one order.
#include "core/store/event_reader.hpp"
#include "core/store/event_writer.hpp"
#include "core/store/paging.hpp"

#include <algorithm>
#include <limits>

namespace gh::store {

namespace {

using Found = std::pair<EventPlace, EventSummary>;

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

// One statement per combination of order and index; partial indexes need their condition in the text.
std::string statement(const EventQuery& query, bool stored) {
    std::string sql = stored ? k_stored_columns : k_refused_columns;
    sql += query.oldest_first ? "WHERE (received_at, seq) > (?1, ?2)" : "WHERE (received_at, seq) < (?1, ?2)";
    if (query.since) sql += " AND received_at >= ?3";
    if (query.until) sql += " AND received_at < ?4";
    if (stored && !query.source.empty()) sql += " AND source = ?5";
    if (stored && query.status == EventStatus::dead) sql += " AND status = 4";
    if (stored && query.status == EventStatus::conflict) sql += " AND status = 5";
    return sql + (query.oldest_first ? " ORDER BY received_at, seq" : " ORDER BY received_at DESC, seq DESC");
}

// The place of another kind's item, as a place among items of this kind.
EventPlace within_kind(EventPlace place, int kind) {
    if (place.kind != kind) place.seq = place.kind < kind ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
    place.kind = kind;
    return place;
}

void collect(Database& db, const EventQuery& query, EventPlace after, int kind, size_t limit, std::vector<Found>& found) {
    const bool stored = kind == 1;
    auto& list = db.prepared(statement(query, stored));
    auto place = within_kind(after, kind);
    const size_t enough = found.size() + limit;
    for (bool more = true; more && found.size() < enough;) {
        list.bind(1, place.time);
        list.bind(2, place.seq);
        if (query.since) list.bind(3, *query.since);
        if (query.until) list.bind(4, *query.until);
        if (stored && !query.source.empty()) list.bind(5, query.source);
        auto rows = list.query();
        more = false;
        for (int looked_at = 0; found.size() < enough && rows.next();) {
            place = {rows.integer(0), kind, rows.integer(1)};
            if (matches(query, rows, stored)) found.emplace_back(place, summary(rows, stored));
            if (++looked_at == k_rows_per_piece) {
                more = true;
                break;
            }
        }
    }
}

} // namespace

namespace {

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

    constexpr auto lowest = std::numeric_limits<int64_t>::min(), highest = std::numeric_limits<int64_t>::max();
    EventPlace after = query.oldest_first ? EventPlace{lowest, 0, lowest} : EventPlace{highest, 1, highest};
    if (!query.cursor.empty()) {
        const auto place = parse_event_cursor(query.cursor);
        if (!place) return Error{"store: the cursor is not one of ours; ask again without it"};
        after = *place;
    }
    std::vector<Found> found;
    if (query.status != EventStatus::refused) collect(db, query, after, 1, limit + 1, found);
    // A refused request has no type: whoever asks for one means stored events.
    const bool refused_too = (!query.status || query.status == EventStatus::refused) && (query.type.empty() || query.type == "*");
    if (refused_too) collect(db, query, after, 0, limit + 1, found);
    std::sort(found.begin(), found.end(),
              [&](const Found& a, const Found& b) { return query.oldest_first ? a.first < b.first : b.first < a.first; });

    Page<EventSummary> page;
    for (auto& [place, event] : found) {
        if (page.items.size() == limit) break;
        page.items.push_back(std::move(event));
        if (page.items.size() == limit && found.size() > limit) page.next = to_cursor(place);
    }
    return page;
}

} // namespace gh::store
