#include "core/config/document.hpp"
#include "core/config/listen.hpp"
#include "core/config/sections.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace gh::config {

namespace {

Result<std::string> read_whole(const std::filesystem::path& path) {
    std::error_code fault;
    const auto status = std::filesystem::status(path, fault);
    if (!std::filesystem::exists(status)) return Error{path.string() + ": there is no such file; name another with --config"};
    if (!std::filesystem::is_regular_file(status)) return Error{path.string() + ": is not a regular file; name another with --config"};
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{path.string() + ": cannot be read: " + std::strerror(errno)};
    std::string content(k_most_file_bytes + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (file.bad()) return Error{path.string() + ": cannot be read"};
    content.resize(static_cast<size_t>(file.gcount()));
    return content;
}

std::vector<std::string> keys_of(const Node::Entry* entry) {
    std::vector<std::string> out;
    if (entry)
        for (const auto& e : entry->value->entries) out.push_back(e.key);
    return out;
}

} // namespace

Result<std::shared_ptr<const Config>> load(const std::filesystem::path& path, const Environment& environment) {
    const auto content = read_whole(path);
    if (!content.ok()) return content.error();
    Faults faults(path.string());
    const auto root = parse_document(*content, faults);
    if (!root) return Error{faults.text()};

    auto config = std::make_shared<Config>();
    config->file = std::filesystem::absolute(path).lexically_normal();
    const std::filesystem::path directory = config->file.parent_path();
    config->server.listen = {*parse_listen("127.0.0.1:8080")};
    config->server.admin = *parse_listen("127.0.0.1:8081");
    config->store.sqlite = directory / "gatehouse.db";
    config->plugins.directory = directory / "plugins";

    References references(environment, directory, faults);
    Context context{faults, references, directory};
    Lines lines{{{faults.file(), 0}}, {faults.file(), 0}};
    const Section top(context, *root, 1, "", {"server", "store", "plugins", "sources", "destinations", "routes"});
    const auto read = [&](const char* key, auto f) {
        const auto* e = top.entry(key);
        if (e && e->value->kind != Node::Kind::null) f(*e->value, e->line);
    };
    read("server", [&](const Node& n, int line) { read_server(context, n, line, config->server, lines); });
    read("store", [&](const Node& n, int line) { read_store(context, n, line, config->store); });
    read("plugins", [&](const Node& n, int line) { read_plugins(context, n, line, config->plugins); });
    read("sources", [&](const Node& n, int line) { read_sources(context, n, line, config->sources); });
    read("destinations", [&](const Node& n, int line) { read_destinations(context, n, line, config->destinations); });
    read("routes", [&](const Node& n, int line) { read_routes(context, n, line, config->routes); });
    apply_overrides(environment, *config, lines, faults);
    check(*config, lines, {keys_of(top.entry("sources")), keys_of(top.entry("destinations"))}, faults);

    if (faults.any()) return Error{faults.text()};
    config->warnings = faults.take_warnings();
    return std::shared_ptr<const Config>(std::move(config));
}

} // namespace gh::config
