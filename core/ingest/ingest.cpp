#include "core/ingest/ingest.hpp"

#include "core/base/current.hpp"
#include "core/base/thread.hpp"
#include "core/ingest/routing.hpp"
#include "core/ingest/verification.hpp"
#include "core/ingest/work.hpp"

#include <atomic>
#include <map>
#include <mutex>

namespace gh::ingest {

namespace {

/// More requests waiting than this and the sender is asked to come again: memory stays bounded whatever arrives.
constexpr size_t k_queue_limit = 20'000;
/// Requests one worker takes at a time: their events go to the store in one call.
constexpr size_t k_batch = 8;
/// More requests waiting than this and a further worker is woken: RSA then has two, an HMAC seldom.
constexpr size_t k_patience = 2;

// Of a source whose plugin has a process of its own. Two threads: while one of its requests is slow, others go on; larger batches: all of
// one take one way to the process and back.
constexpr size_t k_apart_queue_limit = 4'000;
constexpr size_t k_apart_batch = 64;
constexpr int k_apart_workers = 2;

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
            workers_.emplace_back("ingest-" + std::to_string(i), [this] { work(queue_, k_batch); });
    }

    ~Impl() { stop(); }

    void stop() {
        queue_.close();
        workers_.clear();
        const std::lock_guard lock(apart_mutex_);
        for (auto& [source, apart] : apart_) apart->queue.close();
        for (auto& [source, apart] : apart_) apart->workers.clear();
    }

    void configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
        table_.store(std::make_shared<const RoutingTable>(std::move(config), std::move(generation), metrics_,
                                                          [this](const plugin::Source& source) -> WorkQueue& { return queue_of(source); }));
    }

    http::Admission admit(const http::Request& head) {
        if (head.path == "/healthz") return probe(true);
        if (head.path == "/readyz") return probe(!draining_ && store_.writable() && !queue_.full());

        const auto table = table_.load();
        if (!table) return http::unavailable(5, "starting");
        const Lookup found = table->find(head.method, head.path);
        if (const auto* place = std::get_if<const Place*>(&found)) {
            if ((*place)->queue.full()) {
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
        std::map<WorkQueue*, std::vector<Work>> apart;
        for (auto& exchange : exchanges) {
            const auto context = std::static_pointer_cast<const Context>(exchange.context());
            auto& queue = context->place->queue;
            auto& mine = &queue == &queue_ ? works : apart[&queue];
            mine.push_back(Work{std::move(exchange), context->table, context->place, now});
        }
        if (!works.empty()) queue_.push(std::move(works));
        for (auto& [queue, some] : apart) queue->push(std::move(some));
    }

    void set_draining() { draining_ = true; }

private:
    struct Apart {
        WorkQueue queue{k_apart_queue_limit, k_patience};
        std::vector<NamedThread> workers; ///< last: uses the other
    };
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
        auto& queue = work.place->queue;
        std::vector<Work> one;
        one.push_back(std::move(work));
        queue.push(std::move(one));
    }

    void work(WorkQueue& queue, size_t most) {
        std::vector<Work> batch;
        for (; queue.take(most, batch); queue.done()) verification_.run(batch, [&queue] { queue.still_busy(); });
    }

    /// An isolated source has its own queue and threads: whatever its plugin does to its process, no other source waits for it. They stay
    /// until the end, also when the source goes.
    WorkQueue& queue_of(const plugin::Source& source) {
        if (!source.isolated()) return queue_;
        const std::lock_guard lock(apart_mutex_);
        auto& apart = apart_[source.name()];
        if (!apart) {
            apart = std::make_unique<Apart>();
            for (int i = 0; i < k_apart_workers; ++i)
                apart->workers.emplace_back("in-" + source.name(), [this, &queue = apart->queue] { work(queue, k_apart_batch); });
        }
        return apart->queue;
    }

    store::Store& store_;
    Metrics& metrics_;
    Counter& unrouted_;
    Counter& overflow_;
    std::atomic<bool> draining_{false};
    Current<const RoutingTable> table_;
    WorkQueue queue_;
    Verification verification_;
    std::mutex apart_mutex_;
    std::map<std::string, std::unique_ptr<Apart>> apart_; ///< by source
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
