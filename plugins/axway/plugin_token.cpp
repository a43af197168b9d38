#include "plugin_token.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace axway {

using gatehouse::state_change;

namespace {

constexpr size_t k_random_bytes = 32;
/// Longer than any commit that still succeeds.
constexpr milliseconds k_reservation = std::chrono::seconds(60);

std::string random_token() {
    char bytes[k_random_bytes];
    if (::getentropy(bytes, sizeof bytes) != 0)
        throw gatehouse::failure::retry(std::string("no random bytes for a token: ") + std::strerror(errno));
    return to_hex({bytes, sizeof bytes});
}

std::string slot_key(size_t slot) {
    return "slot/" + std::to_string(slot);
}

/// "token/<digest>" -> {"client":…,"issued":ms,"expires":ms}; "slot/<n>" -> the token's key.
struct record {
    std::string client;
    time_point issued, expires;

    static std::optional<record> parse(const std::optional<std::string>& text) {
        if (!text) return std::nullopt;
        const json::document d = json::parse(*text);
        const auto issued = d["issued"].integer(), expires = d["expires"].integer();
        if (!issued || !expires) return std::nullopt;
        return record{std::string(d["client"].text()), time_point(milliseconds(*issued)), time_point(milliseconds(*expires))};
    }
};

} // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

std::optional<std::string> token_store::key_of(const client& c, uint32_t secret, std::string_view token) const {
    const std::string_view parts[] = {"axway access token ", token};
    const auto digest = host_.hmac(gatehouse::hmac_algorithm::sha256, gatehouse::key_form::raw, c.secret, secret, parts);
    if (!digest) return std::nullopt;
    return "token/" + to_hex(*digest);
}

size_t token_store::choose_slot(std::string_view client_id, time_point now) {
    size_t oldest = k_slots, oldest_own = k_slots;
    time_point oldest_at = time_point::max(), oldest_own_at = time_point::max();
    for (size_t i = 0; i < k_slots; ++i) {
        if (reserved_[i] != time_point() && now < reserved_[i] + k_reservation) continue;
        const auto key = host_.get_state(slot_key(i));
        const auto r = key ? record::parse(host_.get_state(*key)) : std::nullopt;
        if (!r || r->expires + configuration_.token_grace < now) return i;
        if (r->issued < oldest_at) oldest = i, oldest_at = r->issued;
        if (r->client == client_id && r->issued < oldest_own_at) oldest_own = i, oldest_own_at = r->issued;
    }
    if (oldest_own < k_slots) return oldest_own;
    if (oldest < k_slots) return oldest;
    throw gatehouse::failure::retry("more than " + std::to_string(k_slots) + " access tokens were asked for within a minute");
}

token_store::issued token_store::issue(const client& c, uint32_t secret, std::string_view scope) {
    const time_point now = host_.now();
    issued out;
    out.token = random_token();
    const auto key = key_of(c, secret, out.token);
    if (!key) throw gatehouse::failure::retry("clients: the secret of a client cannot be used to store its token");
    const std::lock_guard lock(mutex_);
    const size_t slot = choose_slot(c.id, now);
    reserved_[slot] = now;
    if (const auto before = host_.get_state(slot_key(slot))) out.state.push_back(state_change::remove(*before));
    json::object value{{"client", c.id},
                       {"issued", now.time_since_epoch().count()},
                       {"expires", (now + configuration_.token_life).time_since_epoch().count()}};
    if (!scope.empty()) value.add("scope", scope);
    out.state.emplace_back(*key, value.text());
    out.state.emplace_back(slot_key(slot), *key);
    return out;
}

token_store::standing token_store::check(std::string_view token) const {
    standing best = standing::unknown;
    // All clients and secrets are tried, so that time tells nothing of which one it was.
    for (const client& c : configuration_.clients) {
        for (uint32_t i = 0, count = host_.secret_count(c.secret); i < count; ++i) {
            const auto key = key_of(c, i, token);
            const auto r = key ? record::parse(host_.get_state(*key)) : std::nullopt;
            if (!r || r->client != c.id) continue;
            best = host_.now() < r->expires + configuration_.token_grace ? standing::good : standing::expired;
        }
    }
    return best;
}

std::vector<state_change> token_store::revoke(std::string_view client_id, size_t& count) const {
    std::vector<state_change> out;
    count = 0;
    for (size_t i = 0; i < k_slots; ++i) {
        const auto key = host_.get_state(slot_key(i));
        const auto r = key ? record::parse(host_.get_state(*key)) : std::nullopt;
        if (!r || (!client_id.empty() && r->client != client_id)) continue;
        out.push_back(state_change::remove(*key));
        out.push_back(state_change::remove(slot_key(i)));
        ++count;
    }
    return out;
}

} // namespace axway
