// Changed copies of a genuine request.
#pragma once

#include "core/http/message.hpp"

#include <string>
#include <vector>

namespace gh::cli {

struct Mutant {
    enum class Kind { body_byte, body_cut, body_added, header_dropped, header_changed, header_doubled, time_moved } kind;
    std::string what;   ///< "byte 17 of the body changed"
    std::string header; ///< the header's name, with the last four
    http::Request request;
};

/// Bounded in number whatever the request's size; the same request gives the same mutants.
std::vector<Mutant> mutants(const http::Request&);

} // namespace gh::cli
