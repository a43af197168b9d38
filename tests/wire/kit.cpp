#include "kit.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace wire {

bool eventually(const std::function<bool()>& condition, Millis limit) {
    const auto end = std::chrono::steady_clock::now() + limit * gh::test::k_slowness;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(Millis(1));
    }
    return true;
}

Client::Client(uint16_t port, const std::string& host) {
    const bool v6 = host.find(':') != std::string::npos;
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed;
    if (v6) {
        sockaddr_in6 a{};
        a.sin6_family = AF_INET6;
        a.sin6_port = htons(port);
        inet_pton(AF_INET6, host.c_str(), &a.sin6_addr);
        failed = ::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a);
    } else {
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_port = htons(port);
        inet_pton(AF_INET, host.c_str(), &a.sin_addr);
        failed = ::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a);
    }
    if (failed) throw std::runtime_error("cannot connect to the test server");
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)), ended_(other.ended_) {}

Client::~Client() {
    if (fd_ >= 0) ::close(fd_);
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0) return false;
        bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
}

bool Client::fill(Millis limit) {
    if (ended_) return false;
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, static_cast<int>(limit.count())) <= 0) return false;
    char buffer[65536];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) {
        ended_ = true;
        return false;
    }
    in_.append(buffer, static_cast<size_t>(n));
    return true;
}

Answer Client::read(bool head_only) {
    Answer answer;
    size_t end;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return answer;
    const std::string head = in_.substr(0, end + 2);
    in_.erase(0, end + 4);
    if (!head.starts_with("HTTP/1.1 ")) return answer;
    answer.status = std::stoi(head.substr(9, 3));
    for (size_t at = head.find("\r\n") + 2; at < head.size();) {
        const auto eol = head.find("\r\n", at);
        const auto line = head.substr(at, eol - at);
        auto name = line.substr(0, line.find(": "));
        std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(std::tolower(c)); });
        answer.fields[name] = line.substr(line.find(": ") + 2);
        at = eol + 2;
    }
    if (head_only || answer.status < 200 || answer.status == 204) {
        answer.complete = true;
    } else if (answer.fields.contains("content-length")) {
        const auto size = static_cast<size_t>(std::stoul(answer.fields["content-length"]));
        while (in_.size() < size)
            if (!fill()) return answer;
        answer.body = in_.substr(0, size);
        in_.erase(0, size);
        answer.complete = true;
    } else if (answer.fields["transfer-encoding"] == "chunked") {
        for (;;) {
            size_t eol;
            while ((eol = in_.find("\r\n")) == std::string::npos)
                if (!fill()) return answer;
            const auto size = std::stoul(in_.substr(0, eol), nullptr, 16);
            while (in_.size() < eol + 2 + size + 2)
                if (!fill()) return answer;
            answer.body += in_.substr(eol + 2, size);
            in_.erase(0, eol + 2 + size + 2);
            if (size == 0) break;
        }
        answer.complete = true;
    }
    return answer;
}

std::string Client::read_raw(size_t n) {
    while (in_.size() < n && fill()) {
    }
    return std::exchange(in_, {});
}

std::string Client::read_to_end() {
    while (fill()) {
    }
    return std::exchange(in_, {});
}

bool Client::ended() {
    while (fill()) {
    }
    return ended_ && in_.empty();
}

bool Client::quiet(Millis wait) {
    return in_.empty() && !fill(wait) && !ended_;
}

void Client::half_close() {
    ::shutdown(fd_, SHUT_WR);
}

void Client::reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(fd_, -1));
}

http::Admission Echo::admit(const http::Request& head) {
    ++admitted_;
    if (on_admit) return on_admit(head);
    return http::Admitted{max_body, nullptr};
}

void Echo::handle(std::vector<http::Exchange> batch) {
    {
        const std::lock_guard lock(mutex_);
        batches_.push_back(batch.size());
    }
    for (auto& exchange : batch) {
        const auto& r = exchange.request();
        auto text = r.method + " " + r.target + " " + r.body;
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(text);
        }
        if (on_exchange) {
            on_exchange(std::move(exchange));
            continue;
        }
        http::Response response;
        response.body = std::move(text);
        exchange.respond(std::move(response));
    }
}

std::vector<std::string> Echo::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

std::vector<size_t> Echo::batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
}

http::Response text(std::string body) {
    http::Response r;
    r.body = std::move(body);
    return r;
}

gh::config::Listen loopback() {
    gh::config::Listen listen;
    listen.host = "127.0.0.1";
    return listen;
}

Fixture::Fixture(http::Limits limits, std::vector<gh::config::Listen> listeners)
    : log(gh::Level::info, [this](std::string_view line) {
          const std::lock_guard lock(log_mutex);
          lines += line;
      }) {
    if (listeners.empty()) listeners.push_back(loopback());
    server = std::make_unique<http::Server>("test", std::move(listeners), limits, echo, log, metrics);
    const auto started = server->start();
    if (!started) throw std::runtime_error(started.error().message);
}

std::string Fixture::log_text() const {
    const std::lock_guard lock(log_mutex);
    return lines;
}

uint64_t Fixture::refused(const std::string& reason) {
    return metrics
        .counter("gatehouse_http_refused_total", "Requests and connections that the HTTP server itself refused.",
                 {{"server", "test"}, {"reason", reason}})
        .value();
}

std::string post(std::string_view body, std::string_view target) {
    return "POST " + std::string(target) + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

} // namespace wire
