#include "core/base/ed25519.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>

namespace gh::ed25519 {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr size_t k_key = 32, k_signature = 64;

const unsigned char* raw(std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
}

void require(bool done) {
    if (!done) throw std::runtime_error("an Ed25519 operation failed in OpenSSL");
}

/// OpenSSL itself would pass over text before and after the block.
bool is_one_block(std::string_view text, std::string_view label) {
    constexpr std::string_view white = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
    text = text.substr(0, text.find_last_not_of(white) + 1);
    const std::string begin = "-----BEGIN " + std::string(label) + "-----", end = "-----END " + std::string(label) + "-----";
    return text.starts_with(begin) && text.ends_with(end) && text.find(end) == text.size() - end.size();
}

int no_passphrase(char*, int, int, void*) {
    return 0;
}

Bio reader(std::string_view text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
}

std::string written(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<size_t>(size));
}

} // namespace

Result<PublicKey> PublicKey::from_pem(std::string_view text) {
    if (is_one_block(text, "PRIVATE KEY"))
        return Error{
            "this is the private key; it belongs to whoever signs. Give the public one, which begins with -----BEGIN PUBLIC KEY-----"};
    if (!is_one_block(text, "PUBLIC KEY")) return Error{"expected one block -----BEGIN PUBLIC KEY----- and nothing else"};
    const Key key(PEM_read_bio_PUBKEY(reader(text).get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
    ERR_clear_error();
    PublicKey out;
    size_t size = out.bytes_.size();
    if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_public_key(key.get(), out.bytes_.data(), &size) != 1)
        return Error{"not an Ed25519 public key"};
    return out;
}

std::string PublicKey::pem() const {
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_.data(), bytes_.size()), EVP_PKEY_free);
    const Bio out(BIO_new(BIO_s_mem()), BIO_free);
    require(key && out && PEM_write_bio_PUBKEY(out.get(), key.get()) == 1);
    return written(out.get());
}

std::string PublicKey::id() const {
    const auto digest = sha256({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
    return "ed25519:" + to_hex({reinterpret_cast<const char*>(digest.data()), 16});
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
    if (signature.size() != k_signature) return false;
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_.data(), bytes_.size()), EVP_PKEY_free);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const bool good = key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                      EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) == 1;
    ERR_clear_error();
    return good;
}

PrivateKey PrivateKey::make() {
    PrivateKey out;
    auto bytes = random_bytes(k_key);
    out.bytes_ = Secret(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return out;
}

Result<PrivateKey> PrivateKey::from_pem(const Secret& text) {
    if (is_one_block(text.reveal(), "ENCRYPTED PRIVATE KEY"))
        return Error{"the key has a passphrase, which is not supported; decrypt it first: openssl pkey -in FILE -out NEW"};
    if (!is_one_block(text.reveal(), "PRIVATE KEY")) return Error{"expected one block -----BEGIN PRIVATE KEY----- and nothing else"};
    const Key key(PEM_read_bio_PrivateKey(reader(text.reveal()).get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
    ERR_clear_error();
    std::array<uint8_t, k_key> bytes{};
    size_t size = bytes.size();
    if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519 || EVP_PKEY_get_raw_private_key(key.get(), bytes.data(), &size) != 1)
        return Error{"not an Ed25519 private key; make one with: gatehouse plugins keygen FILE"};
    PrivateKey out;
    out.bytes_ = Secret({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return out;
}

Secret PrivateKey::pem() const {
    const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(bytes_.reveal()), k_key), EVP_PKEY_free);
    const Bio out(BIO_new(BIO_s_secmem()), BIO_free);
    require(key && out && PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    auto text = written(out.get());
    Secret secret(text);
    OPENSSL_cleanse(text.data(), text.size());
    return secret;
}

PublicKey PrivateKey::public_key() const {
    const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(bytes_.reveal()), k_key), EVP_PKEY_free);
    PublicKey out;
    size_t size = out.bytes_.size();
    require(key && EVP_PKEY_get_raw_public_key(key.get(), out.bytes_.data(), &size) == 1);
    return out;
}

std::string PrivateKey::sign(std::string_view message) const {
    const Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(bytes_.reveal()), k_key), EVP_PKEY_free);
    const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    std::string out(k_signature, '\0');
    size_t size = out.size();
    require(key && context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
            EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, raw(message), message.size()) == 1 &&
            size == k_signature);
    return out;
}

} // namespace gh::ed25519
