// Outgoing HTTP: one libcurl multi handle on one thread, pooled connections, total deadlines, and a check of every address really dialled.
#pragma once

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/http/message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gh::egress {

struct Url;

/// One place that may be reached.
struct Rule {
    std::string scheme; ///< "https" or "http"
    std::string host;   ///< lower case; "*.example.com" stands for one more label
    uint16_t port = 443;
    std::string path_prefix;         ///< matched at "/" boundaries after dot segments were removed; empty = any
    bool private_addresses = false;  ///< the operator wrote it: may lead to loopback, private and link-local addresses
};

/// Where one caller may go. Shared by all its requests; immutable.
class Policy {
public:
    explicit Policy(std::vector<Rule> rules) : rules_(std::move(rules)) {}
    const std::vector<Rule>& rules() const { return rules_; }
    /// The rule that allows this URL, or null. A URL with user info, or one that libcurl's parser and RFC 3986 read differently, is refused.
    /// Of several rules that allow it, one that allows private addresses goes first: an operator wrote that one.
    const Rule* match(const std::string& url) const;
    const Rule* match(const Url&) const;

private:
    std::vector<Rule> rules_;
};

/// The rule that a URL written by the operator stands for (scheme, host, port, path; private addresses allowed).
Result<Rule> rule_for(const std::string& url);

struct Request {
    std::string method = "GET";
    std::string url;
    std::vector<http::Field> fields;
    std::string body;
    Millis timeout{30'000};             ///< total, queueing included
    size_t max_response = 8u << 20;     ///< bytes of body
};

/// Same order as GATEHOUSE_NET_* of the ABI.
enum class Failure { none, not_allowed, address, resolve, connect, tls, timeout, truncated, too_large, protocol, cancelled };
std::string_view to_text(Failure);

struct Response {
    Failure failure = Failure::none;
    std::string error; ///< for logs: host and cause, no path, no secret
    int status = 0;    ///< also set with truncated and too_large when the answer's head had come
    std::vector<http::Field> fields;
    std::string body;
    Millis elapsed{};
    std::optional<std::string_view> field(std::string_view name) const;
};

/// Runs on the client's thread; must be short.
using Done = std::function<void(Response)>;

/// Redirects are not followed, cookies not kept, proxies from the environment not used, certificates always checked (TLS 1.2 or newer).
/// HTTP/2 over TLS where the server offers it. Asks for no compression, so that a cut answer is seen by its length; an answer that comes
/// compressed all the same is decoded, and the limit counts decoded bytes. Connections opened for a rule with private addresses are kept
/// apart from the others, so that a name checked for one is never reused for the other.
class Client {
public:
    struct Options {
        size_t connections_per_host = 16; ///< further requests wait; with HTTP/2, 8 requests share one
        size_t connections = 256;         ///< requests under way at once
        std::string ca_file;    ///< more trusted roots (PEM), for private installations and tests; empty = the system's
        std::string user_agent; ///< "Gatehouse/1.0"
        std::string thread_name = "egress";
        /// Tests and the sandbox: a host name that resolves to what they say, "host:port:address" as CURLOPT_RESOLVE.
        std::vector<std::string> resolve;
    };
    Client(Options, Log&);
    /// Ends the thread; requests under way are answered with `cancelled` first.
    ~Client();

    /// Any thread. `done` is called exactly once. Field names must be tokens and values free of control bytes; Host and the fields that
    /// frame a message are the client's own: a request that breaks this, or whose URL the policy does not allow, fails with not_allowed.
    void send(Request, std::shared_ptr<const Policy>, Done done);
    /// The same, waiting. Not from the client's thread.
    Response send_and_wait(Request, std::shared_ptr<const Policy>);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::egress
