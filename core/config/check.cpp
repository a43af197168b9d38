#include "core/config/sections.hpp"

#include <algorithm>

namespace gh::config {

namespace {

void note(Faults& faults, const Position& at, const std::string& message) {
    if (at.line == 0 && at.file != faults.file())
        faults.error_in(at.file, message);
    else
        faults.error(at.line, message);
}

void check_listeners(const Config& config, const Lines& lines, Faults& faults) {
    const auto& listen = config.server.listen;
    for (size_t i = 0; i < listen.size(); ++i) {
        if (listen[i].port == 0) continue;
        for (size_t j = 0; j < i; ++j)
            if (listen[j].text() == listen[i].text())
                note(faults, lines.listen[i], "server.listen: " + listen[i].text() + " stands twice; remove one");
        if (listen[i].text() == config.server.admin.text())
            note(faults, lines.admin, "server.admin: " + listen[i].text() + " is in server.listen too; give each its own port");
    }
    const Listen& admin = config.server.admin;
    if (admin.loopback()) return;
    if (config.server.admin_token.empty())
        note(faults, lines.admin,
             "server.admin: " + admin.text() +
                 " can be reached from other machines, so server.token is required; give it as "
                 "${env:GATEHOUSE_ADMIN_TOKEN}, or listen on 127.0.0.1");
    else if (!admin.tls)
        faults.warning(lines.admin.line,
                       "server.admin: " + admin.text() + " is open to other machines without TLS, so the token travels readable");
}

/// Whether `below` is `path` itself or lies under it.
bool at_or_below(const std::string& below, const std::string& path) {
    return below.starts_with(path) && (below.size() == path.size() || below[path.size()] == '/');
}

void check_paths(const Config& config, Faults& faults) {
    for (size_t i = 0; i < config.sources.size(); ++i) {
        const Source& source = *config.sources[i];
        if (source.path.empty()) continue;
        for (const char* reserved : {"/healthz", "/readyz"})
            if (at_or_below(source.path, reserved))
                faults.error(source.position.line,
                             "sources." + source.name + ".path: " + reserved + " is the server's own; choose another path");
        for (size_t j = 0; j < config.sources.size(); ++j) {
            const Source& other = *config.sources[j];
            if (i == j || other.path.empty() || !at_or_below(source.path, other.path)) continue;
            if (source.path == other.path && j > i) continue; // said once, at the later one
            faults.error(source.position.line, "sources." + source.name + ".path: " + shown(source.display_path) +
                                                   (source.path == other.path ? " is also the path of " : " lies below the path of ") +
                                                   shown(other.name) + " (line " + std::to_string(other.position.line) +
                                                   "); choose another");
        }
    }
}

void check_names(const std::vector<std::string>& used, const std::vector<std::string>& known, const char* what, const std::string& where,
                 int line, Faults& faults) {
    for (const std::string& name : used)
        if (std::find(known.begin(), known.end(), name) == known.end())
            faults.error(line,
                         where + ": there is no " + what + " " + shown(name) +
                             (nearest(name, known).empty() ? "; add it under \"" + std::string(what) + "s\"" : suggestion(name, known)));
}

} // namespace

void check(const Config& config, const Lines& lines, const Names& names, Faults& faults) {
    check_listeners(config, lines, faults);
    check_paths(config, faults);
    for (size_t i = 0; i < config.routes.size(); ++i) {
        const Route& route = config.routes[i];
        const std::string where = "routes[" + std::to_string(i) + "]";
        check_names(route.from, names.sources, "source", where + ".from", route.position.line, faults);
        check_names(route.to, names.destinations, "destination", where + ".to", route.position.line, faults);
    }
    if (config.destinations.empty()) return;
    for (const auto& source : config.sources) {
        const bool routed = std::any_of(config.routes.begin(), config.routes.end(), [&](const Route& route) {
            return std::find(route.from.begin(), route.from.end(), source->name) != route.from.end();
        });
        if (!routed)
            faults.warning(source->position.line,
                           "sources." + source->name + ": no route begins here; its events are stored and go nowhere");
    }
}

} // namespace gh::config
