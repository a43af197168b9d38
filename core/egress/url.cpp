#include "core/egress/url.hpp"

#include "core/base/encoding.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace gh::egress {

namespace {

constexpr size_t k_longest_url = 16 * 1024; ///< most servers refuse half of it
constexpr size_t k_longest_name = 253;      ///< RFC 1035 section 2.3.4
constexpr size_t k_longest_label = 63;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::optional<std::string> bad_byte(std::string_view url) {
    for (size_t i = 0; i < url.size(); ++i) {
        const char c = url[i];
        if (c <= 0x20 || c >= 0x7f) return "has a space, a control byte or a byte outside ASCII";
        if (std::string_view("\\\"<>^`{|}").find(c) != std::string_view::npos) {
            std::string why = "has a character that must be percent-encoded: ";
            why += c;
            return why;
        }
        if (c == '%' && (i + 2 >= url.size() || !is_hex(url[i + 1]) || !is_hex(url[i + 2])))
            return "has a % without two hexadecimal digits";
        if (c == '%' && url.substr(i + 1, 2) == "00") return "has an encoded NUL";
    }
    return std::nullopt;
}

/// Lower-case name, IPv4 or IPv6 address; none when it is not one of these in its one plain form.
std::optional<std::string> plain_host(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        in6_addr address{};
        const std::string inner(text.substr(1, text.size() - 2));
        char out[INET6_ADDRSTRLEN];
        if (inet_pton(AF_INET6, inner.c_str(), &address) != 1 || !inet_ntop(AF_INET6, &address, out, sizeof out)) return std::nullopt;
        return std::string(out);
    }
    if (text.empty() || text.size() > k_longest_name) return std::nullopt;
    std::string host;
    size_t label = 0; // length of the current label
    size_t last_label = 0;
    for (const char raw : text) {
        const char c = lower(raw);
        if (c == '.') {
            if (label == 0 || host.back() == '-') return std::nullopt;
            label = 0;
            last_label = host.size() + 1;
        } else {
            const bool allowed = (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || (c == '-' && label > 0);
            if (!allowed || ++label > k_longest_label) return std::nullopt;
        }
        host += c;
    }
    if (label == 0 || host.back() == '-') return std::nullopt;
    // Whoever takes "0x7f.1" or "2130706433" for an address decides by the last label: it must then be dotted decimal.
    if (is_digit(host[last_label])) {
        const std::string_view last = std::string_view(host).substr(last_label);
        const bool number = last.find_first_not_of("0123456789") == std::string_view::npos || last.starts_with("0x");
        in_addr address{};
        if (number && inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
    }
    return host;
}

struct PartDeleter {
    void operator()(char* p) const { curl_free(p); }
};

std::optional<std::string> part(CURLU* handle, CURLUPart what) {
    char* raw = nullptr;
    if (curl_url_get(handle, what, &raw, 0) != CURLUE_OK) return std::nullopt;
    return std::string(std::unique_ptr<char, PartDeleter>(raw).get());
}

Error refuse(std::string_view why) {
    return Error{"the URL " + std::string(why)};
}

} // namespace

std::string Url::authority() const {
    const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    return name + ':' + std::to_string(port);
}

std::string Url::text() const {
    std::string out = scheme + "://";
    out += host.find(':') == std::string::npos ? host : '[' + host + ']';
    if (port != (scheme == "https" ? 443 : 80)) out += ':' + std::to_string(port);
    out += path;
    if (has_query) (out += '?') += query;
    return out;
}

Result<Url> parse_url(const std::string& text) {
    if (text.size() > k_longest_url) return refuse("is longer than 16 KiB");
    if (const auto why = bad_byte(text)) return refuse(*why);

    Url url;
    const size_t colon = text.find("://");
    if (colon != std::string::npos)
        for (const char c : std::string_view(text).substr(0, colon)) url.scheme += lower(c);
    if (url.scheme != "http" && url.scheme != "https") return refuse("must begin with http:// or https://");

    std::string_view rest = std::string_view(text).substr(colon + 3);
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.find('@') != std::string_view::npos) return refuse("holds user info before the host; send credentials as a header");
    if (authority.find('%') != std::string_view::npos) return refuse("has a percent-encoded host or an IPv6 zone");

    std::string_view host = authority;
    std::string_view port;
    const size_t bracket = authority.rfind(']');
    const size_t port_at = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (port_at != std::string_view::npos) {
        host = authority.substr(0, port_at);
        port = authority.substr(port_at + 1);
        const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), url.port);
        if (fault != std::errc{} || end != port.data() + port.size() || url.port == 0 || port.front() == '0')
            return refuse("has a port that is not a number from 1 to 65535");
    } else {
        url.port = url.scheme == "https" ? 443 : 80;
    }
    const auto plain = plain_host(host);
    if (!plain) return refuse("has a host that is neither a plain name, nor a dotted IPv4 address, nor an IPv6 address in brackets");
    url.host = *plain;

    rest = rest.substr(authority.size());
    const std::string_view path = rest.substr(0, rest.find_first_of("?#"));
    if (path.find_first_of("[]") != std::string_view::npos) return refuse("has a bracket in its path, which must be percent-encoded");

    // The second reading, by the parser that will dial: whatever it sees otherwise is refused.
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), curl_url_cleanup);
    if (!handle || curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK)
        return refuse("cannot be parsed");
    const auto seen_host = part(handle.get(), CURLUPART_HOST);
    const auto seen_port = part(handle.get(), CURLUPART_PORT);
    const auto seen_path = part(handle.get(), CURLUPART_PATH);
    if (!seen_host || !seen_path || plain_host(*seen_host) != plain || (!port.empty() && (!seen_port || *seen_port != port)))
        return refuse("is ambiguous: two parsers read its host, port or path differently");
    url.path = seen_path->empty() ? "/" : *seen_path;
    if (url.path.front() != '/') return refuse("has a path that does not begin with /");

    const std::string_view tail = rest.substr(path.size(), rest.find('#') - path.size());
    url.has_query = !tail.empty() && tail.front() == '?';
    if (url.has_query) url.query = tail.substr(1);
    return url;
}

} // namespace gh::egress
