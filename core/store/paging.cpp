#include "core/store/paging.hpp"

#include <algorithm>
#include <charconv>

namespace gh::store {

namespace {

bool take_number(std::string_view& text, int64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    return true;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

} // namespace

std::string to_cursor(const Uuid& id) {
    return "e" + id.text();
}

std::optional<Uuid> parse_event_cursor(std::string_view text) {
    if (!take(text, 'e')) return std::nullopt;
    return Uuid::parse(text);
}

std::string to_cursor(const DeliveryPlace& p) {
    return std::to_string(p.time) + "d" + p.id.text();
}

std::optional<DeliveryPlace> parse_delivery_cursor(std::string_view text) {
    DeliveryPlace place;
    if (!take_number(text, place.time) || !take(text, 'd')) return std::nullopt;
    const auto id = Uuid::parse(text);
    if (!id) return std::nullopt;
    place.id = *id;
    return place;
}

bool type_matches(std::string_view pattern, std::string_view type) {
    if (pattern.empty() || pattern == "*") return true;
    if (pattern.ends_with(".*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == type;
}

bool contains_ignoring_case(std::string_view text, std::string_view wanted) {
    return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), [](char a, char b) { return lower(a) == lower(b); }) !=
               text.end() ||
           wanted.empty();
}

} // namespace gh::store
