// The fetch-backs of one source: its limits, and what is under way. Used by the dispatcher's thread only.
#pragma once

#include "core/base/metrics.hpp"
#include "core/base/rate.hpp"
#include "core/config/config.hpp"
#include "core/delivery/routes.hpp"
#include "core/plugin/source.hpp"
#include "core/store/store.hpp"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace gh::dispatch {

/// Events that one fetch serves: one, or several of one subject within the coalescing time. The last one is the newest.
struct Group {
    std::vector<store::PendingEvent> events;
    Time due{}; ///< when the coalescing time is over
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
    std::set<Uuid> taken;              ///< events in a group, under way, or waiting for their outcome to be written
    std::set<std::string> busy_keys;   ///< ordering keys under way
    std::map<std::string, Group> open; ///< by subject: still coalescing
    std::deque<Group> ready;           ///< may start as soon as the rate allows
    size_t running = 0;
    Time look_again = Time::min(); ///< nothing to do before this

    /// Reads what is due and arranges it into groups that may start now. Leaves out what must wait for an earlier event of its ordering key.
    std::vector<Group> next(store::Store&, Time now);
    /// The event is settled on disk; it may be read again if it still waits.
    void release(const store::PendingEvent&);
    size_t room() const;
};

} // namespace gh::dispatch
