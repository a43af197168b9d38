// Texts put together by the compiler, for schemas that share parts.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gatehouse {

namespace detail {

template <const std::string_view&... parts>
constexpr auto join() {
    std::array<char, (parts.size() + ... + 0)> out{};
    size_t at = 0;
    for (const std::string_view part : {parts...})
        for (const char c : part) out[at++] = c;
    return out;
}
template <const std::string_view&... parts>
inline constexpr auto joined_bytes = join<parts...>();

} // namespace detail

/// joined<k_begin, k_shared, k_end>: constants at namespace scope, one after the other.
template <const std::string_view&... parts>
inline constexpr std::string_view joined(detail::joined_bytes<parts...>.data(), detail::joined_bytes<parts...>.size());

} // namespace gatehouse
