#include "core/http/message.hpp"

#include "core/base/encoding.hpp"

namespace gh::http {

std::optional<std::string_view> Request::field(std::string_view name) const {
    for (const auto& f : fields)
        if (equals_ignoring_case(f.name, name)) return f.value;
    return std::nullopt;
}

Response problem(int status, std::string_view title, std::string_view detail, std::string_view id) {
    Response r;
    r.status = status;
    r.fields.push_back({"Content-Type", "application/problem+json"});
    r.body = "{\"type\":\"about:blank\",\"title\":" + json_quote(title) + ",\"status\":" + std::to_string(status);
    if (!detail.empty()) r.body += ",\"detail\":" + json_quote(detail);
    if (!id.empty()) r.body += ",\"instance\":" + json_quote("urn:uuid:" + std::string(id));
    r.body += "}\n";
    return r;
}

Response unavailable(int retry_after_seconds, std::string_view detail) {
    Response r = problem(503, reason_phrase(503), detail);
    r.fields.push_back({"Retry-After", std::to_string(retry_after_seconds)});
    return r;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100:
            return "Continue";
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 408:
            return "Request Timeout";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 411:
            return "Length Required";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 429:
            return "Too Many Requests";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 502:
            return "Bad Gateway";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "";
    }
}

} // namespace gh::http
