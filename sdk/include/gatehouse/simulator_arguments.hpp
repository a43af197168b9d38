// What nearly every simulator reads and makes: the members of its settings and of a command's arguments, and ids.
//
// Each reader takes a member that may be missing and throws command_error::invalid, which names the member and says what to give instead.
#pragma once

#include <gatehouse/simulator.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::arguments {

namespace detail {
inline std::string listed(const std::vector<std::string_view>& words) {
    std::string out;
    for (const std::string_view w : words) out += (out.empty() ? "" : ", ") + std::string(w);
    return out;
}
} // namespace detail

inline int64_t integer(json::value v, const char* name, int64_t least, int64_t most, int64_t otherwise) {
    if (!v) return otherwise;
    const auto n = v.integer();
    if (!n || *n < least || *n > most)
        throw command_error::invalid(std::string(name) + ": give a whole number from " + std::to_string(least) + " to " +
                                     std::to_string(most));
    return *n;
}

inline std::string text(json::value v, const char* name, std::string_view otherwise = {}) {
    if (v && !v.is_string()) throw command_error::invalid(std::string(name) + ": give a text");
    return std::string(v ? v.text() : otherwise);
}

inline bool flag(json::value v, const char* name, bool otherwise) {
    if (v && !v.boolean()) throw command_error::invalid(std::string(name) + ": give true or false");
    return v ? *v.boolean() : otherwise;
}

/// One of the words; the first of them when missing.
inline std::string choice(json::value v, const char* name, const std::vector<std::string_view>& words) {
    const std::string given = text(v, name, words.front());
    if (std::find(words.begin(), words.end(), given) != words.end()) return given;
    throw command_error::invalid(std::string(name) + ": give one of " + detail::listed(words));
}

/// Refuses members with other names.
inline void only(json::value object, const std::vector<std::string_view>& names) {
    for (const auto [key, value] : object.members())
        if (std::find(names.begin(), names.end(), key) == names.end())
            throw command_error::invalid("\"" + printable(key) + "\" is not known here; there are " + detail::listed(names));
}

} // namespace gatehouse::arguments

namespace gatehouse {

/// A random UUID (RFC 9562 section 5.4).
inline std::string uuid(const simulator_host& host) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string bytes = host.random(16), out;
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        for (const int half : {bytes[i] >> 4 & 15, bytes[i] & 15}) out += digits[half];
    }
    return out;
}

} // namespace gatehouse
