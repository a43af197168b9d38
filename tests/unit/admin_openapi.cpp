// The OpenAPI document against what is really served.
#include <set>

#include "tests/unit/admin_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

using Pair = std::pair<std::string, std::string>;

const json::Value& resolve(const json::Value& document, const json::Value& schema) {
    const std::string ref(schema.text_of("$ref"));
    if (ref.empty()) return schema;
    const json::Value* found = document.find("components")->find("schemas")->find(ref.substr(ref.rfind('/') + 1));
    BOOST_REQUIRE_MESSAGE(found, "no schema " << ref);
    return *found;
}

bool kind_fits(const std::string& type, json::Kind kind) {
    if (type == "string") return kind == json::Kind::string;
    if (type == "integer" || type == "number") return kind == json::Kind::number;
    if (type == "boolean") return kind == json::Kind::boolean;
    if (type == "array") return kind == json::Kind::array;
    if (type == "object") return kind == json::Kind::object;
    return type == "null" && kind == json::Kind::null;
}

/// Types, required members and the absence of others, all the way down.
void check(const json::Value& document, const json::Value& schema_or_reference, const json::Value& value, const std::string& where) {
    const json::Value& schema = resolve(document, schema_or_reference);
    if (const json::Value* type = schema.find("type")) {
        bool fits = type->kind == json::Kind::string && kind_fits(type->text, value.kind);
        for (const auto& t : type->items) fits = fits || kind_fits(t.text, value.kind);
        BOOST_TEST(fits, where << " should be " << type->raw << ", is " << value.raw);
    }
    if (const json::Value* items = schema.find("items"))
        for (const auto& item : value.items) check(document, *items, item, where + "[]");
    const json::Value* properties = schema.find("properties");
    if (!properties) return;
    for (const auto& name : schema.find("required")->items)
        BOOST_TEST(value.find(name.text) != nullptr, where << "." << name.text << " is missing");
    for (const auto& [name, member] : value.members) {
        const json::Value* known = properties->find(name);
        BOOST_TEST(known != nullptr, where << "." << name << " is not described");
        if (known) check(document, *known, member, where + "." + name);
    }
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_openapi, AdminFixture)

BOOST_AUTO_TEST_CASE(it_lists_what_is_served_and_nothing_else) {
    const Parsed document(get("/api/v1/openapi.json").body);
    BOOST_TEST(document["openapi"].text == "3.1.0");
    std::set<Pair> described, served;
    for (const auto& [path, methods] : document["paths"].members)
        for (const auto& [method, operation] : methods.members) {
            std::string upper = method;
            for (char& c : upper) c = static_cast<char>(std::toupper(c));
            described.insert({upper, path});
        }
    for (const auto& o : admin::Admin::operations()) served.insert({o.method, o.path});
    BOOST_TEST((described == served));

    // What the interface promises, whatever the table says.
    for (const Pair& p : std::vector<Pair>{{"GET", "/api/v1/events"},
                                           {"GET", "/api/v1/events/{id}"},
                                           {"POST", "/api/v1/events/{id}/replay"},
                                           {"GET", "/api/v1/events/stream"},
                                           {"GET", "/api/v1/deliveries"},
                                           {"POST", "/api/v1/deliveries/{id}/retry"},
                                           {"GET", "/api/v1/attempts"},
                                           {"GET", "/api/v1/sources"},
                                           {"GET", "/api/v1/destinations"},
                                           {"GET", "/api/v1/routes"},
                                           {"GET", "/api/v1/plugins"},
                                           {"GET", "/api/v1/quarantine"},
                                           {"POST", "/api/v1/quarantine/reverify"},
                                           {"POST", "/api/v1/replays"},
                                           {"GET", "/api/v1/replays/{id}"},
                                           {"POST", "/api/v1/retries"},
                                           {"POST", "/api/v1/reload"},
                                           {"GET", "/api/v1/openapi.json"},
                                           {"GET", "/metrics"},
                                           {"GET", "/healthz"},
                                           {"GET", "/readyz"},
                                           {"GET", "/"}})
        BOOST_TEST(described.contains(p), p.first << " " << p.second);

    for (const auto& [method, path] : described) {
        if (path == "/api/v1/events/stream") continue;
        std::string target = path;
        if (const size_t open = target.find('{'); open != std::string::npos) target.replace(open, target.find('}') - open + 1, "nobody");
        const Answer a = request(port, method, target);
        // 404 is said by what is served too, but not in these words.
        BOOST_TEST(!has(a.body, "Nothing is served here"), method << " " << path);
        BOOST_TEST(a.status != 405, method << " " << path);
        BOOST_TEST(a.status != 0, method << " " << path);
    }
}

BOOST_AUTO_TEST_CASE(answers_look_as_described) {
    const Uuid id = add("user.created", "u1");
    const Parsed replayed(post("/api/v1/events/" + id.text() + "/replay").body);
    const std::string delivery(replayed["deliveries"].items.at(0).text_of("id"));
    store.record_attempt(
        {Uuid::v7(clock.now()), *Uuid::parse(delivery), clock.now(), Millis(1), 500, "http_500", "", "", store::DeliveryStatus::dead, {}},
        [](const Status&) {});
    refuse("bad");
    const std::string replay(Parsed(post("/api/v1/replays", "{\"dry_run\":true}").body)["id"].text);

    const Parsed document(get("/api/v1/openapi.json").body);
    const std::vector<std::pair<std::string, Answer>> answers = {
        {"get /api/v1/events", get("/api/v1/events")},
        {"get /api/v1/events/{id}", get("/api/v1/events/" + id.text())},
        {"get /api/v1/deliveries", get("/api/v1/deliveries")},
        {"get /api/v1/deliveries/{id}", get("/api/v1/deliveries/" + delivery)},
        {"get /api/v1/attempts", get("/api/v1/attempts?delivery=" + delivery)},
        {"get /api/v1/sources", get("/api/v1/sources")},
        {"get /api/v1/destinations", get("/api/v1/destinations")},
        {"get /api/v1/routes", get("/api/v1/routes")},
        {"get /api/v1/plugins", get("/api/v1/plugins")},
        {"get /api/v1/plugins/{name}", get("/api/v1/plugins/acme")},
        {"get /api/v1/quarantine", get("/api/v1/quarantine")},
        {"get /api/v1/replays", get("/api/v1/replays")},
        {"get /api/v1/replays/{id}", get("/api/v1/replays/" + replay)},
        {"post /api/v1/replays/{id}/cancel", post("/api/v1/replays/" + replay + "/cancel")},
        {"post /api/v1/replays", post("/api/v1/replays", "{\"dry_run\":true}")},
        {"post /api/v1/events/{id}/replay", post("/api/v1/events/" + id.text() + "/replay")},
        {"post /api/v1/retries", post("/api/v1/retries", "{\"ids\":[\"" + delivery + "\"]}")},
        {"post /api/v1/deliveries/{id}/retry", post("/api/v1/deliveries/" + delivery + "/retry")},
        {"post /api/v1/quarantine/reverify", post("/api/v1/quarantine/reverify")},
        {"post /api/v1/destinations/{name}/pause", post("/api/v1/destinations/app/pause")},
        {"post /api/v1/reload", post("/api/v1/reload")},
    };
    for (const auto& [operation, answer] : answers) {
        BOOST_TEST_CONTEXT(operation) {
            const size_t space = operation.find(' ');
            const json::Value* described = document["paths"].find(operation.substr(space + 1))->find(operation.substr(0, space));
            BOOST_REQUIRE(described);
            const json::Value* response = described->find("responses")->find(std::to_string(answer.status));
            BOOST_REQUIRE_MESSAGE(response, answer.status << " is not described: " << answer.body);
            const Parsed body(answer.body);
            check(document.value, *response->find("content")->find("application/json")->find("schema"), body.value, "answer");
        }
    }
    const Parsed problem(get("/api/v1/events?nonsense=1").body);
    check(document.value, *document["components"].find("schemas")->find("Problem"), problem.value, "problem");
}

BOOST_AUTO_TEST_SUITE_END()
