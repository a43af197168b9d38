#include "core/cli/offline.hpp"
#include "core/cli/output.hpp"

#include <ostream>
#include <sstream>

namespace gh::cli {

namespace {

int report_load_failure(const Context& c, const std::string& message) {
    if (c.json()) {
        json::Writer w;
        w.object().member("ok", false).name("faults").array();
        std::istringstream lines(message);
        for (std::string line; std::getline(lines, line);) w.value(line);
        w.end().name("warnings").array().end().name("sources").array().end().end();
        c.terminal.out << w.take() << '\n';
    } else {
        c.terminal.err << message << '\n';
    }
    return 2;
}

/// A provider tells a new subscription's secret once: without store.key the server refuses to subscribe, since it could not keep it.
void say_without_key(const plugin::Source& source, std::vector<std::string>& faults, std::vector<std::string>& warnings) {
    const auto captured = source.captured_settings();
    if (captured.empty()) return;
    std::string names;
    bool known = true;
    for (const auto& setting : captured) {
        names += (names.empty() ? "" : ", ") + setting;
        known = known && source.has_secret(setting);
    }
    const std::string text = source.config().position.text() + ": sources." + source.name() + ": subscribing gives a secret (setting " +
                             names +
                             ") that cannot be kept, so the server does not subscribe. Set store.key, for example store: {key: "
                             "\"${file:secrets/store_key}\"}, with a long random text in that file (openssl rand -base64 32)";
    // With the secret in the settings, what was subscribed to elsewhere works; it only cannot be made anew.
    (source.subscription() && !known ? faults : warnings).push_back(text);
}

} // namespace

int check(Context& c) {
    const auto file = c.config_file();
    const auto loaded = config::load(file, c.terminal.environment);
    if (!loaded) return report_load_failure(c, loaded.error().message);
    const auto& config = **loaded;

    Offline offline(SystemClock().now());
    const auto generation = offline.host().load(config);
    std::vector<std::string> faults, warnings;
    for (const auto& warning : config.warnings) warnings.push_back(warning.text());
    for (const auto& slot : generation->slots) {
        if (!slot.source)
            faults.push_back(slot.config->position.text() + ": sources." + slot.config->name + ": " + slot.reason);
        else if (const auto* block = slot.source->subscription(); block && !block->fault.empty())
            faults.push_back(block->fault);
        else if (slot.source && config.store.key.empty())
            say_without_key(*slot.source, faults, warnings);
    }
    for (const auto& p : generation->plugins)
        if (p.state == "refused") faults.push_back(p.file.string() + ": " + p.reason);

    if (c.json()) {
        json::Writer w;
        w.object().member("ok", faults.empty()).name("faults").array();
        for (const auto& f : faults) w.value(f);
        w.end().name("warnings").array();
        for (const auto& warning : warnings) w.value(warning);
        w.end().name("sources").array();
        for (const auto& slot : generation->slots)
            w.object()
                .member("name", slot.config->name)
                .member("plugin", slot.config->plugin)
                .member("state", slot.source ? "open" : "refused")
                .member("reason", slot.reason)
                .end();
        w.end().end();
        c.terminal.out << w.take() << '\n';
        return faults.empty() ? 0 : 2;
    }
    for (const auto& warning : warnings) c.terminal.err << "warning: " << printable(warning) << '\n';
    for (const auto& f : faults) c.terminal.err << printable(f) << '\n';
    Table table({"SOURCE", "PLUGIN", "STATE", "ROUTES"});
    for (const auto& slot : generation->slots)
        table.add({slot.config->name, slot.config->plugin, slot.source ? "open" : "refused",
                   slot.source ? std::to_string(slot.source->routes().size()) : ""});
    table.print(c.terminal, 2);
    if (!faults.empty()) {
        c.terminal.err << faults.size() << (faults.size() == 1 ? " fault" : " faults") << '\n';
        return 2;
    }
    c.terminal.out << file.string() << ": " << coloured("ok", c.terminal) << '\n';
    return 0;
}

} // namespace gh::cli
