// Times as senders write them, and the pieces that plugins by configuration share.
#include <gatehouse/event_fields.hpp>
#include <gatehouse/verify/ed25519.hpp>

#include <boost/test/unit_test.hpp>

using namespace gatehouse;

namespace {

int64_t ms(std::string_view text) {
    const auto t = event_fields::time(text);
    return t ? t->time_since_epoch().count() : -1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_event_fields)

BOOST_AUTO_TEST_CASE(times_as_senders_write_them) {
    for (const char* same : {"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", "2026-01-01T02:00:00+02:00", "2025-12-31T18:30:00-05:30",
                             "2026-01-01T00:00:00.0-00:00", "1767225600", "1767225600.25", "1767225600000"})
        BOOST_TEST(ms(same) == 1'767'225'600'000, same);
    BOOST_TEST(ms("2026-01-01T00:00:00.5+00:00") == 1'767'225'600'500);
    for (const char* bad :
         {"", "now", "-5", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+2:00",
          "2026-01-01T00:00:00+0200", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+02:60", "2026-02-30T00:00:00+00:00",
          "2026-01-01T00:00:00*02:00", "2026-01-01T00:00:00+02:0Z", "+02:00", "1234567890123456", "1e9"})
        BOOST_TEST(ms(bad) == -1, bad);
}

BOOST_AUTO_TEST_CASE(types_that_routes_can_be_written_for) {
    BOOST_TEST(event_fields::type("orders/paid") == "orders/paid");
    BOOST_TEST(event_fields::type(std::string(200, 'a')) == std::string(200, 'a'));
    for (const std::string& bad : {std::string(), std::string(201, 'a'), std::string("a b"), std::string("\xc3\xbc"), std::string("a\n")})
        BOOST_TEST(event_fields::type(bad) == "unknown");
}

// RFC 8032 section 7.1, tests 1 to 3.
BOOST_AUTO_TEST_CASE(ed25519_vectors) {
    struct vector {
        const char *key, *message, *signature;
    };
    const vector vectors[] = {{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595"
                               "bbe24655141438e7a100b"},
                              {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb43"
                               "02aeeb00d291612bb0c00"},
                              {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
                               "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716"
                               "ed28dc027beceea1ec40a"}};
    for (const auto& v : vectors) {
        const auto key = verify::ed25519_key::from_bytes(*from_hex(v.key));
        BOOST_REQUIRE(key);
        const std::string message = *from_hex(v.message), signature = *from_hex(v.signature);
        BOOST_TEST(key->verify(message, signature));
        BOOST_TEST(!key->verify(message + "x", signature));
        BOOST_TEST(!key->verify(message, signature.substr(1)));
        BOOST_TEST(!key->verify(message, ""));
    }
    BOOST_TEST(!verify::ed25519_key::from_bytes("short"));
    BOOST_TEST(!verify::ed25519_key::from_whpk("whsec_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="));
    BOOST_TEST(!verify::ed25519_key::from_whpk(""));
}

BOOST_AUTO_TEST_SUITE_END()
