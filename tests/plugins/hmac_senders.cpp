// The hmac plugin as a file, with the settings that its README gives for known senders. Every signature is computed here, by the sender's
// own description, and compared with the plugin's samples; the vector of GitHub's documentation stands as it is printed there.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(HMAC_PLUGIN));
    return p;
}

std::string mac(std::string_view key, std::string_view text, gh::HashAlgorithm hash = gh::HashAlgorithm::sha256) {
    uint8_t digest[64];
    const std::string_view parts[] = {text};
    const size_t size = gh::hmac(hash, key, parts, digest);
    return {reinterpret_cast<const char*>(digest), size};
}
std::string hex(std::string_view bytes) {
    return gh::to_hex(bytes);
}

const gatehouse_sample& sample(std::string_view name) {
    for (size_t i = 0; i < plugin()->sample_count; ++i)
        if (fake::text(plugin()->samples[i]->name) == name) return *plugin()->samples[i];
    throw std::runtime_error("no sample " + std::string(name));
}
std::string settings_of(std::string_view name) {
    return fake::text(sample(name).settings);
}
fake::Request request_of(std::string_view name) {
    return fake::Request::parse(fake::text(sample(name).request));
}

fake::Answer event_of(fake::Source& source, fake::Request r) {
    const fake::Answer a = source.verify(r);
    BOOST_REQUIRE_MESSAGE(a.kind == "accept", a.code << ": " << a.hint);
    return source.handle(r, a);
}
std::string refused(fake::Source& source, fake::Request r) {
    const fake::Answer a = source.verify(r);
    return a.kind == "refuse" ? a.code : a.kind;
}

constexpr const char* k_github =
    R"({"secret": "It's a Secret to Everybody", "signature_header": "X-Hub-Signature-256", "signature_prefix": "sha256=",
        "type_header": "X-GitHub-Event", "dedupe_header": "X-GitHub-Delivery"})";

struct Wrong {
    const char *settings, *says;
};
std::ostream& operator<<(std::ostream& out, const Wrong& w) {
    return out << w.says;
}
const Wrong k_wrong[] = {
    {R"({"signature_header": "S"})", "secret: is not set"},
    {R"({"secret": "xyz", "key": "hex", "signature_header": "S"})", "secret: value 1 gives no key of the form \"hex\""},
    {R"({"secret": ["00", "?"], "key": "whsec", "signature_header": "S"})", "secret: value 2"},
    {R"({"secret": "s", "signature_header": "S", "signed": "{timestamp}", "timestamp_header": "T"})", "signed: has no {body}"},
    {R"({"secret": "s", "signature_header": "S", "signed": "{time}.{body}"})", "signed: \"{time}\" is none of"},
    {R"({"secret": "s", "signature_header": "S", "signed": "{body}{"})", "signed: \"{}\" is none of"},
    {R"({"secret": "s", "signature_header": "S", "signed": "{timestamp}.{body}"})", "say where it is"},
    {R"({"secret": "s", "signature_header": "S", "timestamp_header": "T"})", "signed: has no {timestamp}"},
    {R"({"secret": "s", "signature_header": "S", "timestamp_prefix": "t=", "signed": "{timestamp}{body}"})", "needs signature_separator"},
    {R"({"secret": "s", "signature_header": "S", "signature_separator": ",", "timestamp_prefix": "t=", "timestamp_header": "T",
         "signed": "{timestamp}{body}"})",
     "the one or in the other"},
    {R"({"secret": "s", "signature_header": "S", "type_pointer": "type"})", "type_pointer: is not a JSON Pointer"},
    {R"({"secret": "s", "signature_header": "S", "dedupe_pointer": "/id", "dedupe_header": "Id"})", "are both set"},
    {R"({"secret": "s", "signature_header": "S", "tolerance": "999d"})", "tolerance: is more than 366 days"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(hmac_senders)

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count == 22u);
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const gatehouse_sample& s = *plugin()->samples[i];
        const std::string wrong = fake::check(plugin(), s);
        BOOST_TEST(wrong.empty(), fake::text(s.name) << ": " << wrong);
    }
}

BOOST_AUTO_TEST_CASE(the_samples_are_what_the_senders_describe) {
    fake::Request r = request_of("github");
    BOOST_TEST(fake::text(r.abi()->headers[4].value) == "sha256=" + hex(mac("github-sample-secret", r.body)));
    r = request_of("stripe");
    BOOST_TEST(fake::text(r.abi()->headers[2].value) == "t=1767225600,v1=" + std::string(64, '0') +
                                                            ",v1=" + hex(mac("whsec_stripe_sample", "1767225600." + r.body)) +
                                                            ",v0=" + std::string(64, '1'));
    r = request_of("shopify");
    BOOST_TEST(fake::text(r.abi()->headers[4].value) == gh::to_base64(mac("shopify-sample-secret", r.body)));
    r = request_of("slack");
    BOOST_TEST(fake::text(r.abi()->headers[3].value) == "v0=" + hex(mac("slack-sample-secret", "v0:1767225600:" + r.body)));
    r = request_of("standard webhooks");
    const std::string key = *gh::from_base64_lenient("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    BOOST_TEST(fake::text(r.abi()->headers[4].value) == "v1a,AAAA v1," + gh::to_base64(mac(key, "msg_1.1767225600." + r.body)));
}

BOOST_AUTO_TEST_CASE(the_vector_of_githubs_documentation) {
    fake::Source source(plugin(), k_github);
    fake::Request r;
    r.body = "Hello, World!";
    r.set("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17").set("x-github-event", "push");
    BOOST_TEST(event_of(source, r).type == "push");
    r.body = "Hello, World?";
    BOOST_TEST(refused(source, r) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(events_have_the_fields_that_pointers_name) {
    fake::Source stripe(plugin(), settings_of("stripe"));
    auto e = event_of(stripe, request_of("stripe"));
    BOOST_TEST(e.dedupe_key == "evt_1");
    BOOST_TEST(e.subject == "in_1");
    BOOST_TEST(e.occurred_at == 1'767'225'599'000);
    fake::Source shopify(plugin(), settings_of("shopify"));
    e = event_of(shopify, request_of("shopify"));
    BOOST_TEST(e.dedupe_key == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
    BOOST_TEST(e.subject == "820982911946154508"); // more digits than a double holds
    BOOST_TEST(e.occurred_at == 1'767'225'600'000);
}

BOOST_AUTO_TEST_CASE(the_time_and_every_signature_of_the_header_are_looked_at) {
    fake::Source source(plugin(), settings_of("stripe"));
    const fake::Request good = request_of("stripe");
    fake::Request copy = good;
    const fake::Answer a = source.verify(copy);
    BOOST_TEST(a.signed_at == 1'767'225'600'000);
    BOOST_TEST(a.tolerance_past == 300'000);
    const std::string old = hex(mac("whsec_stripe_sample_old", "1767225600." + good.body));
    fake::Request r = good;
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=1767225600, v1=" + old + ", v1=xy")) == "accept");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=1767225601,v1=" + old)) == "signature_mismatch");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "v1=" + old)) == "timestamp_missing");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=1,t=1767225600,v1=" + old)) == "timestamp_missing");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=-5,v1=" + old)) == "timestamp_malformed");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=1767225600,v0=" + old)) == "signature_malformed");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "t=1767225600,v1=" + old.substr(2))) == "signature_malformed");
    BOOST_TEST(refused(source, r.set("Stripe-Signature", "")) == "timestamp_missing");
    r.headers.emplace_back("stripe-signature", "t=1767225600,v1=" + old);
    BOOST_TEST(refused(source, r) == "header_malformed");
}

BOOST_AUTO_TEST_CASE(a_signed_header_must_be_there_once) {
    fake::Source source(plugin(), settings_of("standard webhooks"));
    fake::Request r = request_of("standard webhooks");
    r.headers.emplace_back("Webhook-Id", "msg_2");
    BOOST_TEST(refused(source, r) == "part_missing");
}

BOOST_AUTO_TEST_CASE(a_challenge_is_sent_back_once_it_is_verified) {
    fake::Source source(plugin(), settings_of("slack"));
    fake::Request r = request_of("slack");
    r.body = R"({"type":"url_verification","challenge":"3eZbrw1a"})";
    BOOST_TEST(refused(source, r) == "signature_mismatch");
    r.set("X-Slack-Signature", "v0=" + hex(mac("slack-sample-secret", "v0:1767225600:" + r.body)));
    const fake::Answer a = event_of(source, r);
    BOOST_TEST(a.kind == "respond");
    BOOST_TEST(a.http_status == 200);
    BOOST_TEST(a.body == "3eZbrw1a");
}

BOOST_AUTO_TEST_CASE(without_an_id_the_digest_of_type_and_body_is_the_key) {
    fake::Source source(plugin(), R"({"secret": "s", "signature_header": "S", "type_header": "T"})");
    const auto send = [&](const std::string& body, const std::string& type) {
        fake::Request r;
        r.body = body;
        return event_of(source, r.set("S", hex(mac("s", body))).set("T", type));
    };
    const auto first = send("{}", "a");
    BOOST_TEST(send("{}", "a").dedupe_key == first.dedupe_key);
    BOOST_TEST(send("{}", "b").dedupe_key != first.dedupe_key);
    BOOST_TEST(send("{ }", "a").dedupe_key != first.dedupe_key);
    BOOST_TEST(send("not JSON", "two words").type == "unknown"); // genuine, so it is kept
}

BOOST_AUTO_TEST_CASE(no_protection_against_replays_is_said_once_at_open) {
    const auto warnings = [](const std::string& settings) { return fake::Source(plugin(), settings).host.logs; };
    BOOST_REQUIRE(warnings(k_github).size() == 1);
    BOOST_TEST(warnings(k_github)[0].find("X-GitHub-Delivery") != std::string::npos);
    BOOST_TEST(warnings(R"({"secret": "s", "signature_header": "S"})").empty());
    BOOST_TEST(warnings(R"({"secret": "s", "signature_header": "S", "dedupe_pointer": "/id", "type_header": "T"})").empty());
    BOOST_TEST(warnings(R"({"secret": "s", "signature_header": "S", "type_header": "T"})").size() == 1u);
    BOOST_TEST(warnings(R"({"secret": "s", "signature_header": "S", "dedupe_header": "I", "signed": "{header:i}.{body}"})").empty());
    BOOST_TEST(warnings(settings_of("slack")).empty());
}

BOOST_AUTO_TEST_CASE(base64url_is_taken_with_and_without_padding_and_in_its_own_alphabet) {
    fake::Source source(plugin(), R"({"secret": "s", "signature_header": "S", "encoding": "base64url"})");
    std::string body = "{}", standard;
    // A body whose signature has both of the characters that differ.
    do {
        body += ' ';
        standard = gh::to_base64(mac("s", body));
    } while (standard.find('+') == std::string::npos || standard.find('/') == std::string::npos);
    std::string url = standard;
    for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
    fake::Request r;
    r.body = body;
    BOOST_TEST(refused(source, r.set("S", url)) == "accept");
    BOOST_TEST(refused(source, r.set("S", url.substr(0, url.find('=')))) == "accept");
    BOOST_TEST(refused(source, r.set("S", standard)) == "signature_malformed");
}

BOOST_DATA_TEST_CASE(settings_that_contradict_each_other_are_named, k_wrong, wrong) {
    fake::Source source(plugin(), wrong.settings);
    BOOST_TEST(source.opened == GATEHOUSE_FAILED);
    BOOST_TEST(source.host.reason.find(wrong.says) != std::string::npos, source.host.reason);
}

BOOST_AUTO_TEST_CASE(a_key_that_breaks_later_is_our_fault_not_the_senders) {
    fake::Source source(plugin(), settings_of("github"));
    source.host.hmac_broken = true;
    fake::Request r = request_of("github");
    BOOST_TEST(source.verify(r).status == GATEHOUSE_FAILED);
    BOOST_TEST(source.verify(r).calls == 0);
}

BOOST_AUTO_TEST_SUITE_END()
