// A store in a directory of its own, with calls that wait for their answer.
#pragma once

#include "core/store/store.hpp"

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace gh::store_test {

using namespace gh::store;
using Outcome = Appended::Outcome;

class Directory {
public:
    Directory() {
        // In memory where that is possible: what these tests look at does not depend on the disk, and a busy disk makes them slow.
        const std::filesystem::path memory = "/dev/shm";
        const auto base = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
        std::string pattern = (base / "gatehouse-store-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
        path_ = pattern;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

inline Time at(int64_t seconds) {
    return *parse_rfc3339("2026-01-01T00:00:00Z") + std::chrono::seconds(seconds);
}

inline NewEvent make_event(const std::string& key, const std::string& body = "{}", const std::string& source = "bank") {
    NewEvent e;
    e.id = Uuid::v7_of(at(0));
    e.source = source;
    e.plugin = "acme";
    e.type = "user.created";
    e.subject = "user-1";
    e.dedupe_key = key;
    e.received_at = at(0);
    e.request = {"POST", "/hooks/bank", "Content-Type: application/json\r\n", body, "127.0.0.1:4711"};
    return e;
}

inline NewDelivery make_delivery(const std::string& destination = "app", Time due = at(0)) {
    static const SystemClock clock;
    return {Uuid::v7(clock.now()), destination, due};
}

inline NewRefused make_refused(const std::string& body = "forged", Time received = at(0)) {
    NewRefused r;
    r.id = Uuid::v7_of(received);
    r.source = "bank";
    r.plugin = "acme";
    r.reason = "bad_signature";
    r.hint = "check the secret";
    r.received_at = received;
    r.request = {"POST", "/hooks/bank", "", body, "127.0.0.1:4712"};
    return r;
}

inline NewAttempt make_attempt(Uuid delivery, DeliveryStatus status, std::optional<Time> next = {}) {
    static const SystemClock clock;
    NewAttempt a;
    a.id = Uuid::v7(clock.now());
    a.delivery = delivery;
    a.started_at = at(1);
    a.duration = Millis(12);
    a.status = status == DeliveryStatus::delivered ? 200 : 500;
    a.outcome = status == DeliveryStatus::delivered ? "delivered" : "http_500";
    a.delivery_status = status;
    a.next_attempt_at = next;
    return a;
}

class TestStore {
public:
    explicit TestStore(Options options, bool start = true, Time now = at(0))
        : clock(now), log_(Level::debug, [this](std::string_view line) { note(line); }) {
        store_ = make_sqlite_store(std::move(options), clock, log_, metrics);
        store_->on_commit([this](const Committed& committed) {
            commits_with_events += committed.events;
            commits_with_deliveries += committed.deliveries;
        });
        if (!start) return;
        if (const auto started = store_->start(); !started) throw std::runtime_error(started.error().message);
    }
    explicit TestStore(const Directory& directory) : TestStore(options_for(directory)) {}

    static Options options_for(const Directory& directory) {
        Options options;
        options.path = directory / "gatehouse.db";
        return options;
    }

    Store* operator->() { return store_.get(); }
    Store& operator*() { return *store_; }

    std::vector<Appended> append(std::vector<NewEvent> events) {
        auto answered = std::make_shared<std::promise<std::vector<Appended>>>();
        auto future = answered->get_future();
        if (!store_->append(std::move(events), [answered](auto results) { answered->set_value({results.begin(), results.end()}); }))
            throw std::runtime_error("append was not taken");
        return future.get();
    }
    Appended append(NewEvent event) {
        std::vector<NewEvent> one;
        one.push_back(std::move(event));
        return append(std::move(one)).front();
    }
    Appended release(Uuid id, NewEvent event) {
        auto answered = std::make_shared<std::promise<Appended>>();
        store_->release(id, std::move(event), [answered](auto results) { answered->set_value(results.front()); });
        return answered->get_future().get();
    }
    /// The error's text, empty when it went well.
    template <class F>
    std::string wait(F write) {
        auto answered = std::make_shared<std::promise<std::string>>();
        write([answered](const Status& status) { answered->set_value(status ? std::string() : status.error().message); });
        return answered->get_future().get();
    }
    std::string finish_fetch(FetchOutcome outcome) {
        return wait([&](WriteDone done) { store_->finish_fetch(std::move(outcome), std::move(done)); });
    }
    std::string record(NewAttempt attempt) {
        return wait([&](WriteDone done) { store_->record_attempt(std::move(attempt), std::move(done)); });
    }
    std::string retry(std::vector<Uuid> ids) {
        return wait([&](WriteDone done) { store_->retry_deliveries(std::move(ids), std::move(done)); });
    }
    std::string add_deliveries(Uuid event, std::vector<NewDelivery> deliveries) {
        return wait([&](WriteDone done) { store_->add_deliveries(event, std::move(deliveries), std::move(done)); });
    }
    std::string put_state(const std::string& scope, std::vector<StateChange> changes) {
        return wait([&](WriteDone done) { store_->put_state(scope, std::move(changes), std::move(done)); });
    }
    /// Everything asked for before is committed.
    void settle() { put_state("test:barrier", {}); }

    Event event(Uuid id) {
        auto result = store_->event(id);
        if (!result || !*result) throw std::runtime_error("no event " + id.text());
        return std::move(**result);
    }
    bool has_event(Uuid id) { return store_->event(id).value().has_value(); }
    std::vector<EventSummary> events(const EventQuery& query = {}) { return store_->events(query).value().items; }
    std::vector<Delivery> deliveries(const DeliveryQuery& query = {}) { return store_->deliveries(query).value().items; }
    Delivery delivery_of(Uuid event) {
        DeliveryQuery query;
        query.event = event;
        return deliveries(query).at(0);
    }
    std::vector<PendingEvent> pending(Time now, size_t limit = 100, std::vector<Uuid> except = {}) {
        return store_->pending_events("bank", now, limit, except).value();
    }
    std::vector<DueDelivery> due(const std::string& destination, Time now, std::vector<Uuid> except = {}) {
        return store_->due_deliveries(destination, now, 100, except).value();
    }
    bool logged(const std::string& text) {
        const std::lock_guard lock(mutex_);
        return lines_.find(text) != std::string::npos;
    }

    ManualClock clock;
    Metrics metrics;
    std::atomic<int> commits_with_events{0}, commits_with_deliveries{0};

private:
    void note(std::string_view line) {
        const std::lock_guard lock(mutex_);
        lines_ += line;
    }
    std::mutex mutex_;
    std::string lines_;
    Log log_;
    std::unique_ptr<Store> store_;
};

} // namespace gh::store_test
