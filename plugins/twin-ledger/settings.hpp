// The settings of one source, checked.
#pragma once

#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>

#include <optional>

#include "hash_form.hpp"

namespace twin_ledger {

extern const std::string_view k_settings_schema;

/// Immutable. Throws setting_error.
class config {
public:
    config(gatehouse::host h, const gatehouse::settings& s);

    bool names_topic(std::string_view topic) const;

    std::vector<std::string> topics;
    std::string account; ///< empty: the one that the answer to subscribe names
    std::optional<hash_form> hash;
    bool hashed = false; ///< client_secret is set
    bool reads = false;  ///< user_secret is set
    gatehouse::url api;
    std::string ledger; ///< UUID, "personal", "owner" or "creator"
    std::vector<std::string> twins;
    gatehouse::milliseconds window{}, overlap{};

    /// <api_url>/<tail>.
    std::string at(std::string_view tail) const { return api.join(tail); }
    /// Whether a URL from a message or an answer is one of the webhook capabilities of that account: scheme, host, port and path pinned,
    /// the query nothing but a token.
    bool is_capability(std::string_view url, std::string_view account) const;

private:
    static gatehouse::url api_of(const gatehouse::settings& s);
    void check_keys(gatehouse::host h) const;
};

} // namespace twin_ledger
