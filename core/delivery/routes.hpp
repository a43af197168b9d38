// Which destinations want an event.
#pragma once

#include "core/config/config.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gh::delivery {

/// "*" any, "user.*" the prefix "user.", anything else exact.
bool type_matches(std::string_view pattern, std::string_view type);

/// The routes of one config; immutable, any thread.
class Routes {
public:
    explicit Routes(std::shared_ptr<const config::Config>);
    /// Names of the destinations, each once, in config order.
    std::vector<std::string> destinations(std::string_view source, std::string_view type) const;

private:
    std::shared_ptr<const config::Config> config_;
};

} // namespace gh::delivery
