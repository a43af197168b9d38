#include "core/dispatch/lane.hpp"

#include <algorithm>

namespace gh::dispatch {

namespace {

/// Events read ahead per fetch that may run: enough to fill the next round, little enough to stay small in memory.
constexpr size_t k_read_ahead = 8;
/// While coalescing, so many may wait for their time to be over.
constexpr size_t k_most_coalescing = 2048;
constexpr size_t k_most_in_group = 1000;
/// How often a store that failed to answer is asked again.
constexpr Millis k_store_pause{500};

bool same(const store::PendingEvent& a, const store::PendingEvent& b) {
    return a.type == b.type && a.subject == b.subject && a.ordering_key == b.ordering_key;
}

} // namespace

Lane::Lane(std::shared_ptr<plugin::Source> opened, std::shared_ptr<const config::Source> configured)
    : source(std::move(opened)),
      config(std::move(configured)),
      bucket(std::make_shared<TokenBucket>(config->fetch_back.rate, config->fetch_back.rate)) {}

size_t Lane::room() const {
    const auto most = static_cast<size_t>(std::max(1, config->fetch_back.concurrency));
    return most > running ? most - running : 0;
}

bool Lane::fetches(std::string_view type) const {
    return config->fetch_back.mode != config::FetchBackMode::off && source->fetches(type);
}

std::vector<Group> Lane::next(store::Store& store, Time now) {
    const bool more = read(store, now);
    std::vector<Group> groups;
    size_t room_left = room();
    Time due = Time::max();
    for (auto it = waiting.begin(); it != waiting.end();) {
        const bool fetched = fetches(it->events.front().type);
        if (it->due > now || (fetched && room_left == 0)) {
            if (it->due > now) due = std::min(due, it->due);
            ++it;
            continue;
        }
        if (fetched) --room_left;
        groups.push_back(std::move(*it));
        it = waiting.erase(it);
        join_those_behind(store, groups.back());
    }
    look_again = std::min(look_again, more ? now : due);
    return groups;
}

/// True when there may be more to read at once.
bool Lane::read(store::Store& store, Time now) {
    look_again = Time::max();
    const auto concurrency = static_cast<size_t>(std::max(1, config->fetch_back.concurrency));
    const size_t most = std::max(concurrency * k_read_ahead + 64, config->fetch_back.coalesce.count() > 0 ? k_most_coalescing : 0);
    // With its hands full, the lane is woken by the end of a job.
    if (taken.size() >= most) return false;
    const std::vector<Uuid> except(taken.begin(), taken.end());
    const size_t limit = most - taken.size();
    const auto pending = store.pending_events(config->name, now, limit, except);
    const auto later = pending.ok() ? store.next_fetch_due(config->name, now) : Result<std::optional<Time>>(pending.error());
    if (!pending.ok() || !later.ok()) {
        look_again = now + k_store_pause;
        return false;
    }
    const auto taken_before = taken.size();
    for (const auto& event : *pending)
        if (event.ordering_key.empty() || !taken_keys.contains(event.ordering_key)) arrange(event, now);
    if (*later) look_again = **later;
    return pending->size() >= limit && taken.size() > taken_before && taken.size() < most;
}

void Lane::take(const store::PendingEvent& event) {
    if (taken.insert(event.id).second && !event.ordering_key.empty()) taken_keys.insert(event.ordering_key);
}

void Lane::arrange(const store::PendingEvent& event, Time now) {
    take(event);
    const Millis coalesce = config->fetch_back.coalesce;
    const bool may_join = coalesce.count() > 0 && !event.subject.empty() && fetches(event.type);
    if (may_join)
        for (Group& group : waiting) {
            if (!same(group.events.front(), event) || group.events.size() >= k_most_in_group) continue;
            const auto after = std::find_if(group.events.begin(), group.events.end(), [&](const auto& e) { return e.seq > event.seq; });
            group.events.insert(after, event);
            return;
        }
    // The time counts from the event's arrival: one that had to wait for its turn has waited long enough, and so has one tried again.
    waiting.push_back({{event}, may_join && event.fetch_attempts == 0 ? std::min(event.received_at, now) + coalesce : now});
}

void Lane::join_those_behind(store::Store& store, Group& group) {
    const store::PendingEvent head = group.events.front();
    if (config->fetch_back.coalesce.count() <= 0 || head.subject.empty() || head.ordering_key.empty() || !fetches(head.type)) return;
    const auto behind = store.pending_behind(head, k_most_in_group);
    if (!behind.ok()) return; // they get their turn, one by one
    for (const auto& event : *behind) {
        // One that is about something else must come after this group, and so must all behind it.
        if (!same(event, head) || taken.contains(event.id)) return;
        take(event);
        group.events.push_back(event);
    }
}

void Lane::give_back(std::vector<Group> groups) {
    waiting.insert(waiting.begin(), std::make_move_iterator(groups.begin()), std::make_move_iterator(groups.end()));
}

void Lane::release(const store::PendingEvent& event) {
    if (taken.erase(event.id) == 0) return;
    if (const auto key = taken_keys.find(event.ordering_key); key != taken_keys.end()) taken_keys.erase(key);
}

} // namespace gh::dispatch
