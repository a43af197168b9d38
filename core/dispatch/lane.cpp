#include "core/dispatch/lane.hpp"

#include <algorithm>

namespace gh::dispatch {

namespace {

/// Events read ahead per fetch that may run: enough to fill the next round, little enough to stay small in memory.
constexpr size_t k_read_ahead = 8;
/// How often a store that failed to answer is asked again.
constexpr Millis k_store_pause{500};

} // namespace

Lane::Lane(std::shared_ptr<plugin::Source> opened, std::shared_ptr<const config::Source> configured)
    : source(std::move(opened)), config(std::move(configured)), bucket(std::make_shared<TokenBucket>(config->fetch_back.rate, config->fetch_back.rate)) {}

size_t Lane::room() const {
    const auto most = static_cast<size_t>(std::max(1, config->fetch_back.concurrency));
    return most > running ? most - running : 0;
}

std::vector<Group> Lane::next(store::Store& store, Time now) {
    std::vector<Group> groups;
    while (!ready.empty() && groups.size() < room()) {
        groups.push_back(std::move(ready.front()));
        ready.pop_front();
    }
    // Groups whose coalescing time is over go first: they are the oldest.
    for (auto it = open.begin(); it != open.end() && groups.size() < room();) {
        if (it->second.due > now) {
            ++it;
            continue;
        }
        groups.push_back(std::move(it->second));
        it = open.erase(it);
    }

    const std::vector<Uuid> except(taken.begin(), taken.end());
    const size_t most = static_cast<size_t>(std::max(1, config->fetch_back.concurrency)) * k_read_ahead + 64;
    const auto pending = store.pending_events(config->name, now, most, except);
    if (!pending.ok()) {
        look_again = now + k_store_pause;
        return groups;
    }
    const Millis coalesce = config->fetch_back.coalesce;
    for (const auto& event : *pending) {
        if (!event.ordering_key.empty() && busy_keys.contains(event.ordering_key)) continue;
        if (coalesce.count() > 0 && !event.subject.empty() && event.fetch_attempts == 0 && source->fetches(event.type)) {
            Group& group = open[event.subject];
            if (group.events.empty()) group.due = now + coalesce;
            group.events.push_back(event);
            taken.insert(event.id);
            continue;
        }
        if (groups.size() >= room() && source->fetches(event.type)) continue;
        if (!event.ordering_key.empty()) busy_keys.insert(event.ordering_key);
        taken.insert(event.id);
        groups.push_back(Group{{event}, now});
    }

    look_again = Time::max();
    if (pending->size() >= most) look_again = now;
    for (const auto& [subject, group] : open) look_again = std::min(look_again, group.due);
    if (const auto due = store.next_fetch_due(config->name, now); due.ok() && *due) look_again = std::min(look_again, **due);
    return groups;
}

void Lane::release(const store::PendingEvent& event) {
    taken.erase(event.id);
    if (!event.ordering_key.empty()) busy_keys.erase(event.ordering_key);
}

} // namespace gh::dispatch
