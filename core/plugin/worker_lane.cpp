#include "core/plugin/worker_lane.hpp"

#include "core/plugin/worker_wire.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace gh::plugin {

namespace {
constexpr size_t k_read = 64u << 10;
constexpr size_t k_keep = 1u << 20; // a buffer that grew beyond this for one message does not stay
} // namespace

Lane::~Lane() {
    if (socket_ >= 0) ::close(socket_);
}

void Lane::set_wait(int milliseconds) {
    const timeval wait{milliseconds / 1000, (milliseconds % 1000) * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

Lane::Outcome Lane::send(std::string_view message) {
    head_ = static_cast<uint32_t>(message.size());
    sending_ = message;
    sent_ = 0;
    return send_more();
}

// A worker uses writev and read, not their socket relatives: its system call filter then needs no call that could use other sockets.
// SIGPIPE may end it, since it has nobody to answer any more; the server must not get one.
Lane::Outcome Lane::send_more() {
    while (sent_ < sizeof head_ + sending_.size()) {
        iovec parts[2];
        int count = 0;
        if (sent_ < sizeof head_) parts[count++] = {reinterpret_cast<char*>(&head_) + sent_, sizeof head_ - sent_};
        const size_t from = sent_ < sizeof head_ ? 0 : sent_ - sizeof head_;
        if (from < sending_.size()) parts[count++] = {const_cast<char*>(sending_.data()) + from, sending_.size() - from};
        msghdr whole{};
        whole.msg_iov = parts;
        whole.msg_iovlen = static_cast<size_t>(count);
        const auto n = side_ == Side::worker ? ::writev(socket_, parts, count) : ::sendmsg(socket_, &whole, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Outcome::waiting;
        if (n <= 0) return Outcome::gone;
        sent_ += static_cast<size_t>(n);
    }
    return Outcome::done;
}

Lane::Outcome Lane::receive(std::string& message) {
    for (;;) {
        uint32_t size = 0;
        if (have_ >= sizeof size) {
            std::memcpy(&size, buffer_.data(), sizeof size);
            if (size > wire::k_most_message) return Outcome::gone;
            if (have_ >= sizeof size + size) {
                message.assign(buffer_, sizeof size, size);
                have_ -= sizeof size + size;
                std::memmove(buffer_.data(), buffer_.data() + sizeof size + size, have_);
                if (buffer_.size() > k_keep && have_ < k_read) {
                    buffer_.resize(k_read);
                    buffer_.shrink_to_fit();
                }
                return Outcome::done;
            }
        }
        // Grows with what has come, not with what was announced.
        if (buffer_.size() - have_ < k_read / 2) buffer_.resize(std::max(k_read, buffer_.size() * 2));
        const auto n = ::read(socket_, buffer_.data() + have_, buffer_.size() - have_);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Outcome::waiting;
        if (n <= 0) return Outcome::gone;
        have_ += static_cast<size_t>(n);
    }
}

} // namespace gh::plugin
