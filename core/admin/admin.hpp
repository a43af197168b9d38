// The admin side: REST API, event stream, probes and metrics. One handler for an http::Server; reads of the store happen on its own
// workers, never on the loop thread.
//
// Who may ask: with a token configured, `Authorization: Bearer` (RFC 6750) on everything but /, /healthz and /readyz. Without one (loopback
// only), requests whose Host is not this machine or the configured admin host, and cross-site ones, are refused, so that a web page in the
// operator's browser cannot reach it (DNS rebinding, CSRF).
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/delivery/deliverer.hpp"
#include "core/http/server.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/job.hpp"
#include "core/store/store.hpp"
#include "core/subscriptions/recovery.hpp"
#include "core/subscriptions/subscriptions.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gh::admin {

/// What Admin works with. References outlive it. Callbacks: any thread; config() and generation() are also called on the loop thread and
/// must only copy a pointer.
struct Services {
    store::Store& store;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    std::string version; ///< "1.0.0"
    std::function<std::shared_ptr<const config::Config>()> config;
    std::function<std::shared_ptr<const plugin::Generation>()> generation;
    std::function<Status()> reload;
    /// JobRunner::run: what a verifier needs first when the quarantine is verified again.
    std::function<void(plugin::Job, Millis deadline, std::function<void(plugin::JobEnd)>)> run_job;
    /// The deliverer's three.
    std::function<std::vector<delivery::DestinationState>()> destinations;
    std::function<Status(const std::string& name, bool)> set_disabled;
    std::function<Status(const std::string& name, bool)> set_paused;
    /// Null: no provider can be asked (tests).
    subscriptions::Subscriptions* subscriptions = nullptr;
    subscriptions::Recoveries* recoveries = nullptr;
};

struct Limits {
    int workers = 2;
    int slow_workers = 2;       ///< for what waits for a provider: others are not held up by it
    size_t queue = 256;         ///< requests waiting for a worker; beyond it 503
    size_t body = 1u << 20;     ///< bytes of a POST
    size_t streams = 64;        ///< event streams at once; beyond it 503
    size_t idempotency = 1'000; ///< remembered results of POSTs with an Idempotency-Key, each for a day
    size_t replays = 100;       ///< replays remembered, running ones included
    Millis heartbeat{15'000};   ///< comment line on a silent event stream, so that proxies keep it and dead peers are noticed
    Millis reverify{20'000};    ///< one call to reverify works at most this long, then hands out a cursor
};

/// One thing the API serves, as told in the OpenAPI document.
struct Operation {
    std::string method, path;
};

class Admin final : public http::Handler {
public:
    explicit Admin(Services, Limits = {});
    /// Ends streams and replays, answers what waits with 503, joins its threads.
    ~Admin() override;

    /// There are new events (call it from Store::on_commit). Any thread, cheap.
    void notify();
    /// From now on /readyz answers 503 and event streams end, so that the server can drain.
    void set_draining();
    /// All of it, probes and metrics included.
    static std::vector<Operation> operations();

    http::Admission admit(const http::Request& head) override;
    void handle(std::vector<http::Exchange>) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::admin
