// Jobs of a plugin in a worker process.
#include "core/plugin/worker_source.hpp"

namespace gh::plugin {

namespace {

constexpr size_t k_most_requests = 64;
constexpr size_t k_least_request = 40, k_least_field = 12;

/// A request as the worker's plugin wants it sent; texts lie in the message.
struct WantedRequest {
    gatehouse_http_request request{};
    std::vector<gatehouse_request_header> headers;
};

void read(wire::Reader& in, WantedRequest& out) {
    auto& request = out.request;
    request.struct_size = sizeof request;
    request.method = text(in.text());
    request.url = text(in.text());
    out.headers.resize(in.count(wire::k_most_headers, k_least_field));
    for (auto& header : out.headers)
        for (auto* part : {&header.name, &header.value, &header.secret}) *part = text(in.text());
    request.headers = out.headers.data();
    request.header_count = out.headers.size();
    request.body = bytes(in.text());
    request.timeout = in.i64();
    request.max_response = in.u64();
    request.share_key = text(in.text());
}

void write(wire::Writer& out, const gatehouse_http_response& response) {
    out.u32(static_cast<uint32_t>(response.net));
    out.u32(static_cast<uint32_t>(response.http_status));
    out.text(view(response.error));
    wire::write(out, response.headers, response.header_count);
    out.text(view(response.body));
}

} // namespace

gatehouse_job RemoteJob::begun(Remote& remote, uint64_t process, uint64_t id) {
    return {new RemoteJob(remote, process, id, {}), step, drop};
}

gatehouse_job RemoteJob::to_begin(Remote& remote, std::string how) {
    return {new RemoteJob(remote, 0, 0, std::move(how)), step, drop};
}

gatehouse_status RemoteJob::step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) {
    return static_cast<RemoteJob*>(state)->step(*input, *turn);
}

void RemoteJob::drop(void* state) {
    const std::unique_ptr<RemoteJob> job(static_cast<RemoteJob*>(state));
    if (job->id_ != 0) drop_later(job->remote_, job->process_, job->id_);
}

gatehouse_status RemoteJob::step(const gatehouse_job_input& input, const gatehouse_turn& turn) {
    const auto current = remote_.current();
    if (how_.empty() && (id_ == 0 || current.number != process_)) {
        Frame::set_fail_text("the plugin's process, which had the job, has ended");
        return k_away;
    }
    wire::Writer out(wire::Kind::step);
    out.i64(remote_.now());
    out.u64(remote_.services_.state()->version());
    out.u64(id_);
    out.text(how_);
    out.u32(static_cast<uint32_t>(input.kind));
    out.u32(static_cast<uint32_t>(input.status));
    out.u32(static_cast<uint32_t>(input.response_count));
    for (size_t i = 0; i < input.response_count; ++i) write(out, *input.responses[i]);
    std::string reply;
    if (!remote_.call(current, "step", out.bytes(), wire::Kind::step, reply)) return k_away;
    wire::Reader in(reply);
    in.u8();
    how_.clear();
    process_ = current.number;
    id_ = in.u64();
    bool sense = true;
    const auto status = give(in, turn, sense);
    return sense ? status : remote_.lied(current, "step");
}

gatehouse_status RemoteJob::give(wire::Reader& in, const gatehouse_turn& turn, bool& sense) const {
    const auto wants = static_cast<Wants>(in.u8());
    const auto good = [&] { return sense = in.done(); };
    gatehouse_result result{};
    result.struct_size = sizeof result;
    std::vector<gatehouse_header> headers;
    const auto finish = [&] {
        const auto state = wire::read_state_entries(in);
        result.state = state.data();
        result.state_count = state.size();
        if (good()) turn.finish(turn.context, &result);
        return GATEHOUSE_OK;
    };
    switch (wants) {
        case Wants::http:
        case Wants::http_all: {
            std::vector<WantedRequest> wanted(in.count(k_most_requests, k_least_request));
            std::vector<const gatehouse_http_request*> pointers;
            for (auto& one : wanted) {
                read(in, one);
                pointers.push_back(&one.request);
            }
            if (!good() || pointers.empty()) return sense = false, GATEHOUSE_FAILED;
            if (wants == Wants::http)
                turn.http(turn.context, pointers[0]);
            else
                turn.http_all(turn.context, pointers.data(), pointers.size());
            return GATEHOUSE_OK;
        }
        case Wants::sleep: {
            const auto duration = in.i64();
            if (good()) turn.sleep(turn.context, duration);
            return GATEHOUSE_OK;
        }
        case Wants::state: {
            const auto entries = wire::read_state_entries(in);
            if (good()) turn.put_state(turn.context, entries.data(), entries.size());
            return GATEHOUSE_OK;
        }
        case Wants::done:
            result.kind = GATEHOUSE_RESULT_DONE;
            return finish();
        case Wants::document:
            result.kind = GATEHOUSE_RESULT_DOCUMENT;
            result.content_type = text(in.text());
            result.body = bytes(in.text());
            return finish();
        case Wants::gone:
            result.kind = GATEHOUSE_RESULT_GONE;
            result.text = text(in.text());
            return finish();
        case Wants::response:
            result.kind = GATEHOUSE_RESULT_RESPONSE;
            result.http_status = static_cast<int32_t>(in.u32());
            headers = wire::read_headers(in);
            result.headers = headers.data();
            result.header_count = headers.size();
            result.body = bytes(in.text());
            return finish();
        case Wants::failure: {
            const auto kind = static_cast<int32_t>(in.u32());
            const auto why = in.text();
            const auto retry_after = in.i64();
            if (good()) turn.fail(turn.context, kind, text(why), retry_after);
            return GATEHOUSE_OK;
        }
        case Wants::fault:
            Frame::set_fail_text(in.text());
            good();
            return k_told;
        case Wants::none:
            break;
    }
    sense = false;
    return GATEHOUSE_FAILED;
}

void drop_later(Remote& remote, uint64_t process, uint64_t id) {
    remote.post([&remote, process, id] { remote.drop(process, id); });
}

void Remote::drop(uint64_t process, uint64_t id) {
    const auto current = this->current();
    if (!current.process || current.number != process) return; // it has ended with its process
    wire::Writer out(wire::Kind::drop);
    out.u64(id);
    std::string reply;
    const Frame frame(mark_);
    call(current, "drop", out.bytes(), wire::Kind::drop, reply);
}

gatehouse_status Remote::fetch_back(void* user, const gatehouse_stored_event* event, gatehouse_job* job) {
    const auto& entry = *static_cast<Entry*>(user);
    wire::Writer how;
    how.u8(k_begin_fetch_back);
    how.u32(entry.index);
    how.u32(event->attempt);
    for (const auto& part : {event->id, event->type, event->subject, event->dedupe_key, event->ordering_key}) how.text(view(part));
    how.i64(event->received_at);
    how.i64(event->occurred_at);
    wire::write(how, *event->request);
    *job = RemoteJob::to_begin(*entry.remote, how.bytes());
    return GATEHOUSE_OK;
}

gatehouse_status Remote::operation(void* user, gatehouse_text arguments, gatehouse_job* job) {
    const auto& entry = *static_cast<Entry*>(user);
    wire::Writer how;
    how.u8(k_begin_operation);
    how.u32(entry.index);
    how.text(view(arguments));
    *job = RemoteJob::to_begin(*entry.remote, how.bytes());
    return GATEHOUSE_OK;
}

} // namespace gh::plugin
