// A plain blocking HTTP client for tests, and the signing of a Standard Webhooks sender.
#pragma once

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/support/slowness.hpp"

namespace gh::test {

struct Answer {
    int status = 0; ///< 0: no answer
    std::string head, body;
    std::string field(std::string_view name) const {
        for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
            const size_t colon = head.find(':', at);
            if (colon == std::string::npos) break;
            if (!equals_ignoring_case(std::string_view(head).substr(at + 2, colon - at - 2), name)) continue;
            const size_t end = head.find("\r\n", colon);
            std::string value = head.substr(colon + 1, end == std::string::npos ? end : end - colon - 1);
            return value.substr(std::min(value.find_first_not_of(' '), value.size()));
        }
        return {};
    }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A connection to loopback; -1 when nobody listens. The caller closes it.
inline int connect_to(uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{20 * k_slowness, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return fd;
    ::close(fd);
    return -1;
}

/// Sends the bytes as they are and reads until the peer closes or 20 s pass, times k_slowness.
inline Answer exchange_bytes(uint16_t port, const std::string& bytes) {
    const int fd = connect_to(port);
    Answer answer;
    std::string all;
    if (fd >= 0) {
        for (size_t sent = 0; sent < bytes.size();) {
            const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) break;
            sent += static_cast<size_t>(n);
        }
        char buffer[16384];
        for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, static_cast<size_t>(n));
        ::close(fd);
    }
    const size_t end = all.find("\r\n\r\n");
    if (all.size() < 12 || end == std::string::npos) return answer;
    answer.status = std::atoi(all.c_str() + 9);
    answer.head = all.substr(0, end + 2);
    answer.body = all.substr(end + 4);
    return answer;
}

inline Answer request(uint16_t port, const std::string& method, const std::string& target, const Fields& fields = {},
                      const std::string& body = {}) {
    std::string bytes = method + ' ' + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n";
    for (const auto& [name, value] : fields) bytes += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST") bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return exchange_bytes(port, bytes + "\r\n" + body);
}

/// The three fields of Standard Webhooks 1.0 for this body.
inline Fields sign(const std::string& secret, const std::string& id, const std::string& body, std::time_t timestamp = std::time(nullptr)) {
    std::string_view coded = secret;
    if (coded.starts_with("whsec_")) coded.remove_prefix(6);
    const std::string key = from_base64_lenient(coded).value_or("");
    const std::string at = std::to_string(timestamp);
    const std::string_view parts[] = {id, ".", at, ".", body};
    uint8_t digest[64];
    const size_t size = hmac(HashAlgorithm::sha256, key, parts, digest);
    return {{"Content-Type", "application/json"},
            {"webhook-id", id},
            {"webhook-timestamp", at},
            {"webhook-signature", "v1," + to_base64({reinterpret_cast<char*>(digest), size})}};
}

} // namespace gh::test
