// One destination as the scheduler works on it: what is due, what is under way, what still has to be recorded.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/config/config.hpp"
#include "core/delivery/signature.hpp"
#include "core/delivery/standing.hpp"
#include "core/delivery/verdict.hpp"
#include "core/egress/client.hpp"
#include "core/store/store.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace gh::delivery {

/// Where the lane hands results back; both run on foreign threads and must only pass on.
struct Returns {
    std::function<void(std::string lane, Uuid delivery, egress::Response)> answered;
    std::function<void(std::string lane, Uuid delivery, Status)> recorded;
};

struct Tools {
    store::Store& store;
    egress::Client& client;
    const Clock& clock;
    Log& log;
    Metrics& metrics;
    Returns returns;
};

/// Scheduler thread only.
class Lane {
public:
    Lane(std::string name, std::shared_ptr<Standing>, Tools&);

    /// Takes over a destination's config; attempts under way end as they began.
    void configure(std::shared_ptr<const config::Destination>);
    /// The destination is no longer configured: what is under way ends, nothing new begins.
    void retire();
    bool finished() const { return retired_ && flights_.empty(); }
    bool idle() const { return flights_.empty(); }

    /// There may be new deliveries.
    void look() { look_ = true; }
    /// Starts what is due and has room.
    void run(Time now);
    void answered(const Uuid& delivery, const egress::Response&);
    void recorded(const Uuid& delivery, const Status&);
    /// Records once more what the store did not take; also the destination's own state.
    void record_again();
    /// When run() should be called next if nothing happens before. None: something else has to happen.
    std::optional<Time> next() const;
    /// Something waits for the store to work again.
    bool owes_store() const;

private:
    /// One delivery from its start until its attempt is on disk. Until then it is not read as due again.
    struct Flight {
        store::DueDelivery due;
        Time started_at{};
        std::optional<store::NewAttempt> attempt; ///< set once the answer is there
        int record_failures = 0;
        bool recording = false;
        Steady::time_point record_after{};
    };

    size_t room() const;
    bool refill(Time now);
    bool start(const store::DueDelivery&, Time now);
    void record(Flight&);
    void finish(Flight&, Verdict, const egress::Response&, Time now);
    void count(std::string_view family);
    bool still_there(const Uuid& delivery) const;

    const std::string name_;
    const std::shared_ptr<Standing> standing_;
    Tools& tools_;
    std::shared_ptr<const config::Destination> config_;
    std::shared_ptr<const egress::Policy> policy_;
    std::optional<Signer> signer_;
    bool usable_ = false;
    bool retired_ = false;
    bool look_ = true;
    Time look_again_ = Time::min();
    std::deque<store::DueDelivery> ready_; ///< read from the store, about to start
    std::map<Uuid, Flight> flights_;
    size_t on_network_ = 0;
    Histogram& seconds_;
    Counter& dead_;
};

} // namespace gh::delivery
