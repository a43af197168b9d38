// Notifications: who proves them, which are ours, what they become.
#include "tests/plugins/axway_support.hpp"

using namespace axway_test;

namespace {

std::string reason(const std::string& settings) {
    fake::Source s(plugin(), settings);
    return s.opened == GATEHOUSE_OK ? "opened" : s.host.reason;
}

std::string verdict_of(fake::Source& s, fake::Request r) {
    const auto v = s.verify(r);
    return v.kind == "accept" ? "accept" : std::to_string(v.http_status) + " " + v.code;
}

fake::Answer event_of(fake::Source& s, fake::Request r) {
    const auto v = s.verify(r);
    BOOST_REQUIRE(v.kind == "accept");
    return s.handle(r, v);
}

} // namespace

BOOST_AUTO_TEST_SUITE(axway_notification)

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count == 20u);
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const gatehouse_sample& s = *plugin()->samples[i];
        const std::string wrong = fake::check(plugin(), s);
        BOOST_TEST(wrong.empty(), fake::text(s.name) << ": " << wrong);
        gatehouse_sample other = s;
        other.settings = fake::text(std::string_view(R"({"header": {"value": "another-secret-altogether"}})"));
        if (s.expect == GATEHOUSE_EXPECT_ACCEPT) BOOST_TEST(fake::check(plugin(), other).find("secret_mismatch") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(wrong_settings_are_refused_with_a_reason) {
    BOOST_TEST(reason("{}").starts_with("clients: is not set, and neither is header"));
    BOOST_TEST(reason(R"({"clients": [{"id": "a"}]})").starts_with("clients[0].secret: is not set"));
    BOOST_TEST(reason(R"({"clients": [{"id": "a", "secret": "0123456789abcdef"}, {"id": "a", "secret": "x123456789abcdef"}]})")
                   .starts_with("clients[1].id: is there twice"));
    BOOST_TEST(reason(R"({"header": {}})").starts_with("header.value: is not set"));
    BOOST_TEST(reason(R"({"header": {"value": "header-secret-number-1"}, "api_url": "ftp://x"})").starts_with("api_url: is not"));
    BOOST_TEST(reason(R"({"header": {"value": "header-secret-number-1"}, "resync": "recreate"})") == "resync: recreate needs api_url");
    BOOST_TEST(
        reason(R"({"header": {"value": "header-secret-number-1"}, "subscriptions": ["a b"]})").starts_with("subscriptions: \"a b\""));
    BOOST_TEST(
        reason(
            R"({"clients": [{"id": "a", "secret": "0123456789abcdef"}], "header": {"name": "authorization", "value": "header-secret-number-1"}})")
            .starts_with("header.name: cannot be Authorization"));
    BOOST_TEST(reason(k_header) == "opened");
    BOOST_TEST(reason(k_oauth) == "opened");
}

BOOST_AUTO_TEST_CASE(only_with_clients_there_is_a_token_endpoint) {
    const fake::Source header(plugin(), k_header), oauth(plugin(), k_oauth);
    BOOST_TEST(header.routes.size() == 1u);
    BOOST_REQUIRE(oauth.routes.size() == 2u);
    BOOST_TEST(oauth.routes[1].path == "/oauth/token");
    BOOST_TEST(oauth.routes[1].max_body == 16384u);
    BOOST_TEST(oauth.egress.empty());
    // Nothing is pinned: the operator is told.
    BOOST_TEST(header.host.logs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(each_value_of_the_header_secret_counts_during_a_change) {
    fake::Source s(plugin(), k_header);
    auto r = notification("snapshot", "{}");
    BOOST_TEST(verdict_of(s, r) == "accept");
    BOOST_TEST(verdict_of(s, r.set("X-Gatehouse-Secret", "header-secret-number-0")) == "accept");
    BOOST_TEST(verdict_of(s, r.set("X-Gatehouse-Secret", "header-secret-number-2")) == "403 secret_mismatch");
    BOOST_TEST(verdict_of(s, r.set("X-Gatehouse-Secret", "")) == "403 secret_mismatch");
    r.set("X-Gatehouse-Secret", "header-secret-number-1").headers.emplace_back("x-gatehouse-secret", "header-secret-number-1");
    BOOST_TEST(verdict_of(s, r) == "403 header_malformed");
    fake::Source named(plugin(), R"({"header": {"name": "Authorization", "value": "Bearer AbCdEf123456"}})");
    BOOST_TEST(verdict_of(named, notification("snapshot", "{}").set("Authorization", "Bearer AbCdEf123456")) == "accept");
}

BOOST_AUTO_TEST_CASE(with_clients_and_header_both_must_be_right) {
    fake::Source s(plugin(),
                   R"({"clients": [{"id": "streams", "secret": "old-secret-of-streams"}], "header": {"value": "header-secret-number-1"}})");
    const auto a = ask_token(s, token_request("grant_type=client_credentials", basic("streams:old-secret-of-streams")));
    const std::string token = nlohmann::json::parse(a.body)["access_token"];
    auto r = notification("snapshot", "{}");
    BOOST_TEST(verdict_of(s, r) == "401 header_missing");
    BOOST_TEST(verdict_of(s, r.set("Authorization", "Bearer " + token)) == "accept");
    BOOST_TEST(verdict_of(s, r.set("X-Gatehouse-Secret", "x")) == "403 secret_mismatch");
}

BOOST_AUTO_TEST_CASE(foreign_subscriptions_and_topics_are_refused) {
    fake::Source s(plugin(), R"({"header": {"value": "header-secret-number-1"}, "subscriptions": ["sub-1"], "topics": ["t-1", "t-2"]})");
    BOOST_TEST(s.host.logs.empty());
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}")) == "accept");
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "sub-2")) == "403 subscription_foreign");
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}").set("X-Axway-Streams-Topic-Id", "t-3")) == "403 topic_foreign");
    auto twice = notification("snapshot", "{}");
    twice.headers.emplace_back("X-Axway-Streams-Subscription-Id", "sub-2");
    BOOST_TEST(verdict_of(s, twice) == "403 subscription_foreign");
    // A test call names nothing.
    fake::Request bare;
    bare.set("X-Gatehouse-Secret", "header-secret-number-1");
    BOOST_TEST(verdict_of(s, bare) == "accept");
    // What our own operation created counts as well, and for a moment what it is about to create.
    s.host.state["pin/sub-2"] = "{}";
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "sub-2")) == "accept");
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "sub-3")) == "403 subscription_foreign");
    s.host.state["creating"] = std::to_string(s.host.now + 1000);
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "sub-3")) == "accept");
    s.host.now += 1000;
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "sub-3")) == "403 subscription_foreign");
}

BOOST_AUTO_TEST_CASE(without_pins_any_subscription_counts_until_one_was_created) {
    fake::Source s(plugin(), k_header);
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "anyone")) == "accept");
    s.host.state["pinned"] = "1";
    BOOST_TEST(verdict_of(s, notification("snapshot", "{}", "e", "anyone")) == "403 subscription_foreign");
}

BOOST_AUTO_TEST_CASE(an_event_is_identified_by_its_headers) {
    fake::Source s(plugin(), k_header);
    const auto e = event_of(s, notification("patch", "[]", "0387d8ff-b20a-43c9-b088-463f0e16fcdc#12"));
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.dedupe_key == "sub-1 0387d8ff-b20a-43c9-b088-463f0e16fcdc#12");
    BOOST_TEST(e.type == "patch");
    BOOST_TEST(e.ordering_key == "sub-1");
    BOOST_TEST(e.subject == "t-1 0387d8ff-b20a-43c9-b088-463f0e16fcdc#12"); // no other event's: coalescing must not join patches
    BOOST_TEST(e.http_status == 200);
    BOOST_TEST(e.occurred_at == GATEHOUSE_NO_TIME);
    BOOST_TEST(e.flags == 0u);
    BOOST_TEST(event_of(s, notification("error", R"({"datetime":"2018-09-03T13:16:02.120Z"})")).occurred_at == 1535980562120);
    BOOST_TEST(event_of(s, notification("error", R"({"datetime":"2018-09-10-T10:13:32"})")).occurred_at == GATEHOUSE_NO_TIME);
}

BOOST_AUTO_TEST_CASE(what_fits_no_type_is_kept_as_unknown) {
    fake::Source s(plugin(), k_header);
    const auto type_of = [&](fake::Request r) { return event_of(s, std::move(r)).type; };
    BOOST_TEST(type_of(notification("Snapshot", "x")) == "snapshot");
    BOOST_TEST(type_of(notification("tombstone", "{}")) == "unknown");
    BOOST_TEST(type_of(notification("patch", "[]", "")) == "unknown");
    BOOST_TEST(type_of(notification("patch", "[]", "a b")) == "unknown");
    BOOST_TEST(type_of(notification("patch", "[]", std::string(201, 'x'))) == "unknown");
    BOOST_TEST(type_of(notification("patch", "[]", "e", "")) == "unknown");
    BOOST_TEST(event_of(s, notification("tombstone", "{}", "e-1")).dedupe_key == "sub-1 e-1");
    auto twice = notification("patch", "[]");
    twice.headers.emplace_back("X-Axway-Streams-Event-Id", "t-1#2");
    BOOST_TEST(type_of(twice) == "unknown");

    // Nothing names a test call: the same one again within the minute is a resend, another body or minute is another call.
    fake::Request bare;
    bare.body = "{}";
    bare.received_at = 1'600'000'020'000;
    bare.set("X-Gatehouse-Secret", "header-secret-number-1");
    const std::string key = event_of(s, bare).dedupe_key;
    bare.received_at += 200;
    BOOST_TEST(event_of(s, bare).dedupe_key == key);
    BOOST_TEST(event_of(s, bare).ordering_key == "");
    bare.body = "[]";
    BOOST_TEST(event_of(s, bare).dedupe_key != key);
    bare.body = "{}";
    bare.received_at += 60'000;
    BOOST_TEST(event_of(s, bare).dedupe_key != key);
}

BOOST_AUTO_TEST_SUITE_END()
