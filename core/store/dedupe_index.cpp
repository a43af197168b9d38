#include "core/store/dedupe_index.hpp"

#include <algorithm>
#include <cstring>

namespace gh::store {

namespace {

Blob blob(const DedupeKey& key) {
    return Blob{{reinterpret_cast<const char*>(key.data()), key.size()}};
}

// Not of the bytes that choose the slice, nor of those that choose a filter's bits.
uint32_t tag_of(const DedupeKey& key) {
    uint32_t tag = 0;
    std::memcpy(&tag, key.data() + 12, sizeof tag);
    return tag;
}

DedupeKey first_key(size_t slice) {
    DedupeKey key{};
    key[0] = static_cast<uint8_t>(slice >> 4);
    key[1] = static_cast<uint8_t>((slice & 15) << 4);
    return key;
}

DedupeKey last_key(size_t slice) {
    DedupeKey key = first_key(slice);
    key[1] |= 0x0f;
    std::fill(key.begin() + 2, key.end(), uint8_t{0xff});
    return key;
}

} // namespace

DedupeIndex::DedupeIndex(Database& db, size_t in_memory)
    : db_(db),
      find_(db.prepared("SELECT seq FROM dedupe WHERE key = ?1")),
      in_memory_limit_(in_memory),
      slices_(k_slices),
      filters_(k_slices) {}

void DedupeIndex::load() {
    const int64_t merged = db_.number("SELECT value FROM meta WHERE key = 'dedupe_merged'");
    auto rows = db_.prepared("SELECT dedupe, seq FROM events WHERE seq > ?1 AND dedupe IS NOT NULL ORDER BY seq").query(merged);
    slices_.assign(k_slices, Slice());
    size_ = 0;
    // A key comes twice when its first event was deleted and it was used again; the newest counts, which is read last.
    while (rows.next()) {
        Entry entry{{}, rows.integer(1)};
        const auto bytes = rows.view(0);
        if (bytes.size() != entry.key.size()) continue;
        std::memcpy(entry.key.data(), bytes.data(), bytes.size());
        insert(entry);
    }
    filters_.assign(k_slices, KeyFilter());
    if (!db_.prepared("SELECT 1 FROM dedupe LIMIT 1").query().next())
        for (auto& filter : filters_) filter.start(0);
    sweep_ = committed_sweep_ = Sweep{};
}

DedupeIndex::Entry* DedupeIndex::Slice::find(const DedupeKey& key) {
    const auto tag = tag_of(key);
    for (size_t i = 0; i < tags.size(); ++i)
        if (tags[i] == tag && entries[i].key == key) return &entries[i];
    return nullptr;
}

void DedupeIndex::Slice::add(const Entry& entry) {
    entries.push_back(entry);
    tags.push_back(tag_of(entry.key));
}

void DedupeIndex::Slice::remove(const DedupeKey& key) {
    const auto* found = find(key);
    if (!found) return;
    const auto at = static_cast<size_t>(found - entries.data());
    entries[at] = entries.back();
    tags[at] = tags.back();
    entries.pop_back();
    tags.pop_back();
}

void DedupeIndex::Slice::clear() {
    tags.clear();
    entries.clear();
}

std::optional<int64_t> DedupeIndex::find(const DedupeKey& key) {
    // Entries of this transaction stand in their slices too, so that one look finds them; rolled_back() takes them out again.
    const auto slice = slice_of(key);
    if (const auto* entry = slices_[slice].find(key)) return entry->seq;
    if (!filters_[slice].may_hold(key)) return std::nullopt;
    auto rows = find_.query(blob(key));
    if (!rows.next()) return std::nullopt;
    return rows.integer(0);
}

void DedupeIndex::insert(const Entry& entry) {
    auto& slice = slices_[slice_of(entry.key)];
    if (auto* found = slice.find(entry.key)) {
        found->seq = entry.seq;
        return;
    }
    slice.add(entry);
    ++size_;
}

void DedupeIndex::add(const DedupeKey& key, int64_t seq) {
    // Replacing only happens for an event that retention deleted: forgetting the old entry on a rollback loses nothing.
    added_.push_back({key, seq});
    insert(added_.back());
}

void DedupeIndex::write_slices(size_t limit, int64_t newest, int64_t oldest) {
    size_t left = std::max(limit, 2 * added_.size()); // twice what comes in, so that memory stays bounded whatever the group's size
    size_t in_memory = size_;
    while (in_memory > in_memory_limit_ && left > 0 && written_.size() < k_slices) {
        if (sweep_.next == 0) {
            sweep_.started_at = newest;
            sweep_.purges = oldest > sweep_.purged_below;
            sweep_.purged_below = oldest;
        }
        const auto count = slices_[sweep_.next].size();
        write_slice(sweep_.next, oldest);
        written_.push_back(sweep_.next);
        in_memory -= count;
        left -= std::min(left, count + 1);
        if (++sweep_.next == k_slices) {
            sweep_.next = 0;
            db_.prepared("UPDATE meta SET value = ?1 WHERE key = 'dedupe_merged'").run(sweep_.started_at);
        }
    }
}

void DedupeIndex::write_slice(size_t index, int64_t oldest) {
    if (sweep_.purges)
        db_.prepared("DELETE FROM dedupe WHERE key BETWEEN ?1 AND ?2 AND seq < ?3")
            .run(blob(first_key(index)), blob(last_key(index)), oldest);
    auto entries = slices_[index].entries; // in the order of the table's pages
    auto& insert = db_.prepared("INSERT OR REPLACE INTO dedupe VALUES(?1, ?2)");
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
    for (const auto& entry : entries)
        if (entry.seq >= oldest) insert.run(blob(entry.key), entry.seq);
    // Also when this transaction is rolled back the filter holds what the table does; it may hold more, which only costs a look.
    auto& filter = filters_[index];
    if (!filter.known() || filter.count() + slices_[index].size() > filter.capacity())
        make_filter(index);
    else
        for (const auto& entry : entries) filter.add(entry.key);
}

void DedupeIndex::make_filter(size_t index) {
    std::vector<DedupeKey> keys;
    auto rows = db_.prepared("SELECT key FROM dedupe WHERE key BETWEEN ?1 AND ?2").query(blob(first_key(index)), blob(last_key(index)));
    while (rows.next()) {
        DedupeKey key{};
        const auto bytes = rows.view(0);
        if (bytes.size() != key.size()) continue;
        std::memcpy(key.data(), bytes.data(), bytes.size());
        keys.push_back(key);
    }
    auto& filter = filters_[index];
    filter.start(keys.size() + keys.size() / 2 + slices_[index].size());
    for (const auto& key : keys) filter.add(key);
}

void DedupeIndex::committed() {
    for (const auto index : written_) {
        size_ -= slices_[index].size();
        slices_[index].clear();
    }
    written_.clear();
    added_.clear();
    committed_sweep_ = sweep_;
}

void DedupeIndex::rolled_back() {
    for (const auto& entry : added_) {
        auto& slice = slices_[slice_of(entry.key)];
        size_ -= slice.size();
        slice.remove(entry.key);
        size_ += slice.size();
    }
    added_.clear();
    written_.clear();
    sweep_ = committed_sweep_;
}

} // namespace gh::store
