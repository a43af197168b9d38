#include "core/http/listener.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace gh::http {

std::string address_text(const std::string& host, uint16_t port) {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::unique_ptr<Listener>> Listener::open(const config::Listen& listen) {
    const auto text = address_text(listen.host, listen.port);
    std::unique_ptr<Listener> listener(new Listener(listen));
    if (listen.tls) {
        auto tls = listener->load_certificates();
        if (!tls) return Error{"listening on " + text + ": " + tls.error().message};
        listener->tls_ = std::move(tls).value();
    }
    try {
        const Poco::Net::SocketAddress address(listen.host, listen.port);
        auto& socket = listener->socket_;
        // Not reusePort: a second server on the same port must fail, not take half of the connections.
        if (address.family() == Poco::Net::SocketAddress::IPv6)
            socket.bind6(address, true, false, true);
        else
            socket.bind(address, true, false);
        socket.listen(k_backlog);
        socket.setBlocking(false);
        socket.setNoDelay(true); // inherited by what is accepted
        listener->fd_ = socket.impl()->sockfd();
        listener->port_ = socket.address().port();
    } catch (const Poco::Exception& e) {
        const int code = e.code();
        std::string hint;
        if (code == EADDRINUSE)
            hint = " (another program listens there: stop it or choose another port)";
        else if (code == EACCES)
            hint = " (ports below 1024 need the capability CAP_NET_BIND_SERVICE)";
        else if (code == EADDRNOTAVAIL)
            hint = " (this machine does not have that address)";
        return Error{"cannot listen on " + text + ": " + e.displayText() + hint};
    }
    listener->text_ = address_text(listen.host, listener->port_);
    return listener;
}

void Listener::close() {
    if (fd_ < 0) return;
    fd_ = -1;
    socket_.close();
}

std::unique_ptr<TlsSession> Listener::session() const {
    std::shared_ptr<const TlsContext> tls;
    {
        const std::lock_guard lock(tls_mutex_);
        tls = tls_;
    }
    return tls ? tls->session() : nullptr;
}

void Listener::use_certificates(std::shared_ptr<const TlsContext> tls) {
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(tls);
}

int accept_one(int listener, Peer& peer) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    int fd;
    do fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return fd;
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address, sizeof in);
        ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
        peer.key.assign(reinterpret_cast<const char*>(&in.sin_addr), sizeof in.sin_addr);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &address, sizeof in);
        ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
        peer.key.assign(reinterpret_cast<const char*>(&in.sin6_addr), 8);
    }
    peer.text = text;
    return fd;
}

} // namespace gh::http
