#include "core/egress/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <span>

namespace gh::egress {

namespace {

struct Range4 {
    uint32_t network;
    int bits;
    AddressKind kind;
};

constexpr uint32_t ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}

constexpr Range4 k_ranges4[] = {
    {ip(0, 0, 0, 0), 8, AddressKind::never},         // "this network", reaches the host itself on Linux
    {ip(10, 0, 0, 0), 8, AddressKind::internal},     // RFC 1918
    {ip(100, 64, 0, 0), 10, AddressKind::internal},  // RFC 6598, shared by carriers; cloud metadata services live here too
    {ip(127, 0, 0, 0), 8, AddressKind::internal},    // loopback
    {ip(169, 254, 0, 0), 16, AddressKind::internal}, // link-local: metadata services of most clouds
    {ip(172, 16, 0, 0), 12, AddressKind::internal},  // RFC 1918
    {ip(192, 0, 0, 0), 24, AddressKind::internal},   // IETF protocol assignments
    {ip(192, 0, 2, 0), 24, AddressKind::internal},   // documentation, RFC 5737
    {ip(192, 88, 99, 0), 24, AddressKind::internal}, // 6to4 relays, RFC 7526
    {ip(192, 168, 0, 0), 16, AddressKind::internal}, // RFC 1918
    {ip(198, 18, 0, 0), 15, AddressKind::internal},  // benchmarks, RFC 2544
    {ip(198, 51, 100, 0), 24, AddressKind::internal}, {ip(203, 0, 113, 0), 24, AddressKind::internal},
    {ip(224, 0, 0, 0), 4, AddressKind::never}, // multicast
    {ip(240, 0, 0, 0), 4, AddressKind::never}, // reserved, and the broadcast address
};

AddressKind classify4(uint32_t address) {
    for (const auto& range : k_ranges4)
        if (address >> (32 - range.bits) == range.network >> (32 - range.bits)) return range.kind;
    return AddressKind::global;
}

struct Range6 {
    const char* network;
    int bits;
    AddressKind kind;
};

constexpr Range6 k_ranges6[] = {
    {"::", 128, AddressKind::never},
    {"::1", 128, AddressKind::internal},
    {"ff00::", 8, AddressKind::never},          // multicast
    {"64:ff9b:1::", 48, AddressKind::internal}, // NAT64 of one network, RFC 8215
    {"100::", 64, AddressKind::internal},       // discard, RFC 6666
    {"2001::", 23, AddressKind::internal},      // IETF assignments: Teredo, ORCHID, benchmarks
    {"2001:db8::", 32, AddressKind::internal},  // documentation, RFC 3849
    {"2002::", 16, AddressKind::internal},      // 6to4
    {"3fff::", 20, AddressKind::internal},      // documentation, RFC 9637
    {"2000::", 3, AddressKind::global},         // all that IANA gives out as global unicast
};

bool inside(std::span<const uint8_t, 16> address, const char* network, int bits) {
    uint8_t base[16];
    if (inet_pton(AF_INET6, network, base) != 1) return false;
    const auto whole = static_cast<size_t>(bits / 8);
    if (std::memcmp(address.data(), base, whole) != 0) return false;
    const int rest = bits % 8;
    return rest == 0 || address[whole] >> (8 - rest) == base[whole] >> (8 - rest);
}

AddressKind classify6(std::span<const uint8_t, 16> a) {
    const auto embedded = [&] { return classify4(ip(a[12], a[13], a[14], a[15])); };
    if (inside(a, "::ffff:0:0", 96) || inside(a, "::ffff:0:0:0", 96) || inside(a, "64:ff9b::", 96)) return embedded();
    for (const auto& range : k_ranges6)
        if (inside(a, range.network, range.bits)) return range.kind;
    // Compatible addresses, fc00::/7, fe80::/10, fec0::/10 and whatever is not assigned yet.
    if (inside(a, "::", 96)) return embedded() == AddressKind::never ? AddressKind::never : AddressKind::internal;
    return AddressKind::internal;
}

} // namespace

AddressKind classify(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        return classify4(ntohl(v4.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        return classify6(std::span<const uint8_t, 16>(v6.sin6_addr.s6_addr));
    }
    return AddressKind::never;
}

std::string to_text(const sockaddr& address) {
    char out[INET6_ADDRSTRLEN] = "?";
    if (address.sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, &address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, out, sizeof out);
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6;
        std::memcpy(&v6, &address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, out, sizeof out);
    }
    return out;
}

} // namespace gh::egress
