#include "document_diff.hpp"

#include <algorithm>
#include <map>

namespace axway {

namespace {

std::string pointer_part(std::string_view name) {
    std::string out = "/";
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

class differ {
public:
    void compare(const node& a, const node& b, const std::string& path) {
        if (equal(a, b, comparison::by_text)) return;
        if (a.type == b.type && a.type == json::kind::object) return objects(a, b, path);
        if (a.type == b.type && a.type == json::kind::array) return arrays(a, b, path);
        put("replace", path, &b);
    }
    std::string text() const { return operations_.text(); }

private:
    void put(std::string_view op, const std::string& path, const node* value) {
        json::object o{{"op", op}, {"path", path}};
        if (value) o.add("value", json::raw(to_text(*value)));
        operations_.add(o);
    }

    void objects(const node& a, const node& b, const std::string& path) {
        std::map<std::string_view, const node*> there;
        for (const member& m : a.members) there.emplace(m.name, m.value.get());
        std::map<std::string_view, const node*> wanted;
        for (const member& m : b.members) wanted.emplace(m.name, m.value.get());
        for (const member& m : a.members)
            if (!wanted.contains(m.name)) put("remove", path + pointer_part(m.name), nullptr);
        for (const member& m : b.members) {
            const auto old = there.find(m.name);
            if (old == there.end())
                put("add", path + pointer_part(m.name), m.value.get());
            else
                compare(*old->second, *m.value, path + pointer_part(m.name));
        }
    }

    // What both arrays begin and end with stays; between them elements are changed in place, then removed or put in.
    void arrays(const node& a, const node& b, const std::string& path) {
        const size_t shorter = std::min(a.items.size(), b.items.size());
        size_t head = 0, tail = 0;
        while (head < shorter && equal(*a.items[head], *b.items[head], comparison::by_text)) ++head;
        while (tail < shorter - head &&
               equal(*a.items[a.items.size() - 1 - tail], *b.items[b.items.size() - 1 - tail], comparison::by_text))
            ++tail;
        const size_t old_end = a.items.size() - tail, new_end = b.items.size() - tail, both = std::min(old_end, new_end);
        for (size_t i = head; i < both; ++i) compare(*a.items[i], *b.items[i], path + "/" + std::to_string(i));
        for (size_t i = old_end; i > both; --i) put("remove", path + "/" + std::to_string(i - 1), nullptr);
        for (size_t i = both; i < new_end; ++i) put("add", path + (tail == 0 ? "/-" : "/" + std::to_string(i)), b.items[i].get());
    }

    json::array operations_;
};

} // namespace

std::string diff(const node& from, const node& to) {
    differ d;
    d.compare(from, to, "");
    return d.text();
}

} // namespace axway
