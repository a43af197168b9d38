#include "document_tree.hpp"

#include <algorithm>
#include <numeric>

namespace axway {

namespace {

/// sign, digits without zeros at either end, and the power of ten behind the last digit. Zero has no digits.
struct decimal {
    bool negative = false;
    std::string digits;
    int64_t exponent = 0;
    std::string_view far; ///< an exponent too long to count with, as written
    bool operator==(const decimal&) const = default;
};

decimal read_decimal(std::string_view s) {
    decimal d;
    if (!s.empty() && s.front() == '-') {
        d.negative = true;
        s.remove_prefix(1);
    }
    const size_t e = std::min(s.find_first_of("eE"), s.size());
    const std::string_view mantissa = s.substr(0, e);
    std::string_view exponent = e < s.size() ? s.substr(e + 1) : std::string_view();
    int64_t behind_point = 0;
    bool point = false;
    for (const char c : mantissa) {
        if (c == '.') {
            point = true;
            continue;
        }
        d.digits += c;
        behind_point += point;
    }
    d.digits.erase(0, d.digits.find_first_not_of('0'));
    size_t zeros = 0;
    while (zeros < d.digits.size() && d.digits[d.digits.size() - 1 - zeros] == '0') ++zeros;
    d.digits.resize(d.digits.size() - zeros);
    if (d.digits.empty()) return decimal();

    const bool down = !exponent.empty() && exponent.front() == '-';
    if (!exponent.empty() && (exponent.front() == '-' || exponent.front() == '+')) exponent.remove_prefix(1);
    exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
    d.exponent = static_cast<int64_t>(zeros) - behind_point;
    if (exponent.size() > 17) {
        d.far = exponent;
        d.exponent += down ? -1 : 1;
        return d;
    }
    int64_t n = 0;
    for (const char c : exponent) n = n * 10 + (c - '0');
    d.exponent += down ? -n : n;
    return d;
}

void write(const node& n, std::string& out) {
    if (n.type == json::kind::array) {
        out += '[';
        for (size_t i = 0; i < n.items.size(); ++i) {
            if (i > 0) out += ',';
            write(*n.items[i], out);
        }
        out += ']';
    } else if (n.type == json::kind::object) {
        out += '{';
        for (size_t i = 0; i < n.members.size(); ++i) {
            if (i > 0) out += ',';
            out += json::quote(n.members[i].name);
            out += ':';
            write(*n.members[i].value, out);
        }
        out += '}';
    } else {
        out += n.token;
    }
}

std::vector<size_t> sorted_by_name(const node& object) {
    std::vector<size_t> out(object.members.size());
    std::iota(out.begin(), out.end(), size_t{0});
    std::sort(out.begin(), out.end(), [&](size_t a, size_t b) { return object.members[a].name < object.members[b].name; });
    return out;
}

bool equal_objects(const node& a, const node& b, comparison how) {
    if (a.members.size() != b.members.size()) return false;
    const auto left = sorted_by_name(a), right = sorted_by_name(b);
    for (size_t i = 0; i < left.size(); ++i) {
        const member &x = a.members[left[i]], &y = b.members[right[i]];
        if (x.name != y.name || !equal(*x.value, *y.value, how)) return false;
    }
    return true;
}

} // namespace

node_ptr make_tree(json::value v) {
    auto n = std::make_unique<node>();
    n->type = v ? v.type() : json::kind::null;
    if (v.is_array()) {
        n->items.reserve(v.size());
        for (const json::value item : v.elements()) n->items.push_back(make_tree(item));
    } else if (v.is_object()) {
        n->members.reserve(v.size());
        for (const auto m : v.members()) n->members.push_back({std::string(m.key), make_tree(m.value)});
    } else {
        n->token = v ? v.raw() : "null";
    }
    return n;
}

node_ptr copy(const node& from) {
    auto n = std::make_unique<node>();
    n->type = from.type;
    n->token = from.token;
    n->items.reserve(from.items.size());
    for (const auto& item : from.items) n->items.push_back(copy(*item));
    n->members.reserve(from.members.size());
    for (const auto& m : from.members) n->members.push_back({m.name, copy(*m.value)});
    return n;
}

std::string to_text(const node& n) {
    std::string out;
    write(n, out);
    return out;
}

size_t depth_of(const node& n) {
    size_t below = 0;
    for (const auto& item : n.items) below = std::max(below, depth_of(*item));
    for (const auto& m : n.members) below = std::max(below, depth_of(*m.value));
    return n.container() ? below + 1 : 0;
}

size_t weight_of(const node& n) {
    size_t out = n.token.size() + 2;
    for (const auto& item : n.items) out += weight_of(*item) + 1;
    for (const auto& m : n.members) out += m.name.size() + 4 + weight_of(*m.value);
    return out;
}

std::string decoded(const std::string& token) {
    if (token.find('\\') == std::string::npos) return token.size() < 2 ? std::string() : token.substr(1, token.size() - 2);
    return std::string(json::parse(token).root().text());
}

bool same_number(std::string_view a, std::string_view b) {
    return a == b || read_decimal(a) == read_decimal(b);
}

bool equal(const node& a, const node& b, comparison how) {
    if (a.type != b.type) return false;
    switch (a.type) {
        case json::kind::array:
            return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(),
                              [&](const node_ptr& x, const node_ptr& y) { return equal(*x, *y, how); });
        case json::kind::object:
            return equal_objects(a, b, how);
        case json::kind::string:
            return a.token == b.token || decoded(a.token) == decoded(b.token);
        case json::kind::number:
            return how == comparison::by_text ? a.token == b.token : same_number(a.token, b.token);
        default:
            return a.token == b.token;
    }
}

} // namespace axway
