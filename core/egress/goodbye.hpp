// Whether the peer of a TLS connection ended it with close_notify. An answer without a length ends with its connection, and without the
// alert anybody on the path may have ended it (RFC 9112 section 9.8). libcurl 7.88 does not tell the two apart.
#pragma once

#include <openssl/ssl.h>

#include <memory>

namespace gh::egress {

/// From now on connections of this context note the alert.
void watch_goodbye(SSL_CTX*);
/// True once the alert has come. Outlives the connection.
std::shared_ptr<const bool> goodbye_of(SSL*);

} // namespace gh::egress
