// Subscriptions at the providers: operations by hand, and what the configuration wants kept true.
//
// Sources with `reconcile: auto` are looked after by a thread of its own: soon after the start and after each change of the configuration,
// then every `every` (with jitter), earlier when a renewal is due or a handshake under way, and with growing pauses while something fails.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/thread.hpp"
#include "core/config/config.hpp"
#include "core/plugin/host.hpp"
#include "core/subscriptions/reconciler.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::subscriptions {

class Subscriptions {
public:
    /// References outlive it.
    struct Parts {
        RunJob run_job;
        store::Store& store;
        plugin::Vault& vault;
        const Clock& clock;
        Log& log;
        Metrics& metrics;
        std::function<Status()> reopen; ///< opens all sources again with the present configuration; leads to configure()
    };
    explicit Subscriptions(Parts);
    /// Stops.
    ~Subscriptions();

    /// Any thread; at start and after each reload.
    void configure(std::shared_ptr<const config::Config>, std::shared_ptr<const plugin::Generation>);
    void start();
    /// Waits for the round under way; jobs should have been cancelled before.
    void stop();

    /// The open source of that name; null with the reason for a person when there is none.
    std::shared_ptr<plugin::Source> find(const std::string& source, std::string& reason) const;
    /// Open sources whose plugin can list or make subscriptions, in the configuration's order.
    std::vector<std::shared_ptr<plugin::Source>> sources() const;

    Operations& operations() { return operations_; }
    /// Of all configured sources.
    std::vector<std::string> names() const;

    /// These wait for the provider: up to minutes.
    Called call(const std::shared_ptr<plugin::Source>&, const std::string& operation, const std::string& arguments_json);
    View look(const std::shared_ptr<plugin::Source>&, bool prune);
    View apply(const std::shared_ptr<plugin::Source>&, bool prune);
    /// As it was last seen, without asking. checked_at is empty when it never was.
    View last(const std::shared_ptr<plugin::Source>&);

private:
    struct Kept {
        std::shared_ptr<Reconciler> reconciler;
        std::string block; ///< what it was last scheduled for
        /// The next round, by both clocks: the first that comes to it counts. The wall clock alone moves while a machine sleeps, and may be
        /// set back.
        Steady::time_point due = Steady::time_point::max();
        std::optional<Time> due_at;
        int failures = 0;
        int unconfirmed = 0; ///< rounds in a row that found something waiting for the provider's handshake
        bool alerted = false;
    };
    std::shared_ptr<Reconciler> reconciler(const std::string& source);
    void run();
    void round(const std::shared_ptr<plugin::Source>&);
    void watch();
    void show(const View&);
    void schedule(const std::string& source, Millis wait);

    Parts parts_;
    Operations operations_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_ = false;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const plugin::Generation> generation_;
    std::map<std::string, Kept> kept_;
    std::unique_ptr<NamedThread> thread_;
};

/// `wait` give or take a tenth, so that many gateways do not ask at the same time.
Millis jittered(Millis wait);

} // namespace gh::subscriptions
