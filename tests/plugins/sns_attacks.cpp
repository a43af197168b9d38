// Messages that are not what they say, through the plugin's border. What is right about each of them apart from the one thing is shown by
// `accepted` tests beside them.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(SNS_PLUGIN));
    return p;
}

nlohmann::json settings() {
    return {{"topic_arns", {k_topic}}};
}

struct Fixture {
    std::string certificate = signer().certificate();
    fake::Source source{plugin(), settings().dump()};
    Fixture() { source.host.now = k_now; }

    std::string judge(fake::Request r) { return outcome(verify_with(source, r, certificate)); }
    std::string judge(const Message& m) { return judge(m.request()); }
    std::string with_url(const std::string& url) { return judge(Message::notification().sign(signer(), "1", url)); }
    /// What a verdict is without any fetch: a URL that is refused must not be asked.
    std::string at_once(const Message& m) {
        auto r = m.request();
        return outcome(source.verify(r));
    }
    std::string url_verdict(const std::string& url) { return at_once(Message::notification().sign(signer(), "1", url)); }
};

const std::string k_path = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

} // namespace

BOOST_FIXTURE_TEST_SUITE(sns_attacks, Fixture)

BOOST_AUTO_TEST_CASE(genuine_messages_are_accepted) {
    BOOST_TEST(judge(Message::notification().sign()) == "accept");
    BOOST_TEST(judge(Message::notification("m", "s").sign(signer(), "2")) == "accept");
    BOOST_TEST(judge(Message::confirmation().sign()) == "accept");
    BOOST_TEST(judge(Message::confirmation(k_topic, "UnsubscribeConfirmation").sign(signer(), "2")) == "accept");
}

BOOST_AUTO_TEST_CASE(an_acceptance_tells_the_signed_time_the_window_and_the_id) {
    auto r = Message::notification().sign().request();
    const auto a = verify_with(source, r, certificate);
    BOOST_TEST(a.kind == "accept");
    BOOST_TEST(a.signed_at == k_now - 2000);
    BOOST_TEST(a.tolerance_past == 4 * 3'600'000);
    BOOST_TEST(a.tolerance_future == 300'000);
    BOOST_TEST(a.replay_id == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_VERIFIED);
}

BOOST_AUTO_TEST_CASE(every_signed_field_altered) {
    for (const auto& [name, value] : std::map<std::string, std::string>{{"Message", "hello!"},
                                                                        {"MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf325"},
                                                                        {"Subject", "another"},
                                                                        {"Timestamp", "2026-03-01T11:59:58.001Z"}}) {
        auto m = Message::notification("hello", "subject").sign();
        BOOST_TEST(judge(m.set(name, value)) == "signature_mismatch", name);
    }
    auto c = Message::confirmation().sign();
    BOOST_TEST(judge(c.set("Message", "x")) == "signature_mismatch");
    const std::string token(256, 'b');
    c = Message::confirmation().sign();
    c.set("Token", token)
        .set("SubscribeURL",
             "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + std::string(k_topic) + "&Token=" + token);
    BOOST_TEST(judge(c) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(a_subject_added_or_taken_away) {
    auto m = Message::notification().sign();
    BOOST_TEST(judge(m.set("Subject", "urgent")) == "signature_mismatch");
    m = Message::notification("hello", "subject").sign();
    BOOST_TEST(judge(m.remove("Subject")) == "signature_mismatch");
    // An empty Subject is there, and enters the text.
    m = Message::notification("hello", "x").set("Subject", "").sign();
    BOOST_TEST(judge(m) == "accept");
    BOOST_TEST(judge(m.remove("Subject")) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(one_type_passed_off_as_another) {
    auto m = Message::confirmation().sign();
    auto r = m.set("Type", "UnsubscribeConfirmation").request();
    BOOST_TEST(judge(r) == "signature_mismatch");
    m = Message::notification().sign();
    m.set("Type", "SubscriptionConfirmation").set("Token", k_token).set("SubscribeURL", Message::confirmation().get("SubscribeURL"));
    BOOST_TEST(judge(m) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(unsigned_members_change_nothing_and_lead_nowhere) {
    auto m = Message::notification().sign();
    m.set("UnsubscribeURL", "https://169.254.169.254/latest/meta-data/").set("MessageAttributes", "forged");
    BOOST_TEST(judge(m) == "accept");
    auto r = m.request();
    const auto accepted = source.verify(r);
    const auto e = source.handle(r, accepted);
    BOOST_TEST(e.kind == "event");
    BOOST_TEST(!source.fetch(r, e.type));
}

BOOST_AUTO_TEST_CASE(a_foreign_topic_is_refused_before_anything_is_fetched) {
    auto m = Message::notification().set("TopicArn", "arn:aws:sns:ap-southeast-2:999999999999:orders").sign();
    BOOST_TEST(at_once(m) == "topic_not_pinned");
    m = Message::confirmation("arn:aws:sns:ap-southeast-2:999999999999:orders", "UnsubscribeConfirmation").sign();
    BOOST_TEST(at_once(m) == "topic_not_pinned");
    // Neither the same name in another case nor a longer one.
    BOOST_TEST(at_once(Message::notification().set("TopicArn", std::string(k_topic) + "x").sign()) == "topic_not_pinned");
    BOOST_TEST(at_once(Message::notification().set("TopicArn", "arn:aws:sns:ap-southeast-2:123456789012:Orders").sign()) ==
               "topic_not_pinned");
}

BOOST_AUTO_TEST_CASE(a_foreign_region_is_refused) {
    auto m = Message::notification().set("TopicArn", "arn:aws:sns:us-east-1:123456789012:orders").sign();
    BOOST_TEST(at_once(m) == "region_not_allowed");
}

// ------------------------------------------------------------------------------------------------------------------ SigningCertURL

BOOST_AUTO_TEST_CASE(certificate_on_a_foreign_host) {
    BOOST_TEST(url_verdict("https://attacker.example" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com.example.org" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://xsns.ap-southeast-2.amazonaws.com" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://127.0.0.1" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.eu" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.api.aws" + k_path) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_in_a_bucket) {
    for (const char* host :
         {"s3.amazonaws.com/sns", "sns.s3.amazonaws.com", "sns.s3-ap-southeast-2.amazonaws.com", "sns.s3-website-us-east-1.amazonaws.com",
          "s3-ap-southeast-2.amazonaws.com/sns", "sns.s3.ap-southeast-2.amazonaws.com"})
        BOOST_TEST(url_verdict(std::string("https://") + host + k_path) == "certificate_url_refused", host);
}

BOOST_AUTO_TEST_CASE(certificate_of_another_region_than_the_topic) {
    for (const char* region : {"us-east-1", "ap-southeast-1", "eu-west-1"})
        BOOST_TEST(url_verdict(std::string("https://sns.") + region + ".amazonaws.com" + k_path) == "certificate_url_refused", region);
    BOOST_TEST(url_verdict("https://sns.cn-north-1.amazonaws.com.cn" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com.cn" + k_path) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_host_with_trailing_dot_or_mixed_case) {
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com." + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://SNS.ap-southeast-2.amazonaws.com" + k_path) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_url_with_user_information) {
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com@example.org" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://user@sns.ap-southeast-2.amazonaws.com" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com:x@example.org" + k_path) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_url_with_port) {
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com:443" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict("https://sns.ap-southeast-2.amazonaws.com:8443" + k_path) == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_url_with_query_or_fragment) {
    const std::string host = "https://sns.ap-southeast-2.amazonaws.com";
    BOOST_TEST(url_verdict(host + k_path + "?x=y") == "certificate_url_refused");
    BOOST_TEST(url_verdict(host + "/?Action=ReflectedPem&x=" + k_path) == "certificate_url_refused");
    BOOST_TEST(url_verdict(host + k_path + "#.pem") == "certificate_url_refused");
    BOOST_TEST(url_verdict(host + k_path + "?") == "certificate_url_refused");
}

BOOST_AUTO_TEST_CASE(certificate_url_with_another_path) {
    const std::string host = "https://sns.ap-southeast-2.amazonaws.com";
    for (const char* path : {"", "/", "/x.pem", "/SimpleNotificationService-0123456789abcdef0123456789abcdeF.pem",
                             "/SimpleNotificationService-0123456789abcdef0123456789abcde.pem",
                             "/SimpleNotificationService-0123456789abcdef0123456789abcdef0.pem",
                             "/a/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                             "//SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
                             "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem/",
                             "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem\n",
                             "/SimpleNotificationService-%30123456789abcdef0123456789abcdef.pem",
                             "\\@example.org/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"})
        BOOST_TEST(url_verdict(host + path) == "certificate_url_refused", path);
}

BOOST_AUTO_TEST_CASE(certificate_url_with_another_scheme) {
    for (const char* scheme : {"http://", "ftp://", "HTTPS://", "//", ""})
        BOOST_TEST(url_verdict(std::string(scheme) + "sns.ap-southeast-2.amazonaws.com" + k_path) == "certificate_url_refused", scheme);
}

BOOST_AUTO_TEST_CASE(a_url_is_judged_before_the_cache_is_asked) {
    BOOST_TEST(with_url(k_cert_url) == "accept");
    BOOST_TEST(with_url(std::string(k_cert_url) + "?") == "certificate_url_refused");
}

// -------------------------------------------------------------------------------------------------------------------- certificates

BOOST_AUTO_TEST_CASE(a_certificate_expired_at_the_timestamp) {
    certificate = signer().certificate({.until = k_now / 1000 - 3});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_expired");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_expired_after_the_timestamp_still_holds) {
    certificate = signer().certificate({.until = k_now / 1000 - 1});
    BOOST_TEST(judge(Message::notification().sign()) == "accept");
    source.host.now += 3 * 3'600'000; // repeated hours later
    BOOST_TEST(judge(Message::notification().sign()) == "accept");
}

BOOST_AUTO_TEST_CASE(a_certificate_not_yet_valid_at_the_timestamp) {
    certificate = signer().certificate({.from = k_now / 1000 - 1});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_not_yet_valid");
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name) {
    certificate = signer().certificate({.name = "sns.example.org", .alternative = "DNS:sns.example.org"});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_name_mismatch");
}

BOOST_AUTO_TEST_CASE(a_right_common_name_beside_another_alternative_name) {
    certificate = signer().certificate({.alternative = "DNS:sns.example.org"});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_name_mismatch");
}

BOOST_AUTO_TEST_CASE(a_wildcard_or_a_longer_name_is_another_name) {
    certificate = signer().certificate({.alternative = "DNS:*.amazonaws.com"});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_name_mismatch");
}

BOOST_AUTO_TEST_CASE(a_longer_common_name_is_another_name) {
    certificate = signer().certificate({.name = "sns.amazonaws.com.example.org", .alternative = ""});
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_name_mismatch");
}

BOOST_AUTO_TEST_CASE(a_common_name_alone_is_enough_where_there_is_no_alternative) {
    certificate = signer().certificate({.alternative = ""});
    BOOST_TEST(judge(Message::notification().sign()) == "accept");
}

BOOST_AUTO_TEST_CASE(an_opt_in_region_has_its_own_name) {
    const std::string topic = "arn:aws:sns:me-south-1:123456789012:orders";
    const std::string url = "https://sns.me-south-1.amazonaws.com" + k_path;
    fake::Source s(plugin(), nlohmann::json{{"topic_arns", {topic}}}.dump());
    s.host.now = k_now;
    auto r = Message::notification().set("TopicArn", topic).sign(signer(), "1", url).request();
    BOOST_TEST(outcome(verify_with(s, r, certificate)) == "certificate_name_mismatch");
    fake::Source t(plugin(), nlohmann::json{{"topic_arns", {topic}}}.dump());
    t.host.now = k_now;
    const auto named = signer().certificate({.name = "sns-signing.me-south-1.amazonaws.com", .alternative = ""});
    BOOST_TEST(outcome(verify_with(t, r, named)) == "accept");
}

BOOST_AUTO_TEST_CASE(another_key_than_the_certificate_s) {
    BOOST_TEST(judge(Message::notification().sign(other_signer())) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(a_certificate_wrapped_in_xml) {
    certificate = "<?xml version=\"1.0\"?><ErrorResponse><Error><Message>" + certificate + "</Message></Error></ErrorResponse>";
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_malformed");
}

BOOST_AUTO_TEST_CASE(anything_before_or_after_the_certificate) {
    const std::string pem = certificate;
    for (const auto& body : {"x" + pem, " " + pem, "\n" + pem, pem + "x", pem + "\n\n", pem + pem, pem.substr(0, pem.size() - 5)}) {
        fake::Source s(plugin(), settings().dump());
        s.host.now = k_now;
        auto r = Message::notification().sign().request();
        BOOST_TEST(outcome(verify_with(s, r, body)) == "certificate_malformed");
    }
}

BOOST_AUTO_TEST_CASE(two_certificates_in_one_body) {
    certificate += other_signer().certificate();
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_malformed");
}

BOOST_AUTO_TEST_CASE(a_bare_public_key_is_no_certificate) {
    certificate = signer().public_key();
    BOOST_TEST(judge(Message::notification().sign()) == "certificate_malformed");
}

BOOST_AUTO_TEST_CASE(a_short_key) {
    const Signer small(1024);
    certificate = small.certificate();
    BOOST_TEST(judge(Message::notification().sign(small)) == "certificate_malformed");
}

// ------------------------------------------------------------------------------------------------------------------- the signature

BOOST_AUTO_TEST_CASE(signature_version_3) {
    auto m = Message::notification().sign();
    BOOST_TEST(at_once(m.set("SignatureVersion", "3")) == "signature_version_unknown");
    BOOST_TEST(at_once(m.set("SignatureVersion", "")) == "signature_version_unknown");
    BOOST_TEST(at_once(m.set("SignatureVersion", "1 ")) == "signature_version_unknown");
}

BOOST_AUTO_TEST_CASE(the_version_decides_the_digest) {
    auto m = Message::notification().sign(signer(), "2");
    BOOST_TEST(judge(m.set("SignatureVersion", "1")) == "signature_mismatch");
    m = Message::notification().sign(signer(), "1");
    BOOST_TEST(judge(m.set("SignatureVersion", "2")) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(version_1_switched_off) {
    auto s = settings();
    s["allow_signature_version_1"] = false;
    fake::Source strict(plugin(), s.dump());
    strict.host.now = k_now;
    auto one = Message::notification().sign().request(), two = Message::notification().sign(signer(), "2").request();
    BOOST_TEST(outcome(strict.verify(one)) == "signature_version_refused");
    BOOST_TEST(outcome(verify_with(strict, two, certificate)) == "accept");
}

BOOST_AUTO_TEST_CASE(a_signature_that_is_none) {
    for (const char* bad : {"", "AAAA", "not base64!", "====", "\n"}) {
        auto m = Message::notification().sign();
        BOOST_TEST(judge(m.set("Signature", bad)) == "signature_malformed", bad);
    }
    auto m = Message::notification().sign();
    BOOST_TEST(judge(m.set("Signature", m.get("Signature") + " ")) == "signature_malformed");
    BOOST_TEST(judge(m.set("Signature", gh::to_base64(std::string(256, '\0')))) == "signature_mismatch");
    BOOST_TEST(judge(m.set("Signature", gh::to_base64(std::string(300, 'x')))) == "signature_mismatch");
}

// -------------------------------------------------------------------------------------------------------------- the chain, by choice

BOOST_AUTO_TEST_CASE(a_chain_is_demanded_where_an_authority_is_given) {
    const Signer authority;
    const auto root = authority.certificate({.name = "Test Root", .alternative = ""});
    auto s = settings();
    s["signing_ca"] = root;
    const auto leaf = signer().certificate({}, &authority, "Test Root");
    auto r = Message::notification().sign().request();
    fake::Source good(plugin(), s.dump()), bad(plugin(), s.dump());
    good.host.now = bad.host.now = k_now;
    BOOST_TEST(outcome(verify_with(good, r, leaf)) == "accept");
    BOOST_TEST(outcome(verify_with(bad, r, certificate)) == "certificate_chain_refused");
}

BOOST_AUTO_TEST_CASE(an_authority_that_had_ended_at_the_timestamp_is_refused) {
    const Signer authority;
    auto s = settings();
    s["signing_ca"] = authority.certificate({.name = "Test Root", .alternative = "", .until = k_now / 1000 - 60});
    fake::Source source_with_ca(plugin(), s.dump());
    source_with_ca.host.now = k_now;
    auto r = Message::notification().sign().request();
    BOOST_TEST(outcome(verify_with(source_with_ca, r, signer().certificate({}, &authority, "Test Root"))) == "certificate_chain_refused");
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_none_does_not_open) {
    auto s = settings();
    s["signing_ca"] = "not PEM";
    fake::Source broken(plugin(), s.dump());
    BOOST_TEST(broken.opened == GATEHOUSE_FAILED);
    BOOST_TEST(broken.host.reason.find("signing_ca") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
