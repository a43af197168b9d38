// The sandbox: simulated providers on this machine, and commands to one that runs.
#include "core/sandbox/sandbox.hpp"

#include "core/cli/api.hpp"
#include "core/cli/output.hpp"

#include <charconv>
#include <ostream>

namespace gh::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* k_control = "127.0.0.1:8090";

/// Beside this program: in the build tree, or where it was installed.
fs::path simulators_directory() {
    std::error_code ignored;
    const fs::path prefix = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
    std::vector<fs::path> places = {prefix / "simulators", prefix / "lib/gatehouse/simulators"};
    for (const auto& entry : fs::directory_iterator(prefix / "lib", ignored)) places.push_back(entry.path() / "gatehouse/simulators");
    for (const auto& place : places)
        if (fs::is_directory(place, ignored)) return place;
    usage("there are no simulators beside this program: name their folder with --simulators DIR.");
}

template <class T>
T number(const Context& c, std::string_view option, T otherwise) {
    if (!c.has(option)) return otherwise;
    std::string text = c.get(option);
    if (text.ends_with("/s")) text.resize(text.size() - 2);
    T n{};
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size() || n <= T{})
        usage(std::string(option) + " " + c.get(option) + ": not a number above 0.");
    return n;
}

config::Listen control_listen(const Context& c) {
    const std::string text = c.has("--control") ? c.get("--control") : k_control;
    const size_t colon = text.rfind(':');
    config::Listen out;
    out.host = text.substr(0, colon);
    if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
    const char* end = text.data() + text.size();
    const bool digits = colon != std::string::npos && std::from_chars(text.data() + colon + 1, end, out.port).ptr == end;
    if (!digits || out.host.empty()) usage("--control " + text + ": not an address such as " + std::string(k_control) + ".");
    return out;
}

Api control_api(const Context& c) {
    Address address;
    address.url = "http://" + control_listen(c).text();
    address.hint = "Start it with \"gatehouse sandbox\", or name another with --control HOST:PORT.";
    return Api(std::move(address), c);
}

int print_answer(Context& c, const std::string& body) {
    c.terminal.out << body << (body.ends_with('\n') ? "" : "\n");
    return 0;
}

} // namespace

int sandbox_run(Context& c) {
    sandbox::Options o;
    o.directory = c.has("--simulators") ? fs::path(c.get("--simulators")) : simulators_directory();
    o.providers = c.positionals;
    if (c.has("--gateway")) o.gateway = c.get("--gateway");
    if (c.has("--application")) o.application = c.get("--application");
    if (c.has("--plugins")) o.plugins = c.get("--plugins");
    o.control = control_listen(c);
    if (!o.control.loopback()) usage("--control must be an address of this machine alone: the sandbox has no password.");
    o.time_scale = number<double>(c, "--time-scale", 1);
    o.seed = number<uint64_t>(c, "--seed", 1);
    o.fresh = !c.has("--subscribed");
    if (c.has("--settings")) {
        const std::string text = c.get("--settings");
        const auto settings = json::parse(text);
        if (!settings || settings->kind != json::Kind::object) usage("--settings: not a JSON object by provider.");
        for (const auto& [provider, value] : settings->members) o.settings[std::string(provider)] = value.raw;
    }
    return sandbox::run(std::move(o), c.get("--write-config"), c.terminal.out, c.terminal.err);
}

int sandbox_show(Context& c) {
    Api api = control_api(c);
    if (!c.positionals.empty()) return print_answer(c, api.get("/_control/" + url_encode(c.positionals[0])));
    std::string body;
    const json::Value list = api.get("/_control", body);
    Table table({"PROVIDER", "VERSION", "ADDRESS", "SENDS TO", "SUMMARY"});
    if (const json::Value* items = list.find("items"))
        for (const auto& p : items->items) {
            if (c.json()) c.terminal.out << p.raw << '\n';
            table.add({std::string(p.text_of("name")), std::string(p.text_of("version")), std::string(p.text_of("base_url")),
                       std::string(p.text_of("target_url")), std::string(p.text_of("summary"))});
        }
    if (!c.json()) table.print(c.terminal);
    return 0;
}

int sandbox_send(Context& c) {
    json::Writer w;
    w.object().member("type", c.positionals[1]);
    if (c.has("--count")) w.member("count", number<int64_t>(c, "--count", 1));
    if (c.has("--rate")) w.member("rate", number<double>(c, "--rate", 1));
    if (c.has("--tamper")) w.member("tamper", c.get("--tamper"));
    const std::string more = c.get("--with");
    const auto parsed = more.empty() ? Result<json::Value>(json::Value{}) : json::parse(more);
    if (!parsed || (!more.empty() && parsed->kind != json::Kind::object)) usage("--with: not a JSON object.");
    for (const auto& [name, value] : parsed->members) w.name(name).raw(value.raw);
    w.end();
    return print_answer(c, control_api(c).post("/_control/" + url_encode(c.positionals[0]) + "/send", w.take()));
}

int sandbox_clock(Context& c) {
    if (!c.has("--advance") && !c.has("--skew")) {
        std::string body;
        control_api(c).get("/_control/clock", body);
        return print_answer(c, body);
    }
    json::Writer w;
    w.object();
    for (const char* name : {"advance", "skew"})
        if (const std::string option = std::string("--") + name; c.has(option)) w.member(name, c.get(option));
    return print_answer(c, control_api(c).post("/_control/clock", w.end().take()));
}

int sandbox_call(Context& c) {
    const std::string arguments = c.positionals.size() > 2 ? c.positionals[2] : "{}";
    if (!json::is_json(arguments)) usage("\"" + arguments + "\" is not JSON.");
    return print_answer(c,
                        control_api(c).post("/_control/" + url_encode(c.positionals[0]) + "/" + url_encode(c.positionals[1]), arguments));
}

} // namespace gh::cli
