// The standard-webhooks plugin as a file. The samples' shared-secret signature was made with the npm package standardwebhooks, the other
// one with OpenSSL and the key of RFC 8032 section 7.1, test 1.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(STANDARD_WEBHOOKS_PLUGIN));
    return p;
}
const gatehouse_sample& sample(size_t i) {
    return *plugin()->samples[i];
}
std::string reason(const std::string& settings) {
    fake::Source source(plugin(), settings);
    return source.opened == GATEHOUSE_OK ? "opened" : source.host.reason;
}

} // namespace

BOOST_AUTO_TEST_SUITE(standard_webhooks)

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count == 12u);
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const std::string wrong = fake::check(plugin(), sample(i));
        BOOST_TEST(wrong.empty(), fake::text(sample(i).name) << ": " << wrong);
    }
}

BOOST_AUTO_TEST_CASE(an_event_is_made_of_what_the_pointers_name) {
    auto settings = nlohmann::json::parse(fake::text(sample(0).settings));
    settings["subject_pointer"] = "/data/id";
    settings["ordering_pointer"] = "/data/account";
    settings["occurred_at_pointer"] = "/timestamp";
    fake::Source source(plugin(), settings.dump());
    fake::Request r = fake::Request::parse(fake::text(sample(0).request));
    const fake::Answer a = source.verify(r);
    BOOST_TEST(a.replay_id == "msg_1");
    BOOST_TEST(a.signed_at == 1'767'225'600'000);
    const fake::Answer e = source.handle(r, a);
    BOOST_TEST(e.dedupe_key == "msg_1");
    BOOST_TEST(e.type == "contact.created");
    BOOST_TEST(e.subject == "c-1");
    BOOST_TEST(e.ordering_key == "a-1");
    BOOST_TEST(e.occurred_at == 1'767'225'599'500);
}

BOOST_AUTO_TEST_CASE(what_is_genuine_is_kept_whatever_it_holds) {
    fake::Source source(plugin(), fake::text(sample(0).settings));
    fake::Request r = fake::Request::parse(fake::text(sample(0).request));
    const fake::Answer a = source.verify(r);
    for (const char* body : {"", "not JSON", "[]", R"({"type": "two words"})", R"({"type": {}})", "{\"type\": \"\\u0007\"}"}) {
        r.body = body;
        BOOST_TEST(source.handle(r, a).type == "unknown");
    }
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_in_a_public_key_signature_is_refused) {
    fake::Source source(plugin(), fake::text(sample(1).settings));
    fake::Request r = fake::Request::parse(fake::text(sample(1).request));
    std::string given;
    for (const auto& [name, value] : r.headers)
        if (name == "webhook-signature") given = value;
    const std::string bytes = *gh::from_base64_lenient(given.substr(4));
    BOOST_REQUIRE(bytes.size() == 64);
    for (size_t bit = 0; bit < 512; ++bit) {
        std::string bad = bytes;
        bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
        BOOST_REQUIRE(source.verify(r.set("webhook-signature", "v1a," + gh::to_base64(bad))).code == "signature_mismatch");
    }
    BOOST_TEST(source.verify(r.set("webhook-signature", given)).kind == "accept");
}

BOOST_AUTO_TEST_CASE(settings_without_a_usable_key_do_not_open) {
    BOOST_TEST(reason("{}").find("secret: is not set, and neither is public_keys") == 0u);
    BOOST_TEST(reason(R"({"secret": "whsec_?"})").find("secret: value 1 is not base64") == 0u);
    BOOST_TEST(reason(R"({"public_keys": ["whsk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]})").find("public_keys: value 1") == 0u);
    BOOST_TEST(reason(R"({"public_keys": ["whpk_11qY"]})").find("public_keys: value 1") == 0u);
    BOOST_TEST(reason(R"({"secret": "whsec_AAAA", "type_pointer": "x"})").find("type_pointer: is not a JSON Pointer") == 0u);
    BOOST_TEST(reason(R"({"secret": "whsec_AAAA", "tolerance": "400d"})").find("tolerance: ") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
