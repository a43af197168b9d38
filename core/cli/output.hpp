// What people read: aligned tables, colours where they are wanted. Text that came from outside is made harmless for terminals first.
#pragma once

#include "core/base/json.hpp"
#include "core/cli/cli.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gh::cli {

/// Control characters (an escape sequence in a subject could rewrite the screen) and broken UTF-8 replaced.
std::string printable(std::string_view);

/// A status word in its colour: green what is well, yellow what waits, red what failed.
std::string coloured(std::string_view status, const Terminal&);

/// Columns as wide as their widest cell. Header only when there are rows.
class Table {
public:
    explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
    /// Cells are made printable here. `status_column`: the one to colour.
    void add(std::vector<std::string> cells);
    void print(const Terminal&, size_t status_column = ~size_t{0}) const;
    bool empty() const { return rows_.empty(); }

private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

/// A line that replaces itself, on stderr, only when that is a terminal.
class Progress {
public:
    explicit Progress(const Terminal& t) : terminal_(t) {}
    ~Progress();
    void show(const std::string&);

private:
    const Terminal& terminal_;
    bool shown_ = false;
};

} // namespace gh::cli
