#include "core/http/channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <unistd.h>

namespace gh::http {

Channel::~Channel() {
    ::close(fd_);
}

Channel::Read Channel::read(Scratch& scratch) {
    if (tls_ended_) {
        readable_ = false;
        return {Io::ended, {}};
    }
    ssize_t n;
    do n = ::recv(fd_, scratch.wire.data(), scratch.wire.size(), 0);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        readable_ = false;
        return {errno == EAGAIN || errno == EWOULDBLOCK ? Io::blocked : Io::failed, {}};
    }
    if (n == 0) {
        readable_ = false;
        peer_ended_ = true;
        return {Io::ended, {}};
    }
    // epoll(7): a short read means that there is no more; the end of the stream is the one thing that it could hide.
    if (static_cast<size_t>(n) < scratch.wire.size() && !peer_ended_) readable_ = false;
    const std::string_view cipher(scratch.wire.data(), static_cast<size_t>(n));
    if (!tls_) return {Io::ok, cipher};
    const auto plain = tls_->decrypt(cipher, scratch.plain, out_);
    if (pending() > 0 && flush() == Io::failed) return {Io::failed, {}};
    // While it is read from, a peer is owed no more than the records of a handshake.
    if (pending() > k_pending_while_reading) return {Io::failed, {}};
    const std::string_view data(scratch.plain.data(), plain.size);
    if (plain.state == TlsSession::State::failed) return {Io::failed, data};
    if (plain.state == TlsSession::State::ended) {
        tls_ended_ = true;
        set_readable(true);
    }
    return {Io::ok, data};
}

Channel::Io Channel::write_some(std::string_view head, std::string_view body, size_t& written) {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = body.empty() ? 1 : 2;
    ssize_t n;
    do n = body.empty() ? ::send(fd_, head.data(), head.size(), MSG_NOSIGNAL) : ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Io::blocked : Io::failed;
    written = static_cast<size_t>(n);
    sent_total_ += written;
    return written == head.size() + body.size() ? Io::ok : Io::blocked;
}

Channel::Io Channel::send(std::string_view head, std::string_view body) {
    if (tls_) {
        if (!tls_->encrypt(head, out_) || !tls_->encrypt(body, out_)) return Io::failed;
        return flush();
    }
    size_t written = 0;
    if (pending() == 0) {
        const auto io = write_some(head, body, written);
        if (io != Io::blocked) return io;
    }
    if (written < head.size()) {
        out_ += head.substr(written);
        written = head.size();
    }
    out_ += body.substr(written - head.size());
    return Io::blocked;
}

Channel::Io Channel::flush() {
    if (pending() == 0) return Io::ok;
    size_t written = 0;
    const auto io = write_some(std::string_view(out_).substr(sent_), {}, written);
    if (io == Io::failed) return io;
    sent_ += written;
    if (sent_ == out_.size()) {
        sent_ = 0;
        // Big answers must not stay with an idle connection.
        if (out_.capacity() > 4096)
            std::string().swap(out_);
        else
            out_.clear();
    } else if (sent_ > out_.size() / 2) {
        out_.erase(0, sent_);
        sent_ = 0;
    }
    return io;
}

void Channel::finish() {
    if (tls_) {
        tls_->finish(out_);
        flush();
    }
    ::shutdown(fd_, SHUT_WR);
}

} // namespace gh::http
