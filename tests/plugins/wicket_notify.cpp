// The Wicket plugin as a file: raw notifications, enveloped ones, the window, samples.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(WICKET_PLUGIN));
    return p;
}

const std::string k_user = "0123456789abcdef0123456789abcdef0123456789abcdef01";

std::string body(const std::string& date = "2026-03-01T11:59:57.123456", const std::string& user = k_user,
                 const std::string& operation = "data_update") {
    return nlohmann::json{{"application_user_sub", user}, {"date_time", date}, {"operation_type", operation}}.dump();
}

nlohmann::json with(nlohmann::json more = nlohmann::json::object()) {
    nlohmann::json s = {{"topic_arns", {k_topic}}, {"subscription_arns", {k_subscription}}};
    s.update(more);
    return s;
}

struct Source : fake::Source {
    explicit Source(const nlohmann::json& settings) : fake::Source(plugin(), settings.dump(), GATEHOUSE_OK, "/hooks/Zx8yQk2LmP0aRt5VbN7c") {
        host.now = k_now;
    }
    std::string judge(fake::Request r) { return outcome(verify(r)); }
};

fake::Request raw(const std::string& text) {
    auto r = Message::notification().request_with(text);
    return r.set("x-amz-sns-rawdelivery", "true");
}

} // namespace

BOOST_AUTO_TEST_SUITE(wicket_notify)

BOOST_AUTO_TEST_CASE(a_raw_notification_is_an_event_about_the_user) {
    Source s(with());
    auto r = raw(body());
    const auto a = s.verify(r);
    BOOST_TEST(outcome(a) == "accept");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_UNVERIFIED_ORIGIN);
    const auto e = s.handle(r, a);
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.type == "data_update");
    BOOST_TEST(e.subject == k_user);
    BOOST_TEST(e.ordering_key == k_user);
    BOOST_TEST(e.dedupe_key == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
    BOOST_TEST(e.http_status == 200);
    BOOST_TEST(e.occurred_at == GATEHOUSE_NO_TIME); // its zone is not known
}

BOOST_AUTO_TEST_CASE(credentials_prove_the_sender) {
    Source s(with({{"basic_user", "wicket"}, {"basic_password", "p"}}));
    auto r = raw(body());
    BOOST_TEST(s.judge(r) == "credentials_missing");
    r.set("Authorization", "Basic " + gh::to_base64("wicket:p"));
    BOOST_TEST(s.verify(r).trust == GATEHOUSE_TRUST_VERIFIED);
}

BOOST_AUTO_TEST_CASE(a_guessable_path_without_credentials_does_not_open) {
    fake::Source s(plugin(), with().dump(), GATEHOUSE_OK, "/hooks/fans");
    BOOST_TEST(s.opened == GATEHOUSE_FAILED);
    BOOST_TEST(s.host.reason.find("delivery: ") == 0u);
}

BOOST_AUTO_TEST_CASE(only_the_three_documented_members) {
    Source s(with());
    const auto refused = [&](const std::string& text) { BOOST_TEST(s.judge(raw(text)) == "body_malformed", text); };
    for (const char* text : {"", "{}", "[]", "null", "x"}) refused(text);
    auto j = nlohmann::json::parse(body());
    for (const char* name : {"application_user_sub", "date_time", "operation_type"}) {
        auto part = j;
        part.erase(name);
        refused(part.dump());
        part[name] = 5;
        refused(part.dump());
        part[name] = nullptr;
        refused(part.dump());
    }
    auto more = j;
    more["email"] = "x@example.org";
    refused(more.dump());
    refused(body("2026-03-01T11:59:57.123456Z"));
    refused(body("2026-03-01 11:59:57.123456"));
    refused(body("2026-02-30T11:59:57"));
    refused(body("2026-03-01T11:59:57.1", "../../etc/passwd000000"));
    refused(body("2026-03-01T11:59:57.1", "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789AB"));
    refused(body("2026-03-01T11:59:57.1", k_user, ""));
    refused(body("2026-03-01T11:59:57.1", k_user, "a b"));
    refused(R"({"application_user_sub":")" + k_user + R"(","application_user_sub":")" + k_user +
            R"(","date_time":"2026-03-01T11:59:57","operation_type":"data_update"})");
    refused(body() + std::string(5000, ' '));
    // Members in another order, and operations that are not documented, are fine.
    BOOST_TEST(s.judge(raw(R"({"operation_type":"data_delete","date_time":"2026-03-01T11:59:57","application_user_sub":")" + k_user +
                           "\"}")) == "accept");
}

BOOST_AUTO_TEST_CASE(the_window_allows_for_every_zone_while_the_zone_is_unknown) {
    Source s(with());
    BOOST_TEST(s.judge(raw(body("2026-03-02T02:04:59"))) == "accept"); // 14 hours ahead
    BOOST_TEST(s.judge(raw(body("2026-03-02T02:05:01"))) == "date_in_future");
    BOOST_TEST(s.judge(raw(body("2026-02-28T20:00:01"))) == "accept"); // 12 hours behind, and 4 hours late
    BOOST_TEST(s.judge(raw(body("2026-02-28T19:59:59"))) == "date_too_old");
}

BOOST_AUTO_TEST_CASE(a_known_zone_narrows_the_window) {
    Source s(with({{"date_zone", "+02:00"}, {"window", "1h"}}));
    auto r = raw(body("2026-03-01T13:59:57.500"));
    const auto a = s.verify(r);
    BOOST_TEST(outcome(a) == "accept");
    BOOST_TEST(s.handle(r, a).occurred_at == k_now - 2500);
    BOOST_TEST(s.judge(raw(body("2026-03-01T14:05:01"))) == "date_in_future");
    BOOST_TEST(s.judge(raw(body("2026-03-01T12:59:59"))) == "date_too_old");
    Source off(with({{"check_date", false}}));
    BOOST_TEST(off.judge(raw(body("1999-01-01T00:00:00"))) == "accept");
    fake::Source bad(plugin(), with({{"date_zone", "+99:00"}}).dump(), GATEHOUSE_OK, "/hooks/Zx8yQk2LmP0aRt5VbN7c");
    BOOST_TEST(bad.host.reason.find("date_zone: ") == 0u);
}

BOOST_AUTO_TEST_CASE(downgraded_to_raw_and_upgraded_to_an_envelope) {
    Source s(with());
    BOOST_TEST(s.judge(Message::notification(body()).sign().request()) == "envelope_refused");
    auto pretends = raw(Message::notification(body()).sign().body());
    BOOST_TEST(s.judge(pretends) == "envelope_refused");
    Source enveloped(with({{"delivery", "enveloped"}}));
    BOOST_TEST(enveloped.judge(raw(body())) == "raw_refused");
}

BOOST_AUTO_TEST_CASE(a_foreign_topic_or_subscription) {
    Source s(with());
    auto r = raw(body());
    BOOST_TEST(s.judge(r.set("x-amz-sns-topic-arn", "arn:aws:sns:ap-southeast-2:999999999999:orders")) == "topic_not_pinned");
    r = raw(body());
    BOOST_TEST(s.judge(r.set("x-amz-sns-subscription-arn",
                             "arn:aws:sns:ap-southeast-2:999999999999:orders:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55")) ==
               "subscription_mismatch");
}

BOOST_AUTO_TEST_CASE(enveloped_delivery_is_verified) {
    Source s(with({{"delivery", "enveloped"}}));
    auto r = Message::notification(body("1999-01-01T00:00:00")).sign().request();
    const auto a = verify_with(s, r, signer().certificate());
    BOOST_TEST(outcome(a) == "accept");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_VERIFIED);
    const auto e = s.handle(r, a);
    BOOST_TEST(e.type == "data_update");
    BOOST_TEST(e.subject == k_user);
    // Genuine and unknown: kept.
    auto strange = Message::notification("{\"news\":1}").sign().request();
    const auto accepted = s.verify(strange);
    BOOST_TEST(s.handle(strange, accepted).type == "unknown");
}

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count >= 8u);
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const std::string wrong = fake::check(plugin(), *plugin()->samples[i]);
        BOOST_TEST(wrong.empty(), fake::text(plugin()->samples[i]->name) << ": " << wrong);
    }
}

BOOST_AUTO_TEST_SUITE_END()
