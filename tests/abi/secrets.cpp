#include "core/plugin/secrets.hpp"

#include "core/base/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::plugin;

namespace {

std::string sign(const HmacKey& key, HashAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
    uint8_t out[64];
    key.sign(algorithm, {parts.begin(), parts.size()}, out);
    return to_hex({reinterpret_cast<const char*>(out), HmacKey::digest_size(algorithm)});
}

std::string reference(std::string_view key, HashAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
    uint8_t out[64];
    const size_t size = hmac(algorithm, key, {parts.begin(), parts.size()}, out);
    return to_hex({reinterpret_cast<const char*>(out), size});
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(known_answers) {
    // RFC 4231 section 4.3 and RFC 2202 section 3, test case 2.
    const HmacKey key("Jefe");
    BOOST_TEST(sign(key, HashAlgorithm::sha256, {"what do ya want ", "for nothing?"}) ==
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    BOOST_TEST(sign(key, HashAlgorithm::sha1, {"what do ya want for nothing?"}) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    BOOST_TEST(sign(key, HashAlgorithm::sha512, {"what do ya want for nothing?"}).substr(0, 32) == "164b7a7bfcf819e2e395fbe73b56e0a3");
}

BOOST_AUTO_TEST_CASE(every_key_length_agrees_with_openssl) {
    for (const size_t size : {1u, 63u, 64u, 65u, 127u, 128u, 129u, 300u}) {
        const std::string secret(size, 'k');
        const HmacKey key(secret);
        for (const auto algorithm : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
            BOOST_TEST(sign(key, algorithm, {"a", "", "bc"}) == reference(secret, algorithm, {"abc"}));
    }
}

BOOST_AUTO_TEST_CASE(forms_of_a_key) {
    Secrets secrets;
    secrets.add("whsec", Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    secrets.add("hex", Secret("00ff10"));
    secrets.add("text", Secret("no base64!"));
    const auto decoded = from_base64_lenient("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
    const auto sha256 = HashAlgorithm::sha256;
    BOOST_TEST(sign(*secrets.key("whsec", 0, KeyForm::whsec), sha256, {"x"}) == reference(decoded, sha256, {"x"}));
    BOOST_TEST(sign(*secrets.key("hex", 0, KeyForm::hex), sha256, {"x"}) == reference({"\0\xff\x10", 3}, sha256, {"x"}));
    BOOST_TEST(sign(*secrets.key("text", 0, KeyForm::raw), sha256, {"x"}) == reference("no base64!", sha256, {"x"}));
    BOOST_TEST(!secrets.key("text", 0, KeyForm::whsec));
    BOOST_TEST(!secrets.key("text", 0, KeyForm::hex));
    BOOST_TEST(!secrets.key("text", 1, KeyForm::raw));
    BOOST_TEST(!secrets.key("other", 0, KeyForm::raw));
}

BOOST_AUTO_TEST_CASE(a_secret_that_decodes_to_nothing_is_no_key) {
    Secrets secrets;
    secrets.add("s", Secret("whsec_"));
    BOOST_TEST(!secrets.key("s", 0, KeyForm::whsec));
}

BOOST_AUTO_TEST_SUITE_END()
