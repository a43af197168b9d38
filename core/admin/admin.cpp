#include "core/admin/admin.hpp"

#include "core/admin/access.hpp"
#include "core/admin/api.hpp"
#include "core/admin/idempotency.hpp"
#include "core/admin/streams.hpp"
#include "core/base/thread.hpp"

#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>

namespace gh::admin {

class Admin::Impl {
public:
    Impl(Services services, Limits limits)
        : services_(std::move(services)),
          limits_(limits),
          api_(services_, limits_),
          streams_(services_, limits_),
          idempotency_(limits_.idempotency) {
        for (int i = 0; i < std::max(1, limits_.workers); ++i) workers_.emplace_back("admin-" + std::to_string(i), [this] { run(quick_); });
        for (int i = 0; i < std::max(1, limits_.slow_workers); ++i)
            workers_.emplace_back("admin-slow-" + std::to_string(i), [this] { run(slow_); });
    }

    ~Impl() {
        set_draining();
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        quick_.changed.notify_all();
        slow_.changed.notify_all();
        workers_.clear();
        for (auto* lane : {&quick_, &slow_})
            for (auto& exchange : lane->queue) exchange.respond(http::unavailable(5, "The server is ending."));
    }

    http::Admission admit(const http::Request& head) const;
    void handle(std::vector<http::Exchange>);
    void notify() { streams_.notify(); }
    void set_draining() {
        api_.set_draining();
        streams_.stop();
    }

private:
    /// Requests that wait for a worker of their kind.
    struct Lane {
        std::condition_variable changed;
        std::deque<http::Exchange> queue;
    };
    void run(Lane&);
    void work(http::Exchange);
    http::Response answer(Call&);
    void open_stream(http::Exchange, const Call&);

    Services services_;
    const Limits limits_;
    Api api_;
    Streams streams_;
    Idempotency idempotency_;
    std::mutex mutex_;
    Lane quick_, slow_;
    bool stop_ = false;
    std::vector<NamedThread> workers_;
};

namespace {

/// For every answer: nothing here may be kept by caches or taken for something else by a browser.
http::Response finished(http::Response r) {
    r.fields.push_back({"Cache-Control", "no-store"});
    r.fields.push_back({"X-Content-Type-Options", "nosniff"});
    return r;
}

} // namespace

http::Admission Admin::Impl::admit(const http::Request& head) const {
    auto found = std::make_shared<Match>(match(head.method, head.path));
    const auto config = services_.config();
    if (auto no = refuse(head, config->server, found->endpoint && found->endpoint->open)) return finished(std::move(*no));
    if (!found->endpoint) {
        if (found->allow.empty())
            return finished(http::problem(404, "Not found", "Nothing is served here. /api/v1/openapi.json lists what is."));
        auto no = http::problem(405, "Method not allowed", "Allowed here: " + found->allow + ".");
        no.fields.push_back({"Allow", found->allow});
        return finished(std::move(no));
    }
    return http::Admitted{head.method == "POST" ? limits_.body : 0, std::move(found)};
}

void Admin::Impl::handle(std::vector<http::Exchange> exchanges) {
    for (auto& exchange : exchanges) {
        const auto found = std::static_pointer_cast<const Match>(exchange.context());
        Lane& lane = found->endpoint->slow ? slow_ : quick_;
        std::unique_lock lock(mutex_);
        if (!stop_ && lane.queue.size() < limits_.queue) {
            lane.queue.push_back(std::move(exchange));
            lock.unlock();
            lane.changed.notify_one();
        } else {
            lock.unlock();
            exchange.respond(finished(http::unavailable(1, "Too many requests are waiting.")));
        }
    }
}

void Admin::Impl::run(Lane& lane) {
    for (;;) {
        std::unique_lock lock(mutex_);
        lane.changed.wait(lock, [&] { return stop_ || !lane.queue.empty(); });
        if (stop_) return;
        http::Exchange exchange = std::move(lane.queue.front());
        lane.queue.pop_front();
        lock.unlock();
        try {
            work(std::move(exchange)); // an exchange that ends unanswered answers 500 by itself
        } catch (const std::exception& e) {
            services_.log.error("admin", "a request failed", {{"reason", e.what()}});
        }
    }
}

void Admin::Impl::work(http::Exchange exchange) {
    if (!exchange.alive()) return;
    const auto context = std::static_pointer_cast<const Match>(exchange.context());
    Call call{exchange.request(), *context, services_.clock.now(), {}, {}};
    if (auto no = check(call)) {
        exchange.respond(finished(std::move(*no)));
        return;
    }
    if (!context->endpoint->run)
        open_stream(std::move(exchange), call);
    else
        exchange.respond(finished(answer(call)));
}

http::Response Admin::Impl::answer(Call& call) {
    std::string key;
    if (call.request.method == "POST") {
        if (const auto given = call.request.field("Idempotency-Key")) {
            key = *given;
            if (auto known = idempotency_.begin(key, call.request, call.now)) return *known;
        }
    }
    http::Response response;
    try {
        response = (api_.*call.match.endpoint->run)(call);
    } catch (const std::exception& e) {
        services_.log.error("admin", "a request failed", {{"reason", e.what()}, {"operation", call.match.endpoint->id}});
        response = http::problem(500, "Internal error", "The server's log says more.");
    }
    if (!key.empty()) idempotency_.finish(key, response);
    return response;
}

void Admin::Impl::open_stream(http::Exchange exchange, const Call& call) {
    Streams::Wish wish{call.text("source"), call.text("type"), std::nullopt};
    if (const auto last = call.request.field("Last-Event-ID"); last && !last->empty()) {
        int64_t seq = 0;
        const auto r = std::from_chars(last->data(), last->data() + last->size(), seq);
        if (r.ec != std::errc() || r.ptr != last->data() + last->size() || seq < 0) {
            exchange.respond(finished(http::problem(400, "Bad Last-Event-ID", "Give the last \"id\" of the stream, unchanged.")));
            return;
        }
        wish.after = seq;
    }
    streams_.add(std::move(exchange), std::move(wish));
}

Admin::Admin(Services services, Limits limits) : impl_(std::make_unique<Impl>(std::move(services), limits)) {}
Admin::~Admin() = default;

void Admin::notify() {
    impl_->notify();
}

void Admin::set_draining() {
    impl_->set_draining();
}

std::vector<Operation> Admin::operations() {
    std::vector<Operation> out;
    for (const auto& e : endpoints()) out.push_back({std::string(e.method), std::string(e.path)});
    return out;
}

http::Admission Admin::admit(const http::Request& head) {
    return impl_->admit(head);
}

void Admin::handle(std::vector<http::Exchange> exchanges) {
    impl_->handle(std::move(exchanges));
}

} // namespace gh::admin
