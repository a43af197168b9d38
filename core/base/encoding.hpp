// Text forms of bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gh {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view);

/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);
/// Lenient: standard or URL-safe alphabet, padding optional, non-zero trailing bits allowed, nothing else.
std::optional<std::string> from_base64_lenient(std::string_view);

/// ASCII only; RFC 9110 field names compare like this.
bool equals_ignoring_case(std::string_view, std::string_view);

/// Length of the valid UTF-8 sequence at the front, 0 if there is none (RFC 3629: no overlong forms, no surrogates).
size_t utf8_length(std::string_view);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view);

/// JSON string literal with quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view);

} // namespace gh
