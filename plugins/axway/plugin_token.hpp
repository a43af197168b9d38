// Access tokens: issued, recognised, revoked. The source's state holds them hashed (HMAC-SHA256 under the client's secret), each under a
// key of its own, so that requests that come together do not overwrite each other; a fixed number of slots bounds them.
#pragma once

#include <array>
#include <mutex>

#include "plugin_settings.hpp"

namespace axway {

class token_store {
public:
    /// How many tokens there can be at once; the oldest one of the same client goes first.
    static constexpr size_t k_slots = 128;

    token_store(gatehouse::host h, const configuration& c) : host_(h), configuration_(c) {}

    struct issued {
        std::string token;                          ///< 64 hexadecimal digits, 256 bits from the system
        std::vector<gatehouse::state_change> state; ///< to be stored before the token is given away
    };
    /// secret: which value of the client's secret proved it. The token is good as long as that value stays in the settings.
    issued issue(const client&, uint32_t secret, std::string_view scope);

    enum class standing { unknown, expired, good };
    /// Pure: settings, state and the host's clock decide.
    standing check(std::string_view token) const;

    /// Changes that forget the tokens of one client, or of all ("").
    std::vector<gatehouse::state_change> revoke(std::string_view client_id, size_t& count) const;

private:
    std::optional<std::string> key_of(const client&, uint32_t secret, std::string_view token) const;
    size_t choose_slot(std::string_view client_id, time_point now);

    gatehouse::host host_;
    const configuration& configuration_;
    std::mutex mutex_;
    /// Slots given away whose commit may not be visible yet.
    std::array<time_point, k_slots> reserved_{};
};

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

} // namespace axway
