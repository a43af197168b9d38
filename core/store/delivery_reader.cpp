#include "core/store/delivery_reader.hpp"

#include "core/store/paging.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace gh::store {

namespace {

constexpr const char* k_columns =
    "SELECT d.created_at, d.id, e.id, e.source, e.type, d.destination, d.status, d.total, d.next_at, d.finished_at, d.last_outcome"
    " FROM deliveries d JOIN events e ON e.seq = d.event ";

Delivery delivery(const Rows& row) {
    Delivery d;
    d.created_at = row.time(0);
    d.id = row.id(1);
    d.event = row.id(2);
    d.source = row.text(3);
    d.type = row.text(4);
    d.destination = row.text(5);
    d.status = static_cast<DeliveryStatus>(row.integer(6));
    d.attempts = static_cast<int>(row.integer(7));
    d.next_attempt_at = row.optional_time(8);
    d.finished_at = row.optional_time(9);
    d.last_outcome = row.text(10);
    return d;
}

bool matches(const DeliveryQuery& query, const Rows& row) {
    if (!query.source.empty() && row.view(3) != query.source) return false;
    if (!type_matches(query.type, row.view(4))) return false;
    if (!query.destination.empty() && row.view(5) != query.destination) return false;
    return !query.status || static_cast<DeliveryStatus>(row.integer(6)) == *query.status;
}

std::string statement(const DeliveryQuery& query) {
    std::string sql = std::string(k_columns) + "WHERE (d.created_at, d.id) < (?1, ?2)";
    if (query.since) sql += " AND d.created_at >= ?3";
    if (query.until) sql += " AND d.created_at < ?4";
    if (query.event) sql += " AND d.event = (SELECT seq FROM events WHERE id = ?5)";
    if (query.status == DeliveryStatus::dead) sql += " AND d.status = 2";
    return sql + " ORDER BY d.created_at DESC, d.id DESC";
}

} // namespace

std::vector<DueDelivery> read_due_deliveries(Database& db, const std::string& destination, Time now, size_t limit,
                                             std::span<const Uuid> except) {
    std::vector<DueDelivery> found;
    const std::unordered_set<Uuid> excepted(except.begin(), except.end());
    auto rows = db.prepared(
                      "SELECT d.id, e.id, e.ordering_key, d.attempts, d.next_at FROM deliveries d JOIN events e ON e.seq = d.event"
                      " WHERE d.status = 0 AND d.destination = ?1 AND d.next_at <= ?2 ORDER BY d.next_at, d.created_at, d.id")
                    .query(destination, now);
    while (found.size() < limit && rows.next()) {
        if (excepted.contains(rows.id(0))) continue;
        found.push_back({rows.id(0), rows.id(1), rows.text(2), static_cast<int>(rows.integer(3)), rows.time(4)});
    }
    return found;
}

std::optional<Time> read_next_due(Database& db, const std::string& destination) {
    auto row = db.prepared("SELECT min(next_at) FROM deliveries WHERE status = 0 AND destination = ?1").query(destination);
    return row.next() ? row.optional_time(0) : std::nullopt;
}

Result<Page<Delivery>> list_deliveries(Database& db, const DeliveryQuery& query) {
    const size_t limit = std::clamp<size_t>(query.limit, 1, k_page_limit);
    DeliveryPlace place{std::numeric_limits<int64_t>::max(), {}};
    place.id.bytes.fill(0xff);
    if (!query.cursor.empty()) {
        const auto parsed = parse_delivery_cursor(query.cursor);
        if (!parsed) return Error{"store: the cursor is not one of ours; ask again without it"};
        place = *parsed;
    }
    Page<Delivery> page;
    auto& list = db.prepared(statement(query));
    for (bool more = true; more && page.next.empty();) {
        list.bind(1, place.time);
        list.bind(2, place.id);
        if (query.since) list.bind(3, *query.since);
        if (query.until) list.bind(4, *query.until);
        if (query.event) list.bind(5, *query.event);
        auto rows = list.query();
        more = false;
        for (int looked_at = 0; rows.next();) {
            const bool wanted = matches(query, rows);
            if (wanted && page.items.size() == limit) {
                page.next = to_cursor(DeliveryPlace{to_unix_ms(page.items.back().created_at), page.items.back().id});
                break;
            }
            place = {rows.integer(0), rows.id(1)};
            if (wanted) page.items.push_back(delivery(rows));
            if (++looked_at == k_rows_per_piece) {
                more = true;
                break;
            }
        }
    }
    return page;
}

std::vector<Attempt> read_attempts(Database& db, const Uuid& id) {
    std::vector<Attempt> attempts;
    auto rows =
        db.prepared("SELECT id, started_at, duration, status, outcome, error, response FROM attempts WHERE delivery = ?1 ORDER BY id")
            .query(id);
    while (rows.next())
        attempts.push_back({rows.id(0), rows.time(1), Millis(rows.integer(2)), static_cast<int>(rows.integer(3)), rows.text(4),
                            rows.text(5), rows.text(6)});
    return attempts;
}

Counts read_counts(Database& db) {
    Counts counts;
    {
        auto row = db.prepared(
                         "SELECT sum(n), min(oldest) FROM (SELECT count(*) AS n, min(received_at) AS oldest FROM events WHERE status = 0"
                         " UNION ALL SELECT count(*), min(received_at) FROM events WHERE status = 1)")
                       .query();
        if (row.next()) {
            counts.events_waiting = row.integer(0);
            counts.oldest_waiting = row.optional_time(1);
        }
    }
    {
        auto row = db.prepared("SELECT count(*), min(created_at) FROM deliveries WHERE status = 0").query();
        if (row.next()) {
            counts.deliveries_pending = row.integer(0);
            counts.oldest_pending = row.optional_time(1);
        }
    }
    counts.deliveries_dead = db.number("SELECT count(*) FROM deliveries WHERE status = 2");
    auto row = db.prepared("SELECT count(*), coalesce(sum(bytes), 0) FROM refused").query();
    if (row.next()) {
        counts.quarantined = row.integer(0);
        counts.quarantined_bytes = static_cast<uint64_t>(row.integer(1));
    }
    return counts;
}

} // namespace gh::store
