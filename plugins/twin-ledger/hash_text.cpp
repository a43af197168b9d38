#include "hash_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <vector>

using namespace gatehouse;

namespace twin_ledger {

namespace {

/// The code point at `i`, which is moved behind it. The text has been read by a strict reader, so it is well-formed.
uint32_t next(std::string_view s, size_t& i) {
    const auto byte = [&](size_t k) { return static_cast<uint32_t>(static_cast<unsigned char>(s[i + k])); };
    const uint32_t c = byte(0);
    const size_t length = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    uint32_t out = length == 1 ? c : c & (0xffu >> (length + 1));
    for (size_t k = 1; k < length; ++k) out = out << 6 | (byte(k) & 0x3f);
    i += length;
    return out;
}

std::string hex(uint32_t n, int digits) {
    char text[16];
    std::snprintf(text, sizeof text, "%0*x", digits, n);
    return text;
}

/// json.dumps of a string.
std::string quoted(std::string_view s, bool ascii) {
    std::string out = "\"";
    for (size_t i = 0; i < s.size();) {
        const size_t from = i;
        const uint32_t c = next(s, i);
        static constexpr std::string_view plain = "\"\\\b\f\n\r\t", letter = "\"\\bfnrt";
        const size_t known = c < 0x80 ? plain.find(static_cast<char>(c)) : std::string_view::npos;
        if (known != std::string_view::npos)
            out.append(1, '\\').append(1, letter[known]);
        else if (c < 0x20 || (ascii && c == 0x7f))
            out += "\\u" + hex(c, 4);
        else if (c < 0x80 || !ascii)
            out += s.substr(from, i - from);
        else if (c < 0x10000)
            out += "\\u" + hex(c, 4);
        else
            out += "\\u" + hex(0xd800 + ((c - 0x10000) >> 10), 4) + "\\u" + hex(0xdc00 + ((c - 0x10000) & 0x3ff), 4);
    }
    return out += '"';
}

/// repr() of a string, for everything but rare characters that Python takes for unprintable.
std::string python_quoted(std::string_view s) {
    const char quote = s.find('\'') != s.npos && s.find('"') == s.npos ? '"' : '\'';
    std::string out(1, quote);
    for (size_t i = 0; i < s.size();) {
        const size_t from = i;
        const uint32_t c = next(s, i);
        if (c == static_cast<uint32_t>(quote) || c == '\\')
            out.append(1, '\\').append(1, static_cast<char>(c));
        else if (c == '\n' || c == '\r' || c == '\t')
            out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        else if (c < 0x20 || (c >= 0x7f && c < 0xa1) || c == 0xad)
            out += "\\x" + hex(c, 2);
        else
            out += s.substr(from, i - from);
    }
    return out += quote;
}

struct style {
    bool raw = false, python = false, sorted = false, compact = false, ascii = true;
};

style style_of(dictionary_form f) {
    style s;
    s.raw = f == dictionary_form::raw;
    s.python = f == dictionary_form::python;
    s.sorted = f == dictionary_form::json_sorted || f == dictionary_form::json_compact_sorted;
    s.compact = f == dictionary_form::json_compact || f == dictionary_form::json_compact_sorted || f == dictionary_form::json_compact_utf8;
    s.ascii = f != dictionary_form::json_utf8 && f != dictionary_form::json_compact_utf8;
    return s;
}

std::string text(json::value v, const style& s);

std::string literal(std::string_view string, const style& s) {
    return s.python ? python_quoted(string) : quoted(string, s.ascii);
}

std::string object_text(json::value v, const style& s) {
    std::vector<json::value::member> members;
    for (const auto m : v.members()) members.push_back(m);
    if (s.sorted) std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    std::string out = "{";
    for (const auto& m : members) {
        if (out.size() > 1) out += s.compact ? "," : ", ";
        out += literal(m.key, s) + (s.compact ? ":" : ": ") + text(m.value, s);
    }
    return out += '}';
}

std::string text(json::value v, const style& s) {
    switch (v.type()) {
        case json::kind::object:
            return object_text(v, s);
        case json::kind::array: {
            std::string out = "[";
            for (const auto e : v.elements()) {
                if (out.size() > 1) out += s.compact ? "," : ", ";
                out += text(e, s);
            }
            return out += ']';
        }
        case json::kind::string:
            return literal(v.text(), s);
        case json::kind::number:
            return python_number(v.number());
        case json::kind::boolean:
            return !s.python ? std::string(v.raw()) : *v.boolean() ? "True" : "False";
        default:
            return s.python ? "None" : "null";
    }
}

std::optional<double> floating(std::string_view written) {
    double d = 0;
    const auto [end, fault] = std::from_chars(written.data(), written.data() + written.size(), d);
    if (fault != std::errc() || end != written.data() + written.size()) return std::nullopt;
    return d;
}

} // namespace

std::string python_number(std::string_view written) {
    if (written.find_first_of(".eE") == written.npos) return written == "-0" ? "0" : std::string(written);
    const auto d = floating(written);
    if (!d) return std::string(written);
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, *d, std::chars_format::scientific).ptr;
    std::string_view shortest(buffer, static_cast<size_t>(end - buffer));
    std::string out = shortest.front() == '-' ? "-" : "";
    if (!out.empty()) shortest.remove_prefix(1);
    const size_t e = shortest.find('e');
    std::string digits;
    for (const char c : shortest.substr(0, e))
        if (c != '.') digits += c;
    int exponent = 0;
    const std::string_view tail = shortest.substr(e + (shortest[e + 1] == '+' ? 2 : 1));
    std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (exponent < -4 || exponent >= 16) {
        out += digits.substr(0, 1);
        if (digits.size() > 1) out += "." + digits.substr(1);
        char power[16];
        std::snprintf(power, sizeof power, "e%c%02d", exponent < 0 ? '-' : '+', exponent < 0 ? -exponent : exponent);
        return out + power;
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() < whole) digits.resize(whole, '0');
    return out + digits.substr(0, whole) + "." + (digits.size() > whole ? digits.substr(whole) : "0");
}

std::string number_text(std::string_view written, number_form f) {
    if (f == number_form::raw) return std::string(written);
    if (f == number_form::python) return python_number(written);
    const auto d = floating(written);
    if (!d || *d > 1e15 || *d < -1e15) return std::string(written);
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.3f", *d);
    return buffer;
}

std::string dictionary_text(json::value v, dictionary_form f) {
    const style s = style_of(f);
    return s.raw ? std::string(v.raw()) : text(v, s);
}

std::string string_text(json::value v, string_form f) {
    return f == string_form::plain ? std::string(v.text()) : quoted(v.text(), true);
}

} // namespace twin_ledger
