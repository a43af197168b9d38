#include "twins_seen.hpp"

#include <gatehouse/json.hpp>

#include <algorithm>

#include "message.hpp"

using namespace gatehouse;

namespace twin_ledger {

std::string twins_seen::key(size_t chunk) {
    return "twin.seen." + std::to_string(chunk);
}

twins_seen::twins_seen(host h) {
    for (size_t i = 0; i < k_chunks; ++i) {
        const auto text = h.get_state(key(i));
        if (!text) continue;
        const auto d = json::parse(*text);
        for (const auto t : d.root().elements())
            if (is_uuid(t.text()) && chunks_[i].size() < k_most) chunks_[i].emplace(t.text());
    }
}

std::optional<state_change> twins_seen::add(std::string_view twin) {
    if (!is_uuid(twin)) return std::nullopt;
    std::string name;
    for (const char c : twin) name += c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    // Not std::hash: the entry must be the same after an update of the standard library.
    size_t chunk = 0;
    for (const char c : name) chunk = (chunk * 31 + static_cast<unsigned char>(c)) % 65'521;
    chunk %= k_chunks;
    const std::lock_guard lock(mutex_);
    auto& set = chunks_[chunk];
    if (set.count(name) > 0) return std::nullopt;
    if (set.size() >= k_most) {
        full_ = true;
        return std::nullopt;
    }
    set.insert(name);
    json::array list;
    for (const auto& t : set) list.add(t);
    return state_change(key(chunk), list.text());
}

std::vector<std::string> twins_seen::all() const {
    std::vector<std::string> out;
    const std::lock_guard lock(mutex_);
    for (const auto& set : chunks_) out.insert(out.end(), set.begin(), set.end());
    std::sort(out.begin(), out.end());
    return out;
}

bool twins_seen::full() const {
    const std::lock_guard lock(mutex_);
    return full_;
}

} // namespace twin_ledger
