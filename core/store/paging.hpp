// Cursors of lists, and reading long lists in pieces.
#pragma once

#include "core/base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh::store {

constexpr size_t k_page_limit = 1'000;  ///< items on a page at most
constexpr int k_rows_per_piece = 2'000; ///< looked at before the read transaction ends and a new one begins: some milliseconds

/// Place in a list of events, stored and refused: the id of the last one on the page.
std::string to_cursor(const Uuid&);
std::optional<Uuid> parse_event_cursor(std::string_view);

/// Place in a list of deliveries.
struct DeliveryPlace {
    int64_t time = 0;
    Uuid id;
    auto operator<=>(const DeliveryPlace&) const = default;
};
std::string to_cursor(const DeliveryPlace&);
std::optional<DeliveryPlace> parse_delivery_cursor(std::string_view);

/// "" any, "user.*" the prefix "user.", "*" any, else exact.
bool type_matches(std::string_view pattern, std::string_view type);
/// ASCII letters alike; every other byte is itself, "%" and "_" too.
bool contains_ignoring_case(std::string_view text, std::string_view wanted);

} // namespace gh::store
