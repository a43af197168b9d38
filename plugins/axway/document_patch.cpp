#include "document_patch.hpp"

#include <gatehouse/json_pointer.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace axway {

namespace {

constexpr size_t k_most_copied = 8u << 20;
constexpr uint64_t k_most_steps = 200'000'000;

using path = std::span<const std::string>;

/// Thrown inside this file only: why an operation cannot be carried out.
class refused : public std::exception {
public:
    explicit refused(std::string why) : why_(std::move(why)) {}
    const char* what() const noexcept override { return why_.c_str(); }

private:
    std::string why_;
};

/// RFC 6901 section 4: digits without leading zeros.
std::optional<size_t> read_index(std::string_view s) {
    if (s.empty() || s.size() > 9 || (s.size() > 1 && s.front() == '0')) return std::nullopt;
    size_t n = 0;
    for (const char c : s) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<size_t>(c - '0');
    }
    return n;
}

class patcher {
public:
    explicit patcher(node_ptr& root) : root_(root) {}

    void apply(json::value op) {
        if (!op.is_object()) throw refused("is not an object");
        const std::string_view name = op["op"].text();
        if (name == "add") {
            add(pointer(op, "path"), value(op));
        } else if (name == "remove") {
            remove(pointer(op, "path"));
        } else if (name == "replace") {
            node_ptr v = value(op);
            const auto at = pointer(op, "path");
            node_ptr& place = find(at);
            check_depth(at.size(), *v);
            place = std::move(v);
        } else if (name == "move") {
            move(pointer(op, "from"), pointer(op, "path"));
        } else if (name == "copy") {
            const auto from = pointer(op, "from"), to = pointer(op, "path");
            const node& source = *find(from);
            copied_ += weight_of(source);
            if (copied_ > k_most_copied) throw refused("copies more than 8 MiB");
            add(to, copy(source));
        } else if (name == "test") {
            const auto at = pointer(op, "path");
            const node_ptr expected = value(op);
            const node& found = *find(at);
            spend(weight_of(found));
            if (!equal(found, *expected)) throw refused("the value there is another one");
        } else {
            throw refused(op["op"].is_string() ? "is not an operation of JSON Patch" : "has no \"op\"");
        }
    }

private:
    static std::vector<std::string> pointer(json::value op, const char* name) {
        if (!op[name].is_string()) throw refused(std::string("has no \"") + name + "\", or it is not a text");
        auto parts = split_pointer(op[name].text());
        if (!parts) throw refused(std::string("\"") + name + "\" is not a JSON Pointer");
        return std::move(*parts);
    }
    static node_ptr value(json::value op) {
        if (!op["value"]) throw refused("has no \"value\"");
        return make_tree(op["value"]);
    }
    void spend(size_t steps) {
        steps_ += steps + 1;
        if (steps_ > k_most_steps) throw refused("the patch takes too many steps");
    }
    static void check_depth(size_t above, const node& n) {
        if (above + depth_of(n) > k_most_depth) throw refused("the document would be nested more than 64 levels deep");
    }

    size_t member_index(const node& object, const std::string& name) {
        spend(object.members.size());
        const auto found = std::find_if(object.members.begin(), object.members.end(), [&](const member& m) { return m.name == name; });
        return static_cast<size_t>(found - object.members.begin());
    }
    static size_t item_index(const node& array, const std::string& part) {
        const auto i = read_index(part);
        if (!i)
            throw refused(part == "-" ? "\"-\" names no element that is there"
                                      : "\"" + gatehouse::printable(part) + "\" is not an array index");
        if (*i >= array.items.size()) throw refused("the array has only " + std::to_string(array.items.size()) + " elements");
        return *i;
    }

    node_ptr& child(node& parent, const std::string& part) {
        if (parent.type == json::kind::array) return parent.items[item_index(parent, part)];
        if (parent.type != json::kind::object) throw refused("the path leads through a value that is neither object nor array");
        const size_t i = member_index(parent, part);
        if (i == parent.members.size()) throw refused("there is no member \"" + gatehouse::printable(part) + "\"");
        return parent.members[i].value;
    }
    node_ptr& find(path at) {
        node_ptr* n = &root_;
        for (const std::string& part : at) n = &child(**n, part);
        return *n;
    }

    void add(path at, node_ptr v) {
        check_depth(at.size(), *v);
        if (at.empty()) {
            root_ = std::move(v);
            return;
        }
        node& parent = *find(at.first(at.size() - 1));
        const std::string& last = at.back();
        if (parent.type == json::kind::array) {
            size_t i = parent.items.size();
            if (last != "-") {
                const auto given = read_index(last);
                if (!given) throw refused("\"" + gatehouse::printable(last) + "\" is not an array index");
                if (*given > i) throw refused("the array has only " + std::to_string(i) + " elements");
                i = *given;
            }
            spend((parent.items.size() - i) / 4);
            parent.items.insert(parent.items.begin() + static_cast<ptrdiff_t>(i), std::move(v));
        } else if (parent.type == json::kind::object) {
            const size_t i = member_index(parent, last);
            if (i < parent.members.size())
                parent.members[i].value = std::move(v);
            else
                parent.members.push_back({last, std::move(v)});
        } else {
            throw refused("the path leads into a value that is neither object nor array");
        }
    }

    node_ptr remove(path at) {
        // RFC 6902 leaves open what is left of the whole document; json-patch-tests expects null.
        if (at.empty()) return std::exchange(root_, make_tree(json::value()));
        node& parent = *find(at.first(at.size() - 1));
        node_ptr out;
        if (parent.type == json::kind::array) {
            const size_t i = item_index(parent, at.back());
            out = std::move(parent.items[i]);
            spend((parent.items.size() - i) / 4);
            parent.items.erase(parent.items.begin() + static_cast<ptrdiff_t>(i));
        } else {
            node_ptr& place = child(parent, at.back());
            out = std::move(place);
            spend(parent.members.size());
            std::erase_if(parent.members, [](const member& m) { return !m.value; });
        }
        return out;
    }

    void move(path from, path to) {
        // Section 4.4: nothing can be moved into one of its own children.
        if (from.size() < to.size() && std::equal(from.begin(), from.end(), to.begin())) throw refused("moves a value into itself");
        if (from.size() == to.size() && std::equal(from.begin(), from.end(), to.begin())) {
            find(from);
            return;
        }
        add(to, remove(from));
    }

    node_ptr& root_;
    size_t copied_ = 0;
    uint64_t steps_ = 0;
};

std::string label(size_t number, json::value op) {
    std::string out = "operation " + std::to_string(number);
    if (!op["op"].text().empty())
        out += " (" + gatehouse::printable(op["op"].text(), 20) + " " + gatehouse::printable(op["path"].text(), 200) + ")";
    return out + ": ";
}

} // namespace

std::optional<std::vector<std::string>> split_pointer(std::string_view p) {
    if (!json::is_pointer(p)) return std::nullopt;
    std::vector<std::string> out;
    while (!p.empty()) {
        p.remove_prefix(1);
        const size_t end = std::min(p.find('/'), p.size());
        std::string& part = out.emplace_back();
        for (size_t i = 0; i < end; ++i) part += p[i] != '~' ? p[i] : p[++i] == '0' ? '~' : '/';
        p.remove_prefix(end);
    }
    return out;
}

std::optional<std::string> apply_patch(node_ptr& document, json::value patch) {
    patcher p(document);
    size_t number = 0;
    json::value op;
    try {
        if (patch.is_object()) {
            op = patch;
            p.apply(op);
        } else if (patch.is_array()) {
            for (const json::value one : patch.elements()) {
                op = one;
                p.apply(one);
                ++number;
            }
        } else {
            return "a patch is an array of operations";
        }
    } catch (const refused& why) {
        return label(number, op) + why.what();
    }
    return std::nullopt;
}

} // namespace axway
