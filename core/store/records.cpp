#include "core/store/records.hpp"

#include <string_view>
#include <utility>

namespace gh::store {

namespace {

constexpr std::pair<EventStatus, std::string_view> k_event_texts[] = {
    {EventStatus::received, "received"},   {EventStatus::fetching, "fetching"}, {EventStatus::ready, "ready"},
    {EventStatus::delivered, "delivered"}, {EventStatus::dead, "dead"},         {EventStatus::conflict, "conflict"},
    {EventStatus::refused, "refused"}};

constexpr std::pair<DeliveryStatus, std::string_view> k_delivery_texts[] = {{DeliveryStatus::pending, "pending"},
                                                                            {DeliveryStatus::delivered, "delivered"},
                                                                            {DeliveryStatus::dead, "dead"},
                                                                            {DeliveryStatus::cancelled, "cancelled"}};

template <class E, size_t N>
std::string_view find_text(const std::pair<E, std::string_view> (&table)[N], E status) {
    for (const auto& [value, text] : table)
        if (value == status) return text;
    return "unknown";
}

template <class E, size_t N>
std::optional<E> find_value(const std::pair<E, std::string_view> (&table)[N], std::string_view wanted) {
    for (const auto& [value, text] : table)
        if (text == wanted) return value;
    return std::nullopt;
}

} // namespace

std::string_view to_text(EventStatus status) {
    return find_text(k_event_texts, status);
}
std::optional<EventStatus> parse_event_status(std::string_view text) {
    return find_value(k_event_texts, text);
}
std::string_view to_text(DeliveryStatus status) {
    return find_text(k_delivery_texts, status);
}
std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
    return find_value(k_delivery_texts, text);
}

} // namespace gh::store
