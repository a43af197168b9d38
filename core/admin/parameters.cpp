#include "core/admin/endpoint.hpp"
#include "core/base/encoding.hpp"
#include "core/store/records.hpp"

#include <charconv>

namespace gh::admin {

namespace {

constexpr size_t k_parameter_bytes = 1'024; // longer values have no use and would only cost
constexpr size_t k_ids = 1'000;             // per call

std::optional<int64_t> integer(std::string_view text) {
    int64_t n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
    return n;
}

std::optional<double> per_second(std::string_view text) {
    if (text.ends_with("/s")) text.remove_suffix(2);
    double n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
    if (r.ec != std::errc() || r.ptr != text.data() + text.size() || n <= 0 || n > 1e6) return std::nullopt;
    return n;
}

/// A "+" of a time's offset that was not percent-encoded arrives as a space.
std::optional<Time> time_of(std::string text) {
    for (char& c : text)
        if (c == ' ') c = '+';
    return parse_rfc3339(text);
}

/// What the value should have been; empty when it is right.
std::string_view wrong(Type type, std::string_view name, const std::string& value) {
    switch (type) {
        case Type::text:
            if (value.size() > k_parameter_bytes) return "at most 1024 bytes";
            return {};
        case Type::integer: {
            const auto n = integer(value);
            if (name == "limit") return n && *n >= 1 && *n <= 500 ? std::string_view() : "a whole number from 1 to 500";
            return n ? std::string_view() : "a whole number";
        }
        case Type::boolean:
            return value == "true" || value == "false" ? std::string_view() : "true or false";
        case Type::time:
            return time_of(value) ? std::string_view() : "a time as in RFC 3339, for example 2026-01-31T12:00:00Z";
        case Type::uuid:
            return Uuid::parse(value) ? std::string_view() : "an id (UUID)";
        case Type::uuids:
        case Type::object:
            return {};
        case Type::event_status:
            return store::parse_event_status(value) ? std::string_view()
                                                    : "one of received, fetching, ready, delivered, dead, conflict, refused";
        case Type::delivery_status:
            return store::parse_delivery_status(value) ? std::string_view() : "one of pending, delivered, dead, cancelled";
        case Type::rate:
            return per_second(value) ? std::string_view() : "deliveries per second, for example \"20/s\", at most 1000000";
    }
    return {};
}

std::string names(const std::vector<Parameter>& parameters) {
    std::string out;
    for (const auto& p : parameters) (out += out.empty() ? "" : ", ") += p.name;
    return out.empty() ? "none" : out;
}

const Parameter* find(const std::vector<Parameter>& parameters, std::string_view name) {
    for (const auto& p : parameters)
        if (p.name == name) return &p;
    return nullptr;
}

std::optional<http::Response> read_query(Call& call) {
    std::string_view rest = call.request.query;
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const size_t equals = pair.find('=');
        const auto name = url_decode(pair.substr(0, equals), true);
        const auto value = url_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
        if (!name || !value) return http::problem(400, "Bad query", "The query string is not percent-encoded UTF-8.");
        const auto& known = call.match.endpoint->query;
        const Parameter* parameter = find(known, *name);
        if (!parameter)
            return http::problem(400, "Unknown parameter", "There is no parameter \"" + *name + "\" here. Known: " + names(known) + ".");
        if (const auto right = wrong(parameter->type, *name, *value); !right.empty())
            return http::problem(400, "Bad parameter", "\"" + *name + "\" must be " + std::string(right) + ".");
        if (!call.query.emplace(*name, *value).second)
            return http::problem(400, "Bad parameter", "\"" + *name + "\" is given more than once.");
    }
    for (const auto& p : call.match.endpoint->query)
        if (p.required && !call.query.contains(p.name))
            return http::problem(400, "Missing parameter", "\"" + std::string(p.name) + "\" is needed here.");
    return std::nullopt;
}

/// What a body's member should have been; empty when it is right.
std::string_view wrong_member(const Parameter& parameter, const json::Value& v) {
    if (parameter.type == Type::boolean) return v.kind == json::Kind::boolean ? std::string_view() : "true or false";
    if (parameter.type == Type::object) return v.kind == json::Kind::object ? std::string_view() : "a JSON object";
    if (parameter.type == Type::uuids) {
        if (v.kind != json::Kind::array || v.items.size() > k_ids) return "a list of at most 1000 ids";
        for (const auto& item : v.items)
            if (item.kind != json::Kind::string || !Uuid::parse(item.text)) return "a list of ids (UUIDs)";
        return {};
    }
    const bool numeric = parameter.type == Type::integer || parameter.type == Type::rate;
    if (v.kind != json::Kind::string && !(numeric && v.kind == json::Kind::number)) return numeric ? "a number" : "a string";
    return wrong(parameter.type, parameter.name, v.text);
}

std::optional<http::Response> read_body(Call& call) {
    const auto& known = call.match.endpoint->body;
    if (!call.request.body.empty()) {
        // A form of another site can post only text/plain, multipart and urlencoded without asking first.
        std::string_view type = call.request.field("Content-Type").value_or("");
        type = type.substr(0, type.find_first_of("; \t"));
        if (!equals_ignoring_case(type, "application/json")) return http::problem(415, "Not JSON", "Send the body as application/json.");
        auto parsed = json::parse(call.request.body);
        if (!parsed) return http::problem(400, "Bad body", "The body is " + parsed.error().message + ".");
        if (parsed->kind != json::Kind::object) return http::problem(422, "Bad body", "The body must be a JSON object.");
        call.body = std::move(*parsed);
    }
    for (size_t i = 0; i < call.body.members.size(); ++i) {
        const auto& [name, value] = call.body.members[i];
        const Parameter* parameter = find(known, name);
        if (!parameter)
            return http::problem(422, "Unknown member", "There is no member \"" + name + "\" here. Known: " + names(known) + ".");
        if (call.body.find(name) != &value) return http::problem(422, "Bad body", "\"" + name + "\" is given more than once.");
        if (const auto right = wrong_member(*parameter, value); !right.empty())
            return http::problem(422, "Bad body", "\"" + name + "\" must be " + std::string(right) + ".");
    }
    for (const auto& p : known)
        if (p.required && !call.body.find(p.name)) return http::problem(422, "Bad body", "\"" + std::string(p.name) + "\" is missing.");
    return std::nullopt;
}

} // namespace

std::optional<std::string> url_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto byte = from_hex(text.substr(i + 1, 2));
            if (!byte || byte->size() != 1) return std::nullopt;
            out += *byte;
            i += 2;
        } else {
            out += text[i] == '+' && plus_is_space ? ' ' : text[i];
        }
    }
    if (!is_utf8(out)) return std::nullopt;
    return out;
}

std::optional<http::Response> check(Call& call) {
    if (auto answer = read_query(call)) return answer;
    if (call.request.method == "POST") return read_body(call);
    return std::nullopt;
}

std::string Call::text(std::string_view name) const {
    if (const auto at = query.find(name); at != query.end()) return at->second;
    const json::Value* v = body.find(name);
    return v ? v->text : std::string();
}

std::optional<Time> Call::time(std::string_view name) const {
    const std::string t = text(name);
    return t.empty() ? std::nullopt : time_of(t);
}

std::optional<Uuid> Call::uuid(std::string_view name) const {
    return Uuid::parse(text(name));
}

std::vector<Uuid> Call::uuids(std::string_view name) const {
    std::vector<Uuid> out;
    if (const json::Value* v = body.find(name))
        for (const auto& item : v->items) out.push_back(*Uuid::parse(item.text));
    return out;
}

bool Call::boolean(std::string_view name) const {
    const json::Value* v = body.find(name);
    return v ? v->boolean : text(name) == "true";
}

std::string Call::object(std::string_view name) const {
    const json::Value* v = body.find(name);
    return v ? std::string(v->raw) : "{}";
}

size_t Call::limit() const {
    return static_cast<size_t>(integer(text("limit")).value_or(50));
}

double Call::rate(std::string_view name) const {
    return per_second(text(name)).value_or(0);
}

} // namespace gh::admin
