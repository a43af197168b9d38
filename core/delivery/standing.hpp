// Whether a destination may be delivered to right now. Disabled and paused are kept in the store (scope "destination:<name>"), throttling
// is not: after a restart the destination says so again.
#pragma once

#include "core/base/time.hpp"
#include "core/delivery/deliverer.hpp"
#include "core/store/store.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace gh::delivery {

/// One destination. Any thread. Always held by shared_ptr: callbacks of the store keep it.
class Standing : public std::enable_shared_from_this<Standing> {
public:
    Standing(std::string name, store::Store&);

    /// Reads what was kept. Until it succeeds nothing is delivered.
    Status load();
    bool known() const { return known_; }
    /// Of the current config: shown URL, and why it cannot be used (empty = it can).
    void describe(std::string url, std::string config_error);

    enum class Answer { yes, no, later };
    /// later: not before throttled_until().
    Answer may_deliver(Time now) const;
    std::optional<Time> throttled_until() const;
    /// After throttling one attempt at a time is made until one succeeds.
    bool probing() const;

    /// 429, 502, 504: the wait doubles with every attempt that began after the last such answer and met another.
    void throttle(Time now, Time attempt_started, std::optional<Time> not_before, const std::string& reason);
    /// Retry-After with any other answer.
    void hold(Time until, const std::string& reason);
    void succeeded();
    /// 410. Kept in the store as soon as that is possible.
    void disable(const std::string& reason);
    /// Tries to keep what could not be kept before. True when nothing is left to keep.
    bool save_again();
    bool saved() const { return !unsaved_; }

    /// By an operator: waits for the commit. Taking a state back ends throttling too. Not from the store's writer thread.
    Status set_disabled(bool);
    Status set_paused(bool);

    void set_in_flight(size_t n) { in_flight_ = n; }
    DestinationState snapshot(Time now) const;

private:
    void save(store::WriteDone); ///< mutex_ held: writes stay in order
    Status save_and_wait(std::unique_lock<std::mutex>);
    void end_throttling();

    const std::string name_;
    store::Store& store_;
    mutable std::mutex mutex_;
    std::string url_, config_error_;
    bool disabled_ = false, paused_ = false;
    std::string disabled_reason_, throttle_reason_;
    std::optional<Time> throttled_until_;
    Time throttled_at_ = Time::min();
    Millis backoff_{0};
    std::atomic<bool> known_{false};
    std::atomic<bool> unsaved_{false};
    std::atomic<size_t> in_flight_{0};
};

} // namespace gh::delivery
