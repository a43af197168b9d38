// The last resort of a provider that signs nothing: an address that nobody can guess.
#pragma once

#include <string_view>

namespace gatehouse::verify {

/// Whether one part of the source's path (settings::path()) is long enough, 16 characters, to hold a random one. Whether it is random is
/// the operator's word.
inline bool has_unguessable_part(std::string_view path) {
    size_t run = 0;
    for (char c : path) {
        run = c == '/' ? 0 : run + 1;
        if (run >= 16) return true;
    }
    return false;
}

} // namespace gatehouse::verify
