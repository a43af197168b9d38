#include "core/admin/access.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

namespace gh::admin {

namespace {

/// The host of "host", "host:port", "[v6]" or "[v6]:port", without brackets; empty when it is none of these.
std::string_view host_of(std::string_view authority) {
    std::string_view rest;
    std::string_view host;
    if (authority.starts_with('[')) {
        const size_t end = authority.find(']');
        if (end == std::string_view::npos) return {};
        host = authority.substr(1, end - 1);
        rest = authority.substr(end + 1);
    } else {
        const size_t colon = authority.find(':');
        host = authority.substr(0, colon);
        if (colon != std::string_view::npos) rest = authority.substr(colon);
    }
    if (rest.empty()) return host;
    if (rest.size() < 2 || rest.size() > 6 || rest[0] != ':' || rest.find_first_not_of("0123456789", 1) != std::string_view::npos)
        return {};
    return host;
}

/// 127.0.0.0/8 as four plain numbers: "127.evil.example" is a name.
bool loopback_v4(std::string_view host) {
    if (!host.starts_with("127.")) return false;
    int parts = 1;
    size_t digits = 0;
    for (const char c : host) {
        if (c == '.') {
            if (digits == 0) return false;
            ++parts;
            digits = 0;
        } else if (c < '0' || c > '9' || ++digits > 3) {
            return false;
        }
    }
    return parts == 4 && digits > 0;
}

bool own_host(std::string_view authority, const config::Server& server) {
    const std::string_view host = host_of(authority);
    if (host.empty()) return false;
    return equals_ignoring_case(host, "localhost") || host == "::1" || loopback_v4(host) || equals_ignoring_case(host, server.admin.host);
}

/// Fetch standard: browsers send Origin with every request that is not a plain navigation, and Sec-Fetch-Site with all.
bool cross_site(const http::Request& request, std::string_view authority) {
    if (const auto site = request.field("Sec-Fetch-Site"))
        if (*site != "same-origin" && *site != "none") return true;
    const auto origin = request.field("Origin");
    if (!origin) return false;
    const size_t scheme = origin->find("://");
    return scheme == std::string_view::npos || !equals_ignoring_case(origin->substr(scheme + 3), authority);
}

bool carries(const http::Request& request, std::string_view token) {
    const auto given = request.field("Authorization");
    constexpr std::string_view k_scheme = "Bearer ";
    if (!given || given->size() < k_scheme.size() || !equals_ignoring_case(given->substr(0, k_scheme.size()), k_scheme)) return false;
    return equal_constant_time(given->substr(k_scheme.size()), token);
}

} // namespace

std::optional<http::Response> refuse(const http::Request& request, const config::Server& server, bool open) {
    if (!server.admin_token.empty()) {
        if (open || carries(request, server.admin_token.reveal())) return std::nullopt;
        auto answer = http::problem(401, "Token needed", "Send the header \"Authorization: Bearer TOKEN\" with the token of server.token.");
        const bool tried = request.field("Authorization").has_value();
        answer.fields.push_back(
            {"WWW-Authenticate", tried ? "Bearer realm=\"gatehouse\", error=\"invalid_token\"" : "Bearer realm=\"gatehouse\""});
        return answer;
    }
    const std::string_view authority = request.field("Host").value_or("");
    if (!own_host(authority, server))
        return http::problem(
            403, "Host not allowed",
            "Without a token the admin API answers only under a loopback name or server.admin's host. Use one of these, or "
            "configure a token.");
    if (cross_site(request, authority))
        return http::problem(403, "Cross-site request", "Without a token the admin API does not answer requests of other sites.");
    return std::nullopt;
}

} // namespace gh::admin
