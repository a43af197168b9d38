#include "core/base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

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

} // namespace

std::array<uint8_t, 32> sha256(std::string_view bytes) {
    std::array<uint8_t, 32> out;
    SHA256(raw(bytes), bytes.size(), out.data());
    return out;
}

std::array<uint8_t, 32> sha256_parts(std::initializer_list<std::string_view> parts) {
    // Short inputs, as dedupe keys are, fit the stack: one call into OpenSSL without its context objects.
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
