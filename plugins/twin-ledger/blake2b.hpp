// Keyed BLAKE2b with a digest of 32 bytes (RFC 7693), as Python's hashlib.blake2b(digest_size=32, key=…): the page "hash-verification"
// names that call.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace twin_ledger {

inline constexpr size_t k_most_key = 64; ///< bytes; RFC 7693 section 2.1

/// One key, ready to hash with. Immutable; any thread.
class blake2b_key {
public:
    /// 1 to 64 bytes. Throws std::runtime_error for another length, or where OpenSSL has no BLAKE2BMAC.
    explicit blake2b_key(std::string_view key);
    ~blake2b_key();
    blake2b_key(blake2b_key&&) noexcept;
    blake2b_key& operator=(blake2b_key&&) noexcept;

    /// 32 bytes over the parts joined.
    std::string digest(std::span<const std::string_view> parts) const;

private:
    struct context;
    std::unique_ptr<context> context_;
};

} // namespace twin_ledger
