// Recovery: asks a provider, page by page, what happened while we could not hear it, and stores what we do not have yet.
//
// A heartbeat in the store tells after a start how long the gateway was away. Sources with `recover: auto` are then recovered at once; for
// the others the log says how. Where a run was cut off, the next one without a start time goes on from its last page.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/thread.hpp"
#include "core/base/uuid.hpp"
#include "core/subscriptions/operations.hpp"
#include "core/subscriptions/recovered.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gh::subscriptions {

struct RecoveryOrder {
    std::string source;
    std::optional<Time> since; ///< none: where the last run was cut off, else since the last outage, else a day
    std::optional<Time> until; ///< none: now
    bool dry_run = false;      ///< asks and counts, stores nothing
};

/// A run as it stands. status: running, waiting (for the provider), done, failed or cancelled.
struct RecoveryView {
    Uuid id;
    RecoveryOrder order;
    std::string status = "running";
    Time since{}, until{};
    bool resumed = false;
    uint64_t pages = 0, found = 0, stored = 0, known = 0, lost_count = 0;
    std::vector<Lost> lost; ///< the first 1000
    std::string error;      ///< of the last failed try
    Time started_at{};
    std::optional<Time> finished_at;
};

class Recoveries {
public:
    /// References outlive it. `find`: the open source of that name, or null with the reason.
    struct Parts {
        Operations& operations;
        store::Store& store;
        const Clock& clock;
        Log& log;
        Metrics& metrics;
        std::function<std::shared_ptr<plugin::Source>(const std::string&, std::string& reason)> find;
        std::function<std::vector<std::string>()> names; ///< of all sources
        Millis heartbeat{10'000};
        Millis least_outage{30'000}; ///< shorter ones are covered by the provider's own next try
    };
    explicit Recoveries(Parts);
    /// Stops.
    ~Recoveries();

    /// Looks at the last heartbeat, offers or begins what `recover` says, and beats from now on.
    void start();
    /// Ends runs after the page under way and writes the last heartbeat; the store must still be open.
    void stop();

    /// The new run; the error says why there is none.
    Result<RecoveryView> begin(RecoveryOrder);
    std::optional<RecoveryView> show(Uuid) const;
    std::vector<RecoveryView> list() const; ///< newest first
    bool cancel(Uuid);

private:
    struct Run {
        RecoveryView view; ///< guarded by mutex_
        bool cancel = false;
        std::optional<std::string> cursor; ///< from here on, the run's thread only
        std::optional<Words> words;        ///< of the stored events of the time in question; once a page needs them
        NamedThread thread;
    };
    void beat();
    void write_alive();
    void note_outage();
    enum class Outcome { more, last, again, failed };
    void work(Run&, const std::shared_ptr<plugin::Source>&);
    Outcome page(Run&, const std::shared_ptr<plugin::Source>&, Millis& retry_after, std::string& error);
    Status store_page(Run&, RecoveredPage&);
    Status read_words(Run&);
    /// Where the run stands, durably.
    Status remember(const Run&, std::string_view status);
    /// False when the run is to end.
    bool pause(Run&, Millis);
    bool ends(const Run&) const;
    void end(Run&, std::string status, std::string error);
    Time default_since(const std::string& source, std::optional<std::string>& cursor, bool& resumed, Time& until) const;

    Parts parts_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_ = false;
    std::deque<std::shared_ptr<Run>> runs_; ///< oldest first
    std::unique_ptr<NamedThread> beating_;
};

} // namespace gh::subscriptions
