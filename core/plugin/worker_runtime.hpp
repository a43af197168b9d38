// The worker's own side of the calls: what a plugin asks of its host goes over the lane on which the call came.
#pragma once

#include "core/plugin/open_source.hpp"
#include "core/plugin/worker_lane.hpp"
#include "core/plugin/worker_wire.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

namespace gh::plugin {

/// The call under way on a thread. While one lives, log lines, secrets, state and the clock are those of its call.
class WorkerTurn {
public:
    WorkerTurn(Lane&, Time now, uint64_t state_version);
    ~WorkerTurn();
    WorkerTurn(const WorkerTurn&) = delete;
    WorkerTurn& operator=(const WorkerTurn&) = delete;

    /// Null outside of calls.
    static WorkerTurn* current();
    Time now() const { return now_; }
    uint64_t state_version() const { return state_version_; }
    void tell(const wire::Writer&);
    /// The server's answer; its kind is checked. Ends the process where there is no server any more.
    std::string ask(const wire::Writer&, wire::Kind);

private:
    Lane& lane_;
    const Time now_;
    const uint64_t state_version_;
};

/// The time that the server told with the call.
class TurnClock final : public Clock {
public:
    Time now() const override;
};

/// Asks the server for what it does not know, or only of before the state changed.
class TurnState final : public SourceState {
public:
    std::shared_ptr<const std::string> get(std::string_view key) const override;
    /// The server looks at that.
    bool fits(const std::vector<store::StateChange>&) const override { return true; }

private:
    struct Known {
        uint64_t version;
        std::shared_ptr<const std::string> value; ///< null: there is none
    };
    mutable std::mutex mutex_;
    mutable std::map<std::string, Known, std::less<>> known_;
};

/// Values are asked for when one is first needed.
Secrets turn_secrets(wire::Reader& names_and_counts);

/// A source with its jobs, and the calls into it. Any thread, but open and close.
class WorkerSource {
public:
    explicit WorkerSource(std::shared_ptr<const Library> library) : library_(std::move(library)) {}

    /// Each takes the rest of a message and gives the answer. `memory` is that of an earlier one, to be used again.
    std::string open(wire::Reader&);
    std::string receive(wire::Reader&, Lane&, std::string memory);
    std::string step(wire::Reader&, Lane&);
    std::string drop(wire::Reader&, Lane&);
    void close();

private:
    void write(wire::Writer&, Verdict);
    void write(wire::Writer&, Outcome);
    uint64_t keep(Job);
    std::variant<Job, Fault> begin(wire::Reader&) const;

    const std::shared_ptr<const Library> library_;
    const TurnClock clock_;
    Log log_{Level::error, [](std::string_view) {}};
    Metrics metrics_;
    const Vault vault_{nullptr};
    std::shared_ptr<OpenSource> source_;
    std::mutex mutex_;
    std::map<uint64_t, Job> jobs_;
    uint64_t last_job_ = 0;
};

} // namespace gh::plugin
