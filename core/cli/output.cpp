#include "core/cli/output.hpp"

#include "core/base/encoding.hpp"

#include <algorithm>
#include <ostream>

namespace gh::cli {

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const size_t n = utf8_length(text);
        const auto c = static_cast<uint8_t>(text[0]);
        // U+0080 to U+009F are control characters too.
        const bool control = n == 1 ? c < 0x20 || c == 0x7f : n == 2 && c == 0xc2 && static_cast<uint8_t>(text[1]) < 0xa0;
        if (n == 0 || control)
            out += "\xef\xbf\xbd";
        else
            out += text.substr(0, n);
        text.remove_prefix(std::max<size_t>(n, 1));
    }
    return out;
}

std::string coloured(std::string_view status, const Terminal& terminal) {
    std::string out(status);
    if (!terminal.colour) return out;
    const auto is = [&](std::initializer_list<std::string_view> words) {
        const std::string_view word = status.substr(0, status.find(' '));
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    const char* code = nullptr;
    if (is({"delivered", "open", "active", "loaded", "accepted", "released", "ok"})) code = "\x1b[32m";
    if (is({"received", "fetching", "pending", "paused", "throttled", "duplicate", "warning", "wanted", "pending_approval",
            "pending_confirmation", "cooling", "drifted", "expiring", "orphan"}))
        code = "\x1b[33m";
    if (is({"dead", "conflict", "refused", "disabled", "failed", "unavailable", "suspended", "unknown"})) code = "\x1b[31m";
    return code ? code + out + "\x1b[0m" : out;
}

namespace {

size_t width(std::string_view text) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

} // namespace

void Table::add(std::vector<std::string> cells) {
    for (auto& cell : cells) cell = cell.empty() ? "-" : printable(cell);
    cells.resize(header_.size());
    rows_.push_back(std::move(cells));
}

void Table::print(const Terminal& terminal, size_t status_column) const {
    if (rows_.empty()) return;
    std::vector<size_t> widths(header_.size());
    for (size_t i = 0; i < header_.size(); ++i) {
        widths[i] = width(header_[i]);
        for (const auto& row : rows_) widths[i] = std::max(widths[i], width(row[i]));
    }
    const auto line = [&](const std::vector<std::string>& cells, bool header) {
        for (size_t i = 0; i < cells.size(); ++i) {
            std::string cell = cells[i];
            const size_t pad = i + 1 < cells.size() ? widths[i] - width(cell) + 2 : 0;
            if (!header && i == status_column) cell = coloured(cell, terminal);
            if (header && terminal.colour) cell = "\x1b[1m" + cell + "\x1b[0m";
            terminal.out << cell << std::string(pad, ' ');
        }
        terminal.out << '\n';
    };
    line(header_, true);
    for (const auto& row : rows_) line(row, false);
}

Progress::~Progress() {
    if (shown_) terminal_.err << "\r\x1b[K" << std::flush;
}

void Progress::show(const std::string& text) {
    if (!terminal_.progress) return;
    terminal_.err << "\r\x1b[K" << text << std::flush;
    shown_ = true;
}

} // namespace gh::cli
