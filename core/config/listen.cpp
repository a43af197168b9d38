#include "core/config/listen.hpp"

#include "core/base/encoding.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace gh::config {

namespace {

constexpr size_t k_longest_host = 253; // RFC 1035 section 2.3.4

bool is_ipv4(const std::string& host) {
    in_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool is_ipv6(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > k_longest_host) return false;
    bool letter = false;
    for (const char c : host) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            letter = true;
        else if (!(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return letter && host.front() != '.' && host.front() != '-' && host.find("..") == host.npos;
}

} // namespace

Result<Listen> parse_listen(std::string_view text) {
    Listen out;
    std::string_view port;
    if (text.starts_with('[')) {
        const size_t end = text.find(']');
        if (end == text.npos || end + 1 >= text.size() || text[end + 1] != ':') return Error{"write a port behind the brackets"};
        out.host = text.substr(1, end - 1);
        if (!is_ipv6(out.host)) return Error{"what is in brackets is not an IPv6 address"};
        port = text.substr(end + 2);
    } else {
        const size_t colon = text.rfind(':');
        if (colon == text.npos) return Error{"the port is missing"};
        out.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (out.host.empty()) return Error{"for all addresses write 0.0.0.0 or [::]"};
        if (out.host.find(':') != out.host.npos) return Error{"an IPv6 address goes in brackets"};
        if (!is_ipv4(out.host) && !is_host_name(out.host)) return Error{"that host is neither an address nor a name"};
    }
    const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (wrong != std::errc{} || end != port.data() + port.size() || (port.size() > 1 && port[0] == '0'))
        return Error{"a port is a number from 0 (any free one) to 65535"};
    return out;
}

bool Listen::loopback() const {
    if (equals_ignoring_case(host, "localhost")) return true;
    in_addr four{};
    if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    in6_addr six{};
    if (::inet_pton(AF_INET6, host.c_str(), &six) != 1) return false;
    static constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return IN6_IS_ADDR_LOOPBACK(&six) || (std::memcmp(six.s6_addr, mapped, sizeof mapped) == 0 && six.s6_addr[12] == 127);
}

std::string Listen::text() const {
    const std::string number = ":" + std::to_string(port);
    return host.find(':') == host.npos ? host + number : "[" + host + "]" + number;
}

} // namespace gh::config
