// store::Store in memory, for tests of what stands above the store. It keeps the contract of store.hpp: writes return at once and are
// committed in order on a thread of their own, callbacks run there, and a failed commit leaves nothing behind. Nothing is durable: two
// owners of one MemoryStore, one after the other, stand for a restart.
#pragma once

#include "core/base/thread.hpp"
#include "core/store/store.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>

namespace gh::test {

class MemoryStore : public store::Store {
public:
    explicit MemoryStore(const Clock& clock) : clock_(clock), writer_("memory-store", [this] { write_all(); }) {}
    ~MemoryStore() override { stop(); }

    // ---- what tests set and ask ----

    /// While set, every commit fails, and writable() is false from the first failure on.
    void fail_commits(bool on) {
        const std::lock_guard lock(mutex_);
        failing_ = on;
        if (!on) writable_ = true;
    }
    /// While set, reads fail.
    void fail_reads(bool on) {
        const std::lock_guard lock(mutex_);
        reads_fail_ = on;
    }
    /// Waits until `condition`, which may use the reading functions, is true; asked anew after each commit.
    template <class F>
    bool wait_until(F condition, Millis limit = Millis(5000)) {
        const auto end = Steady::now() + limit;
        std::unique_lock lock(mutex_);
        for (;;) {
            const uint64_t seen = commits_;
            lock.unlock();
            if (condition()) return true;
            lock.lock();
            const bool again = changed_.wait_until(lock, std::min(end, Steady::now() + Millis(50)), [&] { return commits_ != seen; });
            if (!again && Steady::now() >= end) return false;
        }
    }
    /// Queued writes are done.
    void settle() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return queue_.empty() && !writing_; });
    }
    /// Removes an event with all that belongs to it, as retention does.
    void forget(const Uuid& event) {
        const std::lock_guard lock(mutex_);
        events_.erase(event);
        std::erase_if(deliveries_, [&](const auto& d) { return d.second.shown.event == event; });
    }
    store::Delivery delivery(const Uuid& id) {
        const std::lock_guard lock(mutex_);
        return deliveries_.at(id).shown;
    }

    // ---- writing ----

    bool append(std::vector<store::NewEvent> events, store::AppendDone done) override {
        put([this, events = std::move(events), done = std::move(done), results = std::make_shared<std::vector<store::Appended>>()](
                bool commit, const std::string& error) mutable -> Call {
            for (auto& e : events)
                results->push_back(commit ? add(std::move(e)) : store::Appended{store::Appended::Outcome::failed, {}, 0, error});
            return [done, results] { done(*results); };
        });
        return true;
    }
    void quarantine(store::NewRefused refused) override {
        put([this, refused = std::move(refused)](bool commit, const std::string&) -> Call {
            if (commit) refused_.push_back(refused);
            return {};
        });
    }
    void release(Uuid id, store::NewEvent event, store::AppendDone done) override {
        put([this, id, event = std::move(event), done = std::move(done)](bool commit, const std::string& error) mutable -> Call {
            store::Appended result{store::Appended::Outcome::failed, {}, 0, error};
            if (commit) {
                result = add(std::move(event));
                std::erase_if(refused_, [&](const auto& r) { return r.id == id; });
            }
            return [done, result] { done(std::span(&result, 1)); };
        });
    }
    void finish_fetch(store::FetchOutcome o, store::WriteDone done) override {
        change(std::move(done), [this, o = std::move(o)]() -> Status {
            const auto found = events_.find(o.event);
            if (found == events_.end()) return Error{"store: no event " + o.event.text()};
            Row& row = found->second;
            using Kind = store::FetchOutcome::Kind;
            using S = store::EventStatus;
            if (row.event.status != S::received && row.event.status != S::fetching) return Done{};
            row.event.status = o.kind == Kind::retry ? S::fetching : o.kind == Kind::gave_up_dead ? S::dead : S::ready;
            row.event.fetch_attempts += o.kind == Kind::skipped ? 0 : 1;
            row.event.reason = o.error;
            row.due = o.due;
            if (o.document) row.event.document = o.document;
            set_state("source:" + o.source, o.state);
            if (row.event.status == S::ready) {
                for (const auto& d : o.deliveries) add(row, d);
                settle(row);
            }
            return Done{};
        });
    }
    void record_attempt(store::NewAttempt a, store::WriteDone done) override {
        change(std::move(done), [this, a = std::move(a)]() -> Status {
            const auto found = deliveries_.find(a.delivery);
            if (found == deliveries_.end()) return Error{"store: no delivery " + a.delivery.text()};
            DeliveryRow& row = found->second;
            if (std::any_of(row.attempts.begin(), row.attempts.end(), [&](const auto& old) { return old.id == a.id; })) return Done{};
            row.attempts.push_back({a.id, a.started_at, a.duration, a.status, a.outcome, a.error, a.response});
            auto& d = row.shown;
            if (d.status == store::DeliveryStatus::pending || a.delivery_status == store::DeliveryStatus::delivered)
                d.status = a.delivery_status;
            const bool pending = d.status == store::DeliveryStatus::pending;
            d.next_attempt_at = pending ? std::optional(a.next_attempt_at.value_or(clock_.now())) : std::nullopt;
            d.finished_at = pending ? std::nullopt : std::optional(clock_.now());
            d.last_outcome = a.outcome;
            ++d.attempts;
            ++row.since_retry;
            settle(events_.at(d.event));
            return Done{};
        });
    }
    void add_deliveries(Uuid event, std::vector<store::NewDelivery> deliveries, store::WriteDone done) override {
        change(std::move(done), [this, event, deliveries = std::move(deliveries)]() -> Status {
            const auto found = events_.find(event);
            if (found == events_.end()) return Error{"store: no event " + event.text()};
            for (const auto& d : deliveries) add(found->second, d);
            settle(found->second);
            return Done{};
        });
    }
    void retry_deliveries(std::vector<Uuid> ids, store::WriteDone done) override {
        change(std::move(done), [this, ids = std::move(ids)]() -> Status {
            for (const auto& id : ids) {
                const auto found = deliveries_.find(id);
                if (found == deliveries_.end() || found->second.shown.status == store::DeliveryStatus::delivered) continue;
                found->second.shown.status = store::DeliveryStatus::pending;
                found->second.shown.next_attempt_at = clock_.now();
                found->second.shown.finished_at.reset();
                found->second.since_retry = 0;
                settle(events_.at(found->second.shown.event));
                new_deliveries_ = true;
            }
            return Done{};
        });
    }
    void put_state(std::string scope, std::vector<store::StateChange> changes, store::WriteDone done) override {
        change(std::move(done), [this, scope = std::move(scope), changes = std::move(changes)]() -> Status {
            set_state(scope, changes);
            return Done{};
        });
    }

    // ---- reading ----

    Result<std::optional<store::Event>> event(Uuid id) override {
        return read<std::optional<store::Event>>([&]() -> std::optional<store::Event> {
            if (const auto found = events_.find(id); found != events_.end()) return found->second.event;
            for (const auto& r : refused_) {
                if (r.id != id) continue;
                store::Event e;
                e.id = r.id;
                e.source = r.source;
                e.plugin = r.plugin;
                e.received_at = r.received_at;
                e.status = store::EventStatus::refused;
                e.reason = r.reason;
                e.hint = r.hint;
                e.request = r.request;
                return e;
            }
            return std::nullopt;
        });
    }
    /// Without cursors: one page with everything that matches, newest first (or in log order with after_seq or oldest_first).
    Result<store::Page<store::EventSummary>> events(const store::EventQuery& q) override {
        return read<store::Page<store::EventSummary>>([&] {
            store::Page<store::EventSummary> page;
            for (const auto& [seq, id] : log_) {
                const auto found = events_.find(id);
                if (found == events_.end()) continue;
                const store::Event& e = found->second.event;
                const bool type = q.type.empty() || e.type == q.type ||
                                  (q.type.ends_with(".*") && e.type.starts_with(std::string_view(q.type).substr(0, q.type.size() - 1)));
                if (!type || (!q.source.empty() && q.source != e.source) || (q.status && *q.status != e.status) ||
                    (q.after_seq && seq <= *q.after_seq) || (q.since && e.received_at < *q.since) || (q.until && e.received_at >= *q.until))
                    continue;
                page.items.push_back(e);
            }
            if (!q.after_seq && !q.oldest_first) std::reverse(page.items.begin(), page.items.end());
            if (page.items.size() > q.limit) page.items.resize(q.limit);
            return page;
        });
    }
    Result<int64_t> last_seq() override {
        return read<int64_t>([&] { return log_.empty() ? int64_t{0} : log_.rbegin()->first; });
    }
    Result<std::vector<store::PendingEvent>> pending_events(const std::string& source, Time now, size_t limit,
                                                            std::span<const Uuid> except) override {
        return read<std::vector<store::PendingEvent>>([&] {
            std::vector<store::PendingEvent> found;
            std::unordered_set<std::string> keys;
            for (const auto& [seq, id] : log_) {
                const auto at = events_.find(id);
                if (at == events_.end() || found.size() >= limit) continue;
                const auto& e = at->second.event;
                if (e.source != source || (e.status != store::EventStatus::received && e.status != store::EventStatus::fetching)) continue;
                if (!e.ordering_key.empty() && !keys.insert(e.ordering_key).second) continue;
                if (e.status == store::EventStatus::fetching && at->second.due > now) continue;
                if (std::find(except.begin(), except.end(), id) != except.end()) continue;
                found.push_back({id, seq, e.source, e.type, e.subject, e.ordering_key, e.received_at, e.fetch_attempts});
            }
            return found;
        });
    }
    Result<std::vector<store::PendingEvent>> pending_behind(const store::PendingEvent& head, size_t limit) override {
        return read<std::vector<store::PendingEvent>>([&] {
            std::vector<store::PendingEvent> found;
            for (const auto& [seq, id] : log_) {
                const auto at = events_.find(id);
                if (at == events_.end() || seq <= head.seq || head.ordering_key.empty() || found.size() >= limit) continue;
                const auto& e = at->second.event;
                const bool waits = e.status == store::EventStatus::received || e.status == store::EventStatus::fetching;
                if (e.source == head.source && e.ordering_key == head.ordering_key && waits)
                    found.push_back({id, seq, e.source, e.type, e.subject, e.ordering_key, e.received_at, e.fetch_attempts});
            }
            return found;
        });
    }
    Result<std::optional<Time>> next_fetch_due(const std::string& source, Time now) override {
        return read<std::optional<Time>>([&] {
            std::optional<Time> next;
            for (const auto& [id, row] : events_)
                if (row.event.source == source && row.event.status == store::EventStatus::fetching && row.due > now)
                    next = std::min(next.value_or(Time::max()), row.due);
            return next;
        });
    }
    Result<std::vector<store::DueDelivery>> due_deliveries(const std::string& destination, Time now, size_t limit,
                                                           std::span<const Uuid> except) override {
        return due(destination, now, limit, except, false);
    }
    Result<std::vector<store::DueDelivery>> due_heads(const std::string& destination, Time now, size_t limit,
                                                      std::span<const Uuid> except) override {
        return due(destination, now, limit, except, true);
    }
    Result<std::optional<Time>> next_due(const std::string& destination) override {
        return read<std::optional<Time>>([&] {
            std::optional<Time> next;
            for (const auto& [id, d] : deliveries_)
                if (d.shown.destination == destination && d.shown.status == store::DeliveryStatus::pending)
                    next = std::min(next.value_or(Time::max()), *d.shown.next_attempt_at);
            return next;
        });
    }
    /// Without cursors: one page with everything that matches, newest first.
    Result<store::Page<store::Delivery>> deliveries(const store::DeliveryQuery& q) override {
        return read<store::Page<store::Delivery>>([&] {
            store::Page<store::Delivery> page;
            for (const auto& [id, row] : deliveries_) {
                const auto& d = row.shown;
                if ((q.id && *q.id != id) || (q.event && *q.event != d.event) ||
                    (!q.destination.empty() && q.destination != d.destination) || (!q.source.empty() && q.source != d.source) ||
                    (!q.type.empty() && q.type != d.type) || (q.status && *q.status != d.status))
                    continue;
                page.items.push_back(d);
            }
            std::sort(page.items.begin(), page.items.end(),
                      [](const auto& a, const auto& b) { return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id); });
            if (page.items.size() > q.limit) page.items.resize(q.limit);
            return page;
        });
    }
    Result<std::vector<store::Attempt>> attempts(Uuid id) override {
        return read<std::vector<store::Attempt>>([&] {
            const auto found = deliveries_.find(id);
            return found == deliveries_.end() ? std::vector<store::Attempt>{} : found->second.attempts;
        });
    }
    Result<std::vector<store::StateChange>> state(const std::string& scope) override {
        return read<std::vector<store::StateChange>>([&] {
            std::vector<store::StateChange> out;
            for (const auto& [key, value] : state_[scope]) out.push_back({key, value});
            return out;
        });
    }
    Result<store::Counts> counts() override {
        return read<store::Counts>([&] {
            store::Counts c;
            for (const auto& [id, row] : events_) c.events_waiting += row.event.status <= store::EventStatus::fetching;
            for (const auto& [id, d] : deliveries_) {
                c.deliveries_pending += d.shown.status == store::DeliveryStatus::pending;
                c.deliveries_dead += d.shown.status == store::DeliveryStatus::dead;
            }
            c.quarantined = static_cast<int64_t>(refused_.size());
            return c;
        });
    }

    // ---- life ----

    void on_commit(std::function<void(const store::Committed&)> f) override {
        const std::lock_guard lock(mutex_);
        on_commit_ = std::move(f);
    }
    Status start() override { return Done{}; }
    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            changed_.notify_all();
        }
        writer_.join();
    }
    bool writable() const override {
        const std::lock_guard lock(mutex_);
        return writable_;
    }

private:
    using Call = std::function<void()>;
    using Write = std::function<Call(bool commit, const std::string& error)>;

    struct Row {
        store::Event event;
        Time due{};
    };
    struct DeliveryRow {
        store::Delivery shown;
        int since_retry = 0;
        std::vector<store::Attempt> attempts;
    };

    template <class T, class F>
    Result<T> read(F f) {
        const std::lock_guard lock(mutex_);
        if (reads_fail_) return Error{"store: reads fail in this test"};
        return T(f());
    }

    void put(Write w) {
        {
            const std::lock_guard lock(mutex_);
            if (!stopping_) {
                queue_.push_back(std::move(w));
                changed_.notify_all();
                return;
            }
        }
        if (const Call call = w(false, "store: it has stopped")) call();
    }
    template <class F>
    void change(store::WriteDone done, F apply) {
        put([apply = std::move(apply), done = std::move(done)](bool commit, const std::string& error) mutable -> Call {
            Status status = commit ? apply() : Status(Error{error});
            return [done, status] {
                if (done) done(status);
            };
        });
    }

    void write_all() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
            std::deque<Write> group;
            group.swap(queue_);
            writing_ = true;
            const bool commit = !failing_;
            writable_ = commit;
            std::vector<Call> calls;
            for (auto& w : group)
                if (auto call = w(commit, "store: commits fail in this test")) calls.push_back(std::move(call));
            const bool events = std::exchange(new_events_, false), deliveries = std::exchange(new_deliveries_, false);
            const auto told = on_commit_;
            lock.unlock();
            for (const auto& call : calls) call();
            if (told && (events || deliveries)) told(store::Committed{events, events, deliveries});
            lock.lock();
            writing_ = false;
            ++commits_;
            changed_.notify_all();
        }
    }

    store::Appended add(store::NewEvent e) {
        using Outcome = store::Appended::Outcome;
        bool conflict = false;
        if (!e.dedupe_key.empty()) {
            for (auto& [id, row] : events_) {
                auto& old = row.event;
                if (old.source != e.source || old.dedupe_key != e.dedupe_key ||
                    (old.status == store::EventStatus::conflict && old.request.body != e.request.body))
                    continue;
                if (e.body_may_vary || old.request.body == e.request.body) {
                    ++old.duplicates;
                    return {Outcome::duplicate, old.id, old.seq, {}};
                }
                conflict = true;
            }
        }
        Row row;
        auto& to = row.event;
        to.id = e.id;
        to.seq = log_.empty() ? 1 : log_.rbegin()->first + 1;
        to.source = e.source;
        to.plugin = e.plugin;
        to.type = e.type;
        to.subject = e.subject;
        to.dedupe_key = e.dedupe_key;
        to.ordering_key = e.ordering_key;
        to.received_at = e.received_at;
        to.occurred_at = e.occurred_at;
        to.status = conflict ? store::EventStatus::conflict : e.status;
        to.trust = e.trust;
        to.recovered = e.recovered;
        to.request = std::move(e.request);
        log_[to.seq] = to.id;
        auto& kept = events_[to.id] = std::move(row);
        if (!conflict) {
            for (const auto& d : e.deliveries) add(kept, d);
            set_state("source:" + e.source, e.state);
            new_events_ = new_events_ || e.status == store::EventStatus::received;
        }
        return {conflict ? Outcome::conflict : Outcome::stored, kept.event.id, kept.event.seq, {}};
    }

    void add(const Row& row, const store::NewDelivery& d) {
        store::Delivery shown;
        shown.id = d.id;
        shown.event = row.event.id;
        shown.source = row.event.source;
        shown.type = row.event.type;
        shown.destination = d.destination;
        shown.next_attempt_at = d.due;
        shown.created_at = clock_.now();
        deliveries_[d.id] = {shown, 0, {}};
        new_deliveries_ = true;
    }

    void settle(Row& row) {
        using S = store::EventStatus;
        bool pending = false, dead = false, any = false;
        for (const auto& [id, d] : deliveries_) {
            if (d.shown.event != row.event.id || d.shown.status == store::DeliveryStatus::cancelled) continue;
            any = true;
            pending |= d.shown.status == store::DeliveryStatus::pending;
            dead |= d.shown.status == store::DeliveryStatus::dead;
        }
        const bool follows = row.event.status == S::ready || row.event.status == S::delivered || row.event.status == S::dead;
        if (any && follows) row.event.status = pending ? S::ready : dead ? S::dead : S::delivered;
    }

    void set_state(const std::string& scope, const std::vector<store::StateChange>& changes) {
        for (const auto& c : changes) {
            if (c.value)
                state_[scope][c.key] = *c.value;
            else
                state_[scope].erase(c.key);
        }
    }

    Result<std::vector<store::DueDelivery>> due(const std::string& destination, Time now, size_t limit, std::span<const Uuid> except,
                                                bool heads) {
        return read<std::vector<store::DueDelivery>>([&] {
            struct Candidate {
                const DeliveryRow* row;
                const store::Event* event;
            };
            std::vector<Candidate> all;
            for (const auto& [id, d] : deliveries_)
                if (d.shown.destination == destination && d.shown.status == store::DeliveryStatus::pending)
                    all.push_back({&d, &events_.at(d.shown.event).event});
            std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
                return std::tie(a.event->seq, a.row->shown.id) < std::tie(b.event->seq, b.row->shown.id);
            });
            std::unordered_set<std::string> keys;
            std::vector<store::DueDelivery> found;
            for (const auto& [row, e] : all) {
                const auto& d = row->shown;
                if (heads && !e->ordering_key.empty() && !keys.insert(e->ordering_key).second) continue;
                if (*d.next_attempt_at > now || std::find(except.begin(), except.end(), d.id) != except.end()) continue;
                found.push_back({d.id, d.event, e->ordering_key, row->since_retry, *d.next_attempt_at});
            }
            std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.due < b.due; });
            if (found.size() > limit) found.resize(limit);
            return found;
        });
    }

    const Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Write> queue_;
    std::map<int64_t, Uuid> log_; ///< seq to event
    std::map<Uuid, Row> events_;
    std::map<Uuid, DeliveryRow> deliveries_;
    std::vector<store::NewRefused> refused_;
    std::map<std::string, std::map<std::string, std::string>> state_;
    std::function<void(const store::Committed&)> on_commit_;
    bool failing_ = false, reads_fail_ = false, writable_ = true, stopping_ = false, writing_ = false;
    bool new_events_ = false, new_deliveries_ = false;
    uint64_t commits_ = 0;
    NamedThread writer_; ///< last: it uses all the above
};

} // namespace gh::test
