// What of a request's header fields is kept on disk.
#pragma once

#include <string>
#include <string_view>

namespace gh::store {

/// The field brings a credential: Authorization, Proxy-Authorization, Cookie.
bool is_credential(std::string_view field_name);
/// What stands for its value.
inline constexpr std::string_view k_redacted = "[redacted]";

/// The head ("Name: value\r\n" each, as in StoredRequest) with the values of Authorization, Proxy-Authorization and Cookie replaced by
/// "[redacted]". For accepted requests: a bearer token or password is good for longer than the request that brought it, and must not lie
/// in the file, in backups and before everyone who may see events. What is in quarantine keeps them, because it can be verified again.
std::string without_credentials(std::string head);

} // namespace gh::store
