// Who may use the admin API.
#pragma once

#include "core/config/config.hpp"
#include "core/http/message.hpp"

#include <optional>

namespace gh::admin {

/// The answer to a request that may not pass, or none. `open`: paths that need no token (probes, the front page); Host and Origin are
/// checked for them too.
std::optional<http::Response> refuse(const http::Request&, const config::Server&, bool open);

} // namespace gh::admin
