#include "core/admin/api.hpp"
#include "core/admin/render.hpp"

namespace gh::admin {

namespace {

void write_counters(json::Writer& w, const std::map<std::string, uint64_t>& counters) {
    w.object();
    for (const auto& [name, n] : counters) w.member(name, n);
    w.end();
}

void write_names(json::Writer& w, const std::vector<std::string>& names) {
    w.array();
    for (const auto& n : names) w.value(n);
    w.end();
}

std::string_view to_text(config::FetchBackMode mode) {
    switch (mode) {
        case config::FetchBackMode::off:
            return "off";
        case config::FetchBackMode::best_effort:
            return "best-effort";
        case config::FetchBackMode::required:
            return "required";
    }
    return "off";
}

std::string_view to_text(config::Format format) {
    switch (format) {
        case config::Format::raw:
            return "raw";
        case config::Format::cloudevents_binary:
            return "cloudevents-binary";
        case config::Format::cloudevents_structured:
            return "cloudevents-structured";
    }
    return "raw";
}

std::string_view to_text(config::Payload payload) {
    switch (payload) {
        case config::Payload::notification:
            return "notification";
        case config::Payload::document:
            return "document";
        case config::Payload::both:
            return "both";
    }
    return "notification";
}

void write_source(json::Writer& w, const plugin::SourceSlot& slot, const Metrics& metrics) {
    const config::Source& c = *slot.config;
    const Labels::value_type mine{"source", c.name};
    w.object().member("name", c.name).member("plugin", c.plugin).member("path", c.display_path);
    w.member("state", slot.source ? "open" : "refused").member("reason", slot.reason);
    w.name("routes").array();
    if (slot.source)
        for (const auto& r : slot.source->routes())
            w.object().member("method", r.method).member("path", shown_target(r.path, &c)).member("max_body", r.max_body).end();
    w.end().name("operations").array();
    if (slot.source)
        for (const auto& o : slot.source->operations())
            w.object().member("name", o.name).member("kind", o.kind).member("summary", o.summary).end();
    w.end().member("fetch_back", to_text(c.fetch_back.mode));
    w.name("counters").object();
    write_counters(w.name("requests"), metrics.counters("gatehouse_ingest_requests_total", mine, "outcome"));
    write_counters(w.name("fetch_back"), metrics.counters("gatehouse_fetch_back_total", mine, "outcome"));
    write_counters(w.name("quarantine"), metrics.counters("gatehouse_quarantine_total", mine, "reason"));
    w.end().end();
}

void write_destination(json::Writer& w, const delivery::DestinationState& state, const config::Config& config, const Metrics& metrics) {
    w.object().member("name", state.name).member("url", state.url);
    w.member("state", state.disabled ? "disabled" : state.paused ? "paused" : state.throttled_until ? "throttled" : "active");
    w.member("disabled", state.disabled).member("paused", state.paused).member("reason", state.reason);
    w.member("throttled_until", state.throttled_until ? std::optional(to_rfc3339(*state.throttled_until)) : std::nullopt);
    w.member("in_flight", state.in_flight);
    for (const auto& d : config.destinations) {
        if (d->name != state.name) continue;
        w.member("format", to_text(d->format)).member("payload", to_text(d->payload)).member("concurrency", d->concurrency);
        w.member("timeout", gh::to_text(d->timeout)).member("ordering", d->ordering == config::Ordering::key ? "key" : "none");
    }
    w.name("counters").object();
    write_counters(w.name("attempts"), metrics.counters("gatehouse_delivery_attempts_total", {"destination", state.name}, "outcome"));
    w.end().end();
}

void write_plugin(json::Writer& w, const plugin::PluginInfo& p, const plugin::Generation& generation, bool whole) {
    w.object().member("name", p.name).member("version", p.version).member("summary", p.summary).member("file", p.file.string());
    w.member("state", p.state)
        .member("code", p.code)
        .member("reason", p.reason)
        .member("signed_by", p.signed_by)
        .member("generation", p.generation);
    w.member("isolation", p.isolation).name("workers").array();
    for (const auto& slot : generation.slots) {
        const auto worker = slot.source && slot.config->plugin == p.name && p.state == "loaded" ? slot.source->worker() : std::nullopt;
        if (!worker) continue;
        w.object().member("source", slot.config->name).member("state", worker->state).member("pid", worker->pid);
        w.member("crashes", worker->crashes).member("last_crash", worker->last_crash).end();
    }
    w.end();
    w.name("abi")
        .object()
        .member("built", "1." + std::to_string(p.abi_minor_built))
        .member("needs", "1." + std::to_string(p.abi_minor_needed))
        .end();
    write_names(w.name("sources"), p.sources);
    w.name("routes").array();
    for (const auto& slot : generation.slots)
        if (slot.source && slot.config->plugin == p.name)
            for (const auto& r : slot.source->routes())
                w.object()
                    .member("source", slot.config->name)
                    .member("method", r.method)
                    .member("path", shown_target(r.path, slot.config.get()))
                    .end();
    w.end();
    if (whole) {
        w.name("settings_schema");
        if (json::is_json(p.settings_schema))
            w.raw(p.settings_schema);
        else
            w.null();
    }
    w.end();
}

} // namespace

http::Response Api::list_sources(Call&) {
    const auto generation = services_.generation();
    const auto config = services_.config();
    json::Writer w;
    w.object().name("items").array();
    for (const auto& source : config->sources) {
        plugin::SourceSlot slot{source, nullptr, "not opened yet"};
        for (const auto& s : generation->slots)
            if (s.config->name == source->name) slot = s;
        write_source(w, slot, services_.metrics);
    }
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::list_destinations(Call&) {
    const auto config = services_.config();
    json::Writer w;
    w.object().name("items").array();
    for (const auto& state : services_.destinations()) write_destination(w, state, *config, services_.metrics);
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::switched(Call& call, const std::function<Status(const std::string&, bool)>& change, bool on) {
    const std::string& name = call.segment();
    const auto missing = [&] { return http::problem(404, "No such destination", "No destination is called \"" + name + "\"."); };
    const auto find = [&]() -> std::optional<delivery::DestinationState> {
        for (const auto& state : services_.destinations())
            if (state.name == name) return state;
        return std::nullopt;
    };
    if (!find()) return missing();
    if (const Status done = change(name, on); !done) {
        if (!find()) return missing();
        return store_failed(done.error());
    }
    const auto state = find();
    if (!state) return missing();
    json::Writer w;
    write_destination(w, *state, *services_.config(), services_.metrics);
    return answer(w);
}

http::Response Api::enable(Call& call) {
    return switched(call, services_.set_disabled, false);
}
http::Response Api::disable(Call& call) {
    return switched(call, services_.set_disabled, true);
}
http::Response Api::pause(Call& call) {
    return switched(call, services_.set_paused, true);
}
http::Response Api::resume(Call& call) {
    return switched(call, services_.set_paused, false);
}

http::Response Api::list_routes(Call&) {
    const auto config = services_.config();
    json::Writer w;
    w.object().name("items").array();
    for (const auto& r : config->routes) {
        w.object();
        write_names(w.name("from"), r.from);
        write_names(w.name("types"), r.types);
        write_names(w.name("to"), r.to);
        w.end();
    }
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::list_plugins(Call&) {
    const auto generation = services_.generation();
    json::Writer w;
    w.object().name("items").array();
    for (const auto& p : generation->plugins) write_plugin(w, p, *generation, false);
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::show_plugin(Call& call) {
    const auto generation = services_.generation();
    for (const auto& p : generation->plugins) {
        if (p.name != call.segment() && p.file.filename() != call.segment()) continue;
        json::Writer w;
        write_plugin(w, p, *generation, true);
        return answer(w);
    }
    return http::problem(404, "No such plugin", "No plugin is called \"" + call.segment() + "\". GET /api/v1/plugins lists them.");
}

http::Response Api::reload(Call&) {
    if (const Status done = services_.reload(); !done)
        return http::problem(422, "Not reloaded, the old configuration serves on", done.error().message);
    json::Writer w;
    w.object().member("generation", services_.generation()->number).name("warnings").array();
    const auto config = services_.config(); // another reload may replace it meanwhile
    for (const auto& warning : config->warnings) w.value(warning.text());
    w.end().end();
    return answer(w);
}

} // namespace gh::admin
