#include "core/cli/result.hpp"

#include "core/cli/command.hpp"

#include <algorithm>
#include <ostream>

namespace gh::cli {

namespace {

constexpr size_t k_most_columns = 8;
constexpr size_t k_widest_cell = 60; // longer ones would push the rest off the screen; --json has them whole

std::string cut(std::string text) {
    size_t width = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if ((static_cast<uint8_t>(text[i]) & 0xc0) == 0x80) continue;
        if (++width > k_widest_cell) return text.substr(0, i) + "…";
    }
    return text;
}

/// The members of an object, those of an object inside it as "outer.inner".
std::vector<std::pair<std::string, const json::Value*>> flat(const json::Value& object) {
    std::vector<std::pair<std::string, const json::Value*>> out;
    for (const auto& [name, value] : object.members) {
        if (value.kind != json::Kind::object) {
            out.emplace_back(name, &value);
            continue;
        }
        for (const auto& [inner, v] : value.members) out.emplace_back(name + "." + inner, &v);
    }
    return out;
}

std::string title_of(std::string name) {
    // The inner name is enough in a table's head.
    name = name.substr(name.rfind('.') + 1);
    for (char& ch : name) ch = ch == '_' ? ' ' : static_cast<char>(ch >= 'a' && ch <= 'z' ? ch - 32 : ch);
    return name;
}

void print_table(Context& c, const json::Value& list) {
    std::vector<std::string> names;
    for (const auto& item : list.items)
        for (const auto& [name, value] : flat(item))
            if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    if (names.size() > k_most_columns) names.resize(k_most_columns);
    std::vector<std::string> titles;
    size_t status = ~size_t{0};
    for (size_t i = 0; i < names.size(); ++i) {
        titles.push_back(title_of(names[i]));
        if (names[i] == "state" || names[i] == "status") status = i;
    }
    Table table(titles);
    for (const auto& item : list.items) {
        const auto members = flat(item);
        std::vector<std::string> cells;
        for (const auto& name : names) {
            const auto at = std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.first == name; });
            cells.push_back(at == members.end() ? std::string() : cut(one_line(*at->second)));
        }
        table.add(std::move(cells));
    }
    table.print(c.terminal, status);
}

} // namespace

std::string one_line(const json::Value& v) {
    switch (v.kind) {
        case json::Kind::null:
            return {};
        case json::Kind::string:
            return v.text;
        case json::Kind::array: {
            std::string out;
            for (const auto& item : v.items) (out += out.empty() ? "" : ", ") += one_line(item);
            return out;
        }
        default:
            return std::string(v.raw);
    }
}

void print_result(Context& c, const json::Value& v) {
    const Terminal& t = c.terminal;
    const bool objects = v.kind == json::Kind::array &&
                         std::all_of(v.items.begin(), v.items.end(), [](const auto& item) { return item.kind == json::Kind::object; });
    if (c.json()) {
        if (v.kind != json::Kind::array)
            t.out << v.raw << '\n';
        else
            for (const auto& item : v.items) t.out << item.raw << '\n';
        return;
    }
    if (v.kind == json::Kind::null) {
        t.err << "done\n";
    } else if (v.kind == json::Kind::array && v.items.empty()) {
        t.err << "nothing there\n";
    } else if (objects) {
        print_table(c, v);
    } else if (v.kind == json::Kind::object) {
        size_t width = 0;
        const auto members = flat(v);
        for (const auto& [name, value] : members) width = std::max(width, name.size());
        for (const auto& [name, value] : members) {
            std::string label = name;
            label.resize(width + 2, ' ');
            const std::string text = printable(one_line(*value));
            t.out << label << (name == "state" || name == "status" ? coloured(text, t) : text) << '\n';
        }
    } else {
        t.out << printable(one_line(v)) << '\n';
    }
}

} // namespace gh::cli
