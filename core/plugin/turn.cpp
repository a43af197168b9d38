#include "core/plugin/turn.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

constexpr size_t k_most_parallel = 64;
constexpr size_t k_most_body = 16u << 20;
constexpr uint64_t k_most_response = 64u << 20;
constexpr int64_t k_most_wait = 24LL * 3600 * 1000;

class TurnFrame : public Frame {
public:
    explicit TurnFrame(const OpenSource& source) : Frame(source.mark()), services_(source.services()) {}

    std::optional<Asked> asked;

    template <class T>
    gatehouse_status ask(T&& what) {
        if (!answer()) return GATEHOUSE_MISUSE;
        asked.emplace(std::forward<T>(what));
        return GATEHOUSE_OK;
    }

    gatehouse_status http(const gatehouse_http_request* const* requests, size_t count, bool all) {
        if (count == 0 || count > k_most_parallel || !requests) return broke("http: 1 to 64 requests can be asked for");
        AskHttp wanted{{}, all};
        for (size_t i = 0; i < count; ++i)
            if (const auto status = plan(requests[i], wanted.requests.emplace_back()); status != GATEHOUSE_OK) return status;
        return ask(std::move(wanted));
    }

    gatehouse_status sleep(int64_t duration) {
        if (duration < 0 || duration > k_most_wait) return broke("sleep: the duration must be 0 to 86400000 ms");
        return ask(AskSleep{Millis(duration)});
    }

    gatehouse_status put_state(const gatehouse_state_entry* entries, size_t count) {
        AskState wanted;
        if (auto reason = state("put_state", entries, count, wanted.changes); !reason.empty()) return broke(std::move(reason));
        return ask(std::move(wanted));
    }

    gatehouse_status finish(const gatehouse_result* given) {
        gatehouse_result r;
        if (const auto status = read_struct(given, r); status != GATEHOUSE_OK) return broke("finish: struct_size is wrong", status);
        if (r.flags != 0) return broke("finish: unknown flags", GATEHOUSE_UNSUPPORTED);
        if (r.body.size > k_most_response || (r.body.size > 0 && !r.body.data)) return broke("finish: the body is NULL or over 64 MiB");
        if (!sane(r.content_type, 200) || !sane(r.text, 4000)) return broke("finish: content_type or text is too long or not UTF-8");
        JobEnd end;
        if (auto reason = state("finish", r.state, r.state_count, end.state); !reason.empty()) return broke(std::move(reason));
        switch (r.kind) {
            case GATEHOUSE_RESULT_DONE:
                end.value = JobDone{};
                break;
            case GATEHOUSE_RESULT_DOCUMENT: {
                JobDocument document;
                if (r.content_type.size > 0) document.content_type = view(r.content_type);
                if (auto reason = check_field("Content-Type", document.content_type); !reason.empty()) return broke("finish: " + reason);
                document.body = view(r.body);
                end.value = std::move(document);
                break;
            }
            case GATEHOUSE_RESULT_GONE:
                end.value = JobGone{std::string(view(r.text))};
                break;
            case GATEHOUSE_RESULT_RESPONSE: {
                if (r.http_status < 200 || r.http_status > 599) return broke("finish: http_status must be 200 to 599");
                JobResponse response;
                response.response.status = r.http_status;
                response.response.body = view(r.body);
                if (auto reason = read_fields(r.headers, r.header_count, response.response.fields); !reason.empty())
                    return broke("finish: " + reason);
                end.value = std::move(response);
                break;
            }
            default:
                return broke("finish: unknown kind of result");
        }
        return ask(std::move(end));
    }

    gatehouse_status fail(int32_t kind, gatehouse_text why, int64_t retry_after) {
        if (kind < GATEHOUSE_FAIL_RETRY || kind > GATEHOUSE_FAIL_INVALID) return broke("fail: unknown kind");
        const auto wait = Millis(std::clamp<int64_t>(retry_after, 0, 30 * k_most_wait));
        return ask(JobEnd{JobFailure{static_cast<JobFailure::Kind>(kind), std::string(view(why).substr(0, 4000)), wait}, {}});
    }

private:
    std::string state(const char* what, const gatehouse_state_entry* entries, size_t count, std::vector<store::StateChange>& out) {
        auto reason = read_state(entries, count, out);
        if (reason.empty() && !services_.state()->fits(out)) reason = "the source's state would exceed 16 MiB";
        return reason.empty() ? reason : std::string(what) + ": " + reason;
    }

    gatehouse_status plan(const gatehouse_http_request* given, PlannedRequest& out) {
        gatehouse_http_request r;
        if (const auto status = read_struct(given, r); status != GATEHOUSE_OK) return broke("http: struct_size is wrong", status);
        if (r.flags != 0) return broke("http: unknown flags", GATEHOUSE_UNSUPPORTED);
        const auto url = view(r.url);
        const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c != 0x7f; });
        if (url.empty() || !sane(r.url, 8192) || !printable)
            return broke("http: the URL is empty, too long, or holds spaces or control characters");
        if (!is_method(view(r.method))) return broke("http: the method must be upper-case letters, as \"GET\"");
        if (r.body.size > k_most_body || (r.body.size > 0 && !r.body.data)) return broke("http: the body is NULL or over 16 MiB");
        if (r.timeout < 0 || r.timeout > k_most_wait) return broke("http: the timeout must be 0 to 86400000 ms");
        if (r.max_response > k_most_response) return broke("http: max_response must be at most 64 MiB");
        if (!sane(r.share_key, 1024)) return broke("http: share_key must be UTF-8, at most 1024 bytes");
        if (r.header_count > 100 || (r.header_count > 0 && !r.headers)) return broke("http: headers is NULL or holds more than 100");
        out.request.method = view(r.method);
        out.request.url = url;
        out.request.body = view(r.body);
        if (r.timeout > 0) out.request.timeout = Millis(r.timeout);
        if (r.max_response > 0) out.request.max_response = static_cast<size_t>(r.max_response);
        out.share_key = view(r.share_key);
        for (size_t i = 0; i < r.header_count; ++i)
            if (const auto status = plan_field(r.headers[i], out); status != GATEHOUSE_OK) return status;
        return GATEHOUSE_OK;
    }

    gatehouse_status plan_field(const gatehouse_request_header& header, PlannedRequest& out) {
        const auto name = view(header.name), secret = view(header.secret);
        if (auto reason = check_field(name, view(header.value)); !reason.empty()) return broke("http: " + reason);
        if (!secret.empty()) {
            if (const auto reason = services_.secrets().header_fault(secret); !reason.empty())
                return broke("http: header \"" + std::string(name) + "\": secret \"" + std::string(secret.substr(0, 200)) + "\" " + reason);
            out.secrets.push_back({out.request.fields.size(), std::string(secret)});
        }
        out.request.fields.push_back({std::string(name), std::string(view(header.value))});
        return GATEHOUSE_OK;
    }

    const Services& services_;
};

template <auto method, class... Given>
gatehouse_status forward(void* context, Given... given) {
    auto* frame = Frame::active<TurnFrame>(context);
    return frame ? (frame->*method)(given...) : GATEHOUSE_MISUSE;
}

gatehouse_status turn_http(void* context, const gatehouse_http_request* request) {
    return forward<&TurnFrame::http>(context, &request, size_t{1}, false);
}

gatehouse_status turn_http_all(void* context, const gatehouse_http_request* const* requests, size_t count) {
    return forward<&TurnFrame::http>(context, requests, count, true);
}

/// The responses as the plugin sees them; borrowed from the input.
class ResponseList {
public:
    explicit ResponseList(const std::vector<std::shared_ptr<const egress::Response>>& responses)
        : responses_(responses.size()), headers_(responses.size()) {
        for (size_t i = 0; i < responses.size(); ++i) {
            const auto& from = *responses[i];
            for (const auto& field : from.fields) headers_[i].push_back({text(field.name), text(field.value)});
            responses_[i] = {sizeof(gatehouse_http_response),
                             static_cast<int32_t>(from.failure),
                             from.status,
                             0,
                             text(from.error),
                             headers_[i].data(),
                             headers_[i].size(),
                             bytes(from.body)};
            pointers_.push_back(&responses_[i]);
        }
    }
    const gatehouse_http_response* const* data() const { return pointers_.data(); }
    size_t size() const { return pointers_.size(); }

private:
    std::vector<gatehouse_http_response> responses_;
    std::vector<std::vector<gatehouse_header>> headers_;
    std::vector<const gatehouse_http_response*> pointers_;
};

} // namespace

egress::Request PlannedRequest::filled(const Secrets& values) const {
    auto out = request;
    for (const auto& [field, secret] : secrets)
        if (const Secret* value = values.value(secret, 0)) out.fields[field].value += value->reveal();
    return out;
}

Asked step(const Job::State& job, const StepInput& given) {
    TurnFrame frame(*job.source);
    const ResponseList responses(given.responses);
    const gatehouse_job_input input{sizeof(gatehouse_job_input), given.kind, responses.data(), responses.size(), given.status, 0};
    const gatehouse_turn turn{sizeof(gatehouse_turn),
                              0,
                              frame.context(),
                              turn_http,
                              turn_http_all,
                              forward<&TurnFrame::sleep>,
                              forward<&TurnFrame::put_state>,
                              forward<&TurnFrame::finish>,
                              forward<&TurnFrame::fail>};
    const auto fault = [&](std::string_view what) {
        return JobEnd{JobFailure{JobFailure::Kind::fault, job.source->services().fault("step", what).reason, Millis{0}}, {}};
    };
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = job.job.step(job.job.state, &input, &turn);
    } catch (...) {
        return fault("threw an exception across the border");
    }
    if (status == GATEHOUSE_OK && frame.answers() == 1 && !frame.misused()) return std::move(*frame.asked);
    if (status == k_away && job.source->isolated()) return JobEnd{JobFailure{JobFailure::Kind::retry, frame.fail_text(), Millis{0}}, {}};
    return fault(frame.fault(status, "asked for nothing"));
}

} // namespace gh::plugin
