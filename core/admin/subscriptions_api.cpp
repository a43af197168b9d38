#include "core/admin/api.hpp"

namespace gh::admin {

namespace {

http::Response no_source(const std::string& reason) {
    return http::problem(404, "No such source", reason + ".");
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
            return http::problem(502, "The provider did not accept this", end.text);
        default:
            return http::problem(500, "The operation failed in source " + source, end.text);
    }
}

} // namespace

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
