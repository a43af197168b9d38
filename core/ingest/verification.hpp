// What the workers do with a request: verify and handle through the plugin, append to the store, answer.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/rate.hpp"
#include "core/ingest/work.hpp"
#include "core/plugin/job.hpp"
#include "core/store/store.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace gh::ingest {

/// An accepted request that waits for its commit.
struct Waiting {
    http::Exchange exchange;
    const Place* place;
    std::shared_ptr<const RoutingTable> table;
    Steady::time_point arrived;
    int http_status;
    Uuid id;
};

/// Stateless but for counters; run() on any number of worker threads.
class Verification {
public:
    /// `requeue` takes a request whose verifier's job has ended, to be verified again.
    Verification(store::Store&, plugin::JobRunner&, const Clock&, Log&, Metrics&, std::function<void(Work)> requeue);

    /// Every request of the batch is answered, now or by a callback. `batch` is left empty. `between` is called between two requests.
    void run(std::vector<Work>& batch, const std::function<void()>& between);

private:
    struct Batch;

    /// One request, or several of one isolated source.
    void verify(std::span<Work>, Batch&);
    void judge(Work&, plugin::Received, Batch&);
    void handle(Work&, const plugin::Acceptance&, plugin::Outcome, Batch&);
    void append(Batch&);
    void refuse(Work&, const plugin::Refusal&);
    void unavailable(Work&, std::string_view reason);
    void respond(Work&, plugin::DirectResponse);
    void run_verifier_job(Work&, plugin::Job);
    void run_route_job(Work&, plugin::Job);
    void acknowledge(Waiting&, const store::Appended&);
    Counter& refusals(const std::string& source, const std::string& reason);

    store::Store& store_;
    plugin::JobRunner& jobs_;
    const Clock& clock_;
    Log& log_;
    Metrics& metrics_;
    Histogram& ack_seconds_;
    std::function<void(Work)> requeue_;
    LogLimit log_limit_;
};

} // namespace gh::ingest
