// Ed25519 signatures (RFC 8032), by OpenSSL's libcrypto 3: link OpenSSL::Crypto to the plugin.
#pragma once

#include <gatehouse/encoding.hpp>

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

namespace gatehouse::verify {

/// One public key; verify from any thread at once.
class ed25519_key {
public:
    /// The 32 bytes of RFC 8032 section 5.1.5. Nothing when there are not 32 of them.
    static std::optional<ed25519_key> from_bytes(std::string_view bytes) {
        if (bytes.size() != 32) return std::nullopt;
        EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, to_bytes(bytes).data, bytes.size());
        ERR_clear_error();
        if (!key) return std::nullopt;
        return ed25519_key(key);
    }
    /// "whpk_" and base64, as Standard Webhooks writes public keys.
    static std::optional<ed25519_key> from_whpk(std::string_view text) {
        constexpr std::string_view prefix = "whpk_";
        if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
        const auto bytes = from_base64(text.substr(prefix.size()));
        return bytes ? from_bytes(*bytes) : std::nullopt;
    }

    /// Whether `signature` (64 bytes) is this key's over `data`. Throws std::bad_alloc.
    bool verify(std::string_view data, std::string_view signature) const {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1) throw std::bad_alloc();
        const gatehouse_bytes text = to_bytes(data), given = to_bytes(signature);
        const bool good = EVP_DigestVerify(context.get(), given.data, given.size, text.data, text.size) == 1;
        if (!good) ERR_clear_error();
        return good;
    }

private:
    explicit ed25519_key(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}
    std::shared_ptr<EVP_PKEY> key_;
};

} // namespace gatehouse::verify
