#include "core/delivery/deliverer.hpp"

#include "core/base/thread.hpp"
#include "core/delivery/lane.hpp"

#include <condition_variable>
#include <mutex>

namespace gh::delivery {

namespace {

/// The clock may be set, by an administrator or a test: look at least this often.
constexpr Millis k_longest_wait{1'000};
constexpr Millis k_store_pause{250};

/// What other threads leave for the scheduler. Shared: callbacks may come when the deliverer has ended.
struct Mailbox {
    struct Answered {
        std::string lane;
        Uuid delivery;
        egress::Response response;
    };
    struct Recorded {
        std::string lane;
        Uuid delivery;
        Status status;
    };

    std::mutex mutex;
    std::condition_variable ready;
    std::vector<Answered> answered;
    std::vector<Recorded> recorded;
    std::shared_ptr<const config::Config> config; ///< to be taken over
    bool woken = false;
    bool stopping = false;
    Steady::time_point stop_at{};

    bool empty() const { return answered.empty() && recorded.empty() && !config && !woken && !stopping; }
};

} // namespace

class Deliverer::Impl {
public:
    Impl(store::Store& store, egress::Client& client, const Clock& clock, Log& log, Metrics& metrics)
        : store_(store), clock_(clock), log_(log), mailbox_(std::make_shared<Mailbox>()), tools_{store, client,  clock,
                                                                                                 log,   metrics, returns()} {}

    ~Impl() { stop(Millis(0)); }

    void configure(std::shared_ptr<const config::Config> config) {
        {
            const std::lock_guard lock(standings_mutex_);
            names_.clear();
            for (const auto& destination : config->destinations) {
                names_.push_back(destination->name);
                auto& standing = standings_[destination->name];
                if (standing) continue;
                standing = std::make_shared<Standing>(destination->name, store_);
                if (const Status read = standing->load(); !read.ok())
                    log_.error("delivery", "cannot read the state of a destination, trying on: " + read.error().message,
                               {{"destination", destination->name}});
            }
        }
        const std::lock_guard lock(mailbox_->mutex);
        mailbox_->config = std::move(config);
        mailbox_->ready.notify_one();
    }

    void start() {
        thread_ = NamedThread("delivery", [this] { loop(); });
    }

    void stop(Millis limit) {
        {
            const std::lock_guard lock(mailbox_->mutex);
            mailbox_->stopping = true;
            mailbox_->stop_at = Steady::now() + limit;
            mailbox_->ready.notify_one();
        }
        thread_.join();
    }

    void wake() {
        const std::lock_guard lock(mailbox_->mutex);
        if (std::exchange(mailbox_->woken, true)) return;
        mailbox_->ready.notify_one();
    }

    std::vector<DestinationState> destinations() const {
        const std::lock_guard lock(standings_mutex_);
        std::vector<DestinationState> out;
        for (const auto& name : names_) out.push_back(standings_.at(name)->snapshot(clock_.now()));
        return out;
    }

    Status change(const std::string& name, Status (Standing::*how)(bool), bool on) {
        std::shared_ptr<Standing> standing;
        {
            const std::lock_guard lock(standings_mutex_);
            if (std::find(names_.begin(), names_.end(), name) == names_.end()) return Error{"no destination is called \"" + name + '"'};
            standing = standings_.at(name);
        }
        Status done = (*standing.*how)(on);
        wake();
        return done;
    }

private:
    Returns returns() {
        return {[box = mailbox_](std::string lane, Uuid delivery, egress::Response response) {
                    const std::lock_guard lock(box->mutex);
                    box->answered.push_back({std::move(lane), delivery, std::move(response)});
                    box->ready.notify_one();
                },
                [box = mailbox_](std::string lane, Uuid delivery, Status status) {
                    const std::lock_guard lock(box->mutex);
                    box->recorded.push_back({std::move(lane), delivery, std::move(status)});
                    box->ready.notify_one();
                }};
    }

    void loop() {
        for (;;) {
            std::vector<Mailbox::Answered> answered;
            std::vector<Mailbox::Recorded> recorded;
            std::shared_ptr<const config::Config> config;
            bool woken = false, stopping = false;
            Steady::time_point stop_at{};
            const Millis pause = wait_time();
            {
                std::unique_lock lock(mailbox_->mutex);
                if (!mailbox_->stopping)
                    mailbox_->ready.wait_for(lock, pause, [&] { return !mailbox_->empty(); });
                else
                    mailbox_->ready.wait_until(lock, std::min(mailbox_->stop_at, Steady::now() + k_store_pause),
                                               [&] { return !mailbox_->answered.empty() || !mailbox_->recorded.empty(); });
                answered.swap(mailbox_->answered);
                recorded.swap(mailbox_->recorded);
                config.swap(mailbox_->config);
                woken = std::exchange(mailbox_->woken, false);
                stopping = mailbox_->stopping;
                stop_at = mailbox_->stop_at;
            }
            if (config) arrange(*config);
            for (const auto& one : answered)
                if (const auto lane = lanes_.find(one.lane); lane != lanes_.end())
                    lane->second.answered(one.delivery, one.response);
            for (auto& one : recorded)
                if (const auto lane = lanes_.find(one.lane); lane != lanes_.end()) lane->second.recorded(one.delivery, one.status);
            const Time now = clock_.now();
            for (auto& [name, lane] : lanes_) {
                lane.record_again();
                if (woken) lane.look();
                if (!stopping) lane.run(now);
            }
            std::erase_if(lanes_, [](const auto& entry) { return entry.second.finished(); });
            const bool idle = std::all_of(lanes_.begin(), lanes_.end(), [](const auto& entry) { return entry.second.idle(); });
            if (stopping && (idle || Steady::now() >= stop_at)) return;
        }
    }

    Millis wait_time() const {
        Millis wait = k_longest_wait;
        const Time now = clock_.now();
        for (const auto& [name, lane] : lanes_) {
            if (lane.owes_store()) wait = std::min(wait, k_store_pause);
            if (const auto next = lane.next()) wait = std::min(wait, std::max(*next - now, Millis(1)));
        }
        return wait;
    }

    void arrange(const config::Config& config) {
        for (auto& [name, lane] : lanes_) lane.retire();
        for (const auto& destination : config.destinations) {
            std::shared_ptr<Standing> standing;
            {
                const std::lock_guard lock(standings_mutex_);
                standing = standings_.at(destination->name);
            }
            lanes_.try_emplace(destination->name, destination->name, standing, tools_).first->second.configure(destination);
        }
    }

    store::Store& store_;
    const Clock& clock_;
    Log& log_;
    const std::shared_ptr<Mailbox> mailbox_;
    Tools tools_;

    mutable std::mutex standings_mutex_;
    std::vector<std::string> names_; ///< configured, in config order
    std::map<std::string, std::shared_ptr<Standing>> standings_;

    std::map<std::string, Lane> lanes_; ///< scheduler only
    NamedThread thread_;
};

Deliverer::Deliverer(store::Store& store, egress::Client& client, const Clock& clock, Log& log, Metrics& metrics)
    : impl_(std::make_unique<Impl>(store, client, clock, log, metrics)) {}

Deliverer::~Deliverer() = default;

void Deliverer::configure(std::shared_ptr<const config::Config> config) {
    impl_->configure(std::move(config));
}
void Deliverer::start() {
    impl_->start();
}
void Deliverer::stop(Millis limit) {
    impl_->stop(limit);
}
void Deliverer::wake() {
    impl_->wake();
}
std::vector<DestinationState> Deliverer::destinations() const {
    return impl_->destinations();
}
Status Deliverer::set_disabled(const std::string& name, bool on) {
    return impl_->change(name, &Standing::set_disabled, on);
}
Status Deliverer::set_paused(const std::string& name, bool on) {
    return impl_->change(name, &Standing::set_paused, on);
}

} // namespace gh::delivery
