#include "core/admin/replays.hpp"

#include "core/admin/api.hpp"
#include "core/delivery/routes.hpp"

#include <algorithm>

namespace gh::admin {

namespace {

constexpr size_t k_page = 200; // events per read, and commits under way at once

/// Counts callbacks down; the first failure is kept.
class Gathering {
public:
    explicit Gathering(size_t n) : left_(n) {}
    void one(const Status& s, size_t deliveries) {
        const std::lock_guard lock(mutex_);
        if (!s && !failure_) failure_ = s.error();
        if (s) succeeded_ += deliveries;
        if (--left_ == 0) done_.notify_all();
    }
    Status wait(uint64_t& succeeded) {
        std::unique_lock lock(mutex_);
        const bool in_time = done_.wait_for(lock, std::chrono::seconds(60), [&] { return left_ == 0; });
        succeeded += succeeded_;
        if (!in_time) return Error{"the store did not answer within 60 s"};
        if (failure_) return *failure_;
        return Done{};
    }

private:
    std::mutex mutex_;
    std::condition_variable done_;
    size_t left_;
    uint64_t succeeded_ = 0;
    std::optional<Error> failure_;
};

bool replayable(const store::EventSummary& e) {
    // Waiting events get their deliveries from dispatch; a conflict is delivered only when somebody asks for it by id.
    return e.status == store::EventStatus::ready || e.status == store::EventStatus::delivered || e.status == store::EventStatus::dead;
}

} // namespace

Replays::Replays(Services& services, size_t limit) : services_(services), limit_(limit), thread_("admin-replay", [this] { run(); }) {}

Replays::~Replays() {
    stop();
}

void Replays::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
}

std::optional<std::string> Replays::start(ReplayOrder order) {
    const std::lock_guard lock(mutex_);
    if (stop_) return std::nullopt;
    while (tasks_.size() >= limit_) {
        const auto ended = std::find_if(tasks_.begin(), tasks_.end(), [](const auto& t) { return t->finished_at.has_value(); });
        if (ended == tasks_.end()) return std::nullopt;
        tasks_.erase(ended);
    }
    auto task = std::make_shared<Task>();
    task->started_at = services_.clock.now();
    task->id = Uuid::v7(task->started_at);
    task->order = std::move(order);
    tasks_.push_back(task);
    changed_.notify_all();
    return text(*task);
}

std::optional<std::string> Replays::show(Uuid id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& task : tasks_)
        if (task->id == id) return text(*task);
    return std::nullopt;
}

std::string Replays::list() const {
    json::Writer w;
    w.object().name("items").array();
    {
        const std::lock_guard lock(mutex_);
        for (auto at = tasks_.rbegin(); at != tasks_.rend(); ++at) write(w, **at);
    }
    w.end().member("next", "").end();
    return w.take();
}

bool Replays::cancel(Uuid id) {
    const std::lock_guard lock(mutex_);
    for (const auto& task : tasks_) {
        if (task->id != id) continue;
        task->cancel = true;
        if (task->state == State::waiting) {
            task->state = State::cancelled;
            task->finished_at = services_.clock.now();
        }
        return true;
    }
    return false;
}

bool Replays::ends(const Task& task) const {
    const std::lock_guard lock(mutex_);
    return stop_ || task.cancel;
}

void Replays::run() {
    for (;;) {
        std::shared_ptr<Task> task;
        {
            std::unique_lock lock(mutex_);
            const auto waiting = [&] {
                const auto at = std::find_if(tasks_.begin(), tasks_.end(), [](const auto& t) { return t->state == State::waiting; });
                task = at == tasks_.end() ? nullptr : *at;
                return stop_ || task;
            };
            changed_.wait(lock, waiting);
            if (stop_) return;
            task->state = State::running;
        }
        work(*task);
    }
}

void Replays::work(Task& task) {
    store::EventQuery query;
    query.source = task.order.source;
    query.type = task.order.type;
    query.since = task.order.since;
    query.until = task.order.until;
    query.limit = k_page;
    query.oldest_first = true;
    std::string error;
    uint64_t position = 0;
    while (error.empty() && !ends(task)) {
        auto page = services_.store.events(query);
        if (!page) {
            error = page.error().message;
            break;
        }
        if (auto made = create(task, page->items, position); !made) error = made.error().message;
        query.cursor = page->next;
        if (query.cursor.empty()) break;
    }
    const std::lock_guard lock(mutex_);
    task.error = error;
    task.state = !error.empty() ? State::failed : task.cancel || (stop_ && !query.cursor.empty()) ? State::cancelled : State::done;
    task.finished_at = services_.clock.now();
    services_.log.info("admin", "replay ended", {{"replay", task.id.text()}, {"matched", task.matched}, {"created", task.created}});
}

Status Replays::create(Task& task, const std::vector<store::EventSummary>& events, uint64_t& position) {
    const auto config = services_.config();
    const delivery::Routes routes(config);
    const Time now = services_.clock.now();
    std::vector<std::pair<Uuid, std::vector<store::NewDelivery>>> wanted;
    uint64_t matched = 0, skipped = 0;
    for (const auto& event : events) {
        const auto to = task.order.to.empty() ? routes.destinations(event.source, event.type) : std::vector<std::string>{task.order.to};
        if (!replayable(event) || to.empty()) {
            ++skipped;
            continue;
        }
        ++matched;
        std::vector<store::NewDelivery> deliveries;
        for (const auto& name : to) {
            const double wait = task.order.rate > 0 ? 1000.0 * static_cast<double>(position++) / task.order.rate : 0;
            deliveries.push_back({Uuid::v7(now), name, task.started_at + Millis(static_cast<int64_t>(wait))});
        }
        wanted.emplace_back(event.id, std::move(deliveries));
    }
    uint64_t created = 0;
    Status status = Done{};
    if (!task.order.dry_run && !wanted.empty()) {
        const auto gathering = std::make_shared<Gathering>(wanted.size());
        for (auto& [event, deliveries] : wanted) {
            const size_t n = deliveries.size();
            services_.store.add_deliveries(event, std::move(deliveries), [gathering, n](const Status& s) { gathering->one(s, n); });
        }
        status = gathering->wait(created);
    }
    const std::lock_guard lock(mutex_);
    task.matched += matched;
    task.skipped += skipped;
    task.created += created;
    return status;
}

void Replays::write(json::Writer& w, const Task& t) const {
    static constexpr const char* k_states[] = {"waiting", "running", "done", "failed", "cancelled"};
    w.object().member("id", t.id.text()).member("status", k_states[static_cast<size_t>(t.state)]);
    w.member("source", t.order.source).member("type", t.order.type);
    w.name("since").value(t.order.since ? std::optional(to_rfc3339(*t.order.since)) : std::nullopt);
    w.member("until", to_rfc3339(t.order.until)).member("to", t.order.to).member("dry_run", t.order.dry_run).member("rate", t.order.rate);
    w.member("matched", t.matched).member("created", t.created).member("skipped", t.skipped);
    w.member("started_at", to_rfc3339(t.started_at));
    w.name("finished_at").value(t.finished_at ? std::optional(to_rfc3339(*t.finished_at)) : std::nullopt);
    w.member("error", t.error).end();
}

std::string Replays::text(const Task& task) const {
    json::Writer w;
    write(w, task);
    return w.take();
}

} // namespace gh::admin
