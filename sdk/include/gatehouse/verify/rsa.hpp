// RSA signatures, RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), by OpenSSL's libcrypto 3: link OpenSSL::Crypto to the plugin.
#pragma once

#include <gatehouse/encoding.hpp>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <mutex>

namespace gatehouse::verify {

enum class digest { sha1, sha256 };

namespace detail {

template <auto free>
struct freed_by {
    template <class T>
    void operator()(T* p) const {
        free(p);
    }
};
template <class T, auto free>
using owned = std::unique_ptr<T, freed_by<free>>;

} // namespace detail

/// One public key, ready for use from any thread at once. Contexts with key, padding and digest already set are kept and used again, so
/// that a verification costs little more than the modular exponentiation. They are kept here and not per thread: thread-local objects would
/// pin the plugin's file in memory.
class rsa_key {
public:
    /// Null when it is no RSA key, or has fewer than `least_bits`.
    static std::shared_ptr<const rsa_key> from(EVP_PKEY* key, int least_bits = 2048) {
        if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < least_bits) return nullptr;
        EVP_PKEY_up_ref(key);
        return std::shared_ptr<const rsa_key>(new rsa_key(key));
    }
    /// DER of a SubjectPublicKeyInfo (PEM label "PUBLIC KEY").
    static std::shared_ptr<const rsa_key> from_der(std::string_view der, int least_bits = 2048) {
        const auto* p = reinterpret_cast<const unsigned char*>(der.data());
        const auto* end = p + der.size();
        const detail::owned<EVP_PKEY, EVP_PKEY_free> key(d2i_PUBKEY(nullptr, &p, static_cast<long>(der.size())));
        ERR_clear_error();
        return p == end ? from(key.get(), least_bits) : nullptr;
    }

    /// Whether `signature` is this key's over `data`. False also for signatures of a wrong length. Throws std::bad_alloc.
    bool verify(digest d, std::string_view data, std::string_view signature) const {
        slot& s = slots_[d == digest::sha1 ? 0 : 1];
        std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
        unsigned size = 0;
        if (EVP_Digest(data.data(), data.size(), hash.data(), &size, s.md.get(), nullptr) != 1) throw std::bad_alloc();
        context c = take(s);
        const bool good =
            EVP_PKEY_verify(c.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(), hash.data(), size) == 1;
        if (!good) ERR_clear_error();
        give_back(s, std::move(c));
        return good;
    }

private:
    using context = detail::owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
    struct slot {
        detail::owned<EVP_MD, EVP_MD_free> md;
        std::vector<context> idle;
    };

    explicit rsa_key(EVP_PKEY* key) : key_(key) {
        slots_[0].md.reset(EVP_MD_fetch(nullptr, "SHA1", nullptr));
        slots_[1].md.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
        if (!slots_[0].md || !slots_[1].md) throw std::bad_alloc();
    }
    context take(slot& s) const {
        {
            const std::lock_guard lock(mutex_);
            if (!s.idle.empty()) {
                context c = std::move(s.idle.back());
                s.idle.pop_back();
                return c;
            }
        }
        context c(EVP_PKEY_CTX_new(key_.get(), nullptr));
        if (!c || EVP_PKEY_verify_init(c.get()) != 1 || EVP_PKEY_CTX_set_rsa_padding(c.get(), RSA_PKCS1_PADDING) != 1 ||
            EVP_PKEY_CTX_set_signature_md(c.get(), s.md.get()) != 1)
            throw std::bad_alloc();
        return c;
    }
    void give_back(slot& s, context c) const {
        const std::lock_guard lock(mutex_);
        if (s.idle.size() < k_most_idle) s.idle.push_back(std::move(c));
    }

    static constexpr size_t k_most_idle = 64;
    detail::owned<EVP_PKEY, EVP_PKEY_free> key_;
    mutable std::mutex mutex_;
    mutable std::array<slot, 2> slots_;
};

/// The DER inside a text that is exactly one PEM block (RFC 7468) of this label and nothing else: no text before or after it, no second
/// block, no headers. Line ends LF or CRLF; one line end after the last line is allowed.
inline std::optional<std::string> der_of_single_pem(std::string_view text, std::string_view label) {
    const std::string begin = "-----BEGIN " + std::string(label) + "-----", end = "-----END " + std::string(label) + "-----";
    const auto cut_line_end = [&] {
        if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
        if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    };
    cut_line_end();
    if (text.size() < begin.size() + end.size() || text.substr(0, begin.size()) != begin) return std::nullopt;
    if (text.substr(text.size() - end.size()) != end) return std::nullopt;
    text.remove_prefix(begin.size());
    text.remove_suffix(end.size());
    if (text.empty() || (text.front() != '\n' && text.front() != '\r') || text.back() != '\n') return std::nullopt;
    std::string base64;
    for (char c : text)
        if (c != '\n' && c != '\r') base64 += c;
    auto der = from_base64(base64);
    if (!der || der->empty()) return std::nullopt;
    return der;
}

} // namespace gatehouse::verify
