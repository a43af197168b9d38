// Which addresses may be dialled. Decided on the address itself, at the moment of connecting: a name that was harmless when it was checked
// may lead elsewhere a second later (DNS rebinding).
#pragma once

#include <string>

struct sockaddr;

namespace gh::egress {

/// global: the public internet · internal: loopback, private, link-local, shared (RFC 6598), documentation, benchmark and tunnel ranges
/// (IANA special-purpose registries, RFC 6890) · never: unspecified, multicast, broadcast, reserved, anything but IPv4 and IPv6.
/// An IPv4 address inside IPv6 (mapped, compatible, NAT64) counts as what it is; 6to4 and Teredo are internal whatever they carry.
enum class AddressKind { global, internal, never };
AddressKind classify(const sockaddr&);

/// "192.0.2.1", "2001:db8::1", "?".
std::string to_text(const sockaddr&);

} // namespace gh::egress
