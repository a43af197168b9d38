// Sources, destinations and routes: where events come from and where they go.
#include "core/base/encoding.hpp"
#include "core/config/sections.hpp"
#include "core/config/settings.hpp"
#include "core/config/url.hpp"

#include <algorithm>

namespace gh::config {

namespace {

constexpr const char* k_name_form = "use up to 63 of a-z, 0-9, - and _, beginning with a letter or digit";
constexpr size_t k_least_secret = 24, k_most_secret = 64; // Standard Webhooks 1.0, "Signature scheme"
constexpr size_t k_most_retries = 100;

/// Each named mapping of sources or destinations, in the order of the file.
template <class Read>
void each_named(Context& context, const Node& node, int line, const std::string& what, Read read) {
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::mapping)
        return context.faults.error(line, what + ": expected a mapping from names to mappings, found " + node.described());
    for (const Node::Entry& e : node.entries) {
        const std::string where = what + "." + (is_name(e.key) ? e.key : shown(e.key));
        if (!is_name(e.key)) context.faults.error(e.line, where + ": is not a good name; " + k_name_form);
        read(e, where);
    }
}

std::string path_fault(const std::string& path) {
    if (path.empty() || path[0] != '/') return "must begin with \"/\"";
    if (path.size() == 1) return "must not be \"/\" alone; give the source a place of its own, such as /hooks/bank";
    if (path.size() > 1024) return "is longer than 1024 characters";
    if (path.back() == '/') return "must not end with \"/\"";
    if (path.find("//") != path.npos) return "must not have empty parts (\"//\")";
    for (const char c : path)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              std::string_view("-._~/").find(c) != std::string_view::npos))
            return "may have only letters, digits and - . _ ~ between the slashes";
    for (size_t begin = 1; begin <= path.size();) {
        const size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = std::string_view(path).substr(begin, end - begin);
        if (part == "." || part == "..") return "must not have \".\" or \"..\" as a part";
        begin = end + 1;
    }
    return {};
}

void read_fetch_back(Context& context, const Node& node, int line, const std::string& where, FetchBack& out) {
    Section s(context, node, line, where, {"mode", "rate", "coalesce", "concurrency"});
    s.choice<FetchBackMode>(
        "mode", out.mode,
        {{"off", FetchBackMode::off}, {"best-effort", FetchBackMode::best_effort}, {"required", FetchBackMode::required}});
    s.rate("rate", out.rate);
    s.duration("coalesce", out.coalesce, Millis(0), std::chrono::hours(1));
    s.integer("concurrency", out.concurrency, 1, 1000);
}

/// The host's keys are taken out; what is left is the plugin's.
void read_subscription(Context& context, const Node& node, int line, const std::string& where, Source& out) {
    static const std::vector<std::string> k_own = {"reconcile", "every", "overlap"};
    if (node.kind != Node::Kind::mapping)
        return context.faults.error(line, where + ": expected a mapping, such as {url: \"https://…\"}, found " + node.described());
    Node own = node, rest = node;
    const auto is_own = [](const Node::Entry& e) { return std::find(k_own.begin(), k_own.end(), e.key) != k_own.end(); };
    std::erase_if(own.entries, [&](const auto& e) { return !is_own(e); });
    std::erase_if(rest.entries, is_own);
    Section s(context, own, line, where, k_own);
    s.choice<bool>("reconcile", out.reconcile.automatic, {{"manual", false}, {"auto", true}});
    s.duration("every", out.reconcile.every, Millis(1'000), std::chrono::hours(24 * 7));
    s.duration("overlap", out.reconcile.overlap, Millis(0), std::chrono::hours(24 * 366));
    out.subscription = read_settings(context, rest, line, where);
}

/// One secret of a destination. Nothing after a fault.
std::optional<Secret> read_secret(Context& context, const Node& node, int line, const std::string& where) {
    auto value = read_text(context, node, line, where, true);
    if (!value) return std::nullopt;
    std::string_view coded = value->text;
    if (coded.starts_with("whsec_")) coded.remove_prefix(6);
    auto key = from_base64_lenient(coded);
    std::optional<Secret> out;
    const int at = node.line;
    if (!key || key->empty()) {
        context.faults.error(
            at, where + ": expected \"whsec_\" and base64 (Standard Webhooks); make one with: echo whsec_$(openssl rand -base64 32)");
    } else {
        if (key->size() < k_least_secret || key->size() > k_most_secret)
            context.faults.warning(at, where + ": the key has " + std::to_string(key->size()) + " bytes; Standard Webhooks wants 24 to 64");
        if (!value->by_reference) context.faults.warning(at, where + ": a secret stands here literally; use ${env:NAME} or ${file:PATH}");
        out = Secret(value->text);
    }
    if (key) wipe(*key);
    wipe(value->text);
    return out;
}

void read_secrets(Section& s, std::vector<Secret>& out) {
    const auto* e = s.required("secret", "a reference to a Standard Webhooks secret, such as ${env:APP_WEBHOOK_SECRET}");
    if (!e) return;
    if (e->value->kind != Node::Kind::sequence) {
        if (auto secret = read_secret(s.context(), *e->value, e->line, s.name("secret"))) out.push_back(std::move(*secret));
        return;
    }
    if (e->value->items.empty()) s.context().faults.error(e->line, s.name("secret") + ": the list is empty; give at least one secret");
    for (size_t i = 0; i < e->value->items.size(); ++i)
        if (auto secret = read_secret(s.context(), *e->value->items[i], e->line, s.name("secret") + "[" + std::to_string(i) + "]"))
            out.push_back(std::move(*secret));
}

void read_retry(Section& s, std::vector<Millis>& out) {
    using namespace std::chrono_literals;
    out = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
    const auto* e = s.entry("retry");
    if (!e) return;
    if (e->value->kind != Node::Kind::sequence)
        return s.context().faults.error(
            e->line, s.name("retry") + ": expected a list of waits, such as [5s, 5m, 30m], found " + e->value->described());
    if (e->value->items.size() > k_most_retries)
        return s.context().faults.error(
            e->line, s.name("retry") + ": has more than " + std::to_string(k_most_retries) + " waits; use fewer and longer ones");
    out.clear();
    for (const auto& item : e->value->items)
        if (const auto wait = read_duration(s.context(), *item, e->line, s.name("retry"), Millis(1), std::chrono::hours(24 * 7)))
            out.push_back(*wait);
}

} // namespace

bool is_name(std::string_view name) {
    const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 63 && good(name[0]) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return good(c) || c == '-' || c == '_'; });
}

void read_sources(Context& context, const Node& node, int line, std::vector<std::shared_ptr<const Source>>& out) {
    each_named(context, node, line, "sources", [&](const Node::Entry& entry, const std::string& where) {
        Section s(context, *entry.value, entry.line, where, {"plugin", "path", "settings", "fetch_back", "subscription", "recover"});
        auto source = std::make_shared<Source>();
        source->name = entry.key;
        source->position = {context.faults.file(), entry.line};
        if (const auto* e = s.required("plugin", "the name of a plugin (see: gatehouse plugins)"))
            if (auto name = read_name(context, *e->value, e->line, s.name("plugin"))) {
                if (name->size() > 40 || name->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != name->npos)
                    context.faults.error(e->line,
                                         s.name("plugin") + ": " + shown(*name) + " cannot be a plugin's name; those have a-z, 0-9 and -");
                source->plugin = std::move(*name);
            }
        if (const auto* e = s.required("path", "where the provider posts to, such as /hooks/" + entry.key))
            if (s.text("path", source->path, &source->display_path)) {
                const std::string fault = path_fault(source->path);
                if (!fault.empty()) context.faults.error(e->line, s.name("path") + ": " + shown(source->display_path) + " " + fault);
            }
        if (const auto* e = s.entry("settings")) {
            if (auto settings = read_settings(context, *e->value, e->line, s.name("settings"))) source->settings = std::move(*settings);
        } else {
            source->settings.json = Secret("{}");
            source->settings.origins[""] = {source->position, false};
        }
        if (const auto* e = s.entry("fetch_back")) read_fetch_back(context, *e->value, e->line, s.name("fetch_back"), source->fetch_back);
        if (const auto* e = s.entry("subscription")) read_subscription(context, *e->value, e->line, s.name("subscription"), *source);
        s.choice<bool>("recover", source->recover_automatically, {{"offer", false}, {"auto", true}});
        out.push_back(std::move(source));
    });
}

void read_destinations(Context& context, const Node& node, int line, std::vector<std::shared_ptr<const Destination>>& out) {
    each_named(context, node, line, "destinations", [&](const Node::Entry& entry, const std::string& where) {
        Section s(context, *entry.value, entry.line, where,
                  {"url", "secret", "format", "payload", "concurrency", "timeout", "ordering", "retry"});
        auto destination = std::make_shared<Destination>();
        destination->name = entry.key;
        destination->position = {context.faults.file(), entry.line};
        if (const auto* e = s.required("url", "the address of the application, such as http://127.0.0.1:3000/events")) {
            std::string written;
            if (s.text("url", destination->url, &written)) {
                const std::string fault = url_fault(destination->url);
                if (!fault.empty()) context.faults.error(e->line, s.name("url") + ": " + shown(without_user_info(written)) + " " + fault);
            }
        }
        read_secrets(s, destination->secrets);
        s.choice<Format>("format", destination->format,
                         {{"raw", Format::raw},
                          {"cloudevents-binary", Format::cloudevents_binary},
                          {"cloudevents-structured", Format::cloudevents_structured}});
        s.choice<Payload>("payload", destination->payload,
                          {{"notification", Payload::notification}, {"document", Payload::document}, {"both", Payload::both}});
        s.integer("concurrency", destination->concurrency, 1, 1000);
        s.duration("timeout", destination->timeout, Millis(100), std::chrono::minutes(5));
        s.choice<Ordering>("ordering", destination->ordering, {{"none", Ordering::none}, {"key", Ordering::key}});
        read_retry(s, destination->retry);
        out.push_back(std::move(destination));
    });
}

void read_routes(Context& context, const Node& node, int line, std::vector<Route>& out) {
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::sequence)
        return context.faults.error(node.kind == Node::Kind::mapping ? line : node.line,
                                    "routes: expected a list, such as - {from: bank, to: app}, found " + node.described());
    for (size_t i = 0; i < node.items.size(); ++i) {
        const Node& item = *node.items[i];
        Section s(context, item, item.line, "routes[" + std::to_string(i) + "]", {"from", "types", "to"});
        Route route;
        route.position = {context.faults.file(), item.line};
        if (s.required("from", "the name of a source")) s.names("from", route.from);
        if (s.required("to", "the name of a destination")) s.names("to", route.to);
        if (s.names("types", route.types))
            for (const std::string& type : route.types) {
                const size_t star = type.find('*');
                const bool good = star == type.npos || type == "*" || (star + 1 == type.size() && star >= 2 && type[star - 1] == '.');
                if (!good || type.find_first_of(" \t\r\n") != type.npos)
                    context.faults.error(
                        s.entry("types")->line,
                        s.name("types") + ": " + shown(type) + " is no pattern; write a type, a beginning such as \"user.*\", or \"*\"");
            }
        out.push_back(std::move(route));
    }
}

} // namespace gh::config
