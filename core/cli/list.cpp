#include "core/cli/list.hpp"

#include <ostream>

namespace gh::cli {

Column column(std::string title, std::string member) {
    return {std::move(title), [member = std::move(member)](const json::Value& item) {
                const json::Value* v = item.find(member);
                return v && v->kind != json::Kind::null ? v->text : std::string();
            }};
}

int print_list(Context& c, const std::string& path, const Query& query, const std::vector<Column>& columns, size_t status_column,
               const std::string& nothing, bool limited) {
    Api api(c);
    std::vector<std::string> titles;
    for (const auto& col : columns) titles.push_back(col.title);
    Table table(titles);
    const auto take = [&](const json::Value& item) {
        if (c.json()) {
            c.terminal.out << item.raw << '\n';
            return;
        }
        std::vector<std::string> cells;
        for (const auto& col : columns) cells.push_back(col.cell(item));
        table.add(std::move(cells));
    };
    if (limited) {
        api.each(path, query, c.limit(), take);
    } else {
        std::string body;
        const json::Value list = api.get(path + query.text(), body);
        if (const json::Value* items = list.find("items"))
            for (const auto& item : items->items) take(item);
    }
    if (c.json()) return 0;
    if (table.empty()) c.terminal.err << nothing << '\n';
    table.print(c.terminal, status_column);
    return 0;
}

std::string joined(const json::Value* list) {
    std::string out;
    if (list)
        for (const auto& item : list->items) (out += out.empty() ? "" : ", ") += item.text;
    return out;
}

std::string counted(const json::Value* object) {
    std::string out;
    if (object)
        for (const auto& [name, n] : object->members) (((out += out.empty() ? "" : ", ") += name) += ' ') += n.text;
    return out;
}

} // namespace gh::cli
