#include "core/plugin/job_runner.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

const char* outcome_of(const JobEnd& end) {
    if (const auto* failure = std::get_if<JobFailure>(&end.value)) {
        switch (failure->kind) {
            case JobFailure::Kind::retry:
                return "retry";
            case JobFailure::Kind::refused:
                return "refused";
            case JobFailure::Kind::invalid:
                return "invalid";
            case JobFailure::Kind::fault:
                return "fault";
            case JobFailure::Kind::cancelled:
                return "cancelled";
        }
    }
    return std::holds_alternative<JobGone>(end.value) ? "gone" : "done";
}

const JobFailure k_cancelled{JobFailure::Kind::cancelled, "the server is shutting down", Millis{0}};

/// Keeps "no deadline" (Millis::max()) from overflowing the clock.
constexpr Millis k_most_deadline = std::chrono::hours(24 * 365);

} // namespace

void RunnerCore::add(std::unique_ptr<Job::State> job, Millis deadline, std::function<void(JobEnd)> done) {
    auto run = std::make_shared<Run>();
    run->job = std::move(job);
    run->done = std::move(done);
    run->deadline = Steady::now() + std::min(deadline, k_most_deadline);
    const std::lock_guard lock(mutex_);
    if (stopping_) run->forced = k_cancelled;
    runs_.insert(run);
    timers_.emplace(run->deadline, Timer{run, 0});
    wake(run);
}

size_t RunnerCore::running() const {
    const std::lock_guard lock(mutex_);
    return runs_.size();
}

void RunnerCore::stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wakeup_.notify_all();
}

void RunnerCore::wake(const RunPtr& run) {
    run->phase = Run::Phase::ready;
    ready_.push_back(run);
    wakeup_.notify_one();
}

void RunnerCore::fire_timers(Steady::time_point now) {
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const auto [run, effect] = timers_.begin()->second;
        timers_.erase(timers_.begin());
        if (!runs_.contains(run)) continue;
        if (effect == 0) {
            if (!run->forced) run->forced = JobFailure{JobFailure::Kind::retry, "the job did not finish within its time", Millis{0}};
        } else if (effect != run->effect) {
            continue;
        }
        if (run->phase == Run::Phase::waiting) wake(run);
    }
}

void RunnerCore::cancel_waiting() {
    for (const auto& run : runs_) {
        if (!run->forced) run->forced = k_cancelled;
        if (run->phase == Run::Phase::waiting) wake(run);
    }
}

void RunnerCore::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        if (stopping_) cancel_waiting();
        fire_timers(Steady::now());
        if (!ready_.empty()) {
            const auto run = std::move(ready_.front());
            ready_.pop_front();
            run->phase = Run::Phase::stepping;
            const uint64_t step = run->step = ++steps_;
            stepping_.insert(step);
            lock.unlock();
            advance(run);
            lock.lock();
            end_step(step);
        } else if (stopping_ && runs_.empty()) {
            return;
        } else if (timers_.empty()) {
            wakeup_.wait(lock);
        } else {
            wakeup_.wait_until(lock, timers_.begin()->first);
        }
    }
}

void RunnerCore::advance(const RunPtr& run) {
    StepInput input;
    std::optional<JobFailure> forced;
    {
        const std::lock_guard lock(mutex_);
        input = std::exchange(run->input, {});
        forced = run->forced;
    }
    if (forced) {
        land(run, false);
        return end(run, {std::move(*forced), {}});
    }
    auto asked = step(*run->job, input);
    land(run, true);
    if (auto* finished = std::get_if<JobEnd>(&asked)) return end(run, std::move(*finished));
    begin(run, std::move(asked));
}

void RunnerCore::begin(const RunPtr& run, Asked asked) {
    const auto before = run->effect; // only the worker that has the run changes it
    try {
        if (auto* http = std::get_if<AskHttp>(&asked))
            begin(run, std::move(*http));
        else if (auto* sleep = std::get_if<AskSleep>(&asked))
            begin(run, *sleep);
        else
            begin(run, std::move(std::get<AskState>(asked)));
    } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        const bool ours = run->effect == before && run->phase == Run::Phase::stepping;
        const bool under_way = run->effect == before + 1 && run->phase == Run::Phase::waiting;
        if (!ours && !under_way) return;
        run->forced = JobFailure{JobFailure::Kind::retry, std::string("the effect could not be started: ") + error.what(), Millis{0}};
        wake(run);
    }
}

uint64_t RunnerCore::begin_effect(const RunPtr& run, int32_t kind, size_t answers) {
    const std::lock_guard lock(mutex_);
    run->input =
        StepInput{kind, std::vector<std::shared_ptr<const egress::Response>>(kind == GATEHOUSE_INPUT_STATE ? 0 : answers), GATEHOUSE_OK};
    run->missing = answers;
    run->phase = Run::Phase::waiting;
    ++run->effect;
    if (!run->forced) return run->effect;
    // The deadline or the end of the runner came during the step: nothing is started any more.
    wake(run);
    return 0;
}

// In each begin(): once begin_effect() returned, another worker may already be ending the run, so the source is held and the job not
// touched.

void RunnerCore::begin(const RunPtr& run, AskHttp ask) {
    const auto source = run->job->source;
    const auto step = run->step;
    const auto effect = begin_effect(run, ask.all ? GATEHOUSE_INPUT_HTTP_ALL : GATEHOUSE_INPUT_HTTP, ask.requests.size());
    if (effect == 0) return;
    for (size_t i = 0; i < ask.requests.size(); ++i) {
        const auto& planned = ask.requests[i];
        if (!planned.share_key.empty()) {
            send_shared(run, *source, step, effect, i, planned);
            continue;
        }
        auto request = planned.filled(source->services().secrets());
        const auto left = std::chrono::ceil<Millis>(run->deadline - Steady::now());
        request.timeout = std::max(Millis{1}, std::min(left, request.timeout));
        send_(std::move(request), source->policy(), [core = shared_from_this(), run, effect, i](egress::Response response) {
            core->arrived(run, effect, i, std::make_shared<const egress::Response>(std::move(response)));
        });
    }
}

void RunnerCore::send_shared(const RunPtr& run, const OpenSource& source, uint64_t step, uint64_t effect, size_t index,
                             const PlannedRequest& planned) {
    const ShareKey key{&source, planned.share_key};
    {
        const std::lock_guard lock(mutex_);
        auto& flight = shared_[key];
        if (flight && flight->landed != 0 && step > flight->landed) flight = nullptr;
        if (flight && flight->answer) return void(take(run, effect, index, flight->answer));
        const bool first = !flight;
        if (first) flight = std::make_shared<Flight>();
        flight->waiters.push_back({run, effect, index});
        if (!first) return;
    }
    // The whole time that was asked for, not what is left of the first job's: others wait for the same answer. The callback holds the
    // source, so that its address cannot name another one meanwhile.
    const auto answered = [core = shared_from_this(), key, held = source.shared_from_this()](egress::Response response) {
        const std::lock_guard lock(core->mutex_);
        const auto found = core->shared_.find(key);
        const auto flight = found->second;
        flight->answer = std::make_shared<const egress::Response>(std::move(response));
        for (const auto& waiter : std::exchange(flight->waiters, {})) {
            if (!core->take(waiter.run, waiter.effect, waiter.index, flight->answer)) continue;
            ++flight->landing;
            waiter.run->landed.emplace_back(key, flight);
        }
        if (flight->landing == 0) core->shared_.erase(found);
    };
    try {
        send_(planned.filled(source.services().secrets()), source.policy(), answered);
    } catch (...) {
        egress::Response none;
        none.failure = egress::Failure::cancelled;
        none.error = "the request could not be started";
        answered(std::move(none));
    }
}

/// The run has stepped on the shared answers it got, or never will.
void RunnerCore::land(const RunPtr& run, bool stepped) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, flight] : std::exchange(run->landed, {})) {
        --flight->landing;
        const auto found = shared_.find(key);
        if (found == shared_.end() || found->second != flight || flight->landed != 0) continue;
        if (stepped) {
            flight->landed = steps_;
            any_landed_ = true;
        } else if (flight->landing == 0) {
            shared_.erase(found);
        }
    }
}

/// With the mutex held.
void RunnerCore::end_step(uint64_t step) {
    stepping_.erase(step);
    if (!any_landed_) return;
    any_landed_ = false;
    const uint64_t oldest = stepping_.empty() ? steps_ + 1 : *stepping_.begin();
    std::erase_if(shared_, [&](const auto& entry) {
        const uint64_t landed = entry.second->landed;
        if (landed != 0 && landed < oldest) return true;
        any_landed_ |= landed != 0;
        return false;
    });
}

void RunnerCore::arrived(const RunPtr& run, uint64_t effect, size_t index, std::shared_ptr<const egress::Response> response) {
    const std::lock_guard lock(mutex_);
    take(run, effect, index, std::move(response));
}

/// With the mutex held. False when the run does not wait for this any more.
bool RunnerCore::take(const RunPtr& run, uint64_t effect, size_t index, std::shared_ptr<const egress::Response> response) {
    if (run->phase != Run::Phase::waiting || run->effect != effect) return false;
    run->input.responses[index] = std::move(response);
    if (--run->missing == 0) wake(run);
    return true;
}

void RunnerCore::begin(const RunPtr& run, AskSleep ask) {
    const auto effect = begin_effect(run, GATEHOUSE_INPUT_SLEPT, 0);
    if (effect == 0) return;
    const std::lock_guard lock(mutex_);
    if (run->phase != Run::Phase::waiting || run->effect != effect) return;
    run->sleep_until = Steady::now() + ask.duration;
    timers_.emplace(run->sleep_until, Timer{run, effect});
    wakeup_.notify_one();
}

void RunnerCore::begin(const RunPtr& run, AskState ask) {
    const auto source = run->job->source;
    const auto effect = begin_effect(run, GATEHOUSE_INPUT_STATE, 1);
    if (effect == 0) return;
    auto changes = std::make_shared<const std::vector<store::StateChange>>(std::move(ask.changes));
    store_.put_state("source:" + source->name(), *changes,
                     [core = shared_from_this(), run, effect, changes, state = source->services().state()](const Status& written) {
                         // Also when the job has ended meanwhile: what is on disk must be what the plugin reads.
                         if (written) state->apply(*changes);
                         core->stored(run, effect, written ? GATEHOUSE_OK : GATEHOUSE_FAILED);
                     });
}

void RunnerCore::stored(const RunPtr& run, uint64_t effect, gatehouse_status status) {
    const std::lock_guard lock(mutex_);
    if (run->phase != Run::Phase::waiting || run->effect != effect) return;
    run->input.status = status;
    wake(run);
}

void RunnerCore::forget_timer(Steady::time_point at, const RunPtr& run) {
    const auto [from, to] = timers_.equal_range(at);
    for (auto timer = from; timer != to;) timer = timer->second.run == run ? timers_.erase(timer) : std::next(timer);
}

void RunnerCore::end(const RunPtr& run, JobEnd end) {
    metrics_
        .counter("gatehouse_jobs_total", "Ended jobs of plugins by outcome.",
                 {{"plugin", run->job->source->plugin_name()}, {"outcome", outcome_of(end)}})
        .add();
    run->job.reset();
    const auto done = std::exchange(run->done, nullptr);
    try {
        done(std::move(end));
    } catch (const std::exception& error) {
        log_.error("plugin", "the receiver of a job's result failed", {{"reason", error.what()}});
    }
    const std::lock_guard lock(mutex_);
    forget_timer(run->deadline, run);
    forget_timer(run->sleep_until, run);
    runs_.erase(run);
    if (stopping_ && runs_.empty()) wakeup_.notify_all();
}

class JobRunner::Impl {
public:
    Impl(Send send, store::Store& store, Log& log, Metrics& metrics, int threads)
        : core(std::make_shared<RunnerCore>(std::move(send), store, metrics, log)) {
        for (int i = 0; i < std::max(1, threads); ++i) workers_.emplace_back("jobs-" + std::to_string(i), [core = core] { core->work(); });
    }
    ~Impl() { core->stop(); }

    const std::shared_ptr<RunnerCore> core;

private:
    std::vector<NamedThread> workers_;
};

JobRunner::JobRunner(Send send, store::Store& store, const Clock&, Log& log, Metrics& metrics, int threads)
    : impl_(std::make_unique<Impl>(std::move(send), store, log, metrics, threads)) {}

JobRunner::~JobRunner() = default;

void JobRunner::run(Job job, Millis deadline, std::function<void(JobEnd)> done) {
    impl_->core->add(std::move(job.state_), deadline, std::move(done));
}

size_t JobRunner::running() const {
    return impl_->core->running();
}

} // namespace gh::plugin
