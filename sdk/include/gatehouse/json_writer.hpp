// Writing JSON: json::object({{"name", "x"}, {"count", 3}, {"raw", json::raw(bytes)}}).text(), or member by member. Inside a co_await
// expression write json::object::of("name", "x", "count", 3): gcc 12 refuses braced lists there.
#pragma once

#include <gatehouse/json_reader.hpp>

#include <concepts>
#include <initializer_list>
#include <utility>

namespace gatehouse::json {

/// A string literal with its quotes. Bytes that are not UTF-8 become U+FFFD, so the result is always valid.
inline std::string quote(std::string_view s) {
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    out.reserve(s.size() + 2);
    for (const char *p = s.data(), *end = p + s.size(); p != end;) {
        const auto c = static_cast<unsigned char>(*p);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += *p++;
        } else if (c < 0x20 || c == 0x7f) {
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
            ++p;
        } else if (const size_t n = detail::utf8_length(p, end)) {
            out.append(p, n);
            p += n;
        } else {
            out += "\xef\xbf\xbd";
            ++p;
        }
    }
    return out += '"';
}

/// JSON text that is put in as it is.
class raw {
public:
    explicit raw(std::string_view text) : text_(text) {}
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

class object;
class array;

/// Anything that a member can be, already as JSON text.
class item {
public:
    item(std::string_view s) : text_(quote(s)) {}
    item(const std::string& s) : text_(quote(s)) {}
    item(const char* s) : text_(quote(s)) {}
    item(std::nullptr_t) : text_("null") {}
    template <std::same_as<bool> B>
    item(B b) : text_(b ? "true" : "false") {}
    template <std::integral I>
    requires(!std::same_as<I, bool> && !std::same_as<I, char>) item(I n) : text_(std::to_string(n)) {}
    item(const raw& r) : text_(r.text()) {}
    item(const value& v) : text_(v ? v.raw() : "null") {} ///< the exact bytes; null when missing
    item(const object& o);
    item(const array& a);
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

class member_item {
public:
    member_item(std::string_view key, const item& v) : text_(quote(key) + ":" + v.text()) {}
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

class object {
public:
    object() = default;
    object(std::initializer_list<member_item> members) {
        for (const auto& m : members) append(m);
    }
    template <class... A>
    static object of(const A&... names_and_values) {
        object o;
        o.add_all(names_and_values...);
        return o;
    }
    object& add(std::string_view key, const item& v) {
        append(member_item(key, v));
        return *this;
    }
    std::string text() const { return "{" + body_ + "}"; }

private:
    void add_all() {}
    template <class V, class... A>
    void add_all(std::string_view key, const V& v, const A&... rest) {
        add(key, item(v));
        add_all(rest...);
    }
    void append(const member_item& m) {
        if (!body_.empty()) body_ += ',';
        body_ += m.text();
    }
    std::string body_;
};

class array {
public:
    array() = default;
    explicit array(std::initializer_list<item> items) {
        for (const auto& i : items) add(i);
    }
    array& add(const item& v) {
        if (!body_.empty()) body_ += ',';
        body_ += v.text();
        return *this;
    }
    std::string text() const { return "[" + body_ + "]"; }

private:
    std::string body_;
};

inline item::item(const object& o) : text_(o.text()) {}
inline item::item(const array& a) : text_(a.text()) {}

} // namespace gatehouse::json
