// From a received request to an acknowledged event: route, verify (plugin), append (store), answer. The 2xx is sent from the commit's
// callback and from nowhere else. Whatever is our own fault answers 503 with Retry-After.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/config/config.hpp"
#include "core/http/server.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/job.hpp"
#include "core/store/store.hpp"

#include <memory>

namespace gh::ingest {

class Ingest final : public http::Handler {
public:
    Ingest(store::Store&, plugin::JobRunner&, const Clock&, Log&, Metrics&, int workers);
    /// Stops. Callbacks of the store and of jobs may come until both have ended: end them first.
    ~Ingest() override;

    /// Swaps the routing table in; requests under way end on the generation they began with.
    void configure(std::shared_ptr<const config::Config>, std::shared_ptr<const plugin::Generation>);
    /// From now on /readyz answers 503 (drain).
    void set_draining();
    /// Works off the queue and joins the workers. Nothing is verified after that.
    void stop();

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::ingest
