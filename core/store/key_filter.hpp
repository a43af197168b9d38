// Which keys are certainly not in a set: a Bloom filter. Nearly every event's dedupe key is new, and a look into a large table to learn
// that costs more than the rest of the append.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace gh::store {

/// For keys that are hashes already. Not shared between threads.
class KeyFilter {
public:
    /// Empty, with room for `keys` at 12 bits each: one in 300 of the others is then taken for a member.
    void start(size_t keys) {
        capacity_ = keys < k_least ? k_least : keys;
        count_ = 0;
        words_.assign((capacity_ * k_bits_per_key + 63) / 64, 0);
    }
    /// Until start() nothing is known: may_hold() is always true.
    bool known() const { return !words_.empty(); }
    size_t count() const { return count_; }
    size_t capacity() const { return capacity_; }

    void add(const std::array<uint8_t, 16>& key) {
        each_bit(key, [this](size_t word, uint64_t bit) {
            words_[word] |= bit;
            return true;
        });
        ++count_;
    }
    bool may_hold(const std::array<uint8_t, 16>& key) const {
        if (words_.empty()) return true;
        return each_bit(key, [this](size_t word, uint64_t bit) { return (words_[word] & bit) != 0; });
    }

private:
    static constexpr size_t k_least = 64, k_bits_per_key = 12;
    static constexpr int k_probes = 6;

    template <class F>
    bool each_bit(const std::array<uint8_t, 16>& key, F f) const {
        uint32_t first = 0, step = 0;
        std::memcpy(&first, key.data() + 4, sizeof first);
        std::memcpy(&step, key.data() + 8, sizeof step);
        const uint64_t bits = words_.size() * 64;
        for (int i = 0; i < k_probes; ++i, first += step | 1) {
            const uint64_t at = first * bits >> 32;
            if (!f(static_cast<size_t>(at / 64), uint64_t{1} << (at % 64))) return false;
        }
        return true;
    }

    std::vector<uint64_t> words_;
    size_t capacity_ = 0, count_ = 0;
};

} // namespace gh::store
