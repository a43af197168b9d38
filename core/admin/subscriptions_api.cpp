#include "core/admin/api.hpp"

#include <algorithm>

namespace gh::admin {

namespace {

http::Response no_source(const std::string& reason) {
    return http::problem(404, "No such source", reason + (reason.ends_with('?') ? "" : "."));
}

/// An operation that did not succeed, in a person's words. A provider that says no is not our client's fault: 502.
http::Response operation_failed(const subscriptions::OperationEnd& end, const std::string& source) {
    using Kind = subscriptions::OperationEnd::Kind;
    switch (end.kind) {
        case Kind::unknown:
            return http::problem(404, "No such operation", end.text);
        case Kind::arguments:
            return http::problem(400, "Bad arguments", end.text);
        case Kind::gone:
            return http::problem(404, "Not there any more", "The provider says: " + end.text);
        case Kind::retry: {
            auto response = http::problem(503, "The provider cannot be asked just now", end.text);
            const auto wait = std::chrono::ceil<std::chrono::seconds>(end.retry_after).count();
            response.fields.push_back({"Retry-After", std::to_string(std::max<int64_t>(wait, 1))});
            return response;
        }
        case Kind::refused:
            return http::problem(502, "The provider refuses", end.text);
        case Kind::invalid:
            return http::problem(502, "Not accepted", end.text);
        case Kind::no_key:
            return http::problem(409, "Its secret could not be kept", end.text);
        default:
            return http::problem(500, "The operation failed in source " + source, end.text);
    }
}

std::optional<std::string> text_of(const std::optional<Time>& t) {
    return t ? std::optional(to_rfc3339(*t)) : std::nullopt;
}

void write_subscription(json::Writer& w, const subscriptions::View& v, const subscriptions::Line& line) {
    const auto& r = line.record;
    w.object().member("source", v.source).member("plugin", v.plugin).member("id", r.id).member("state", line.state);
    w.member("provider_state", r.state).member("ours", line.ours).member("from_memory", r.from_memory);
    const auto hidden = [&](const std::string& name) {
        return std::find(v.block.hidden.begin(), v.block.hidden.end(), name) != v.block.hidden.end();
    };
    w.name("subscription").object();
    for (const auto& member : r.facts.members)
        if (!hidden(member.name)) w.name(member.name).raw(member.value.write());
    w.end().member("expires_at", text_of(r.expires_at)).member("detail", r.detail).name("drift").array();
    const auto wanted = plugin::Json::parse(v.block.json.empty() ? "{}" : v.block.json);
    for (const auto& key : line.differs) {
        const auto side = [&](const plugin::Json* value) {
            if (!value)
                w.null();
            else if (hidden(key))
                w.value("(hidden: it stands in the configuration by reference)");
            else
                w.raw(value->write());
        };
        w.object().member("key", key).name("wanted");
        side(wanted ? wanted->member(key) : nullptr);
        w.name("there");
        side(r.facts.member(key));
        w.end();
    }
    w.end().member("checked_at", text_of(v.checked_at)).member("next_at", text_of(v.next_at)).end();
}

void write_step(json::Writer& w, const subscriptions::Step& step) {
    w.member("step", subscriptions::to_text(step.kind)).member("id", step.id).member("why", step.why).member("replaces", step.replaces);
}

void write_view(json::Writer& w, const subscriptions::View& v) {
    w.object().member("source", v.source).member("plugin", v.plugin).member("wanted", v.wanted);
    w.member("reconcile", v.automatic ? "auto" : "manual");
    w.member("checked_at", text_of(v.checked_at)).member("next_at", text_of(v.next_at)).member("error", v.error);
    w.name("subscriptions").array();
    for (const auto& line : v.plan.lines) write_subscription(w, v, line);
    w.end().name("steps").array();
    for (const auto& step : v.plan.steps) {
        write_step(w.object(), step);
        w.end();
    }
    w.end().name("results").array();
    for (const auto& result : v.results) {
        write_step(w.object(), result.step);
        w.member("done", result.done).member("text", result.text).end();
    }
    w.end().name("notes").array();
    for (const auto& note : v.plan.notes) w.value(note);
    w.end().end();
}

} // namespace

std::optional<http::Response> Api::subscribing(Call& call, std::vector<std::shared_ptr<plugin::Source>>& out) {
    if (!services_.subscriptions) return std::nullopt;
    const std::string name = call.text("source");
    if (name.empty()) {
        out = services_.subscriptions->sources();
        return std::nullopt;
    }
    std::string reason;
    const auto source = services_.subscriptions->find(name, reason);
    if (!source) return no_source(reason);
    out.push_back(source);
    return std::nullopt;
}

http::Response Api::list_subscriptions(Call& call) {
    std::vector<std::shared_ptr<plugin::Source>> sources;
    if (auto no = subscribing(call, sources)) return std::move(*no);
    json::Writer w;
    w.object().name("items").array();
    for (const auto& source : sources) {
        auto view = services_.subscriptions->last(source);
        if (call.boolean("refresh") || (!view.checked_at && view.error.empty())) {
            services_.subscriptions->look(source, false);
            view = services_.subscriptions->last(source);
        }
        for (const auto& line : view.plan.lines) write_subscription(w, view, line);
        if (view.error.empty()) continue;
        subscriptions::Line unknown;
        unknown.state = "unknown";
        unknown.record.detail = view.error;
        write_subscription(w, view, unknown);
    }
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::views(Call& call, const std::function<subscriptions::View(const std::shared_ptr<plugin::Source>&)>& view_of) {
    std::vector<std::shared_ptr<plugin::Source>> sources;
    if (auto no = subscribing(call, sources)) return std::move(*no);
    json::Writer w;
    w.object().name("items").array();
    for (const auto& source : sources) write_view(w, view_of(source));
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::plan_subscriptions(Call& call) {
    const bool prune = call.boolean("prune");
    return views(call, [&](const auto& source) { return services_.subscriptions->look(source, prune); });
}

http::Response Api::apply_subscriptions(Call& call) {
    const bool prune = call.boolean("prune");
    return views(call, [&](const auto& source) { return services_.subscriptions->apply(source, prune); });
}

http::Response Api::list_operations(Call& call) {
    std::string reason;
    const auto source = services_.subscriptions ? services_.subscriptions->find(call.segment(), reason) : nullptr;
    if (!source) return no_source(reason);
    json::Writer w;
    w.object().name("items").array();
    for (const auto& o : source->operations()) {
        w.object().member("source", source->name()).member("name", o.name).member("kind", o.kind).member("summary", o.summary);
        w.name("arguments_schema");
        if (json::is_json(o.arguments_schema))
            w.raw(o.arguments_schema);
        else
            w.null();
        w.end();
    }
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::call_operation(Call& call) {
    std::string reason;
    const auto source = services_.subscriptions ? services_.subscriptions->find(call.segment(), reason) : nullptr;
    if (!source) return no_source(reason);
    const std::string& name = call.second_segment();
    const auto called = services_.subscriptions->call(source, name, call.object("arguments"));
    if (!called.end.ok()) return operation_failed(called.end, source->name());
    json::Writer w;
    w.object().member("source", source->name()).member("operation", name).member("kind", called.kind);
    w.member("content_type", called.end.content_type).name("result");
    if (called.end.body.empty())
        w.null();
    else if (json::is_json(called.end.body))
        w.raw(called.end.body);
    else
        w.value(called.end.body);
    w.name("captured").array();
    for (const auto& setting : called.captured) w.value(setting);
    w.end().name("notes").array();
    for (const auto& note : called.notes) w.value(note);
    w.end().end();
    return answer(w);
}

} // namespace gh::admin
