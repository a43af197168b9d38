#include "core/base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>
#include <stdexcept>

namespace gh {

namespace {

const unsigned char* raw(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

struct MacContext {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
    ~MacContext() {
        EVP_MAC_CTX_free(context);
        EVP_MAC_free(mac);
    }
};

// SHA256() looks the algorithm up and makes a context at each call, which takes longer than hashing a notification.
struct DigestContext {
    EVP_MD* digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~DigestContext() {
        EVP_MD_CTX_free(context);
        EVP_MD_free(digest);
    }
};

} // namespace

std::array<uint8_t, 32> sha256(std::string_view bytes) {
    thread_local DigestContext sha;
    std::array<uint8_t, 32> out;
    if (EVP_DigestInit_ex2(sha.context, sha.digest, nullptr) != 1 || EVP_DigestUpdate(sha.context, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(sha.context, out.data(), nullptr) != 1)
        throw std::runtime_error("SHA-256 failed in OpenSSL");
    return out;
}

std::array<uint8_t, 32> sha256_parts(std::initializer_list<std::string_view> parts) {
    // Joined first: for inputs as short as dedupe keys one call into OpenSSL costs less than several.
    std::string joined;
    size_t total = 0;
    for (const auto part : parts) total += part.size() + 8;
    joined.reserve(total);
    for (const auto part : parts) {
        uint64_t size = part.size();
        for (int i = 0; i < 8; ++i, size >>= 8) joined += static_cast<char>(size & 0xff);
        joined += part;
    }
    return sha256(joined);
}

size_t hmac(HashAlgorithm algorithm, std::string_view key, std::span<const std::string_view> parts, uint8_t (&out)[64]) {
    thread_local MacContext mac; // fetching the algorithm costs more than a short HMAC
    const char* digest = algorithm == HashAlgorithm::sha1 ? "SHA1" : algorithm == HashAlgorithm::sha256 ? "SHA256" : "SHA512";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0), OSSL_PARAM_construct_end()};
    static constexpr unsigned char no_key = 0;
    size_t size = 0;
    bool ok = EVP_MAC_init(mac.context, key.empty() ? &no_key : raw(key), key.size(), params) == 1;
    for (const auto part : parts) ok = ok && EVP_MAC_update(mac.context, raw(part), part.size()) == 1;
    ok = ok && EVP_MAC_final(mac.context, out, &size, sizeof out) == 1;
    if (!ok) throw std::runtime_error("HMAC failed in OpenSSL");
    return size;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(size_t count) {
    std::string out(count, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("the system's random source failed");
    return out;
}

} // namespace gh
