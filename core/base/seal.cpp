#include "core/base/seal.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace gh {

namespace {

constexpr char k_version = 1;
constexpr size_t k_nonce = 12, k_tag = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* raw(std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* raw(std::string& s) {
    return reinterpret_cast<unsigned char*>(s.data());
}

void require(bool done) {
    if (!done) throw std::runtime_error("encryption failed in OpenSSL");
}

} // namespace

SealKey::SealKey(const Secret& passphrase) : key_(sha256_parts({"gatehouse store key", passphrase.reveal()})) {}
SealKey::~SealKey() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

std::string SealKey::seal(std::string_view plain, std::string_view about) const {
    std::string out(1, k_version);
    out += random_bytes(k_nonce);
    const size_t head = out.size();
    out.resize(head + plain.size() + k_tag);
    const Cipher c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int n = 0;
    require(c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key_.data(), raw(out) + 1) == 1);
    require(EVP_EncryptUpdate(c.get(), nullptr, &n, raw(about), static_cast<int>(about.size())) == 1);
    require(EVP_EncryptUpdate(c.get(), raw(out) + head, &n, raw(plain), static_cast<int>(plain.size())) == 1);
    require(EVP_EncryptFinal_ex(c.get(), raw(out) + head + n, &n) == 1);
    require(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, k_tag, raw(out) + head + plain.size()) == 1);
    return out;
}

std::optional<Secret> SealKey::open(std::string_view sealed, std::string_view about) const {
    if (sealed.size() < 1 + k_nonce + k_tag || sealed[0] != k_version) return std::nullopt;
    const std::string_view nonce = sealed.substr(1, k_nonce);
    const std::string_view text = sealed.substr(1 + k_nonce, sealed.size() - 1 - k_nonce - k_tag);
    std::string tag(sealed.substr(sealed.size() - k_tag));
    std::string plain(text.size() + 1, '\0'); // never empty: OpenSSL takes no null pointer for the output
    const Cipher c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int n = 0;
    require(c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key_.data(), raw(nonce)) == 1);
    require(EVP_DecryptUpdate(c.get(), nullptr, &n, raw(about), static_cast<int>(about.size())) == 1);
    require(EVP_DecryptUpdate(c.get(), raw(plain), &n, raw(text), static_cast<int>(text.size())) == 1);
    require(EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, k_tag, tag.data()) == 1);
    std::optional<Secret> out;
    if (EVP_DecryptFinal_ex(c.get(), raw(plain) + n, &n) == 1) out = Secret(std::string_view(plain).substr(0, text.size()));
    OPENSSL_cleanse(plain.data(), plain.size());
    return out;
}

std::string SealKey::fingerprint(std::string_view value) const {
    uint8_t digest[64];
    const std::string_view parts[] = {"fingerprint", value};
    hmac(HashAlgorithm::sha256, std::string_view(reinterpret_cast<const char*>(key_.data()), key_.size()), parts, digest);
    return to_hex(std::string_view(reinterpret_cast<const char*>(digest), 16));
}

} // namespace gh
