// The calls for which a sender waits, on their way to the worker process and back.
#include "core/plugin/worker_source.hpp"

namespace gh::plugin {

RemoteBatch::RemoteBatch(Remote& remote) : remote_(remote), current_(remote.current()), request_(wire::Kind::receive) {
    request_.i64(remote.now());
    request_.u64(remote.services_.state()->version());
    count_at_ = request_.size();
    request_.u32(0);
}

RemoteBatch::~RemoteBatch() {
    for (const auto& item : items_)
        for (const auto part : {item.verdict, item.outcome}) {
            wire::Reader in(part);
            if (static_cast<Said>(in.u8()) != Said::job) continue;
            if (const auto id = in.u64(); id != 0) drop_later(remote_, current_.number, id);
        }
}

void RemoteBatch::add(uint8_t what, size_t verifier, size_t route, const gatehouse_request& request) {
    request_.u8(what);
    request_.u32(static_cast<uint32_t>(verifier));
    request_.u32(static_cast<uint32_t>(route));
    write(request_, request);
    ++count_;
}

void RemoteBatch::add(size_t verifier, size_t route, const gatehouse_request& request) {
    add(k_verify | k_handle, verifier, route, request);
}

void RemoteBatch::add_verify(size_t verifier, const gatehouse_request& request) {
    add(k_verify, verifier, 0, request);
    function_ = "verify";
}

void RemoteBatch::add_handle(size_t route, const gatehouse_request& request, const gatehouse_acceptance& acceptance) {
    add(k_handle, 0, route, request);
    request_.u32(acceptance.trust);
    request_.i64(acceptance.signed_at);
    request_.i64(acceptance.tolerance_past);
    request_.i64(acceptance.tolerance_future);
    request_.text(view(acceptance.replay_id));
    function_ = "handle";
}

void RemoteBatch::run() {
    request_.set_u32(count_at_, count_);
    const Frame frame(remote_.mark());
    if (!remote_.call(current_, function_, request_.bytes(), wire::Kind::receive, reply_)) {
        status_ = k_away;
        fail_text_ = frame.fail_text();
        return;
    }
    wire::Reader in(reply_);
    in.u8();
    items_.resize(in.count(count_, 8));
    for (auto& item : items_) {
        item.verdict = in.text();
        item.outcome = in.text();
    }
    if (in.done() && items_.size() == count_) return;
    items_.clear();
    status_ = remote_.lied(current_, function_);
    fail_text_ = frame.fail_text();
}

gatehouse_status RemoteBatch::give_job(uint64_t id, void* context, gatehouse_status (*take)(void*, const gatehouse_job*)) {
    if (id == 0) return remote_.lied(current_, function_);
    const auto job = RemoteJob::begun(remote_, current_.number, id);
    const auto status = take(context, &job);
    if (status != GATEHOUSE_OK) job.drop(job.state);
    return GATEHOUSE_OK;
}

gatehouse_status RemoteBatch::refuse(wire::Reader& in, void* context, gatehouse_status (*give)(void*, const gatehouse_refusal*)) {
    gatehouse_refusal refusal{};
    refusal.struct_size = sizeof refusal;
    refusal.http_status = static_cast<int32_t>(in.u32());
    refusal.code = text(in.text());
    refusal.hint = text(in.text());
    const auto headers = wire::read_headers(in);
    refusal.headers = headers.data();
    refusal.header_count = headers.size();
    if (!in.done()) return remote_.lied(current_, function_);
    give(context, &refusal);
    return GATEHOUSE_OK;
}

gatehouse_status RemoteBatch::verdict(size_t request, const gatehouse_verify_answer& answer) {
    if (status_ != GATEHOUSE_OK) {
        Frame::set_fail_text(fail_text_);
        return status_;
    }
    wire::Reader in(std::exchange(items_[request].verdict, {}));
    switch (static_cast<Said>(in.u8())) {
        case Said::accept: {
            gatehouse_acceptance acceptance{};
            acceptance.struct_size = sizeof acceptance;
            acceptance.trust = in.u32();
            acceptance.signed_at = in.i64();
            acceptance.tolerance_past = in.i64();
            acceptance.tolerance_future = in.i64();
            acceptance.replay_id = text(in.text());
            if (!in.done()) break;
            answer.accept(answer.context, &acceptance);
            return GATEHOUSE_OK;
        }
        case Said::refuse:
            return refuse(in, answer.context, answer.refuse);
        case Said::job: {
            const auto id = in.u64();
            return in.done() ? give_job(id, answer.context, answer.need) : remote_.lied(current_, function_);
        }
        case Said::fault:
            Frame::set_fail_text(in.text());
            if (!in.done()) break;
            return k_told;
        default:
            break;
    }
    return remote_.lied(current_, function_);
}

gatehouse_status RemoteBatch::outcome(size_t request, const gatehouse_handle_answer& answer) {
    if (status_ != GATEHOUSE_OK) {
        Frame::set_fail_text(fail_text_);
        return status_;
    }
    wire::Reader in(std::exchange(items_[request].outcome, {}));
    switch (static_cast<Said>(in.u8())) {
        case Said::event: {
            gatehouse_event event{};
            event.struct_size = sizeof event;
            event.flags = in.u32();
            for (auto* part : {&event.dedupe_key, &event.type, &event.subject, &event.ordering_key}) *part = text(in.text());
            event.occurred_at = in.i64();
            event.http_status = static_cast<int32_t>(in.u32());
            event.trust = in.u32();
            if (!in.done()) break;
            answer.event(answer.context, &event);
            return GATEHOUSE_OK;
        }
        case Said::respond: {
            gatehouse_response response{};
            response.struct_size = sizeof response;
            response.http_status = static_cast<int32_t>(in.u32());
            const auto headers = wire::read_headers(in);
            response.headers = headers.data();
            response.header_count = headers.size();
            response.body = bytes(in.text());
            const auto state = wire::read_state_entries(in);
            response.state = state.data();
            response.state_count = state.size();
            if (!in.done()) break;
            answer.respond(answer.context, &response);
            return GATEHOUSE_OK;
        }
        case Said::refuse:
            return refuse(in, answer.context, answer.refuse);
        case Said::job: {
            const auto id = in.u64();
            return in.done() ? give_job(id, answer.context, answer.job) : remote_.lied(current_, function_);
        }
        case Said::fault:
            Frame::set_fail_text(in.text());
            if (!in.done()) break;
            return k_told;
        default:
            break;
    }
    return remote_.lied(current_, function_);
}

gatehouse_status Remote::verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const auto& entry = *static_cast<Entry*>(user);
    RemoteBatch batch(*entry.remote);
    batch.add_verify(entry.index, *request);
    batch.run();
    return batch.verdict(0, *answer);
}

gatehouse_status Remote::handle(void* user, const gatehouse_request* request, const gatehouse_acceptance* acceptance,
                                const gatehouse_handle_answer* answer) {
    const auto& entry = *static_cast<Entry*>(user);
    RemoteBatch batch(*entry.remote);
    batch.add_handle(entry.index, *request, *acceptance);
    batch.run();
    return batch.outcome(0, *answer);
}

} // namespace gh::plugin
