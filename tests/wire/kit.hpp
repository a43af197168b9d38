// A server on loopback and a client that sends raw bytes, for the tests in this folder.
#pragma once

#include "core/http/server.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/slowness.hpp"

namespace wire {

using gh::Millis;
namespace http = gh::http;

/// Waits until `condition` holds; false after ten seconds, times k_slowness.
bool eventually(const std::function<bool()>& condition, Millis limit = Millis(10'000));

struct Answer {
    int status = 0;
    std::map<std::string, std::string> fields; ///< names in lower case
    std::string body;
    bool complete = false; ///< false: the connection ended or nothing came for ten seconds
};

/// A blocking TCP client with a limit of ten seconds on every wait.
class Client {
public:
    explicit Client(uint16_t port, const std::string& host = "127.0.0.1");
    Client(Client&&) noexcept;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    Client& operator=(Client&&) = delete;
    ~Client();

    /// False when the peer has closed.
    bool send(std::string_view);
    /// One answer; `head_only`: to a HEAD request. 1xx answers are answers of their own.
    Answer read(bool head_only = false);
    /// Waits until at least `n` bytes of raw input are there, and takes them all.
    std::string read_raw(size_t n);
    /// Everything up to the end of the connection.
    std::string read_to_end();
    /// True when the peer has closed its side, with nothing left to read; waits for it.
    bool ended();
    /// True when nothing is there to be read now.
    bool quiet(Millis wait);
    void half_close();
    void reset(); ///< closes with RST
    int fd() const { return fd_; }

    Answer ask(std::string_view bytes) {
        send(bytes);
        return read();
    }

private:
    bool fill(Millis limit = Millis(10'000) * gh::test::k_slowness);
    int fd_ = -1;
    std::string in_;
    bool ended_ = false;
};

/// Answers 200 with "METHOD TARGET BODY" from the loop's thread, unless told otherwise; remembers what it was given.
class Echo : public http::Handler {
public:
    std::function<http::Admission(const http::Request&)> on_admit;
    std::function<void(http::Exchange)> on_exchange;
    size_t max_body = 1 << 20;

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

    std::vector<std::string> seen() const; ///< "METHOD TARGET BODY"
    size_t admitted() const { return admitted_; }
    std::vector<size_t> batches() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> seen_;
    std::vector<size_t> batches_;
    std::atomic<size_t> admitted_{0};
};

/// A started server on a free port of 127.0.0.1.
struct Fixture {
    explicit Fixture(http::Limits limits = {}, std::vector<gh::config::Listen> listeners = {});
    uint16_t port() const { return server->ports().front(); }
    std::string log_text() const;
    /// Value of gatehouse_http_refused_total{reason}.
    uint64_t refused(const std::string& reason);

    Echo echo;
    mutable std::mutex log_mutex;
    std::string lines;
    gh::Log log;
    gh::Metrics metrics;
    std::unique_ptr<http::Server> server;
};

/// Keeps exchanges until the test takes them.
struct Kept {
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<http::Exchange> exchanges;

    void attach(Fixture& f) {
        f.echo.on_exchange = [this](http::Exchange e) {
            const std::lock_guard lock(mutex);
            exchanges.push_back(std::move(e));
            filled.notify_one();
        };
    }
    http::Exchange take() {
        std::unique_lock lock(mutex);
        if (!filled.wait_for(lock, std::chrono::seconds(10) * gh::test::k_slowness, [this] { return !exchanges.empty(); }))
            throw std::runtime_error("no exchange came");
        auto e = std::move(exchanges.front());
        exchanges.pop_front();
        return e;
    }
};

/// 200 with that body.
http::Response text(std::string body);

gh::config::Listen loopback();

/// "POST / HTTP/1.1", Host and Content-Length.
std::string post(std::string_view body, std::string_view target = "/");
inline constexpr std::string_view k_get = "GET /probe HTTP/1.1\r\nHost: t\r\n\r\n";

} // namespace wire
