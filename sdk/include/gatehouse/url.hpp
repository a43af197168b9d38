// URLs that come out of messages and settings. What two parsers could read differently is refused, not repaired.
#pragma once

#include <gatehouse/encoding.hpp>

#include <algorithm>

namespace gatehouse {

/// An absolute http or https URL (RFC 3986) in one normal form: scheme and host in lower case, the scheme's port left out, path and query
/// percent-encoded where they were not yet. Percent-encodings that are there stay as they are: nothing is encoded twice.
///
/// Refused: another scheme, user info, an empty or non-ASCII host, port 0, control characters, white space at the ends, a backslash, a
/// fragment, "%" without two hexadecimal digits, and dot segments ("/../", also as %2e).
class url {
public:
    static std::optional<url> parse(std::string_view s) {
        if (s.size() > 8192) return std::nullopt;
        for (char c : s)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == '#') return std::nullopt;
        if (s.empty() || s.back() == ' ') return std::nullopt;
        url u;
        const size_t colon = s.find("://");
        if (colon == std::string_view::npos) return std::nullopt;
        if (equals_ignoring_case(s.substr(0, colon), "https"))
            u.scheme_ = "https";
        else if (equals_ignoring_case(s.substr(0, colon), "http"))
            u.scheme_ = "http";
        else
            return std::nullopt;
        s.remove_prefix(colon + 3);
        const size_t end = std::min(s.find_first_of("/?"), s.size());
        if (!u.read_authority(s.substr(0, end))) return std::nullopt;
        s.remove_prefix(end);
        const size_t question = std::min(s.find('?'), s.size());
        if (!encode(s.substr(0, question), "/:@!$&*+,;=", u.path_)) return std::nullopt;
        if (question < s.size()) {
            u.has_query_ = true;
            if (!encode(s.substr(question + 1), "/:@!$&*+,;=?", u.query_)) return std::nullopt;
        }
        if (u.path_.empty()) u.path_ = "/";
        if (has_dot_segment(u.path_)) return std::nullopt;
        return u;
    }

    const std::string& scheme() const { return scheme_; } ///< "https" or "http"
    const std::string& host() const { return host_; }     ///< lower case; IPv6 with brackets
    uint16_t port() const { return port_; }
    const std::string& path() const { return path_; } ///< begins with "/"
    const std::string& query() const { return query_; }
    std::string path_and_query() const { return has_query_ ? path_ + "?" + query_ : path_; }
    std::string origin() const {
        const bool usual = port_ == (scheme_ == "https" ? 443 : 80);
        return scheme_ + "://" + host_ + (usual ? "" : ":" + std::to_string(port_));
    }
    std::string text() const { return origin() + path_and_query(); }

    /// Scheme, host and port equal (RFC 6454).
    bool same_origin(const url& o) const { return scheme_ == o.scheme_ && host_ == o.host_ && port_ == o.port_; }
    /// Same origin, and the path is the base's or lies below it, at "/" boundaries.
    bool under(const url& base) const {
        std::string_view prefix = base.path_;
        while (!prefix.empty() && prefix.back() == '/') prefix.remove_suffix(1);
        return same_origin(base) && std::string_view(path_).substr(0, prefix.size()) == prefix &&
               (path_.size() == prefix.size() || path_[prefix.size()] == '/');
    }
    /// This URL's origin and path with "/<tail>" appended; the query is left out. The tail is written by the author: encode its parts.
    std::string join(std::string_view tail) const {
        std::string_view base = path_;
        while (!base.empty() && base.back() == '/') base.remove_suffix(1);
        while (!tail.empty() && tail.front() == '/') tail.remove_prefix(1);
        return origin() + std::string(base) + "/" + std::string(tail);
    }

private:
    url() = default;

    bool read_authority(std::string_view s) {
        if (s.find('@') != std::string_view::npos) return false;
        std::string_view name = s, port;
        const size_t bracket = s.rfind(']');
        const size_t colon = s.find(':', bracket == std::string_view::npos ? 0 : bracket);
        if (colon != std::string_view::npos) {
            name = s.substr(0, colon);
            port = s.substr(colon + 1);
            if (port.empty() || port.size() > 5) return false;
            uint32_t n = 0;
            for (char c : port) {
                if (c < '0' || c > '9') return false;
                n = n * 10 + static_cast<uint32_t>(c - '0');
            }
            if (n == 0 || n > 65535) return false;
            port_ = static_cast<uint16_t>(n);
        } else {
            port_ = scheme_ == "https" ? 443 : 80;
        }
        if (name.empty() || name.size() > 253) return false;
        const bool v6 = name.front() == '[';
        if (v6 && (name.size() < 4 || name.back() != ']')) return false;
        const std::string_view inner = v6 ? name.substr(1, name.size() - 2) : name;
        for (char c : inner) {
            const bool good = v6 ? is_hex_digit(c) || c == ':' || c == '.' : is_unreserved(c) && c != '~';
            if (!good) return false;
        }
        if (!v6 && (inner.front() == '.' || inner.find("..") != std::string_view::npos)) return false;
        for (char c : name) host_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return true;
    }

    static bool encode(std::string_view s, std::string_view kept, std::string& out) {
        for (size_t i = 0; i < s.size(); ++i) {
            const char c = s[i];
            if (c == '%') {
                if (i + 2 >= s.size() || !is_hex_digit(s[i + 1]) || !is_hex_digit(s[i + 2])) return false;
                out += c;
            } else if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
                out += c;
            } else {
                append_percent(out, c);
            }
        }
        return true;
    }

    static bool has_dot_segment(std::string_view path) {
        while (!path.empty()) {
            path.remove_prefix(1);
            const size_t end = std::min(path.find('/'), path.size());
            std::string plain;
            for (size_t i = 0; i < end;) {
                if (path[i] == '%' && path[i + 1] == '2' && (path[i + 2] == 'e' || path[i + 2] == 'E')) {
                    plain += '.';
                    i += 3;
                } else {
                    plain += path[i++];
                }
            }
            if (plain == "." || plain == "..") return true;
            path.remove_prefix(end);
        }
        return false;
    }

    std::string scheme_, host_, path_, query_;
    bool has_query_ = false;
    uint16_t port_ = 0;
};

} // namespace gatehouse
