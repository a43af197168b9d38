// Subscriptions at the providers: operations by hand, and what the configuration wants kept true.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/config/config.hpp"
#include "core/plugin/host.hpp"
#include "core/subscriptions/operations.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::subscriptions {

/// What a call by hand gave. With an end that is not done, `end.text` says why.
struct Called {
    OperationEnd end;
    std::string kind;                  ///< of the operation
    std::vector<std::string> captured; ///< settings whose values the provider gave; they are kept, and no longer in the body
    std::vector<std::string> notes;    ///< what the caller should know besides
};

class Subscriptions {
public:
    /// References outlive it.
    struct Parts {
        RunJob run_job;
        store::Store& store;
        const Clock& clock;
        Log& log;
        Metrics& metrics;
    };
    explicit Subscriptions(Parts);
    ~Subscriptions();

    /// Any thread; at start and after each reload.
    void configure(std::shared_ptr<const config::Config>, std::shared_ptr<const plugin::Generation>);

    /// The open source of that name; null with the reason for a person when there is none.
    std::shared_ptr<plugin::Source> find(const std::string& source, std::string& reason) const;

    /// Runs an operation and waits: up to minutes.
    Called call(const std::shared_ptr<plugin::Source>&, const std::string& operation, const std::string& arguments_json);

private:
    Parts parts_;
    Operations operations_;
    mutable std::mutex mutex_;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const plugin::Generation> generation_;
};

} // namespace gh::subscriptions
