#include "core/config/faults.hpp"

#include "core/base/encoding.hpp"

#include <algorithm>

namespace gh::config {

namespace {

constexpr size_t k_most_lines = 1000;
constexpr size_t k_shown_bytes = 60;

void sort_by_line(std::vector<Diagnostic>& list) {
    std::stable_sort(list.begin(), list.end(), [](const Diagnostic& a, const Diagnostic& b) { return a.position.line < b.position.line; });
}

} // namespace

std::string Faults::text() const {
    std::vector<Diagnostic> sorted = errors_;
    sort_by_line(sorted);
    std::string out;
    for (size_t i = 0; i < sorted.size() && i < k_most_lines; ++i) {
        if (i > 0) out += '\n';
        out += sorted[i].text();
    }
    if (sorted.size() > k_most_lines)
        out += "\n" + file_ + ": and " + std::to_string(sorted.size() - k_most_lines) + " more; repair these first";
    return out;
}

std::vector<Diagnostic> Faults::take_warnings() {
    sort_by_line(warnings_);
    return std::move(warnings_);
}

std::string shown(std::string_view text) {
    if (text.size() <= k_shown_bytes) return json_quote(text);
    size_t end = k_shown_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return json_quote(std::string(text.substr(0, end)) + "…");
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string near = nearest(word, candidates);
    return near.empty() ? "" : ", did you mean " + shown(near) + "?";
}

std::string alternatives(const std::vector<std::string>& words) {
    std::string out;
    for (size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += shown(words[i]);
    }
    return out;
}

} // namespace gh::config
