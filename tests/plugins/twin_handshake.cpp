// Subscribing, confirming, refreshing and ending, step by step.
#include "tests/plugins/twin_support.hpp"

using namespace twin_test;
using nlohmann::json;

namespace {

const std::string k_answer = R"({"callback_url":"https://hooks.example/t","subscription":{"topic":"line-4","account":")" + k_account +
                             R"(","validity_ts":1772971200},"server_secret":"fresh-server-secret"})";

std::string confirmed(const std::string& host = k_webhooks, bool flat = false, const std::string& topic = "line-4") {
    const std::string s = R"({"topic":")" + topic + R"(","account":")" + k_account + R"(","validity_ts":1772971200,"refresh_url":")" +
                          host + R"(?token=r1","unsubscribe_url":")" + host + R"(?token=u1"})";
    return flat ? s : R"({"subscription":)" + s + "}";
}

struct Handshake : Opened {
    explicit Handshake(const std::string& with = settings({{"server_secret", nullptr}})) : Opened(with) {}

    std::unique_ptr<fake::Job> run(const std::string& name, const json& arguments = json::object()) {
        auto job = operation(name, arguments.dump());
        BOOST_REQUIRE(job);
        BOOST_REQUIRE(job->start() == GATEHOUSE_OK);
        return job;
    }
    /// Answers put_state as the host does, until it asks for something else.
    void write(fake::Job& job) {
        while (job.asked == "put_state") {
            commit(job);
            job.written();
        }
    }
    void subscribe(int status = 201, const std::string& answer = k_answer) {
        auto job = run("subscribe", {{"url", "https://hooks.example/t"}});
        write(*job);
        BOOST_REQUIRE(job->asked == "http");
        last = job->requests.at(0).method + " " + job->requests.at(0).url;
        body = job->requests.at(0).body;
        fake::Reply r;
        r.status = status, r.body = answer;
        job->reply(r);
        write(*job);
        end(*job);
    }
    void end(fake::Job& job) {
        result = job.body, reason = job.reason, failure = job.failure;
        if (job.result >= 0) commit(job);
    }
    Message confirmation(const std::string& server = "fresh-server-secret") {
        Message m;
        m.type = "x", m.confirmation_url = k_webhooks + "?token=Y29uZg==", m.key = k_client + server;
        return m;
    }
    /// The fetch-back of the confirmation; what it visits.
    std::string follow(const Message& m, const fake::Reply& reply) {
        fake::Request r = post(m.body());
        auto job = fetch(r, "subscription.confirmation", "line-4");
        job->start();
        if (job->asked != "http") return end(*job), "";
        const std::string url = job->requests.at(0).url;
        BOOST_TEST(job->requests[0].header("Authorization") == "");
        BOOST_TEST(job->requests[0].method == "GET");
        job->reply(reply);
        write(*job);
        while (job->asked == "http") {
            ended.push_back(job->requests.at(0).method + " " + job->requests.at(0).url);
            job->reply(fake::Reply{});
        }
        end(*job);
        return url;
    }
    std::string record(const char* member) {
        auto job = run("subscriptions");
        const json all = json::parse(job->body);
        return all.empty() ? "" : all[0].value(member, "");
    }

    std::string last, body, result, reason;
    std::vector<std::string> ended;
    int32_t failure = -1;
};

fake::Reply answer(int status, const std::string& body) {
    fake::Reply r;
    r.status = status, r.body = body;
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(twin_handshake)

BOOST_AUTO_TEST_CASE(subscribe_sends_the_block_and_keeps_the_server_secret) {
    Handshake s;
    s.subscribe();
    BOOST_TEST(s.last == "POST https://rest.trustedtwin.com/notifications/webhooks");
    const json sent = json::parse(s.body);
    BOOST_TEST(sent["callback_url"] == "https://hooks.example/t");
    BOOST_TEST(sent["topic"] == "line-4");
    BOOST_TEST(sent["client_secret"] == k_client);
    BOOST_TEST(sent["expires"] == 604800);
    const json record = json::parse(s.result);
    BOOST_TEST(record["id"] == "line-4#1772366400000");
    BOOST_TEST(record["subscription"]["expires"] == 604800);
    BOOST_TEST(record["state"] == "pending_confirmation");
    BOOST_TEST(record["subscription"]["url"] == "https://hooks.example/t");
    BOOST_TEST(record["expires_at"] == "2026-03-01T13:00:00.000Z"); // the confirmation may never come
    BOOST_TEST(record["secrets"]["server_secret"] == "fresh-server-secret");
    // Usable at once, before any host has taken it over.
    Message m;
    m.key = k_client + "fresh-server-secret";
    BOOST_TEST(s.verdict(m.body()) == "accept");
}

BOOST_AUTO_TEST_CASE(the_confirmation_is_followed_once_and_only_when_it_was_asked_for) {
    Handshake s;
    BOOST_TEST(s.follow(s.confirmation(), answer(200, confirmed())) == "");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(s.reason.find("no subscribe call") != std::string::npos);
    s.subscribe();
    BOOST_TEST(s.follow(s.confirmation(), answer(200, confirmed())) == k_webhooks + "?token=Y29uZg==");
    const json document = json::parse(s.result);
    BOOST_TEST(document["state"] == "active");
    BOOST_TEST(s.result.find("token") == std::string::npos);
    BOOST_TEST(s.record("state") == "active");
    BOOST_TEST(json::parse(s.host.state.at("twin.urls.line-4"))["refresh_url"] == k_webhooks + "?token=r1");
    // The same event once more: nothing is visited. Another message: nobody waits for it.
    BOOST_TEST(s.follow(s.confirmation(), answer(200, confirmed())) == "");
    BOOST_TEST(s.failure == -1);
    Message other = s.confirmation();
    other.id = "5a5b0000-0000-4000-8000-000000000002";
    BOOST_TEST(s.follow(other, answer(200, confirmed())) == "");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
}

BOOST_AUTO_TEST_CASE(both_shapes_and_both_statuses_of_the_answer_are_accepted) {
    for (const int status : {200, 201})
        for (const bool flat : {false, true}) {
            Handshake s;
            s.subscribe();
            s.follow(s.confirmation(), answer(status, confirmed(k_webhooks, flat)));
            BOOST_TEST(s.record("state") == "active");
        }
}

BOOST_AUTO_TEST_CASE(answers_that_lead_elsewhere_confirm_nothing) {
    for (const auto& wrong : {confirmed("https://evil.example/notifications/webhooks/" + k_account), confirmed(k_webhooks, false, "line-5"),
                              std::string("{}"), std::string("<html>")}) {
        Handshake s;
        s.subscribe();
        s.follow(s.confirmation(), answer(200, wrong));
        BOOST_TEST(s.failure == GATEHOUSE_FAIL_INVALID);
        BOOST_TEST(s.record("state") == "pending_confirmation");
        BOOST_TEST(s.reason.find("token=") == std::string::npos);
    }
    Handshake s;
    s.subscribe();
    s.follow(s.confirmation(), answer(404, R"({"subcode":404002,"description":"unknown token"})"));
    BOOST_TEST(s.reason.find("subcode 404002") != std::string::npos, s.reason);
    s.follow(s.confirmation(), answer(500, ""));
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(a_confirmation_before_the_answer_waits_for_it) {
    Handshake s;
    auto job = s.run("subscribe", {{"url", "https://hooks.example/t"}});
    s.write(*job);
    // The answer is under way; its server secret is not known, so the hash cannot be checked yet.
    const Message m = s.confirmation();
    const fake::Answer a = s.judge(m.body());
    BOOST_TEST(a.kind == "accept");
    BOOST_TEST(a.trust == static_cast<uint32_t>(GATEHOUSE_TRUST_UNVERIFIED_ORIGIN));
    BOOST_TEST(s.follow(m, answer(200, confirmed())) == "");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_RETRY);
    job->reply(answer(201, k_answer));
    s.write(*job);
    // By now it can be: a forged one that slipped in meanwhile goes no further.
    Message forged = m;
    forged.key = "forged";
    BOOST_TEST(s.follow(forged, answer(200, confirmed())) == "");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(s.follow(m, answer(200, confirmed())) == k_webhooks + "?token=Y29uZg==");
    BOOST_TEST(s.record("state") == "active");
}

BOOST_AUTO_TEST_CASE(an_answer_that_never_came_is_said_so) {
    Handshake s;
    auto job = s.run("subscribe", {{"url", "https://hooks.example/t"}});
    s.write(*job);
    job->reply(fake::Reply::lost(GATEHOUSE_NET_TIMEOUT));
    s.write(*job);
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
    s.host.now += 200'000;
    s.follow(s.confirmation(), answer(200, confirmed()));
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(s.reason.find("subscribe again") != std::string::npos);
    BOOST_TEST(s.record("detail").find("subscribe again") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_the_provider_refuses_leaves_things_as_they_were) {
    Handshake s;
    s.subscribe(403, R"({"subcode":403001,"trace":"abc","description":"no access to topic"})");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(s.reason.find("subcode 403001") != std::string::npos);
    BOOST_TEST(s.record("id") == "");
    s.subscribe();
    s.follow(s.confirmation(), answer(200, confirmed()));
    s.subscribe(403, "{}");
    BOOST_TEST(s.record("state") == "active");
    // A subscription of another account, or without the hash that was asked for, is none of ours.
    s.subscribe(201, R"({"subscription":{"topic":"line-4","account":"other"},"server_secret":"x"})");
    BOOST_TEST(s.failure == GATEHOUSE_FAIL_REFUSED);
    s.subscribe(201, R"({"subscription":{"topic":"line-4","account":")" + k_account + R"("}})");
    BOOST_TEST(s.reason.find("no server_secret came back") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refresh_sends_the_client_secret_and_takes_over_everything_new) {
    Handshake s;
    BOOST_TEST(s.run("renew")->failure == GATEHOUSE_FAIL_REFUSED);
    s.subscribe();
    s.follow(s.confirmation(), answer(200, confirmed()));
    auto job = s.run("renew", {{"id", "line-4"}, {"url", "https://hooks.example/t"}, {"topic", "line-4"}});
    s.write(*job);
    BOOST_TEST(job->requests.at(0).method == "PATCH");
    BOOST_TEST(job->requests[0].url == k_webhooks + "?token=r1");
    BOOST_TEST(job->requests[0].header("Authorization") == "");
    BOOST_TEST(json::parse(job->requests[0].body)["client_secret"] == k_client);
    BOOST_TEST(json::parse(job->requests[0].body)["expires"] == 604800);
    // While it is under way a message with the next secret is our fault; afterwards it is fine, and the old one still is.
    Message next;
    next.key = k_client + "second-secret";
    BOOST_TEST(s.verdict(next.body()).find("503: ") == 0u);
    std::string with = confirmed();
    with.replace(with.find("r1"), 2, "r2");
    with.replace(with.find("1772971200"), 10, "1773576000");
    with.insert(1, R"("callback_url":"https://hooks.example/t","server_secret":"second-secret",)");
    job->reply(answer(200, with));
    s.write(*job);
    const json record = json::parse(job->body);
    BOOST_TEST(record["secrets"]["server_secret"] == "second-secret");
    BOOST_TEST(record["expires_at"] == "2026-03-15T12:00:00.000Z");
    BOOST_TEST(record["state"] == "active");
    BOOST_TEST(json::parse(s.host.state.at("twin.urls.line-4"))["refresh_url"] == k_webhooks + "?token=r2");
    BOOST_TEST(s.verdict(next.body()) == "accept");
    Message old;
    old.key = k_client + "fresh-server-secret";
    BOOST_TEST(s.verdict(old.body()) == "accept");
    s.host.now += 16 * 60'000;
    BOOST_TEST(s.verdict(old.body()) == "hash_mismatch");
    BOOST_TEST(s.verdict(next.body()) == "accept");
}

BOOST_AUTO_TEST_CASE(a_refresh_that_fails_says_what_to_do_and_shows_no_url) {
    Handshake s;
    s.subscribe();
    s.follow(s.confirmation(), answer(200, confirmed()));
    auto job = s.run("renew");
    s.write(*job);
    job->reply(answer(404, R"({"subcode":404002,"description":"lapsed"})"));
    s.write(*job);
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(job->reason.find("subscribe again") != std::string::npos);
    BOOST_TEST(job->reason.find("token") == std::string::npos);
    job = s.run("renew");
    s.write(*job);
    job->reply(answer(503, ""));
    s.write(*job);
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
    s.host.now += 8LL * 24 * 3600 * 1000;
    BOOST_TEST(s.record("state") == "suspended");
    BOOST_TEST(s.record("detail").find("lapsed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_that_the_host_has_leaves_the_state) {
    Handshake s;
    s.subscribe();
    BOOST_TEST(s.host.state.count("twin.secrets.line-4") == 1u);
    s.host.secrets["server_secret"] = {"fresh-server-secret"};
    Message m;
    m.key = k_client + "fresh-server-secret";
    fake::Request r = post(m.body());
    auto job = s.fetch(r, "ledger.entry.updated", k_twin);
    job->start();
    job->reply(std::vector<fake::Reply>{answer(200, "{}"), answer(200, "{}"), answer(200, "{}")});
    s.commit(*job);
    BOOST_TEST(s.host.state.count("twin.secrets.line-4") == 0u);
    BOOST_TEST(s.verdict(m.body()) == "accept");
}

BOOST_AUTO_TEST_CASE(unsubscribing_ends_and_forgets) {
    Handshake s;
    s.subscribe();
    auto early = s.run("unsubscribe", {{"id", "line-4"}});
    BOOST_TEST(early->failure == GATEHOUSE_FAIL_REFUSED);
    s.follow(s.confirmation(), answer(200, confirmed()));
    for (const int status : {500, 404}) {
        auto job = s.run("unsubscribe", {{"id", "line-4"}});
        BOOST_TEST(job->requests.at(0).method == "DELETE");
        BOOST_TEST(job->requests[0].url == k_webhooks + "?token=u1");
        job->reply(answer(status, "{}"));
        if (status == 500) {
            BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
            continue;
        }
        BOOST_TEST(job->result == GATEHOUSE_RESULT_DONE);
        s.commit(*job);
    }
    BOOST_TEST(s.record("id") == "");
    for (const auto& [key, value] : s.host.state) BOOST_TEST(key.find("line-4") == std::string::npos, key);
    BOOST_TEST(s.run("unsubscribe", {{"id", "line-4"}})->result == GATEHOUSE_RESULT_DONE);
}

BOOST_AUTO_TEST_CASE(another_address_replaces_the_subscription_after_it_is_confirmed) {
    Handshake s;
    s.subscribe();
    s.follow(s.confirmation(), answer(200, confirmed()));
    auto job = s.run("update", {{"id", "line-4"}, {"url", "https://hooks.example/new"}, {"topic", "line-4"}});
    s.write(*job);
    std::string given = k_answer;
    job->reply(answer(201, given.replace(given.find("/t\""), 3, "/new\"")));
    s.write(*job);
    BOOST_TEST(s.ended.empty());
    Message m = s.confirmation();
    m.id = "5a5b0000-0000-4000-8000-000000000003";
    std::string with = confirmed();
    with.replace(with.find("u1"), 2, "u2");
    s.follow(m, answer(200, with));
    BOOST_REQUIRE(s.ended.size() == 1u);
    BOOST_TEST(s.ended[0] == "DELETE " + k_webhooks + "?token=u1");
    BOOST_TEST(s.record("state") == "active");
    BOOST_TEST(s.host.state.at("twin.urls.line-4").find("u1") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(removing_the_one_before_leaves_its_successor_alone) {
    Handshake s;
    s.subscribe();
    const std::string first = s.record("id");
    s.follow(s.confirmation(), answer(200, confirmed()));
    BOOST_TEST(s.record("expires_at") == "2026-03-08T12:00:00.000Z");
    s.host.now += 1000;
    s.subscribe();
    const std::string second = s.record("id");
    BOOST_TEST(first != second);
    auto job = s.run("unsubscribe", {{"id", first}});
    BOOST_TEST(job->result == GATEHOUSE_RESULT_DONE);
    BOOST_TEST(job->state.empty());
    BOOST_TEST(s.record("id") == second);
    // An update is the same subscription to the host.
    s.host.now += 1000;
    auto update = s.run("update", {{"id", second}, {"url", "https://hooks.example/t"}, {"topic", "line-4"}});
    s.write(*update);
    update->reply(answer(201, k_answer));
    s.write(*update);
    BOOST_TEST(json::parse(update->body)["id"] == second);
}

BOOST_AUTO_TEST_CASE(a_subscription_made_by_hand_can_be_expected) {
    Handshake s(settings());
    auto job = s.run("expect");
    s.commit(*job);
    BOOST_TEST(s.record("state") == "pending_confirmation");
    BOOST_TEST(s.follow(s.confirmation(k_server), answer(200, confirmed())) != "");
    BOOST_TEST(s.record("state") == "active");
}

BOOST_AUTO_TEST_CASE(topics_that_are_not_in_the_settings_are_not_touched) {
    Handshake s;
    for (const char* name : {"subscribe", "renew", "unsubscribe"}) {
        auto job = s.run(name, {{"url", "https://hooks.example/t"}, {"topic", "line-9"}, {"id", "line-9"}});
        BOOST_TEST(job->failure == GATEHOUSE_FAIL_INVALID);
        BOOST_TEST(job->reason.find("line-9") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(secrets_and_capabilities_reach_no_log) {
    Handshake s;
    s.subscribe();
    s.follow(s.confirmation(), answer(200, confirmed()));
    for (const auto& line : s.host.logs)
        for (const char* secret : {"token=", "fresh-server-secret", "c1i2e3n4t5"}) BOOST_TEST(line.find(secret) == std::string::npos, line);
}

BOOST_AUTO_TEST_SUITE_END()
