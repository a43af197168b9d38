// The table of what the admin side serves. Matching, checking of parameters and the OpenAPI document all read this one table.
#pragma once

#include "core/base/json.hpp"
#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/base/uuid.hpp"
#include "core/http/message.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gh::admin {

class Api;
struct Call;

enum class Type { text, integer, boolean, time, uuid, uuids, event_status, delivery_status, rate, object };

/// A query parameter or a member of a JSON body.
struct Parameter {
    std::string_view name;
    Type type = Type::text;
    std::string_view about;
    bool required = false;
};

using Run = http::Response (Api::*)(Call&);

struct Endpoint {
    std::string_view method;
    std::string_view path; ///< "{id}" stands for one segment
    std::string_view id;   ///< operationId
    std::string_view about;
    std::vector<Parameter> query;
    std::vector<Parameter> body;
    int status = 200;
    std::string_view answer; ///< a schema's name, "list of" one with a leading "*", or a media type
    Run run = nullptr;       ///< none: the event stream, which is no single answer
    bool open = false;       ///< needs no token
    bool slow = false;       ///< waits for a provider
};

const std::vector<Endpoint>& endpoints();

struct Match {
    const Endpoint* endpoint = nullptr;
    std::vector<std::string> segments; ///< what stood for {…}, decoded
    std::string allow;                 ///< when only the method is wrong: the methods there are
};
/// Empty endpoint: nothing is served there under this method.
Match match(std::string_view method, std::string_view path);

/// One request, taken apart and checked against its endpoint.
struct Call {
    const http::Request& request;
    const Match& match;
    Time now{};
    std::map<std::string, std::string, std::less<>> query; ///< decoded; values are of the declared type
    json::Value body;                                      ///< an object, or null without a body

    const std::string& segment() const { return match.segments.front(); }
    const std::string& second_segment() const { return match.segments.at(1); }
    /// By name, from the query; for endpoints with a body from its members.
    std::string text(std::string_view name) const;
    std::optional<Time> time(std::string_view name) const;
    std::optional<Uuid> uuid(std::string_view name) const;
    std::vector<Uuid> uuids(std::string_view name) const;
    bool boolean(std::string_view name) const;
    /// The JSON text of an object member; "{}" when it is not given.
    std::string object(std::string_view name) const;
    /// 1 … 500; 50 when not given.
    size_t limit() const;
    /// Per second, 0 when not given; of "20/s" or a number.
    double rate(std::string_view name) const;
};

/// Fills query and body, or says with 400, 415 or 422 which parameter is wrong and how.
std::optional<http::Response> check(Call&);

/// "%41" and "+" decoded. None when a "%" is not followed by two hexadecimal digits, or the result is not UTF-8.
std::optional<std::string> url_decode(std::string_view, bool plus_is_space);

/// The OpenAPI 3.1 document of all endpoints.
std::string openapi(std::string_view version);

} // namespace gh::admin
