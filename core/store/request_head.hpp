// What of a request's header fields is kept on disk.
#pragma once

#include <string>

namespace gh::store {

/// The head ("Name: value\r\n" each, as in StoredRequest) with the values of Authorization, Proxy-Authorization and Cookie replaced by
/// "[redacted]". For accepted requests: a bearer token or password is good for longer than the request that brought it, and must not lie
/// in the file, in backups and before everyone who may see events. What is in quarantine keeps them, because it can be verified again.
std::string without_credentials(std::string head);

} // namespace gh::store
