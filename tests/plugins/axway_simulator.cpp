// The simulated Streams on the bench: what it sends, when, and what its API says.
#include "core/base/encoding.hpp"

#include <memory>

#include "plugins/axway/document_patch.hpp"
#include "tests/plugins/simulator_bench.hpp"

using namespace gh;
using namespace std::chrono_literals;

namespace {

struct Streams : test::SimulatorBench {
    explicit Streams(const std::string& settings = "{}") : SimulatorBench(AXWAY_SIMULATOR, settings) {
        if (!opened()) return;
        const auto described = json::parse(describe());
        BOOST_REQUIRE(described.ok());
        if (const auto* s = described->find("secrets")) key = s->text_of("api_key");
    }
    Answer api(const std::string& method, const std::string& target, const std::string& body = "") {
        return call(method, target, {{"KeyId", key}, {"Content-Type", "application/json"}}, body);
    }
    void send(const std::string& type, const std::string& more = "") {
        command("send", "{\"type\":\"" + type + "\"" + (more.empty() ? "" : "," + more) + "}");
    }
    /// Answers a token request.
    void token(const std::string& token = "t0ken", int seconds = 3600) {
        reply(200, R"({"access_token":")" + token + R"(","token_type":"Bearer","expires_in":)" + std::to_string(seconds) + "}");
    }
    std::string topic() { return std::string(json::parse(command("state"))->find("topics")->items.at(0).text_of("id")); }
    json::Value subscription(size_t i = 0) {
        auto state = json::parse(command("state"));
        return std::move(state->members[1].second.items.at(i));
    }
    std::string key;
};

const std::string k_base = "/streams/subscribers/webhook/api/v1";

} // namespace

BOOST_AUTO_TEST_SUITE(axway_simulator)

BOOST_AUTO_TEST_CASE(the_first_delivery_fetches_a_token_and_the_next_ones_use_it) {
    Streams s(R"({"client_id":"a b","client_secret":"x+/y=z","scope":"READ,WRITE"})");
    s.send("patch");
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox()[0].url == "http://127.0.0.1:1/hooks/s/oauth/token");
    BOOST_TEST(s.outbox()[0].body == "grant_type=client_credentials&scope=READ%2CWRITE");
    BOOST_TEST(s.outbox()[0].field("Authorization") == "Basic " + to_base64("a+b:x%2B%2Fy%3Dz"));
    s.token();
    // The first event of a subscription is a snapshot, whatever was asked for.
    auto first = s.reply(200);
    BOOST_TEST(first.url == "http://127.0.0.1:1/hooks/s");
    BOOST_TEST(first.field("Authorization") == "Bearer t0ken");
    BOOST_TEST(first.field("X-Axway-Streams-Event-Type") == "snapshot");
    BOOST_TEST(first.field("X-Axway-Streams-Event-Id") == s.topic() + "#1");
    s.send("patch");
    auto second = s.reply(200);
    BOOST_TEST(second.field("X-Axway-Streams-Event-Type") == "patch");
    BOOST_TEST(second.field("Authorization") == "Bearer t0ken");
    const axway::json::document before = axway::json::parse(first.body), patch = axway::json::parse(second.body),
                                now = axway::json::parse(s.command("document"));
    auto tree = axway::make_tree(before.root());
    BOOST_TEST(!axway::apply_patch(tree, patch.root()));
    BOOST_TEST(axway::equal(*tree, *axway::make_tree(now["payload"]), axway::comparison::by_text));
    s.advance(3600s);
    s.send("patch");
    BOOST_TEST(s.outbox().at(0).url.ends_with("/oauth/token"));
}

BOOST_AUTO_TEST_CASE(credentials_go_into_the_body_where_that_is_the_mode) {
    Streams s(R"({"client_id":"a b","client_secret":"x+/y=z","oauth_mode":"body"})");
    s.send("snapshot");
    BOOST_TEST(s.outbox().at(0).body == "grant_type=client_credentials&client_id=a+b&client_secret=x%2B%2Fy%3Dz");
    BOOST_TEST(s.outbox().at(0).field("Authorization") == "");
    Streams raw(R"({"client_id":"a","client_secret":"x+/y=z","encode_basic":false})");
    raw.send("snapshot");
    BOOST_TEST(raw.outbox().at(0).field("Authorization") == "Basic " + to_base64("a:x+/y=z"));
}

BOOST_AUTO_TEST_CASE(a_subscription_sends_one_after_the_other_and_retries_once_after_a_moment) {
    Streams s(R"({"protection":"header"})");
    s.send("patch", R"("count":3)");
    BOOST_REQUIRE(s.outbox().size() == 1u);
    s.reply(503);
    BOOST_TEST(s.outbox().empty());
    s.advance(199ms);
    BOOST_TEST(s.outbox().empty());
    s.advance(1ms);
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox()[0].field("X-Axway-Streams-Event-Id").ends_with("#1"));
    s.reply(0); // and that was the last try
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.reply(200).field("X-Axway-Streams-Event-Id").ends_with("#2"));
    BOOST_TEST(s.reply(204).field("X-Axway-Streams-Event-Id").ends_with("#3"));
    BOOST_TEST(s.subscription().integer_of("delivered") == 2);
    BOOST_TEST(s.subscription().integer_of("given_up") == 1);
    const auto log = s.api("GET", k_base + "/subscriptions/" + std::string(s.subscription().text_of("id")) + "/exchanges");
    BOOST_REQUIRE(log.json.items.size() == 4u);
    BOOST_TEST(log.json.items[0].integer_of("responseCode") == 503);
    BOOST_TEST(!log.json.items[0].find("requestRetryAttempts"));
    BOOST_TEST(log.json.items[1].integer_of("requestRetryAttempts") == 1);
    BOOST_TEST(log.json.items[1].text_of("errorMessage") == "refused");
    s.advance(301s);
    BOOST_TEST(s.api("GET", k_base + "/subscriptions/" + std::string(s.subscription().text_of("id")) + "/exchanges").json.items.empty());
}

BOOST_AUTO_TEST_CASE(status_410_suspends_and_patch_reactivates) {
    Streams s(R"({"protection":"header"})");
    s.send("patch", R"("count":2)");
    s.reply(410);
    BOOST_TEST(s.outbox().empty());
    const std::string id(s.subscription().text_of("id"));
    BOOST_TEST(s.api("GET", k_base + "/subscriptions/" + id).json.text_of("subscriptionStatus") == "suspended");
    BOOST_TEST(s.api("PATCH", k_base + "/subscriptions/" + id, R"({"subscriptionStatus":"gone"})").status == 400);
    BOOST_TEST(s.api("PATCH", k_base + "/subscriptions/" + id, R"({"subscriptionStatus":"active"})").status == 200);
    BOOST_TEST(s.outbox().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_fetched_anew) {
    Streams s;
    s.send("snapshot");
    s.token("old");
    s.reply(401);
    s.advance(200ms);
    BOOST_TEST(s.outbox().at(0).url.ends_with("/oauth/token"));
    s.token("new");
    BOOST_TEST(s.reply(200).field("Authorization") == "Bearer new");
    s.command("expire-tokens");
    s.send("patch");
    s.reply(401, R"({"error":"invalid_client"})"); // of the token endpoint
    BOOST_TEST(json::parse(s.command("state"))->find("tokens")->text_of("last_error").find("invalid_client") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(subscriptions_are_managed) {
    Streams s(R"({"subscribe":false})");
    const std::string topic = s.topic(), list = k_base + "/topics/" + topic + "/subscriptions";
    BOOST_TEST(s.call("GET", list).status == 401);
    BOOST_TEST(s.api("GET", k_base + "/topics/nothing/subscriptions").status == 404);
    BOOST_TEST(s.api("GET", "/streams/hub/api/v1/topics").json.find("items")->items.size() == 2u);
    BOOST_TEST(s.api("GET", "/streams/hub/api/v1/topics/accounts").json.text_of("id") == topic);
    for (const char* wrong :
         {"nonsense", "[]", "{}", R"({"webhookUrl":"ftp://x"})", R"({"webhookUrl":"http://x/","subscriptionMode":"event"})",
          R"({"webhookUrl":"http://x/","authorization":{"type":"basic"}})",
          R"({"webhookUrl":"http://x/","authorization":{"type":"oauth2","clientId":"a"}})"}) {
        const auto answer = s.api("POST", list, wrong);
        BOOST_TEST(answer.status == 400, wrong);
        BOOST_TEST(answer.json.find("errors")->items.at(0).text_of("title") == "Validation error: Subscription");
    }
    for (int i = 0; i < 25; ++i)
        BOOST_TEST(s.api("POST", list, R"({"webhookUrl":"http://127.0.0.1:1/)" + std::to_string(i) + "\"}").status == 201);
    const auto first = s.api("GET", list), second = s.api("GET", list + "?page=2&pageSize=20");
    BOOST_TEST(first.json.find("items")->items.size() == 20u);
    BOOST_TEST(first.json.find("links")->text_of("next") == list + "?page=2&pageSize=20");
    BOOST_TEST(second.json.find("items")->items.size() == 5u);
    BOOST_TEST(second.json.find("links")->text_of("next") == "");
    BOOST_TEST(s.api("GET", list + "?pageSize=1001").status == 400);
    BOOST_TEST(s.api("GET", list + "?page=0").status == 400);
    BOOST_TEST(s.api("GET", list + "?sort=webhookUrl,DESC&pageSize=1").json.find("items")->items.at(0).text_of("webhookUrl") ==
               "http://127.0.0.1:1/9");
    const std::string id(first.json.find("items")->items.at(0).text_of("id"));
    BOOST_TEST(s.api("DELETE", k_base + "/subscriptions/" + id).status == 204);
    BOOST_TEST(s.api("DELETE", k_base + "/subscriptions/" + id).status == 404);
}

BOOST_AUTO_TEST_CASE(a_new_subscription_begins_with_what_was_published_last) {
    Streams s(R"({"subscribe":false})");
    const std::string list = k_base + "/topics/accounts/subscriptions",
                      publish = "/streams/publishers/http-post/api/v1/topics/" + s.topic();
    BOOST_TEST(s.api("POST", publish, "[1, 2.50]").status == 202);
    BOOST_TEST(s.api("POST", publish, "[1").status == 400);
    BOOST_TEST(s.api("POST", publish, '"' + std::string(1'000'000, 'x') + '"').status == 413);
    BOOST_TEST(s.call("POST", publish, {{"KeyId", s.key}, {"Content-Type", "text/plain"}}, "1").status == 415);
    BOOST_TEST(s.api("GET", publish).status == 405);
    s.api("POST", list, R"({"webhookUrl":"http://127.0.0.1:1/x","webhookHeaders":{"X-Key":"k"}})");
    auto sent = s.reply(200);
    BOOST_TEST(sent.body == "[1, 2.50]"); // byte for byte
    BOOST_TEST(sent.field("X-Key") == "k");
    BOOST_TEST(sent.field("Authorization") == "");
    s.api("POST", publish, "[1,2.50]"); // the same payload: no event
    BOOST_TEST(s.outbox().empty());
    s.api("POST", publish, "[1,2.5,3]");
    BOOST_TEST(s.reply(200).body == R"([{"op":"replace","path":"/1","value":2.5},{"op":"add","path":"/-","value":3}])");

    Streams idle(R"({"subscribe":false,"always_on":false})");
    BOOST_TEST(idle.api("POST", "/streams/publishers/http-post/api/v1/topics/accounts", "1").status == 410);
}

BOOST_AUTO_TEST_CASE(a_forgery_gets_a_token_first_as_any_delivery_does) {
    Streams s;
    for (const char* tamper : {"foreign-subscription", "test-call"}) s.send("patch", "\"tamper\":\"" + std::string(tamper) + "\"");
    BOOST_REQUIRE_EQUAL(s.outbox().size(), 1u);
    BOOST_TEST(s.outbox()[0].url.ends_with("/oauth/token"));
    s.token();
    BOOST_REQUIRE_EQUAL(s.outbox().size(), 2u);
    for (int i = 0; i < 2; ++i) BOOST_TEST(s.reply(403).field("Authorization") == "Bearer t0ken");
    // Nor does one that waits for a token in vain stand in the way of what follows.
    Streams again;
    again.send("patch", R"("tamper":"foreign-subscription")");
    again.reply(503);
    BOOST_TEST(again.outbox().empty());
    again.send("snapshot");
    again.token();
    BOOST_TEST(again.reply(200).field("X-Axway-Streams-Event-Type") == "snapshot");
}

BOOST_AUTO_TEST_CASE(what_a_subscription_has_not_cannot_be_spoiled) {
    std::string out;
    Streams token(R"({"protection":"oauth2"})"), header(R"({"protection":"header"})");
    BOOST_TEST(token.try_command("send", R"({"type":"patch","tamper":"wrong-header"})", out) == GATEHOUSE_INVALID);
    BOOST_TEST(header.try_command("send", R"({"type":"patch","tamper":"missing-token"})", out) == GATEHOUSE_INVALID);
    BOOST_TEST((token.outbox().empty() && header.outbox().empty()));
}

BOOST_AUTO_TEST_CASE(what_it_can_spoil_it_does) {
    Streams s(R"({"protection":"both"})");
    s.send("snapshot");
    s.token();
    const auto good = s.reply(200);
    const auto spoiled = [&](const std::string& tamper) {
        s.send("patch", "\"tamper\":\"" + tamper + "\"");
        BOOST_REQUIRE(!s.outbox().empty());
        return s.reply(200);
    };
    BOOST_TEST(spoiled("wrong-token").field("Authorization") != good.field("Authorization"));
    BOOST_TEST(spoiled("missing-token").field("Authorization") == "");
    BOOST_TEST(spoiled("wrong-header").field("X-Gatehouse-Secret") != good.field("X-Gatehouse-Secret"));
    BOOST_TEST(spoiled("foreign-subscription").field("X-Axway-Streams-Subscription-Id") != good.field("X-Axway-Streams-Subscription-Id"));
    BOOST_TEST(spoiled("expired-token").field("Authorization") == good.field("Authorization"));
    BOOST_TEST(spoiled("unknown-type").field("X-Axway-Streams-Event-Type") == "tombstone");
    BOOST_TEST(spoiled("test-call").field("X-Axway-Streams-Event-Id") == "");
    BOOST_TEST(spoiled("broken-patch").body.find("/there/is/no/such/place") != std::string::npos);
    const auto once = spoiled("duplicate-event-id"), again = s.reply(200);
    BOOST_TEST(once.body == again.body);
    BOOST_TEST(once.field("X-Axway-Streams-Event-Id") == again.field("X-Axway-Streams-Event-Id"));
    BOOST_TEST(spoiled("bare-patch").body.front() == '{');
    while (!s.outbox().empty()) s.reply(200);
    const auto later = spoiled("out-of-order"), earlier = s.reply(200);
    const auto number = [](const Streams::Sent& sent) {
        const std::string id = sent.field("X-Axway-Streams-Event-Id");
        return std::stoi(id.substr(id.find('#') + 1));
    };
    BOOST_TEST(number(later) == number(earlier) + 1);
    std::string out;
    BOOST_TEST(s.try_command("send", R"({"type":"patch","tamper":"nothing"})", out) == GATEHOUSE_INVALID);
    BOOST_TEST(s.try_command("send", R"({"type":"tombstone"})", out) == GATEHOUSE_INVALID);
    BOOST_TEST(s.try_command("dance", "{}", out) == GATEHOUSE_NOT_FOUND);
}

BOOST_AUTO_TEST_CASE(errors_have_documented_codes) {
    Streams s(R"({"protection":"header"})");
    s.send("error", R"("code":70408)");
    auto e = s.reply(200);
    BOOST_TEST(e.field("X-Axway-Streams-Event-Type") == "error");
    BOOST_TEST(json::parse(e.body)->text_of("category") == "publication");
    std::string out;
    BOOST_TEST(s.try_command("send", R"({"type":"error","code":12345})", out) == GATEHOUSE_INVALID);
    // Only the http-post publisher can refuse a payload that is too large.
    s.command("publish", R"({"payload":")" + std::string(1'000'001, 'x') + "\"}");
    BOOST_TEST(json::parse(s.reply(200).body)->integer_of("code") == 70015);
}

BOOST_AUTO_TEST_CASE(wrong_settings_are_named) {
    for (const char* wrong :
         {R"({"clientid":"x"})", R"({"oauth_mode":"x"})", R"({"protection":"none"})", R"({"mode":"event"})", R"({"retries":-1})"})
        BOOST_TEST(!Streams(wrong).opened(), wrong);
}

BOOST_AUTO_TEST_SUITE_END()
