// Fetching certificates: once, never remembered when it fails; and the other place to fetch from.
#include <boost/test/unit_test.hpp>

#include <set>
#include <thread>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

struct Fixture {
    fake::Plugin plugin{std::string(SNS_PLUGIN)};
    fake::Source source{plugin, nlohmann::json{{"topic_arns", {k_topic}}}.dump()};
    std::string certificate = signer().certificate();
    fake::Request request = Message::notification().sign().request();
    Fixture() { source.host.now = k_now; }

    std::shared_ptr<fake::Job> missing_key() {
        auto a = source.verify(request);
        BOOST_REQUIRE_EQUAL(a.kind, "job");
        BOOST_REQUIRE_EQUAL(a.job->start(), GATEHOUSE_OK);
        return a.job;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sns_keys, Fixture)

BOOST_AUTO_TEST_CASE(the_certificate_is_asked_for_with_every_limit) {
    const auto j = missing_key();
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    const auto& ask = j->requests.at(0);
    BOOST_TEST(ask.method == "GET");
    BOOST_TEST(ask.url == k_cert_url);
    BOOST_TEST(ask.max_response == 16u * 1024);
    BOOST_TEST(ask.timeout == 4500);
    BOOST_TEST(!ask.share_key.empty());
    BOOST_TEST(ask.headers.empty());
}

BOOST_AUTO_TEST_CASE(a_thousand_cold_requests_cost_one_fetch) {
    std::vector<std::shared_ptr<fake::Job>> waiting;
    std::set<std::string> share_keys;
    for (int i = 0; i < 1000; ++i) {
        waiting.push_back(missing_key());
        BOOST_REQUIRE_EQUAL(waiting.back()->asked, "http");
        share_keys.insert(waiting.back()->requests[0].share_key);
    }
    // The host sends requests with one share key that are under way together once, and gives all jobs the answer.
    BOOST_TEST(share_keys.size() == 1u);
    for (const auto& j : waiting) {
        j->reply(reply(200, certificate));
        BOOST_TEST(j->result == GATEHOUSE_RESULT_DONE);
    }
    BOOST_TEST(outcome(source.verify(request)) == "accept");
    // One that was verified before the answer came and starts after it asks nobody.
    fake::Source late(plugin, nlohmann::json{{"topic_arns", {k_topic}}}.dump());
    late.host.now = k_now;
    auto first = late.verify(request), second = late.verify(request);
    first.job->start();
    first.job->reply(reply(200, certificate));
    second.job->start();
    BOOST_TEST(second.job->result == GATEHOUSE_RESULT_DONE);
}

BOOST_AUTO_TEST_CASE(each_url_has_its_own_share_key) {
    auto other =
        Message::notification()
            .sign(signer(), "1", "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-ffffffffffffffffffffffffffffffff.pem")
            .request();
    const auto a = missing_key();
    auto b = source.verify(other);
    b.job->start();
    BOOST_TEST(a->requests[0].share_key != b.job->requests[0].share_key);
}

BOOST_AUTO_TEST_CASE(a_failing_fetch_is_our_trouble_and_not_remembered) {
    for (const auto& r : {reply(404), reply(403, "<Error/>"), reply(500), reply(503), reply(301), reply(200, "<html>captive portal</html>"),
                          reply(200, ""), fake::Reply::lost(GATEHOUSE_NET_TIMEOUT), fake::Reply::lost(GATEHOUSE_NET_TLS),
                          fake::Reply::lost(GATEHOUSE_NET_TOO_LARGE), fake::Reply::lost(GATEHOUSE_NET_TRUNCATED)}) {
        const auto j = missing_key();
        BOOST_REQUIRE_EQUAL(j->asked, "http");
        j->reply(r);
        BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
    }
    const auto j = missing_key();
    j->reply(reply(200, certificate));
    BOOST_TEST(outcome(source.verify(request)) == "accept");
}

BOOST_AUTO_TEST_CASE(a_bad_certificate_is_looked_for_again_after_a_minute) {
    missing_key()->reply(reply(200, "<x>" + certificate + "</x>"));
    BOOST_TEST(outcome(source.verify(request)) == "certificate_malformed");
    source.host.now += 59'000;
    BOOST_TEST(outcome(source.verify(request)) == "certificate_malformed");
    source.host.now += 2'000;
    missing_key()->reply(reply(200, signer().certificate({.alternative = "DNS:example.org"})));
    BOOST_TEST(outcome(source.verify(request)) == "certificate_name_mismatch");
    source.host.now += 61'000;
    missing_key()->reply(reply(200, certificate));
    BOOST_TEST(outcome(source.verify(request)) == "accept");
    source.host.now += 10 * 3'600'000;
    BOOST_TEST(outcome(source.verify(request)) == "accept"); // its age is the host's to judge
}

BOOST_AUTO_TEST_CASE(a_forged_message_does_not_throw_the_certificate_out) {
    missing_key()->reply(reply(200, certificate));
    auto forged = Message::notification().sign(other_signer()).request();
    BOOST_TEST(outcome(source.verify(forged)) == "signature_mismatch");
    source.host.now += 3'600'000;
    BOOST_TEST(outcome(source.verify(request)) == "accept");
}

BOOST_AUTO_TEST_CASE(certificates_known_beforehand_are_not_fetched) {
    fake::Source offline(
        plugin, nlohmann::json{{"topic_arns", {k_topic}},
                               {"signing_certificates",
                                {{{"name", "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"}, {"pem", certificate}}}}}
                    .dump());
    BOOST_TEST(offline.opened == GATEHOUSE_OK, offline.host.reason);
    offline.host.now = k_now;
    BOOST_TEST(outcome(offline.verify(request)) == "accept");
    auto elsewhere = Message::notification()
                         .sign(signer(), "1", "https://example.org/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem")
                         .request();
    BOOST_TEST(outcome(offline.verify(elsewhere)) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(a_simulator_needs_the_operator_s_word_and_replaces_aws) {
    const std::string at = "http://127.0.0.1:4100";
    const std::string its_url = at + "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    auto theirs = Message::notification().sign(signer(), "1", its_url).request();
    BOOST_TEST(outcome(source.verify(theirs)) == "certificate_url_refused");

    fake::Source s(plugin, nlohmann::json{{"topic_arns", {k_topic}}, {"signing_cert_host", at}}.dump());
    s.host.now = k_now;
    BOOST_REQUIRE_EQUAL(s.egress.size(), 1u);
    BOOST_TEST(s.egress[0].setting == "signing_cert_host");
    for (auto* r : {&theirs, &request}) {
        auto a = s.verify(*r);
        BOOST_REQUIRE_EQUAL(a.kind, "job");
        a.job->start();
        BOOST_TEST(a.job->requests[0].url == its_url);
        a.job->reply(reply(200, certificate));
        BOOST_TEST(outcome(s.verify(*r)) == "accept");
    }
    auto foreign = Message::notification()
                       .sign(signer(), "1", "http://127.0.0.1:4101/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem")
                       .request();
    BOOST_TEST(outcome(s.verify(foreign)) == "certificate_url_refused");
    auto c = Message::confirmation()
                 .set("SubscribeURL", at + "/?Action=ConfirmSubscription&TopicArn=" + k_topic + "&Token=" + k_token)
                 .sign(signer(), "1", its_url)
                 .request();
    const auto accepted = s.verify(c);
    BOOST_TEST(outcome(accepted) == "accept");
    auto j = s.fetch(c, s.handle(c, accepted).type);
    j->start();
    BOOST_TEST(j->requests[0].url.rfind(at + "/?Action=ConfirmSubscription", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(many_threads_verify_with_one_key) {
    missing_key()->reply(reply(200, certificate));
    std::vector<std::thread> threads;
    std::atomic<int> accepted = 0, refused = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                auto m = Message::notification("m", t % 2 ? "s" : "").set("SignatureVersion", "1");
                auto mine = request;
                if (i % 2) mine.body += " ";
                if (i % 4 == 3) mine.body.insert(mine.body.find("hello"), "x");
                const auto a = source.verify(mine);
                accepted += a.kind == "accept";
                refused += a.code == "signature_mismatch";
            }
        });
    for (auto& t : threads) t.join();
    BOOST_TEST(accepted == 600);
    BOOST_TEST(refused == 200);
}

BOOST_AUTO_TEST_SUITE_END()
