// Operations against Streams' management API, its answers written down from the documentation.
#include "tests/plugins/axway_support.hpp"

using namespace axway_test;

namespace {

const std::string k_settings =
    R"({"clients": [{"id": "streams", "secret": "old-secret-of-streams"}, {"id": "b", "secret": "the-secret-of-client-b"}],
    "header": {"value": "header-secret-number-1"}, "api_url": "https://streams.example/proxy", "api_key": "k", "resync": "recreate"})";
const std::string k_base = "https://streams.example/proxy/streams/subscribers/webhook/api/v1";
const std::string k_block =
    R"({"url":"https://hooks.example/hooks/axway","topic":"test Topic","mode":"snapshot-patch","scope":"READ,WRITE"})";
const std::string k_wanted = R"({"url":"https://hooks.example/hooks/axway","topic":"t-1","mode":"snapshot-patch"})";

struct Operations {
    Operations() : source(plugin(), k_settings) { BOOST_REQUIRE_MESSAGE(source.enrolled == GATEHOUSE_OK, source.host.reason); }

    fake::Job& begin(const std::string& name, const std::string& arguments) {
        job = source.operation(name, arguments);
        BOOST_REQUIRE_MESSAGE(job, source.host.reason);
        BOOST_REQUIRE(job->start() == GATEHOUSE_OK);
        return *job;
    }
    /// The job must have asked for this; answers it.
    void expect(const std::string& call, int status, const std::string& body = "") {
        BOOST_REQUIRE_MESSAGE(job->asked == "http", call + ": asked for " + job->asked + " " + job->reason);
        const fake::Ask ask = job->requests.at(0);
        BOOST_TEST(ask.method + " " + ask.url == call);
        BOOST_TEST(ask.header("KeyId") == "{api_key}");
        last_body = ask.body;
        fake::Reply reply;
        reply.status = status;
        reply.body = body;
        job->reply(reply);
    }
    void expect_state() {
        BOOST_REQUIRE_MESSAGE(job->asked == "put_state", job->asked + " " + job->reason);
        commit(source, job->state);
        job->written();
    }
    nlohmann::json finished() {
        BOOST_REQUIRE_MESSAGE(job->asked == "finish", job->asked + " " + job->reason);
        commit(source, job->state);
        return job->body.empty() ? nlohmann::json() : nlohmann::json::parse(job->body);
    }
    /// A stale document's patch: the job that would create the subscription anew.
    void stale_patch(uint32_t attempt = 1) {
        request = notification("patch", R"([{"op":"remove","path":"/nothing"}])", "t-1#9");
        job = source.fetch(request, "patch", "", attempt);
        BOOST_REQUIRE(job->start() == GATEHOUSE_OK);
    }
    void with_document() {
        source.host.state["pin/sub-1"] = k_wanted;
        source.host.state["pinned"] = "1";
        source.host.state["callback"] = "https://hooks.example/hooks/axway";
        auto r = notification("snapshot", R"({"a":1})", "t-1#8");
        auto j = source.fetch(r, "snapshot");
        j->start();
        commit(source, j->state);
    }

    fake::Source source;
    fake::Request request;
    std::unique_ptr<fake::Job> job;
    std::string last_body;
};

} // namespace

BOOST_AUTO_TEST_SUITE(axway_operations)

BOOST_AUTO_TEST_CASE(operations_are_enrolled_with_their_kinds) {
    Operations o;
    std::map<std::string, std::string> kinds;
    for (const auto& op : o.source.operations) kinds[op.name] = op.kind;
    BOOST_TEST(kinds["subscribe"] == "subscribe");
    BOOST_TEST(kinds["list"] == "list");
    BOOST_TEST(kinds["unsubscribe"] == "unsubscribe");
    BOOST_TEST(kinds["test"] == "test");
    BOOST_TEST(kinds["exchanges"] == "history");
    BOOST_TEST(kinds["recover"] == "recover");
    for (const auto& op : o.source.operations)
        if (!op.schema.empty()) BOOST_TEST(nlohmann::json::accept(op.schema), op.name);
    BOOST_TEST(o.source.egress.at(0).setting == "api_url");
    const fake::Source without(plugin(), k_header);
    BOOST_TEST(without.operations.size() == 1u);
}

BOOST_AUTO_TEST_CASE(subscribe_brings_our_own_protection_and_pins_the_new_id) {
    Operations o;
    o.begin("subscribe", k_block);
    // Its first snapshot may come before the answer that names it.
    o.expect_state();
    auto early = notification("snapshot", "{}", "e", "new-1");
    early.headers.erase(early.headers.begin());
    BOOST_TEST(o.source.host.state["creating"] == std::to_string(o.source.host.now + 300'000));
    o.expect("POST " + k_base + "/topics/test%20Topic/subscriptions", 201, R"({"id":"new-1","subscriptionStatus":"active"})");
    const auto sent = nlohmann::json::parse(o.last_body);
    BOOST_TEST(sent["webhookUrl"] == "https://hooks.example/hooks/axway");
    BOOST_TEST(sent["subscriptionMode"] == "snapshot-patch");
    BOOST_TEST(sent["webhookHeaders"]["X-Gatehouse-Secret"] == "header-secret-number-1");
    const nlohmann::json authorization = {{"type", "oauth2"},
                                          {"clientId", "streams"},
                                          {"clientSecret", "old-secret-of-streams"},
                                          {"provider", "https://hooks.example/hooks/axway/oauth/token"},
                                          {"mode", "header"},
                                          {"scope", "READ,WRITE"}};
    BOOST_TEST((sent["authorization"] == authorization));
    const auto record = o.finished();
    BOOST_TEST(record["id"] == "new-1");
    BOOST_TEST(record["state"] == "active");
    BOOST_TEST(record["ours"] == true);
    BOOST_TEST((record["subscription"] == nlohmann::json::parse(k_block)));
    BOOST_TEST(!o.source.host.state.contains("creating"));
    BOOST_TEST(o.source.host.state["known"] == R"(["new-1"])");
    BOOST_TEST(o.source.host.state["callback"] == "https://hooks.example/hooks/axway");
    for (const auto& [key, value] : o.source.host.state) BOOST_TEST(value.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(subscribe_refuses_what_would_send_secrets_in_the_clear) {
    Operations o;
    o.begin("subscribe", R"({"url":"http://hooks.example/hooks/axway","topic":"t"})");
    o.expect_state();
    BOOST_TEST(o.job->asked == "fail");
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(o.job->reason.find("must be https") != std::string::npos);
    o.begin("subscribe", R"({"url":"http://127.0.0.1:8080/hooks/axway","topic":"t","client":"b","oauth_mode":"body"})");
    o.expect_state();
    o.expect("POST " + k_base + "/topics/t/subscriptions", 201, R"({"id":"x"})");
    BOOST_TEST(nlohmann::json::parse(o.last_body)["authorization"]["clientId"] == "b");
    BOOST_TEST(nlohmann::json::parse(o.last_body)["authorization"]["mode"] == "body");
    o.begin("subscribe", R"({"url":"https://h.example/","topic":"t","client":"nobody"})");
    o.expect_state();
    BOOST_TEST(o.job->reason.find("client:") == 0u);
}

BOOST_AUTO_TEST_CASE(what_streams_refuses_is_told_in_its_own_words) {
    Operations o;
    o.begin("subscribe", k_block);
    o.expect_state();
    o.expect(
        "POST " + k_base + "/topics/test%20Topic/subscriptions", 400,
        R"({"errors":[{"status":400,"title":"Validation error: Subscription","detail":"mode is not allowed","meta":{},"source":{}}]})");
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(o.job->reason.find("status 400: Validation error: Subscription: mode is not allowed") != std::string::npos);
    o.begin("get", R"({"id":"sub-1"})");
    o.expect("GET " + k_base + "/subscriptions/sub-1", 503);
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(list_goes_through_topics_and_pages_and_says_what_is_ours_and_stale) {
    Operations o;
    o.with_document();
    o.source.host.state["suspect/sub-1"] = "a patch of yesterday was not delivered";
    o.begin("list", "{}");
    const std::string url = k_base + "/topics/t-1/subscriptions?page=";
    o.expect(
        "GET " + url + "1&pageSize=100", 200,
        R"({"items":[{"id":"sub-1","webhookUrl":"https://hooks.example/hooks/axway","subscriptionMode":"snapshot-patch","subscriptionStatus":"suspended"}],
                "links":{"self":"/x","next":"/x?page=2"}})");
    o.expect(
        "GET " + url + "2&pageSize=100", 200,
        R"({"items":[{"id":"sub-2","webhookUrl":"https://elsewhere.example/","subscriptionStatus":"active"},{"id":"sub-3","subscriptionStatus":"failed"}],"links":{}})");
    const auto list = o.finished();
    BOOST_REQUIRE(list.size() == 3u);
    BOOST_TEST(list[0]["state"] == "suspended");
    BOOST_TEST(list[0]["ours"] == true);
    BOOST_TEST((list[0]["subscription"] == nlohmann::json::parse(k_wanted)));
    const std::string detail = list[0]["detail"];
    BOOST_TEST(detail.find("reactivate") != std::string::npos);
    BOOST_TEST(detail.find("document stale: a patch of yesterday") != std::string::npos);
    BOOST_TEST(!list[1].contains("ours"));
    BOOST_TEST(list[1]["subscription"]["url"] == "https://elsewhere.example/");
    BOOST_TEST(list[2]["state"] == "disabled");
}

BOOST_AUTO_TEST_CASE(list_asks_for_all_topics_when_it_knows_none) {
    Operations o;
    o.begin("list", "{}");
    o.expect("GET https://streams.example/proxy/streams/hub/api/v1/topics?page=1&pageSize=100", 200,
             R"({"items":[{"id":"t-1"},{"id":"t-2"}],"links":{}})");
    o.expect("GET " + k_base + "/topics/t-1/subscriptions?page=1&pageSize=100", 200, R"({"items":[{"id":"s"}],"links":{}})");
    o.expect("GET " + k_base + "/topics/t-2/subscriptions?page=1&pageSize=100", 404);
    BOOST_TEST(o.finished().size() == 1u);
    o.begin("list", R"({"topic":"a b"})");
    o.expect("GET " + k_base + "/topics/a%20b/subscriptions?page=1&pageSize=100", 200, "[]");
    BOOST_TEST(o.job->reason.find("has no items") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(list_leaves_the_order_to_streams) {
    Operations o;
    o.begin("list", R"({"topic":"t","sort":"webhookUrl,DESC"})");
    const std::string url = k_base + "/topics/t/subscriptions?page=";
    o.expect("GET " + url + "1&pageSize=100&sort=webhookUrl,DESC", 200, R"({"items":[{"id":"b"}],"links":{"next":"/x?page=2"}})");
    o.expect("GET " + url + "2&pageSize=100&sort=webhookUrl,DESC", 200, R"({"items":[{"id":"a"}],"links":{}})");
    const auto list = o.finished();
    BOOST_TEST(list[0]["id"] == "b");
    BOOST_TEST(list[1]["id"] == "a");
}

BOOST_AUTO_TEST_CASE(unsubscribe_takes_404_for_done_and_forgets) {
    for (const int status : {204, 404}) {
        Operations o;
        o.with_document();
        o.begin("unsubscribe", R"({"id":"sub-1"})");
        o.expect("DELETE " + k_base + "/subscriptions/sub-1", status);
        o.finished();
        for (const char* key : {"pin/sub-1", "doc/sub-1", "meta/sub-1"}) BOOST_TEST(!o.source.host.state.contains(key));
        BOOST_TEST(o.source.host.state["known"] == "[]");
        BOOST_TEST(o.source.host.state["pinned"] == "1"); // strangers stay out
    }
    Operations o;
    o.begin("unsubscribe", R"({"id":"sub-1"})");
    o.expect("DELETE " + k_base + "/subscriptions/sub-1", 500);
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(reactivate_suspend_and_test) {
    Operations o;
    o.begin("reactivate", R"({"id":"sub-1"})");
    o.expect("PATCH " + k_base + "/subscriptions/sub-1", 200, "{}");
    BOOST_TEST(o.last_body == R"({"subscriptionStatus":"active"})");
    o.finished();
    o.begin("suspend", R"({"id":"sub-1"})");
    o.expect("PATCH " + k_base + "/subscriptions/sub-1", 404);
    BOOST_TEST(o.last_body == R"({"subscriptionStatus":"suspended"})");
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_INVALID);
    o.begin("test", R"({"id":"sub-1","body":{"n":1.0}})");
    o.expect("POST " + k_base + "/subscriptions/sub-1/test", 202);
    BOOST_TEST(o.last_body == R"({"n":1.0})");
    o.finished();
}

BOOST_AUTO_TEST_CASE(exchanges_come_without_secrets) {
    Operations o;
    o.begin("exchanges", R"({"id":"sub-1","start":"2021-01-10T10:13:32.500Z","end":"2021-01-10T11:00:00Z"})");
    o.expect(
        "GET " + k_base + "/subscriptions/sub-1/exchanges?start=2021-01-10T10%3A13%3A32Z&end=2021-01-10T11%3A00%3A00Z", 200,
        R"([{"subscriptionId":"sub-1","requestHeaders":{"authorization":"Bearer abc","X-Gatehouse-Secret":"header-secret-number-1","Accept":"x"},"responseCode":200}])");
    const std::string text = o.finished().dump();
    BOOST_TEST(text.find("abc") == std::string::npos);
    BOOST_TEST(text.find("header-secret") == std::string::npos);
    BOOST_TEST(text.find(R"("Accept":"x")") != std::string::npos);
    o.begin("exchanges", R"({"id":"sub-1"})");
    o.expect("GET " + k_base + "/subscriptions/sub-1/exchanges", 200, "{}");
    BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(o.begin("exchanges", R"({"id":"sub-1","start":"yesterday"})").failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(recover_tells_what_was_lost_and_distrusts_the_document) {
    Operations o;
    o.source.host.now = 1'610'986'000'000; // 2021-01-18T16:06:40Z: the snapshot
    o.with_document();
    o.source.host.state["known"] = R"(["sub-1","sub-2"])";
    const std::string window = R"("since":"2021-01-18T16:00:00.000Z","until":"2021-01-18T17:00:00.000Z")";
    o.begin("recover", "{" + window + R"(,"cursor":null,"limit":100})");
    o.expect("GET " + k_base + "/subscriptions/sub-1", 200, R"({"id":"sub-1","subscriptionStatus":"suspended"})");
    o.expect(
        "GET " + k_base + "/subscriptions/sub-1/exchanges?start=2021-01-18T16%3A00%3A00Z&end=2021-01-18T17%3A00%3A00Z", 200,
        R"([{"eventType":"patch","requestDatetime":"2021-01-18T16:25:05.743574Z","requestRetryAttempts":1,"requestRetryMaxAttempts":1,"responseCode":404,"errorMessage":"404 NOT_FOUND"},
                 {"eventType":"patch","requestDatetime":"2021-01-18T16:25:05.500000Z","responseCode":404},
                 {"eventType":"patch","requestDatetime":"2021-01-18T16:20:00.000000Z","responseCode":503},
                 {"eventType":"patch","requestDatetime":"2021-01-18T16:20:00.200000Z","requestRetryAttempts":1,"responseCode":200},
                 {"eventType":"error","requestDatetime":"2021-01-18T16:30:00.000000Z","errorMessage":"connection refused"}])");
    const auto page = o.finished();
    BOOST_TEST(page["events"].empty()); // there is no body to bring back
    BOOST_REQUIRE(page["unrecoverable"].size() == 3u);
    BOOST_TEST(page["unrecoverable"][0]["reason"].get<std::string>().find("reactivate") != std::string::npos);
    BOOST_TEST(page["unrecoverable"][1]["what"] == "patch for subscription sub-1 at 2021-01-18T16:25:05.743574Z (status 404)");
    BOOST_TEST(page["unrecoverable"][1]["reason"].get<std::string>().find("resync") != std::string::npos);
    BOOST_TEST(page["unrecoverable"][2]["what"].get<std::string>().find("connection refused") != std::string::npos);
    BOOST_TEST(page["cursor"] == "sub-2");
    BOOST_TEST(o.source.host.state.contains("suspect/sub-1"));

    o.begin("recover", "{" + window + R"(,"cursor":"sub-2","limit":100})");
    o.expect("GET " + k_base + "/subscriptions/sub-2", 404);
    const auto last = o.finished();
    BOOST_TEST(!last.contains("cursor"));
    BOOST_TEST(last["unrecoverable"][0]["reason"].get<std::string>().find("not at Streams any more") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(recover_trusts_a_document_whose_snapshot_came_after_the_loss) {
    Operations o;
    o.source.host.now = 1'610'990'000'000; // 2021-01-18T17:13:20Z
    o.with_document();
    o.begin("recover", R"({"since":"2021-01-18T16:00:00Z","until":"2021-01-18T18:00:00Z"})");
    o.expect("GET " + k_base + "/subscriptions/sub-1", 200, R"({"id":"sub-1"})");
    o.expect("GET " + k_base + "/subscriptions/sub-1/exchanges?start=2021-01-18T16%3A00%3A00Z&end=2021-01-18T18%3A00%3A00Z", 200,
             R"([{"eventType":"patch","requestDatetime":"2021-01-18T16:25:05.743574Z","responseCode":404}])");
    BOOST_TEST(o.finished()["unrecoverable"].size() == 1u);
    BOOST_TEST(!o.source.host.state.contains("suspect/sub-1"));
}

BOOST_AUTO_TEST_CASE(a_stale_document_is_mended_by_creating_the_subscription_anew) {
    Operations o;
    o.with_document();
    o.stale_patch();
    o.expect_state(); // unknown ids are accepted
    o.expect("GET " + k_base + "/topics/t-1/subscriptions?page=1&pageSize=100", 200,
             R"({"items":[{"id":"sub-1","webhookUrl":"https://hooks.example/hooks/axway"}],"links":{}})");
    o.expect("POST " + k_base + "/topics/t-1/subscriptions", 201, R"({"id":"sub-9"})");
    o.expect_state(); // the new one is pinned before the old one goes
    BOOST_TEST(o.source.host.state.contains("pin/sub-9"));
    BOOST_TEST(o.source.host.state.contains("pin/sub-1"));
    o.expect("DELETE " + k_base + "/subscriptions/sub-1", 204);
    o.expect_state();
    BOOST_TEST(o.finished()["detail"].get<std::string>().find("replaced by subscription sub-9 because patch t-1#9 does not apply") == 0u);
    BOOST_TEST(!o.source.host.state.contains("doc/sub-1"));
    BOOST_TEST(!o.source.host.state.contains("pin/sub-1"));
    // What of the old one still waits changes nothing and creates nothing.
    o.stale_patch();
    BOOST_TEST(o.job->asked == "finish");
    BOOST_TEST(o.job->state.empty());
    auto r = notification("snapshot", "[1]", "t-1#10", "sub-9");
    auto job = o.source.fetch(r, "snapshot");
    job->start();
    BOOST_TEST(job->body == "[1]");
}

BOOST_AUTO_TEST_CASE(an_interrupted_resync_finds_what_it_had_created) {
    Operations o;
    o.with_document();
    o.stale_patch(2);
    o.expect_state();
    o.expect("GET " + k_base + "/topics/t-1/subscriptions?page=1&pageSize=100", 200,
             R"({"items":[{"id":"sub-1","webhookUrl":"https://hooks.example/hooks/axway"},{"id":"x","webhookUrl":"https://elsewhere/"},
                 {"id":"sub-9","webhookUrl":"https://hooks.example/hooks/axway"}],"links":{}})");
    o.expect_state();
    BOOST_TEST(o.source.host.state.contains("pin/sub-9"));
    o.expect("DELETE " + k_base + "/subscriptions/sub-1", 404);
    o.expect_state();
    o.finished();
}

BOOST_AUTO_TEST_CASE(a_resync_that_fails_is_tried_again_and_then_settled_without) {
    Operations o;
    o.with_document();
    for (const uint32_t attempt : {1u, 2u, 3u}) {
        o.stale_patch(attempt);
        o.expect_state();
        o.expect("GET " + k_base + "/topics/t-1/subscriptions?page=1&pageSize=100", 503);
        if (attempt < 3) {
            BOOST_TEST(o.job->failure == GATEHOUSE_FAIL_RETRY);
            continue;
        }
        BOOST_TEST(o.finished()["title"] == "The document is stale");
        BOOST_TEST(o.source.host.logs.back().find("run the operation resync") != std::string::npos);
    }
    // The next patch does not start over.
    o.request = notification("patch", "[]", "t-1#11");
    o.job = o.source.fetch(o.request, "patch");
    o.job->start();
    BOOST_TEST(o.job->asked == "finish");

    Operations foreign; // not created by us: nobody knows how
    auto r = notification("patch", "[]", "t-1#1");
    auto job = foreign.source.fetch(r, "patch");
    job->start();
    BOOST_TEST(job->asked == "finish");
    BOOST_TEST(foreign.source.host.logs.back().find("was not created by this source") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(resync_can_be_asked_for) {
    Operations o;
    o.with_document();
    o.begin("resync", R"({"id":"sub-1"})");
    o.expect_state();
    o.expect("GET " + k_base + "/topics/t-1/subscriptions?page=1&pageSize=100", 404);
    o.expect("POST " + k_base + "/topics/t-1/subscriptions", 201, R"({"id":"sub-9"})");
    o.expect_state();
    o.expect("DELETE " + k_base + "/subscriptions/sub-1", 204);
    o.expect_state();
    BOOST_TEST(o.finished()["id"] == "sub-9");
    BOOST_TEST(!o.source.host.state.contains("doc/sub-1"));
}

BOOST_AUTO_TEST_SUITE_END()
