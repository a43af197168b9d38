#include "core/store/delivery_writer.hpp"

namespace gh::store {

DeliveryWriter::DeliveryWriter(Database& db, const Clock& clock)
    : clock_(clock),
      insert_(db.prepared("INSERT INTO deliveries VALUES(?1, ?2, ?3, 0, 0, 0, ?4, ?5, NULL, '')")),
      by_status_(db.prepared("SELECT DISTINCT status FROM deliveries WHERE event = ?1")),
      event_status_(db.prepared("SELECT status FROM events WHERE seq = ?1")),
      set_event_status_(db.prepared("UPDATE events SET status = ?2 WHERE seq = ?1")),
      find_(db.prepared("SELECT event, status, total FROM deliveries WHERE id = ?1")),
      update_(db.prepared("UPDATE deliveries SET status = ?2, attempts = attempts + 1, total = total + 1, next_at = ?3, finished_at = ?4,"
                          " last_outcome = ?5 WHERE id = ?1")),
      insert_attempt_(db.prepared("INSERT INTO attempts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING")),
      trim_attempts_(db.prepared("DELETE FROM attempts WHERE delivery = ?1 AND id <= (SELECT id FROM attempts WHERE delivery = ?1"
                                 " ORDER BY id DESC LIMIT 1 OFFSET ?2)")),
      retry_(db.prepared("UPDATE deliveries SET status = 0, attempts = 0, next_at = ?2, finished_at = NULL WHERE id = ?1")),
      db_(db) {}

void DeliveryWriter::insert(int64_t event, const NewDelivery& d) {
    insert_.run(d.id, event, d.destination, d.due, clock_.now());
}

void DeliveryWriter::settle(int64_t event) {
    bool pending = false, delivered = false, dead = false;
    {
        auto rows = by_status_.query(event);
        while (rows.next()) {
            const auto status = static_cast<DeliveryStatus>(rows.integer(0));
            pending |= status == DeliveryStatus::pending;
            delivered |= status == DeliveryStatus::delivered;
            dead |= status == DeliveryStatus::dead;
        }
    }
    if (!pending && !delivered && !dead) return;
    const auto wanted = pending ? EventStatus::ready : dead ? EventStatus::dead : EventStatus::delivered;
    auto current = EventStatus::received;
    {
        auto rows = event_status_.query(event);
        if (!rows.next()) return;
        current = static_cast<EventStatus>(rows.integer(0));
    }
    const bool follows = current == EventStatus::ready || current == EventStatus::delivered || current == EventStatus::dead;
    if (follows && current != wanted) set_event_status_.run(event, static_cast<int>(wanted));
}

Status DeliveryWriter::record(const NewAttempt& a) {
    int64_t event = 0, total = 0;
    auto status = DeliveryStatus::pending;
    {
        auto rows = find_.query(a.delivery);
        if (!rows.next()) return Error{"store: no delivery " + a.delivery.text()};
        event = rows.integer(0);
        status = static_cast<DeliveryStatus>(rows.integer(1));
        total = rows.integer(2);
    }
    insert_attempt_.run(a.delivery, a.id, a.started_at, a.duration.count(), a.status, a.outcome, a.error, Blob{a.response});
    if (db_.changes() == 0) return Done{};
    if (total >= k_attempts_kept) trim_attempts_.run(a.delivery, k_attempts_kept);

    // A late report of an attempt must not take back what is final: only success overrules.
    const bool open = status == DeliveryStatus::pending || a.delivery_status == DeliveryStatus::delivered;
    const auto next = open ? a.delivery_status : status;
    std::optional<Time> due, finished;
    if (next == DeliveryStatus::pending)
        due = a.next_attempt_at ? *a.next_attempt_at : clock_.now();
    else
        finished = clock_.now();
    update_.run(a.delivery, static_cast<int>(next), due, finished, a.outcome);
    settle(event);
    return Done{};
}

bool DeliveryWriter::retry(const Uuid& id) {
    int64_t event = 0;
    {
        auto rows = find_.query(id);
        if (!rows.next() || static_cast<DeliveryStatus>(rows.integer(1)) == DeliveryStatus::delivered) return false;
        event = rows.integer(0);
    }
    retry_.run(id, clock_.now());
    settle(event);
    return true;
}

} // namespace gh::store
