// Ed25519 against RFC 8032, and what is not a key.
#include "core/base/ed25519.hpp"

#include "core/base/encoding.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::ed25519;

namespace {

std::string pem(const std::string& label, const std::string& hex) {
    return "-----BEGIN " + label + "-----\n" + to_base64(*from_hex(hex)) + "\n-----END " + label + "-----\n";
}

// RFC 8032 section 7.1, TEST 2, in the wrapping of RFC 8410 sections 7 and 4.
const std::string k_private =
    pem("PRIVATE KEY", "302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
const std::string k_public = pem("PUBLIC KEY", "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const std::string k_signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

} // namespace

BOOST_AUTO_TEST_SUITE(ed25519_keys)

BOOST_AUTO_TEST_CASE(the_vector_of_the_rfc) {
    const auto key = PrivateKey::from_pem(Secret(k_private));
    BOOST_REQUIRE(key.ok());
    BOOST_TEST(to_hex(key->sign("\x72")) == k_signature);
    BOOST_TEST(key->public_key().pem() == k_public);
    const auto known = PublicKey::from_pem(k_public);
    BOOST_REQUIRE(known.ok());
    BOOST_TEST((*known == key->public_key()));
    const auto signature = *from_hex(k_signature);
    BOOST_TEST(known->verify("\x72", signature));
    BOOST_TEST(!known->verify("\x73", signature));
    BOOST_TEST(!known->verify("\x72", signature.substr(0, 63)));
    BOOST_TEST(!known->verify("\x72", signature + '\0'));
    for (size_t i = 0; i < signature.size(); ++i) {
        auto changed = signature;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!known->verify("\x72", changed));
    }
}

BOOST_AUTO_TEST_CASE(a_made_key_survives_its_file) {
    const auto key = PrivateKey::make(), other = PrivateKey::make();
    const auto again = PrivateKey::from_pem(key.pem());
    BOOST_REQUIRE(again.ok());
    BOOST_TEST(again->sign("text") == key.sign("text"));
    BOOST_TEST((PublicKey::from_pem(key.public_key().pem()).value() == key.public_key()));
    BOOST_TEST(key.public_key().id() != other.public_key().id());
    BOOST_TEST(!other.public_key().verify("text", key.sign("text")));
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_refused) {
    for (const std::string& text :
         {std::string(), std::string("key"), k_public + "more", "before\n" + k_public, k_public + k_public, k_public.substr(0, 60),
          pem("PUBLIC KEY", "302a"),
          pem("PUBLIC KEY", "302a300506032b656e0321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")})
        BOOST_TEST(!PublicKey::from_pem(text).ok(), text);
    const auto mistaken = PublicKey::from_pem(k_private);
    BOOST_REQUIRE(!mistaken.ok());
    BOOST_TEST(mistaken.error().message.find("this is the private key") == 0u);
    for (const std::string& text : {std::string(), k_public, k_private + "more", pem("PRIVATE KEY", "302e")})
        BOOST_TEST(!PrivateKey::from_pem(Secret(text)).ok());
}

BOOST_AUTO_TEST_SUITE_END()
