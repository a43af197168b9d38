#include "core/base/json.hpp"

#include "core/base/encoding.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace gh::json {

void Writer::separate() {
    if (!first_) out_ += ',';
    first_ = false;
}

Writer& Writer::object() {
    separate();
    out_ += '{';
    open_ += '}';
    first_ = true;
    return *this;
}

Writer& Writer::array() {
    separate();
    out_ += '[';
    open_ += ']';
    first_ = true;
    return *this;
}

Writer& Writer::end() {
    out_ += open_.back();
    open_.pop_back();
    first_ = false;
    return *this;
}

Writer& Writer::name(std::string_view n) {
    separate();
    out_ += json_quote(n);
    out_ += ':';
    first_ = true;
    return *this;
}

Writer& Writer::value(std::string_view text) {
    return raw(json_quote(text));
}

Writer& Writer::value(bool b) {
    return raw(b ? "true" : "false");
}

Writer& Writer::value(double v) {
    if (!std::isfinite(v)) return null();
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", v);
    return raw(text);
}

Writer& Writer::raw(std::string_view text) {
    separate();
    out_ += text;
    return *this;
}

namespace {

constexpr int k_depth = 64; // deeper nesting would let a small body use much stack

void append_utf8(std::string& out, uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    }
}

/// `out` null: only checks.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    bool document(Value* out) {
        space();
        if (!value(out, 0)) return false;
        space();
        return at_ == text_.size();
    }
    size_t position() const { return at_; }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
    }
    bool word(std::string_view w) {
        if (text_.substr(at_, w.size()) != w) return false;
        at_ += w.size();
        return true;
    }

    bool value(Value* out, int depth) {
        if (depth > k_depth) return false;
        const size_t begin = at_;
        Kind kind = Kind::null;
        bool ok = false;
        switch (peek()) {
            case '{':
                kind = Kind::object;
                ok = object(out, depth);
                break;
            case '[':
                kind = Kind::array;
                ok = array(out, depth);
                break;
            case '"':
                kind = Kind::string;
                ok = string(out ? &out->text : nullptr);
                break;
            case 't':
                kind = Kind::boolean;
                ok = word("true");
                break;
            case 'f':
                kind = Kind::boolean;
                ok = word("false");
                break;
            case 'n':
                ok = word("null");
                break;
            default:
                kind = Kind::number;
                ok = number();
                break;
        }
        if (!ok) return false;
        if (out) {
            out->kind = kind;
            out->raw = text_.substr(begin, at_ - begin);
            out->boolean = out->raw == "true";
            if (kind == Kind::number) out->text = out->raw;
        }
        return true;
    }

    bool object(Value* out, int depth) {
        take('{');
        space();
        if (take('}')) return true;
        do {
            space();
            std::string name;
            if (peek() != '"' || !string(out ? &name : nullptr)) return false;
            space();
            if (!take(':')) return false;
            space();
            if (out) out->members.emplace_back(std::move(name), Value{});
            if (!value(out ? &out->members.back().second : nullptr, depth + 1)) return false;
            space();
        } while (take(','));
        return take('}');
    }

    bool array(Value* out, int depth) {
        take('[');
        space();
        if (take(']')) return true;
        do {
            space();
            if (out) out->items.emplace_back();
            if (!value(out ? &out->items.back() : nullptr, depth + 1)) return false;
            space();
        } while (take(','));
        return take(']');
    }

    bool digits() {
        const size_t begin = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ > begin;
    }

    bool number() {
        take('-');
        if (!take('0') && !digits()) return false;
        if (take('.') && !digits()) return false;
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            if (!digits()) return false;
        }
        return true;
    }

    bool hex4(uint32_t& out) {
        if (text_.size() - at_ < 4) return false;
        const auto* first = text_.data() + at_;
        const auto r = std::from_chars(first, first + 4, out, 16);
        at_ += 4;
        return r.ec == std::errc() && r.ptr == first + 4;
    }

    bool escape(std::string* out) {
        const char c = peek();
        ++at_;
        uint32_t code = 0;
        switch (c) {
            case '"':
            case '\\':
            case '/':
                code = static_cast<uint32_t>(c);
                break;
            case 'b':
                code = 8;
                break;
            case 'f':
                code = 12;
                break;
            case 'n':
                code = 10;
                break;
            case 'r':
                code = 13;
                break;
            case 't':
                code = 9;
                break;
            case 'u': {
                if (!hex4(code)) return false;
                // A lone surrogate is legal JSON text but no character: it reads as U+FFFD.
                if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
                    const size_t back = at_;
                    uint32_t low = 0;
                    at_ += 2;
                    if (!hex4(low)) return false;
                    if (low >= 0xdc00 && low < 0xe000)
                        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                    else
                        at_ = back;
                }
                if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
                break;
            }
            default:
                return false;
        }
        if (out) append_utf8(*out, code);
        return true;
    }

    bool string(std::string* out) {
        take('"');
        while (at_ < text_.size()) {
            const auto c = static_cast<uint8_t>(text_[at_]);
            if (c == '"') return take('"');
            if (c < 0x20) return false;
            if (c == '\\') {
                ++at_;
                if (!escape(out)) return false;
                continue;
            }
            const size_t length = utf8_length(text_.substr(at_));
            if (length == 0) return false;
            if (out) out->append(text_.substr(at_, length));
            at_ += length;
        }
        return false;
    }

    std::string_view text_;
    size_t at_ = 0;
};

} // namespace

Value::Value() noexcept = default;

const Value* Value::find(std::string_view name) const {
    for (const auto& [n, v] : members)
        if (n == name) return &v;
    return nullptr;
}

std::string_view Value::text_of(std::string_view name) const {
    const Value* v = find(name);
    return v && v->kind == Kind::string ? std::string_view(v->text) : std::string_view();
}

int64_t Value::integer_of(std::string_view name) const {
    const Value* v = find(name);
    int64_t n = 0;
    if (v && v->kind == Kind::number) std::from_chars(v->text.data(), v->text.data() + v->text.size(), n);
    return n;
}

Result<Value> parse(std::string_view text) {
    Value out;
    Parser parser(text);
    if (!parser.document(&out)) return Error{"not JSON (RFC 8259): stopped at byte " + std::to_string(parser.position())};
    return out;
}

bool is_json(std::string_view text) {
    return Parser(text).document(nullptr);
}

} // namespace gh::json
