// The bounded keep of refused requests. On the writer thread, within its transactions.
#pragma once

#include "core/store/records.hpp"
#include "core/store/sqlite.hpp"

namespace gh::store {

class Quarantine {
public:
    Quarantine(Database&, uint64_t max_bytes);

    /// Reads how much is kept: at start, and after a part of a transaction was taken back.
    void count();
    /// Drops the oldest until the new one fits. False when it never can.
    bool insert(const NewRefused&);
    bool contains(const Uuid&);
    void remove(const Uuid&);
    /// Removes up to `limit` requests received before `cutoff`; returns how many.
    int64_t expire(Time cutoff, int limit);

    /// What happened to the transaction in which the calls above were made.
    void committed() { committed_bytes_ = bytes_; }
    void rolled_back() { bytes_ = committed_bytes_; }

    /// What a request counts for: its values and some room for the row.
    static uint64_t size_of(const NewRefused&);

private:
    uint64_t max_bytes_;
    uint64_t bytes_ = 0, committed_bytes_ = 0;
    Database& db_;
};

} // namespace gh::store
