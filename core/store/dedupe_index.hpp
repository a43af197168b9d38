// Which dedupe keys exist, and which event has each.
//
// Keys are hashes, so a unique index over them is written all over: with 2 million rows in it a group of 64 appends dirties 64 more pages
// and falls to 15,000 events/s from 69,000. Here the newest keys are only kept in memory (the event rows carry them, so they are durable
// all the same) and go into the table `dedupe` in sorted slices of the key space, many per page, inside the commits that appends make
// anyway. At start the keys that are not in the table yet are read from the event rows. The table may name events that retention has
// deleted: whoever finds a seq checks the event row; such entries are dropped when their slice is written.
//
// Each slice has a filter of the keys that the table holds in its range, made when the slice is written for the first time in this process,
// so that a start costs nothing; until then the table is asked. With a million rows the look into the table was a fifth of an append.
#pragma once

#include "core/store/key_filter.hpp"
#include "core/store/sqlite.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gh::store {

/// First half of a SHA-256: of the store's salt, source and key; for a conflict, of the body too. The salt keeps senders from choosing
/// slices.
using DedupeKey = std::array<uint8_t, 16>;

/// On the writer thread only, within its transactions.
class DedupeIndex {
public:
    /// `in_memory`: how many keys to hold before slices are written; 24 bytes each.
    DedupeIndex(Database&, size_t in_memory = 400'000);

    /// Reads the keys that only event rows have.
    void load();

    /// The newest event added with this key.
    std::optional<int64_t> find(const DedupeKey&);
    /// Replaces an older entry for the key.
    void add(const DedupeKey&, int64_t seq);
    /// Writes slices while too many keys are in memory, at most about `limit` keys or
    /// twice what this transaction added. The last call before a commit: `newest` is the last event
    /// added; events before `oldest` are gone.
    void write_slices(size_t limit, int64_t newest, int64_t oldest);

    /// What happened to the transaction in which the calls above were made.
    void committed();
    void rolled_back();

    size_t in_memory() const { return size_; }

private:
    struct Entry {
        DedupeKey key;
        int64_t seq;
    };
    /// Nearly every key asked for is new: the tags say so in three cache lines, where a binary search of the entries costs a miss per step.
    struct Slice {
        std::vector<uint32_t> tags; ///< of the entries, in their order
        std::vector<Entry> entries; ///< in no order

        Entry* find(const DedupeKey&);
        void add(const Entry&);
        void remove(const DedupeKey&);
        void clear();
        size_t size() const { return entries.size(); }
    };

    static constexpr size_t k_slices = 4096;
    static size_t slice_of(const DedupeKey& key) { return static_cast<size_t>(key[0]) << 4 | key[1] >> 4; }
    void insert(const Entry&);
    void write_slice(size_t index, int64_t oldest);
    void make_filter(size_t index);

    Database& db_;
    Statement& find_;
    size_t in_memory_limit_;
    std::vector<Slice> slices_;
    std::vector<KeyFilter> filters_; // of the table's keys, by slice
    size_t size_ = 0;
    std::vector<Entry> added_;    // by this transaction
    std::vector<size_t> written_; // slices, by this transaction

    struct Sweep {
        size_t next = 0;          // slice
        int64_t started_at = 0;   // newest event when slice 0 was about to be written: all up to it are in the table when the sweep ends
        int64_t purged_below = 0; // events before this were gone when the last sweep began
        bool purges = false;      // there are entries of deleted events to look for
    };
    Sweep sweep_, committed_sweep_;
};

} // namespace gh::store
