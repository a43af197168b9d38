// Subscriptions: pinning, approval, confirmation, their end, and Basic credentials.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

constexpr const char* k_other_topic = "arn:aws:sns:ap-southeast-2:999999999999:stranger";
const std::string k_confirm_url =
    "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + std::string(k_topic) + "&Token=" + k_token;

struct Fixture {
    fake::Plugin plugin{std::string(SNS_PLUGIN)};
    fake::Source source{plugin, nlohmann::json{{"topic_arns", {k_topic}}}.dump()};
    std::string certificate = signer().certificate();
    Fixture() { source.host.now = k_now; }

    fake::Answer receive(fake::Request& r) {
        const auto accepted = verify_with(source, r, certificate);
        BOOST_REQUIRE_EQUAL(outcome(accepted), "accept");
        auto handled = source.handle(r, accepted);
        BOOST_REQUIRE_EQUAL(handled.status, GATEHOUSE_OK);
        commit(source, handled.state);
        return handled;
    }
    /// Runs the fetch-back of a request's event up to the answer of SNS; commits what it changes.
    std::unique_ptr<fake::Job> run(fake::Request& r, const std::string& type, const fake::Reply& sns) {
        auto j = source.fetch(r, type);
        BOOST_REQUIRE(j);
        j->start();
        if (j->asked == "http") j->reply(sns);
        if (j->result >= 0) commit(source, j->state);
        return j;
    }
    std::unique_ptr<fake::Job> call(const std::string& name, const nlohmann::json& arguments) {
        auto j = source.operation(name, arguments.dump());
        j->start();
        if (j->result >= 0) commit(source, j->state);
        return j;
    }
    nlohmann::json list() { return nlohmann::json::parse(call("subscriptions", nlohmann::json::object())->body); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sns_handshake, Fixture)

BOOST_AUTO_TEST_CASE(only_the_regions_hosts_can_be_reached) {
    BOOST_TEST(source.egress.size() == 1u);
    BOOST_TEST(source.egress[0].host == "sns.ap-southeast-2.amazonaws.com");
    fake::Source any(plugin, "{}");
    BOOST_TEST(any.egress.size() > 30u);
    fake::Source two(plugin, R"({"regions":["eu-west-1","cn-north-1"]})");
    BOOST_TEST(two.egress.size() == 2u);
    BOOST_TEST(two.egress[1].host == "sns.cn-north-1.amazonaws.com.cn");
}

BOOST_AUTO_TEST_CASE(a_pinned_topic_is_confirmed_after_the_event_is_stored) {
    auto r = Message::confirmation().sign().request();
    const auto e = receive(r);
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.type == "sns.subscription_confirmation");
    BOOST_TEST(e.dedupe_key == "165545c9-2a5c-472c-8df2-7ff2be2b3b1b");
    BOOST_TEST(e.subject == k_topic);
    BOOST_TEST(e.http_status == 200);
    auto j = source.fetch(r, e.type);
    j->start();
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].method == "GET");
    BOOST_TEST(j->requests[0].url == k_confirm_url);
    j->reply(reply(200, confirmed_xml(k_subscription)));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    commit(source, j->state);
    const auto entries = list();
    BOOST_REQUIRE_EQUAL(entries.size(), 1u);
    BOOST_TEST(entries[0]["state"] == "active");
    BOOST_TEST(entries[0]["subscription"]["subscription_arn"] == k_subscription);
    BOOST_TEST(entries[0]["id"] == k_topic);
    BOOST_TEST(entries[0]["subscription"]["since"] == "2026-03-01T12:00:00.000Z");
    BOOST_TEST(entries.dump().find(k_token) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(confirming_again_asks_nobody) {
    auto r = Message::confirmation().sign().request();
    run(r, receive(r).type, reply(200, confirmed_xml(k_subscription)));
    auto again = source.fetch(r, "sns.subscription_confirmation");
    again->start();
    BOOST_TEST(again->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(again->body.find(k_subscription) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_subscribe_url_that_leads_elsewhere_is_refused) {
    for (const std::string& url :
         {std::string("https://attacker.example/?Action=ConfirmSubscription&TopicArn=") + k_topic + "&Token=" + k_token,
          std::string("http://169.254.169.254/latest/meta-data/"), k_confirm_url + "&x=y", k_confirm_url + "#",
          std::string("https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=") + k_topic + "&Token=" + k_token}) {
        auto r = Message::confirmation().set("SubscribeURL", url).sign().request();
        BOOST_TEST(outcome(source.verify(r)) == "subscribe_url_mismatch", url);
    }
}

BOOST_AUTO_TEST_CASE(answers_of_sns_that_confirm_nothing) {
    auto r = Message::confirmation().sign().request();
    const auto type = receive(r).type;
    const std::string xml = confirmed_xml(k_subscription);
    const std::string error =
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>InvalidParameter</Code>"
        "<Message>Invalid parameter: Token</Message></Error><RequestId>1</RequestId></ErrorResponse>";
    auto refused = run(r, type, reply(400, error));
    BOOST_TEST(refused->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(refused->reason.find("Invalid parameter: Token") != std::string::npos);
    BOOST_TEST(run(r, type, reply(503))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(run(r, type, reply(429))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(run(r, type, fake::Reply::lost(GATEHOUSE_NET_TIMEOUT))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(run(r, type, reply(302, xml))->failure == GATEHOUSE_FAIL_INVALID);
    for (const auto& bad :
         {std::string(), std::string("<html/>"), confirmed_xml("pending confirmation"),
          confirmed_xml(std::string(k_other_topic) + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"), "<!DOCTYPE x>" + xml, xml + xml, xml + "x",
          "<A>" + xml + "</A>", confirmed_xml("<!-- -->" + k_subscription), confirmed_xml("<![CDATA[" + k_subscription + "]]>"),
          confirmed_xml(k_subscription + "</SubscriptionArn><SubscriptionArn>" + k_subscription), xml.substr(0, xml.size() - 4),
          confirmed_xml("&x;")})
        BOOST_TEST(run(r, type, reply(200, bad))->failure == GATEHOUSE_FAIL_INVALID, bad);
    BOOST_TEST(list()[0]["state"] == "pending_confirmation");
    BOOST_TEST(run(r, type, reply(200, "<?xml version=\"1.0\"?>\n" + xml))->result == GATEHOUSE_RESULT_DOCUMENT);
}

BOOST_AUTO_TEST_CASE(an_unknown_topic_waits_for_approval) {
    auto r = Message::confirmation(k_other_topic).sign().request();
    const auto answer = receive(r);
    BOOST_TEST(answer.kind == "respond");
    BOOST_TEST(answer.http_status == 200);
    auto entries = list();
    BOOST_REQUIRE_EQUAL(entries.size(), 2u);
    BOOST_TEST(entries[0]["subscription"]["topic_arn"] == k_other_topic);
    BOOST_TEST(entries[0]["state"] == "pending_approval");
    BOOST_TEST(entries.dump().find(k_token) == std::string::npos);
    // Waiting is not pinned.
    auto n = Message::notification().set("TopicArn", k_other_topic).sign().request();
    BOOST_TEST(outcome(source.verify(n)) == "topic_not_pinned");

    auto j = call("approve", {{"topic_arn", k_other_topic}});
    // On disk before SNS is asked: what it sends at once, before its answer is stored, must not be refused.
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    BOOST_TEST(j->requests.empty());
    commit(source, j->state);
    j->written();
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(outcome(verify_with(source, n, certificate)) == "accept");
    BOOST_TEST(list()[0]["state"] == "pending_confirmation");
    BOOST_TEST(j->requests[0].url.find(std::string("&Token=") + k_token) != std::string::npos);
    j->reply(reply(200, confirmed_xml(std::string(k_other_topic) + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55")));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    commit(source, j->state);
    BOOST_TEST(list()[0]["state"] == "active");
    BOOST_TEST(outcome(verify_with(source, n, certificate)) == "accept");
}

BOOST_AUTO_TEST_CASE(an_approval_holds_though_sns_refuses_the_token) {
    auto r = Message::confirmation(k_other_topic).sign().request();
    receive(r);
    auto j = call("approve", {{"topic_arn", k_other_topic}});
    commit(source, j->state);
    j->written();
    j->reply(reply(400,
                   "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid parameter: Token</Message>"
                   "</Error><RequestId>r</RequestId></ErrorResponse>"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(j->reason.find("Invalid parameter: Token") != std::string::npos);
    BOOST_TEST(list()[0]["state"] == "pending_confirmation");
    // The owner of the topic requests confirmation once more: no second approval is needed.
    auto again = Message::confirmation(k_other_topic).sign().request();
    BOOST_TEST(receive(again).kind == "event");
}

BOOST_AUTO_TEST_CASE(a_forged_confirmation_does_not_even_wait) {
    auto r = Message::confirmation(k_other_topic).sign(other_signer()).request();
    BOOST_TEST(outcome(verify_with(source, r, certificate)) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(approving_what_does_not_wait) {
    BOOST_TEST(call("approve", {{"topic_arn", k_other_topic}})->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(call("approve", {{"topic_arn", "https://example.org"}})->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(topics_that_wait_are_bounded_and_the_oldest_gives_way) {
    for (int i = 0; i < 40; ++i) {
        auto r = Message::confirmation("arn:aws:sns:ap-southeast-2:999999999999:t" + std::to_string(i)).sign().request();
        receive(r);
        source.host.now += 1000;
    }
    std::vector<std::string> waiting;
    for (const auto& e : list())
        if (e["state"] == "pending_approval") waiting.push_back(e["subscription"]["topic_arn"]);
    BOOST_TEST(waiting.size() == 16u);
    BOOST_TEST((std::find(waiting.begin(), waiting.end(), "arn:aws:sns:ap-southeast-2:999999999999:t39") != waiting.end()));
    BOOST_TEST((std::find(waiting.begin(), waiting.end(), "arn:aws:sns:ap-southeast-2:999999999999:t23") == waiting.end()));
}

BOOST_AUTO_TEST_CASE(two_confirmations_before_either_is_committed_do_not_share_a_slot) {
    std::map<std::string, std::optional<std::string>> changes;
    for (int i = 0; i < 10; ++i) {
        auto r = Message::confirmation("arn:aws:sns:ap-southeast-2:999999999999:t" + std::to_string(i)).sign().request();
        const auto accepted = verify_with(source, r, certificate);
        for (const auto& [k, v] : source.handle(r, accepted).state) changes[k] = v;
    }
    BOOST_TEST(changes.size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_topic_can_be_forgotten) {
    auto r = Message::confirmation(k_other_topic).sign().request();
    receive(r);
    BOOST_TEST(call("forget", {{"topic_arn", k_other_topic}})->result == GATEHOUSE_RESULT_DONE);
    BOOST_TEST(list().size() == 1u);
    BOOST_TEST(call("forget", {{"topic_arn", k_other_topic}})->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_subscription_raises_a_state_and_visits_nothing) {
    auto c = Message::confirmation().sign().request();
    run(c, receive(c).type, reply(200, confirmed_xml(k_subscription)));
    auto r =
        Message::confirmation(k_topic, "UnsubscribeConfirmation").set("MessageId", "47138184-6831-46b8-8f7c-afc488602d7d").sign().request();
    const auto e = receive(r);
    BOOST_TEST(e.type == "sns.unsubscribe_confirmation");
    auto j = source.fetch(r, e.type);
    j->start();
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT); // without a single request
    commit(source, j->state);
    BOOST_TEST(list()[0]["state"] == "disabled");
    BOOST_TEST(!list()[0]["detail"].get<std::string>().empty());
    // Messages still under way are accepted, and a later subscription replaces it.
    auto n = Message::notification().sign().request();
    BOOST_TEST(outcome(source.verify(n)) == "accept");
    auto again = Message::confirmation().set("MessageId", "47138184-6831-46b8-8f7c-afc488602d7e").sign().request();
    run(again, receive(again).type, reply(200, confirmed_xml(k_subscription)));
    BOOST_TEST(list()[0]["state"] == "active");
}

BOOST_AUTO_TEST_CASE(basic_credentials_are_asked_for_and_compared) {
    fake::Source s(plugin,
                   nlohmann::json{{"topic_arns", {k_topic}}, {"basic_user", "sns"}, {"basic_password", {"old", "new:pass"}}}.dump());
    s.host.now = k_now;
    const auto m = Message::notification().sign();
    auto bare = m.request();
    const auto a = s.verify(bare);
    BOOST_TEST(a.code == "credentials_missing");
    BOOST_TEST(a.http_status == 401);
    BOOST_REQUIRE_EQUAL(a.headers.size(), 1u);
    BOOST_TEST(a.headers[0].first == "WWW-Authenticate");
    BOOST_TEST(a.headers[0].second.rfind("Basic ", 0) == 0u);
    const auto with = [&](const std::string& credentials) {
        auto r = m.request();
        r.set("Authorization", "Basic " + gh::to_base64(credentials));
        return outcome(verify_with(s, r, certificate));
    };
    BOOST_TEST(with("sns:old") == "accept");
    BOOST_TEST(with("sns:new:pass") == "accept");
    for (const char* wrong : {"sns:****", "sns:", "", ":old", "SNS:old", "sns:oldx"})
        BOOST_TEST(with(wrong) == "credentials_mismatch", wrong);
    auto r = m.request();
    BOOST_TEST(outcome(s.verify(r.set("Authorization", "Bearer x"))) == "credentials_malformed");
    BOOST_TEST(outcome(s.verify(r.set("Authorization", "Basic !"))) == "credentials_malformed");
}

BOOST_AUTO_TEST_CASE(half_of_the_credentials_do_not_open) {
    BOOST_TEST(fake::Source(plugin, R"({"basic_user":"x"})").opened == GATEHOUSE_FAILED);
    BOOST_TEST(fake::Source(plugin, R"({"basic_password":"x"})").opened == GATEHOUSE_FAILED);
}

BOOST_AUTO_TEST_CASE(wrong_settings_are_named) {
    for (const auto& [text, name] : std::map<std::string, std::string>{
             {R"({"topic_arns":["x"]})", "topic_arns"},
             {R"({"regions":["s3-ap-southeast-2"]})", "regions"},
             {R"({"window":"0s"})", "window"},
             {R"({"signing_cert_host":"http://x/y"})", "signing_cert_host"},
             {R"({"signing_certificates":[{"name":"a","pem":"b"}]})", "signing_certificates"},
             {R"({"type_pointer":"a"})", "type_pointer"},
             {R"({"topic_arns":["arn:aws:sns:eu-west-1:123456789012:t"],"regions":["eu-west-2"]})", "regions"},
             {R"({"delivery":"raw"})", "delivery"}}) {
        fake::Source s(plugin, text);
        BOOST_TEST(s.opened == GATEHOUSE_FAILED, text);
        BOOST_TEST(s.host.reason.rfind(name + ": ", 0) == 0u, s.host.reason);
    }
}

BOOST_AUTO_TEST_SUITE_END()
