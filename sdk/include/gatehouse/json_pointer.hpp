// JSON Pointer, RFC 6901.
#pragma once

#include <gatehouse/json.hpp>
#include <gatehouse/time.hpp>

#include <algorithm>

namespace gatehouse::json {

/// "" (the whole) or "/" before each part, "~" only as "~0" or "~1".
inline bool is_pointer(std::string_view p) {
    if (!p.empty() && p.front() != '/') return false;
    for (size_t i = 0; i < p.size(); ++i)
        if (p[i] == '~' && (i + 1 == p.size() || (p[i + 1] != '0' && p[i + 1] != '1'))) return false;
    return true;
}

/// The value there, missing when there is none. `p` must be a pointer.
inline value at_pointer(value v, std::string_view p) {
    while (!p.empty()) {
        p.remove_prefix(1);
        const size_t end = std::min(p.find('/'), p.size());
        std::string part;
        for (size_t i = 0; i < end; ++i) {
            if (p[i] == '~' && i + 1 < end)
                part += p[++i] == '0' ? '~' : '/';
            else
                part += p[i];
        }
        if (v.is_array()) {
            const bool leading_zero = part.size() > 1 && part.front() == '0';
            const auto index = leading_zero ? std::nullopt : gatehouse::detail::parse_digits(part, 9);
            v = index ? v[static_cast<size_t>(*index)] : value();
        } else {
            v = v[std::string_view(part)];
        }
        p.remove_prefix(end);
    }
    return v;
}

} // namespace gatehouse::json
