// A store in memory for the admin side's tests: every write is committed, and its callback called, before the call returns.
#pragma once

#include "core/store/store.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace gh::test {

class AdminStore final : public store::Store {
public:
    std::atomic<bool> failing{false}; ///< reads and writes fail from now on

    bool append(std::vector<store::NewEvent> events, store::AppendDone done) override {
        std::vector<store::Appended> out;
        {
            const std::lock_guard lock(mutex_);
            for (auto& n : events) out.push_back(add(n));
        }
        done(out);
        return true;
    }
    void quarantine(store::NewRefused n) override {
        const std::lock_guard lock(mutex_);
        store::Event e;
        e.id = n.id;
        e.source = n.source;
        e.plugin = n.plugin;
        e.reason = n.reason;
        e.hint = n.hint;
        e.received_at = n.received_at;
        e.request = n.request;
        e.status = store::EventStatus::refused;
        refused_.push_back(e);
    }
    void release(Uuid id, store::NewEvent n, store::AppendDone done) override {
        std::vector<store::Appended> out;
        {
            const std::lock_guard lock(mutex_);
            std::erase_if(refused_, [&](const auto& e) { return e.id == id; });
            out.push_back(add(n));
        }
        done(out);
    }
    void finish_fetch(store::FetchOutcome o, store::WriteDone done) override {
        {
            const std::lock_guard lock(mutex_);
            for (auto& e : events_)
                if (e.id == o.event) {
                    e.document = o.document;
                    e.status = store::EventStatus::ready;
                }
        }
        done(Done{});
    }
    void record_attempt(store::NewAttempt a, store::WriteDone done) override {
        {
            const std::lock_guard lock(mutex_);
            attempts_[a.delivery].push_back({a.id, a.started_at, a.duration, a.status, a.outcome, a.error, a.response});
            for (auto& d : deliveries_)
                if (d.id == a.delivery) {
                    d.status = a.delivery_status;
                    d.attempts++;
                    d.last_outcome = a.outcome;
                    d.next_attempt_at = a.next_attempt_at;
                }
        }
        done(Done{});
    }
    void add_deliveries(Uuid event, std::vector<store::NewDelivery> list, store::WriteDone done) override {
        if (failing) return done(Error{"disk full"});
        {
            const std::lock_guard lock(mutex_);
            for (const auto& e : events_)
                if (e.id == event)
                    for (const auto& n : list) add_delivery(e, n);
        }
        done(Done{});
    }
    void retry_deliveries(std::vector<Uuid> ids, store::WriteDone done) override {
        if (failing) return done(Error{"disk full"});
        {
            const std::lock_guard lock(mutex_);
            for (auto& d : deliveries_)
                if (std::find(ids.begin(), ids.end(), d.id) != ids.end() && d.status == store::DeliveryStatus::dead)
                    d.status = store::DeliveryStatus::pending;
        }
        done(Done{});
    }
    void put_state(std::string, std::vector<store::StateChange>, store::WriteDone done) override { done(Done{}); }

    Result<std::optional<store::Event>> event(Uuid id) override {
        if (failing) return Error{"disk broken"};
        const std::lock_guard lock(mutex_);
        for (const auto* list : {&events_, &refused_})
            for (const auto& e : *list)
                if (e.id == id) return std::optional(e);
        return std::optional<store::Event>();
    }
    Result<store::Page<store::EventSummary>> events(const store::EventQuery& q) override {
        if (failing) return Error{"disk broken"};
        const std::lock_guard lock(mutex_);
        std::vector<store::EventSummary> found;
        for (const auto& e : events_)
            if ((!q.after_seq || e.seq > *q.after_seq) && fits(q, e)) found.push_back(e);
        if (!q.after_seq)
            for (const auto& e : refused_)
                if (fits(q, e)) found.push_back(e);
        if (!q.after_seq) {
            std::stable_sort(found.begin(), found.end(),
                             [&](const auto& a, const auto& b) { return q.oldest_first ? a.id < b.id : b.id < a.id; });
        }
        return page(std::move(found), q.limit, q.cursor, [&](const auto& e, Uuid at) { return q.oldest_first ? at < e.id : e.id < at; });
    }
    Result<int64_t> last_seq() override {
        if (failing) return Error{"disk broken"};
        const std::lock_guard lock(mutex_);
        return static_cast<int64_t>(events_.size());
    }
    Result<std::vector<store::PendingEvent>> pending_events(const std::string&, Time, size_t, std::span<const Uuid>) override {
        return std::vector<store::PendingEvent>();
    }
    Result<std::optional<Time>> next_fetch_due(const std::string&, Time) override { return std::optional<Time>(); }
    Result<std::vector<store::DueDelivery>> due_deliveries(const std::string&, Time, size_t, std::span<const Uuid>) override {
        return std::vector<store::DueDelivery>();
    }
    Result<std::optional<Time>> next_due(const std::string&) override { return std::optional<Time>(); }
    Result<store::Page<store::Delivery>> deliveries(const store::DeliveryQuery& q) override {
        if (failing) return Error{"disk broken"};
        const std::lock_guard lock(mutex_);
        std::vector<store::Delivery> found;
        for (const auto& d : deliveries_)
            if ((!q.id || d.id == *q.id) && (!q.event || d.event == *q.event) &&
                (q.destination.empty() || d.destination == q.destination) && (!q.status || d.status == *q.status) &&
                (q.source.empty() || d.source == q.source))
                found.push_back(d);
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return b.id < a.id; });
        return page(std::move(found), q.limit, q.cursor, [](const auto& d, Uuid at) { return d.id < at; });
    }
    Result<std::vector<store::Attempt>> attempts(Uuid delivery) override {
        const std::lock_guard lock(mutex_);
        return attempts_[delivery];
    }
    Result<std::vector<store::StateChange>> state(const std::string&) override { return std::vector<store::StateChange>(); }
    Result<store::Counts> counts() override {
        const std::lock_guard lock(mutex_);
        store::Counts c;
        c.quarantined = static_cast<int64_t>(refused_.size());
        for (const auto& e : events_) {
            if (e.status != store::EventStatus::received) continue;
            ++c.events_waiting;
            c.oldest_waiting = std::min(c.oldest_waiting.value_or(e.received_at), e.received_at);
        }
        for (const auto& d : deliveries_) c.deliveries_dead += d.status == store::DeliveryStatus::dead;
        return c;
    }
    void on_commit(std::function<void(const store::Committed&)>) override {}
    Status start() override { return Done{}; }
    void stop() override {}
    bool writable() const override { return !failing; }

private:
    store::Appended add(const store::NewEvent& n) {
        store::Event e;
        e.id = n.id;
        e.seq = static_cast<int64_t>(events_.size()) + 1;
        e.source = n.source;
        e.plugin = n.plugin;
        e.type = n.type;
        e.subject = n.subject;
        e.dedupe_key = n.dedupe_key;
        e.received_at = n.received_at;
        e.status = n.status;
        e.trust = n.trust;
        e.request = n.request;
        events_.push_back(e);
        for (const auto& d : n.deliveries) add_delivery(e, d);
        return {store::Appended::Outcome::stored, e.id, e.seq, ""};
    }
    void add_delivery(const store::Event& e, const store::NewDelivery& n) {
        store::Delivery d;
        d.id = n.id;
        d.event = e.id;
        d.source = e.source;
        d.type = e.type;
        d.destination = n.destination;
        d.created_at = e.received_at;
        d.next_attempt_at = n.due;
        deliveries_.push_back(d);
    }
    static bool fits(const store::EventQuery& q, const store::EventSummary& e) {
        const std::string prefix = q.type.ends_with(".*") ? q.type.substr(0, q.type.size() - 1) : "";
        if (!q.type.empty() && (prefix.empty() ? e.type != q.type : !e.type.starts_with(prefix))) return false;
        if (!q.search.empty() && e.subject.find(q.search) == std::string::npos && e.dedupe_key.find(q.search) == std::string::npos)
            return false;
        return (q.source.empty() || e.source == q.source) && (!q.status || e.status == *q.status) &&
               (!q.since || e.received_at >= *q.since) && (!q.until || e.received_at < *q.until);
    }
    template <class T, class Behind>
    static Result<store::Page<T>> page(std::vector<T> found, size_t limit, const std::string& cursor, Behind behind) {
        if (!cursor.empty()) {
            const auto at = Uuid::parse(cursor);
            if (!at) return Error{"the cursor cannot be read"};
            std::erase_if(found, [&](const T& x) { return !behind(x, *at); });
        }
        store::Page<T> out;
        if (found.size() > limit) {
            out.next = found[limit - 1].id.text();
            found.resize(limit);
        }
        out.items = std::move(found);
        return out;
    }

    std::mutex mutex_;
    std::vector<store::Event> events_, refused_;
    std::vector<store::Delivery> deliveries_;
    std::map<Uuid, std::vector<store::Attempt>> attempts_;
};

} // namespace gh::test
