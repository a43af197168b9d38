// The settings of a source that receives from Streams; their schema is the manual of each.
#pragma once

#include <gatehouse/plugin.hpp>

#include <optional>
#include <string>
#include <vector>

namespace axway {

using gatehouse::milliseconds;
using gatehouse::time_point;
namespace json = gatehouse::json;

extern const std::string_view k_settings_schema;

/// A client that may fetch tokens. Its secrets stay with the host, under `secret`.
struct client {
    std::string id;
    std::string secret; ///< name of the secret setting, "clients/0/secret"
};

struct configuration {
    std::vector<client> clients;
    std::string header_name; ///< empty: no fixed secret; its values: secret setting "header/value"
    milliseconds token_life{}, token_grace{};
    std::vector<std::string> subscriptions, topics; ///< pinned ids; empty: any
    std::optional<gatehouse::url> api;
    std::string api_key_header;
    bool has_api_key = false;
    bool recreate = false;
    size_t max_pages = 20;

    /// Throws setting_error.
    static configuration read(const gatehouse::host&, const gatehouse::settings&);
};

inline constexpr std::string_view k_header_secret = "header/value";

/// Ids of Streams go into state keys and URLs: 1 to 200 characters, printable ASCII without space and slash.
bool is_id(std::string_view);

} // namespace axway
