// The token endpoint: RFC 6749 section 4.4 (client credentials), errors of section 5.2.
#pragma once

#include <atomic>

#include "plugin_token.hpp"

namespace axway {

/// Its answers are always answers: whatever comes, no event can come of it, and nothing that was sent (a secret, perhaps) is stored.
class token_endpoint {
public:
    token_endpoint(gatehouse::host h, const configuration& c, token_store& tokens) : host_(h), configuration_(c), tokens_(tokens) {}

    gatehouse::response answer(const gatehouse::request&);

private:
    struct credentials {
        std::string id, secret;
    };
    struct proof {
        const client* who = nullptr;
        uint32_t secret = 0;
    };
    gatehouse::response refuse(const gatehouse::request&, int status, std::string_view error, std::string_view description, bool challenge);
    proof find(const std::vector<credentials>& candidates) const;

    gatehouse::host host_;
    const configuration& configuration_;
    token_store& tokens_;
    std::atomic<int64_t> next_log_{0};
    std::atomic<uint64_t> unlogged_{0};
};

/// application/x-www-form-urlencoded: "+" and "%XX" decoded. Nothing when an encoding is broken.
std::optional<std::string> form_decode(std::string_view);
/// The parameters of a form in their order; nothing when it is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body);

} // namespace axway
