// The simulated SNS on a bench: its schedule, its challenge, its API, what it signs.
#include "core/base/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include "sns/simulation/policy.hpp"
#include "tests/plugins/simulator_bench.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

struct Sns : SimulatorBench {
    explicit Sns(const std::string& settings = "{}") : SimulatorBench(SNS_SIMULATOR, settings) {
        BOOST_REQUIRE_MESSAGE(opened(), reason());
    }

    std::string confirmation_target() {
        const auto body = json::parse(outbox().front().body);
        const std::string url(body->text_of("SubscribeURL"));
        return url.substr(url.find('/', 8));
    }
    /// The handshake as a receiver that likes it.
    void confirm() {
        const std::string target = confirmation_target();
        reply(200);
        BOOST_REQUIRE(call("GET", target).status == 200);
        advance(1s);
    }
    /// A member of the first subscription.
    std::string subscription(const std::string& name) {
        const std::string state = command("state");
        return std::string(json::parse(state)->find("subscriptions")->items.at(0).find(name)->raw);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(simulated_sns)

BOOST_AUTO_TEST_CASE(it_asks_for_confirmation_and_sends_nothing_else_before) {
    Sns s;
    BOOST_REQUIRE(s.outbox().size() == 1u);
    const auto& asked = s.outbox().front();
    BOOST_TEST(asked.field("x-amz-sns-message-type") == "SubscriptionConfirmation");
    BOOST_TEST(asked.field("x-amz-sns-subscription-arn") == "");
    BOOST_TEST(asked.field("Content-Type") == "text/plain; charset=UTF-8");
    const auto body = json::parse(asked.body);
    BOOST_TEST(body->text_of("Token").size() == 256u);
    BOOST_TEST(body->text_of("SigningCertURL").starts_with("https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-"));
    s.command("send", R"({"type":"order.paid"})");
    BOOST_TEST(s.outbox().size() == 2u); // it asks again
    s.confirm();
    s.reply(200);
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox().front().field("x-amz-sns-message-type") == "Notification");
    BOOST_TEST(s.outbox().front().field("x-amz-sns-subscription-arn").starts_with(s.outbox().front().field("x-amz-sns-topic-arn") + ":"));
    // Everything beyond ASCII is escaped, in pairs where it must be.
    BOOST_TEST(s.outbox().front().body.find("Caf\\u00e9 \\ud83d\\ude00") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(by_default_it_tries_four_times_in_a_minute_and_then_it_is_a_dead_letter) {
    Sns s;
    s.confirm();
    s.command("send", R"({"type":"order.paid"})");
    const std::string id = s.outbox().front().field("x-amz-sns-message-id"), first = s.outbox().front().body;
    for (const int status : {503, 429, 0}) {
        s.reply(status);
        s.advance(19'999ms);
        BOOST_TEST(s.outbox().empty());
        s.advance(1ms);
        BOOST_REQUIRE(s.outbox().size() == 1u);
        BOOST_TEST(s.outbox().front().field("x-amz-sns-message-id") == id);
        BOOST_TEST(s.outbox().front().body == first);
    }
    s.reply(500);
    s.advance(1h);
    BOOST_TEST(s.outbox().empty());
    BOOST_TEST(s.subscription("dead_letters") == "[\"" + id + "\"]");
    BOOST_TEST(s.subscription("state") == "\"confirmed\""); // a failure never changes it
    s.command("redrive");
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox().front().field("x-amz-sns-message-id") == id);
}

BOOST_AUTO_TEST_CASE(other_answers_are_final) {
    for (const int status : {400, 403, 404, 301}) {
        Sns s(R"({"dead_letter_client_errors":false})");
        s.confirm();
        s.command("send", R"({"type":"order.paid"})");
        s.reply(status);
        s.advance(1h);
        BOOST_TEST(s.outbox().empty());
        BOOST_TEST(s.subscription("dead_letters") == (status < 400 ? s.subscription("dead_letters") : "[]"));
    }
}

BOOST_AUTO_TEST_CASE(the_phases_of_a_policy_come_in_their_order) {
    const auto d = gatehouse::json::parse(
        R"({"numRetries":8,"numNoDelayRetries":1,"numMinDelayRetries":2,"numMaxDelayRetries":2,"minDelayTarget":10,"maxDelayTarget":90})");
    const auto p = sns_sim::delivery_policy::read(d.root());
    std::vector<int64_t> waits;
    for (int retry = 1; retry <= 9; ++retry) waits.push_back(p.wait(retry) ? p.wait(retry)->count() / 1000 : -1);
    BOOST_TEST(waits == (std::vector<int64_t>{0, 10, 10, 10, 50, 90, 90, 90, -1}), boost::test_tools::per_element());
    // All retries together take an hour at most.
    const auto slow = gatehouse::json::parse(R"({"numRetries":100,"minDelayTarget":3600,"maxDelayTarget":3600})");
    BOOST_TEST((sns_sim::delivery_policy::read(slow.root()).wait(1) && !sns_sim::delivery_policy::read(slow.root()).wait(2)));
    for (const char* curve : {"arithmetic", "geometric", "exponential"}) {
        const std::string text =
            R"({"numRetries":5,"minDelayTarget":10,"maxDelayTarget":160,"backoffFunction":")" + std::string(curve) + "\"}";
        const auto grown = gatehouse::json::parse(text);
        const auto q = sns_sim::delivery_policy::read(grown.root());
        BOOST_TEST(q.wait(1)->count() == 10'000);
        BOOST_TEST(q.wait(5)->count() == 160'000);
        for (int retry = 2; retry <= 5; ++retry) BOOST_TEST((*q.wait(retry) > *q.wait(retry - 1)));
    }
    const auto wrong = gatehouse::json::parse(R"({"numRetries":1,"numNoDelayRetries":2})");
    BOOST_CHECK_THROW(sns_sim::delivery_policy::read(wrong.root()), gatehouse::command_error);
}

BOOST_AUTO_TEST_CASE(credentials_go_along_only_after_a_challenge) {
    Sns s(R"({"basic_user":"shop","basic_password":"p@ss:w+rd"})");
    BOOST_TEST(s.outbox().front().url == "http://127.0.0.1:1/hooks/s"); // none in the request's URL either
    BOOST_TEST(s.outbox().front().field("Authorization") == "");
    s.reply(401); // without a challenge it is final
    BOOST_TEST(s.outbox().empty());
    s.command("request-confirmation");
    s.reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox().front().field("Authorization") == "Basic " + to_base64("shop:p@ss:w+rd"));
    s.reply(401, "", {{"WWW-Authenticate", "Basic realm=\"x\""}});
    BOOST_TEST(s.outbox().empty()); // wrong credentials are final, too
}

BOOST_AUTO_TEST_CASE(confirming_is_idempotent_and_the_token_decides) {
    Sns s;
    const std::string target = s.confirmation_target();
    const auto first = s.call("GET", target), again = s.call("GET", target);
    BOOST_TEST(first.status == 200);
    const size_t arn = first.body.find("<SubscriptionArn>arn:aws:sns:ap-southeast-2:232528047142:orders:");
    BOOST_TEST(arn != std::string::npos);
    BOOST_TEST(again.body.substr(arn, 120) == first.body.substr(arn, 120));
    std::string other = target;
    BOOST_TEST(s.call("GET", other.replace(other.find(":orders"), 7, ":others")).status == 200); // as was observed
    other = target;
    const auto region = s.call("GET", other.replace(other.find("ap-southeast-2"), 14, "ap-southeast-1"));
    BOOST_TEST(region.status == 400);
    BOOST_TEST(region.body.find("Invalid parameter: Topic") != std::string::npos);
    const auto token = s.call("GET", target.substr(0, target.size() - 1) + "g");
    BOOST_TEST(token.status == 400);
    BOOST_TEST(token.body.find("<Code>InvalidParameter</Code>") != std::string::npos);
    BOOST_TEST(token.body.find("Invalid parameter: Token") != std::string::npos);
    BOOST_TEST(s.call("GET", "/?Action=DropTable").body.find("InvalidAction") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(subscribing_and_unsubscribing_by_the_api) {
    Sns s(R"({"subscribe":false})");
    BOOST_TEST(s.outbox().empty());
    const std::string topics = s.call("GET", "/?Action=ListTopics").body;
    const size_t at = topics.find("arn:");
    const std::string arn = topics.substr(at, topics.find('<', at) - at);
    const std::string subscribe = "Action=Subscribe&TopicArn=" + arn +
                                  "&Protocol=https&Endpoint=https%3A%2F%2Fuser%3Asecret%40h.example%2Fa"
                                  "&Attributes.entry.1.key=RawMessageDelivery&Attributes.entry.1.value=true";
    BOOST_TEST(s.call("POST", "/", {}, subscribe).body.find("pending confirmation") != std::string::npos);
    BOOST_REQUIRE(s.outbox().size() == 1u);
    BOOST_TEST(s.outbox().front().url == "https://h.example/a");
    const std::string listed = s.call("GET", "/?Action=ListSubscriptionsByTopic&TopicArn=" + arn).body;
    BOOST_TEST(listed.find("PendingConfirmation") != std::string::npos);
    BOOST_TEST(listed.find("secret") == std::string::npos);
    s.confirm();
    s.command("publish", R"({"message":"plain text"})");
    BOOST_TEST(s.outbox().front().body == "plain text");
    BOOST_TEST(s.outbox().front().field("x-amz-sns-rawdelivery") == "true");
    s.reply(200);
    const std::string subscription = s.subscription("subscription_arn");
    s.call("GET", "/?Action=Unsubscribe&SubscriptionArn=" + subscription.substr(1, subscription.size() - 2));
    BOOST_REQUIRE(s.outbox().size() == 1u);
    // An envelope also where delivery is raw.
    BOOST_TEST(s.outbox().front().field("x-amz-sns-rawdelivery") == "");
    BOOST_TEST(json::parse(s.outbox().front().body)->text_of("Type") == "UnsubscribeConfirmation");
    BOOST_TEST(s.call("POST", "/", {}, "Action=Subscribe&TopicArn=" + arn + "&Protocol=https&Endpoint=ftp://h").status == 400);
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_told_and_change_nothing) {
    Sns s;
    std::string out;
    for (const auto& [name, arguments] : std::vector<std::pair<std::string, std::string>>{{"send", "{}"},
                                                                                          {"send", R"({"type":"a","tamper":"nope"})"},
                                                                                          {"send", R"({"type":"a","count":0})"},
                                                                                          {"send", R"({"type":"a","colour":1})"},
                                                                                          {"publish", R"({"message":"m","topic":"arn:x"})"},
                                                                                          {"unsubscribe", R"({"subscription":"x"})"}})
        BOOST_TEST(s.try_command(name, arguments, out) == GATEHOUSE_INVALID);
    BOOST_TEST(s.try_command("dance", "{}", out) == GATEHOUSE_NOT_FOUND);
    BOOST_TEST(s.outbox().size() == 1u);
    BOOST_TEST(!SimulatorBench(SNS_SIMULATOR, R"({"region":"nowhere"})").opened());
    BOOST_TEST(!SimulatorBench(SNS_SIMULATOR, R"({"delivery":"fast"})").opened());
}

BOOST_AUTO_TEST_SUITE_END()
