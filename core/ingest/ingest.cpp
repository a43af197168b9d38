#include "core/ingest/ingest.hpp"

#include "core/base/current.hpp"
#include "core/base/thread.hpp"
#include "core/ingest/routing.hpp"
#include "core/ingest/verification.hpp"
#include "core/ingest/work.hpp"

#include <atomic>

namespace gh::ingest {

namespace {

/// More requests waiting than this and the sender is asked to come again: memory stays bounded whatever arrives.
constexpr size_t k_queue_limit = 20'000;
/// Requests one worker takes at a time: their events go to the store in one call.
constexpr size_t k_batch = 8;
/// More requests waiting than this and a further worker is woken: RSA then has two, an HMAC seldom.
constexpr size_t k_patience = 2;

} // namespace

class Ingest::Impl {
public:
    Impl(store::Store& store, plugin::JobRunner& jobs, const Clock& clock, Log& log, Metrics& metrics, int workers)
        : store_(store),
          metrics_(metrics),
          unrouted_(metrics.counter("gatehouse_ingest_unrouted_total", "Requests to a path or with a method that no source has.")),
          overflow_(metrics.counter("gatehouse_ingest_overflow_total", "Requests answered 503 because too many were waiting.")),
          queue_(k_queue_limit, k_patience),
          verification_(store, jobs, clock, log, metrics, [this](Work work) { requeue(std::move(work)); }) {
        for (int i = 0; i < std::max(1, workers); ++i)
            workers_.emplace_back("ingest-" + std::to_string(i), [this] {
                std::vector<Work> batch;
                for (; queue_.take(k_batch, batch); queue_.done()) verification_.run(batch, [this] { queue_.still_busy(); });
            });
    }

    ~Impl() { stop(); }

    void stop() {
        queue_.close();
        workers_.clear();
    }

    void configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
        table_.store(std::make_shared<const RoutingTable>(std::move(config), std::move(generation), metrics_));
    }

    http::Admission admit(const http::Request& head) {
        if (head.path == "/healthz") return probe(true);
        if (head.path == "/readyz") return probe(!draining_ && store_.writable() && !queue_.full());

        const auto table = table_.load();
        if (!table) return http::unavailable(5, "starting");
        const Lookup found = table->find(head.method, head.path);
        if (const auto* place = std::get_if<const Place*>(&found)) {
            if (queue_.full()) {
                overflow_.add();
                (*place)->counters->unavailable.add();
                return http::unavailable(5, "too many requests are waiting");
            }
            return http::Admitted{(*place)->route.max_body, std::make_shared<const Context>(Context{table, *place})};
        }
        if (const auto* closed = std::get_if<SourceClosed>(&found)) {
            closed->counters->unavailable.add();
            return http::unavailable(30, "this source is not available at the moment");
        }
        unrouted_.add();
        if (const auto* method = std::get_if<MethodNotAllowed>(&found)) {
            auto response = http::problem(405, http::reason_phrase(405));
            response.fields.push_back({"Allow", method->allow});
            return response;
        }
        return http::problem(404, http::reason_phrase(404));
    }

    void handle(std::vector<http::Exchange> exchanges) {
        const auto now = Steady::now();
        std::vector<Work> works;
        works.reserve(exchanges.size());
        for (auto& exchange : exchanges) {
            const auto context = std::static_pointer_cast<const Context>(exchange.context());
            works.push_back(Work{std::move(exchange), context->table, context->place, now});
        }
        queue_.push(std::move(works));
    }

    void set_draining() { draining_ = true; }

private:
    struct Context {
        std::shared_ptr<const RoutingTable> table;
        const Place* place;
    };

    static http::Response probe(bool good) {
        if (!good) return http::unavailable(5, "not ready");
        http::Response response;
        response.fields.push_back({"Content-Type", "text/plain"});
        response.body = "ok\n";
        return response;
    }

    void requeue(Work work) {
        std::vector<Work> one;
        one.push_back(std::move(work));
        queue_.push(std::move(one));
    }

    store::Store& store_;
    Metrics& metrics_;
    Counter& unrouted_;
    Counter& overflow_;
    std::atomic<bool> draining_{false};
    Current<const RoutingTable> table_;
    WorkQueue queue_;
    Verification verification_;
    std::vector<NamedThread> workers_;
};

Ingest::Ingest(store::Store& store, plugin::JobRunner& jobs, const Clock& clock, Log& log, Metrics& metrics, int workers)
    : impl_(std::make_unique<Impl>(store, jobs, clock, log, metrics, workers)) {}
Ingest::~Ingest() = default;

void Ingest::configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
    impl_->configure(std::move(config), std::move(generation));
}
void Ingest::set_draining() {
    impl_->set_draining();
}
void Ingest::stop() {
    impl_->stop();
}
http::Admission Ingest::admit(const http::Request& head) {
    return impl_->admit(head);
}
void Ingest::handle(std::vector<http::Exchange> exchanges) {
    impl_->handle(std::move(exchanges));
}

} // namespace gh::ingest
