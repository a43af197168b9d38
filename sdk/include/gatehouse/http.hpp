// Requests that a job asks the host to send, and their answers. `co_await http::get(url).header("Accept", "application/json")`.
#pragma once

#include <gatehouse/encoding.hpp>
#include <gatehouse/json.hpp>
#include <gatehouse/time.hpp>

namespace gatehouse::http {

/// Builder. Chains on a temporary give a value, on a variable a reference to it.
/// gcc 12 and co_await: it copies an aggregate with a std::string member bit by bit inside `co_await T{…}` and frees it twice, and stops at
/// a braced list ("array used as initializer"). So every class here has a declared constructor and lists are written without braces.
class request {
public:
    request(std::string_view method, std::string_view url) : method_(method), url_(url) {}

    request& header(std::string_view name, std::string_view value) & { return add(name, value, {}); }
    /// The host appends the first value of the secret setting to `prefix`; the plugin never holds it:
    /// secret_header("Authorization", "Basic ", "api_key").
    request& secret_header(std::string_view name, std::string_view prefix, std::string_view setting) & {
        return add(name, prefix, setting);
    }
    request& body(std::string bytes, std::string_view content_type) & {
        body_ = std::move(bytes);
        return add("Content-Type", content_type, {});
    }
    request& json(const gatehouse::json::object& o) & { return body(o.text(), "application/json"); }
    /// json("id", 7, "name", "x"): names and values in turn.
    template <class... A>
    requires(sizeof...(A) > 0) request& json(std::string_view name, const A&... rest) & {
        return json(gatehouse::json::object::of(name, rest...));
    }
    /// form("scope", "read", "grant_type", "client_credentials"): names and values in turn.
    template <std::convertible_to<std::string_view>... A>
    request& form(const A&... names_and_values) & {
        static_assert(sizeof...(A) % 2 == 0, "names and values in turn");
        std::string text;
        bool name = true;
        const auto put = [&](std::string_view s) {
            if (name && !text.empty()) text += '&';
            text += form_encode(s);
            if (name) text += '=';
            name = !name;
        };
        (put(names_and_values), ...);
        return body(std::move(text), "application/x-www-form-urlencoded");
    }
    /// Total, from queueing to the last byte. Without it: 30 s.
    request& timeout(milliseconds t) & {
        timeout_ = t;
        return *this;
    }
    /// Bytes of body. Without it: 8 MiB. Beyond it the outcome is GATEHOUSE_NET_TOO_LARGE.
    request& max_response(uint64_t bytes) & {
        max_response_ = bytes;
        return *this;
    }
    /// Requests of one source with the same key that are under way together are sent once; all jobs get the one answer.
    request& share_key(std::string_view key) & {
        share_key_ = key;
        return *this;
    }

    request header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }
    request secret_header(std::string_view name, std::string_view prefix, std::string_view setting) && {
        return std::move(secret_header(name, prefix, setting));
    }
    request body(std::string bytes, std::string_view content_type) && { return std::move(body(std::move(bytes), content_type)); }
    request json(const gatehouse::json::object& o) && { return std::move(json(o)); }
    template <class... A>
    requires(sizeof...(A) > 0) request json(std::string_view name, const A&... rest) && {
        return std::move(json(name, rest...));
    }
    template <std::convertible_to<std::string_view>... A>
    request form(const A&... names_and_values) && {
        return std::move(form(names_and_values...));
    }
    request timeout(milliseconds t) && { return std::move(timeout(t)); }
    request max_response(uint64_t bytes) && { return std::move(max_response(bytes)); }
    request share_key(std::string_view key) && { return std::move(share_key(key)); }

    const std::string& method() const { return method_; }
    const std::string& url() const { return url_; }

    /// Calls f with the ABI's form, valid during the call.
    template <class F>
    auto with_abi(F&& f) const {
        std::vector<gatehouse_request_header> headers;
        headers.reserve(fields_.size());
        for (const auto& h : fields_) headers.push_back({to_text(h.name), to_text(h.value), to_text(h.secret)});
        const gatehouse_http_request r{sizeof(gatehouse_http_request),
                                       0,
                                       to_text(method_),
                                       to_text(url_),
                                       headers.data(),
                                       headers.size(),
                                       to_bytes(body_),
                                       timeout_.count(),
                                       max_response_,
                                       to_text(share_key_)};
        return f(&r);
    }

private:
    struct field {
        field(std::string_view n, std::string_view v, std::string_view s) : name(n), value(v), secret(s) {}
        std::string name, value, secret;
    };
    request& add(std::string_view name, std::string_view value, std::string_view secret) {
        fields_.emplace_back(name, value, secret);
        return *this;
    }

    std::string method_, url_, body_, share_key_;
    std::vector<field> fields_;
    milliseconds timeout_{0};
    uint64_t max_response_ = 0;
};

inline request get(std::string_view url) {
    return request("GET", url);
}
inline request post(std::string_view url) {
    return request("POST", url);
}
inline request put(std::string_view url) {
    return request("PUT", url);
}
inline request patch(std::string_view url) {
    return request("PATCH", url);
}
inline request del(std::string_view url) {
    return request("DELETE", url);
}

/// Several requests in parallel, 1 to 64: co_await gives the answers in the same order.
class request_list {
public:
    explicit request_list(std::vector<request> requests) : requests_(std::move(requests)) {}
    const std::vector<request>& requests() const { return requests_; }

private:
    std::vector<request> requests_;
};
inline request_list all(std::vector<request> requests) {
    return request_list(std::move(requests));
}
template <std::same_as<request>... R>
requires(sizeof...(R) > 0) request_list all(R... requests) {
    std::vector<request> list;
    list.reserve(sizeof...(R));
    (list.push_back(std::move(requests)), ...);
    return request_list(std::move(list));
}

/// The outcome of one request; owns its bytes. Redirects are never followed: a 3xx is an answer like any other.
class response {
public:
    explicit response(const gatehouse_http_response& r) : net_(r.net), error_(to_view(r.error)) {
        if (net_ != GATEHOUSE_NET_OK) return;
        status_ = r.http_status;
        body_ = to_view(r.body);
        headers_.reserve(r.header_count);
        for (size_t i = 0; i < r.header_count; ++i) headers_.emplace_back(to_view(r.headers[i].name), to_view(r.headers[i].value));
    }

    /// GATEHOUSE_NET_*: GATEHOUSE_NET_OK when a complete answer came, whatever its status.
    int32_t net() const { return net_; }
    /// What went wrong on the network; for logs.
    const std::string& error() const { return error_; }
    /// 0 when no complete answer came.
    int status() const { return status_; }
    bool ok() const { return status_ >= 200 && status_ < 300; }
    const std::string& body() const { return body_; }
    gatehouse::json::document json() const { return gatehouse::json::parse(body_); }
    std::optional<std::string_view> header(std::string_view name) const {
        for (const auto& h : headers_)
            if (equals_ignoring_case(h.name(), name)) return std::string_view(h.value());
        return std::nullopt;
    }
    /// What Retry-After asks for; 0 when it asks for nothing.
    milliseconds retry_after(time_point now) const {
        const auto h = header("Retry-After");
        return h ? parse_retry_after(*h, now).value_or(milliseconds(0)) : milliseconds(0);
    }

private:
    int32_t net_;
    int status_ = 0;
    std::string error_, body_;
    std::vector<gatehouse::header> headers_;
};

/// The usual meaning of an answer that is not the one wanted: no answer, 408, 425, 429 and 5xx → retry (Retry-After obeyed); a URL that
/// egress does not allow, 401 and 403 → refused; anything else → invalid. `what`: "GET /users/…: ", without secrets.
inline failure to_failure(const response& r, std::string_view what, time_point now) {
    std::string text(what);
    if (r.net() == GATEHOUSE_NET_NOT_ALLOWED || r.net() == GATEHOUSE_NET_ADDRESS)
        return failure::refused(text + ": not an address this source may reach (" + r.error() + "); check its URL setting");
    if (r.net() != GATEHOUSE_NET_OK) return failure::retry(text + ": no answer (" + r.error() + ")");
    text += ": status " + std::to_string(r.status());
    const int s = r.status();
    if (s == 408 || s == 425 || s == 429 || s >= 500) return failure::retry(std::move(text), r.retry_after(now));
    if (s == 401 || s == 403) return failure::refused(text + "; check the credentials and their permissions");
    return failure::invalid(std::move(text));
}

/// path_segment(), for jobs: throws failure::invalid when the id cannot stand in a URL. `what`: "id", without secrets.
inline std::string segment(std::string_view what, std::string_view id) {
    auto out = path_segment(id);
    if (!out) throw failure::invalid(std::string(what) + ": \"" + printable(id, 100) + "\" cannot stand in a URL");
    return std::move(*out);
}

} // namespace gatehouse::http
