#include "core/delivery/routes.hpp"

#include <algorithm>

namespace gh::delivery {

bool type_matches(std::string_view pattern, std::string_view type) {
    if (pattern == "*") return true;
    if (pattern.ends_with(".*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == type;
}

Routes::Routes(std::shared_ptr<const config::Config> config) : config_(std::move(config)) {}

std::vector<std::string> Routes::destinations(std::string_view source, std::string_view type) const {
    std::vector<std::string> wanted;
    if (!config_) return wanted;
    const auto takes = [&](const config::Route& route) {
        return std::find(route.from.begin(), route.from.end(), source) != route.from.end() &&
               (route.types.empty() ||
                std::any_of(route.types.begin(), route.types.end(), [&](const auto& p) { return type_matches(p, type); }));
    };
    for (const auto& destination : config_->destinations) {
        const bool named = std::any_of(config_->routes.begin(), config_->routes.end(), [&](const config::Route& route) {
            return std::find(route.to.begin(), route.to.end(), destination->name) != route.to.end() && takes(route);
        });
        if (named) wanted.push_back(destination->name);
    }
    return wanted;
}

} // namespace gh::delivery
