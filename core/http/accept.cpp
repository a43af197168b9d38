// The part of the loop that lets connections in.
#include "core/http/connection.hpp"
#include "core/http/loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace gh::http {

void Loop::watch(Door& door, bool on) {
    if (door.listener.fd() < 0) return;
    epoll_event event{};
    if (on) event.events = EPOLLIN;
    event.data.ptr = static_cast<Watched*>(&door);
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, door.listener.fd(), &event);
}

bool Loop::accept(Door& door) {
    for (int i = 0; i < k_accepts_per_round; ++i) {
        Peer peer;
        const int fd = accept_one(door.listener.fd(), peer);
        if (fd >= 0) {
            ++accepted_;
            if (admit_peer(fd, peer, door.listener.secure())) add(door, fd, std::move(peer));
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The listener would stay readable: without a pause the loop would spin.
            if (now - complained_ > std::chrono::seconds(10)) {
                complained_ = now;
                log.error("http",
                          "cannot accept connections: raise the limit of open files (LimitNOFILE) or lower the limit of connections",
                          {{"server", name}, {"listener", door.listener.text()}, {"reason", std::strerror(errno)}});
            }
            watch(door, false);
            door.pause();
            return false;
        }
        // Anything else is about a client that has gone already.
    }
    return true;
}

bool Loop::admit_peer(int fd, const Peer& peer, bool secure) {
    const Refusal* refusal = nullptr;
    if (connections_.size() >= limits.connections)
        refusal = &refusals::k_connections;
    else if (const auto it = per_address_.find(peer.key); it != per_address_.end() && it->second >= limits.connections_per_address)
        refusal = &refusals::k_address;
    if (!refusal) return true;
    LoopContext::refusals.add(*refusal, peer.text, now);
    if (!secure) {
        static constexpr std::string_view k_answer =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        [[maybe_unused]] const auto sent = ::send(fd, k_answer.data(), k_answer.size(), MSG_NOSIGNAL);
    }
    ::close(fd);
    return false;
}

void Loop::add(Door& door, int fd, Peer peer) {
    std::unique_ptr<Connection> owned;
    LoopContext& context = *this;
    try {
        owned = std::make_unique<Connection>(context, fd, door.listener.session(), std::move(peer.text), peer.key);
    } catch (...) {
        ::close(fd);
        throw;
    }
    auto& connection = *owned;
    connection.index = connections_.size();
    connections_.push_back(std::move(owned));
    ++per_address_[peer.key];
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = static_cast<Watched*>(&connection);
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) connection.close();
}

} // namespace gh::http
