// A timer wheel: setting, moving and cancelling a deadline cost the same with ten connections and with ten thousand. Loop thread.
#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstdint>

namespace gh::http {

class Watched;

class Deadlines {
public:
    static constexpr Millis k_tick{10};
    static constexpr size_t k_slots = 8192; ///< 82 s; what is later is put into the last slot and moved on from there

    /// One deadline; lives in the object that it belongs to and is cancelled before that object ends.
    struct Entry {
        Watched* owner = nullptr;
        Entry* previous = nullptr;
        Entry* next = nullptr;
        size_t slot = 0;
        uint64_t tick = 0; ///< of the slot it stands in
        Steady::time_point when{};
        bool linked = false;
    };

    explicit Deadlines(Steady::time_point now) : origin_(now) {}

    /// A later deadline stays where it is until its slot comes up: the usual move of a keep-alive connection costs one store.
    void set(Entry&, Steady::time_point when);
    void cancel(Entry&);

    /// Calls f(Entry&) for each entry whose time has come, unlinked. f may set and cancel any entry.
    template <class F>
    void expire(Steady::time_point now, F f) {
        const uint64_t last = static_cast<uint64_t>((now - origin_) / k_tick);
        if (last > tick_ + k_slots) tick_ = last - k_slots;
        while (tick_ < last) {
            ++tick_;
            const size_t slot = tick_ % k_slots;
            while (auto* entry = slots_[slot]) {
                unlink(*entry);
                if (entry->when <= now)
                    f(*entry);
                else
                    link(*entry);
            }
        }
    }

    /// Milliseconds until the next slot in use, -1: none.
    int timeout(Steady::time_point now) const;

private:
    void link(Entry&);
    void unlink(Entry&);

    Steady::time_point origin_;
    uint64_t tick_ = 0; ///< everything up to it has been looked at
    std::array<Entry*, k_slots> slots_{};
    std::array<uint64_t, k_slots / 64> used_{};
};

} // namespace gh::http
