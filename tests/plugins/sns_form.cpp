// What is demanded of the form of a message before any signature is looked at, and what exactly is signed.
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/sns.hpp>

#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

struct Fixture {
    fake::Plugin plugin{std::string(SNS_PLUGIN)};
    fake::Source source{plugin, nlohmann::json{{"topic_arns", {k_topic}}}.dump()};
    std::string certificate = signer().certificate();
    Fixture() { source.host.now = k_now; }
    std::string judge(fake::Request r) { return outcome(verify_with(source, r, certificate)); }

    /// A genuine message whose JSON text is changed afterwards.
    std::string rewritten(const std::string& from, const std::string& to) {
        const auto m = Message::notification("hello", "subject").sign();
        std::string body = m.body();
        const size_t at = body.find(from);
        BOOST_REQUIRE(at != std::string::npos);
        return judge(m.request_with(body.replace(at, from.size(), to)));
    }
};

std::string canonical_of(const std::string& body) {
    auto read = gatehouse::sns::envelope::read(body);
    return std::holds_alternative<gatehouse::refusal>(read) ? "refused: " + std::get<gatehouse::refusal>(read).code()
                                                            : std::get<gatehouse::sns::envelope>(read).canonical();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(sns_form, Fixture)

BOOST_AUTO_TEST_CASE(the_text_of_a_notification_byte_for_byte) {
    const std::string body =
        "{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\",\n  \"TopicArn\" : "
        "\"arn:aws:sns:us-west-2:123456789012:MyTopic\",\n  \"Subject\" : \"My \\u00e4 Subject\",\n  \"Message\" : \"a\\r\\nb "
        "\\ud83d\\ude00 "
        "\\/ \\\"q\\\"\\n\",\n  \"Timestamp\" : \"2012-05-02T00:54:06.000Z\",\n  \"SignatureVersion\" : \"1\",\n  \"Signature\" : "
        "\"EX\",\n  "
        "\"SigningCertURL\" : \"x\"\n}";
    const std::string expected =
        "Message\na\r\nb \xF0\x9F\x98\x80 / \"q\"\n\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\nMy \xC3\xA4 "
        "Subject\nTimestamp\n2012-05-02T00:54:06.000Z\nTopicArn\narn:aws:sns:us-west-2:123456789012:MyTopic\nType\nNotification\n";
    BOOST_TEST(canonical_of(body) == expected);
}

BOOST_AUTO_TEST_CASE(the_text_without_a_subject_and_with_an_empty_one) {
    const std::string tail =
        "\"Message\":\"m\",\"Timestamp\":\"2012-05-02T00:54:06Z\",\"SignatureVersion\":\"1\",\"Signature\":\"EX\",\"SigningCertURL\":"
        "\"x\"}";
    const std::string head =
        "{\"Type\":\"Notification\",\"MessageId\":\"22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\",\"TopicArn\":\"arn:aws:sns:us-west-2:"
        "123456789012:T\",";
    const std::string end = "Timestamp\n2012-05-02T00:54:06Z\nTopicArn\narn:aws:sns:us-west-2:123456789012:T\nType\nNotification\n";
    const std::string begin = "Message\nm\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\n";
    BOOST_TEST(canonical_of(head + tail) == begin + end);
    BOOST_TEST(canonical_of(head + "\"Subject\":\"\"," + tail) == begin + "Subject\n\n" + end);
}

BOOST_AUTO_TEST_CASE(the_text_of_both_confirmations_has_token_and_url) {
    for (const char* type : {"SubscriptionConfirmation", "UnsubscribeConfirmation"}) {
        const auto m = Message::confirmation(k_topic, type).sign();
        const std::string url =
            "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + std::string(k_topic) + "&Token=" + k_token;
        const std::string expected =
            "Message\nYou have chosen to subscribe to the topic " + std::string(k_topic) +
            ".\nTo confirm the subscription, visit the SubscribeURL.\nMessageId\n165545c9-2a5c-472c-8df2-7ff2be2b3b1b\n"
            "SubscribeURL\n" +
            url + "\nTimestamp\n2026-03-01T11:59:58.000Z\nToken\n" + k_token + "\nTopicArn\n" + k_topic + "\nType\n" + type + "\n";
        BOOST_TEST(canonical_of(m.body()) == expected);
    }
}

BOOST_AUTO_TEST_CASE(surrogate_pairs_line_ends_and_raw_utf8_verify) {
    const auto m = Message::notification("CRLF\r\nLF\ntab\t \xF0\x9F\x98\x80 \xC3\xA4 \xE2\x82\xAC trailing\n", "\xC3\xBC").sign();
    BOOST_TEST(m.body().find("\\ud83d\\ude00") != std::string::npos);
    BOOST_TEST(judge(m.request()) == "accept");
    // The same strings written without escapes are the same message.
    nlohmann::json plain;
    for (const char* k :
         {"Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"})
        plain[k] = m.get(k);
    BOOST_TEST(judge(m.request_with(plain.dump())) == "accept");
    // A line end normalised on the way is not.
    auto other = m;
    other.set("Message", "CRLF\nLF\ntab\t \xF0\x9F\x98\x80 \xC3\xA4 \xE2\x82\xAC trailing\n");
    BOOST_TEST(judge(other.request()) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(duplicate_keys) {
    BOOST_TEST(rewritten("\"Message\" : \"hello\"", "\"Message\" : \"forged\", \"Message\" : \"hello\"") == "body_malformed");
    BOOST_TEST(rewritten("\"Message\" : \"hello\"", "\"Message\" : \"hello\", \"\\u004dessage\" : \"forged\"") == "body_malformed");
    BOOST_TEST(rewritten("\"Type\"", "\"Extra\" : 1, \"Extra\" : 2, \"Type\"") == "body_malformed");
}

BOOST_AUTO_TEST_CASE(values_that_are_no_strings) {
    BOOST_TEST(rewritten("\"hello\"", "5") == "field_not_text");
    BOOST_TEST(rewritten("\"hello\"", "[\"hello\"]") == "field_not_text");
    BOOST_TEST(rewritten("\"hello\"", "{\"default\":\"hello\"}") == "field_not_text");
    BOOST_TEST(rewritten("\"subject\"", "null") == "field_not_text");
    BOOST_TEST(rewritten("\"subject\"", "[\"subject\"]") == "field_not_text");
    BOOST_TEST(rewritten("\"SignatureVersion\" : \"1\"", "\"SignatureVersion\" : 1") == "field_not_text");
}

BOOST_AUTO_TEST_CASE(bodies_that_are_no_json_object) {
    const auto m = Message::notification().sign();
    for (const char* body : {"", "[]", "null", "\"x\"", "{", "{} {}", "\xEF\xBB\xBF{}"})
        BOOST_TEST(judge(m.request_with(body)) == "body_malformed", body);
    BOOST_TEST(judge(m.request_with("{}")) == "field_missing");
    BOOST_TEST(judge(m.request_with(m.body() + "x")) == "body_malformed");
    std::string deep(100'000, '[');
    BOOST_TEST(judge(m.request_with(deep)) == "body_malformed");
}

BOOST_AUTO_TEST_CASE(each_member_missing) {
    for (const char* name : {"MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"}) {
        const auto whole = Message::notification().sign();
        auto part = whole;
        BOOST_TEST(judge(whole.request_with(part.remove(name).body())) == "field_missing", name);
    }
    for (const char* name : {"Token", "SubscribeURL"}) {
        const auto whole = Message::confirmation().sign();
        auto part = whole;
        BOOST_TEST(judge(whole.request_with(part.remove(name).body())) == "field_missing", name);
    }
}

BOOST_AUTO_TEST_CASE(the_spellings_of_lambda_events_are_not_accepted) {
    BOOST_TEST(rewritten("SigningCertURL", "SigningCertUrl") == "field_missing");
}

BOOST_AUTO_TEST_CASE(newlines_where_they_could_shift_a_field) {
    // Genuinely signed, and the same text could be split in another way.
    BOOST_TEST(judge(Message::notification("hello", "a\nTimestamp\n2026-03-01T11:59:58.000Z").sign().request()) == "field_malformed");
    BOOST_TEST(judge(Message::notification("hello", "a\rb").sign().request()) == "field_malformed");
    for (const char* name : {"MessageId", "Timestamp", "TopicArn", "Type"}) {
        auto m = Message::notification();
        m.set(name, m.get(name) + "\nX\ny").sign();
        auto r = Message::notification().sign().request_with(m.body());
        BOOST_TEST(judge(r) == "field_malformed", name);
    }
    auto m = Message::confirmation();
    BOOST_TEST(judge(m.set("Token", k_token + "\n").sign().request()) == "field_malformed");
}

BOOST_AUTO_TEST_CASE(timestamps_that_are_none) {
    for (const char* bad : {"2026-03-01 11:59:58.000Z", "2026-03-01T11:59:58.000", "2026-03-01T11:59:58.000+00:00", "2026-02-30T11:59:58Z",
                            "2026-03-01T24:00:00Z", "1772366398", "", "2026-03-01T11:59:58.Z", "+026-03-01T11:59:58Z"})
        BOOST_TEST(judge(Message::notification().set("Timestamp", bad).sign().request()) == "field_malformed", bad);
    BOOST_TEST(judge(Message::notification().set("Timestamp", "2026-03-01T11:59:58Z").sign().request()) == "accept");
}

BOOST_AUTO_TEST_CASE(message_larger_than_sns_can_send) {
    BOOST_TEST(judge(Message::notification(std::string(262'144, 'x')).sign().request()) == "accept");
    BOOST_TEST(judge(Message::notification(std::string(262'145, 'x')).sign().request()) == "field_malformed");
}

BOOST_AUTO_TEST_CASE(headers_that_differ_from_the_body) {
    const auto m = Message::notification().sign();
    auto r = m.request();
    BOOST_TEST(judge(r.set("x-amz-sns-message-id", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf325")) == "header_mismatch");
    r = m.request();
    BOOST_TEST(judge(r.set("x-amz-sns-topic-arn", std::string(k_topic) + "2")) == "header_mismatch");
    r = m.request();
    BOOST_TEST(judge(r.set("x-amz-sns-message-type", "SubscriptionConfirmation")) == "header_mismatch");
    r = Message::confirmation().sign().request();
    BOOST_TEST(judge(r.set("x-amz-sns-message-type", "Notification")) == "header_mismatch");
}

BOOST_AUTO_TEST_CASE(headers_missing_twice_or_strange) {
    const auto m = Message::notification().sign();
    for (const char* name : {"x-amz-sns-message-type", "x-amz-sns-message-id", "x-amz-sns-topic-arn"}) {
        auto r = m.request();
        std::erase_if(r.headers, [&](const auto& h) { return h.first == name; });
        BOOST_TEST(judge(r) == "header_missing", name);
        r = m.request();
        r.headers.emplace_back(name, "x");
        BOOST_TEST(judge(r) == "header_malformed", name);
    }
    auto r = m.request();
    BOOST_TEST(judge(r.set("x-amz-sns-message-type", "notification")) == "header_malformed");
    // Names are compared without regard to case; the Content-Type says nothing.
    r = m.request();
    for (auto& h : r.headers)
        if (h.first == "x-amz-sns-message-id") h.first = "X-Amz-Sns-Message-Id";
    BOOST_TEST(judge(r.set("Content-Type", "text/csv")) == "accept");
}

BOOST_AUTO_TEST_CASE(raw_on_a_source_that_expects_envelopes) {
    auto r = Message::notification().sign().request();
    BOOST_TEST(judge(r.set("x-amz-sns-rawdelivery", "true")) == "raw_refused");
    auto bare = Message::notification().request_with("{\"order\":1}");
    BOOST_TEST(judge(bare.set("x-amz-sns-rawdelivery", "true")) == "raw_refused");
    auto without_mark = Message::notification().request_with("{\"order\":1}");
    BOOST_TEST(judge(without_mark) == "field_missing");
    auto twice = Message::notification().sign().request();
    BOOST_TEST(judge(twice.set("x-amz-sns-rawdelivery", "maybe")) == "header_malformed");
}

BOOST_AUTO_TEST_SUITE_END()
