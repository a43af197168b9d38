#include "core/plugin/enrolled.hpp"

#include <algorithm>
#include <array>

namespace gh::plugin {

namespace {

constexpr size_t k_most_body = 64u << 20;
constexpr size_t k_most_entries = 256; // of one kind
constexpr std::string_view k_name_characters = "._-";

std::string name_rule(const char* what) {
    std::string rule = what;
    rule += " must have a name of 1 to 60 characters a-z, 0-9, \".\", \"_\", \"-\"";
    return rule;
}

std::string in_quotes(std::string_view s) {
    return "\"" + std::string(s) + "\"";
}

bool is_route_path(std::string_view path) {
    if (path.empty()) return true;
    if (path[0] != '/' || path.size() > 200) return false;
    constexpr std::string_view others = "-._~!$&'()*+,;=:@%/"; // RFC 3986 pchar and "/"
    const bool characters = std::all_of(path.begin(), path.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
    });
    const std::string bounded = std::string(path) + "/";
    return characters && path.find("//") == path.npos && bounded.find("/./") == bounded.npos && bounded.find("/../") == bounded.npos;
}

bool is_host_pattern(std::string_view host) {
    if (host.starts_with("*.")) host.remove_prefix(2);
    if (host.size() > 253 || host.find('.') == host.npos) return false;
    bool letters = false;
    for (size_t begin = 0; begin <= host.size();) {
        const size_t end = std::min(host.find('.', begin), host.size());
        const auto label = host.substr(begin, end - begin);
        if (!is_word(label, "-", 63) || label.front() == '-' || label.back() == '-') return false;
        // The last label tells a name from a numeric address (also in its short forms).
        letters = label.find_first_not_of("0123456789x") != label.npos;
        begin = end + 1;
    }
    return letters;
}

template <class T, class Same>
bool has(const std::vector<T>& all, Same same) {
    return std::any_of(all.begin(), all.end(), same);
}

} // namespace

bool EnrolledFetchBack::matches(std::string_view type) const {
    if (pattern == "*") return true;
    if (pattern.ends_with(".*")) return type.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1));
    return type == pattern;
}

template <class T>
gatehouse_status EnrollFrame::enroll(void* context, const T* given) {
    auto* frame = active<EnrollFrame>(context);
    return frame ? frame->add(given) : GATEHOUSE_MISUSE;
}

EnrollFrame::EnrollFrame(const CrashMark& mark, const Schema& schema, const PreparedSettings& settings)
    : Frame(mark),
      schema_(schema),
      settings_(settings),
      registry_{sizeof(gatehouse_registry),
                0,
                context(),
                enroll<gatehouse_verifier>,
                enroll<gatehouse_route>,
                enroll<gatehouse_fetch_back>,
                enroll<gatehouse_operation>,
                enroll<gatehouse_egress>} {}

template <class T>
gatehouse_status EnrollFrame::known(const char* what, const T* given, T& out) {
    const auto status = read_struct(given, out);
    if (status == GATEHOUSE_INVALID)
        return broke(std::string(what) + ": struct_size is wrong; set it to sizeof of the struct of the header compiled against");
    if (status == GATEHOUSE_OK && [&] {
            if constexpr (requires { out.flags; }) return out.flags != 0;
            return false;
        }())
        return GATEHOUSE_UNSUPPORTED;
    return status;
}

gatehouse_status EnrollFrame::add(const gatehouse_verifier* given) {
    gatehouse_verifier v;
    if (const auto status = known("verifier", given, v); status != GATEHOUSE_OK) return status;
    const auto name = view(v.name);
    if (!is_word(name, k_name_characters, 60)) return broke(name_rule("a verifier"));
    if (!v.verify) return broke("verifier " + in_quotes(name) + " has no verify function");
    if (has(enrolled_.verifiers, [&](const auto& one) { return one.name == name; }))
        return broke("verifier " + in_quotes(name) + " is enrolled twice; give each its own name");
    if (enrolled_.verifiers.size() == k_most_entries) return broke("more than 256 verifiers");
    enrolled_.verifiers.push_back({std::string(name), v.verify, v.user});
    return GATEHOUSE_OK;
}

gatehouse_status EnrollFrame::add(const gatehouse_route* given) {
    gatehouse_route r;
    if (const auto status = known("route", given, r); status != GATEHOUSE_OK) return status;
    const auto method = view(r.method), path = view(r.path), verifier = view(r.verifier);
    if (!is_method(method)) return broke("a route's method must be upper-case letters, as \"POST\"; CONNECT and TRACE cannot be routed");
    if (!is_route_path(path))
        return broke("the path of a route must be empty or begin with \"/\", without empty, \".\" or \"..\" segments");
    const auto name = "route " + std::string(method) + " " + in_quotes(path);
    if (verifier.empty()) return broke(name + " names no verifier; every route must have one");
    if (!sane(r.verifier, 60)) return broke(name + " names a verifier that cannot exist");
    if (!r.handle) return broke(name + " has no handle function");
    if (r.max_body > k_most_body) return broke(name + " wants bodies over 64 MiB");
    if (has(enrolled_.routes, [&](const auto& one) { return one.method == method && one.path == path; }))
        return broke(name + " is enrolled twice");
    if (enrolled_.routes.size() == k_most_entries) return broke("more than 256 routes");
    enrolled_.routes.push_back({std::string(method), std::string(path), std::string(verifier),
                                r.max_body ? static_cast<size_t>(r.max_body) : Route().max_body, 0, r.handle, r.user});
    return GATEHOUSE_OK;
}

gatehouse_status EnrollFrame::add(const gatehouse_fetch_back* given) {
    gatehouse_fetch_back f;
    if (const auto status = known("fetch_back", given, f); status != GATEHOUSE_OK) return status;
    const auto pattern = view(f.type_pattern);
    const auto star = pattern.find('*');
    const bool well_placed = star == pattern.npos || (star + 1 == pattern.size() && (star == 0 || pattern[star - 1] == '.'));
    if (pattern.empty() || !sane(f.type_pattern, 200) || !well_placed)
        return broke("a fetch-back's type pattern must be \"*\", a prefix as \"transactions.*\", or a whole type");
    if (!f.begin) return broke("fetch-back " + in_quotes(pattern) + " has no begin function");
    if (has(enrolled_.fetch_backs, [&](const auto& one) { return one.pattern == pattern; }))
        return broke("fetch-back " + in_quotes(pattern) + " is enrolled twice");
    if (enrolled_.fetch_backs.size() == k_most_entries) return broke("more than 256 fetch-backs");
    enrolled_.fetch_backs.push_back({std::string(pattern), f.begin, f.user});
    return GATEHOUSE_OK;
}

gatehouse_status EnrollFrame::add(const gatehouse_operation* given) {
    static constexpr std::array<std::string_view, 10> kinds{"",     "subscribe", "confirm", "update", "renew", "unsubscribe",
                                                            "list", "test",      "history", "recover"};
    gatehouse_operation o;
    if (const auto status = known("operation", given, o); status != GATEHOUSE_OK) return status;
    const auto name = view(o.name), kind = view(o.kind), schema = view(o.arguments_schema);
    if (!is_word(name, k_name_characters, 60)) return broke(name_rule("an operation"));
    if (!sane(o.summary, 500) || !sane(o.arguments_schema, 1u << 20))
        return broke("operation " + in_quotes(name) + ": a text is not UTF-8 or too long");
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
        return broke("operation " + in_quotes(name) + " has an unknown kind; known are those in abi.h, or none");
    if (!o.begin) return broke("operation " + in_quotes(name) + " has no begin function");
    if (has(enrolled_.operations, [&](const auto& one) { return one.shown.name == name; }))
        return broke("operation " + in_quotes(name) + " is enrolled twice");
    if (enrolled_.operations.size() == k_most_entries) return broke("more than 256 operations");
    EnrolledOperation added{{std::string(name), std::string(view(o.summary)), std::string(schema), std::string(kind)}, {}, o.begin, o.user};
    if (!schema.empty()) {
        auto compiled = Schema::compile(schema);
        if (!compiled) return broke("operation " + in_quotes(name) + ", arguments schema: " + compiled.error().message);
        added.schema = std::move(*compiled);
    }
    enrolled_.operations.push_back(std::move(added));
    return GATEHOUSE_OK;
}

gatehouse_status EnrollFrame::add(const gatehouse_egress* given) {
    gatehouse_egress e;
    if (const auto status = known("egress", given, e); status != GATEHOUSE_OK) return status;
    const auto setting = view(e.setting), host = view(e.host), prefix = view(e.path_prefix);
    if (setting.empty() == host.empty()) return broke("an egress entry must have either a setting or a host, not both");
    if (!is_route_path(prefix)) return broke("the path prefix of an egress entry must be empty or begin with \"/\"");
    if (enrolled_.egress.size() >= k_most_entries || enrolled_.egress_given.size() >= k_most_entries)
        return broke("more than 256 egress entries");
    enrolled_.egress_given.push_back({e.port, std::string(setting), std::string(host), std::string(prefix)});
    if (!setting.empty()) return add_setting_egress(e);
    std::string lower(host);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (!is_host_pattern(lower)) return broke("an egress host must be a name as \"api.example.com\" or \"*.example.com\", not an address");
    if (e.port > 65535) return broke("the port of an egress entry must be at most 65535");
    enrolled_.egress.push_back({"https", lower, static_cast<uint16_t>(e.port ? e.port : 443), std::string(prefix), false});
    return GATEHOUSE_OK;
}

gatehouse_status EnrollFrame::add_setting_egress(const gatehouse_egress& e) {
    const auto setting = view(e.setting);
    const auto name = "egress from setting " + in_quotes(setting.substr(0, 200));
    const Schema* schema = schema_.at(setting);
    if (!schema) return broke(name + ": the settings schema has no such setting");
    if (schema->write_only()) return broke(name + ": a secret cannot name a host");
    if (e.port != 0) return broke(name + ": the port comes from the setting's URL; leave port at 0");
    const Json* value = settings_.open.at(setting);
    if (!value) return GATEHOUSE_OK; // an optional setting that is not given opens nothing
    const std::vector<Json> single = value->kind == Json::Kind::string ? std::vector<Json>{*value} : std::vector<Json>{};
    for (const auto& url : value->kind == Json::Kind::array ? value->items : single) {
        auto rule = egress::rule_for(url.text);
        if (!rule) return broke("setting " + in_quotes(setting) + ": " + rule.error().message);
        if (const auto prefix = view(e.path_prefix); !prefix.empty()) {
            while (rule->path_prefix.ends_with('/')) rule->path_prefix.pop_back();
            rule->path_prefix += prefix;
        }
        enrolled_.egress.push_back(std::move(*rule));
    }
    return GATEHOUSE_OK;
}

std::string EnrollFrame::complete() {
    for (auto& route : enrolled_.routes) {
        const auto found = std::find_if(enrolled_.verifiers.begin(), enrolled_.verifiers.end(),
                                        [&](const EnrolledVerifier& v) { return v.name == route.verifier_name; });
        if (found == enrolled_.verifiers.end())
            broke("route " + route.method + " " + in_quotes(route.path) + " names verifier " + in_quotes(route.verifier_name) +
                  ", which is not enrolled");
        route.verifier = static_cast<size_t>(found - enrolled_.verifiers.begin());
    }
    return rule_broken();
}

} // namespace gh::plugin
