// The Basiq plugin's operations, with the API played by the test: every form that Basiq's documentation shows.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

using nlohmann::json;

fake::Reply reply(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    return {.status = status, .body = std::move(body), .headers = std::move(headers), .error = ""};
}

constexpr const char* k_hooks = "https://au-api.basiq.io/notifications/webhooks";
constexpr const char* k_block = R"({"url":"https://us.example/hooks/bank","events":["user.created"]})";

struct Fixture {
    fake::Plugin plugin{std::string(BASIQ_PLUGIN)};
    fake::Source source{plugin, R"({"api_key": "QUJD", "api_url": "https://au-api.basiq.io"})", GATEHOUSE_OK, "/hooks/bank"};

    /// Up to the first request of the API, the token fetched.
    std::unique_ptr<fake::Job> begin(const std::string& name, const std::string& arguments = "{}") {
        auto j = source.operation(name, arguments);
        BOOST_REQUIRE_EQUAL(j->start(), GATEHOUSE_OK);
        if (!j->requests.empty() && j->requests[0].url == "https://au-api.basiq.io/token")
            answer(*j, reply(200, R"({"access_token":"tok","expires_in":3600,"token_type":"Bearer"})"));
        return j;
    }
    static void answer(fake::Job& j, const fake::Reply& r) {
        // Requests of the API go through http_all, whatever their number.
        BOOST_REQUIRE_EQUAL(j.asked == "http" ? j.reply(r) : j.reply(std::vector<fake::Reply>{r}), GATEHOUSE_OK);
    }
    static json webhook(const std::string& id, const json& events, const std::string& status = "active") {
        return {
            {"type", "webhook"}, {"id", id}, {"url", "https://us.example/hooks/bank"}, {"status", status}, {"subscribedEvents", events}};
    }
    json listed(const json& data, const std::string& next = "") {
        auto j = begin("list");
        json page{{"type", "list"}, {"data", data}, {"links", {{"self", k_hooks}}}};
        if (!next.empty()) page["links"]["next"] = next;
        answer(*j, reply(200, page.dump()));
        if (j->asked == "finish") return json::parse(j->body);
        return nullptr;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(basiq_operations, Fixture)

BOOST_AUTO_TEST_CASE(a_list_is_read_in_every_documented_form) {
    const json many = listed(json::array({webhook("w1", json::array({"user.created", "user.deleted"})), webhook("w2", "user.created")}));
    BOOST_REQUIRE_EQUAL(many.size(), 2u);
    BOOST_TEST(many[0]["id"] == "w1");
    BOOST_TEST(many[0]["state"] == "active");
    BOOST_TEST(many[0]["subscription"]["url"] == "https://us.example/hooks/bank");
    BOOST_TEST(many[0]["subscription"]["events"] == json::array({"user.created", "user.deleted"}));
    BOOST_TEST(many[1]["subscription"]["events"] == json::array({"user.created"}));
    BOOST_TEST(listed(webhook("w1", "user.created")).size() == 1u); // one object in place of a list, as in the sample
    BOOST_TEST(listed(json::array()).empty());
}

BOOST_AUTO_TEST_CASE(states_are_told_in_the_hosts_words) {
    BOOST_TEST(listed(webhook("w1", "a", "pending-approval"))[0]["state"] == "pending_approval");
    const json odd = listed(webhook("w1", "a", "disabled"));
    BOOST_TEST(odd[0]["state"] == "suspended");
    BOOST_TEST(odd[0]["detail"].get<std::string>().find("\"disabled\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pages_are_followed_and_never_elsewhere) {
    auto j = begin("list");
    BOOST_TEST(j->requests.at(0).url == k_hooks);
    answer(*j, reply(200, R"({"data":[],"links":{"next":")" + std::string(k_hooks) + R"(?next=abc"}})"));
    BOOST_TEST(j->requests.at(0).url == std::string(k_hooks) + "?next=abc");
    answer(*j, reply(200, R"({"data":[],"links":{"next":"https://evil.example/x"}})"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(subscribe_gives_the_secret_apart_and_cools_off) {
    auto j = begin("subscribe", k_block);
    BOOST_TEST(j->requests.at(0).method == "POST");
    BOOST_TEST(j->requests.at(0).url == k_hooks);
    BOOST_TEST(json::parse(j->requests.at(0).body) ==
               json::parse(R"({"url":"https://us.example/hooks/bank","subscribedEvents":["user.created"]})"));
    json made = webhook("w1", "user.created");
    made["secret"] = "rfiuheo43934";
    answer(*j, reply(201, made.dump()));
    const json record = json::parse(j->body);
    BOOST_TEST(record["secrets"] == json::parse(R"({"secret":"rfiuheo43934"})"));
    BOOST_TEST(record["subscription"].dump().find("rfiuheo43934") == std::string::npos);
    BOOST_TEST(record["state"] == "cooling");
    BOOST_TEST(j->state.count("flows-from:w1") == 1u);
    // A conflict is Basiq's no, in its words.
    auto again = begin("subscribe", k_block);
    answer(
        *again,
        reply(409,
              R"({"correlationId":"c","data":[{"code":"resource-already-exists","detail":"Webhook with provided url already exists."}]})"));
    BOOST_TEST(again->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(again->reason.find("already exists") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(unsubscribe_is_done_when_it_is_gone_already) {
    auto j = begin("unsubscribe", R"({"id":"a b"})");
    BOOST_TEST(j->requests.at(0).method == "DELETE");
    BOOST_TEST(j->requests.at(0).url == std::string(k_hooks) + "/a%20b");
    answer(*j, reply(404, "{}"));
    BOOST_TEST(j->asked == "finish");
    auto busy = begin("unsubscribe", R"({"id":"w1"})");
    answer(*busy, reply(429, "{}", {{"Retry-After", "7"}}));
    BOOST_TEST(busy->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(busy->retry_after == 7000);
}

BOOST_AUTO_TEST_CASE(history_takes_status_codes_as_number_and_as_text) {
    auto j = begin("history", R"({"id":"w1","since":"2026-01-31T12:00:00Z","status":"Failed","limit":50})");
    BOOST_TEST(j->requests.at(0).url ==
               std::string(k_hooks) +
                   "/w1/messages?limit=50&filter=date.gteq%28%272026-01-31T12%3A00%3A00Z%27%29%2Cstatus.eq%28%27Failed%27%29");
    answer(*j, reply(200, R"({"data":[{"id":"m1","eventTypeId":"user.created","attempts":[{"responseStatusCode":"500","status":"Failed"},
        {"responseStatusCode":200,"status":"Success"}]},{"id":"m2","attempts":[{"responseStatusCode":"204"}]},{"id":"m3"}]})"));
    const json lines = json::parse(j->body);
    BOOST_TEST(lines[0]["status"] == "Success");
    BOOST_TEST(lines[0]["attempts"] == 2);
    BOOST_TEST(lines[1]["status"] == "Success");
    BOOST_TEST(lines[2]["status"] == "Failed");
    auto odd = source.operation("history", R"({"id":"w1","type":"a'b"})");
    odd->start();
    if (odd->asked != "fail") answer(*odd, reply(200, R"({"access_token":"tok","expires_in":3600})"));
    BOOST_TEST(odd->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(recovery_reads_messages_then_events_and_names_what_is_lost) {
    source.host.now = 1'769'860'800'000; // 2026-01-31T12:00:00Z
    const std::string span = R"("since":"2026-01-01T00:00:00.000Z","until":"2026-01-31T12:00:00.000Z")";
    auto first = begin("recover", "{" + span + "}");
    json other = webhook("w2", "user.deleted");
    other["url"] = "https://them.example/elsewhere";
    answer(*first, reply(200, json{{"data", json::array({webhook("w1", "user.created"), other})}}.dump()));
    BOOST_TEST(first->requests.at(0).url.find("/w1/messages?limit=500&filter=date.gteq") != std::string::npos, first->requests.at(0).url);
    const json payload{{"eventTypeId", "user.created"},
                       {"eventId", "x"},
                       {"links", {{"event", "https://au-api.basiq.io/events/e1"}, {"eventEntity", "https://au-api.basiq.io/users/u1"}}}};
    answer(*first, reply(200, json{{"data", json::array({json{{"id", "m1"},
                                                              {"payload", payload},
                                                              {"attempts", json::array({json{{"timestamp", "2026-01-30T00:00:00Z"}}})}},
                                                         json{{"id", "m2"}}})}}
                                  .dump()));
    json page = json::parse(first->body);
    BOOST_REQUIRE_EQUAL(page["events"].size(), 1u);
    BOOST_TEST(page["events"][0]["dedupe_key"] == "m1");
    BOOST_TEST(page["events"][0]["in_body"] == "e1");
    BOOST_TEST(page["events"][0]["subject"] == "/users/u1");
    BOOST_TEST(page["events"][0]["occurred_at"] == "2026-01-30T00:00:00.000Z");
    BOOST_TEST(page["unrecoverable"].size() == 2u); // beyond seven days; a message without payload
    BOOST_REQUIRE(page.contains("cursor"));

    auto second = begin("recover", "{" + span + ",\"cursor\":" + page["cursor"].dump() + "}");
    BOOST_TEST(second->requests.at(0).url == "https://au-api.basiq.io/events?limit=500");
    const auto event = [](const char* id, const char* entity, const char* type, const char* at) {
        return json{
            {"id", id}, {"entity", entity}, {"eventType", type}, {"createdDate", at}, {"dataRef", "https://au-api.basiq.io/users/u2"}};
    };
    answer(*second, reply(200, json{{"data", json::array({event("e2", "user", "created", "2026-01-30T00:00:00Z"),
                                                          event("e3", "user", "deleted", "2026-01-30T00:00:00Z"),
                                                          event("e4", "user", "created", "2026-01-31T13:00:00Z")})}}
                                   .dump()));
    page = json::parse(second->body);
    BOOST_REQUIRE_EQUAL(page["events"].size(), 1u);
    BOOST_TEST(page["events"][0]["dedupe_key"] == "event:e2");
    BOOST_TEST(page["events"][0]["in_body"] == "e2");
    BOOST_TEST(!page.contains("cursor"));

    auto stale = source.operation("recover", "{" + span + R"(,"cursor":"not ours"})");
    stale->start();
    BOOST_TEST(stale->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
