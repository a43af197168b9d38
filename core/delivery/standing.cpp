#include "core/delivery/standing.hpp"

#include <algorithm>
#include <future>

namespace gh::delivery {

namespace {

constexpr Millis k_first_backoff{1'000};
constexpr Millis k_longest_backoff{300'000};
constexpr auto k_commit_wait = std::chrono::seconds(10);

} // namespace

Standing::Standing(std::string name, store::Store& store) : name_(std::move(name)), store_(store) {}

Status Standing::load() {
    const auto entries = store_.state("destination:" + name_);
    if (!entries.ok()) return entries.error();
    const std::lock_guard lock(mutex_);
    for (const auto& entry : *entries) {
        if (!entry.value) continue;
        if (entry.key == "disabled") {
            disabled_ = true;
            disabled_reason_ = *entry.value;
        } else if (entry.key == "paused") {
            paused_ = true;
        }
    }
    known_ = true;
    return Done{};
}

void Standing::describe(std::string url, std::string config_error) {
    const std::lock_guard lock(mutex_);
    url_ = std::move(url);
    config_error_ = std::move(config_error);
}

Standing::Answer Standing::may_deliver(Time now) const {
    const std::lock_guard lock(mutex_);
    if (!known_ || disabled_ || paused_ || !config_error_.empty()) return Answer::no;
    return throttled_until_ && *throttled_until_ > now ? Answer::later : Answer::yes;
}

std::optional<Time> Standing::throttled_until() const {
    const std::lock_guard lock(mutex_);
    return throttled_until_;
}

bool Standing::probing() const {
    const std::lock_guard lock(mutex_);
    return backoff_.count() > 0;
}

void Standing::throttle(Time now, Time attempt_started, std::optional<Time> not_before, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    // Several attempts under way meet the same trouble: that is one reason to wait, not several.
    if (attempt_started > throttled_at_) {
        backoff_ = backoff_.count() == 0 ? k_first_backoff : std::min(backoff_ * 2, k_longest_backoff);
        throttled_at_ = now;
    }
    throttled_until_ = std::max({throttled_until_.value_or(now), throttled_at_ + backoff_, not_before.value_or(now)});
    throttle_reason_ = reason;
}

void Standing::hold(Time until, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (throttled_until_ && *throttled_until_ >= until) return;
    throttled_until_ = until;
    throttle_reason_ = reason;
}

void Standing::succeeded() {
    const std::lock_guard lock(mutex_);
    backoff_ = Millis(0);
}

void Standing::end_throttling() {
    backoff_ = Millis(0);
    throttled_until_.reset();
}

void Standing::disable(const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (disabled_) return;
    disabled_ = true;
    disabled_reason_ = reason;
    save([self = shared_from_this()](const Status& done) {
        if (!done.ok()) self->unsaved_ = true;
    });
}

bool Standing::save_again() {
    if (!unsaved_) return true;
    const std::lock_guard lock(mutex_);
    unsaved_ = false;
    save([self = shared_from_this()](const Status& done) {
        if (!done.ok()) self->unsaved_ = true;
    });
    return false;
}

void Standing::save(store::WriteDone done) {
    std::vector<store::StateChange> changes(2);
    changes[0].key = "disabled";
    if (disabled_) changes[0].value = disabled_reason_;
    changes[1].key = "paused";
    if (paused_) changes[1].value = "1";
    store_.put_state("destination:" + name_, std::move(changes), std::move(done));
}

Status Standing::save_and_wait(std::unique_lock<std::mutex> lock) {
    const auto kept = std::make_shared<std::promise<Status>>();
    auto answer = kept->get_future();
    save([kept, self = shared_from_this()](const Status& done) {
        if (!done.ok()) self->unsaved_ = true;
        kept->set_value(done);
    });
    lock.unlock();
    if (answer.wait_for(k_commit_wait) != std::future_status::ready)
        return Error{"destination " + name_ + ": done, but the store has not kept it within 10 s; it is tried on"};
    if (const Status done = answer.get(); !done.ok())
        return Error{"destination " + name_ + ": done, but the store could not keep it yet (" + done.error().message +
                     "); it is tried again"};
    return Done{};
}

Status Standing::set_disabled(bool on) {
    if (Status read = known_ ? Status(Done{}) : load(); !read.ok()) return read;
    std::unique_lock lock(mutex_);
    disabled_ = on;
    disabled_reason_ = on ? "disabled by an operator" : "";
    if (!on) end_throttling();
    return save_and_wait(std::move(lock));
}

Status Standing::set_paused(bool on) {
    if (Status read = known_ ? Status(Done{}) : load(); !read.ok()) return read;
    std::unique_lock lock(mutex_);
    paused_ = on;
    if (!on) end_throttling();
    return save_and_wait(std::move(lock));
}

DestinationState Standing::snapshot(Time now) const {
    const std::lock_guard lock(mutex_);
    DestinationState s;
    s.name = name_;
    s.url = url_;
    s.disabled = disabled_;
    s.paused = paused_;
    s.in_flight = in_flight_;
    if (throttled_until_ && *throttled_until_ > now) s.throttled_until = throttled_until_;
    if (!config_error_.empty())
        s.reason = config_error_;
    else if (disabled_)
        s.reason = disabled_reason_;
    else if (paused_)
        s.reason = "paused by an operator";
    else if (!known_)
        s.reason = "the store has not told yet whether it is disabled";
    else if (s.throttled_until)
        s.reason = throttle_reason_;
    return s;
}

} // namespace gh::delivery
