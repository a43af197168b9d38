#include "core/base/uuid.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <algorithm>
#include <cstring>

namespace gh {

std::string Uuid::text() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += digits[bytes[i] >> 4];
        out += digits[bytes[i] & 15];
    }
    return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
    std::string hex;
    for (const char c : text)
        if (c != '-') hex += c;
    const auto raw = from_hex(hex);
    if (!raw || raw->size() != 16) return std::nullopt;
    Uuid id;
    std::memcpy(id.bytes.data(), raw->data(), 16);
    return id;
}

namespace {

struct Counter {
    int64_t last_ms = 0;
    uint16_t value = 0;
};

// Random bytes with the version and the variant set; room for the time and the counter.
Uuid random_v7() {
    // Randomness is drawn in blocks: a system call per id would cost more than the rest of an append.
    thread_local std::string pool;
    thread_local size_t used = 0;
    if (used + 10 > pool.size()) {
        pool = random_bytes(4096);
        used = 0;
    }
    Uuid id;
    std::memcpy(id.bytes.data() + 6, pool.data() + used, 10);
    used += 10;
    id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

// A new millisecond begins low, so that there is room to count.
uint16_t beginning(const Uuid& id) {
    return static_cast<uint16_t>(id.bytes[6] << 4 | id.bytes[7] >> 4) & 0x7ff;
}

void set(Uuid& id, int64_t ms, uint16_t counter) {
    for (size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(ms >> (40 - 8 * i));
    id.bytes[6] = static_cast<uint8_t>(0x70 | counter >> 8);
    id.bytes[7] = static_cast<uint8_t>(counter & 0xff);
}

} // namespace

Uuid Uuid::v7(Time now) {
    thread_local Counter last;
    Uuid id = random_v7();
    const int64_t ms = to_unix_ms(now);
    if (ms > last.last_ms) {
        last = {ms, beginning(id)};
    } else if (++last.value > 0xfff) {
        // Within one millisecond, and when the clock steps back, count on from the last id (RFC 9562 section 6.2, method 1).
        last = {last.last_ms + 1, 0};
    }
    set(id, last.last_ms, last.value);
    return id;
}

Uuid Uuid::v7_of(Time t) {
    thread_local Counter last;
    Uuid id = random_v7();
    const int64_t ms = to_unix_ms(t);
    last = {ms, ms == last.last_ms ? static_cast<uint16_t>((last.value + 1) & 0xfff) : beginning(id)};
    set(id, last.last_ms, last.value);
    return id;
}

Uuid Uuid::least(Time t) {
    Uuid id;
    const auto ms = static_cast<uint64_t>(std::max<int64_t>(to_unix_ms(t), 0));
    for (size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<uint8_t>(ms >> (40 - 8 * i));
    return id;
}

Time Uuid::time() const {
    int64_t ms = 0;
    for (size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
    return from_unix_ms(ms);
}

} // namespace gh

size_t std::hash<gh::Uuid>::operator()(const gh::Uuid& id) const noexcept {
    size_t tail = 0;
    std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
    size_t head = 0;
    std::memcpy(&head, id.bytes.data(), sizeof head);
    return tail ^ (head * 0x9e3779b97f4a7c15ull);
}
