#include "core/config/document.hpp"

namespace gh::config {

namespace {

size_t digits(std::string_view text, size_t i) {
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i;
}

bool is_any(std::string_view text, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words)
        if (text == word) return true;
    return false;
}

bool only(std::string_view text, std::string_view alphabet) {
    return !text.empty() && text.find_first_not_of(alphabet) == text.npos;
}

} // namespace

Scalar scalar_type(std::string_view plain) {
    if (is_any(plain, {"true", "True", "TRUE", "false", "False", "FALSE"})) return Scalar::boolean;
    if (plain.starts_with("0o") && only(plain.substr(2), "01234567")) return Scalar::integer;
    if (plain.starts_with("0x") && only(plain.substr(2), "0123456789abcdefABCDEF")) return Scalar::integer;
    if (is_any(plain, {".nan", ".NaN", ".NAN"})) return Scalar::real;
    std::string_view text = plain;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    if (is_any(text, {".inf", ".Inf", ".INF"})) return Scalar::real;
    size_t i = digits(text, 0);
    if (i > 0 && i == text.size()) return Scalar::integer;
    const bool whole = i > 0;
    if (i < text.size() && text[i] == '.') {
        const size_t end = digits(text, i + 1);
        if (!whole && end == i + 1) return Scalar::text;
        i = end;
    } else if (!whole) {
        return Scalar::text;
    }
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
        const size_t end = digits(text, i);
        if (end == i) return Scalar::text;
        i = end;
    }
    return i == text.size() ? Scalar::real : Scalar::text;
}

bool is_json_number(std::string_view text) {
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    size_t i = digits(text, 0);
    if (i == 0 || (text[0] == '0' && i > 1)) return false;
    if (i < text.size() && text[i] == '.') {
        const size_t end = digits(text, i + 1);
        if (end == i + 1) return false;
        i = end;
    }
    return scalar_type(text) != Scalar::text && (i == text.size() || text[i] == 'e' || text[i] == 'E');
}

} // namespace gh::config
