#include "core/config/listen.hpp"
#include "core/config/sections.hpp"

#include <algorithm>

namespace gh::config {

namespace {

std::string wrong_address(const Error& error) {
    return std::string("expected ") + k_listen_form + "; " + error.message;
}

} // namespace

void apply_overrides(const Environment& environment, Config& config, Lines& lines, Faults& faults) {
    const auto given = [&](const char* variable) -> std::optional<std::string> {
        auto value = environment(variable);
        return value && !value->empty() ? value : std::nullopt;
    };
    if (const auto value = given("GATEHOUSE_LISTEN")) {
        // Certificates are the file's: an override moves the listener, not its protection.
        std::optional<Tls> tls;
        if (!config.server.listen.empty()) tls = config.server.listen.front().tls;
        config.server.listen.clear();
        lines.listen.clear();
        for (size_t begin = 0; begin <= value->size();) {
            const size_t end = std::min(value->find(',', begin), value->size());
            auto listen = parse_listen(std::string_view(*value).substr(begin, end - begin));
            begin = end + 1;
            if (!listen.ok()) {
                faults.error_in("GATEHOUSE_LISTEN", wrong_address(listen.error()));
                continue;
            }
            listen->tls = tls;
            config.server.listen.push_back(std::move(*listen));
            lines.listen.push_back({"GATEHOUSE_LISTEN", 0});
        }
    }
    if (const auto value = given("GATEHOUSE_ADMIN")) {
        auto listen = parse_listen(*value);
        lines.admin = {"GATEHOUSE_ADMIN", 0};
        if (!listen.ok())
            faults.error_in("GATEHOUSE_ADMIN", wrong_address(listen.error()));
        else
            listen->tls = config.server.admin.tls, config.server.admin = std::move(*listen);
    }
    if (auto value = given("GATEHOUSE_ADMIN_TOKEN")) {
        if (value->find_first_of(" \t\r\n") != std::string::npos)
            faults.error_in("GATEHOUSE_ADMIN_TOKEN", "holds white space; a bearer token has none (RFC 6750 section 2.1)");
        else
            config.server.admin_token = Secret(*value);
        wipe(*value);
    }
    if (const auto value = given("GATEHOUSE_STORE")) config.store.sqlite = std::filesystem::absolute(*value).lexically_normal();
    if (const auto value = given("GATEHOUSE_PLUGINS")) config.plugins.directory = std::filesystem::absolute(*value).lexically_normal();
}

} // namespace gh::config
