// One listening socket. Bound by any thread, then used by the loop.
#pragma once

#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/http/tls.hpp"

#include <Poco/Net/ServerSocket.h>

#include <memory>
#include <mutex>
#include <string>

namespace gh::http {

/// "127.0.0.1:8080", "[::1]:8080".
std::string address_text(const std::string& host, uint16_t port);

class Listener {
public:
    static constexpr int k_backlog = 4096;

    /// Binds and listens; loads certificates. The error names the address and what to do. An IPv6 address takes no IPv4 clients.
    static Result<std::unique_ptr<Listener>> open(const config::Listen&);

    int fd() const { return fd_; }
    uint16_t port() const { return port_; }
    const std::string& text() const { return text_; }
    void close();

    bool secure() const { return config_.tls.has_value(); }
    /// Any thread. A new session, or null without TLS.
    std::unique_ptr<TlsSession> session() const;
    /// Reads the files again, does not yet use them.
    Result<std::shared_ptr<const TlsContext>> load_certificates() const { return TlsContext::load(*config_.tls); }
    void use_certificates(std::shared_ptr<const TlsContext>);

private:
    explicit Listener(config::Listen listen) : config_(std::move(listen)) {}

    config::Listen config_;
    Poco::Net::ServerSocket socket_;
    int fd_ = -1;
    uint16_t port_ = 0;
    std::string text_;
    mutable std::mutex tls_mutex_;
    std::shared_ptr<const TlsContext> tls_; ///< guarded by tls_mutex_
};

/// Address of an accepted peer: as text without its port, and as key for the limit per address (IPv6: the /64, since whoever has one
/// address of it has them all).
struct Peer {
    std::string text;
    std::string key;
};

/// Accepts one connection, non-blocking and closed on exec; -1 with errno.
int accept_one(int listener, Peer&);

} // namespace gh::http
