// The API of the simulated Basiq: tokens, events, lists, webhooks, errors.
#include "tests/plugins/basiq_simulator_support.hpp"

using namespace gh;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(basiq_simulator_api)

BOOST_AUTO_TEST_CASE(a_token_needs_what_the_documentation_says) {
    Basiq b;
    const auto good = b.token_call(b.token_fields());
    BOOST_TEST(good.status == 200);
    BOOST_TEST(good.json.text_of("token_type") == "Bearer");
    BOOST_TEST(good.json.integer_of("expires_in") == 3600);
    const http::Field key{"Authorization", "Basic " + b.api_key}, version{"basiq-version", "3.0"},
        form{"Content-Type", "application/x-www-form-urlencoded"};
    BOOST_TEST(b.token_call({key, form}).status == 400);
    BOOST_TEST(b.token_call({key, {"basiq-version", "2.0"}, form}).status == 400);
    BOOST_TEST(b.token_call({version, form}).status == 400);
    BOOST_TEST(b.token_call({{"Authorization", "Bearer x"}, version, form}).status == 400);
    BOOST_TEST(b.token_call({key, version, {"Content-Type", "application/json"}}).status == 400);
    BOOST_TEST(b.token_call({key, version, form}, "").status == 400);
    BOOST_TEST(b.token_call({key, version, form}, "scope=CLIENT_ACCESS").status == 400);
    const auto wrong = b.token_call({{"Authorization", "Basic d3Jvbmc="}, version, form});
    BOOST_TEST(wrong.status == 404);
    BOOST_TEST(wrong.detail() == "Unable to authenticate. Please, check your API key");
    b.command("account", R"({"disabled":true})");
    BOOST_TEST(b.token_call(b.token_fields()).status == 403);
}

BOOST_AUTO_TEST_CASE(token_calls_are_limited_per_five_minutes) {
    Basiq b;
    for (int i = 0; i < 1500; ++i) BOOST_REQUIRE(b.token_call(b.token_fields()).status == 200);
    BOOST_TEST(b.token_call(b.token_fields()).status == 403);
    b.advance(5min);
    BOOST_TEST(b.token_call(b.token_fields()).status == 200);
}

BOOST_AUTO_TEST_CASE(tokens_expire_and_can_be_forgotten) {
    Basiq b;
    BOOST_TEST(b.call("GET", "/users").code() == "unauthorized-access");
    BOOST_TEST(b.call("GET", "/users", {{"Authorization", "Bearer nope"}}).code() == "invalid-authorization-token");
    BOOST_TEST(b.get("/users").status == 200);
    b.advance(59min);
    BOOST_TEST(b.get("/users").status == 200);
    b.advance(1min);
    BOOST_TEST(b.get("/users").status == 401);
    Basiq c;
    BOOST_TEST(c.get("/users").status == 200);
    c.command("expire-tokens");
    BOOST_TEST(c.get("/users").status == 401);
}

BOOST_AUTO_TEST_CASE(client_tokens_see_their_user_only) {
    Basiq b;
    const auto users = b.get("/users");
    const auto& data = users.json.find("data")->items;
    BOOST_REQUIRE(data.size() == 2u);
    const std::string own(data[0].text_of("id")), other(data[1].text_of("id"));
    const auto token = b.token_call(b.token_fields(), "scope=CLIENT_ACCESS&userId=" + own);
    BOOST_REQUIRE(token.status == 200);
    const std::vector<http::Field> bearer = {{"Authorization", "Bearer " + std::string(token.json.text_of("access_token"))}};
    BOOST_TEST(b.call("GET", "/users/" + own + "/consents", bearer).status == 200);
    BOOST_TEST(b.call("GET", "/users/" + other, bearer).code() == "access-denied");
    BOOST_TEST(b.call("GET", "/notifications/webhooks", bearer).status == 403);
}

BOOST_AUTO_TEST_CASE(lists_come_in_pages) {
    Basiq b(R"({"users":1})");
    b.command("send", R"({"type":"transactions.updated","transactions":1200})");
    const auto body = json::parse(b.outbox().front().body);
    std::string next = Basiq::target_of(body->find("links")->text_of("eventEntity"));
    size_t seen = 0, pages = 0;
    while (!next.empty()) {
        const auto page = b.get(next);
        BOOST_REQUIRE(page.status == 200);
        BOOST_TEST(page.json.integer_of("count") == 1212);
        BOOST_TEST(page.json.integer_of("size") == static_cast<int64_t>(page.json.find("data")->items.size()));
        seen += page.json.find("data")->items.size();
        ++pages;
        const auto link = page.json.find("links")->text_of("next");
        next = link.empty() ? "" : Basiq::target_of(link);
    }
    BOOST_TEST(seen == 1212u);
    BOOST_TEST(pages == 3u);
    for (const char* wrong : {"limit=0", "limit=501", "limit=x", "limit=-1", "next=nope"}) {
        const auto answer = b.get("/events?" + std::string(wrong));
        BOOST_TEST(answer.status == 400, wrong);
        BOOST_TEST(answer.code() == "parameter-not-valid");
    }
    BOOST_TEST(b.get("/events/types?limit=4").json.find("data")->items.size() == 4u);
}

BOOST_AUTO_TEST_CASE(events_are_listed_with_filters) {
    Basiq c;
    c.command("send", R"({"type":"user.updated"})");
    c.reply(200);
    c.command("send", R"({"type":"connection.created"})");
    c.reply(200);
    const auto count = [&](const std::string& query) { return c.get("/events" + query).json.integer_of("count"); };
    BOOST_TEST(count("") == 2);
    BOOST_TEST(count("?filter=event.entity.eq%28%27connection%27%29") == 1);
    BOOST_TEST(count("?filter=event.type.eq('updated'),event.entity.eq('user')") == 1);
    BOOST_TEST(count("?filter=event.entity.eq('consent')") == 0);
    for (const char* wrong : {"x", "event.entity.ne('a')", "event.colour.eq('a')", "event.entity.eq(a)", "event.entity.eq('a'",
                              "event.entity.eq('a'),", "event.entity.eq()"}) {
        const auto answer = c.get(std::string("/events?filter=") + wrong);
        BOOST_TEST(answer.status == 400, wrong);
        BOOST_TEST(answer.detail() == "The provided filter parameter is in invalid format or unsupported");
    }
}

BOOST_AUTO_TEST_CASE(events_older_than_seven_days_leave_the_list_and_stay_readable) {
    Basiq b(R"({"token_life":86400})");
    b.command("send", R"({"type":"user.updated"})");
    const auto body = json::parse(b.reply(200).body);
    const std::string link = Basiq::target_of(body->find("links")->text_of("event"));
    b.advance(24h * 7 + 1s);
    const auto token = b.token_call(b.token_fields());
    const std::vector<http::Field> bearer = {{"Authorization", "Bearer " + std::string(token.json.text_of("access_token"))}};
    BOOST_TEST(b.call("GET", "/events", bearer).json.integer_of("count") == 0);
    BOOST_TEST(b.call("GET", link, bearer).status == 200);
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_answers_404) {
    Basiq b;
    BOOST_TEST(b.get("/events/types/job.created").detail() == "Requested event type does not exist.");
    for (const char* path :
         {"/", "/nope", "/events/x", "/events/x/y", "/users/x", "/users/x/accounts", "/notifications", "/notifications/nope"})
        BOOST_TEST(b.get(path).status == 404, path);
    BOOST_TEST(b.get("/%zz").status == 400);
    BOOST_TEST(b.call("GET", "/users", {{"Accept", "text/html"}}).code() == "unsupported-accept");
    b.command("send", R"({"type":"user.deleted"})");
    const auto body = json::parse(b.reply(200).body);
    const std::string user = Basiq::target_of(body->find("links")->text_of("eventEntity"));
    for (const char* below : {"", "/connections", "/accounts", "/transactions", "/consents"})
        BOOST_TEST(b.get(user + below).status == 404, below);
}

BOOST_AUTO_TEST_CASE(webhooks_are_managed_as_documented) {
    Basiq b(R"({"subscribe":false})");
    const std::string path = "/notifications/webhooks";
    const auto created = b.post(path, R"({"url":"https://h.example/a","name":"n","subscribedEvents":["user.created","user.updated"]})");
    BOOST_REQUIRE(created.status == 201);
    BOOST_TEST(created.json.text_of("type") == "webhook");
    BOOST_TEST(created.json.text_of("status") == "active");
    BOOST_TEST(created.json.text_of("secret").starts_with("whsec_"));
    const std::string id(created.json.text_of("id")), secret(created.json.text_of("secret"));

    BOOST_TEST(b.post(path, R"({"url":"https://h.example/a","subscribedEvents":["user.deleted"]})").status == 409);
    BOOST_TEST(b.post(path, R"({"url":"https://h.example/a","subscribedEvents":["user.deleted"]})").detail() ==
               "Webhook with provided url already exists.");
    const auto taken = b.post(path, R"({"url":"https://h.example/b","subscribedEvents":["user.created"]})");
    BOOST_TEST(taken.status == 400);
    BOOST_TEST(taken.code() == "event-already-subscribed");
    BOOST_TEST(b.post(path, R"({"url":"https://h.example/b","subscribedEvents":["job.created"]})").detail() ==
               "Posted subscribedEvents contains unsupported event types.");
    for (const char* wrong :
         {"", "x", "[]", "{}", R"({"url":1})", R"({"url":"nope"})", R"({"url":"https://h/","subscribedEvents":"user.deleted"})"})
        BOOST_TEST(b.post(path, wrong).code() == "invalid-content", wrong);

    BOOST_TEST(b.get(path + "/" + id).json.text_of("secret") == "");
    BOOST_TEST(b.get(path).json.integer_of("count") == 1);
    BOOST_TEST(b.get(path + "/nope").code() == "path-parameter-not-valid");
    BOOST_TEST(b.get(path + "/00000000-0000-4000-8000-000000000000").status == 404);
    const auto updated = b.post(path + "/" + id, R"({"subscribedEvents":["user.deleted"]})");
    BOOST_TEST(updated.status == 200);
    BOOST_TEST(updated.json.text_of("secret") == secret);
    BOOST_TEST(updated.json.text_of("url") == "https://h.example/a");

    b.command("send", R"({"type":"user.created"})");
    BOOST_TEST(b.outbox().empty());
    b.command("send", R"({"type":"user.deleted"})");
    BOOST_REQUIRE(b.outbox().size() == 1u);
    BOOST_TEST(b.genuine(b.outbox().front(), secret));
    BOOST_TEST(b.reply(500).url == "https://h.example/a");
    BOOST_TEST(b.call("DELETE", path + "/" + id, b.bearer()).status == 204);
    BOOST_TEST(b.call("DELETE", path + "/" + id, b.bearer()).status == 404);
    b.advance(48h);
    BOOST_TEST(b.outbox().empty()); // the pending message went with its webhook
}

BOOST_AUTO_TEST_CASE(messages_tell_their_attempts) {
    Basiq b;
    const auto webhooks = b.get("/notifications/webhooks");
    const std::string path = "/notifications/webhooks/" + std::string(webhooks.json.find("data")->items[0].text_of("id")) + "/messages";
    b.command("send", R"({"type":"user.updated"})");
    b.reply(500, "broken");
    b.advance(5s);
    const auto sent = b.reply(200, "fine");
    b.command("send", R"({"type":"user.updated"})");
    b.reply(503);
    const auto list = b.get(path);
    BOOST_REQUIRE(list.json.integer_of("count") == 2);
    const auto& m = list.json.find("data")->items[0];
    BOOST_TEST(m.find("payload")->raw == sent.body);
    const auto& attempts = m.find("attempts")->items;
    BOOST_REQUIRE(attempts.size() == 2u);
    BOOST_TEST(attempts[0].text_of("status") == "Failed");
    BOOST_TEST(attempts[0].find("responseStatusCode")->raw == "\"500\"");
    BOOST_TEST(attempts[1].text_of("status") == "Success");
    BOOST_TEST(attempts[1].find("responseStatusCode")->raw == "200");
    BOOST_TEST(b.get(path + "?filter=status.eq('Success')").json.integer_of("count") == 1);
    BOOST_TEST(b.get(path + "?filter=date.bt('2026-01-31T00:00:00Z','2026-01-31T23:00:00Z')").json.integer_of("count") == 2);
    BOOST_TEST(b.get(path + "/" + std::string(m.text_of("id"))).status == 200);
    BOOST_TEST(b.get(path + "/nope").status == 404);
}

BOOST_AUTO_TEST_CASE(test_messages_go_to_the_subscribed) {
    Basiq b;
    const std::string path = "/notifications/messages/test";
    const auto answer = b.post(path, R"({"eventTypeId":"consent.warning","Text":"hello"})");
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(answer.body == "");
    const auto sent = b.reply(200);
    BOOST_TEST(b.genuine(sent));
    BOOST_TEST(json::parse(sent.body)->text_of("Text") == "hello");
    BOOST_TEST(b.post(path, R"({"eventTypeId":"job.created"})").detail() == "Posted eventTypeId doesn't exists.");
    BOOST_TEST(b.post(path, "{}").code() == "invalid-content");
    Basiq none(R"({"subscribe":false})");
    BOOST_TEST(none.post(path, R"({"eventTypeId":"user.created"})").code() == "no-webhooks-found");
}

BOOST_AUTO_TEST_CASE(sample_shapes_give_single_things_for_lists_of_one) {
    Basiq b(R"({"shapes":"samples","subscribe":false})");
    b.post("/notifications/webhooks", R"({"url":"https://h.example/a","subscribedEvents":["user.created"]})");
    const auto list = b.get("/notifications/webhooks");
    BOOST_REQUIRE((list.json.find("data")->kind == json::Kind::object));
    BOOST_TEST(list.json.find("data")->text_of("subscribedEvents") == "user.created");
}

BOOST_AUTO_TEST_CASE(messages_wait_for_the_cool_off) {
    Basiq b(R"({"subscribe":false,"cool_off":900})");
    b.post("/notifications/webhooks", R"({"url":"https://h.example/a","subscribedEvents":["user.created"]})");
    b.advance(899s);
    b.command("send", R"({"type":"user.created"})");
    BOOST_TEST(b.outbox().empty());
    b.advance(1s);
    b.command("send", R"({"type":"user.created"})");
    BOOST_TEST(b.outbox().size() == 1u);
}

BOOST_AUTO_TEST_CASE(planned_failures_have_the_documented_bodies) {
    Basiq b;
    b.get("/users");
    for (const auto& [status, code] : std::vector<std::pair<int, const char*>>{{401, "invalid-authorization-token"},
                                                                               {403, "access-denied"},
                                                                               {429, "too-many-requests"},
                                                                               {500, "internal-server-error"},
                                                                               {503, "service-unavailable"}}) {
        b.command("fail", R"({"status":)" + std::to_string(status) + R"(,"count":2,"path":"/users"})");
        BOOST_TEST(b.get("/events").status == 200);
        for (int i = 0; i < 2; ++i) {
            const auto answer = b.get("/users");
            BOOST_TEST(answer.status == status);
            BOOST_TEST(answer.code() == code);
        }
        BOOST_TEST(b.get("/users").status == 200);
    }
    b.command("fail", R"({"status":500,"path":"/notifications"})");
    BOOST_TEST(b.get("/notifications/webhooks").body == "");
}

BOOST_AUTO_TEST_SUITE_END()
