// A scripted HTTP peer on loopback for tests: it reads whole requests and lets a function decide what goes back, byte by byte if need be.
// One thread per connection. The port is chosen by the system. Everything ends with the object.
#pragma once

#include "core/base/encoding.hpp"
#include "core/base/time.hpp"
#include "core/http/message.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

#include "tests/support/slowness.hpp"

namespace gh::test {

/// A whole answer with Content-Length.
inline std::string answer(int status, std::string_view body = {}, std::string_view more_fields = {}) {
    std::string out = "HTTP/1.1 " + std::to_string(status) + " Text\r\n";
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    out += more_fields;
    out += "\r\n";
    return out += body;
}

/// A request as the peer received it.
struct PeerRequest {
    std::string method, target;
    std::vector<http::Field> fields;
    std::string body;
    size_t connection = 0; ///< number of the connection it came on, from 1
    size_t number = 0;     ///< of all requests, from 1
    Steady::time_point at = Steady::now();

    std::string field(std::string_view name) const {
        for (const auto& f : fields)
            if (equals_ignoring_case(f.name, name)) return f.value;
        return {};
    }
    size_t count(std::string_view name) const {
        size_t n = 0;
        for (const auto& f : fields) n += equals_ignoring_case(f.name, name) ? 1 : 0;
        return n;
    }
};

/// The peer's end of one connection, as a script sees it. Writing fails (false) once the client has gone or the peer ends.
class PeerConnection {
public:
    PeerConnection(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(n));
        }
        return true;
    }
    /// One byte at a time.
    bool drip(std::string_view bytes, Millis between) {
        for (const char c : bytes) {
            if (!send({&c, 1}) || gone(between)) return false;
        }
        return true;
    }
    /// Says nothing until the client closes or the peer ends.
    void hang() {
        while (!gone(Millis(1000))) {
        }
    }
    /// Whether the client closes within `limit`.
    bool gone(Millis limit) {
        pollfd p{fd_, POLLIN | POLLRDHUP, 0};
        if (::poll(&p, 1, static_cast<int>(limit.count())) <= 0) return false;
        if (p.revents & (POLLHUP | POLLERR | POLLNVAL | POLLRDHUP)) return true;
        char c = 0;
        return ::recv(fd_, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }
    /// Ends the connection without the TLS goodbye.
    void cut() { ::shutdown(fd_, SHUT_RDWR); }
    /// Ends the connection with a TCP reset.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        closed_ = true;
    }
    /// Ends the connection in order once the script returns.
    void close() { closed_ = true; }
    bool closed() const { return closed_; }

private:
    friend class Peer;
    int read(char* into, size_t size) {
        const auto n = ssl_ ? SSL_read(ssl_, into, static_cast<int>(size)) : ::recv(fd_, into, size, 0);
        return n <= 0 ? 0 : static_cast<int>(n);
    }
    int fd_;
    SSL* ssl_;
    bool closed_ = false;
};

class Peer {
public:
    /// Runs on the connection's thread, once per request.
    using Script = std::function<void(const PeerRequest&, PeerConnection&)>;
    struct Tls {
        std::string certificate; ///< PEM files
        std::string key;
    };

    explicit Peer(Script script, const Tls* tls = nullptr) : script_(std::move(script)) {
        if (tls) {
            context_.reset(SSL_CTX_new(TLS_server_method()));
            if (SSL_CTX_use_certificate_chain_file(context_.get(), tls->certificate.c_str()) != 1 ||
                SSL_CTX_use_PrivateKey_file(context_.get(), tls->key.c_str(), SSL_FILETYPE_PEM) != 1)
                throw std::runtime_error("peer: bad certificate or key");
        }
        listen_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listen_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listen_, 512) != 0 ||
            ::getsockname(listen_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("peer: cannot listen");
        port_ = ntohs(address.sin_port);
        accepter_ = std::thread([this] { accept_all(); });
    }
    /// Answers every request with the same bytes.
    explicit Peer(std::string fixed, const Tls* tls = nullptr)
        : Peer([fixed = std::move(fixed)](const PeerRequest&, PeerConnection& c) { c.send(fixed); }, tls) {}

    ~Peer() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
        }
        ::shutdown(listen_, SHUT_RDWR);
        accepter_.join();
        for (auto& t : threads_) t.join();
        ::close(listen_);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    uint16_t port() const { return port_; }
    std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const {
        return std::string(context_ ? "https://" : "http://") + std::string(host) + ':' + std::to_string(port_) + std::string(path);
    }
    void set_script(Script script) {
        const std::lock_guard lock(mutex_);
        script_ = std::move(script);
    }
    size_t connections() const {
        const std::lock_guard lock(mutex_);
        return connections_;
    }
    std::vector<PeerRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    size_t count() const {
        const std::lock_guard lock(mutex_);
        return requests_.size();
    }
    /// Requests whose script runs now, and the most there ever were at once.
    size_t at_once() const {
        const std::lock_guard lock(mutex_);
        return running_;
    }
    size_t most_at_once() const {
        const std::lock_guard lock(mutex_);
        return most_running_;
    }
    bool wait_for_requests(size_t n, Millis limit = Millis(20'000)) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit * k_slowness, [&] { return requests_.size() >= n; });
    }
    /// Keeps requests without their bodies; for tests with very many of them.
    void forget_bodies() {
        const std::lock_guard lock(mutex_);
        forget_bodies_ = true;
    }

private:
    struct ContextDeleter {
        void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    };

    static void block_pipe_signal() {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    }

    void accept_all() {
        block_pipe_signal();
        for (;;) {
            const int fd = ::accept4(listen_, nullptr, nullptr, SOCK_CLOEXEC);
            const std::lock_guard lock(mutex_);
            if (stopping_ || fd < 0) {
                if (fd >= 0) ::close(fd);
                if (stopping_) return;
                continue;
            }
            const size_t number = ++connections_;
            open_.push_back(fd);
            threads_.emplace_back([this, fd, number] { serve(fd, number); });
        }
    }

    void serve(int fd, size_t number) {
        block_pipe_signal();
        SSL* ssl = nullptr;
        bool ready = true;
        if (context_) {
            ssl = SSL_new(context_.get());
            SSL_set_fd(ssl, fd);
            ready = SSL_accept(ssl) == 1;
        }
        PeerConnection connection(fd, ssl);
        std::string buffer;
        PeerRequest request;
        while (ready && !connection.closed() && read_request(connection, buffer, request)) {
            request.connection = number;
            request.at = Steady::now();
            Script script;
            {
                const std::lock_guard lock(mutex_);
                requests_.push_back(request);
                if (forget_bodies_) requests_.back().body.clear();
                request.number = requests_.back().number = requests_.size();
                most_running_ = std::max(most_running_, ++running_);
                script = script_;
            }
            changed_.notify_all();
            script(request, connection);
            const std::lock_guard lock(mutex_);
            --running_;
        }
        if (ssl && connection.closed()) SSL_shutdown(ssl);
        if (ssl) SSL_free(ssl);
        ERR_clear_error();
        const std::lock_guard lock(mutex_);
        std::erase(open_, fd);
        ::close(fd);
    }

    static bool more(PeerConnection& connection, std::string& buffer) {
        char bytes[16384];
        const int n = connection.read(bytes, sizeof bytes);
        buffer.append(bytes, static_cast<size_t>(n));
        return n > 0;
    }

    static bool read_request(PeerConnection& connection, std::string& buffer, PeerRequest& out) {
        size_t end = 0;
        while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
            if (!more(connection, buffer)) return false;
        out = {};
        std::string_view head = std::string_view(buffer).substr(0, end + 2);
        const auto line = [&] {
            const size_t eol = head.find("\r\n");
            const std::string_view text = head.substr(0, eol);
            head.remove_prefix(eol + 2);
            return text;
        };
        const std::string_view first = line();
        const size_t space = first.find(' '), last = first.rfind(' ');
        out.method = first.substr(0, space);
        out.target = first.substr(space + 1, last - space - 1);
        while (!head.empty()) {
            const std::string_view text = line();
            const size_t colon = text.find(':');
            std::string_view value = text.substr(std::min(colon + 1, text.size()));
            while (value.starts_with(' ')) value.remove_prefix(1);
            out.fields.push_back({std::string(text.substr(0, colon)), std::string(value)});
        }
        buffer.erase(0, end + 4);
        const std::string announced = out.field("content-length");
        const size_t length = announced.empty() ? 0 : std::stoul(announced);
        while (buffer.size() < length)
            if (!more(connection, buffer)) return false;
        out.body = buffer.substr(0, length);
        buffer.erase(0, length);
        return true;
    }

    std::unique_ptr<SSL_CTX, ContextDeleter> context_;
    int listen_ = -1;
    uint16_t port_ = 0;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Script script_;
    std::vector<PeerRequest> requests_;
    std::vector<int> open_;
    std::vector<std::thread> threads_; ///< grown by the accepting thread only
    size_t connections_ = 0, running_ = 0, most_running_ = 0;
    bool stopping_ = false, forget_bodies_ = false;
    std::thread accepter_;
};

} // namespace gh::test
