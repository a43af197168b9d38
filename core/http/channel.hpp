// One non-blocking TCP connection, in plain text or TLS, watched edge-triggered. Owns its file descriptor. Loop thread.
#pragma once

#include "core/http/tls.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gh::http {

/// Room for one read, shared by all connections of a loop: an idle connection holds none.
struct Scratch {
    static constexpr size_t k_read = 64 * 1024;
    std::vector<char> wire = std::vector<char>(k_read);
    std::vector<char> plain = std::vector<char>(k_read + TlsSession::k_record);
    std::string text; ///< for heads of answers
};

class Channel {
public:
    static constexpr size_t k_pending_while_reading = 256 * 1024;

    Channel(int fd, std::unique_ptr<TlsSession> tls) : fd_(fd), tls_(std::move(tls)) {}
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    enum class Io { ok, blocked, ended, failed };
    struct Read {
        Io io;
        std::string_view data; ///< plain text in the scratch; may be empty with ok
    };
    /// One recv(2). ended: the peer sends no more.
    Read read(Scratch&);
    /// Sends both parts; keeps what the peer does not take. ok: all is with the kernel.
    Io send(std::string_view head, std::string_view body);
    /// Goes on with what was kept.
    Io flush();
    size_t pending() const { return out_.size() - sent_; }
    /// Bytes that the kernel has taken so far.
    uint64_t sent_total() const { return sent_total_; }
    /// Nothing more will be sent: close_notify, then FIN.
    void finish();

    // What epoll said; edges are remembered here.
    void set_readable(bool peer_ended) {
        readable_ = true;
        peer_ended_ = peer_ended_ || peer_ended;
    }
    bool readable() const { return readable_; }
    bool peer_ended() const { return peer_ended_; }

    int fd() const { return fd_; }
    TlsSession* tls() const { return tls_.get(); }
    bool handshake_done() const { return !tls_ || tls_->handshake_done(); }

private:
    Io write_some(std::string_view head, std::string_view body, size_t& written);

    int fd_;
    std::unique_ptr<TlsSession> tls_;
    std::string out_;
    size_t sent_ = 0; ///< of out_
    uint64_t sent_total_ = 0;
    bool readable_ = false;
    bool peer_ended_ = false;
    bool tls_ended_ = false;
};

} // namespace gh::http
