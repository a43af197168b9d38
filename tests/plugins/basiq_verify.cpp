// The Basiq plugin as a file: verification, events, settings. Vectors: the public suites of Standard Webhooks and Svix.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(BASIQ_PLUGIN));
    return p;
}

constexpr const char* k_settings = R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})";

fake::Request base(std::string body, const std::string& signature) {
    fake::Request r;
    r.body = std::move(body);
    r.set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek").set("webhook-timestamp", "1614265330").set("webhook-signature", signature);
    return r;
}

/// Signs as Basiq does, with the secret of k_settings.
fake::Request sign(const std::string& body, const std::string& id = "msg_1") {
    const std::string key = *gh::from_base64_lenient("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), content = id + ".1614265330." + body;
    uint8_t digest[64];
    const std::string_view parts[] = {content};
    const size_t size = gh::hmac(gh::HashAlgorithm::sha256, key, parts, digest);
    fake::Request r = base(body, "v1," + gh::to_base64({reinterpret_cast<const char*>(digest), size}));
    return r.set("webhook-id", id);
}

} // namespace

BOOST_AUTO_TEST_SUITE(basiq_verify)

BOOST_AUTO_TEST_CASE(the_descriptor_is_complete) {
    BOOST_TEST(fake::text(plugin()->name) == "basiq");
    BOOST_TEST(plugin()->abi_minor_needed == 0u);
    const auto schema = nlohmann::json::parse(fake::text(plugin()->settings_schema));
    BOOST_TEST(schema["properties"]["secret"]["writeOnly"] == true);
    BOOST_TEST(schema["properties"]["api_key"]["writeOnly"] == true);
    BOOST_TEST(schema["properties"]["api_url"]["default"] == "https://au-api.basiq.io");
    BOOST_TEST(schema["additionalProperties"] == false);
}

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count == 32u);
    size_t refused = 0;
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const gatehouse_sample& s = *plugin()->samples[i];
        const std::string wrong = fake::check(plugin(), s);
        BOOST_TEST(wrong.empty(), fake::text(s.name) << ": " << wrong);
        refused += s.expect == GATEHOUSE_EXPECT_REFUSE;
        // The same request under another secret must never be accepted: a verifier that says yes to everything would show here.
        gatehouse_sample other = s;
        other.settings = fake::text(std::string_view(R"({"secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"));
        if (s.expect == GATEHOUSE_EXPECT_ACCEPT) BOOST_TEST(fake::check(plugin(), other).find("signature_mismatch") != std::string::npos);
    }
    BOOST_TEST(refused == 20u);
}

BOOST_AUTO_TEST_CASE(large_bodies) {
    fake::Source s(plugin(), k_settings);
    const std::pair<size_t, const char*> vectors[] = {{1'048'576, "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A="},
                                                      {262'144, "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0="},
                                                      {262'143, "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c="}};
    for (const auto& [size, signature] : vectors) {
        auto r = base(std::string(size, 'a'), signature);
        const auto verdict = s.verify(r);
        BOOST_TEST(verdict.kind == "accept");
        // Not JSON, but genuine: it is kept.
        BOOST_TEST(s.handle(r, verdict).type == "unknown");
    }
}

BOOST_AUTO_TEST_CASE(ed25519_entries_are_passed_over) {
    fake::Source s(plugin(), k_settings);
    const std::string v1a = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    auto alone = base(R"({"test": 2432232314})", v1a);
    BOOST_TEST(s.verify(alone).code == "signature_malformed");
    auto both = base(R"({"test": 2432232314})", v1a + " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    BOOST_TEST(s.verify(both).kind == "accept");
}

BOOST_AUTO_TEST_CASE(the_event_is_identified_by_the_message_id) {
    fake::Source s(plugin(), k_settings);
    const nlohmann::json links = {{"event", "https://au-api.basiq.io/events/9"},
                                  {"eventEntity", "https://au-api.basiq.io/users/u1/transactions?filter=connection.id.eq('c-1')"}};
    auto r = sign(nlohmann::json{{"eventTypeId", "transactions.updated"}, {"eventId", "61723"}, {"more", {1}}, {"links", links}}.dump(),
                  "msg_x");
    const auto e = s.handle(r, s.verify(r));
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(e.calls == 1);
    BOOST_TEST(e.dedupe_key == "msg_x");
    BOOST_TEST(e.type == "transactions.updated");
    BOOST_TEST(e.subject == "/users/u1/transactions?filter=connection.id.eq%28%27c-1%27%29");
    BOOST_TEST(e.occurred_at == GATEHOUSE_NO_TIME);
    BOOST_TEST(e.http_status == 0);
    BOOST_TEST(e.trust == GATEHOUSE_TRUST_VERIFIED);
}

BOOST_AUTO_TEST_CASE(whatever_is_genuine_becomes_an_event) {
    fake::Source s(plugin(), k_settings);
    const std::pair<std::string, const char*> bodies[] = {{"", "unknown"},
                                                          {"not json", "unknown"},
                                                          {"[]", "unknown"},
                                                          {"null", "unknown"},
                                                          {R"({"eventTypeId":7})", "unknown"},
                                                          {R"({"eventTypeId":""})", "unknown"},
                                                          {R"({"eventTypeId":"a b"})", "unknown"},
                                                          {R"({"eventTypeId":"a\u0000b"})", "unknown"},
                                                          {R"({"eventTypeId":")" + std::string(129, 'x') + "\"}", "unknown"},
                                                          {R"({"eventTypeId":"user.created","eventTypeId":"user.deleted"})", "unknown"},
                                                          {R"({"eventTypeId":"payout.in-progress"})", "payout.in-progress"},
                                                          {R"({"eventTypeId":"consent.archived","links":"none"})", "consent.archived"},
                                                          {R"({"eventTypeId":"x.y","links":{"eventEntity":"nowhere"}})", "x.y"},
                                                          {std::string(100, '['), "unknown"},
                                                          {std::string("\xff\x00", 2), "unknown"}};
    for (const auto& [body, type] : bodies) {
        auto r = sign(body);
        const auto verdict = s.verify(r);
        BOOST_TEST(verdict.kind == "accept");
        const auto e = s.handle(r, verdict);
        BOOST_TEST(e.kind == "event", body);
        BOOST_TEST(e.type == type, body);
        BOOST_TEST(e.subject == "", body);
    }
}

BOOST_AUTO_TEST_CASE(tolerance_is_a_setting) {
    fake::Source s(plugin(), R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "tolerance": 60})");
    auto r = sign("{}");
    const auto v = s.verify(r);
    BOOST_TEST(v.signed_at == 1614265330000);
    BOOST_TEST(v.tolerance_past == 60'000);
    BOOST_TEST(v.tolerance_future == 60'000);
}

BOOST_AUTO_TEST_CASE(svix_headers_only_when_asked_for) {
    const auto outcome = [](const char* settings) {
        fake::Source s(plugin(), settings);
        auto r = sign("{}");
        for (auto& h : r.headers) h.first.replace(0, 7, "svix");
        const auto v = s.verify(r);
        return v.kind == "accept" ? "accept " + s.handle(r, v).dedupe_key : v.code;
    };
    BOOST_TEST(outcome(k_settings) == "header_missing");
    BOOST_TEST(outcome(R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "svix_headers": true})") == "accept msg_1");
}

BOOST_AUTO_TEST_CASE(wrong_settings_are_refused_with_a_reason) {
    const auto reason = [](const char* settings) {
        fake::Source s(plugin(), settings);
        return s.opened == GATEHOUSE_OK ? "opened" : s.host.reason;
    };
    BOOST_TEST(reason(R"({})").starts_with("secret: is not set"));
    BOOST_TEST(reason(R"({"api_key": "QUJD"})") == "opened"); // the gateway gets it when it creates the webhook
    BOOST_TEST(reason(R"({"secret": ""})").starts_with("secret: value 1 is empty"));
    BOOST_TEST(reason(R"({"secret": "whsec_"})").starts_with("secret: value 1 is empty"));
    BOOST_TEST(reason(R"({"secret": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "what?"]})").starts_with("secret: value 2 is not base64"));
    for (const char* url : {"", "au-api.basiq.io", "ftp://x", "https://u@x", "https://x/?y"})
        BOOST_TEST(
            reason((R"({"secret": "rfiuheo43934", "api_url": ")" + std::string(url) + "\"}").c_str()).starts_with("api_url: is not"));
    BOOST_TEST(reason(R"({"secret": "rfiuheo43934"})") == "opened");
}

BOOST_AUTO_TEST_CASE(without_an_api_key_nothing_is_fetched) {
    const fake::Source without(plugin(), k_settings);
    BOOST_TEST(without.fetches.empty());
    BOOST_TEST(without.host.logs.size() == 1u);
    const fake::Source with(plugin(), R"({"secret": "rfiuheo43934", "api_key": "k"})");
    BOOST_TEST(with.fetches.size() == 1u);
    BOOST_TEST(with.egress.at(0).setting == "api_url");
    BOOST_TEST(with.routes.at(0).verifier == "signature");
}

BOOST_AUTO_TEST_SUITE_END()
