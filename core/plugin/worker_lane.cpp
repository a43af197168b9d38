#include "core/plugin/worker_lane.hpp"

#include "core/base/time.hpp"
#include "core/plugin/worker_wire.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sched.h>
#include <unistd.h>

namespace gh::plugin {

namespace {
// Under load the next call comes within this time, and a thread that sleeps is woken late: with batches of 8 a third more requests, with
// 32 half as many again. The server's side does not: of two that watch each other, one takes the other's processor.
constexpr auto k_watchful = std::chrono::microseconds(50);
constexpr size_t k_read = 64u << 10;
constexpr size_t k_keep = 1u << 20; // a buffer that grew beyond this for one message does not stay
} // namespace

Lane::~Lane() {
    for (const int socket : {in_, out_})
        if (socket >= 0) ::close(socket);
}

void Lane::set_wait(int milliseconds) {
    const timeval wait{milliseconds / 1000, (milliseconds % 1000) * 1000};
    ::setsockopt(in_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(out_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
}

Lane::Outcome Lane::send(std::string_view message) {
    head_ = static_cast<uint32_t>(message.size());
    sending_ = message;
    sent_ = 0;
    return send_more();
}

// A worker does not use sendmsg, which its system call filter stops, since it could carry descriptors. SIGPIPE may end it: it has nobody to
// answer any more; the server must not get one.
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
        const auto n = side_ == Side::worker ? ::writev(out_, parts, count) : ::sendmsg(out_, &whole, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Outcome::waiting;
        if (n <= 0) return Outcome::gone;
        sent_ += static_cast<size_t>(n);
    }
    return Outcome::done;
}

ssize_t Lane::read_some(char* to, size_t size) {
    if (side_ == Side::worker)
        for (const auto until = Steady::now() + k_watchful; Steady::now() < until; ::sched_yield()) {
            const auto n = ::recv(in_, to, size, MSG_DONTWAIT);
            if (n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return n;
        }
    return ::read(in_, to, size);
}

Lane::Outcome Lane::receive(std::string_view& message) {
    if (taken_ > 0) {
        have_ -= taken_;
        std::memmove(buffer_.data(), buffer_.data() + taken_, have_);
        taken_ = 0;
        if (buffer_.size() > k_keep && have_ < k_read) {
            buffer_.resize(k_read);
            buffer_.shrink_to_fit();
        }
    }
    for (;;) {
        uint32_t size = 0;
        if (have_ >= sizeof size) {
            std::memcpy(&size, buffer_.data(), sizeof size);
            if (size > wire::k_most_message) return Outcome::gone;
            if (have_ >= sizeof size + size) {
                message = std::string_view(buffer_).substr(sizeof size, size);
                taken_ = sizeof size + size;
                return Outcome::done;
            }
        }
        // Grows with what has come, not with what was announced.
        if (buffer_.size() - have_ < k_read / 2) buffer_.resize(std::max(k_read, buffer_.size() * 2));
        const auto n = read_some(buffer_.data() + have_, buffer_.size() - have_);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Outcome::waiting;
        if (n <= 0) return Outcome::gone;
        have_ += static_cast<size_t>(n);
    }
}

Lane::Outcome Lane::read_whole(char* to, size_t size) {
    while (size > 0) {
        const auto n = ::read(in_, to, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return Outcome::gone;
        to += n;
        size -= static_cast<size_t>(n);
    }
    return Outcome::done;
}

Lane::Outcome Lane::receive_aside(std::string& message) {
    uint32_t size = 0;
    if (have_ > taken_ || read_whole(reinterpret_cast<char*>(&size), sizeof size) != Outcome::done || size > wire::k_most_message)
        return Outcome::gone;
    message.resize(size);
    return read_whole(message.data(), size);
}

} // namespace gh::plugin
