// The runner's inside: which job is where, and what wakes it.
#pragma once

#include "core/base/thread.hpp"
#include "core/plugin/turn.hpp"
#include "core/store/store.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

namespace gh::plugin {

struct Run;

/// One request that several jobs share (share_key). It stays, answer and all, until the first of them has made something of the answer and
/// every step that began before that has ended: such a step may have looked for what the answer brings and not found it, so it gets the
/// same answer and does not cause a second request.
struct Flight {
    struct Waiter {
        std::shared_ptr<Run> run;
        uint64_t effect;
        size_t index;
    };
    std::vector<Waiter> waiters;
    std::shared_ptr<const egress::Response> answer;
    size_t landing = 0;  ///< runs that have the answer and have not stepped yet
    uint64_t landed = 0; ///< number of the last step that began before the first of them had stepped; 0: none has yet
};
/// Keys are the plugin's own, so they count within its source.
using ShareKey = std::pair<const OpenSource*, std::string>;

/// One job under way. A worker has it while it is `stepping`; otherwise it is in the queue (`ready`) or an effect has it (`waiting`).
/// Everything but the job itself is guarded by the runner's mutex.
struct Run {
    enum class Phase { ready, stepping, waiting };

    std::unique_ptr<Job::State> job;
    std::function<void(JobEnd)> done;
    Steady::time_point deadline, sleep_until;
    Phase phase = Phase::ready;
    uint64_t step = 0;   ///< number of the last step, counted over all runs
    uint64_t effect = 0; ///< number of the last effect: what comes back with another number is late and ignored
    size_t missing = 0;  ///< answers that the effect still waits for
    StepInput input;
    std::optional<JobFailure> forced; ///< deadline or end of the runner: no further step
    std::vector<std::pair<ShareKey, std::shared_ptr<Flight>>> landed;
};

class RunnerCore : public std::enable_shared_from_this<RunnerCore> {
public:
    RunnerCore(JobRunner::Send send, store::Store& store, Metrics& metrics, Log& log)
        : send_(std::move(send)), store_(store), metrics_(metrics), log_(log) {}

    void add(std::unique_ptr<Job::State>, Millis deadline, std::function<void(JobEnd)> done);
    /// The body of each worker thread; returns when stop() was called and every job has ended.
    void work();
    void stop();
    size_t running() const;

private:
    using RunPtr = std::shared_ptr<Run>;
    struct Timer {
        RunPtr run;
        uint64_t effect; ///< 0: the deadline
    };

    void wake(const RunPtr&);
    void fire_timers(Steady::time_point now);
    void cancel_waiting();
    void advance(const RunPtr&);
    void begin(const RunPtr&, Asked);
    void begin(const RunPtr&, AskHttp);
    void begin(const RunPtr&, AskSleep);
    void begin(const RunPtr&, AskState);
    void send_shared(const RunPtr&, const OpenSource&, uint64_t step, uint64_t effect, size_t index, const PlannedRequest&);
    void forget_timer(Steady::time_point, const RunPtr&);
    uint64_t begin_effect(const RunPtr&, int32_t kind, size_t answers);
    void arrived(const RunPtr&, uint64_t effect, size_t index, std::shared_ptr<const egress::Response>);
    bool take(const RunPtr&, uint64_t effect, size_t index, std::shared_ptr<const egress::Response>);
    void land(const RunPtr&, bool stepped);
    void end_step(uint64_t step);
    void stored(const RunPtr&, uint64_t effect, gatehouse_status);
    void end(const RunPtr&, JobEnd);

    // Used by workers only, so never after the runner's end; late callbacks touch nothing but what is below.
    const JobRunner::Send send_;
    store::Store& store_;
    Metrics& metrics_;
    Log& log_;

    mutable std::mutex mutex_;
    std::condition_variable wakeup_;
    bool stopping_ = false;
    std::set<RunPtr> runs_;
    std::deque<RunPtr> ready_;
    std::multimap<Steady::time_point, Timer> timers_;
    std::map<ShareKey, std::shared_ptr<Flight>> shared_;
    uint64_t steps_ = 0;
    std::set<uint64_t> stepping_; ///< numbers of the steps that workers are in
    bool any_landed_ = false;     ///< shared_ has flights that stay for one of them only
};

} // namespace gh::plugin
