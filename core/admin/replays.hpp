// Replays: new deliveries for stored events, made by a background thread. A rate becomes the due times of the deliveries, so it holds
// across a restart. What a replay has created is durable; the task itself is forgotten when the process ends.
#pragma once

#include "core/admin/admin.hpp"
#include "core/base/json.hpp"
#include "core/base/thread.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gh::admin {

struct ReplayOrder {
    std::string source, type; ///< as in EventQuery
    std::optional<Time> since;
    Time until{};   ///< received_at before this: a replay does not run after new events
    std::string to; ///< empty: wherever the routes lead now
    bool dry_run = false;
    double rate = 0; ///< deliveries per second, 0 = all at once
};

class Replays {
public:
    Replays(Services&, size_t limit);
    /// Stops after the page under way.
    ~Replays();

    /// The new task as JSON, or none: too many are waiting.
    std::optional<std::string> start(ReplayOrder);
    std::optional<std::string> show(Uuid) const;
    /// Newest first.
    std::string list() const;
    /// False: there is none of that id.
    bool cancel(Uuid);
    void stop();

private:
    enum class State { waiting, running, done, failed, cancelled };
    struct Task {
        Uuid id;
        ReplayOrder order;
        State state = State::waiting;
        uint64_t matched = 0, created = 0, skipped = 0;
        Time started_at{};
        std::optional<Time> finished_at;
        std::string error;
        bool cancel = false;
    };
    void run();
    void work(Task&);
    /// Creates the deliveries of one page. The error of the first write that failed.
    Status create(Task&, const std::vector<store::EventSummary>&, uint64_t& position);
    void write(json::Writer&, const Task&) const;
    std::string text(const Task&) const;
    bool ends(const Task&) const;

    Services& services_;
    const size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Task>> tasks_; ///< oldest first; members guarded by mutex_, except what `work` alone reads
    bool stop_ = false;
    NamedThread thread_;
};

} // namespace gh::admin
