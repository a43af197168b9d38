// Lists of things the server has, as a table or as JSON lines.
#pragma once

#include "core/cli/api.hpp"
#include "core/cli/output.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gh::cli {

struct Column {
    std::string title;
    std::function<std::string(const json::Value&)> cell;
};
/// The text of a string member, or a number as written.
Column column(std::string title, std::string member);

/// Prints a list; `status_column` is coloured. `nothing` goes to stderr when it is empty and people read it. `limited`: the endpoint has
/// pages.
int print_list(Context&, const std::string& path, const Query&, const std::vector<Column>&, size_t status_column,
               const std::string& nothing, bool limited = true);

/// "a, b" of a list of strings.
std::string joined(const json::Value*);
/// "stored 12, duplicate 3" of an object of numbers.
std::string counted(const json::Value*);

} // namespace gh::cli
