#include "core/http/connection.hpp"

#include <sys/epoll.h>

#include <exception>

namespace gh::http {

Connection::Connection(LoopContext& context, int fd, std::unique_ptr<TlsSession> tls, std::string remote, std::string address)
    : context_(context), reader_(context.limits), remote_(std::move(remote)), address_(std::move(address)) {
    phase_ = tls ? Phase::handshake : Phase::idle;
    channel_.emplace(fd, std::move(tls));
    set_deadline(phase_ == Phase::handshake ? context.limits.tls_handshake : context.limits.idle);
}

void Connection::set_phase(Phase phase) {
    const auto is_active = [](Phase p) { return p == Phase::body || p == Phase::working || p == Phase::writing || p == Phase::streaming; };
    context_.active += static_cast<size_t>(is_active(phase));
    context_.active -= static_cast<size_t>(is_active(phase_));
    context_.lingering += static_cast<size_t>(phase == Phase::lingering);
    context_.lingering -= static_cast<size_t>(phase_ == Phase::lingering);
    phase_ = phase;
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    if (exchange_) {
        exchange_->alive.store(false);
        release_exchange();
    }
    context_.body_bytes -= charged_;
    charged_ = 0;
    set_phase(Phase::closed);
    context_.deadlines.cancel(deadline_);
    channel_.reset();
    context_.bury(*this);
}

void Connection::on_events(uint32_t events) {
    if (phase_ == Phase::closed) return;
    if (events & (EPOLLERR | EPOLLHUP)) return close();
    if ((events & EPOLLOUT) && channel_->pending() > 0) on_writable();
    if (phase_ == Phase::closed || !(events & (EPOLLIN | EPOLLRDHUP))) return;
    channel_->set_readable(events & EPOLLRDHUP);
    // Who listens to a stream and closes his side has left; who sent a request and closes his side may wait for the answer.
    if (phase_ == Phase::streaming && channel_->peer_ended()) return close();
    read_input();
}

void Connection::resume() {
    if (phase_ != Phase::closed) read_input();
}

void Connection::on_deadline() {
    switch (phase_) {
        case Phase::handshake:
            report(refusals::k_slow_tls);
            return close();
        case Phase::idle:
        case Phase::lingering:
            return close();
        case Phase::head:
            return refuse(refusals::k_slow_head);
        case Phase::body:
            return check_body_rate();
        case Phase::writing:
        case Phase::streaming:
            return check_write_rate();
        case Phase::working:
        case Phase::closed:
            return;
    }
}

void Connection::drain() {
    if (phase_ == Phase::streaming) {
        const auto exchange = exchange_;
        return end_stream(*exchange);
    }
    if (phase_ != Phase::idle && phase_ != Phase::handshake) return;
    // A request may have arrived that no event has told of yet.
    channel_->set_readable(false);
    read_input();
    if (phase_ == Phase::idle || phase_ == Phase::handshake) close();
}

void Connection::read_input() {
    for (int i = 0; i < k_reads_per_round && wants_input(); ++i) {
        const auto read = channel_->read(context_.scratch);
        switch (read.io) {
            case Channel::Io::blocked:
                return;
            case Channel::Io::ended:
                return on_peer_ended();
            case Channel::Io::failed:
                if (phase_ == Phase::handshake) report(refusals::k_tls, channel_->tls()->failure());
                return close();
            case Channel::Io::ok:
                break;
        }
        if (phase_ == Phase::handshake && channel_->handshake_done()) finish_handshake();
        if (!read.data.empty()) take_input(read.data);
        if (phase_ == Phase::closed) return;
    }
    if (wants_input()) context_.resume_later(*this);
}

void Connection::finish_handshake() {
    client_certificate_ = channel_->tls()->peer_subject();
    set_phase(Phase::idle);
    set_deadline(context_.limits.idle);
}

void Connection::on_peer_ended() {
    if (phase_ == Phase::head || phase_ == Phase::body)
        refuse(refusals::k_truncated);
    else
        close();
}

void Connection::take_input(std::string_view data) {
    if (phase_ == Phase::lingering) {
        lingered_ += data.size();
        if (lingered_ > k_linger_bytes) close();
        return;
    }
    if (in_.empty()) {
        const size_t used = process(data);
        if (phase_ != Phase::closed && !refused_) in_.assign(data.substr(used));
    } else {
        in_ += data;
        process_buffered();
    }
}

void Connection::process_buffered() {
    in_used_ += process(std::string_view(in_).substr(in_used_));
    if (in_used_ < in_.size() && !refused_) return;
    in_used_ = 0;
    if (in_.capacity() > 4096)
        std::string().swap(in_);
    else
        in_.clear();
}

size_t Connection::process(std::string_view data) {
    processing_ = true;
    size_t used = 0;
    while (reads_requests() && (used < data.size() || phase_ == Phase::body)) {
        const auto progress = reader_.consume(data.substr(used));
        used += progress.consumed;
        if (phase_ == Phase::body) {
            received_ += progress.consumed;
            if (!charge_body()) break;
        }
        if (progress.step == RequestReader::Step::more) {
            // Some clients send an empty line behind a body: that begins no request and no deadline (RFC 9112 section 2.2).
            const auto rest = data.substr(used);
            if (phase_ != Phase::idle || !std::string_view("\r\n").starts_with(rest)) time_input();
            break;
        }
        if (progress.step == RequestReader::Step::head)
            on_head(used < data.size());
        else if (progress.step == RequestReader::Step::complete)
            submit();
        else
            refuse(reader_.refusal());
    }
    processing_ = false;
    return used;
}

// Deadlines of head and body are set only once it is clear that they did not come in one piece.
void Connection::time_input() {
    if (phase_ == Phase::idle) {
        set_phase(Phase::head);
        set_deadline(context_.limits.head_deadline);
    } else if (phase_ == Phase::body && !body_timed_) {
        body_timed_ = true;
        mark_ = 0;
        set_deadline(context_.limits.body_grace);
    }
}

void Connection::check_body_rate() {
    const auto window = std::min(k_rate_window, std::max(context_.limits.body_grace, Millis(100)));
    const uint64_t least = mark_ == 0 ? 1 : context_.limits.body_rate * static_cast<uint64_t>(window.count()) / 1000;
    if (received_ - mark_ < least) return refuse(refusals::k_slow_body);
    mark_ = received_;
    set_deadline(window);
}

bool Connection::charge_body() {
    const size_t size = reader_.request().body.size();
    context_.body_bytes += size - charged_;
    charged_ = size;
    if (size == 0 || context_.body_bytes <= context_.limits.body_bytes_total) return true;
    refuse(refusals::k_bodies_full);
    return false;
}

void Connection::on_head(bool body_waits) {
    auto& request = reader_.request();
    request.remote = remote_;
    request.secure = channel_->tls() != nullptr;
    request.client_certificate = client_certificate_;
    request.received_at = context_.wall;
    http_1_0_ = reader_.http_1_0();
    keep_alive_ = reader_.keep_alive();
    head_only_ = request.method == "HEAD";
    set_phase(Phase::body);
    Admission admission = Response{};
    try {
        admission = context_.handler.admit(request);
    } catch (const std::exception& e) {
        context_.log.error("http", "admitting a request failed", {{"server", context_.name}, {"reason", e.what()}});
        admission = unavailable(k_retry_after, "The request could not be looked at.");
    }
    if (const auto* response = std::get_if<Response>(&admission)) {
        ++context_.requests;
        if (reader_.has_body()) {
            keep_alive_ = false;
            refused_ = true;
        }
        reader_.reset();
        return answer(*response);
    }
    auto& admitted = std::get<Admitted>(admission);
    if (const auto* refusal = reader_.admit(admitted.max_body)) return refuse(*refusal);
    admitted_ = std::move(admitted.context);
    received_ = 0;
    body_timed_ = false;
    if (!reader_.expects_continue() || !reader_.has_body() || body_waits) return;
    if (channel_->send("HTTP/1.1 100 Continue\r\n\r\n", {}) == Channel::Io::failed) close();
}

void Connection::submit() {
    auto state = std::make_shared<Exchange::State>();
    state->request = std::move(reader_.request());
    state->context = std::move(admitted_);
    state->mailbox = context_.mailbox;
    state->connection = this;
    state->charged = std::exchange(charged_, 0);
    reader_.reset();
    stream_begun_ = false;
    exchange_ = state;
    set_phase(Phase::working);
    ++context_.requests;
    context_.completed.emplace_back(std::move(state));
}

} // namespace gh::http
