// What is configured: sources, destinations, routes, plugins.
#include "core/cli/list.hpp"

#include <ostream>

namespace gh::cli {

int sources_list(Context& c) {
    const auto routes = [](const json::Value& item) {
        std::string out;
        if (const json::Value* list = item.find("routes"))
            for (const auto& r : list->items) (((out += out.empty() ? "" : ", ") += r.text_of("method")) += ' ') += r.text_of("path");
        return out.empty() ? std::string(item.text_of("path")) : out;
    };
    const auto counters = [](const json::Value& item) {
        const json::Value* all = item.find("counters");
        return counted(all ? all->find("requests") : nullptr);
    };
    return print_list(c, "/api/v1/sources", {},
                      {column("NAME", "name"),
                       column("PLUGIN", "plugin"),
                       column("STATE", "state"),
                       {"ROUTES", routes},
                       {"REQUESTS", counters},
                       column("REASON", "reason")},
                      2, "no sources are configured", false);
}

int destinations_list(Context& c) {
    const auto counters = [](const json::Value& item) {
        const json::Value* all = item.find("counters");
        return counted(all ? all->find("attempts") : nullptr);
    };
    return print_list(c, "/api/v1/destinations", {},
                      {column("NAME", "name"),
                       column("STATE", "state"),
                       column("URL", "url"),
                       column("FORMAT", "format"),
                       column("IN FLIGHT", "in_flight"),
                       {"ATTEMPTS", counters},
                       column("REASON", "reason")},
                      1, "no destinations are configured", false);
}

namespace {

int switch_destination(Context& c, const std::string& action) {
    Api api(c);
    std::string body;
    const json::Value d = api.post("/api/v1/destinations/" + url_encode(c.positionals[0]) + "/" + action, "", body);
    if (c.json())
        c.terminal.out << d.raw << '\n';
    else
        c.terminal.out << printable(d.text_of("name")) << ' ' << coloured(d.text_of("state"), c.terminal) << '\n';
    return 0;
}

} // namespace

int destinations_enable(Context& c) {
    return switch_destination(c, "enable");
}
int destinations_disable(Context& c) {
    return switch_destination(c, "disable");
}
int destinations_pause(Context& c) {
    return switch_destination(c, "pause");
}
int destinations_resume(Context& c) {
    return switch_destination(c, "resume");
}

int routes_list(Context& c) {
    const auto list = [](const char* member) { return [member](const json::Value& item) { return joined(item.find(member)); }; };
    const auto types = [](const json::Value& item) {
        const std::string out = joined(item.find("types"));
        return out.empty() ? "*" : out;
    };
    return print_list(c, "/api/v1/routes", {}, {{"FROM", list("from")}, {"TYPES", types}, {"TO", list("to")}}, ~size_t{0},
                      "no routes are configured", false);
}

int plugins_list(Context& c) {
    const auto abi = [](const json::Value& item) {
        const json::Value* v = item.find("abi");
        return v ? std::string(v->text_of("built")) : std::string();
    };
    const auto name = [](const json::Value& item) {
        const std::string_view n = item.text_of("name");
        const std::string_view file = item.text_of("file");
        return std::string(n.empty() ? file.substr(file.rfind('/') + 1) : n);
    };
    const auto sources = [](const json::Value& item) { return joined(item.find("sources")); };
    // Of isolated ones, the processes: "bank running 4711", and what became of the ones before.
    const auto workers = [](const json::Value& item) {
        std::string out;
        const json::Value* all = item.find("workers");
        for (const auto& w : all ? all->items : std::vector<json::Value>()) {
            out += (out.empty() ? "" : ", ") + std::string(w.text_of("source")) + ' ' + std::string(w.text_of("state"));
            if (const auto pid = w.integer_of("pid"); pid != 0) out += ' ' + std::to_string(pid);
            if (const auto crashes = w.integer_of("crashes"); crashes != 0) out += " (crashes: " + std::to_string(crashes) + ')';
        }
        return out.empty() ? std::string(item.text_of("isolation")) : out;
    };
    return print_list(c, "/api/v1/plugins", {},
                      {{"NAME", name},
                       column("VERSION", "version"),
                       {"ABI", abi},
                       column("GENERATION", "generation"),
                       column("STATE", "state"),
                       {"SOURCES", sources},
                       {"ISOLATION", workers},
                       column("REASON", "reason")},
                      4, "no plugin files in the plugins directory", false);
}

int plugins_show(Context& c) {
    Api api(c);
    std::string body;
    const json::Value p = api.get("/api/v1/plugins/" + url_encode(c.positionals[0]), body);
    const Terminal& t = c.terminal;
    if (c.json()) {
        t.out << p.raw << '\n';
        return 0;
    }
    for (const char* member : {"name", "version", "summary", "file", "state", "reason", "generation"}) {
        const json::Value* v = p.find(member);
        if (!v || v->text.empty()) continue;
        std::string label = member;
        label.resize(12, ' ');
        t.out << label << (label.starts_with("state") ? coloured(v->text, t) : printable(v->text)) << '\n';
    }
    if (const json::Value* abi = p.find("abi"))
        t.out << "ABI         " << abi->text_of("built") << ", needs " << abi->text_of("needs") << '\n';
    t.out << "isolation   " << p.text_of("isolation") << '\n';
    if (const json::Value* workers = p.find("workers"))
        for (const auto& w : workers->items) {
            t.out << "process     " << printable(w.text_of("source")) << ": " << coloured(w.text_of("state"), t);
            if (const auto pid = w.integer_of("pid"); pid != 0) t.out << ", pid " << pid;
            t.out << ", crashes " << w.integer_of("crashes");
            if (!w.text_of("last_crash").empty()) t.out << "; the last one " << printable(w.text_of("last_crash"));
            t.out << '\n';
        }
    if (const json::Value* routes = p.find("routes"))
        for (const auto& r : routes->items)
            t.out << "route       " << r.text_of("method") << ' ' << printable(r.text_of("path")) << " (" << printable(r.text_of("source"))
                  << ")\n";
    if (const json::Value* schema = p.find("settings_schema"); schema && schema->kind != json::Kind::null)
        t.out << "\nSettings (JSON Schema)\n" << schema->raw << '\n';
    return 0;
}

} // namespace gh::cli
