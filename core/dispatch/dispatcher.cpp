#include "core/dispatch/dispatcher.hpp"

#include "core/base/thread.hpp"
#include "core/dispatch/lane.hpp"
#include "core/dispatch/retry.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

namespace gh::dispatch {

namespace {

/// Longest life of one fetch-back job: its requests have shorter limits of their own.
constexpr Millis k_job_deadline{120'000};
/// The clock may be set by hand in tests and by administrators: look at least this often.
constexpr Millis k_longest_wait{1'000};
constexpr Millis k_store_pause{500};

std::string outcome_name(const plugin::JobEnd& end) {
    if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value)) {
        switch (failure->kind) {
            case plugin::JobFailure::Kind::retry:
                return "retry";
            case plugin::JobFailure::Kind::refused:
                return "refused";
            case plugin::JobFailure::Kind::invalid:
                return "invalid";
            case plugin::JobFailure::Kind::fault:
                return "fault";
            case plugin::JobFailure::Kind::cancelled:
                return "cancelled";
        }
    }
    return std::holds_alternative<plugin::JobGone>(end.value) ? "gone" : "fetched";
}

} // namespace

class Dispatcher::Impl {
public:
    Impl(store::Store& store, plugin::JobRunner& jobs, const Clock& clock, Log& log, Metrics& metrics)
        : store_(store),
          jobs_(jobs),
          clock_(clock),
          log_(log),
          metrics_(metrics),
          seconds_(
              metrics.histogram("gatehouse_fetch_back_seconds", "One fetch-back job, from its first step to its end.", latency_bounds())),
          mailbox_(std::make_shared<Mailbox>()) {}

    ~Impl() { stop(); }

    void configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
        const std::lock_guard lock(mailbox_->mutex);
        next_config_ = std::move(config);
        next_generation_ = std::move(generation);
        mailbox_->woken = true;
        mailbox_->ready.notify_one();
    }

    void start() {
        thread_ = NamedThread("dispatch", [this] { loop(); });
    }

    void stop() {
        {
            const std::lock_guard lock(mailbox_->mutex);
            mailbox_->stopping = true;
            mailbox_->ready.notify_one();
        }
        thread_.join();
    }

    void wake() { mailbox_->post({}); }

private:
    /// What became of one event, on its way to the disk.
    struct Settled {
        std::shared_ptr<const store::FetchOutcome> outcome;
        store::PendingEvent event;
        std::string source;
        std::shared_ptr<plugin::Source> keep; ///< gets the job's state after the commit
    };

    /// What other threads leave for the dispatcher's. Shared, because callbacks may come after the dispatcher has ended.
    struct Mailbox {
        std::mutex mutex;
        std::condition_variable ready;
        std::deque<Ended> ended;
        std::deque<Settled> written;   ///< on disk: the events may be read again
        std::deque<Settled> unwritten; ///< left behind by a failed commit
        bool woken = false;
        bool stopping = false;

        void post(const std::function<void()>& change) {
            const std::lock_guard lock(mutex);
            if (change) change();
            woken = true;
            ready.notify_one();
        }
    };

    void loop() {
        for (;;) {
            std::deque<Ended> ended;
            std::deque<Settled> written, unwritten;
            bool look = false;
            {
                std::unique_lock lock(mailbox_->mutex);
                mailbox_->ready.wait_for(lock, pause(), [&] { return mailbox_->woken || mailbox_->stopping; });
                if (mailbox_->stopping) return;
                look = mailbox_->woken;
                mailbox_->woken = false;
                ended.swap(mailbox_->ended);
                written.swap(mailbox_->written);
                unwritten.swap(mailbox_->unwritten);
                if (next_config_) arrange();
            }
            for (const auto& one : written)
                if (const auto lane = lanes_.find(one.source); lane != lanes_.end()) lane->second.release(one.event);
            for (auto& one : ended) finish(std::move(one));
            for (auto& one : unwritten) write_later_.push_back(std::move(one));
            write_again();
            const Time now = clock_.now();
            for (auto& [name, lane] : lanes_)
                if (look || lane.look_again <= now) start_due(name, lane, now);
        }
    }

    Millis pause() const {
        Time next = Time::max();
        for (const auto& [name, lane] : lanes_) next = std::min(next, lane.look_again);
        if (!write_later_.empty()) return k_store_pause;
        const Time now = clock_.now();
        if (next <= now) return Millis(1);
        return std::min(next - now, k_longest_wait);
    }

    /// Takes over a new config and generation. What is under way keeps its place, so that nothing starts twice. Mailbox locked.
    void arrange() {
        routes_ = std::make_shared<const delivery::Routes>(next_config_);
        std::map<std::string, Lane> lanes;
        for (const auto& slot : next_generation_->slots) {
            if (!slot.source) continue; // its events wait until the plugin is back
            Lane lane(slot.source, slot.config);
            if (const auto old = lanes_.find(slot.config->name); old != lanes_.end()) {
                lane.taken = std::move(old->second.taken);
                lane.taken_keys = std::move(old->second.taken_keys);
                lane.waiting = std::move(old->second.waiting);
                lane.running = old->second.running;
                if (old->second.config->fetch_back.rate == slot.config->fetch_back.rate) lane.bucket = old->second.bucket;
            }
            lanes.emplace(slot.config->name, std::move(lane));
        }
        lanes_ = std::move(lanes);
        next_config_.reset();
        next_generation_.reset();
        mailbox_->woken = true;
    }

    void start_due(const std::string& name, Lane& lane, Time now) {
        Millis wait{0};
        std::vector<Group> held;
        for (auto& group : lane.next(store_, now)) {
            if (!lane.fetches(group.events.back().type)) {
                skip(name, group);
                continue;
            }
            if (wait.count() == 0) wait = lane.bucket->wait(Steady::now());
            if (wait.count() == 0)
                fetch(name, lane, std::move(group));
            else
                held.push_back(std::move(group));
        }
        lane.give_back(std::move(held));
        if (wait.count() > 0) lane.look_again = std::min(lane.look_again, now + wait);
    }

    void skip(const std::string& source, const Group& group) {
        for (const auto& event : group.events) {
            store::FetchOutcome outcome;
            outcome.event = event.id;
            outcome.source = source;
            outcome.kind = store::FetchOutcome::Kind::skipped;
            outcome.deliveries = deliveries(source, event.type);
            write({std::make_shared<const store::FetchOutcome>(std::move(outcome)), event, source, nullptr});
        }
    }

    void fetch(const std::string& name, Lane& lane, Group group) {
        const auto& newest = group.events.back();
        const auto failed = [&](std::string text) {
            ++lane.running;
            Ended ended{name, lane.source, std::move(group), {}, Steady::now()};
            ended.end.value = plugin::JobFailure{plugin::JobFailure::Kind::retry, std::move(text), Millis(0)};
            finish(std::move(ended));
        };
        auto event = store_.event(newest.id);
        if (!event.ok()) return failed(event.error().message);
        if (!*event) {
            // Taken out of the store meanwhile: nothing is left to be done for it. The others of its group are read again.
            for (const auto& gone : group.events) lane.release(gone);
            lane.look_again = std::min(lane.look_again, clock_.now());
            return;
        }
        auto job = lane.source->fetch_back(**event, newest.fetch_attempts + 1);
        if (!job) return skip(name, group);
        if (const auto* fault = std::get_if<plugin::Fault>(&*job)) return failed(fault->reason);
        ++lane.running;
        auto mailbox = mailbox_;
        auto held = std::make_shared<Group>(std::move(group));
        jobs_.run(std::move(std::get<plugin::Job>(*job)), k_job_deadline,
                  [mailbox, held, name, source = lane.source, began = Steady::now()](plugin::JobEnd end) {
                      mailbox->post([&] { mailbox->ended.push_back(Ended{name, source, std::move(*held), std::move(end), began}); });
                  });
    }

    void finish(Ended ended) {
        const auto lane = lanes_.find(ended.source);
        if (lane != lanes_.end() && lane->second.running > 0) --lane->second.running;
        metrics_
            .counter("gatehouse_fetch_back_total", "Fetch-back jobs, by how they ended.",
                     {{"source", ended.source}, {"outcome", outcome_name(ended.end)}})
            .add();
        seconds_.observe(std::chrono::duration<double>(Steady::now() - ended.began).count());

        const auto mode = lane != lanes_.end() ? lane->second.config->fetch_back.mode : ended.keep->config().fetch_back.mode;
        // Events that failed together are tried again together: one wait for all that have failed as often.
        std::map<int, std::optional<Millis>> waits;
        bool first = true;
        for (const auto& event : ended.group.events) {
            auto outcome = outcome_for(event, ended, mode, waits);
            // The state belongs to the job, not to each event it served.
            if (first) outcome.state = ended.end.state;
            first = false;
            write({std::make_shared<const store::FetchOutcome>(std::move(outcome)), event, ended.source, ended.keep});
        }
    }

    store::FetchOutcome outcome_for(const store::PendingEvent& event, const Ended& ended, config::FetchBackMode mode,
                                    std::map<int, std::optional<Millis>>& waits) {
        using Kind = store::FetchOutcome::Kind;
        store::FetchOutcome outcome;
        outcome.event = event.id;
        outcome.source = ended.source;
        if (const auto* failure = std::get_if<plugin::JobFailure>(&ended.end.value)) {
            outcome.error = failure->text;
            const int attempts = event.fetch_attempts + 1;
            if (!waits.contains(attempts)) waits[attempts] = retry_wait(mode, attempts, *failure);
            const auto& wait = waits[attempts];
            outcome.kind = wait ? Kind::retry : mode == config::FetchBackMode::required ? Kind::gave_up_dead : Kind::gave_up_deliver;
            if (wait) outcome.due = clock_.now() + *wait;
            log_.warning(
                "dispatch", wait ? "fetch-back failed, will be tried again" : "fetch-back given up",
                {{"source", ended.source}, {"event", event.id.text()}, {"attempt", event.fetch_attempts + 1}, {"error", failure->text}});
        } else {
            outcome.kind = Kind::fetched;
            const Time now = clock_.now();
            if (const auto* document = std::get_if<plugin::JobDocument>(&ended.end.value))
                outcome.document = store::Document{document->content_type, document->body, now, false};
            else if (const auto* gone = std::get_if<plugin::JobGone>(&ended.end.value))
                outcome.document = store::Document{"text/plain", gone->reason, now, true};
        }
        if (outcome.kind == Kind::fetched || outcome.kind == Kind::gave_up_deliver)
            outcome.deliveries = deliveries(ended.source, event.type);
        return outcome;
    }

    std::vector<store::NewDelivery> deliveries(const std::string& source, const std::string& type) const {
        std::vector<store::NewDelivery> out;
        const Time now = clock_.now();
        for (auto& destination : routes_->destinations(source, type)) out.push_back({Uuid::v7(now), std::move(destination), now});
        return out;
    }

    void write(Settled settled) {
        auto mailbox = mailbox_;
        auto outcome = *settled.outcome;
        store_.finish_fetch(std::move(outcome), [mailbox, settled = std::move(settled)](const Status& written) {
            if (written.ok() && settled.keep && !settled.outcome->state.empty()) settled.keep->apply_state(settled.outcome->state);
            mailbox->post([&] { (written.ok() ? mailbox->written : mailbox->unwritten).push_back(settled); });
        });
    }

    /// The result of a job is worth keeping: what could not be written is written again, before anything is fetched twice.
    void write_again() {
        if (write_later_.empty() || !store_.writable()) return;
        auto again = std::move(write_later_);
        write_later_.clear();
        for (auto& one : again) write(std::move(one));
    }

    store::Store& store_;
    plugin::JobRunner& jobs_;
    const Clock& clock_;
    Log& log_;
    Metrics& metrics_;
    Histogram& seconds_;
    std::shared_ptr<Mailbox> mailbox_;
    std::shared_ptr<const config::Config> next_config_; ///< guarded by the mailbox, like the next one
    std::shared_ptr<const plugin::Generation> next_generation_;
    std::shared_ptr<const delivery::Routes> routes_;
    std::map<std::string, Lane> lanes_;
    std::vector<Settled> write_later_;
    NamedThread thread_;
};

Dispatcher::Dispatcher(store::Store& store, plugin::JobRunner& jobs, const Clock& clock, Log& log, Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, jobs, clock, log, metrics)) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
    impl_->configure(std::move(config), std::move(generation));
}
void Dispatcher::start() {
    impl_->start();
}
void Dispatcher::stop() {
    impl_->stop();
}
void Dispatcher::wake() {
    impl_->wake();
}

} // namespace gh::dispatch
