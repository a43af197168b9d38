// The generic plugin: what becomes of a verified message; raw delivery; samples; the small texts.
#include <gatehouse/json_pointer.hpp>
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/sns.hpp>

#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(SNS_PLUGIN));
    return p;
}

fake::Answer event_of(nlohmann::json settings, const Message& m) {
    settings["topic_arns"] = {k_topic};
    fake::Source s(plugin(), settings.dump());
    s.host.now = k_now;
    auto r = m.request();
    const auto accepted = verify_with(s, r, signer().certificate());
    BOOST_REQUIRE_EQUAL(outcome(accepted), "accept");
    return s.handle(r, accepted);
}

/// A source for raw delivery behind a path nobody can guess, its subscription confirmed.
struct Raw {
    fake::Source source;
    explicit Raw(nlohmann::json settings = nlohmann::json::object(), bool confirmed = true)
        : source(plugin(), merged(std::move(settings)), GATEHOUSE_OK, "/hooks/Zx8yQk2LmP0aRt5VbN7c") {
        source.host.now = k_now;
        if (!confirmed) return;
        auto r = Message::confirmation().sign().request();
        if (source.host.secrets.count("basic_password")) r.set("Authorization", "Basic " + gh::to_base64("sns:secret"));
        const auto accepted = verify_with(source, r, signer().certificate());
        auto j = source.fetch(r, source.handle(r, accepted).type);
        j->start();
        j->reply(reply(200, confirmed_xml(k_subscription)));
        commit(source, j->state);
    }
    static std::string merged(nlohmann::json s) {
        s["delivery"] = "raw";
        if (!s.contains("topic_arns")) s["topic_arns"] = {k_topic};
        return s.dump();
    }
    static fake::Request request(std::string body = R"({"kind":"paid"})") {
        auto r = Message::notification().request_with(std::move(body));
        return r.set("x-amz-sns-rawdelivery", "true");
    }
    std::string judge(fake::Request r) { return outcome(source.verify(r)); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(sns_events)

BOOST_AUTO_TEST_CASE(the_subject_is_the_type) {
    const auto e = event_of({}, Message::notification("{}", "order.paid").sign());
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.type == "order.paid");
    BOOST_TEST(e.dedupe_key == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
    BOOST_TEST(e.occurred_at == k_now - 2000);
    BOOST_TEST(e.http_status == 200);
    BOOST_TEST(e.trust == GATEHOUSE_TRUST_VERIFIED);
    BOOST_TEST(e.flags == GATEHOUSE_EVENT_BODY_MAY_VARY);
    BOOST_TEST(event_of({}, Message::notification("{}").sign()).type == "sns.notification");
    BOOST_TEST(event_of({}, Message::notification("{}", "Your bill for March").sign()).type == "sns.notification");
}

BOOST_AUTO_TEST_CASE(pointers_lead_into_the_message) {
    const nlohmann::json s = {{"type_pointer", "/detail/type"}, {"subject_pointer", "/ids/1"}};
    const auto e = event_of(s, Message::notification(R"({"detail":{"type":"bill.sent"},"ids":[1,17]})", "x").sign());
    BOOST_TEST(e.type == "bill.sent");
    BOOST_TEST(e.subject == "17");
    BOOST_TEST(e.ordering_key == "17");
    const auto none = event_of(s, Message::notification("no JSON", "x").sign());
    BOOST_TEST(none.type == "sns.notification");
    BOOST_TEST(none.subject == "");
}

BOOST_AUTO_TEST_CASE(raw_messages_of_the_confirmed_subscription) {
    Raw raw(nlohmann::json{{"type_pointer", "/kind"}});
    auto r = Raw::request();
    const auto a = raw.source.verify(r);
    BOOST_TEST(outcome(a) == "accept");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_UNVERIFIED_ORIGIN);
    BOOST_TEST(a.signed_at == GATEHOUSE_NO_TIME);
    const auto e = raw.source.handle(r, a);
    BOOST_TEST(e.type == "paid");
    BOOST_TEST(e.dedupe_key == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
    BOOST_TEST(e.flags == 0u);
}

BOOST_AUTO_TEST_CASE(basic_credentials_verify_a_raw_message) {
    Raw raw(nlohmann::json{{"basic_user", "sns"}, {"basic_password", "secret"}});
    auto r = Raw::request();
    BOOST_TEST(raw.judge(r) == "credentials_missing");
    r.set("Authorization", "Basic " + gh::to_base64("sns:secret"));
    const auto a = raw.source.verify(r);
    BOOST_TEST(outcome(a) == "accept");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_VERIFIED);
}

BOOST_AUTO_TEST_CASE(raw_messages_that_are_refused) {
    Raw raw;
    auto r = Raw::request();
    BOOST_TEST(raw.judge(r.set("x-amz-sns-topic-arn", "arn:aws:sns:ap-southeast-2:999999999999:orders")) == "topic_not_pinned");
    r = Raw::request();
    BOOST_TEST(raw.judge(r.set("x-amz-sns-subscription-arn", std::string(k_topic) + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f56")) ==
               "subscription_mismatch");
    r = Raw::request();
    std::erase_if(r.headers, [](const auto& h) { return h.first == "x-amz-sns-subscription-arn"; });
    BOOST_TEST(raw.judge(r) == "header_missing");
    r = Raw::request();
    r.headers.emplace_back("X-Amz-Sns-Subscription-Arn", k_subscription);
    BOOST_TEST(raw.judge(r) == "header_malformed");
    r = Raw::request();
    BOOST_TEST(raw.judge(r.set("x-amz-sns-message-id", "1")) == "header_malformed");
    r = Raw::request(std::string(262'145, ' '));
    BOOST_TEST(raw.judge(r) == "body_malformed");
}

BOOST_AUTO_TEST_CASE(an_envelope_on_a_raw_source) {
    Raw raw;
    BOOST_TEST(raw.judge(Message::notification().sign().request()) == "envelope_refused");
    auto r = Message::notification().sign().request();
    BOOST_TEST(raw.judge(r.set("x-amz-sns-rawdelivery", "true")) == "envelope_refused");
    BOOST_TEST(raw.judge(Raw::request(R"({"Type":"Notification","Signature":"x"})")) == "envelope_refused");
    auto without = Raw::request();
    BOOST_TEST(raw.judge(without.set("x-amz-sns-rawdelivery", "false")) == "envelope_refused");
}

BOOST_AUTO_TEST_CASE(before_a_confirmation_is_known_the_sender_shall_come_again) {
    Raw raw(nlohmann::json::object(), false);
    BOOST_TEST(raw.judge(Raw::request()) == "503");
    Raw by_hand(nlohmann::json{{"subscription_arns", {k_subscription}}}, false);
    BOOST_TEST(by_hand.judge(Raw::request()) == "accept");
}

BOOST_AUTO_TEST_CASE(confirmations_of_a_raw_source_are_verified_in_full) {
    Raw raw(nlohmann::json::object(), false);
    auto r = Message::confirmation().sign(other_signer()).request();
    BOOST_TEST(outcome(verify_with(raw.source, r, signer().certificate())) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count >= 6u);
    size_t accepted = 0;
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const gatehouse_sample& s = *plugin()->samples[i];
        const std::string wrong = fake::check(plugin(), s);
        BOOST_TEST(wrong.empty(), fake::text(s.name) << ": " << wrong);
        accepted += s.expect == GATEHOUSE_EXPECT_ACCEPT;
    }
    BOOST_TEST(accepted >= 3u);
}

BOOST_AUTO_TEST_CASE(regions_and_arns) {
    using namespace gatehouse::sns;
    for (const char* good : {"us-east-1", "ap-southeast-2", "us-gov-west-1", "cn-northwest-1", "us-iso-east-1", "ap-south-12"})
        BOOST_TEST(is_region(good), good);
    for (const char* bad : {"", "s3-ap-southeast-2", "us-east", "us-1", "us-east-123", "US-east-1", "us--1", "us-east-1-", "-us-east-1",
                            "a-b-c-d-e-f-1", "us-east-1a", "us-east-x"})
        BOOST_TEST(!is_region(bad), bad);
    for (const auto& r : known_regions()) BOOST_TEST(is_region(r), r);
    for (const char* bad :
         {"", "arn:aws:sns:us-east-1:123456789012:", "arn:aws:sqs:us-east-1:123456789012:t", "arn:aws:sns:us-east-1:12345678901:t",
          "arn:aws-cn:sns:us-east-1:123456789012:t", "arn:aws:sns:cn-north-1:123456789012:t", "arn:aws:sns:us-east-1:123456789012:t:x",
          "arn:aws:sns:us-east-1:123456789012:t x", "arn:aws:sns:us-east-1:123456789012:t\n", "arn:aws:sns:us-east-1",
          "arn:aws:sns:evil.example/:123456789012:t"})
        BOOST_TEST(!topic_arn::parse(bad), bad);
    BOOST_TEST(certificate_name("us-east-1") == "sns.amazonaws.com");
    BOOST_TEST(certificate_name("cn-north-1") == "sns-cn-north-1.amazonaws.com.cn");
    BOOST_TEST(certificate_name("us-gov-east-1") == "sns-us-gov-west-1.amazonaws.com");
    BOOST_TEST(certificate_name("af-south-1") == "sns-signing.af-south-1.amazonaws.com");
    BOOST_TEST(host_of("cn-north-1") == "sns.cn-north-1.amazonaws.com.cn");
}

BOOST_AUTO_TEST_CASE(why_a_url_is_refused_is_said) {
    using gatehouse::sns::certificate_url_fault;
    const std::string host = "sns.eu-west-1.amazonaws.com", path = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    BOOST_TEST(certificate_url_fault("https://" + host + path, "eu-west-1") == "");
    BOOST_TEST(certificate_url_fault("http://" + host + path, "eu-west-1").find("https") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://x@" + host + path, "eu-west-1").find("user") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://" + host + ":1" + path, "eu-west-1").find("port") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://" + host + path + "?a", "eu-west-1").find("query") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://" + host + path + "#a", "eu-west-1").find("fragment") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://" + host + path, "eu-west-2").find("host") != std::string::npos);
    BOOST_TEST(certificate_url_fault("https://" + host + "/x.pem", "eu-west-1").find("path") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(times_and_durations) {
    using namespace gatehouse;
    BOOST_TEST((parse_utc_time("2026-03-01T11:59:58.123Z")->time_since_epoch().count() == k_now - 2000 + 123));
    BOOST_TEST((parse_utc_time("2026-03-01T11:59:58.1234567Z")->time_since_epoch().count() == k_now - 2000 + 123));
    BOOST_TEST(utc_text(time_point(milliseconds(k_now - 2000 + 7))) == "2026-03-01T11:59:58.007Z");
    BOOST_TEST((parse_duration("4h") == std::chrono::hours(4)));
    for (const char* bad : {"", "4", "h", "4w", "-4h", "4.5h", "367d", "4 h"}) BOOST_TEST(!parse_duration(bad), bad);
}

BOOST_AUTO_TEST_CASE(json_pointers) {
    using namespace gatehouse;
    const auto d = json::parse(R"({"a/b":{"m~n":[10,{"":"x"}]},"01":1})");
    BOOST_TEST(json::at_pointer(d.root(), "/a~1b/m~0n/0").number() == "10");
    BOOST_TEST(json::at_pointer(d.root(), "/a~1b/m~0n/1/").text() == "x");
    BOOST_TEST(json::at_pointer(d.root(), "").is_object());
    BOOST_TEST(!json::at_pointer(d.root(), "/a~1b/m~0n/00"));
    BOOST_TEST(!json::at_pointer(d.root(), "/a~1b/m~0n/2"));
    BOOST_TEST(!json::at_pointer(d.root(), "/nope/x"));
    BOOST_TEST(!json::is_pointer("a"));
    BOOST_TEST(!json::is_pointer("/~2"));
}

BOOST_AUTO_TEST_SUITE_END()
