#include "core/http/mailbox.hpp"

namespace gh::http {

Exchange::Exchange(std::shared_ptr<State> state) : state_(std::move(state)) {}

Exchange::Exchange(Exchange&&) noexcept = default;

Exchange& Exchange::operator=(Exchange&& other) noexcept {
    if (this != &other) {
        Exchange old(std::move(*this));
        state_ = std::move(other.state_);
    }
    return *this;
}

Exchange::~Exchange() {
    if (state_ && !state_->answered.load(std::memory_order_relaxed))
        respond(problem(500, reason_phrase(500), "The request was dropped without an answer. Send it again later."));
}

const Request& Exchange::request() const {
    return state_->request;
}

Request Exchange::take_request() {
    return std::exchange(state_->request, {});
}

const std::shared_ptr<const void>& Exchange::context() const {
    return state_->context;
}

void Exchange::respond(Response response) {
    if (state_->answered.exchange(true)) return;
    state_->response = std::move(response);
    state_->mailbox->post(state_);
}

bool Exchange::alive() const {
    return state_->alive.load();
}

Exchange::Stream Exchange::stream(Response head) {
    if (state_->answered.exchange(true)) return Stream(nullptr);
    state_->response = std::move(head);
    state_->streaming = true;
    state_->mailbox->post(state_);
    return Stream(state_);
}

Exchange::Stream::Stream(std::shared_ptr<State> state) : state_(std::move(state)) {}

Exchange::Stream::Stream(Stream&&) noexcept = default;

Exchange::Stream& Exchange::Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        end();
        state_ = std::move(other.state_);
    }
    return *this;
}

Exchange::Stream::~Stream() {
    end();
}

bool Exchange::Stream::write(std::string_view data) {
    if (!state_ || !state_->alive.load() || state_->unsent.load() > State::k_unsent_max) return false;
    if (data.empty()) return true;
    {
        const std::lock_guard lock(state_->stream_mutex);
        state_->stream_data += data;
        state_->unsent.fetch_add(data.size());
    }
    state_->mailbox->post(state_);
    return true;
}

void Exchange::Stream::end() {
    if (!state_) return;
    {
        const std::lock_guard lock(state_->stream_mutex);
        state_->stream_ended = true;
    }
    state_->mailbox->post(state_);
    state_.reset();
}

} // namespace gh::http
