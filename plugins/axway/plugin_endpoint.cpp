#include "plugin_endpoint.hpp"

#include <algorithm>

namespace axway {

using gatehouse::equals_ignoring_case;
using gatehouse::response;

namespace {

constexpr size_t k_most_scope = 1000;
/// At most one log line about refused clients in this time: guessing must not fill the log.
constexpr milliseconds k_log_every = std::chrono::seconds(10);

/// RFC 6749 section 3.3, tokens and the spaces between them. The comma of Streams' sample ("READ,WRITE") is a character of a token.
bool is_scope(std::string_view s) {
    return s.size() <= k_most_scope &&
           std::all_of(s.begin(), s.end(), [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

response finished(response r) {
    return std::move(r).header("Cache-Control", "no-store").header("Pragma", "no-cache");
}

bool is_form(const gatehouse::request& in) {
    if (in.count("Content-Type") != 1) return false;
    std::string_view type = *in.header("Content-Type");
    type = type.substr(0, type.find(';'));
    while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
    return equals_ignoring_case(type, "application/x-www-form-urlencoded");
}

} // namespace

std::optional<std::string> form_decode(std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); ++i) {
        if (s[i] == '+') {
            out += ' ';
        } else if (s[i] != '%') {
            out += s[i];
        } else {
            const auto byte = i + 2 < s.size() ? gatehouse::from_hex(s.substr(i + 1, 2)) : std::nullopt;
            if (!byte) return std::nullopt;
            out += *byte;
            i += 2;
        }
    }
    return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view body) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!body.empty()) {
        const std::string_view one = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(one.size() + 1, body.size()));
        if (one.empty()) continue;
        const size_t equals = std::min(one.find('='), one.size());
        auto name = form_decode(one.substr(0, equals)), value = form_decode(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value) return std::nullopt;
        out.emplace_back(std::move(*name), std::move(*value));
    }
    return out;
}

response token_endpoint::refuse(const gatehouse::request& in, int status, std::string_view error, std::string_view description,
                                bool challenge) {
    if (error == "invalid_client") {
        const int64_t now = host_.now().time_since_epoch().count();
        int64_t due = next_log_.load();
        if (now >= due && next_log_.compare_exchange_strong(due, now + k_log_every.count()))
            host_.warning("a token request from " + gatehouse::printable(in.remote()) + " was refused: unknown client or wrong secret (" +
                          std::to_string(unlogged_.exchange(0)) + " more since the last such line)");
        else
            ++unlogged_;
    }
    response out(status, json::object{{"error", error}, {"error_description", description}}.text(), "application/json;charset=UTF-8");
    if (challenge) out = std::move(out).header("WWW-Authenticate", "Basic realm=\"gatehouse\", charset=\"UTF-8\"");
    return finished(std::move(out));
}

token_endpoint::proof token_endpoint::find(const std::vector<credentials>& candidates) const {
    proof out;
    // Every client, secret and reading of the pair is compared, found or not.
    for (const credentials& given : candidates) {
        for (const client& c : configuration_.clients) {
            const bool id = gatehouse::equal_constant_time(c.id, given.id);
            for (uint32_t i = 0, count = host_.secret_count(c.secret); i < count; ++i) {
                const auto expected = host_.secret(c.secret, i);
                const bool secret = expected && !expected->empty() && gatehouse::equal_constant_time(*expected, given.secret);
                if (id && secret && !out.who) out = {&c, i};
            }
        }
    }
    return out;
}

response token_endpoint::answer(const gatehouse::request& in) {
    const auto bad = [&](std::string_view error, std::string_view description) { return refuse(in, 400, error, description, false); };
    if (!in.query().empty()) return bad("invalid_request", "parameters belong in the body, not in the URI");
    if (!is_form(in)) return bad("invalid_request", "Content-Type must be application/x-www-form-urlencoded");
    const auto form = parse_form(in.body());
    if (!form) return bad("invalid_request", "the body is not a well-formed form");

    std::optional<std::string> grant, scope, id, secret;
    for (const auto& [name, value] : *form) {
        std::optional<std::string>* place = name == "grant_type"      ? &grant
                                            : name == "scope"         ? &scope
                                            : name == "client_id"     ? &id
                                            : name == "client_secret" ? &secret
                                                                      : nullptr;
        const auto same = [&](const auto& other) { return other.first == name; };
        if (std::count_if(form->begin(), form->end(), same) > 1) return bad("invalid_request", "a parameter is there twice");
        // Section 3.2: a parameter without a value counts as left out, an unknown one is ignored.
        if (place && !value.empty()) *place = value;
    }

    std::vector<credentials> candidates;
    const bool header = in.count("Authorization") > 0;
    if (header) {
        if (in.count("Authorization") > 1) return bad("invalid_request", "Authorization is there twice");
        if (secret) return bad("invalid_request", "the client authenticates in two ways: use the header or the body");
        const std::string_view value = *in.header("Authorization");
        const auto pair = equals_ignoring_case(value.substr(0, 6), "Basic ") ? gatehouse::from_base64(value.substr(6)) : std::nullopt;
        const size_t colon = pair ? pair->find(':') : std::string::npos;
        if (colon == std::string::npos) return refuse(in, 401, "invalid_client", "Authorization is not Basic with client and secret", true);
        // Section 2.3.1 asks for both parts form-encoded; many clients send them as they are.
        const std::string raw_id = pair->substr(0, colon), raw_secret = pair->substr(colon + 1);
        auto decoded_id = form_decode(raw_id), decoded_secret = form_decode(raw_secret);
        if (decoded_id && decoded_secret) candidates.push_back({std::move(*decoded_id), std::move(*decoded_secret)});
        candidates.push_back({raw_id, raw_secret});
        if (id && *id != raw_id && (candidates.size() < 2 || *id != candidates[0].id))
            return bad("invalid_request", "client_id is another one than that of Authorization");
    } else {
        if (!id || !secret) return refuse(in, 401, "invalid_client", "no client authentication", true);
        candidates.push_back({*id, *secret});
    }
    if (!grant) return bad("invalid_request", "grant_type is missing");
    const proof p = find(candidates);
    if (!p.who) return refuse(in, 401, "invalid_client", "unknown client or wrong secret", header);
    if (*grant != "client_credentials") return bad("unsupported_grant_type", "only client_credentials is supported");
    if (scope && !is_scope(*scope)) return bad("invalid_scope", "the scope has characters that a scope cannot have, or is too long");

    token_store::issued issued = tokens_.issue(*p.who, p.secret, scope.value_or(""));
    json::object body{{"access_token", issued.token},
                      {"token_type", "Bearer"},
                      {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(configuration_.token_life).count()}};
    if (scope) body.add("scope", *scope);
    return finished(response(200, body.text(), "application/json;charset=UTF-8")).state(std::move(issued.state));
}

} // namespace axway
