#include "core/cli/raw_request.hpp"

#include "core/base/encoding.hpp"

namespace gh::cli {

namespace {

/// Takes one line off the front, without its line end. None when there is no line end.
std::optional<std::string_view> take_line(std::string_view& text) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view trimmed(std::string_view v) {
    while (!v.empty() && (v.front() == ' ' || v.front() == '\t')) v.remove_prefix(1);
    while (!v.empty() && (v.back() == ' ' || v.back() == '\t')) v.remove_suffix(1);
    return v;
}

} // namespace

Result<RawRequest> parse_raw_request(std::string_view text) {
    RawRequest out;
    http::Request& r = out.request;
    const auto first = take_line(text);
    if (!first) return Error{"line 1: no request line such as \"POST /hooks/bank HTTP/1.1\""};
    const size_t a = first->find(' '), b = first->rfind(' ');
    if (a == std::string_view::npos || a == b || !first->substr(b + 1).starts_with("HTTP/1."))
        return Error{"line 1: not a request line such as \"POST /hooks/bank HTTP/1.1\""};
    r.method = first->substr(0, a);
    r.target = first->substr(a + 1, b - a - 1);
    if (!r.target.starts_with('/')) return Error{"line 1: the request target must begin with \"/\""};
    const size_t question = r.target.find('?');
    r.path = r.target.substr(0, question);
    if (question != std::string::npos) r.query = r.target.substr(question + 1);

    int number = 1;
    for (;;) {
        ++number;
        const auto line = take_line(text);
        if (!line) {
            // A capture without a body may lack the empty line.
            if (text.empty()) break;
            return Error{"line " + std::to_string(number) + ": the head does not end with an empty line"};
        }
        if (line->empty()) break;
        const size_t colon = line->find(':');
        if (colon == 0 || colon == std::string_view::npos || line->find_first_of(" \t") < colon)
            return Error{"line " + std::to_string(number) + ": not a header such as \"Content-Type: application/json\""};
        r.fields.push_back({std::string(line->substr(0, colon)), std::string(trimmed(line->substr(colon + 1)))});
    }
    if (const auto coding = r.field("Transfer-Encoding"))
        return Error{"Transfer-Encoding: " + std::string(*coding) +
                     ": give the body as it was before it was cut into chunks, and leave this header out"};
    r.body = text;
    r.remote = "127.0.0.1";
    if (const auto length = r.field("Content-Length"); length && *length != std::to_string(r.body.size()))
        out.note = "Content-Length says " + std::string(*length) + ", the file has " + std::to_string(r.body.size()) +
                   " bytes of body (an editor may have added a line end); all of them were used";
    return out;
}

const plugin::Route* find_route(const plugin::Source& source, const http::Request& request) {
    for (const auto& route : source.routes())
        if (route.method == request.method && route.path == request.path) return &route;
    const plugin::Route* best = nullptr;
    const std::string& base = source.config().path;
    for (const auto& route : source.routes()) {
        if (route.method != request.method || !route.path.starts_with(base)) continue;
        const std::string_view below = std::string_view(route.path).substr(base.size());
        if (!request.path.ends_with(below)) continue;
        if (!best || route.path.size() > best->path.size()) best = &route;
    }
    return best;
}

} // namespace gh::cli
