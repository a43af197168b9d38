#include "core/cli/mutants.hpp"

#include "core/base/encoding.hpp"
#include "core/base/time.hpp"

#include <algorithm>

namespace gh::cli {

namespace {

constexpr size_t k_positions = 256; // bytes tried per body
constexpr size_t k_header_positions = 16;

/// At most `most` positions, evenly spread over the whole, first and last among them.
std::vector<size_t> positions(size_t size, size_t most) {
    std::vector<size_t> out;
    if (size == 0) return out;
    const size_t n = std::min(size, most);
    for (size_t i = 0; i < n; ++i) out.push_back(n == 1 ? 0 : i * (size - 1) / (n - 1));
    return out;
}

/// Another byte of the same kind, so that the text mostly stays what it was (JSON, base64, hexadecimal) and only its meaning changes.
char other(char c) {
    if (c >= '0' && c <= '9') return c == '9' ? '0' : static_cast<char>(c + 1);
    if ((c >= 'a' && c < 'z') || (c >= 'A' && c < 'Z')) return static_cast<char>(c + 1);
    if (c == 'z') return 'a';
    if (c == 'Z') return 'A';
    return static_cast<char>(c ^ 1);
}

void add_body(std::vector<Mutant>& out, const http::Request& request) {
    const auto add = [&](Mutant::Kind kind, std::string what, std::string body) {
        http::Request changed = request;
        changed.body = std::move(body);
        for (auto& f : changed.fields)
            if (equals_ignoring_case(f.name, "Content-Length")) f.value = std::to_string(changed.body.size());
        out.push_back({kind, std::move(what), "", std::move(changed)});
    };
    for (const size_t at : positions(request.body.size(), k_positions)) {
        std::string body = request.body;
        body[at] = other(body[at]);
        add(Mutant::Kind::body_byte, "byte " + std::to_string(at) + " of the body changed", body);
        if (at % 4 == 0)
            add(Mutant::Kind::body_cut, "byte " + std::to_string(at) + " of the body left out", std::string(request.body).erase(at, 1));
    }
    add(Mutant::Kind::body_added, "a space added to the body", request.body + ' ');
    if (!request.body.empty()) {
        add(Mutant::Kind::body_cut, "the second half of the body left out", request.body.substr(0, request.body.size() / 2));
        add(Mutant::Kind::body_cut, "the body left out", "");
    }
}

void add_headers(std::vector<Mutant>& out, const http::Request& request) {
    for (size_t i = 0; i < request.fields.size(); ++i) {
        const http::Field& field = request.fields[i];
        Mutant dropped{Mutant::Kind::header_dropped, "header " + field.name + " left out", field.name, request};
        dropped.request.fields.erase(dropped.request.fields.begin() + static_cast<ptrdiff_t>(i));
        out.push_back(std::move(dropped));
        Mutant doubled{Mutant::Kind::header_doubled, "header " + field.name + " sent twice", field.name, request};
        doubled.request.fields.push_back({field.name, "x" + field.value});
        out.push_back(std::move(doubled));
        const auto replaced = [&](const char* how, std::string value) {
            if (value == field.value) return;
            Mutant changed{Mutant::Kind::header_changed, "header " + field.name + " " + how, field.name, request};
            changed.request.fields[i].value = std::move(value);
            out.push_back(std::move(changed));
        };
        replaced("emptied", "");
        replaced("with a character more", field.value + "0");
        replaced("with a character less", field.value.substr(0, field.value.size() - (field.value.empty() ? 0 : 1)));
        for (const size_t at : positions(field.value.size(), k_header_positions)) {
            Mutant changed{Mutant::Kind::header_changed, "character " + std::to_string(at) + " of header " + field.name + " changed",
                           field.name, request};
            char& c = changed.request.fields[i].value[at];
            c = other(c);
            out.push_back(std::move(changed));
        }
    }
}

/// A time in seconds or milliseconds since 1970 between 2001 and 2286, or RFC 3339.
std::vector<std::string> moved(const std::string& value) {
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (digits && (value.size() == 10 || value.size() == 13)) {
        const int64_t at = std::stoll(value), second = value.size() == 13 ? 1000 : 1;
        return {std::to_string(at + second), std::to_string(at - second), std::to_string(at + 3600 * second), "0" + value};
    }
    if (const auto at = parse_rfc3339(value)) return {to_rfc3339(*at + Millis(1000)), to_rfc3339(*at - Millis(1000))};
    return {};
}

void add_times(std::vector<Mutant>& out, const http::Request& request) {
    for (size_t i = 0; i < request.fields.size(); ++i) {
        const http::Field& field = request.fields[i];
        for (auto& value : moved(field.value)) {
            Mutant changed{Mutant::Kind::time_moved, "the time in header " + field.name + " moved to " + value, field.name, request};
            changed.request.fields[i].value = std::move(value);
            out.push_back(std::move(changed));
        }
    }
}

} // namespace

std::vector<Mutant> mutants(const http::Request& request) {
    std::vector<Mutant> out;
    add_body(out, request);
    add_headers(out, request);
    add_times(out, request);
    return out;
}

} // namespace gh::cli
