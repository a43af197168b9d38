// The calls into a worker's plugin, and its answers written down.
#include "core/plugin/job_state.hpp"
#include "core/plugin/turn.hpp"
#include "core/plugin/worker_replies.hpp"
#include "core/plugin/worker_runtime.hpp"

#include <stdexcept>

namespace gh::plugin {

namespace {

void say(wire::Writer& out, Said what) {
    out.u8(static_cast<uint8_t>(what));
}

void write_refusal(wire::Writer& out, const Refusal& refusal) {
    say(out, Said::refuse);
    out.u32(static_cast<uint32_t>(refusal.http_status));
    out.text(refusal.code);
    out.text(refusal.hint);
    wire::write(out, refusal.fields);
}

void write_fault(wire::Writer& out, const Fault& fault) {
    say(out, Said::fault);
    out.text(fault.reason);
}

void write_end(wire::Writer& out, const JobEnd& end) {
    const auto wants = [&](Wants what) { out.u8(static_cast<uint8_t>(what)); };
    if (const auto* failure = std::get_if<JobFailure>(&end.value)) {
        if (failure->kind == JobFailure::Kind::fault) {
            wants(Wants::fault);
            out.text(failure->text);
            return;
        }
        wants(Wants::failure);
        out.u32(static_cast<uint32_t>(failure->kind));
        out.text(failure->text);
        out.i64(failure->retry_after.count());
        return;
    }
    if (const auto* document = std::get_if<JobDocument>(&end.value)) {
        wants(Wants::document);
        out.text(document->content_type);
        out.text(document->body);
    } else if (const auto* gone = std::get_if<JobGone>(&end.value)) {
        wants(Wants::gone);
        out.text(gone->reason);
    } else if (const auto* response = std::get_if<JobResponse>(&end.value)) {
        wants(Wants::response);
        out.u32(static_cast<uint32_t>(response->response.status));
        wire::write(out, response->response.fields);
        out.text(response->response.body);
    } else {
        wants(Wants::done);
    }
    wire::write(out, end.state);
}

void write_http(wire::Writer& out, const AskHttp& ask) {
    out.u8(static_cast<uint8_t>(ask.all ? Wants::http_all : Wants::http));
    out.u32(static_cast<uint32_t>(ask.requests.size()));
    for (const auto& planned : ask.requests) {
        const auto& request = planned.request;
        out.text(request.method);
        out.text(request.url);
        out.u32(static_cast<uint32_t>(request.fields.size()));
        for (size_t i = 0; i < request.fields.size(); ++i) {
            out.text(request.fields[i].name);
            out.text(request.fields[i].value);
            std::string_view secret;
            for (const auto& one : planned.secrets)
                if (one.field == i) secret = one.secret;
            out.text(secret);
        }
        out.text(request.body);
        out.i64(request.timeout.count());
        out.u64(request.max_response);
        out.text(planned.share_key);
    }
}

StepInput read_input(wire::Reader& in) {
    StepInput input;
    input.kind = static_cast<int32_t>(in.u32());
    input.status = static_cast<int32_t>(in.u32());
    for (size_t i = 0, n = in.count(64, 20); i < n; ++i) {
        auto response = std::make_shared<egress::Response>();
        response->failure = static_cast<egress::Failure>(in.u32());
        response->status = static_cast<int>(in.u32());
        response->error = in.text();
        for (const auto& header : wire::read_headers(in))
            response->fields.push_back({std::string(view(header.name)), std::string(view(header.value))});
        response->body = in.text();
        input.responses.push_back(std::move(response));
    }
    return input;
}

/// The server's messages are sound; if one is not, this program has a mistake, and the process must not go on.
void must(bool good) {
    if (!good) throw std::runtime_error("a message from the server is damaged");
}

} // namespace

uint64_t WorkerSource::keep(Job job) {
    const std::lock_guard lock(mutex_);
    jobs_.emplace(++last_job_, std::move(job));
    return last_job_;
}

void WorkerSource::write(wire::Writer& out, Verdict verdict) {
    if (const auto* a = std::get_if<Acceptance>(&verdict)) {
        say(out, Said::accept);
        out.u32(a->trust == store::Trust::verified ? GATEHOUSE_TRUST_VERIFIED : GATEHOUSE_TRUST_UNVERIFIED_ORIGIN);
        out.i64(a->signed_at ? to_unix_ms(*a->signed_at) : GATEHOUSE_NO_TIME);
        out.i64(a->tolerance_past.count());
        out.i64(a->tolerance_future.count());
        out.text(a->replay_id);
    } else if (const auto* refusal = std::get_if<Refusal>(&verdict)) {
        write_refusal(out, *refusal);
    } else if (auto* job = std::get_if<Job>(&verdict)) {
        say(out, Said::job);
        out.u64(keep(std::move(*job)));
    } else {
        write_fault(out, std::get<Fault>(verdict));
    }
}

void WorkerSource::write(wire::Writer& out, Outcome outcome) {
    if (const auto* e = std::get_if<EventDraft>(&outcome)) {
        say(out, Said::event);
        out.u32(e->body_may_vary ? GATEHOUSE_EVENT_BODY_MAY_VARY : 0);
        for (const std::string* part : {&e->dedupe_key, &e->type, &e->subject, &e->ordering_key}) out.text(*part);
        out.i64(e->occurred_at ? to_unix_ms(*e->occurred_at) : GATEHOUSE_NO_TIME);
        out.u32(static_cast<uint32_t>(e->http_status));
        out.u32(e->trust == store::Trust::verified ? GATEHOUSE_TRUST_VERIFIED : GATEHOUSE_TRUST_UNVERIFIED_ORIGIN);
    } else if (const auto* direct = std::get_if<DirectResponse>(&outcome)) {
        say(out, Said::respond);
        out.u32(static_cast<uint32_t>(direct->response.status));
        wire::write(out, direct->response.fields);
        out.text(direct->response.body);
        wire::write(out, direct->state);
    } else if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
        write_refusal(out, *refusal);
    } else if (auto* job = std::get_if<Job>(&outcome)) {
        say(out, Said::job);
        out.u64(keep(std::move(*job)));
    } else {
        write_fault(out, std::get<Fault>(outcome));
    }
}

std::string WorkerSource::receive(wire::Reader& in, Lane& lane, std::string memory) {
    const auto now = from_unix_ms(in.i64());
    const WorkerTurn turn(lane, now, in.u64());
    wire::Writer out(wire::Kind::receive, std::move(memory));
    wire::RequestView request;
    const auto count = in.count(10'000, 40);
    out.u32(static_cast<uint32_t>(count));
    const auto& enrolled = source_->enrolled();
    for (size_t i = 0; i < count; ++i) {
        const auto what = in.u8();
        const size_t verifier = in.u32(), route = in.u32();
        read(in, request);
        must(in.ok() && verifier < enrolled.verifiers.size() && route < std::max<size_t>(1, enrolled.routes.size()));
        std::optional<Acceptance> accepted;
        const auto verdict = out.begin_text();
        if (what & k_verify) {
            auto given = source_->verify_at(verifier, request.request);
            const auto* acceptance = std::get_if<Acceptance>(&given);
            if (acceptance && (what & k_handle) && !check_window(*acceptance, now)) accepted = *acceptance;
            write(out, std::move(given));
        } else {
            auto& a = accepted.emplace();
            a.trust = in.u32() == GATEHOUSE_TRUST_VERIFIED ? store::Trust::verified : store::Trust::unverified_origin;
            if (const auto at = in.i64(); at != GATEHOUSE_NO_TIME) a.signed_at = from_unix_ms(at);
            a.tolerance_past = Millis(in.i64());
            a.tolerance_future = Millis(in.i64());
            a.replay_id = in.text();
            must(in.ok());
        }
        out.end_text(verdict);
        const auto outcome = out.begin_text();
        if (accepted) write(out, source_->handle_at(route, request.request, *accepted));
        out.end_text(outcome);
    }
    must(in.done());
    return out.take();
}

std::variant<Job, Fault> WorkerSource::begin(wire::Reader& in) const {
    const auto how = in.u8();
    const size_t index = in.u32();
    if (how == k_begin_operation) {
        const auto arguments = in.text();
        must(in.done() && index < source_->enrolled().operations.size());
        return source_->operation_at(index, arguments);
    }
    gatehouse_stored_event event{};
    event.struct_size = sizeof event;
    event.attempt = in.u32();
    for (auto* part : {&event.id, &event.type, &event.subject, &event.dedupe_key, &event.ordering_key}) *part = text(in.text());
    event.received_at = in.i64();
    event.occurred_at = in.i64();
    wire::RequestView request;
    read(in, request);
    event.request = &request.request;
    must(in.done() && index < source_->enrolled().fetch_backs.size());
    return source_->fetch_back_at(index, event);
}

std::string WorkerSource::step(wire::Reader& in, Lane& lane) {
    const auto now = from_unix_ms(in.i64());
    const WorkerTurn turn(lane, now, in.u64());
    auto id = in.u64();
    wire::Reader how(in.text());
    const auto input = read_input(in);
    must(in.done());
    wire::Writer out(wire::Kind::step);
    std::optional<Job> job;
    if (id == 0) {
        auto begun = begin(how);
        if (const auto* fault = std::get_if<Fault>(&begun)) {
            out.u64(0);
            out.u8(static_cast<uint8_t>(Wants::fault));
            out.text(fault->reason);
            return out.bytes();
        }
        job = std::get<Job>(std::move(begun));
    } else {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        must(found != jobs_.end());
        job = std::move(found->second);
        jobs_.erase(found);
    }
    const auto asked = plugin::step(job->state(), input);
    if (const auto* end = std::get_if<JobEnd>(&asked)) {
        job.reset();
        out.u64(0);
        write_end(out, *end);
        return out.bytes();
    }
    if (id == 0) {
        id = keep(std::move(*job));
    } else {
        const std::lock_guard lock(mutex_);
        jobs_.emplace(id, std::move(*job));
    }
    out.u64(id);
    if (const auto* http = std::get_if<AskHttp>(&asked)) {
        write_http(out, *http);
    } else if (const auto* sleep = std::get_if<AskSleep>(&asked)) {
        out.u8(static_cast<uint8_t>(Wants::sleep));
        out.i64(sleep->duration.count());
    } else {
        out.u8(static_cast<uint8_t>(Wants::state));
        wire::write(out, std::get<AskState>(asked).changes);
    }
    return out.bytes();
}

std::string WorkerSource::drop(wire::Reader& in, Lane& lane) {
    const auto id = in.u64();
    must(in.done());
    const WorkerTurn turn(lane, SystemClock().now(), 0);
    std::optional<Job> job;
    {
        const std::lock_guard lock(mutex_);
        const auto found = jobs_.find(id);
        if (found != jobs_.end()) {
            job = std::move(found->second);
            jobs_.erase(found);
        }
    }
    job.reset();
    return wire::Writer(wire::Kind::drop).bytes();
}

} // namespace gh::plugin
