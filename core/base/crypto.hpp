// The few primitives the core needs itself, over OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gh {

enum class HashAlgorithm { sha1, sha256, sha512 };

std::array<uint8_t, 32> sha256(std::string_view);
/// Hash of several parts, each preceded by its length, so that no two lists of parts give the same input.
std::array<uint8_t, 32> sha256_parts(std::initializer_list<std::string_view> parts);

/// HMAC (RFC 2104) over the parts joined. Writes the digest, returns its length: 20, 32 or 64.
size_t hmac(HashAlgorithm, std::string_view key, std::span<const std::string_view> parts, uint8_t (&out)[64]);

/// Time depends on the lengths only.
bool equal_constant_time(std::string_view, std::string_view);

/// From the operating system.
std::string random_bytes(size_t);

} // namespace gh
