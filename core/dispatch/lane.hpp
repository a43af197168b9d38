// The fetch-backs of one source: its limits, and what is under way. Used by the dispatcher's thread only.
#pragma once

#include "core/base/metrics.hpp"
#include "core/base/rate.hpp"
#include "core/config/config.hpp"
#include "core/delivery/routes.hpp"
#include "core/plugin/source.hpp"
#include "core/store/store.hpp"

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gh::dispatch {

/// Events that one fetch serves: one, or several of one type and subject within the coalescing time. In log order: the last is the newest,
/// and its fetch is the one that counts.
struct Group {
    std::vector<store::PendingEvent> events;
    Time due{}; ///< when the coalescing time, counted from the arrival of the first, is over
};

/// How a group's job ended, on its way back to the dispatcher's thread.
struct Ended {
    std::string source;
    std::shared_ptr<plugin::Source> keep; ///< the generation it began with
    Group group;
    plugin::JobEnd end;
    Steady::time_point began;
};

struct Lane {
    Lane(std::shared_ptr<plugin::Source> open, std::shared_ptr<const config::Source> configured);

    std::shared_ptr<plugin::Source> source;
    std::shared_ptr<const config::Source> config;
    std::shared_ptr<TokenBucket> bucket;
    std::set<Uuid> taken; ///< events in a group, under way, or waiting for their outcome to be written
    /// Ordering keys of the events in `taken`, each as often as it has events there. A commit shows in the store before its callback has
    /// brought the job's state into memory: until then the next event of the key must not begin, or its job would not see that state.
    std::multiset<std::string> taken_keys;
    std::deque<Group> waiting; ///< oldest first: still coalescing, or held back by concurrency or rate
    size_t running = 0;
    Time look_again = Time::min(); ///< nothing to do before this

    /// Reads what is due, arranges it into groups, and gives those that may start now. Of one ordering key there is one group at a time:
    /// the store shows only the first waiting event of a key, and those behind it join when its group starts, as long as they are about the
    /// same.
    std::vector<Group> next(store::Store&, Time now);
    /// Groups that next() gave and that could not start after all. They go first the next time.
    void give_back(std::vector<Group>);
    /// The event is settled on disk; it may be read again if it still waits.
    void release(const store::PendingEvent&);
    /// Whether events of this type are fetched back at all.
    bool fetches(std::string_view type) const;

private:
    bool read(store::Store&, Time now);
    void arrange(const store::PendingEvent&, Time now);
    void take(const store::PendingEvent&);
    void join_those_behind(store::Store&, Group&);
    size_t room() const;
};

} // namespace gh::dispatch
