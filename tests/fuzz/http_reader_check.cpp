#include "http_reader_check.hpp"

#include "core/base/encoding.hpp"

#include <algorithm>

namespace fuzz {

namespace http = gh::http;

namespace {

constexpr size_t k_max_body = 5000;

http::Limits limits() {
    http::Limits l;
    l.head_bytes = 2048;
    l.target_bytes = 512;
    l.fields = 20;
    return l;
}

bool same(const http::Request& a, const http::Request& b) {
    const auto same_field = [](const http::Field& x, const http::Field& y) { return x.name == y.name && x.value == y.value; };
    return a.method == b.method && a.target == b.target && a.path == b.path && a.query == b.query && a.body == b.body &&
           std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same_field);
}

bool has_line_end(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::optional<std::string> fault_of(const http::Request& r) {
    if (r.body.size() > k_max_body) return "body over the limit";
    if (r.fields.size() > limits().fields) return "too many fields";
    if (!http::is_token(r.method)) return "method is no token";
    if (r.target.empty() || (r.target.front() != '/' && r.target != "*")) return "target is not in origin form";
    if (has_line_end(r.target) || r.target.find(' ') != std::string::npos) return "target holds a blank or line end";
    if (r.target != (r.query.empty() && !r.target.ends_with('?') ? r.path : r.path + "?" + r.query))
        return "path and query are not the target";
    size_t lengths = 0, codings = 0;
    for (const auto& f : r.fields) {
        if (!http::is_token(f.name)) return "field name is no token";
        if (has_line_end(f.value)) return "field value holds a line end";
        lengths += gh::equals_ignoring_case(f.name, "content-length");
        codings += gh::equals_ignoring_case(f.name, "transfer-encoding");
    }
    if (lengths + codings > 1) return "framed twice";
    if (lengths + codings == 0 && !r.body.empty()) return "a body without framing";
    return std::nullopt;
}

// As a proxy behind us would send it on.
std::string write_out(const http::Request& r) {
    std::string text = r.method + " " + r.target + " HTTP/1.1\r\n";
    bool host = false;
    for (const auto& f : r.fields) {
        if (gh::equals_ignoring_case(f.name, "content-length") || gh::equals_ignoring_case(f.name, "transfer-encoding") ||
            gh::equals_ignoring_case(f.name, "expect"))
            continue;
        host = host || gh::equals_ignoring_case(f.name, "host");
        text += f.name + ": " + f.value + "\r\n";
    }
    if (!host) text += "Host: added\r\n";
    return text + "Content-Length: " + std::to_string(r.body.size()) + "\r\n\r\n" + r.body;
}

} // namespace

bool Outcome::operator==(const Outcome& other) const {
    return refusal == other.refusal && std::equal(requests.begin(), requests.end(), other.requests.begin(), other.requests.end(), same);
}

Outcome read_all(std::string_view bytes, uint64_t seed) {
    const auto l = limits();
    http::RequestReader reader(l);
    Outcome outcome;
    std::string buffer;
    size_t given = 0;
    while (given < bytes.size()) {
        seed = seed * 6364136223846793005u + (seed ? 1442695040888963407u : 0);
        const size_t piece = seed ? std::min<size_t>(1 + (seed >> 33) % 40, bytes.size() - given) : bytes.size();
        buffer.append(bytes.substr(given, piece));
        given += piece;
        for (bool more = false; !more;) {
            const auto progress = reader.consume(buffer);
            buffer.erase(0, progress.consumed);
            const http::Refusal* refusal = nullptr;
            switch (progress.step) {
                case http::RequestReader::Step::more:
                    more = true;
                    break;
                case http::RequestReader::Step::head:
                    refusal = reader.admit(k_max_body);
                    break;
                case http::RequestReader::Step::refused:
                    refusal = &reader.refusal();
                    break;
                case http::RequestReader::Step::complete:
                    outcome.requests.push_back(std::move(reader.request()));
                    reader.reset();
                    more = buffer.empty();
                    break;
            }
            if (refusal) {
                outcome.refusal = std::string(refusal->reason);
                return outcome;
            }
        }
    }
    return outcome;
}

std::optional<std::string> find_fault(std::string_view bytes) {
    const auto whole = read_all(bytes, 0);
    for (const uint64_t seed : {bytes.size() * 2 + 1, bytes.size() * 31 + 7})
        if (!(read_all(bytes, seed) == whole)) return "the outcome depends on how the bytes were cut";
    for (const auto& request : whole.requests) {
        if (auto fault = fault_of(request)) return fault;
        const auto again = read_all(write_out(request), 0);
        // A head that was long already may be over a limit once framing was added; that is a refusal, not a different reading.
        if (again.refusal == "head_too_long" || again.refusal == "fields") continue;
        if (again.refusal || again.requests.size() != 1) return "written out again it is not one request";
        const auto& second = again.requests.front();
        if (second.method != request.method || second.target != request.target || second.body != request.body)
            return "written out again it is another request";
    }
    return std::nullopt;
}

} // namespace fuzz
