// Addresses to listen on, as written: "127.0.0.1:8080", "[::1]:8080", "localhost:0".
#pragma once

#include "core/config/config.hpp"

#include <string_view>

namespace gh::config {

/// The error says what is wrong without showing the text, which may have come by reference.
Result<Listen> parse_listen(std::string_view);
constexpr const char* k_listen_form = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";

} // namespace gh::config
