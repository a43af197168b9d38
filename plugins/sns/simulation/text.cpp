#include "text.hpp"

#include <gatehouse/encoding.hpp>

#include <algorithm>

namespace sns_sim {

namespace {

constexpr std::string_view k_hex = "0123456789abcdef";

std::optional<std::string> decoded(std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); ++i) {
        if (s[i] != '%') {
            out += s[i] == '+' ? ' ' : s[i];
            continue;
        }
        const auto byte = gatehouse::from_hex(s.substr(i + 1, 2));
        if (s.size() - i < 3 || !byte) return std::nullopt;
        out += *byte;
        i += 2;
    }
    return out;
}

/// The next code point of UTF-8 text; what is broken gives U+FFFD.
char32_t next_code_point(std::string_view& s) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
    const size_t size = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    char32_t out = size == 1 ? byte(0) : byte(0) & (0xffu >> (size + 1));
    if (size > s.size()) return s = {}, U'\ufffd';
    for (size_t i = 1; i < size; ++i) out = out << 6 | (byte(i) & 0x3fu);
    s.remove_prefix(size);
    return out;
}

void append_escape(std::string& out, char32_t unit) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += k_hex[unit >> shift & 15];
}

} // namespace

std::string hex(const simulator_host& host, size_t digits) {
    std::string out = host.random(digits);
    for (char& c : out) c = k_hex[static_cast<unsigned char>(c) & 15];
    return out;
}

std::string ascii_quoted(std::string_view s) {
    std::string out = "\"";
    while (!s.empty()) {
        const char32_t c = next_code_point(s);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c >= 0x20 && c < 0x7f) {
            out += static_cast<char>(c);
        } else if (c < 0x10000) {
            append_escape(out, c);
        } else {
            append_escape(out, 0xd800 + ((c - 0x10000) >> 10));
            append_escape(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
    return out += '"';
}

std::string xml_text(std::string_view s) {
    std::string out;
    for (const char c : s) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::map<std::string, std::string> parameters(std::string_view form) {
    std::map<std::string, std::string> out;
    while (!form.empty()) {
        const std::string_view one = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(one.size() + 1, form.size()));
        const size_t equals = std::min(one.find('='), one.size());
        const auto name = decoded(one.substr(0, equals)), value = decoded(one.substr(std::min(equals + 1, one.size())));
        if (name && value) out[*name] = *value;
    }
    return out;
}

endpoint endpoint::parse(std::string_view url) {
    endpoint out;
    const size_t begin = url.find("://") == url.npos ? 0 : url.find("://") + 3;
    const std::string_view authority = url.substr(begin, std::min(url.find_first_of("/?#", begin), url.size()) - begin);
    const size_t at = authority.rfind('@');
    if (at == authority.npos) {
        out.url = url;
        return out;
    }
    const std::string_view credentials = authority.substr(0, at);
    const size_t colon = std::min(credentials.find(':'), credentials.size());
    // As SNS asks for it: special characters in the credentials are percent-encoded in the URL. A "+" there is itself.
    const auto plain = [](std::string_view s) {
        std::string escaped;
        for (const char c : s) escaped += c == '+' ? "%2B" : std::string(1, c);
        return decoded(escaped).value_or(std::string(s));
    };
    out.user = plain(credentials.substr(0, colon));
    out.password = plain(credentials.substr(std::min(colon + 1, credentials.size())));
    out.url = std::string(url.substr(0, begin)) + std::string(url.substr(begin + at + 1));
    return out;
}

std::string endpoint::shown() const {
    if (user.empty()) return url;
    const size_t begin = url.find("://") + 3;
    return url.substr(0, begin) + user + ":****@" + url.substr(begin);
}

} // namespace sns_sim
