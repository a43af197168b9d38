// Event, delivery and attempt ids: UUIDv7 (RFC 9562 section 5.7), so that ids sort by time.
#pragma once

#include "core/base/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gh {

struct Uuid {
    std::array<uint8_t, 16> bytes{};

    auto operator<=>(const Uuid&) const = default;
    bool is_nil() const { return *this == Uuid{}; }

    /// Lower-case, with hyphens.
    std::string text() const;
    static std::optional<Uuid> parse(std::string_view);
    /// A new id for time `now`. Any thread. Ids made by one thread within one millisecond increase (12-bit counter).
    static Uuid v7(Time now);
    /// A new id that holds exactly `t`, also when times come out of order: for what is sorted and bounded by its id. Any thread.
    static Uuid v7_of(Time t);
    /// The least id of time `t`: ids made at `t` or later are not below it, earlier ones are.
    static Uuid least(Time t);
    /// The time inside a UUIDv7.
    Time time() const;
};

} // namespace gh

template <>
struct std::hash<gh::Uuid> {
    size_t operator()(const gh::Uuid& id) const noexcept;
};
