// Ed25519 signatures (RFC 8032, pure form) over OpenSSL; keys as PEM files (RFC 8410).
#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gh::ed25519 {

class PublicKey {
public:
    /// Exactly one block "PUBLIC KEY" with white space around it and nothing else. The error says what it is instead, without a place.
    static Result<PublicKey> from_pem(std::string_view);

    std::string pem() const;
    /// How people tell keys apart: "ed25519:" and the first 16 bytes of the SHA-256 of the key's 32, in hexadecimal.
    std::string id() const;
    bool verify(std::string_view message, std::string_view signature) const;
    bool operator==(const PublicKey&) const = default;

private:
    friend class PrivateKey;
    std::array<uint8_t, 32> bytes_{};
};

class PrivateKey {
public:
    /// From the operating system's random numbers.
    static PrivateKey make();
    /// One block "PRIVATE KEY" (PKCS #8, without a passphrase). The error never holds a part of it.
    static Result<PrivateKey> from_pem(const Secret&);

    Secret pem() const;
    PublicKey public_key() const;
    /// 64 bytes.
    std::string sign(std::string_view message) const;

private:
    PrivateKey() = default;
    Secret bytes_; ///< the 32 bytes of RFC 8032 section 5.1.5
};

} // namespace gh::ed25519
