// Jobs of a plugin in a worker process.
#include "core/plugin/worker_jobs.hpp"

#include "core/plugin/worker_replies.hpp"

namespace gh::plugin {

namespace {

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
    const auto replayed = replay_step(in, turn);
    if (!replayed.sense) return remote_.lied(current, "step");
    if (replayed.status == k_told) Frame::set_fail_text(replayed.fault);
    return replayed.status;
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
