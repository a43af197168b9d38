#include "core/config/config.hpp"

#include <algorithm>
#include <array>

namespace gh::config {

namespace {

constexpr size_t k_longest_word = 64;

/// Damerau-Levenshtein distance with full transpositions: letters may be inserted between the two that were swapped.
size_t distance(std::string_view a, std::string_view b) {
    const size_t far = a.size() + b.size();
    const size_t width = b.size() + 2;
    std::vector<size_t> d((a.size() + 2) * width);
    const auto at = [&](size_t i, size_t j) -> size_t& { return d[i * width + j]; };
    std::array<size_t, 256> last_row{};
    at(0, 0) = far;
    for (size_t i = 0; i <= a.size(); ++i) at(i + 1, 0) = far, at(i + 1, 1) = i;
    for (size_t j = 0; j <= b.size(); ++j) at(0, j + 1) = far, at(1, j + 1) = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t last_column = 0;
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t row = last_row[static_cast<unsigned char>(b[j - 1])];
            const size_t column = last_column;
            const bool same = a[i - 1] == b[j - 1];
            if (same) last_column = j;
            at(i + 1, j + 1) = std::min(
                {at(i, j) + (same ? 0u : 1u), at(i + 1, j) + 1, at(i, j + 1) + 1, at(row, column) + (i - row - 1) + 1 + (j - column - 1)});
        }
        last_row[static_cast<unsigned char>(a[i - 1])] = i;
    }
    return at(a.size() + 1, b.size() + 1);
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    if (word.empty() || word.size() > k_longest_word) return {};
    const std::string* best = nullptr;
    size_t least = 0;
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.size() > k_longest_word) continue;
        const size_t allowed = std::max<size_t>(1, std::max(word.size(), candidate.size()) / 3);
        const size_t d = distance(word, candidate);
        if (d > allowed || (best && d >= least)) continue;
        best = &candidate;
        least = d;
    }
    return best ? *best : std::string();
}

} // namespace gh::config
