#include "core/plugin/json.hpp"

#include "core/base/encoding.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <simdjson.h>

namespace gh::plugin {

namespace {

constexpr int k_most_depth = 64;

class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<Json> document() {
        Json value;
        if (!simdjson::validate_utf8(text_.data(), text_.size())) return Error{"the JSON text is not UTF-8"};
        if (parse(value, 0)) {
            space();
            if (at_ == text_.size()) return value;
            fail("something follows the JSON value");
        }
        return Error{std::string(error_) + " (at byte " + std::to_string(at_) + ")"};
    }

private:
    bool fail(const char* why) {
        if (!error_) error_ = why;
        return false;
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool take(char c) {
        space();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool word(std::string_view w) {
        if (text_.substr(at_, w.size()) != w) return fail("unknown word in JSON");
        at_ += w.size();
        return true;
    }

    bool parse(Json& out, int depth) {
        if (depth > k_most_depth) return fail("JSON nested deeper than 64 levels");
        space();
        switch (peek()) {
            case '{':
                return object(out, depth);
            case '[':
                return array(out, depth);
            case '"':
                out.kind = Json::Kind::string;
                return string(out.text);
            case 't':
                out.kind = Json::Kind::boolean;
                out.truth = true;
                return word("true");
            case 'f':
                out.kind = Json::Kind::boolean;
                return word("false");
            case 'n':
                return word("null");
            default:
                return number(out);
        }
    }

    bool object(Json& out, int depth) {
        out.kind = Json::Kind::object;
        ++at_;
        if (take('}')) return true;
        do {
            JsonMember member;
            space();
            if (peek() != '"') return fail("a JSON member needs a name in quotes");
            if (!string(member.name)) return false;
            if (out.member(member.name)) return fail("a JSON member is given twice");
            if (!take(':')) return fail("\":\" is missing after a JSON member's name");
            if (!parse(member.value, depth + 1)) return false;
            out.members.push_back(std::move(member));
        } while (take(','));
        return take('}') || fail("\"}\" or \",\" is missing in a JSON object");
    }

    bool array(Json& out, int depth) {
        out.kind = Json::Kind::array;
        ++at_;
        if (take(']')) return true;
        do {
            Json item;
            if (!parse(item, depth + 1)) return false;
            out.items.push_back(std::move(item));
        } while (take(','));
        return take(']') || fail("\"]\" or \",\" is missing in a JSON array");
    }

    bool digits() {
        const size_t from = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ > from;
    }

    bool number(Json& out) {
        const size_t from = at_;
        if (peek() == '-') ++at_;
        const bool zero = peek() == '0';
        const size_t whole = at_;
        if (!digits() || (zero && at_ > whole + 1)) return fail("not a JSON value");
        if (peek() == '.' && (++at_, !digits())) return fail("digits are missing in a JSON number");
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-') ++at_;
            if (!digits()) return fail("digits are missing in a JSON number");
        }
        out.kind = Json::Kind::number;
        out.text = text_.substr(from, at_ - from);
        return true;
    }

    bool hex4(uint32_t& out) {
        out = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const char c = peek();
            const int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
            if (v < 0) return fail("four hexadecimal digits must follow \\u");
            out = out << 4 | static_cast<uint32_t>(v);
        }
        return true;
    }

    bool unicode(std::string& out) {
        uint32_t code = 0;
        if (!hex4(code)) return false;
        if (code >= 0xd800 && code <= 0xdbff) {
            uint32_t low = 0;
            if (text_.substr(at_, 2) != "\\u") return fail("half of a surrogate pair is missing");
            at_ += 2;
            if (!hex4(low)) return false;
            if (low < 0xdc00 || low > 0xdfff) return fail("half of a surrogate pair is missing");
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        } else if (code >= 0xdc00 && code <= 0xdfff) {
            return fail("half of a surrogate pair is missing");
        }
        const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
        if (code < 0x80)
            put(code);
        else if (code < 0x800)
            put(0xc0 | code >> 6), put(0x80 | (code & 63));
        else if (code < 0x10000)
            put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
        else
            put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 63)), put(0x80 | (code >> 6 & 63)), put(0x80 | (code & 63));
        return true;
    }

    bool string(std::string& out) {
        static constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
        size_t end = ++at_;
        while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
        if (end >= text_.size()) return fail("a JSON string does not end");
        out.reserve(end - at_); // so that a secret is not left behind in outgrown buffers
        while (text_[at_] != '"') {
            const char c = text_[at_++];
            if (static_cast<unsigned char>(c) < 0x20) return fail("a control character in a JSON string must be escaped");
            if (c != '\\') {
                out += c;
                continue;
            }
            const char e = text_[at_++];
            if (e == 'u') {
                if (!unicode(out)) return false;
            } else if (const size_t i = names.find(e); i != names.npos) {
                out += values[i];
            } else {
                return fail("unknown escape in a JSON string");
            }
        }
        ++at_;
        return true;
    }

    std::string_view text_;
    size_t at_ = 0;
    const char* error_ = nullptr;
};

void write_to(std::string& out, const Json& json) {
    switch (json.kind) {
        case Json::Kind::null:
            out += "null";
            return;
        case Json::Kind::boolean:
            out += json.truth ? "true" : "false";
            return;
        case Json::Kind::number:
            out += json.text;
            return;
        case Json::Kind::string:
            out += json_quote(json.text);
            return;
        case Json::Kind::array:
            out += '[';
            for (size_t i = 0; i < json.items.size(); ++i) {
                if (i > 0) out += ',';
                write_to(out, json.items[i]);
            }
            out += ']';
            return;
        case Json::Kind::object:
            out += '{';
            for (size_t i = 0; i < json.members.size(); ++i) {
                if (i > 0) out += ',';
                out += json_quote(json.members[i].name) + ":";
                write_to(out, json.members[i].value);
            }
            out += '}';
    }
}

} // namespace

Json::~Json() {
    OPENSSL_cleanse(text.data(), text.capacity());
}

const Json* Json::member(std::string_view name) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember& m) { return m.name == name; });
    return found == members.end() ? nullptr : &found->value;
}

Json* Json::member(std::string_view name) {
    return const_cast<Json*>(std::as_const(*this).member(name));
}

const Json* Json::at(std::string_view pointer) const {
    const Json* here = this;
    for (bool more = true; more && here;) {
        const size_t slash = pointer.find('/');
        std::string token(pointer.substr(0, slash));
        more = slash != pointer.npos;
        pointer.remove_prefix(more ? slash + 1 : pointer.size());
        for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}})
            for (size_t i = 0; (i = token.find(from, i)) != token.npos; ++i) token.replace(i, 2, to);
        if (here->kind == Kind::array) {
            const bool number = !token.empty() && token.size() < 6 && token.find_first_not_of("0123456789") == token.npos;
            const size_t index = number ? std::stoul(token) : here->items.size();
            here = index < here->items.size() ? &here->items[index] : nullptr;
        } else {
            here = here->member(token);
        }
    }
    return here;
}

Result<Json> Json::parse(std::string_view text) {
    return Parser(text).document();
}

std::string Json::write() const {
    std::string out;
    write_to(out, *this);
    return out;
}

long double number_of(const Json& json) {
    return std::strtold(json.text.c_str(), nullptr);
}

bool same_value(const Json& a, const Json& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Json::Kind::null:
            return true;
        case Json::Kind::boolean:
            return a.truth == b.truth;
        case Json::Kind::number:
            return a.text == b.text || number_of(a) == number_of(b);
        case Json::Kind::string:
            return a.text == b.text;
        case Json::Kind::array:
            return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_value);
        case Json::Kind::object:
            return a.members.size() == b.members.size() && std::all_of(a.members.begin(), a.members.end(), [&](const JsonMember& m) {
                       const Json* other = b.member(m.name);
                       return other && same_value(m.value, *other);
                   });
    }
    return false;
}

std::string pointer_token(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

} // namespace gh::plugin
