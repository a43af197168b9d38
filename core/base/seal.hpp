// Authenticated encryption of small values at rest: AES-256-GCM (NIST SP 800-38D).
#pragma once

#include "core/base/secret.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gh {

/// A key made of what the operator wrote, of any length. Wiped at the end; immutable, any thread.
class SealKey {
public:
    explicit SealKey(const Secret& passphrase);
    ~SealKey();
    SealKey(const SealKey&) = delete;
    SealKey& operator=(const SealKey&) = delete;

    /// One version byte, a random nonce of 12 bytes, the ciphertext, a tag of 16 bytes. `about` is bound to it but not in it: what was
    /// sealed for one place does not open in another.
    std::string seal(std::string_view plain, std::string_view about) const;
    /// None: another key, another place, or changed bytes.
    std::optional<Secret> open(std::string_view sealed, std::string_view about) const;
    /// A short name of a value under this key (16 bytes of HMAC-SHA256, hexadecimal): tells equal from different, and nothing else.
    std::string fingerprint(std::string_view value) const;

private:
    std::array<uint8_t, 32> key_;
};

} // namespace gh
