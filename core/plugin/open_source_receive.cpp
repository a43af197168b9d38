// The calls for which a sender waits: verify and handle, and the answers that a plugin may give to them.
#include "core/plugin/job_state.hpp"
#include "core/plugin/open_source.hpp"
#include "core/plugin/worker_calls.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

constexpr size_t k_most_key = 1024; // dedupe key, replay id, subject, ordering key
constexpr int64_t k_most_tolerance = 366LL * 24 * 3600 * 1000;

/// Shared by both calls: the refusal is the same, and an answer goes to `out`.
template <class Answer>
class ReceiveFrame : public Frame {
public:
    explicit ReceiveFrame(const OpenSource& source) : Frame(source.mark()), source_(source) {}

    template <class Value>
    gatehouse_status set(Value&& value) {
        if (!answer()) return GATEHOUSE_MISUSE;
        out.emplace(std::forward<Value>(value));
        return GATEHOUSE_OK;
    }

    gatehouse_status refuse(const gatehouse_refusal* given) {
        gatehouse_refusal r;
        if (const auto status = read_struct(given, r); status != GATEHOUSE_OK) return broke("refusal: struct_size is wrong", status);
        if (!is_word(view(r.code), "_", 60)) return broke("a refusal's code must be lower-case words joined by \"_\"");
        if (!sane(r.hint, 2000)) return broke("a refusal's hint must be UTF-8, at most 2000 bytes");
        const bool known = r.http_status == 400 || r.http_status == 401;
        Refusal refusal{known ? r.http_status : 403, std::string(view(r.code)), std::string(view(r.hint)), {}};
        if (auto reason = read_fields(r.headers, r.header_count, refusal.fields); !reason.empty()) return broke("refusal: " + reason);
        return set(std::move(refusal));
    }

    gatehouse_status take(const gatehouse_job* job) {
        if (!job || !job->step || !job->drop) return broke("a job must have step and drop");
        if (answers() > 0) return answer(), GATEHOUSE_MISUSE; // refused, so it stays the plugin's: taking it would drop it twice
        return set(Job(std::make_unique<Job::State>(*job, source_.shared_from_this())));
    }

    std::optional<Answer> out;

protected:
    const OpenSource& source_;
};

struct VerifyFrame : ReceiveFrame<Verdict> {
    using ReceiveFrame::ReceiveFrame;

    gatehouse_status accept(const gatehouse_acceptance* given) {
        gatehouse_acceptance a;
        if (const auto status = read_struct(given, a); status != GATEHOUSE_OK) return broke("acceptance: struct_size is wrong", status);
        if (a.trust > GATEHOUSE_TRUST_UNVERIFIED_ORIGIN) return broke("acceptance: unknown trust");
        if (!sane(a.replay_id, k_most_key)) return broke("acceptance: replay_id must be UTF-8, at most 1024 bytes");
        Acceptance acceptance;
        if (a.signed_at != GATEHOUSE_NO_TIME) {
            const auto fits = [](int64_t tolerance) { return tolerance >= 0 && tolerance <= k_most_tolerance; };
            if (!fits(a.tolerance_past) || !fits(a.tolerance_future))
                return broke("acceptance: a tolerance must be 0 to 366 days in milliseconds");
            // Far outside any window either way, and small enough to calculate with.
            acceptance.signed_at = from_unix_ms(std::clamp<int64_t>(a.signed_at, -(1LL << 52), 1LL << 52));
            acceptance.tolerance_past = Millis(a.tolerance_past);
            acceptance.tolerance_future = Millis(a.tolerance_future);
        }
        acceptance.replay_id = view(a.replay_id);
        acceptance.trust = a.trust ? store::Trust::unverified_origin : store::Trust::verified;
        return set(std::move(acceptance));
    }
};

struct HandleFrame : ReceiveFrame<Outcome> {
    HandleFrame(const OpenSource& source, const Acceptance& acceptance) : ReceiveFrame(source), acceptance_(acceptance) {}

    gatehouse_status event(const gatehouse_event* given) {
        gatehouse_event e;
        if (const auto status = read_struct(given, e); status != GATEHOUSE_OK) return broke("event: struct_size is wrong", status);
        if (e.flags & ~GATEHOUSE_EVENT_BODY_MAY_VARY) return broke("event: unknown flags", GATEHOUSE_UNSUPPORTED);
        if (e.type.size == 0 || !sane(e.type, 200)) return broke("event: type must be 1 to 200 bytes of UTF-8");
        for (const auto& part : {e.dedupe_key, e.subject, e.ordering_key})
            if (!sane(part, k_most_key)) return broke("event: dedupe_key, subject and ordering_key must be UTF-8, at most 1024 bytes");
        if (e.http_status != 0 && (e.http_status < 200 || e.http_status > 299)) return broke("event: http_status must be 0 or 200 to 299");
        if (e.trust > GATEHOUSE_TRUST_UNVERIFIED_ORIGIN) return broke("event: unknown trust");
        EventDraft draft;
        draft.dedupe_key = e.dedupe_key.size > 0 ? view(e.dedupe_key) : std::string_view(acceptance_.replay_id);
        draft.type = view(e.type);
        draft.subject = view(e.subject);
        draft.ordering_key = view(e.ordering_key);
        if (e.occurred_at != GATEHOUSE_NO_TIME)
            draft.occurred_at = from_unix_ms(std::clamp<int64_t>(e.occurred_at, -(1LL << 52), 1LL << 52));
        if (e.http_status != 0) draft.http_status = e.http_status;
        // The verifier's doubt stays: handle() cannot take it back.
        draft.trust = e.trust ? store::Trust::unverified_origin : acceptance_.trust;
        draft.body_may_vary = (e.flags & GATEHOUSE_EVENT_BODY_MAY_VARY) != 0;
        return set(std::move(draft));
    }

    gatehouse_status respond(const gatehouse_response* given) {
        gatehouse_response r;
        if (const auto status = read_struct(given, r); status != GATEHOUSE_OK) return broke("response: struct_size is wrong", status);
        if (r.http_status < 200 || r.http_status > 599) return broke("response: http_status must be 200 to 599");
        if (r.body.size > 0 && !r.body.data) return broke("response: body is NULL with a size");
        DirectResponse direct;
        direct.response.status = r.http_status;
        direct.response.body = view(r.body);
        if (auto reason = read_fields(r.headers, r.header_count, direct.response.fields); !reason.empty())
            return broke("response: " + reason);
        if (auto reason = read_state(r.state, r.state_count, direct.state); !reason.empty()) return broke("response: " + reason);
        if (!source_.services().state()->fits(direct.state)) return broke("response: the source's state would exceed 16 MiB");
        return set(std::move(direct));
    }

private:
    const Acceptance& acceptance_;
};

/// A C function that finds its frame and calls `method` on it.
template <auto method>
struct Trampoline;
template <class F, class Given, gatehouse_status (F::*method)(const Given*)>
struct Trampoline<method> {
    template <class Whole>
    static gatehouse_status call(void* context, const Given* given) {
        auto* frame = Frame::active<Whole>(context);
        return frame ? (frame->*method)(given) : GATEHOUSE_MISUSE;
    }
};

// Functions of their own, not inside the templates below: gcc 12 does not define members that only a template's template names.
gatehouse_verify_answer answer_of(const VerifyFrame& frame) {
    return {sizeof(gatehouse_verify_answer),
            0,
            frame.context(),
            Trampoline<&VerifyFrame::accept>::call<VerifyFrame>,
            Trampoline<&VerifyFrame::refuse>::call<VerifyFrame>,
            Trampoline<&VerifyFrame::take>::call<VerifyFrame>};
}

gatehouse_handle_answer answer_of(const HandleFrame& frame) {
    return {sizeof(gatehouse_handle_answer),
            0,
            frame.context(),
            Trampoline<&HandleFrame::event>::call<HandleFrame>,
            Trampoline<&HandleFrame::respond>::call<HandleFrame>,
            Trampoline<&HandleFrame::take>::call<HandleFrame>,
            Trampoline<&HandleFrame::refuse>::call<HandleFrame>};
}

gatehouse_request request_for(const http::Request& request, std::string_view below, const HeaderList& headers) {
    return {sizeof(gatehouse_request),
            0,
            text(request.method),
            text(request.target),
            text(below),
            text(request.query),
            headers.data(),
            headers.size(),
            bytes(request.body),
            text(request.remote),
            to_unix_ms(request.received_at)};
}

} // namespace

template <class Call>
Verdict OpenSource::verified(Call call) const {
    VerifyFrame frame(*this);
    const auto answer = answer_of(frame);
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = call(answer);
    } catch (...) {
        return services_.fault("verify", "threw an exception across the border");
    }
    if (status == GATEHOUSE_OK && frame.answers() == 1 && !frame.misused()) return std::move(*frame.out);
    return failed("verify", frame, status, "answered neither accept, refuse nor need");
}

template <class Call>
Outcome OpenSource::handled(const Acceptance& acceptance, Call call) const {
    HandleFrame frame(*this, acceptance);
    const auto answer = answer_of(frame);
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = call(answer);
    } catch (...) {
        return services_.fault("handle", "threw an exception across the border");
    }
    if (status == GATEHOUSE_OK && frame.answers() == 1 && !frame.misused()) return std::move(*frame.out);
    return failed("handle", frame, status, "answered neither event, respond, job nor refuse");
}

Verdict OpenSource::verify_at(size_t verifier, const gatehouse_request& request) const {
    const auto& enrolled = enrolled_.verifiers[verifier];
    return verified([&](const gatehouse_verify_answer& answer) { return enrolled.verify(enrolled.user, &request, &answer); });
}

Outcome OpenSource::handle_at(size_t route, const gatehouse_request& request, const Acceptance& acceptance) const {
    const auto& enrolled = enrolled_.routes[route];
    const gatehouse_acceptance accepted{
        sizeof(gatehouse_acceptance),
        acceptance.trust == store::Trust::verified ? uint32_t{GATEHOUSE_TRUST_VERIFIED} : GATEHOUSE_TRUST_UNVERIFIED_ORIGIN,
        acceptance.signed_at ? to_unix_ms(*acceptance.signed_at) : GATEHOUSE_NO_TIME,
        acceptance.tolerance_past.count(),
        acceptance.tolerance_future.count(),
        text(acceptance.replay_id)};
    return handled(acceptance,
                   [&](const gatehouse_handle_answer& answer) { return enrolled.handle(enrolled.user, &request, &accepted, &answer); });
}

Verdict OpenSource::verify(const Route& route, const http::Request& request) const {
    const HeaderList headers(request.fields);
    return verify_at(enrolled_.routes[route.index].verifier, request_for(request, below(request.path), headers));
}

Outcome OpenSource::handle(const Route& route, const http::Request& request, const Acceptance& acceptance) const {
    const HeaderList headers(request.fields);
    return handle_at(route.index, request_for(request, below(request.path), headers), acceptance);
}

std::vector<Received> Source::receive(std::span<const Arrival> arrivals, Time now) const {
    std::vector<Received> out;
    out.reserve(arrivals.size());
    for (const auto& [route, request] : arrivals) {
        auto& one = out.emplace_back(Received{verify(*route, *request), std::nullopt});
        const auto* acceptance = std::get_if<Acceptance>(&one.verdict);
        if (acceptance && !check_window(*acceptance, now)) one.outcome = handle(*route, *request, *acceptance);
    }
    return out;
}

std::vector<Received> OpenSource::receive(std::span<const Arrival> arrivals, Time now) const {
    auto* remote = library_->remote(source_);
    if (!remote) return Source::receive(arrivals, now);
    RemoteBatch batch(*remote);
    for (const auto& [route, request] : arrivals) {
        const HeaderList headers(request->fields);
        batch.add(enrolled_.routes[route->index].verifier, route->index, request_for(*request, below(request->path), headers));
    }
    batch.run();
    std::vector<Received> out;
    out.reserve(arrivals.size());
    for (size_t i = 0; i < arrivals.size(); ++i) {
        auto& one = out.emplace_back(
            Received{verified([&](const gatehouse_verify_answer& answer) { return batch.verdict(i, answer); }), std::nullopt});
        const auto* acceptance = std::get_if<Acceptance>(&one.verdict);
        if (!acceptance || check_window(*acceptance, now)) continue;
        // The process looks at the window too, but at its own moment: what it took for too old or too new is asked again.
        if (batch.has_outcome(i))
            one.outcome = handled(*acceptance, [&](const gatehouse_handle_answer& answer) { return batch.outcome(i, answer); });
        else
            one.outcome = handle(*arrivals[i].route, *arrivals[i].request, *acceptance);
    }
    return out;
}

} // namespace gh::plugin
