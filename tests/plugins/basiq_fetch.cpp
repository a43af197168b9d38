// The Basiq plugin's fetch-back, with the API played by the test.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

using Replies = std::vector<fake::Reply>;

fake::Reply reply(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    return {.status = status, .body = std::move(body), .headers = std::move(headers), .error = ""};
}

constexpr const char* k_error =
    R"({"type":"list","correlationId":"abc-1","data":[{"type":"error","code":"access-denied","title":"t","detail":"d"}]})";
constexpr const char* k_empty_page = R"({"type":"list","data":[]})";

struct Fixture {
    fake::Plugin plugin{std::string(BASIQ_PLUGIN)};
    fake::Source source{plugin, R"({"secret": "rfiuheo43934", "api_key": "QUJD", "api_url": "https://au-api.basiq.io", "max_pages": 3})"};
    std::string api = "https://au-api.basiq.io";

    static std::string body(const std::string& type, const std::string& event, const std::string& entity) {
        return nlohmann::json{{"eventTypeId", type}, {"eventId", "e-0"}, {"links", {{"event", event}, {"eventEntity", entity}}}}.dump();
    }
    std::unique_ptr<fake::Job> begin(const std::string& type, const std::string& event, const std::string& entity) {
        return begin_with(body(type, event, entity));
    }
    std::unique_ptr<fake::Job> begin_with(std::string raw) {
        fake::Request r;
        r.body = std::move(raw);
        auto j = source.fetch(r, "any");
        BOOST_REQUIRE_EQUAL(j->start(), GATEHOUSE_OK);
        BOOST_REQUIRE_EQUAL(j->asks, 1);
        return j;
    }
    /// Up to where the API has been asked for event and entity.
    std::unique_ptr<fake::Job> asked(const std::string& type = "user.created", const std::string& entity = "/users/u1") {
        auto j = begin(type, api + "/events/e-1", api + entity);
        if (j->asked == "http") j->reply(reply(200, R"({"access_token":"tok","expires_in":3600,"token_type":"Bearer"})"));
        BOOST_REQUIRE_EQUAL(j->asked, "http_all");
        return j;
    }
    std::unique_ptr<fake::Job> answered(const fake::Reply& event, const fake::Reply& entity, const std::string& type = "user.created") {
        auto j = asked(type);
        BOOST_REQUIRE_EQUAL(j->reply(Replies{event, entity}), GATEHOUSE_OK);
        return j;
    }
    static std::string page(const std::string& elements, const std::string& next = "") {
        return R"({"type":"list","count":2,"size":2,"data":[)" + elements + R"(],"links":{"self":"s")" +
               (next.empty() ? "" : R"(,"next":")" + next + "\"") + "}}";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(basiq_fetch, Fixture)

BOOST_AUTO_TEST_CASE(the_token_is_asked_for_as_documented_and_kept) {
    auto j = begin("user.created", api + "/events/e-1", api + "/users/u1");
    BOOST_TEST(j->asked == "http");
    const fake::Ask& token = j->requests.at(0);
    BOOST_TEST(token.method == "POST");
    BOOST_TEST(token.url == "https://au-api.basiq.io/token");
    BOOST_TEST(token.header("Authorization") == "Basic {api_key}");
    BOOST_TEST(token.header("basiq-version") == "3.0");
    BOOST_TEST(token.header("Content-Type") == "application/x-www-form-urlencoded");
    BOOST_TEST(token.body == "scope=SERVER_ACCESS");
    BOOST_TEST(!token.share_key.empty());
    j->reply(reply(200, R"({"access_token":"tok","expires_in":3600,"token_type":"Bearer"})"));
    BOOST_TEST(j->requests.size() == 2u);
    BOOST_TEST(j->requests[0].method == "GET");
    BOOST_TEST(j->requests[0].url == "https://au-api.basiq.io/events/e-1");
    BOOST_TEST(j->requests[1].url == "https://au-api.basiq.io/users/u1");
    BOOST_TEST(j->requests[1].header("Authorization") == "Bearer tok");

    source.host.now += 3'470'000;
    BOOST_TEST(begin("user.created", api + "/events/e-1", api + "/users/u1")->asked == "http_all");
    source.host.now += 20'000;
    BOOST_TEST(begin("user.created", api + "/events/e-1", api + "/users/u1")->asked == "http");
}

BOOST_AUTO_TEST_CASE(the_document_keeps_the_bytes_of_event_and_entity) {
    auto j = answered(reply(200, " {\"id\": \"e-1\",  \"data\":{\"count\":\"13\"}}\n"), reply(200, R"({"n": 1.50, "u":"\u00e9"})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(
        j->body ==
        "{\"event\":{\"id\": \"e-1\",  \"data\":{\"count\":\"13\"}},\"event_status\":200,\"entity\":{\"n\": 1.50, \"u\":\"\\u00e9\"},"
        "\"entity_status\":200,\"entity_pages\":1,\"entity_complete\":true}");
    BOOST_TEST(j->content_type == "application/json");
}

BOOST_AUTO_TEST_CASE(filters_are_encoded_once) {
    for (const char* entity :
         {"/users/u1/transactions?filter=connection.id.eq('c-1')", "/users/u1/transactions?filter=connection.id.eq%28%27c-1%27%29"})
        BOOST_TEST(asked("transactions.updated", entity)->requests[1].url ==
                   "https://au-api.basiq.io/users/u1/transactions?filter=connection.id.eq%28%27c-1%27%29");
}

BOOST_AUTO_TEST_CASE(links_elsewhere_are_never_fetched) {
    for (const char* link :
         {"https://evil.example/users/u1", "http://au-api.basiq.io/users/u1", "https://au-api.basiq.io:8443/users/u1",
          "https://au-api.basiq.io.evil.example/users/u1", "https://au-api.basiq.io@evil.example/",
          "https://user:pw@au-api.basiq.io/users/u1", "https://au-api.basiq.io\\@evil.example/", "//au-api.basiq.io/users/u1", "/users/u1",
          "https://au-api.basiq.io/users/../token", "https://au-api.basiq.io/users/%2e%2e/token", "file:///etc/passwd",
          "https://169.254.169.254/latest", "https://au-api.basiq.io/\r\nX: y"}) {
        for (const bool as_event : {true, false}) {
            auto j = as_event ? begin("user.created", link, api + "/users/u1") : begin("user.created", api + "/events/e-1", link);
            BOOST_TEST(j->asked == "fail", link);
            BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID, link);
            BOOST_TEST(j->reason.find(as_event ? "links.event " : "links.eventEntity ") == 0u, j->reason);
            BOOST_TEST(j->reason.find("not fetched") != std::string::npos, j->reason);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_api_url_with_port_and_path_pins_those_too) {
    fake::Source local(plugin, R"({"secret": "rfiuheo43934", "api_key": "k", "api_url": "http://127.0.0.1:9090/basiq/"})");
    const auto first = [&](const std::string& link) {
        fake::Request r;
        r.body = body("user.created", link, "http://127.0.0.1:9090/basiq/users/u1");
        auto j = local.fetch(r, "any");
        j->start();
        return j->asked == "http" ? j->requests.at(0).url : j->asked;
    };
    BOOST_TEST(first("http://127.0.0.1:9090/basiq/events/1") == "http://127.0.0.1:9090/basiq/token");
    BOOST_TEST(first("http://127.0.0.1:9090/events/1") == "fail");
    BOOST_TEST(first("http://127.0.0.1:9091/basiq/events/1") == "fail");
}

BOOST_AUTO_TEST_CASE(not_found) {
    const std::string missing = R"({"type":"list","data":[{"code":"resource-not-found"}]})";
    auto gone = answered(reply(200, "{}"), reply(404, missing), "connection.deleted");
    BOOST_TEST(gone->result == GATEHOUSE_RESULT_GONE);
    BOOST_TEST(gone->reason.find("connection.deleted") != std::string::npos);

    auto marked = answered(reply(200, "{}"), reply(404, missing), "user.updated");
    BOOST_TEST(marked->body ==
               R"({"event":{},"event_status":200,"entity":null,"entity_status":404,"entity_pages":0,"entity_complete":true})");

    auto old = answered(reply(404, missing), reply(200, R"({"id":1})"));
    BOOST_TEST(old->body ==
               R"({"event":null,"event_status":404,"entity":{"id":1},"entity_status":200,"entity_pages":1,"entity_complete":true})");

    // Deleted, and still there: the document says so.
    BOOST_TEST(answered(reply(200, "{}"), reply(200, "{}"), "user.deleted")->result == GATEHOUSE_RESULT_DOCUMENT);
}

BOOST_AUTO_TEST_CASE(a_notification_without_links_costs_no_request) {
    for (const char* raw : {"not json", "{}", R"({"links":{"event":7}})", ""}) {
        auto j = begin_with(raw);
        BOOST_TEST(j->body ==
                   R"({"event":null,"event_status":null,"entity":null,"entity_status":null,"entity_pages":0,"entity_complete":true})");
    }
    auto one = begin_with(R"({"links":{"eventEntity":"https://au-api.basiq.io/users/u1"}})");
    one->reply(reply(200, R"({"access_token":"tok","expires_in":3600})"));
    BOOST_TEST(one->requests.size() == 1u);
    one->reply(Replies{reply(200, "[1]")});
    BOOST_TEST(one->body ==
               R"({"event":null,"event_status":null,"entity":[1],"entity_status":200,"entity_pages":1,"entity_complete":true})");
}

BOOST_AUTO_TEST_CASE(a_401_renews_the_token_once) {
    auto j = answered(reply(200, "{}"), reply(401, k_error));
    BOOST_TEST(j->requests.at(0).url == "https://au-api.basiq.io/token");
    j->reply(reply(200, R"({"access_token":"tok2","expires_in":3600})"));
    BOOST_TEST(j->requests.at(0).header("Authorization") == "Bearer tok2");
    BOOST_TEST(j->requests.size() == 2u);
    j->reply(Replies{reply(200, "{}"), reply(401, k_error)});
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(j->reason.find("api_key") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_other_answer_of_the_api) {
    struct Case {
        fake::Reply answer;
        int32_t kind;
        int64_t after;
    };
    const std::string date = "Sun, 13 Sep 2020 12:28:00 GMT"; // 80 s after the fake host's clock
    const Case cases[] = {{reply(403, k_error), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(403, "", {{"Retry-After", "30"}}), GATEHOUSE_FAIL_RETRY, 30'000},
                          {reply(429, "", {{"retry-after", "120"}}), GATEHOUSE_FAIL_RETRY, 120'000},
                          {reply(429, "", {{"Retry-After", date}}), GATEHOUSE_FAIL_RETRY, 80'000},
                          {reply(429, "", {{"Retry-After", "soon"}}), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(429), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(500), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(502, "<html>"), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(503, k_error, {{"Retry-After", "5"}}), GATEHOUSE_FAIL_RETRY, 5'000},
                          {reply(408), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(200, "<html>"), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(200, ""), GATEHOUSE_FAIL_RETRY, 0},
                          {reply(400, k_error), GATEHOUSE_FAIL_INVALID, 0},
                          {reply(302, "", {{"Location", "https://evil.example/"}}), GATEHOUSE_FAIL_INVALID, 0},
                          {reply(204), GATEHOUSE_FAIL_INVALID, 0},
                          {fake::Reply::lost(GATEHOUSE_NET_TIMEOUT), GATEHOUSE_FAIL_RETRY, 0},
                          {fake::Reply::lost(GATEHOUSE_NET_TLS), GATEHOUSE_FAIL_RETRY, 0},
                          {fake::Reply::lost(GATEHOUSE_NET_TRUNCATED), GATEHOUSE_FAIL_RETRY, 0},
                          {fake::Reply::lost(GATEHOUSE_NET_NOT_ALLOWED), GATEHOUSE_FAIL_REFUSED, 0}};
    for (const auto& c : cases) {
        for (const bool event : {true, false}) {
            auto j = event ? answered(c.answer, reply(200, "{}")) : answered(reply(200, "{}"), c.answer);
            BOOST_TEST_CONTEXT("status " << c.answer.status << ", net " << c.answer.net << ": " << j->reason) {
                BOOST_TEST(j->asked == "fail");
                BOOST_TEST(j->failure == c.kind);
                BOOST_TEST(j->retry_after == c.after);
                BOOST_TEST(j->reason.find("tok") == std::string::npos);
            }
        }
    }
    BOOST_TEST(answered(reply(403, k_error), reply(200, "{}"))->reason.find("code access-denied, correlation id abc-1") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_answer_to_the_token_call) {
    const auto failure = [&](const fake::Reply& r) {
        auto j = begin("user.created", api + "/events/e-1", api + "/users/u1");
        j->reply(r);
        BOOST_TEST(j->reason.find("QUJD") == std::string::npos);
        return j->failure * 1'000'000 + j->retry_after;
    };
    BOOST_TEST(failure(reply(400, k_error)) == GATEHOUSE_FAIL_REFUSED * 1'000'000);
    BOOST_TEST(failure(reply(401)) == GATEHOUSE_FAIL_REFUSED * 1'000'000);
    BOOST_TEST(failure(reply(404)) == GATEHOUSE_FAIL_REFUSED * 1'000'000);
    BOOST_TEST(failure(reply(403)) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(failure(reply(403, "", {{"Retry-After", "60"}})) == 60'000);
    BOOST_TEST(failure(reply(429, "", {{"Retry-After", "60"}})) == 60'000);
    BOOST_TEST(failure(reply(500)) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(failure(reply(200, "{}")) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(failure(fake::Reply::lost(GATEHOUSE_NET_RESOLVE)) == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(pages_of_a_list_become_one) {
    auto j = asked("transactions.updated", "/users/u1/transactions");
    j->reply(Replies{reply(200, "{}"), reply(200, page(R"({"a": 1.0},2)", api + "/users/u1/transactions?next=t('1')"))});
    BOOST_TEST(j->requests.at(0).url == "https://au-api.basiq.io/users/u1/transactions?next=t%28%271%27%29");
    BOOST_TEST(j->requests.at(0).header("Authorization") == "Bearer tok");
    j->reply(Replies{reply(200, page("3"))});
    BOOST_TEST(j->body ==
               R"({"event":{},"event_status":200,"entity":{"type":"list","count":2,"size":2,"data":[{"a": 1.0},2,3],"links":{"self":"s"}},)"
               R"("entity_status":200,"entity_pages":2,"entity_complete":true})");
}

BOOST_AUTO_TEST_CASE(the_page_limit_is_told) {
    auto j = asked("transactions.updated", "/users/u1/transactions");
    j->reply(Replies{reply(200, "{}"), reply(200, page("1", api + "/p2"))});
    j->reply(Replies{reply(200, page("2", api + "/p3"))});
    j->reply(Replies{reply(200, page("3", api + "/p4"))});
    const auto d = nlohmann::json::parse(j->body);
    BOOST_TEST(d["entity"]["data"].size() == 3u);
    BOOST_TEST(d["entity"]["links"]["next"] == "https://au-api.basiq.io/p4");
    BOOST_TEST(d["entity_pages"] == 3);
    BOOST_TEST(d["entity_complete"] == false);
    BOOST_TEST(source.host.logs.back().find("max_pages") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(faults_between_pages) {
    const auto after_first = [&](const std::string& next, std::vector<fake::Reply> second) {
        auto j = asked("transactions.updated", "/users/u1/transactions");
        j->reply(Replies{reply(200, "{}"), reply(200, page("1", next))});
        if (!second.empty()) j->reply(second);
        return j;
    };
    BOOST_TEST(after_first("https://evil.example/p2", {})->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(after_first(api + "/p2", {reply(500)})->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(after_first(api + "/p2", {reply(429, "", {{"Retry-After", "3"}})})->retry_after == 3'000);
    BOOST_TEST(after_first(api + "/p2", {reply(200, "{}")})->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(after_first(api + "/p2", {reply(200, page("2", api + "/p2"))})->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(after_first(api + "/p2", {reply(200, k_empty_page)})->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(after_first(api + "/p2", {reply(401)})->requests.at(0).url == "https://au-api.basiq.io/token");
}

BOOST_AUTO_TEST_CASE(a_job_can_be_dropped_at_every_suspension) {
    for (int steps = 0; steps < 5; ++steps) {
        fake::Source fresh(plugin, R"({"secret": "rfiuheo43934", "api_key": "k", "api_url": "https://au-api.basiq.io"})");
        fake::Request r;
        r.body = body("transactions.updated", api + "/events/1", api + "/users/u1/transactions");
        auto j = fresh.fetch(r, "any");
        if (steps > 0) j->start();
        if (steps > 1) j->reply(reply(200, R"({"access_token":"tok","expires_in":3600})"));
        if (steps > 2) j->reply(Replies{reply(200, "{}"), reply(200, page("1", api + "/p2"))});
        if (steps > 3) j->reply(Replies{reply(200, page("2", api + "/p3"))});
        BOOST_TEST(!j->ended());
        BOOST_TEST(j->asks == (steps > 0 ? 1 : 0));
    }
}

BOOST_AUTO_TEST_SUITE_END()
