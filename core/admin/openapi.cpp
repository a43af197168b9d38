#include "core/admin/endpoint.hpp"

namespace gh::admin {

namespace {

/// Members as "name:type", "?" behind a type that may be null. Types: s string, t date-time, u uuid, i integer, n number, b boolean, o any
/// object, l list of strings, * anything, @Name another schema, [Name a list of it.
struct Schema {
    std::string_view name, members;
};

constexpr Schema k_schemas[] = {
    {"EventSummary",
     "id:u seq:i source:s plugin:s type:s subject:s dedupe_key:s ordering_key:s received_at:t occurred_at:t? status:s trust:s recovered:b "
     "duplicates:i fetch_attempts:i reason:s"},
    {"Event",
     "id:u seq:i source:s plugin:s type:s subject:s dedupe_key:s ordering_key:s received_at:t occurred_at:t? status:s trust:s recovered:b "
     "duplicates:i fetch_attempts:i reason:s hint:s request:@Request document:* document_info:* deliveries:[Delivery"},
    {"Request", "method:s path:s headers:[Header body:s remote:s"},
    {"Header", "name:s value:s"},
    {"Delivery",
     "id:u event:u source:s type:s destination:s status:s attempt_count:i next_attempt_at:t? created_at:t finished_at:t? last_outcome:s "
     "-attempts:[Attempt"},
    {"Attempt", "id:u started_at:t duration_ms:i status:i outcome:s error:s response:s"},
    {"EventReplay", "event:u deliveries:[NewDelivery"},
    {"NewDelivery", "id:u destination:s"},
    {"Retries", "items:[Retry retried:i"},
    {"Retry", "id:u result:s"},
    {"Replay",
     "id:u status:s source:s type:s since:t? until:t to:s dry_run:b rate:n matched:i created:i skipped:i started_at:t finished_at:t? "
     "error:s"},
    {"Source", "name:s plugin:s path:s state:s reason:s routes:[SourceRoute operations:[SourceOperation fetch_back:s counters:o"},
    {"SourceRoute", "method:s path:s -source:s -max_body:i"},
    {"SourceOperation", "name:s kind:s summary:s"},
    {"Destination",
     "name:s url:s state:s disabled:b paused:b reason:s throttled_until:t? in_flight:i -format:s -payload:s -concurrency:i -timeout:s "
     "-ordering:s counters:o"},
    {"Route", "from:l types:l to:l"},
    {"Plugin",
     "name:s version:s summary:s file:s state:s code:s reason:s signed_by:s generation:i isolation:s workers:[PluginWorker abi:o "
     "sources:l routes:[SourceRoute -settings_schema:*"},
    {"PluginWorker", "source:s state:s pid:i crashes:i last_crash:s"},
    {"Reverification", "items:[Reverified released:i refused:i failed:i more:b next:s"},
    {"Reverified", "id:u source:s result:s event:u? code:s hint:s"},
    {"Reload", "generation:i warnings:l"},
    {"Recovery",
     "id:u source:s status:s since:t until:t dry_run:b resumed:b pages:i found:i stored:i known:i unrecoverable_count:i "
     "unrecoverable:[Unrecoverable error:s started_at:t finished_at:t?"},
    {"Unrecoverable", "what:s reason:s"},
    {"Subscription",
     "source:s plugin:s id:s state:s provider_state:s ours:b from_memory:b subscription:o expires_at:t? detail:s drift:[SubscriptionDrift "
     "checked_at:t? next_at:t?"},
    {"SubscriptionDrift", "key:s wanted:* there:*"},
    {"SubscriptionPlan",
     "source:s plugin:s wanted:b reconcile:s checked_at:t? next_at:t? error:s subscriptions:[Subscription steps:[SubscriptionStep "
     "results:[SubscriptionResult notes:l"},
    {"SubscriptionStep", "step:s id:s why:s replaces:s"},
    {"SubscriptionResult", "step:s id:s why:s replaces:s done:b text:s"},
    {"Operation", "source:s name:s kind:s summary:s arguments_schema:*"},
    {"OperationResult", "source:s operation:s kind:s content_type:s result:* captured:l notes:l"},
    {"Problem", "type:s title:s status:i -detail:s -instance:s"},
};

std::string reference(std::string_view name) {
    return "{\"$ref\":\"#/components/schemas/" + std::string(name) + "\"}";
}

std::string type_text(std::string_view type) {
    const bool nullable = type.ends_with('?');
    const auto simple = [&](std::string_view name, std::string_view format = {}) {
        std::string out = nullable ? "{\"type\":[\"" + std::string(name) + "\",\"null\"]" : "{\"type\":\"" + std::string(name) + '"';
        if (!format.empty()) (out += ",\"format\":\"" + std::string(format)) += '"';
        return out + '}';
    };
    switch (type[0]) {
        case 's':
            return simple("string");
        case 't':
            return simple("string", "date-time");
        case 'u':
            return simple("string", "uuid");
        case 'i':
            return simple("integer", "int64");
        case 'n':
            return simple("number");
        case 'b':
            return simple("boolean");
        case 'o':
            return simple("object");
        case 'l':
            return "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}";
        case '@':
            return reference(type.substr(1));
        case '[':
            return "{\"type\":\"array\",\"items\":" + reference(type.substr(1)) + '}';
        default:
            return "{}";
    }
}

void write_schema(json::Writer& w, const Schema& schema) {
    std::vector<std::string_view> required;
    w.name(schema.name).object().member("type", "object").name("properties").object();
    for (std::string_view rest = schema.members; !rest.empty();) {
        std::string_view member = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), member.size() + 1));
        const bool optional = member.starts_with('-');
        member.remove_prefix(optional);
        const std::string_view name = member.substr(0, member.find(':'));
        w.name(name).raw(type_text(member.substr(name.size() + 1)));
        if (!optional) required.push_back(name);
    }
    w.end().name("required").array();
    for (const auto name : required) w.value(name);
    w.end().member("additionalProperties", false).end();
}

std::string_view parameter_schema(const Parameter& p) {
    switch (p.type) {
        case Type::text:
            return R"({"type":"string"})";
        case Type::integer:
            return R"({"type":"integer","minimum":1,"maximum":500,"default":50})";
        case Type::boolean:
            return R"({"type":"boolean","default":false})";
        case Type::time:
            return R"({"type":"string","format":"date-time"})";
        case Type::uuid:
            return R"({"type":"string","format":"uuid"})";
        case Type::uuids:
            return R"({"type":"array","items":{"type":"string","format":"uuid"},"maxItems":1000})";
        case Type::event_status:
            return R"({"type":"string","enum":["received","fetching","ready","delivered","dead","conflict","refused"]})";
        case Type::delivery_status:
            return R"({"type":"string","enum":["pending","delivered","dead","cancelled"]})";
        case Type::rate:
            return R"({"type":["string","number"]})";
        case Type::object:
            return R"({"type":"object"})";
    }
    return "{}";
}

void write_parameters(json::Writer& w, const Endpoint& e) {
    w.name("parameters").array();
    for (size_t open = e.path.find('{'); open != std::string_view::npos; open = e.path.find('{', open + 1)) {
        const std::string_view name = e.path.substr(open + 1, e.path.find('}', open) - open - 1);
        w.object().member("name", name).member("in", "path").member("required", true).name("schema").raw(R"({"type":"string"})").end();
    }
    for (const auto& p : e.query) {
        w.object().member("name", p.name).member("in", "query").member("description", p.about).member("required", p.required);
        w.name("schema").raw(parameter_schema(p)).end();
    }
    const auto header = [&](const char* name, const char* about) {
        w.object()
            .member("name", name)
            .member("in", "header")
            .member("description", about)
            .name("schema")
            .raw(R"({"type":"string"})")
            .end();
    };
    if (e.method == "POST") header("Idempotency-Key", "A repeated request with the same key and body gets the first one's answer.");
    if (!e.run) header("Last-Event-ID", "The last id received; the stream goes on behind it.");
    w.end();
}

void write_body(json::Writer& w, const Endpoint& e) {
    if (e.body.empty()) return;
    const bool required = std::any_of(e.body.begin(), e.body.end(), [](const Parameter& p) { return p.required; });
    w.name("requestBody").object().member("required", required).name("content").object().name("application/json").object();
    w.name("schema").object().member("type", "object").name("properties").object();
    for (const auto& p : e.body) {
        std::string schema(parameter_schema(p));
        schema.pop_back();
        w.name(p.name).raw(schema + ",\"description\":" + [&] {
            json::Writer d;
            d.value(p.about);
            return d.take();
        }() + '}');
    }
    w.end().name("required").array();
    for (const auto& p : e.body)
        if (p.required) w.value(p.name);
    w.end().member("additionalProperties", false).end().end().end().end();
}

void write_answers(json::Writer& w, const Endpoint& e) {
    const bool media = e.answer.find('/') != std::string_view::npos;
    w.name("responses").object().name(std::to_string(e.status)).object().member("description", "Done.").name("content").object();
    if (media)
        w.name(e.answer).object().end();
    else if (e.answer.starts_with('*'))
        w.name("application/json")
            .object()
            .name("schema")
            .raw("{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\",\"items\":" + reference(e.answer.substr(1)) +
                 "},\"next\":{\"type\":\"string\"}},\"required\":[\"items\",\"next\"]}")
            .end();
    else
        w.name("application/json").object().name("schema").raw(reference(e.answer)).end();
    w.end().end().name("default").object().member("description", "A problem (RFC 9457).").name("content").object();
    w.name("application/problem+json").object().name("schema").raw(reference("Problem")).end().end().end().end();
}

} // namespace

std::string openapi(std::string_view version) {
    json::Writer w;
    w.object().member("openapi", "3.1.0").name("info").object().member("title", "Gatehouse admin API").member("version", version);
    w.member("description",
             "Times are RFC 3339 in UTC with milliseconds, ids are UUIDv7. Lists are {\"items\", \"next\"}; an empty next is the end.");
    w.end().name("security").raw(R"([{"token":[]},{}])").name("paths").object();
    const auto& all = endpoints();
    for (size_t i = 0; i < all.size(); ++i) {
        // Endpoints of one path stand in one object.
        const auto same = [&](const Endpoint& e) { return e.path == all[i].path; };
        if (std::any_of(all.begin(), all.begin() + static_cast<ptrdiff_t>(i), same)) continue;
        w.name(all[i].path).object();
        for (const auto& e : all) {
            if (!same(e)) continue;
            w.name(e.method == "GET" ? "get" : "post").object().member("operationId", e.id).member("summary", e.about);
            if (e.open) w.name("security").raw("[]");
            write_parameters(w, e);
            write_body(w, e);
            write_answers(w, e);
            w.end();
        }
        w.end();
    }
    w.end().name("components").object().name("securitySchemes").raw(R"({"token":{"type":"http","scheme":"bearer"}})");
    w.name("schemas").object();
    for (const auto& schema : k_schemas) write_schema(w, schema);
    w.end().end().end();
    return w.take() + "\n";
}

} // namespace gh::admin
