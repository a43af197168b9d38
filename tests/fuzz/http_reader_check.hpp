// What must hold for any bytes at all that are given to the request reader.
#pragma once

#include "core/http/request_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Outcome {
    std::vector<gh::http::Request> requests; ///< complete ones, in order
    std::optional<std::string> refusal;      ///< reason, at the end
    bool operator==(const Outcome&) const;
};

/// Reads `bytes` as a connection does, arriving in pieces whose sizes come from `seed` (0: all at once).
Outcome read_all(std::string_view bytes, uint64_t seed);

/// Null, or what is wrong: the outcome depends on how the bytes were cut; a request breaks a limit or holds what may not be in it; a
/// request written out again is read differently.
std::optional<std::string> find_fault(std::string_view bytes);

} // namespace fuzz
