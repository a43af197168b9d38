// URLs as outgoing requests may use them: stricter than RFC 3986, so that no two parsers can read one differently.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <string>

namespace gh::egress {

/// An http or https URL in its parts. text() is what is sent: dot segments removed (RFC 3986 section 5.2.4), fragment dropped.
struct Url {
    std::string scheme;     ///< "http" or "https"
    std::string host;       ///< lower case; an IPv6 address in its canonical form, without brackets
    uint16_t port = 0;      ///< never 0: the scheme's own when none was written
    std::string path;       ///< begins with "/"; percent-encoding as written
    std::string query;      ///< without "?"; empty when there is none
    bool has_query = false; ///< "?" alone is kept

    /// host:port, with brackets around an IPv6 address. For logs and pools.
    std::string authority() const;
    std::string text() const;
};

/// Refused: user info, spaces, control and non-ASCII bytes, "\" and the other characters RFC 3986 excludes, IPv4 in octal, hexadecimal,
/// short or decimal forms, IPv6 zones, names with empty labels or a trailing dot, port 0 and leading zeros, broken percent-encoding.
/// The error says what is wrong and never repeats the path or the query.
Result<Url> parse_url(const std::string&);

} // namespace gh::egress
