// What the host does for one source of a plugin: log, clock, secrets, HMAC, state; and how its faults are counted.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/rate.hpp"
#include "core/base/time.hpp"
#include "core/plugin/border.hpp"
#include "core/plugin/explain.hpp"
#include "core/plugin/secrets.hpp"
#include "core/plugin/source.hpp"

#include <gatehouse/explain.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

namespace gh::plugin {

/// A source's state in memory: what is committed in the store under "source:<name>". One object per source name, shared by the generations
/// that have it, so that a job of an old generation does not change what the new one cannot see. Any thread.
class SourceState {
public:
    SourceState() = default;
    explicit SourceState(const std::vector<store::StateChange>& stored) { apply(stored); }
    virtual ~SourceState() = default;
    SourceState(const SourceState&) = delete;
    SourceState& operator=(const SourceState&) = delete;
    virtual std::shared_ptr<const std::string> get(std::string_view key) const;
    void apply(const std::vector<store::StateChange>&);
    /// Whether the source stays within 16 MiB (keys and values) after these changes.
    virtual bool fits(const std::vector<store::StateChange>&) const;
    /// Grows with every apply(); what was read before it grew may be old.
    uint64_t version() const { return version_.load(std::memory_order_acquire); }

private:
    std::atomic<uint64_t> version_{1};
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> entries_;
    size_t size_ = 0;
};

/// Services to one source. Must outlive every call into it; any thread.
class Services {
public:
    struct Names {
        std::string plugin, version, source;
    };
    /// Where the plugin's log lines and faults go instead of the log and the counter.
    struct Relay {
        std::function<void(Level, std::string_view)> log;
        std::function<void(std::string_view function, std::string_view what)> fault;
    };
    /// explain: empty in a serving host, which then has no gatehouse.explain/1. relay: set in a worker process, whose host counts the
    /// faults and names the plugin itself.
    Services(Names, Secrets, std::shared_ptr<SourceState>, const Clock&, Log&, Metrics&, Explain explain = {}, Relay relay = {});
    Services(const Services&) = delete;
    Services& operator=(const Services&) = delete;

    /// The struct for open_source: valid as long as this object.
    const gatehouse_host* host() const { return &host_; }
    const Secrets& secrets() const { return secrets_; }
    const std::shared_ptr<SourceState>& state() const { return state_; }
    /// Counts and logs a fault of the plugin: `what` it did, in which function.
    Fault fault(std::string_view function, std::string_view what) const;
    void log(Level, std::string_view message) const;
    bool logs(Level level) const { return log_.enabled(level); }
    const gatehouse_explain* explain() const { return explain_ ? &explain_abi_ : nullptr; }
    void say(std::string_view title, std::string_view detail) const { explain_(title, detail); }

private:
    const Names names_;
    const Secrets secrets_;
    const std::shared_ptr<SourceState> state_;
    const Clock& clock_;
    Log& log_;
    Counter& faults_;
    mutable LogLimit limit_;
    const Explain explain_;
    const Relay relay_;
    gatehouse_explain explain_abi_;
    gatehouse_host host_;
};

} // namespace gh::plugin
