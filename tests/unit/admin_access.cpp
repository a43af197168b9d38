// Who may use the admin API, and what it says to requests that make no sense.
#include "tests/unit/admin_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

Answer with_host(uint16_t port, const std::string& host, const Fields& fields = {}, const std::string& target = "/api/v1/events") {
    std::string bytes = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n";
    for (const auto& [name, value] : fields) bytes += name + ": " + value + "\r\n";
    return exchange_bytes(port, bytes + "\r\n");
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_without_token, AdminFixture)

BOOST_AUTO_TEST_CASE(only_loopback_names_and_the_configured_host_are_answered) {
    const std::string p = ":" + std::to_string(port);
    for (const std::string host : {"localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"})
        BOOST_TEST(with_host(port, host + p).status == 200, host);
    for (const std::string host : {"evil.example", "127.0.0.1.evil.example", "127.evil.example", "localhost.evil.example", "10.0.0.1",
                                   "[::2]", "127.0.0", "127.0.0.1000", "[::1"})
        BOOST_TEST(with_host(port, host + p).status == 403, host);
    BOOST_TEST(with_host(port, "evil.example", {}, "/healthz").status == 403);
    BOOST_TEST(with_host(port, "evil.example", {}, "/").status == 403);
}

BOOST_AUTO_TEST_CASE(other_sites_are_refused) {
    const std::string here = "http://127.0.0.1:" + std::to_string(port);
    BOOST_TEST(get("/api/v1/events", {{"Origin", here}}).status == 200);
    for (const std::string origin : {"http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "evil"})
        BOOST_TEST(get("/api/v1/events", {{"Origin", origin}}).status == 403, origin);
    BOOST_TEST(post("/api/v1/reload", "", {{"Origin", "http://evil.example"}}).status == 403);
    BOOST_TEST(get("/api/v1/events", {{"Sec-Fetch-Site", "same-origin"}}).status == 200);
    BOOST_TEST(get("/api/v1/events", {{"Sec-Fetch-Site", "cross-site"}}).status == 403);
    BOOST_TEST(get("/api/v1/events", {{"Sec-Fetch-Site", "same-site"}}).status == 403);
}

BOOST_AUTO_TEST_CASE(unknown_paths_methods_and_parameters_are_named) {
    BOOST_TEST(get("/api/v1/nothing").status == 404);
    BOOST_TEST(get("/api/v1/events/").status == 404);
    BOOST_TEST(get("//api/v1/events").status == 404);
    const Answer wrong = post("/api/v1/events");
    BOOST_TEST(wrong.status == 405);
    BOOST_TEST(wrong.field("Allow") == "GET");
    BOOST_TEST(wrong.field("Content-Type") == "application/problem+json");
    for (const auto& [query, part] : std::vector<std::pair<std::string, std::string>>{{"sauce=bank", "sauce"},
                                                                                      {"limit=0", "limit"},
                                                                                      {"limit=501", "limit"},
                                                                                      {"limit=ten", "limit"},
                                                                                      {"limit=", "limit"},
                                                                                      {"since=yesterday", "since"},
                                                                                      {"status=lost", "status"},
                                                                                      {"source=a&source=b", "source"},
                                                                                      {"source=%zz", "percent-encoded"},
                                                                                      {"source=%ff", "percent-encoded"},
                                                                                      {"cursor=what", "cursor"}}) {
        const Answer a = get("/api/v1/events?" + query);
        BOOST_TEST(a.status == 400, query << ": " << a.status);
        BOOST_TEST(has(a.body, part), query << ": " << a.body);
    }
    BOOST_TEST(get("/api/v1/attempts").status != 500);
    BOOST_TEST(get("/api/v1/attempts").status == 400);
    BOOST_TEST(get("/api/v1/attempts?delivery=x").status == 400);
}

BOOST_AUTO_TEST_CASE(bodies_are_checked_member_by_member) {
    const auto status = [&](const std::string& body) { return post("/api/v1/replays", body).status; };
    BOOST_TEST(status("{") == 400);
    BOOST_TEST(status("{\"source\":\"bank\",}") == 400);
    BOOST_TEST(status("[]") == 422);
    BOOST_TEST(status("{\"sauce\":\"bank\"}") == 422);
    BOOST_TEST(status("{\"source\":7}") == 422);
    BOOST_TEST(status("{\"source\":\"nobody\"}") == 422);
    BOOST_TEST(status("{\"source\":\"bank\",\"source\":\"bank\"}") == 422);
    BOOST_TEST(status("{\"to\":\"nowhere\"}") == 422);
    BOOST_TEST(status("{\"dry_run\":\"yes\"}") == 422);
    BOOST_TEST(status("{\"rate\":\"-1/s\"}") == 422);
    BOOST_TEST(status("{\"rate\":0}") == 422);
    BOOST_TEST(status("{\"since\":\"2026-01-02T00:00:00Z\",\"until\":\"2026-01-01T00:00:00Z\"}") == 422);
    BOOST_TEST(status(std::string(100, '[')) == 400);
    BOOST_TEST(post("/api/v1/retries", "{}").status == 422);
    BOOST_TEST(post("/api/v1/retries", "{\"ids\":\"x\"}").status == 422);
    BOOST_TEST(post("/api/v1/retries", "{\"ids\":[\"x\"]}").status == 422);
    BOOST_TEST(request(port, "POST", "/api/v1/replays", {{"Content-Type", "text/plain"}}, "{}").status == 415);
    BOOST_TEST(post("/api/v1/replays", std::string((1u << 20) + 1, ' ')).status == 413);
}

BOOST_AUTO_TEST_CASE(a_broken_store_is_our_fault) {
    store.failing = true;
    for (const char* path :
         {"/api/v1/events", "/api/v1/deliveries", "/api/v1/quarantine", "/readyz", "/api/v1/events?cursor=x", "/api/v1/events/stream"}) {
        const Answer a = get(path);
        BOOST_TEST(a.status == 503, path << " " << a.status);
        BOOST_TEST(!a.field("Retry-After").empty(), path);
    }
    BOOST_TEST(get("/healthz").status == 200);
    BOOST_TEST(get("/metrics").status == 200);
}

BOOST_AUTO_TEST_CASE(a_repeated_post_with_its_key_is_done_once) {
    const Uuid id = add("user.created");
    const std::string target = "/api/v1/events/" + id.text() + "/replay";
    const Answer first = post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", "k1"}});
    BOOST_TEST(first.status == 202);
    const Answer again = post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", "k1"}});
    BOOST_TEST(again.status == 202);
    BOOST_TEST(again.body == first.body);
    BOOST_TEST(Parsed(get("/api/v1/deliveries").body)["items"].items.size() == 1u);
    BOOST_TEST(post(target, "{}", {{"Idempotency-Key", "k1"}}).status == 422);
    BOOST_TEST(post("/api/v1/reload", "", {{"Idempotency-Key", "k1"}}).status == 422);
    BOOST_TEST(post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", std::string(256, 'k')}}).status == 400);
    BOOST_TEST(post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", "k2"}}).status == 202);
    BOOST_TEST(Parsed(get("/api/v1/deliveries").body)["items"].items.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_failed_post_may_be_repeated_with_its_key) {
    const Uuid id = add("user.created");
    const std::string target = "/api/v1/events/" + id.text() + "/replay";
    store.failing = true;
    BOOST_TEST(post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", "k1"}}).status == 503);
    store.failing = false;
    BOOST_TEST(post(target, "{\"to\":\"app\"}", {{"Idempotency-Key", "k1"}}).status == 202);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(admin_with_token, AdminWithToken)

BOOST_AUTO_TEST_CASE(the_token_is_needed_except_for_probes) {
    const Answer none = get("/api/v1/events");
    BOOST_TEST(none.status == 401);
    BOOST_TEST(has(none.field("WWW-Authenticate"), "Bearer"));
    for (const std::string bad :
         {"Bearer wrong", "Bearer open-sesam", "Bearer open-sesame ", "Basic open-sesame", "open-sesame", "Bearer"}) {
        const Answer a = get("/api/v1/events", {{"Authorization", bad}});
        if (bad != "Bearer open-sesame ") BOOST_TEST(a.status == 401, bad); // white space around a value is no part of it
    }
    BOOST_TEST(get("/api/v1/events", {{"Authorization", "Bearer open-sesame"}}).status == 200);
    BOOST_TEST(get("/api/v1/events", {{"Authorization", "bearer open-sesame"}}).status == 200);
    for (const char* path : {"/api/v1/events/stream", "/metrics", "/api/v1/openapi.json", "/nothing"})
        BOOST_TEST(get(path).status == 401, path);
    for (const char* path : {"/", "/healthz", "/readyz"}) BOOST_TEST(get(path).status == 200, path);
    BOOST_TEST(post("/api/v1/reload").status == 401);
}

BOOST_AUTO_TEST_CASE(a_reload_changes_the_token_at_once) {
    use_token("another");
    BOOST_TEST(get("/api/v1/events", {{"Authorization", "Bearer open-sesame"}}).status == 401);
    BOOST_TEST(get("/api/v1/events", {{"Authorization", "Bearer another"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(with_a_token_any_host_name_will_do) {
    BOOST_TEST(with_host(port, "gatehouse.example", {{"Authorization", "Bearer open-sesame"}}).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
