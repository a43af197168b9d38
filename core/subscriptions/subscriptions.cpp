#include "core/subscriptions/subscriptions.hpp"

#include "core/base/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace gh::subscriptions {

namespace {

using namespace std::chrono_literals;

constexpr Millis k_soon = 500ms;     // after a start or change: lets what came with it settle
constexpr Millis k_first_pause = 5s; // after a failure, doubled each time
constexpr Millis k_watch = 10s;      // expiry, and secrets that end
constexpr Millis k_look = 250ms;     // the wall clock may have been moved
constexpr const char* k_states[] = {
    "wanted", "pending_approval", "pending_confirmation", "active", "cooling", "expiring", "suspended", "disabled", "drifted",
    "orphan", "foreign"};

} // namespace

Millis jittered(Millis wait) {
    const std::string bytes = random_bytes(4);
    uint32_t n = 0;
    std::memcpy(&n, bytes.data(), sizeof n);
    return wait * 9 / 10 + Millis(static_cast<int64_t>(static_cast<double>(wait.count()) * 0.2 * (n / 4294967296.0)));
}

Subscriptions::Subscriptions(Parts parts) : parts_(std::move(parts)), operations_(parts_.run_job, parts_.store) {}
Subscriptions::~Subscriptions() {
    stop();
}

void Subscriptions::start() {
    thread_ = std::make_unique<NamedThread>("subscriptions", [this] { run(); });
}

void Subscriptions::stop() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.reset();
}

void Subscriptions::configure(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation) {
    {
        const std::lock_guard lock(mutex_);
        config_ = std::move(config);
        generation_ = std::move(generation);
        for (const auto& slot : generation_->slots) {
            if (!slot.source) continue;
            const auto* block = slot.source->subscription();
            const auto& reconcile = slot.config->reconcile;
            if (!block || !block->fault.empty() || !reconcile.automatic) {
                if (const auto known = kept_.find(slot.config->name); known != kept_.end()) {
                    known->second.block.clear();
                    known->second.due = Steady::time_point::max();
                    known->second.due_at.reset();
                }
                continue;
            }
            Kept& kept = kept_[slot.config->name];
            const std::string now = block->json + "|" + std::to_string(reconcile.every.count());
            if (kept.block == now) continue;
            kept.block = now;
            kept.failures = 0;
            kept.due = Steady::now() + k_soon;
            kept.due_at = parts_.clock.now() + k_soon;
        }
        std::erase_if(kept_, [&](const auto& entry) {
            return std::none_of(generation_->slots.begin(), generation_->slots.end(),
                                [&](const auto& slot) { return slot.config->name == entry.first; });
        });
    }
    changed_.notify_all();
}

std::shared_ptr<plugin::Source> Subscriptions::find(const std::string& name, std::string& reason) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    if (generation_)
        for (const auto& slot : generation_->slots) {
            names.push_back(slot.config->name);
            if (slot.config->name != name) continue;
            if (!slot.source) reason = "source " + name + " is not open: " + slot.reason;
            return slot.source;
        }
    const std::string near = config::nearest(name, names);
    reason =
        "there is no source \"" + name + "\"" + (near.empty() ? "; \"gatehouse sources\" lists them" : ", did you mean \"" + near + "\"?");
    return nullptr;
}

std::vector<std::shared_ptr<plugin::Source>> Subscriptions::sources() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<plugin::Source>> out;
    if (generation_)
        for (const auto& slot : generation_->slots)
            if (slot.source && (slot.source->subscription() || find_kind(*slot.source, "list") || find_kind(*slot.source, "subscribe")))
                out.push_back(slot.source);
    return out;
}

std::vector<std::string> Subscriptions::names() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    if (generation_)
        for (const auto& slot : generation_->slots) out.push_back(slot.config->name);
    return out;
}

std::shared_ptr<Reconciler> Subscriptions::reconciler(const std::string& source) {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[source];
    if (!kept.reconciler)
        kept.reconciler = std::make_shared<Reconciler>(
            Reconciler::Parts{operations_, parts_.store, parts_.vault, parts_.clock, parts_.log,
                              [this, source] {
                                  const auto opened = parts_.reopen();
                                  if (!opened)
                                      parts_.log.error("subscriptions", "the sources could not be opened again to use a new secret",
                                                       {{"source", source}, {"error", opened.error().message}});
                              }},
            source);
    return kept.reconciler;
}

Called Subscriptions::call(const std::shared_ptr<plugin::Source>& source, const std::string& operation, const std::string& arguments_json) {
    return reconciler(source->name())->call(source, operation, arguments_json);
}

View Subscriptions::look(const std::shared_ptr<plugin::Source>& source, bool prune) {
    View view = reconciler(source->name())->look(source, prune);
    show(view);
    return view;
}

View Subscriptions::apply(const std::shared_ptr<plugin::Source>& source, bool prune) {
    View view = reconciler(source->name())->apply(source, prune);
    show(view);
    return view;
}

View Subscriptions::last(const std::shared_ptr<plugin::Source>& source) {
    View view = reconciler(source->name())->last();
    const std::lock_guard lock(mutex_);
    view.next_at = kept_[source->name()].due_at;
    return view;
}

void Subscriptions::schedule(const std::string& source, Millis wait) {
    const std::lock_guard lock(mutex_);
    const auto kept = kept_.find(source);
    if (kept == kept_.end() || kept->second.block.empty()) return;
    kept->second.due = Steady::now() + wait;
    kept->second.due_at = parts_.clock.now() + wait;
}

void Subscriptions::run() {
    auto next_watch = Steady::now();
    Time next_watch_at = parts_.clock.now();
    for (;;) {
        std::shared_ptr<plugin::Source> due;
        {
            std::unique_lock lock(mutex_);
            auto until = std::min(next_watch, Steady::now() + k_look);
            for (const auto& [name, kept] : kept_) until = std::min(until, kept.due);
            changed_.wait_until(lock, until, [&] { return stop_; });
            if (stop_) return;
            const auto now = Steady::now();
            const Time wall = parts_.clock.now();
            for (auto& [name, kept] : kept_) {
                const bool is_due = kept.due <= now || (kept.due_at && *kept.due_at <= wall);
                if (!is_due || !generation_) continue;
                kept.due = Steady::time_point::max();
                kept.due_at.reset();
                for (const auto& slot : generation_->slots)
                    if (slot.config->name == name) due = slot.source;
                if (due) break;
            }
        }
        if (due) round(due);
        if (Steady::now() >= next_watch || parts_.clock.now() >= next_watch_at) {
            watch();
            next_watch = Steady::now() + k_watch;
            next_watch_at = parts_.clock.now() + k_watch;
        }
    }
}

void Subscriptions::round(const std::shared_ptr<plugin::Source>& source) {
    const View view = apply(source, false);
    const Millis every = source->config().reconcile.every;
    const bool handshake = std::any_of(view.plan.lines.begin(), view.plan.lines.end(),
                                       [](const Line& line) { return line.ours && line.state == "pending_confirmation"; });
    int failures = 0, unconfirmed = 0;
    {
        const std::lock_guard lock(mutex_);
        auto& kept = kept_[source->name()];
        unconfirmed = kept.unconfirmed = handshake ? kept.unconfirmed + 1 : 0;
        // Steps left over after a good round (a provider that does not keep what it confirms) must not become a loop either.
        const bool settled = view.error.empty() && view.plan.steps.empty();
        failures = kept.failures = settled ? 0 : kept.failures + 1;
    }
    Millis wait = every;
    if (failures > 0) {
        wait = std::min<Millis>(k_first_pause * (1 << std::min(failures - 1, 12)), every);
        wait = std::max(wait, view.retry_after);
        if (!view.error.empty())
            parts_.log.warning("subscriptions", "not as wanted yet, tried again later",
                               {{"source", source->name()}, {"error", view.error}, {"seconds", wait.count() / 1000}});
    }
    // Its end should show soon, and the life of what was confirmed counts from then.
    if (unconfirmed > 0 && failures == 0) wait = std::min<Millis>(k_first_pause * (1 << std::min(unconfirmed - 1, 12)), every);
    if (view.plan.renew_at && failures == 0) wait = std::min(wait, std::max<Millis>(*view.plan.renew_at - parts_.clock.now(), 1s));
    schedule(source->name(), jittered(wait));
}

void Subscriptions::show(const View& view) {
    if (!view.checked_at) return;
    std::map<std::string, int> counts;
    for (const auto& line : view.plan.lines) ++counts[line.state];
    for (const char* state : k_states)
        parts_.metrics
            .gauge("gatehouse_subscriptions", "Subscriptions at the provider as last seen.", {{"source", view.source}, {"state", state}})
            .set(counts[state]);
}

void Subscriptions::watch() {
    bool reopen = false;
    const Time now = parts_.clock.now();
    for (const auto& source : sources()) {
        const auto& name = source->name();
        if (const auto at = source->secrets_change_at(); at && *at <= now) reopen = true;
        const auto owned = reconciler(name)->recorded();
        std::optional<Time> expiry;
        bool alert = false;
        for (const auto& one : owned) {
            if (!one.last.expires_at || one.retiring) continue;
            expiry = std::min(expiry.value_or(Time::max()), *one.last.expires_at);
            alert |= now >= alert_due(one);
        }
        if (!expiry) continue;
        const auto left = std::chrono::duration_cast<std::chrono::seconds>(*expiry - now).count();
        parts_.metrics
            .gauge("gatehouse_subscription_expires_seconds", "Until the first subscription of the source expires at the provider.",
                   {{"source", name}})
            .set(static_cast<double>(left));
        const std::lock_guard lock(mutex_);
        auto& kept = kept_[name];
        if (alert && !kept.alerted)
            parts_.log.error("subscriptions", left > 0 ? "a subscription expires soon and is not renewed" : "a subscription has expired",
                             {{"source", name},
                              {"expires_at", to_rfc3339(*expiry)},
                              {"seconds", left},
                              {"reconcile", source->config().reconcile.automatic ? "auto" : "manual"}});
        kept.alerted = alert;
    }
    if (!reopen) return;
    if (const auto opened = parts_.reopen(); !opened)
        parts_.log.error("subscriptions", "the sources could not be opened again to leave out old secrets",
                         {{"error", opened.error().message}});
}

} // namespace gh::subscriptions
