#include "core/http/deadlines.hpp"

#include <algorithm>
#include <bit>

namespace gh::http {

void Deadlines::set(Entry& entry, Steady::time_point when) {
    entry.when = when;
    if (entry.linked) {
        if (origin_ + k_tick * static_cast<int64_t>(entry.tick) <= when) return;
        unlink(entry);
    }
    link(entry);
}

void Deadlines::cancel(Entry& entry) {
    if (entry.linked) unlink(entry);
}

void Deadlines::link(Entry& entry) {
    const auto due = entry.when <= origin_ ? 0 : static_cast<uint64_t>((entry.when - origin_ + k_tick - Steady::duration(1)) / k_tick);
    entry.tick = std::clamp(due, tick_ + 1, tick_ + k_slots - 1);
    entry.slot = entry.tick % k_slots;
    entry.previous = nullptr;
    entry.next = slots_[entry.slot];
    if (entry.next) entry.next->previous = &entry;
    slots_[entry.slot] = &entry;
    used_[entry.slot / 64] |= uint64_t{1} << (entry.slot % 64);
    entry.linked = true;
}

void Deadlines::unlink(Entry& entry) {
    if (entry.previous)
        entry.previous->next = entry.next;
    else
        slots_[entry.slot] = entry.next;
    if (entry.next) entry.next->previous = entry.previous;
    if (!slots_[entry.slot]) used_[entry.slot / 64] &= ~(uint64_t{1} << (entry.slot % 64));
    entry.linked = false;
}

int Deadlines::timeout(Steady::time_point now) const {
    const uint64_t first = tick_ + 1;
    for (uint64_t tick = first; tick < first + k_slots;) {
        const size_t slot = tick % k_slots;
        const uint64_t word = used_[slot / 64] >> (slot % 64);
        if (word == 0) {
            tick += 64 - slot % 64;
            continue;
        }
        tick += static_cast<uint64_t>(std::countr_zero(word));
        const auto wait = origin_ + k_tick * static_cast<int64_t>(tick) - now;
        return static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<Millis>(wait).count()));
    }
    return -1;
}

} // namespace gh::http
