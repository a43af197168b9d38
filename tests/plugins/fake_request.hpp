// A request for a plugin, and what its verifier or route answers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/fake_job.hpp"

namespace fake {

/// A request with its ABI form; the view is valid as long as the object stays where it is.
struct Request {
    std::string method = "POST", target = "/sample", path, query, body, remote = "192.0.2.1";
    std::vector<std::pair<std::string, std::string>> headers;
    int64_t received_at = 0;

    /// Raw HTTP/1.1; line ends LF or CRLF in the head. `base` is cut from the target's path.
    static Request parse(std::string_view raw, std::string_view base = "/sample") {
        Request r;
        bool first = true;
        while (true) {
            const size_t end = raw.find('\n');
            if (end == std::string_view::npos) throw std::runtime_error("a request without end of head");
            std::string_view line = raw.substr(0, end);
            raw.remove_prefix(end + 1);
            if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
            if (line.empty()) break;
            if (first) {
                const size_t a = line.find(' '), b = line.rfind(' ');
                r.method = line.substr(0, a);
                r.target = line.substr(a + 1, b - a - 1);
            } else {
                const size_t colon = line.find(':');
                std::string_view value = line.substr(colon + 1);
                while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
                r.headers.emplace_back(line.substr(0, colon), value);
            }
            first = false;
        }
        r.body = raw;
        const size_t question = r.target.find('?');
        const std::string path = r.target.substr(0, question);
        if (question != std::string::npos) r.query = r.target.substr(question + 1);
        if (path.compare(0, base.size(), base) != 0) throw std::runtime_error("not below " + std::string(base));
        r.path = path.substr(base.size());
        return r;
    }
    Request& set(std::string_view name, std::string_view value) {
        for (auto& h : headers)
            if (h.first == name) {
                h.second = value;
                return *this;
            }
        headers.emplace_back(name, value);
        return *this;
    }
    const gatehouse_request* abi() {
        fields_.clear();
        for (const auto& [name, value] : headers) fields_.push_back({text(name), text(value)});
        abi_ = {sizeof(abi_),   0,           text(method), text(target), text(path), text(query), fields_.data(),
                fields_.size(), bytes(body), text(remote), received_at};
        return &abi_;
    }

private:
    std::vector<gatehouse_header> fields_;
    gatehouse_request abi_{};
};

/// What a verifier or a route answered. `calls` is 1 for a good plugin.
struct Answer {
    gatehouse_status status = GATEHOUSE_FAILED;
    int calls = 0;
    std::string kind; ///< "accept", "refuse", "need", "event", "respond", "job"
    // accept
    uint32_t trust = 0;
    int64_t signed_at = GATEHOUSE_NO_TIME, tolerance_past = 0, tolerance_future = 0;
    std::string replay_id;
    // refuse, respond, event
    int http_status = 0;
    std::string code, hint, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::map<std::string, std::optional<std::string>> state;
    std::string dedupe_key, type, subject, ordering_key;
    int64_t occurred_at = GATEHOUSE_NO_TIME;
    uint32_t flags = 0;
    std::shared_ptr<Job> job;
};

namespace detail {
inline Answer& answer(void* c) {
    auto& a = *static_cast<Answer*>(c);
    ++a.calls;
    return a;
}
inline gatehouse_status refuse(void* c, const gatehouse_refusal* r) {
    Answer& a = answer(c);
    a.kind = "refuse";
    a.http_status = r->http_status;
    a.code = text(r->code);
    a.hint = text(r->hint);
    a.headers = copy(r->headers, r->header_count);
    return GATEHOUSE_OK;
}
inline gatehouse_status accept(void* c, const gatehouse_acceptance* x) {
    Answer& a = answer(c);
    a.kind = "accept";
    a.trust = x->trust;
    a.signed_at = x->signed_at;
    a.tolerance_past = x->tolerance_past;
    a.tolerance_future = x->tolerance_future;
    a.replay_id = text(x->replay_id);
    return GATEHOUSE_OK;
}
inline gatehouse_status take_job(void* c, const gatehouse_job* j) {
    Answer& a = answer(c);
    a.kind = "job";
    a.job = std::make_shared<Job>(*j);
    return GATEHOUSE_OK;
}
inline gatehouse_status event(void* c, const gatehouse_event* e) {
    Answer& a = answer(c);
    a.kind = "event";
    a.dedupe_key = text(e->dedupe_key);
    a.type = text(e->type);
    a.subject = text(e->subject);
    a.ordering_key = text(e->ordering_key);
    a.occurred_at = e->occurred_at;
    a.http_status = e->http_status;
    a.trust = e->trust;
    a.flags = e->flags;
    return GATEHOUSE_OK;
}
inline gatehouse_status respond(void* c, const gatehouse_response* r) {
    Answer& a = answer(c);
    a.kind = "respond";
    a.http_status = r->http_status;
    a.body = text(r->body);
    a.headers = copy(r->headers, r->header_count);
    a.state = copy(r->state, r->state_count);
    return GATEHOUSE_OK;
}
} // namespace detail

} // namespace fake
