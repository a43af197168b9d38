// Base64, percent-encoding and a comparison that tells an attacker nothing.
#pragma once

#include <gatehouse/types.hpp>

#include <array>

namespace gatehouse {

/// Time depends on the lengths only.
inline bool equal_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned char difference = 0;
    for (size_t i = 0; i < a.size(); ++i) difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

/// RFC 4648 section 4, with padding.
inline std::string to_base64(std::string_view bytes) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](size_t k) { return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u; };
        const unsigned n = byte(0) << 16 | byte(1) << 8 | byte(2);
        out += alphabet[n >> 18];
        out += alphabet[n >> 12 & 63];
        out += i + 1 < bytes.size() ? alphabet[n >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? alphabet[n & 63] : '=';
    }
    return out;
}

namespace detail {

/// The six bits of a base64 digit, or -1.
inline constexpr std::array<int8_t, 256> k_base64_digits = [] {
    std::array<int8_t, 256> out{};
    out.fill(-1);
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < alphabet.size(); ++i) out[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
    return out;
}();

} // namespace detail

/// Strict RFC 4648 section 4: padding required, trailing bits zero, nothing else in it.
inline std::optional<std::string> from_base64(std::string_view s) {
    if (s.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(s.size() / 4 * 3);
    while (!s.empty()) {
        const bool last = s.size() == 4;
        const size_t padding = !last || s[3] != '=' ? 0 : s[2] != '=' ? 1 : 2;
        int32_t bits = 0;
        for (size_t i = 0; i < 4; ++i) {
            const int32_t v = i + padding >= 4 ? 0 : detail::k_base64_digits[static_cast<unsigned char>(s[i])];
            if (v < 0) return std::nullopt;
            bits = bits << 6 | v;
        }
        if (padding == 1 && (bits & 0xff) != 0) return std::nullopt;
        if (padding == 2 && (bits & 0xffff) != 0) return std::nullopt;
        const char bytes[] = {static_cast<char>(bits >> 16 & 0xff), static_cast<char>(bits >> 8 & 0xff), static_cast<char>(bits & 0xff)};
        out.append(bytes, 3 - padding);
        s.remove_prefix(4);
    }
    return out;
}

inline bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Two digits per byte, either case, nothing else.
inline std::optional<std::string> from_hex(std::string_view s) {
    if (s.size() % 2 != 0) return std::nullopt;
    std::string out;
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    for (size_t i = 0; i < s.size(); i += 2) {
        if (!is_hex_digit(s[i]) || !is_hex_digit(s[i + 1])) return std::nullopt;
        out += static_cast<char>(digit(s[i]) << 4 | digit(s[i + 1]));
    }
    return out;
}

/// RFC 3986 section 2.3.
inline bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

inline void append_percent(std::string& out, char c) {
    static constexpr char hex[] = "0123456789ABCDEF";
    const auto b = static_cast<unsigned char>(c);
    out += '%';
    out += hex[b >> 4];
    out += hex[b & 15];
}

/// Everything but unreserved characters encoded: for a query value, or a path segment that did not come from outside (else path_segment()).
inline std::string percent_encode(std::string_view s) {
    std::string out;
    for (char c : s) {
        if (is_unreserved(c))
            out += c;
        else
            append_percent(out, c);
    }
    return out;
}

/// One path segment of a URL that we write, made of an id that came from outside: percent-encoded, or nothing when it could lead elsewhere.
/// Refused are "", "." and ".." (which no encoding keeps a client or server from following, RFC 3986 section 6.2.2), and whatever holds
/// "/",
/// "\\", "%" or control characters, since some servers decode them once more.
inline std::optional<std::string> path_segment(std::string_view id) {
    if (id.empty() || id == "." || id == "..") return std::nullopt;
    for (const char c : id)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\' || c == '%') return std::nullopt;
    return percent_encode(id);
}

/// application/x-www-form-urlencoded (WHATWG URL, section 5.2).
inline std::string form_encode(std::string_view s) {
    std::string out;
    for (char c : s) {
        if (c == ' ')
            out += '+';
        else if (c != '~' && is_unreserved(c))
            out += c;
        else if (c == '*')
            out += c;
        else
            append_percent(out, c);
    }
    return out;
}

} // namespace gatehouse
