// A plugin's job, driven by hand: look at what it asked for, answer, look again. Drops the job when it ends.
#pragma once

#include <gatehouse/abi.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fake {

inline std::string text(gatehouse_text t) {
    return t.size ? std::string(t.data, t.size) : std::string();
}
inline std::string text(gatehouse_bytes b) {
    return b.size ? std::string(reinterpret_cast<const char*>(b.data), b.size) : std::string();
}
inline gatehouse_text text(std::string_view s) {
    return {s.data(), s.size()};
}
inline gatehouse_bytes bytes(std::string_view s) {
    return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

inline std::vector<std::pair<std::string, std::string>> copy(const gatehouse_header* h, size_t n) {
    std::vector<std::pair<std::string, std::string>> out;
    for (size_t i = 0; i < n; ++i) out.emplace_back(text(h[i].name), text(h[i].value));
    return out;
}
inline std::map<std::string, std::optional<std::string>> copy(const gatehouse_state_entry* e, size_t n) {
    std::map<std::string, std::optional<std::string>> out;
    for (size_t i = 0; i < n; ++i) out[text(e[i].key)] = e[i].value.data ? std::optional(text(e[i].value)) : std::nullopt;
    return out;
}

/// A request that a job asked for.
struct Ask {
    std::string method, url, body, share_key;
    struct Field {
        std::string name, value, secret;
    };
    std::vector<Field> headers;
    int64_t timeout = 0;
    uint64_t max_response = 0;

    explicit Ask(const gatehouse_http_request& r)
        : method(text(r.method)),
          url(text(r.url)),
          body(text(r.body)),
          share_key(text(r.share_key)),
          timeout(r.timeout),
          max_response(r.max_response) {
        for (size_t i = 0; i < r.header_count; ++i)
            headers.push_back({text(r.headers[i].name), text(r.headers[i].value), text(r.headers[i].secret)});
    }
    /// "value" or "value{secret}"; "" when it is not there.
    std::string header(std::string_view name) const {
        for (const auto& h : headers)
            if (h.name == name) return h.secret.empty() ? h.value : h.value + "{" + h.secret + "}";
        return "";
    }
};

/// What the provider answers.
struct Reply {
    int status = 200;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    int32_t net = GATEHOUSE_NET_OK;
    std::string error;

    static Reply lost(int32_t net, std::string error = "no answer") {
        Reply r;
        r.net = net;
        r.error = std::move(error);
        return r;
    }
};

class Job {
public:
    explicit Job(const gatehouse_job& j) : job_(j) {}
    ~Job() { job_.drop(job_.state); }
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// What the last step asked for: "http", "http_all", "sleep", "put_state", "finish", "fail", "" when it asked for nothing.
    std::string asked;
    int asks = 0; ///< how often it asked in the last step; 1 for a good job
    std::vector<Ask> requests;
    int64_t duration = 0;
    std::map<std::string, std::optional<std::string>> state;
    // finish
    int32_t result = -1;
    std::string body, content_type, reason;
    int http_status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    // fail
    int32_t failure = -1;
    int64_t retry_after = 0;

    /// What the host answers to the next things asked for.
    gatehouse_status taken = GATEHOUSE_OK;

    gatehouse_status start() {
        const gatehouse_job_input input{sizeof(input), GATEHOUSE_INPUT_START, nullptr, 0, GATEHOUSE_OK, 0};
        return step(&input);
    }
    gatehouse_status reply(const Reply& r) { return reply(std::vector<Reply>{r}, GATEHOUSE_INPUT_HTTP); }
    gatehouse_status reply(const std::vector<Reply>& replies, int32_t kind = GATEHOUSE_INPUT_HTTP_ALL) {
        std::vector<std::vector<gatehouse_header>> fields(replies.size());
        std::vector<gatehouse_http_response> abi;
        abi.reserve(replies.size());
        for (size_t i = 0; i < replies.size(); ++i) {
            const Reply& r = replies[i];
            for (const auto& [name, value] : r.headers) fields[i].push_back({text(name), text(value)});
            abi.push_back(
                {sizeof(gatehouse_http_response), r.net, r.status, 0, text(r.error), fields[i].data(), fields[i].size(), bytes(r.body)});
        }
        std::vector<const gatehouse_http_response*> pointers;
        for (const auto& r : abi) pointers.push_back(&r);
        const gatehouse_job_input input{sizeof(input), kind, pointers.data(), pointers.size(), GATEHOUSE_OK, 0};
        return step(&input);
    }
    gatehouse_status slept() {
        const gatehouse_job_input input{sizeof(input), GATEHOUSE_INPUT_SLEPT, nullptr, 0, GATEHOUSE_OK, 0};
        return step(&input);
    }
    gatehouse_status written(gatehouse_status status = GATEHOUSE_OK) {
        const gatehouse_job_input input{sizeof(input), GATEHOUSE_INPUT_STATE, nullptr, 0, status, 0};
        return step(&input);
    }
    /// Any input, also absurd ones.
    gatehouse_status step(const gatehouse_job_input* input) {
        asked.clear();
        asks = 0;
        requests.clear();
        const gatehouse_turn turn{sizeof(turn), 0, this, &http, &http_all, &sleep, &put_state, &finish, &fail};
        return job_.step(job_.state, input, &turn);
    }
    bool ended() const { return result >= 0 || failure >= 0; }

private:
    static Job& self(void* c, const char* what) {
        auto& j = *static_cast<Job*>(c);
        ++j.asks;
        j.asked = what;
        return j;
    }
    static gatehouse_status http(void* c, const gatehouse_http_request* r) {
        Job& j = self(c, "http");
        j.requests.emplace_back(*r);
        return j.taken;
    }
    static gatehouse_status http_all(void* c, const gatehouse_http_request* const* r, size_t n) {
        Job& j = self(c, "http_all");
        for (size_t i = 0; i < n; ++i) j.requests.emplace_back(*r[i]);
        return j.taken;
    }
    static gatehouse_status sleep(void* c, int64_t d) {
        Job& j = self(c, "sleep");
        j.duration = d;
        return j.taken;
    }
    static gatehouse_status put_state(void* c, const gatehouse_state_entry* e, size_t n) {
        Job& j = self(c, "put_state");
        j.state = copy(e, n);
        return j.taken;
    }
    static gatehouse_status finish(void* c, const gatehouse_result* r) {
        Job& j = self(c, "finish");
        j.result = r->kind;
        j.body = text(r->body);
        j.content_type = text(r->content_type);
        j.reason = text(r->text);
        j.http_status = r->http_status;
        j.headers = copy(r->headers, r->header_count);
        j.state = copy(r->state, r->state_count);
        return j.taken;
    }
    static gatehouse_status fail(void* c, int32_t kind, gatehouse_text why, int64_t after) {
        Job& j = self(c, "fail");
        j.failure = kind;
        j.reason = text(why);
        j.retry_after = after;
        return j.taken;
    }

    gatehouse_job job_;
};

} // namespace fake
