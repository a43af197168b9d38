#include "core/store/quarantine.hpp"

namespace gh::store {

Quarantine::Quarantine(Database& db, uint64_t max_bytes) : max_bytes_(max_bytes), db_(db) {}

uint64_t Quarantine::size_of(const NewRefused& r) {
    return 256 + r.source.size() + r.plugin.size() + r.reason.size() + r.hint.size() + r.request.method.size() + r.request.target.size() +
           r.request.head.size() + r.request.body.size() + r.request.remote.size();
}

void Quarantine::count() {
    bytes_ = static_cast<uint64_t>(db_.number("SELECT coalesce(sum(bytes), 0) FROM refused"));
}

bool Quarantine::insert(const NewRefused& r) {
    const auto size = size_of(r);
    if (size > max_bytes_) return false;
    while (bytes_ + size > max_bytes_) {
        int64_t seq = 0, bytes = 0;
        {
            auto rows = db_.prepared("SELECT seq, bytes FROM refused ORDER BY seq LIMIT 1").query();
            if (!rows.next()) break;
            seq = rows.integer(0);
            bytes = rows.integer(1);
        }
        db_.prepared("DELETE FROM refused WHERE seq = ?1").run(seq);
        bytes_ -= static_cast<uint64_t>(bytes);
    }
    db_.prepared("INSERT INTO refused VALUES(NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
        .run(r.id, r.source, r.plugin, r.reason, r.hint, r.received_at, size, r.request.method, r.request.target, r.request.head,
             Blob{r.request.body}, r.request.remote);
    bytes_ += size;
    return true;
}

bool Quarantine::contains(const Uuid& id) {
    auto rows = db_.prepared("SELECT 1 FROM refused WHERE id = ?1").query(id);
    return rows.next();
}

void Quarantine::remove(const Uuid& id) {
    int64_t bytes = 0;
    {
        auto rows = db_.prepared("DELETE FROM refused WHERE id = ?1 RETURNING bytes").query(id);
        while (rows.next()) bytes += rows.integer(0);
    }
    bytes_ -= static_cast<uint64_t>(bytes);
}

int64_t Quarantine::expire(Time cutoff, int limit) {
    int64_t count = 0, bytes = 0;
    const auto end = Uuid::least(cutoff);
    {
        auto rows = db_.prepared(
                           "DELETE FROM refused WHERE id IN (SELECT id FROM refused WHERE id < ?1 ORDER BY id LIMIT ?2)"
                           " RETURNING bytes")
                        .query(end, limit);
        for (; rows.next(); ++count) bytes += rows.integer(0);
    }
    bytes_ -= static_cast<uint64_t>(bytes);
    return count;
}

} // namespace gh::store
