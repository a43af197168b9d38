// The SDK's verifiers.
#include <gatehouse/verify/bearer.hpp>
#include <gatehouse/verify/hmac.hpp>
#include <gatehouse/verify/standard_webhooks.hpp>

#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

using namespace gatehouse;

namespace {

constexpr const char* k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* k_good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fake::Request signed_request(const std::string& prefix = "webhook-") {
    fake::Request r;
    r.body = R"({"test": 2432232314})";
    r.set(prefix + "id", "msg_p5jXN8AQM9LWM0D4loKWxJek").set(prefix + "timestamp", "1614265330").set(prefix + "signature", k_good);
    return r;
}

/// The refusal's code, "accepted", or the text of an exception.
template <class V>
std::string outcome_of(const V& verifier, const fake::Host& h, fake::Request r) {
    try {
        const verdict v = verifier(host(h.abi()), request(*r.abi()));
        if (const auto* refused = std::get_if<refusal>(&v)) return refused->code();
        return std::holds_alternative<acceptance>(v) ? "accepted" : "job";
    } catch (const failure& f) {
        return "failure: " + f.text();
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(standard_webhooks_reports_time_window_and_id) {
    fake::Host h;
    h.secrets["secret"] = {k_secret};
    auto r = signed_request();
    const verify::standard_webhooks verifier("secret");
    const verdict v = verifier(host(h.abi()), request(*r.abi()));
    const auto a = std::get<acceptance>(v).abi();
    BOOST_TEST(a.signed_at == 1614265330000);
    BOOST_TEST(a.tolerance_past == 300'000);
    BOOST_TEST(a.tolerance_future == 300'000);
    BOOST_TEST(to_view(a.replay_id) == "msg_p5jXN8AQM9LWM0D4loKWxJek");
    BOOST_TEST(verifier.message_id(request(*r.abi())) == "msg_p5jXN8AQM9LWM0D4loKWxJek");
}

BOOST_AUTO_TEST_CASE(each_fault_has_its_own_code) {
    fake::Host h;
    h.secrets["secret"] = {k_secret};
    const verify::standard_webhooks verifier("secret");
    const auto with = [&](const char* name, const std::string& value) {
        return outcome_of(verifier, h, signed_request().set(name, value));
    };
    BOOST_TEST(outcome_of(verifier, h, signed_request()) == "accepted");
    for (const char* name : {"webhook-id", "webhook-timestamp", "webhook-signature"}) {
        auto without = signed_request();
        std::erase_if(without.headers, [&](const auto& f) { return f.first == name; });
        BOOST_TEST(outcome_of(verifier, h, without) == "header_missing");
        auto twice = signed_request();
        twice.headers.emplace_back("WEBHOOK" + std::string(name).substr(7), "x");
        BOOST_TEST(outcome_of(verifier, h, twice) == "header_malformed");
    }
    for (const std::string id : {"", "a.b", "a b", "a\tb", "\xc3\xa9"}) BOOST_TEST(with("webhook-id", id) == "id_malformed");
    BOOST_TEST(with("webhook-id", std::string(257, 'a')) == "id_malformed");
    for (const char* t : {"", "hello", "-1614265330", "+1614265330", " 1614265330", "1614265330.0", "0x60379d32", "1614265330000000"})
        BOOST_TEST(with("webhook-timestamp", t) == "timestamp_malformed");
    for (const char* t : {"01614265330", "1614265331", "0", "999999999999"})
        BOOST_TEST(with("webhook-timestamp", t) == "signature_mismatch");
    const std::string value = k_good + 3;
    const std::vector<std::string> malformed = {"",
                                                " ",
                                                "v1",
                                                "v1,",
                                                "v1,====",
                                                "v1, ",
                                                "V1," + value,
                                                "v2," + value,
                                                value,
                                                "v1," + value.substr(0, 43),
                                                "v1," + value + "=",
                                                "v1," + std::string(100, 'A'),
                                                "v1a," + value,
                                                "v1,\xff\xfe"};
    for (const std::string& s : malformed) BOOST_TEST(with("webhook-signature", s) == "signature_malformed", s);
    BOOST_TEST(with("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=") == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(the_right_one_of_several_signatures_counts_wherever_it_stands) {
    fake::Host h;
    h.secrets["secret"] = {k_secret};
    const verify::standard_webhooks verifier("secret");
    const std::string other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=", good = k_good;
    for (const auto& list : {good + " " + other, other + " " + good, other + " v2,x v9 , junk " + good + " " + other, "  " + good + "  "})
        BOOST_TEST(outcome_of(verifier, h, signed_request().set("webhook-signature", list)) == "accepted", list);
}

BOOST_AUTO_TEST_CASE(any_of_several_secrets_counts_during_a_rotation) {
    fake::Host h;
    const verify::standard_webhooks verifier("secret");
    h.secrets["secret"] = {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", k_secret};
    BOOST_TEST(outcome_of(verifier, h, signed_request()) == "accepted");
    h.secrets["secret"] = {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"};
    BOOST_TEST(outcome_of(verifier, h, signed_request()) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(our_own_fault_is_never_a_refusal) {
    fake::Host h;
    const verify::standard_webhooks verifier("secret");
    BOOST_TEST(outcome_of(verifier, h, signed_request()).starts_with("failure: "));
    h.secrets["secret"] = {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "not base64!"};
    BOOST_TEST(outcome_of(verifier, h, signed_request()).starts_with("failure: "));
    h.secrets["secret"] = {"not base64!", k_secret};
    BOOST_TEST(outcome_of(verifier, h, signed_request()) == "accepted");
    h.hmac_broken = true;
    BOOST_TEST(outcome_of(verifier, h, signed_request()).starts_with("failure: "));
}

BOOST_AUTO_TEST_CASE(secrets_are_checked_when_the_source_opens) {
    const verify::standard_webhooks verifier("secret");
    const auto check = [&](std::vector<std::string> values) -> std::string {
        fake::Host h;
        if (!values.empty()) h.secrets["secret"] = std::move(values);
        try {
            verifier.check_secret(host(h.abi()));
        } catch (const setting_error& e) {
            return e.what();
        }
        return "good";
    };
    BOOST_TEST(check({k_secret}) == "good");
    BOOST_TEST(check({"rfiuheo43934"}) == "good");
    BOOST_TEST(check({"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}) == "good");
    BOOST_TEST(check({}).starts_with("secret: is not set"));
    BOOST_TEST(check({""}).starts_with("secret: value 1 is empty"));
    BOOST_TEST(check({"whsec_"}).starts_with("secret: value 1 is empty"));
    BOOST_TEST(check({k_secret, "a secret!"}).starts_with("secret: value 2 is not base64"));
    BOOST_TEST(check({"a secret!"}).find("a secret!") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(header_prefixes_are_configurable_and_never_mixed) {
    fake::Host h;
    h.secrets["secret"] = {k_secret};
    const verify::standard_webhooks plain("secret");
    const auto both = verify::standard_webhooks("secret").prefixes({"webhook-", "svix-"});
    BOOST_TEST(outcome_of(plain, h, signed_request("svix-")) == "header_missing");
    BOOST_TEST(outcome_of(both, h, signed_request("svix-")) == "accepted");
    BOOST_TEST(outcome_of(both, h, signed_request("webhook-")) == "accepted");
    auto mixed = signed_request("svix-");
    mixed.set("webhook-id", "another");
    BOOST_TEST(outcome_of(both, h, mixed) == "header_missing");
    auto r = signed_request("svix-");
    BOOST_TEST(both.message_id(request(*r.abi())) == "msg_p5jXN8AQM9LWM0D4loKWxJek");
}

BOOST_AUTO_TEST_CASE(hmac_header_in_hex_and_base64) {
    fake::Host h;
    // RFC 4231 section 4.3, test case 2.
    h.secrets["key"] = {"Jefe"};
    fake::Request r;
    r.body = "what do ya want for nothing?";
    const std::string hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    r.set("X-Signature", "sha256=" + hex);
    const auto verifier = verify::hmac_header("x-signature", "key").prefix("sha256=");
    BOOST_TEST(outcome_of(verifier, h, r) == "accepted");
    BOOST_TEST(outcome_of(verifier, h, fake::Request(r).set("X-Signature", hex)) == "signature_malformed");
    BOOST_TEST(outcome_of(verifier, h, fake::Request(r).set("X-Signature", "sha256=" + hex.substr(2))) == "signature_malformed");
    BOOST_TEST(outcome_of(verifier, h, fake::Request(r).set("X-Signature", "sha256=" + std::string(64, '0'))) == "signature_mismatch");
    BOOST_TEST(outcome_of(verifier, h, fake::Request()) == "header_missing");
    auto twice = r;
    twice.headers.push_back(twice.headers.front());
    BOOST_TEST(outcome_of(verifier, h, twice) == "header_malformed");
    h.secrets["key"] = {"other", "Jefe"};
    BOOST_TEST(outcome_of(verifier, h, r) == "accepted");
    h.secrets.clear();
    BOOST_TEST(outcome_of(verifier, h, r).starts_with("failure: "));

    // The same key in hexadecimal, SHA-1 as base64 (RFC 2202 section 3, test case 2).
    h.secrets["key"] = {"4a656665"};
    fake::Request sha1;
    sha1.body = r.body;
    sha1.set("X-Hub", to_base64(*from_hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")));
    const auto other =
        verify::hmac_header("x-hub", "key").algorithm(hmac_algorithm::sha1).key(key_form::hex).form(verify::text_form::base64);
    BOOST_TEST(outcome_of(other, h, sha1) == "accepted");
}

BOOST_AUTO_TEST_CASE(bearer_tokens) {
    fake::Host h;
    h.secrets["token"] = {"old", "s3cret"};
    const verify::bearer verifier("token");
    const auto with = [&](const char* value) { return outcome_of(verifier, h, fake::Request().set("authorization", value)); };
    BOOST_TEST(with("Bearer s3cret") == "accepted");
    BOOST_TEST(with("bearer old") == "accepted");
    BOOST_TEST(with("Bearer s3cre") == "token_mismatch");
    BOOST_TEST(with("Bearer ") == "token_mismatch");
    BOOST_TEST(with("Basic s3cret") == "header_malformed");
    BOOST_TEST(with("s3cret") == "header_malformed");
    BOOST_TEST(outcome_of(verifier, h, fake::Request()) == "header_missing");
    const auto own = verify::bearer("token").in("X-Token", "");
    BOOST_TEST(outcome_of(own, h, fake::Request().set("x-token", "s3cret")) == "accepted");
    h.secrets["token"] = {""};
    BOOST_TEST(outcome_of(own, h, fake::Request().set("x-token", "")) == "token_mismatch");
    h.secrets.clear();
    BOOST_TEST(with("Bearer ").starts_with("failure: "));
}
