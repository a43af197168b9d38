#include "core/http/connection.hpp"

namespace gh::http {

namespace {

// Below this, one copy is cheaper than a second piece for the kernel to gather.
constexpr size_t k_copied_body = 2048;

Response refusal_response(const Refusal& refusal, std::string_view detail) {
    std::string text = "The client sent " + std::string(refusal.text);
    text += detail.empty() ? "." : ": " + std::string(detail);
    if (refusal.status == 503) return unavailable(Connection::k_retry_after, text);
    auto response = problem(refusal.status, reason_phrase(refusal.status), text);
    if (refusal.status == 405) response.fields.push_back({"Allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"});
    return response;
}

} // namespace

void Connection::refuse(const Refusal& refusal, std::string_view detail) {
    report(refusal, detail);
    // Only what was split has a method; a head that is refused before is answered with a body.
    head_only_ = reader_.request().method == "HEAD";
    keep_alive_ = false;
    refused_ = true;
    context_.body_bytes -= std::exchange(charged_, 0);
    reader_.reset();
    answer(refusal_response(refusal, detail));
}

void Connection::on_posted(Exchange::State& state) {
    if (!state.streaming) {
        answer(state.response);
        return;
    }
    if (!stream_begun_) begin_stream(state);
    if (phase_ == Phase::streaming) pump_stream(state);
}

void Connection::release_exchange() {
    exchange_->connection = nullptr;
    exchange_.reset();
}

void Connection::answer(const Response& response) {
    close_ = response.close || response.cut || !keep_alive_ || context_.draining;
    auto& text = context_.scratch.text;
    text.clear();
    write_head(text, response, context_.date, {.close = close_});
    std::string_view body = response.body;
    if (response.cut) body = body.substr(0, body.size() / 2);
    if (head_only_ || is_bodiless(response.status)) body = {};
    if (body.size() <= k_copied_body) {
        text += body;
        body = {};
    }
    const auto io = channel_->send(text, body);
    if (exchange_) release_exchange();
    after_send(io);
}

void Connection::after_send(Channel::Io io) {
    if (io == Channel::Io::failed) return close();
    if (channel_->pending() == 0) return finish_answer();
    set_phase(Phase::writing);
    start_write_window();
}

void Connection::finish_answer() {
    if (close_) return end();
    set_phase(Phase::idle);
    set_deadline(context_.limits.idle);
    if (processing_) return;
    if (!in_.empty()) process_buffered();
    if (phase_ != Phase::closed && wants_input()) context_.resume_later(*this);
}

// RFC 9112 section 9.6: closing with unread input would make the kernel send RST, and the client might lose the answer.
void Connection::end() {
    if (!refused_ && in_used_ == in_.size() && !processing_ && !channel_->readable() && !channel_->tls()) return close();
    channel_->finish();
    set_phase(Phase::lingering);
    set_deadline(k_linger);
    channel_->set_readable(false);
    context_.resume_later(*this);
}

void Connection::begin_stream(Exchange::State& state) {
    stream_begun_ = true;
    stream_unsent_ = 0;
    const bool bodiless = head_only_ || is_bodiless(state.response.status);
    stream_chunked_ = !http_1_0_;
    close_ = state.response.close || !keep_alive_ || context_.draining;
    auto& text = context_.scratch.text;
    text.clear();
    write_head(text, state.response, context_.date,
               {.close = close_, .chunked = stream_chunked_ && !is_bodiless(state.response.status), .unframed = true});
    const auto io = channel_->send(text, {});
    if (io == Channel::Io::failed) return close();
    set_phase(Phase::streaming);
    if (bodiless) {
        state.alive.store(false);
        release_exchange();
        return after_send(io);
    }
    if (context_.draining) return end_stream(state);
    if (channel_->pending() > 0) start_write_window();
    if (channel_->peer_ended()) close();
}

void Connection::pump_stream(Exchange::State& state) {
    std::string data;
    bool ended = false;
    {
        const std::lock_guard lock(state.stream_mutex);
        data.swap(state.stream_data);
        ended = state.stream_ended;
    }
    auto& text = context_.scratch.text;
    text.clear();
    if (!data.empty()) {
        if (stream_chunked_)
            write_chunk(text, data);
        else
            text = data;
    }
    if (ended && stream_chunked_) text += "0\r\n\r\n";
    stream_unsent_ += data.size();
    const bool was_clear = channel_->pending() == 0;
    const auto io = text.empty() ? Channel::Io::ok : channel_->send(text, {});
    if (io == Channel::Io::failed) return close();
    if (text.capacity() > Scratch::k_read) std::string().swap(text);
    settle_stream(state);
    if (ended) {
        release_exchange();
        return after_send(io);
    }
    if (was_clear && channel_->pending() > 0) start_write_window();
}

// The server ends it, not its writer.
void Connection::end_stream(Exchange::State& state) {
    state.alive.store(false);
    {
        const std::lock_guard lock(state.stream_mutex);
        state.stream_ended = true;
    }
    close_ = true;
    pump_stream(state);
}

void Connection::settle_stream(Exchange::State& state) {
    const size_t left = std::min(channel_->pending(), stream_unsent_);
    state.unsent.fetch_sub(stream_unsent_ - left);
    stream_unsent_ = left;
}

void Connection::on_writable() {
    if (channel_->flush() == Channel::Io::failed) return close();
    if (phase_ == Phase::streaming)
        settle_stream(*exchange_);
    else if (phase_ == Phase::writing && channel_->pending() == 0)
        finish_answer();
}

void Connection::start_write_window() {
    mark_ = channel_->sent_total();
    set_deadline(context_.limits.write_deadline);
}

void Connection::check_write_rate() {
    if (channel_->pending() == 0) return;
    const auto least = context_.limits.body_rate * static_cast<uint64_t>(context_.limits.write_deadline.count()) / 1000;
    if (channel_->sent_total() - mark_ < std::max<uint64_t>(least, 1)) {
        report(refusals::k_slow_reader);
        return close();
    }
    start_write_window();
}

} // namespace gh::http
