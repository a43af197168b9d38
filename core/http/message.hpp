// A received request and the answer to it. Plain data; no parser, no socket.
#pragma once

#include "core/base/time.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gh::http {

struct Field {
    std::string name;
    std::string value;
};

/// One complete request (RFC 9110, 9112), exactly as received: field lines in order, body bytes after transfer coding was removed.
struct Request {
    std::string method;
    std::string target; ///< raw, in origin form
    std::string path;   ///< raw part of target before "?"
    std::string query;  ///< raw part after "?"
    std::vector<Field> fields;
    std::string body;
    std::string remote; ///< peer address without port
    std::string client_certificate; ///< subject of the verified client certificate, empty without one
    bool secure = false;
    Time received_at{};

    /// First field of that name, ignoring case.
    std::optional<std::string_view> field(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::vector<Field> fields; ///< without Content-Length, Connection and Date: the server writes those
    std::string body;
    bool close = false; ///< close the connection after this answer
    bool cut = false;   ///< announce the whole body, send half of it, close: how a simulated provider fails
};

/// An RFC 9457 problem as application/problem+json. `id`: quoted back by the sender, becomes "instance":"urn:uuid:…"; may be empty.
Response problem(int status, std::string_view title, std::string_view detail = {}, std::string_view id = {});
/// 503 with Retry-After (seconds): our fault, the sender keeps the message.
Response unavailable(int retry_after_seconds, std::string_view detail);

std::string_view reason_phrase(int status);

} // namespace gh::http
