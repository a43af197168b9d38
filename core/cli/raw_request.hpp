// A captured HTTP request in a file: head with line ends LF or CRLF, an empty line, the body byte for byte.
#pragma once

#include "core/base/result.hpp"
#include "core/http/message.hpp"
#include "core/plugin/source.hpp"

#include <string>
#include <string_view>

namespace gh::cli {

/// `note`: something a person should know (Content-Length says otherwise); empty when there is nothing.
struct RawRequest {
    http::Request request;
    std::string note;
};
/// received_at is left to the caller.
Result<RawRequest> parse_raw_request(std::string_view);

/// The route that takes the request: method and whole path, else (captured behind a proxy that rewrites paths, or a sample) the one route
/// whose part below the source's path the request's path ends in. Null when none does.
const plugin::Route* find_route(const plugin::Source&, const http::Request&);

} // namespace gh::cli
