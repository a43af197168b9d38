// The strict reader: RFC 8259, and stricter where parsers differ, since a signature may have been made over what another parser reads.
// Refused besides what the grammar refuses: a byte order mark, text that is not UTF-8, lone surrogates, duplicate member names (compared
// decoded), more than 64 levels, more than a million values.
#pragma once

#include <gatehouse/json_value.hpp>

#include <algorithm>
#include <cstring>

namespace gatehouse::json {

struct limits {
    uint32_t depth = 64;
    uint32_t values = 1'000'000; ///< member names count too; 28 bytes of memory each
};

namespace detail {

/// Length of the well-formed UTF-8 sequence at p (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF); 0 when there is none.
inline size_t utf8_length(const char* p, const char* end) {
    const auto byte = [&](int i) { return static_cast<unsigned char>(p[i]); };
    const auto tail = [&](int i, unsigned low = 0x80, unsigned high = 0xbf) { return p + i < end && byte(i) >= low && byte(i) <= high; };
    const unsigned char c = byte(0);
    if (c < 0x80) return 1;
    if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef) return tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) && tail(2) ? 3 : 0;
    if (c >= 0xf0 && c <= 0xf4) return tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

/// The end of the run of printable ASCII without quotes and backslashes: most of every string, eight bytes at a time.
inline const char* plain_run(const char* p, const char* end) {
    constexpr uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    for (; end - p >= 8; p += 8) {
        uint64_t w = 0;
        std::memcpy(&w, p, 8);
        const uint64_t quote = w ^ (ones * '"'), backslash = w ^ (ones * '\\');
        // In each byte, the highest bit tells: of (x - 1) & ~x that x is 0, of (w - 0x20) & ~w that w is below 0x20.
        if ((((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((w - ones * 0x20) & ~w) | w) & high) break;
    }
    while (p != end && static_cast<unsigned char>(*p) >= 0x20 && static_cast<unsigned char>(*p) < 0x80 && *p != '"' && *p != '\\') ++p;
    return p;
}

inline void append_utf8(std::string& out, uint32_t c) {
    const auto put = [&](uint32_t b) { out += static_cast<char>(b); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
        put(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            put(0xe0 | c >> 12);
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
        }
        put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

/// No recursion: the depth of the input never becomes depth of the stack.
class reader {
public:
    reader(storage& s, limits l) : s_(s), limits_(l), begin_(s.source.data()), p_(begin_), end_(begin_ + s.source.size()) {}

    void run() {
        if (s_.source.size() > UINT32_MAX) {
            fail("text longer than 4 GiB");
            return;
        }
        skip_space();
        if (!read_value()) return;
        while (!open_.empty()) {
            skip_space();
            if (!(s_.nodes[open_.back()].type == kind::array ? continue_array() : continue_object())) return;
        }
        skip_space();
        if (p_ != end_) fail("text after the value");
    }

private:
    bool fail(const char* what) {
        if (s_.error.empty()) {
            s_.error = what;
            s_.error_offset = static_cast<size_t>(p_ - begin_);
        }
        return false;
    }
    bool at(char c) const { return p_ != end_ && *p_ == c; }
    void skip_space() {
        while (p_ != end_ && (*p_ == ' ' || *p_ == '\t' || *p_ == '\n' || *p_ == '\r')) ++p_;
    }
    uint32_t offset() const { return static_cast<uint32_t>(p_ - begin_); }
    uint32_t next_index() const { return static_cast<uint32_t>(s_.nodes.size()); }

    node* add(kind type) {
        if (s_.nodes.size() >= limits_.values) {
            fail("too many values");
            return nullptr;
        }
        node n;
        n.type = type;
        n.begin = offset();
        s_.nodes.push_back(n);
        s_.nodes.back().end = next_index();
        return &s_.nodes.back();
    }

    bool read_value() {
        if (p_ == end_) return fail("a value is missing");
        switch (*p_) {
            case '{':
                return open(kind::object);
            case '[':
                return open(kind::array);
            case '"':
                return read_string();
            case 't':
                return read_word("true", kind::boolean);
            case 'f':
                return read_word("false", kind::boolean);
            case 'n':
                return read_word("null", kind::null);
            default:
                return read_number();
        }
    }

    bool open(kind type) {
        if (open_.size() >= limits_.depth) return fail("nested too deeply");
        const uint32_t index = next_index();
        if (!add(type)) return false;
        ++p_;
        open_.push_back(index);
        return true;
    }

    bool close() {
        ++p_;
        node& n = s_.nodes[open_.back()];
        n.finish = offset();
        n.end = next_index();
        if (n.type == kind::object && !unique_names(open_.back())) return fail("duplicate member");
        open_.pop_back();
        return true;
    }

    /// Between elements: `,` or the closing bracket.
    bool separator(char closing, bool& closed) {
        node& n = s_.nodes[open_.back()];
        closed = at(closing);
        if (closed) return true;
        if (n.count > 0) {
            if (!at(',')) return fail(closing == ']' ? "\",\" or \"]\" expected" : "\",\" or \"}\" expected");
            ++p_;
            skip_space();
        }
        ++n.count;
        return true;
    }

    bool continue_array() {
        bool closed = false;
        if (!separator(']', closed)) return false;
        return closed ? close() : read_value();
    }

    bool continue_object() {
        bool closed = false;
        if (!separator('}', closed)) return false;
        if (closed) return close();
        if (!at('"')) return fail("a member name is expected");
        if (!read_string()) return false;
        skip_space();
        if (!at(':')) return fail("\":\" expected");
        ++p_;
        skip_space();
        return read_value();
    }

    std::string_view text(uint32_t i) const {
        const node& n = s_.nodes[i];
        return std::string_view(n.decoded ? s_.decoded : s_.source).substr(n.text_begin, n.text_size);
    }

    bool unique_names(uint32_t object) {
        names_.clear();
        for (uint32_t i = object + 1; i < s_.nodes[object].end; i = s_.nodes[i + 1].end) names_.push_back(text(i));
        std::sort(names_.begin(), names_.end());
        return std::adjacent_find(names_.begin(), names_.end()) == names_.end();
    }

    bool read_word(std::string_view word, kind type) {
        if (std::string_view(p_, static_cast<size_t>(end_ - p_)).substr(0, word.size()) != word) return fail("not a JSON value");
        node* n = add(type);
        if (!n) return false;
        p_ += word.size();
        n->finish = offset();
        return true;
    }

    bool digits() {
        const char* from = p_;
        while (p_ != end_ && *p_ >= '0' && *p_ <= '9') ++p_;
        return p_ != from;
    }

    bool read_number() {
        const char* from = p_;
        if (at('-')) ++p_;
        if (at('0')) {
            ++p_;
        } else if (!digits()) {
            return fail("not a JSON value");
        }
        if (at('.')) {
            ++p_;
            if (!digits()) return fail("digits are missing after the point");
        }
        if (at('e') || at('E')) {
            ++p_;
            if (at('+') || at('-')) ++p_;
            if (!digits()) return fail("digits are missing in the exponent");
        }
        node* n = add(kind::number);
        if (!n) return false;
        n->begin = static_cast<uint32_t>(from - begin_);
        n->finish = offset();
        return true;
    }

    bool read_string() {
        node* n = add(kind::string);
        if (!n) return false;
        ++p_;
        n->text_begin = offset();
        while (p_ != end_ && *p_ != '"') {
            if (const char* const run = plain_run(p_, end_); run != p_) {
                if (n->decoded) s_.decoded.append(p_, run);
                p_ = run;
                continue;
            }
            if (*p_ == '\\') {
                if (!n->decoded) start_decoding(*n);
                if (!escape()) return false;
                continue;
            }
            if (static_cast<unsigned char>(*p_) < 0x20) return fail("a control character in a string");
            const size_t length = utf8_length(p_, end_);
            if (length == 0) return fail("not UTF-8");
            if (n->decoded) s_.decoded.append(p_, length);
            p_ += length;
        }
        if (p_ == end_) return fail("a string without end");
        n->text_size = n->decoded ? static_cast<uint32_t>(s_.decoded.size()) - n->text_begin : offset() - n->text_begin;
        ++p_;
        n->finish = offset();
        return true;
    }

    void start_decoding(node& n) {
        const auto at_decoded = static_cast<uint32_t>(s_.decoded.size());
        s_.decoded.append(begin_ + n.text_begin, p_);
        n.text_begin = at_decoded;
        n.decoded = true;
    }

    bool escape() {
        ++p_;
        if (p_ == end_) return fail("a string without end");
        static constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
        const size_t i = from.find(*p_);
        if (i != std::string_view::npos) {
            s_.decoded += to[i];
            ++p_;
            return true;
        }
        if (*p_ != 'u') return fail("an unknown escape");
        ++p_;
        uint32_t c = 0, low = 0;
        if (!hex4(c)) return false;
        if (c >= 0xdc00 && c <= 0xdfff) return fail("a lone surrogate");
        if (c >= 0xd800 && c <= 0xdbff) {
            if (end_ - p_ < 2 || p_[0] != '\\' || p_[1] != 'u') return fail("a lone surrogate");
            p_ += 2;
            if (!hex4(low)) return false;
            if (low < 0xdc00 || low > 0xdfff) return fail("a lone surrogate");
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
        append_utf8(s_.decoded, c);
        return true;
    }

    bool hex4(uint32_t& out) {
        for (int i = 0; i < 4; ++i, ++p_) {
            if (p_ == end_) return fail("a string without end");
            const char c = *p_;
            const int digit = c >= '0' && c <= '9'   ? c - '0'
                              : c >= 'a' && c <= 'f' ? c - 'a' + 10
                              : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
            if (digit < 0) return fail("four hexadecimal digits expected");
            out = out << 4 | static_cast<uint32_t>(digit);
        }
        return true;
    }

    storage& s_;
    limits limits_;
    const char* begin_;
    const char* p_;
    const char* end_;
    std::vector<uint32_t> open_;
    std::vector<std::string_view> names_;
};

} // namespace detail

/// Copies the bytes and reads them. Never throws for bad input: look at the document's operator bool.
inline document parse(std::string_view bytes, limits l = {}) {
    auto s = std::make_unique<detail::storage>();
    s->source = bytes;
    detail::reader(*s, l).run();
    return document(std::move(s));
}

/// Whether the text is well-formed UTF-8 (RFC 3629).
inline bool is_utf8(std::string_view s) {
    for (const char *p = s.data(), *end = p + s.size(); p != end;) {
        const size_t n = detail::utf8_length(p, end);
        if (n == 0) return false;
        p += n;
    }
    return true;
}

} // namespace gatehouse::json
