#include "core/egress/client.hpp"

#include "core/base/encoding.hpp"
#include "core/egress/loop.hpp"

#include <future>

namespace gh::egress {

std::string_view to_text(Failure failure) {
    switch (failure) {
        case Failure::none:
            return "none";
        case Failure::not_allowed:
            return "not_allowed";
        case Failure::address:
            return "address";
        case Failure::resolve:
            return "resolve";
        case Failure::connect:
            return "connect";
        case Failure::tls:
            return "tls";
        case Failure::timeout:
            return "timeout";
        case Failure::truncated:
            return "truncated";
        case Failure::too_large:
            return "too_large";
        case Failure::protocol:
            return "protocol";
        case Failure::cancelled:
            return "cancelled";
    }
    return "protocol";
}

std::optional<std::string_view> Response::field(std::string_view name) const {
    for (const auto& f : fields)
        if (equals_ignoring_case(f.name, name)) return f.value;
    return std::nullopt;
}

Client::Client(Options options, Log& log) : impl_(std::make_unique<Impl>(std::move(options), log)) {}

Client::~Client() = default;

void Client::send(Request request, std::shared_ptr<const Policy> policy, Done done) {
    auto transfer = std::make_unique<Transfer>(std::move(request), std::move(done));
    transfer->check(policy.get());
    impl_->take(std::move(transfer));
}

Response Client::send_and_wait(Request request, std::shared_ptr<const Policy> policy) {
    if (impl_->on_own_thread()) {
        Response refused;
        refused.failure = Failure::cancelled;
        refused.error = "send_and_wait was called on the client's own thread, where it would wait for itself";
        return refused;
    }
    // Shared: the client's thread may still be inside set_value() when this one already has the answer.
    const auto promise = std::make_shared<std::promise<Response>>();
    auto answer = promise->get_future();
    send(std::move(request), std::move(policy), [promise](Response r) { promise->set_value(std::move(r)); });
    return answer.get();
}

} // namespace gh::egress
