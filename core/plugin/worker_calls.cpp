// The calls for which a sender waits, on their way to the worker process and back.
#include "core/plugin/worker_calls.hpp"

#include "core/plugin/worker_jobs.hpp"

namespace gh::plugin {

namespace {

/// Memory of a thread's last batch: the next one will be about as large.
thread_local std::string t_request, t_reply;
constexpr size_t k_keep = 1u << 20; // that of a larger one is not kept

void keep(std::string& place, std::string memory) {
    if (memory.capacity() <= k_keep) place = std::move(memory);
}

} // namespace

RemoteBatch::RemoteBatch(Remote& remote)
    : remote_(remote), current_(remote.current()), request_(wire::Kind::receive, std::move(t_request)), reply_(std::move(t_reply)) {
    request_.i64(remote.now());
    request_.u64(remote.services_.state()->version());
    count_at_ = request_.size();
    request_.u32(0);
}

RemoteBatch::~RemoteBatch() {
    for (const auto& item : items_)
        for (const auto part : {item.verdict, item.outcome})
            if (const auto id = job_in(part); id != 0) drop_later(remote_, current_.number, id);
    keep(t_request, request_.take());
    keep(t_reply, std::move(reply_));
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

MakeJob RemoteBatch::make_job() {
    return [this](uint64_t id) { return RemoteJob::begun(remote_, current_.number, id); };
}

gatehouse_status RemoteBatch::away() const {
    Frame::set_fail_text(fail_text_);
    return status_;
}

gatehouse_status RemoteBatch::given(const Replayed& replayed) {
    if (!replayed.sense) return remote_.lied(current_, function_);
    if (replayed.status == k_told) Frame::set_fail_text(replayed.fault);
    return replayed.status;
}

gatehouse_status RemoteBatch::verdict(size_t request, const gatehouse_verify_answer& answer) {
    if (status_ != GATEHOUSE_OK) return away();
    return given(replay_verdict(std::exchange(items_[request].verdict, {}), answer, make_job()));
}

gatehouse_status RemoteBatch::outcome(size_t request, const gatehouse_handle_answer& answer) {
    if (status_ != GATEHOUSE_OK) return away();
    return given(replay_outcome(std::exchange(items_[request].outcome, {}), answer, make_job()));
}

gatehouse_status Remote::verify(void* user, const gatehouse_request* request, const gatehouse_verify_answer* answer) {
    const auto& entry = *static_cast<Entry*>(user);
    RemoteBatch batch(*entry.remote);
    batch.add_verify(entry.index, *request);
    batch.run();
    return batch.verdict(0, *answer);
}

gatehouse_status Remote::enroll(const gatehouse_registry& registry) {
    const auto refused = [](const std::string& why) {
        Frame::set_fail_text(why);
        return GATEHOUSE_FAILED;
    };
    if (!enroll_fault_.empty()) return refused(enroll_fault_);
    const EnrolledCalls calls{verify, handle, fetch_back, operation, [this](size_t index) -> void* {
                                  return &entries_.emplace_back(Entry{this, static_cast<uint32_t>(index)});
                              }};
    if (replay_enrolled(enrolled_, registry, calls)) return GATEHOUSE_OK;
    return refused("the plugin's process told what it enrolled in a way that makes no sense");
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
