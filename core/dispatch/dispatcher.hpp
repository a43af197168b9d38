// Takes committed events in log order, fetches their documents back through the plugin's jobs, and creates the deliveries that the routes
// want, in one commit per event. What waits is read from the store: a restart resumes where the log stands.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/config/config.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/job.hpp"
#include "core/store/store.hpp"

#include <memory>

namespace gh::dispatch {

class Dispatcher {
public:
    Dispatcher(store::Store&, plugin::JobRunner&, const Clock&, Log&, Metrics&);
    /// Stops.
    ~Dispatcher();

    /// Takes over a config with its generation; jobs under way end on the generation they began with.
    void configure(std::shared_ptr<const config::Config>, std::shared_ptr<const plugin::Generation>);
    void start();
    void stop();
    /// There may be new events. Any thread, cheap.
    void wake();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::dispatch
