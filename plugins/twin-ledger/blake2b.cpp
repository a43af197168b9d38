#include "blake2b.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace twin_ledger {

namespace {

constexpr size_t k_digest = 32;

struct free_mac {
    void operator()(EVP_MAC* m) const { EVP_MAC_free(m); }
    void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};

} // namespace

struct blake2b_key::context {
    std::unique_ptr<EVP_MAC_CTX, free_mac> keyed;
};

blake2b_key::blake2b_key(std::string_view key) : context_(std::make_unique<context>()) {
    if (key.empty() || key.size() > k_most_key)
        throw std::runtime_error("a key for BLAKE2b has 1 to 64 bytes, this one has " + std::to_string(key.size()));
    const std::unique_ptr<EVP_MAC, free_mac> mac(EVP_MAC_fetch(nullptr, "BLAKE2BMAC", nullptr));
    if (!mac) throw std::runtime_error("this OpenSSL has no BLAKE2BMAC; version 3 with its default provider is needed");
    context_->keyed.reset(EVP_MAC_CTX_new(mac.get()));
    size_t size = k_digest;
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
    if (!context_->keyed ||
        EVP_MAC_init(context_->keyed.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), parameters) != 1)
        throw std::runtime_error("OpenSSL does not take the key for BLAKE2BMAC");
}

blake2b_key::~blake2b_key() = default;
blake2b_key::blake2b_key(blake2b_key&&) noexcept = default;
blake2b_key& blake2b_key::operator=(blake2b_key&&) noexcept = default;

std::string blake2b_key::digest(std::span<const std::string_view> parts) const {
    const std::unique_ptr<EVP_MAC_CTX, free_mac> c(EVP_MAC_CTX_dup(context_->keyed.get()));
    bool good = c != nullptr;
    for (const std::string_view p : parts)
        good = good && EVP_MAC_update(c.get(), reinterpret_cast<const unsigned char*>(p.data()), p.size()) == 1;
    std::string out(k_digest, '\0');
    size_t size = 0;
    if (!good || EVP_MAC_final(c.get(), reinterpret_cast<unsigned char*>(out.data()), &size, out.size()) != 1 || size != k_digest)
        throw std::runtime_error("OpenSSL could not compute BLAKE2BMAC");
    return out;
}

} // namespace twin_ledger
