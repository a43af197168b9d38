#include "core/store/event_writer.hpp"

#include <algorithm>

namespace gh::store {

namespace {

Blob blob(const std::array<uint8_t, 16>& bytes) {
    return Blob{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
}

std::optional<Blob> blob(const std::optional<DedupeKey>& key) {
    if (!key) return std::nullopt;
    return blob(*key);
}

} // namespace

EventWriter::EventWriter(Database& db, DedupeIndex& dedupe, DeliveryWriter& deliveries)
    : db_(db),
      dedupe_(dedupe),
      deliveries_(deliveries),
      select_first_(db.prepared("SELECT id, dedupe, body_hash, flags FROM events WHERE seq = ?1")),
      count_duplicate_(db.prepared("UPDATE events SET duplicates = duplicates + 1 WHERE seq = ?1")),
      insert_event_(db.prepared("INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?11, ?14, 0, 0, '')")),
      insert_request_(db.prepared("INSERT INTO requests VALUES(?1, ?2, ?3, ?4, ?5, ?6)")),
      select_fetch_(db.prepared("SELECT seq, status FROM events WHERE id = ?1")),
      update_fetch_(
          db.prepared("UPDATE events SET status = ?2, due = ?3, fetch_attempts = fetch_attempts + ?4, reason = ?5 WHERE seq = ?1")),
      insert_document_(db.prepared("INSERT OR REPLACE INTO documents VALUES(?1, ?2, ?3, ?4, ?5)")),
      put_state_(db.prepared("INSERT INTO state VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")),
      drop_state_(db.prepared("DELETE FROM state WHERE scope = ?1 AND key = ?2")) {}

void EventWriter::load() {
    salt_ = db_.word("SELECT value FROM meta WHERE key = 'salt'");
    // Numbers are never given out again, also when retention has emptied the table.
    last_seq_ = std::max(db_.number("SELECT max(seq) FROM events"), db_.number("SELECT value FROM meta WHERE key = 'last_seq'"));
    committed_seq_ = last_seq_;
}

std::optional<EventWriter::First> EventWriter::find_first(const DedupeKey& key, const PreparedEvent& prepared) {
    const auto seq = dedupe_.find(key);
    if (!seq) return std::nullopt;
    auto rows = select_first_.query(*seq);
    // The index may still name an event that retention has deleted.
    if (!rows.next() || rows.view(1) != blob(key).bytes) return std::nullopt;
    return First{*seq, rows.id(0), rows.view(2) == blob(prepared.body_hash).bytes, (rows.integer(3) & k_flag_recovered) != 0};
}

Appended EventWriter::duplicate_of(const First& first) {
    count_duplicate_.run(first.seq);
    return {Appended::Outcome::duplicate, first.id, first.seq, {}};
}

Appended EventWriter::append(const PreparedEvent& prepared) {
    const auto& e = prepared.event;
    const auto first = prepared.key ? find_first(*prepared.key, prepared) : std::nullopt;
    if (first && (e.probe || e.recovered)) return {Appended::Outcome::duplicate, first->id, first->seq, {}};
    if (e.probe) return {Appended::Outcome::stored, e.id, 0, {}};
    if (!prepared.key) return insert(prepared, std::nullopt, e.status);
    if (!first) return insert(prepared, prepared.key, e.status);
    // What a provider's records give back is not byte for byte what it sends.
    if (first->same_body || first->recovered || e.body_may_vary) return duplicate_of(*first);
    const auto key = conflict_key(e, salt_);
    if (const auto again = find_first(key, prepared)) return duplicate_of(*again);
    return insert(prepared, key, EventStatus::conflict);
}

Appended EventWriter::insert(const PreparedEvent& prepared, const std::optional<DedupeKey>& key, EventStatus status) {
    const auto& e = prepared.event;
    const auto& r = e.request;
    const int64_t seq = last_seq_ + 1;
    const int flags = (e.trust == Trust::unverified_origin ? k_flag_unverified_origin : 0) | (e.recovered ? k_flag_recovered : 0);
    insert_event_.run(seq, e.id, blob(key), blob(prepared.body_hash), e.source, e.plugin, e.type, e.subject, e.dedupe_key, e.ordering_key,
                      e.received_at, e.occurred_at, static_cast<int>(status), flags);
    insert_request_.run(seq, r.method, r.target, r.head, Blob{r.body}, r.remote);
    const bool conflict = status == EventStatus::conflict;
    if (!conflict) {
        for (const auto& delivery : e.deliveries) deliveries_.insert(seq, delivery);
        if (!e.state.empty()) put_state("source:" + e.source, e.state);
    }
    if (key) dedupe_.add(*key, seq);
    last_seq_ = seq;
    return {conflict ? Appended::Outcome::conflict : Appended::Outcome::stored, e.id, seq, {}};
}

Result<bool> EventWriter::finish_fetch(const FetchOutcome& outcome) {
    int64_t seq = 0;
    {
        auto rows = select_fetch_.query(outcome.event);
        if (!rows.next()) return Error{"store: no event " + outcome.event.text()};
        seq = rows.integer(0);
        const auto status = static_cast<EventStatus>(rows.integer(1));
        if (status != EventStatus::received && status != EventStatus::fetching) return false;
    }
    using Kind = FetchOutcome::Kind;
    const auto status = outcome.kind == Kind::retry          ? EventStatus::fetching
                        : outcome.kind == Kind::gave_up_dead ? EventStatus::dead
                                                             : EventStatus::ready;
    const int tries = outcome.kind == Kind::skipped ? 0 : 1;
    update_fetch_.run(seq, static_cast<int>(status), outcome.due, tries, outcome.error);
    if (const auto& d = outcome.document) insert_document_.run(seq, d->content_type, Blob{d->body}, d->fetched_at, d->gone ? 1 : 0);
    if (!outcome.state.empty()) put_state("source:" + outcome.source, outcome.state);
    if (status == EventStatus::ready) {
        for (const auto& delivery : outcome.deliveries) deliveries_.insert(seq, delivery);
        // A replay may have delivered the event before its fetch-back ended.
        deliveries_.settle(seq);
    }
    return true;
}

void EventWriter::put_state(const std::string& scope, const std::vector<StateChange>& changes) {
    for (const auto& change : changes) {
        if (change.value)
            put_state_.run(scope, change.key, Blob{*change.value});
        else
            drop_state_.run(scope, change.key);
    }
}

Status EventWriter::add_deliveries(const Uuid& event, const std::vector<NewDelivery>& deliveries) {
    int64_t seq = 0;
    {
        auto rows = select_fetch_.query(event);
        if (!rows.next()) return Error{"store: no event " + event.text()};
        seq = rows.integer(0);
    }
    for (const auto& delivery : deliveries) deliveries_.insert(seq, delivery);
    deliveries_.settle(seq);
    return Done{};
}

} // namespace gh::store
