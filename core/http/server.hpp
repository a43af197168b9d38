// The HTTP/1.1 server: one event loop thread over non-blocking sockets. A slow or hostile peer costs one small buffer, not a thread.
//
// Strictness (each refusal is one line in refusal.hpp and one wire test): no Host on 1.1, Content-Length that is not plain digits or
// differs, Content-Length with Transfer-Encoding, obs-fold, bare LF, space before colon, NUL or control bytes in a field -> 400;
// Transfer-Encoding other than chunked -> 501; TRACE and CONNECT -> 405; head over limits -> 431; target too long -> 414; body over the
// route's limit -> 413; HTTP major version other than 1 -> 505. After a refusal about framing the connection closes.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/http/message.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace gh::http {

/// Each limit and the attack it stops.
struct Limits {
    size_t head_bytes = 16 * 1024;           ///< endless header
    size_t fields = 100;                     ///< many tiny fields
    size_t target_bytes = 8 * 1024;          ///< endless target
    Millis head_deadline{10'000};            ///< slow loris
    Millis body_grace{10'000};               ///< slow body: after this, at least body_rate
    size_t body_rate = 1024;                 ///< bytes per second
    Millis idle{60'000};                     ///< parked keep-alive connections
    Millis tls_handshake{5'000};             ///< half-done handshakes
    Millis write_deadline{30'000};           ///< peers that never read
    size_t connections = 20'000;             ///< all listeners together
    size_t connections_per_address = 12'000; ///< one address taking them all; loopback and proxies need many
    size_t body_bytes_total = 256u << 20;    ///< memory of bodies under way, all connections together -> 503
};

/// The right to answer one request. Movable, may be handed to another thread, answered once from any thread. Destroyed unanswered: 500.
class Exchange {
public:
    struct State;
    explicit Exchange(std::shared_ptr<State>);
    Exchange(Exchange&&) noexcept;
    Exchange& operator=(Exchange&&) noexcept;
    ~Exchange();

    const Request& request() const;
    /// Takes the request out (its body is not copied); request() is empty afterwards.
    Request take_request();
    /// What the handler's admit() attached.
    const std::shared_ptr<const void>& context() const;
    void respond(Response);
    /// False once the peer is gone (the answer will be thrown away).
    bool alive() const;

    /// Begins an answer of unknown length (server-sent events): the head now, then write(), until end() or destruction.
    class Stream {
    public:
        explicit Stream(std::shared_ptr<State>);
        Stream(Stream&&) noexcept;
        Stream& operator=(Stream&&) noexcept;
        ~Stream();
        /// Any thread. False when the peer is gone or has more than 1 MiB unread: stop writing.
        bool write(std::string_view);
        void end();

    private:
        std::shared_ptr<State> state_;
    };
    Stream stream(Response head);

private:
    std::shared_ptr<State> state_;
};

/// What is known when the head has arrived.
struct Admitted {
    size_t max_body;
    std::shared_ptr<const void> context; ///< travels with the Exchange
};
/// Admit the body, or answer at once (then a body is not read and the connection closes; without a body it is kept).
using Admission = std::variant<Admitted, Response>;

class Handler {
public:
    virtual ~Handler() = default;
    /// Loop thread, when the head is complete (request.body is empty). Must return within microseconds.
    virtual Admission admit(const Request& head) = 0;
    /// Loop thread, with all requests completed in one round of the loop. Must not block: hand over to workers.
    virtual void handle(std::vector<Exchange>) = 0;
};

/// One server: several listeners, one handler, one thread named `name`. Exchanges may outlive it.
class Server {
public:
    /// gatehouse_connections{server,state}: server is `name`; state is active (from admission to the end of the answer) or idle.
    /// gatehouse_http_refused_total{server,reason}. Metrics and log outlive the server.
    Server(std::string name, std::vector<config::Listen> listeners, Limits, Handler&, Log&, Metrics&);
    ~Server();

    /// Binds (port 0: any free one; IPv6 addresses take no IPv4 clients) and starts the thread. The error names the address.
    Status start();
    /// Bound ports, in the order of the listeners.
    std::vector<uint16_t> ports() const;
    /// Closes the listeners and idle connections, ends streams, answers with Connection: close, waits for exchanges under way, at most
    /// `limit`; what is left after it still gets its answer as long as the server exists.
    void drain(Millis limit);
    /// New certificates for listeners with TLS, read again from their files (SIGHUP). On failure the old ones stay.
    Status reload_certificates();

    struct Counts {
        size_t connections = 0, active = 0;
        uint64_t accepted = 0, requests = 0;
    };
    Counts counts() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::http
