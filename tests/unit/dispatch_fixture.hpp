// A dispatcher on a store in memory, with a clock that is set by hand, a real plugin that does what the stored request says, and a provider
// that is the test.
#pragma once

#include "core/dispatch/dispatcher.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"
#include "tests/support/memory_store.hpp"

namespace gh::test {

/// A store whose commits of fetch-backs show at once, and whose word of them can be held back.
struct GatedStore : MemoryStore {
    using MemoryStore::MemoryStore;
    void finish_fetch(store::FetchOutcome outcome, store::WriteDone done) override {
        MemoryStore::finish_fetch(std::move(outcome), [this, done = std::move(done)](const Status& written) {
            std::unique_lock lock(gate);
            changed.wait(lock, [this] { return !closed; });
            lock.unlock();
            done(written);
        });
    }
    Result<std::vector<store::PendingEvent>> pending_events(const std::string& source, Time now, size_t limit,
                                                            std::span<const Uuid> except) override {
        auto found = MemoryStore::pending_events(source, now, limit, except);
        const std::lock_guard lock(gate);
        ++looks;
        changed.notify_all();
        return found;
    }
    void set_closed(bool is) {
        const std::lock_guard lock(gate);
        closed = is;
        changed.notify_all();
    }
    /// Waits until the dispatcher has looked for events so many times more, after `ask`.
    bool wait_looks(int more, const std::function<void()>& ask) {
        std::unique_lock lock(gate);
        for (const int wanted = looks + more; looks < wanted;) {
            const int seen = looks;
            lock.unlock();
            ask();
            lock.lock();
            if (!changed.wait_for(lock, std::chrono::seconds(10), [&] { return looks > seen; })) return false;
        }
        return true;
    }

private:
    std::mutex gate;
    std::condition_variable changed;
    bool closed = false;
    int looks = 0;
};

/// The plugin's script of a stored event: "hd" asks the provider and makes a document of the answer; see tests/abi/plugins/script.c.
struct DispatchFixture : Fixture {
    struct Sent {
        std::string url;
        egress::Done done;
    };

    GatedStore events{clock};
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<Sent> sent;
    bool hold = false; ///< keep requests unanswered
    std::shared_ptr<config::Config> running = std::make_shared<config::Config>();
    config::FetchBack fetch_back{config::FetchBackMode::required, 0, Millis(0), 8};
    std::optional<plugin::JobRunner> jobs;
    std::optional<dispatch::Dispatcher> dispatcher;

    ~DispatchFixture() {
        events.set_closed(false);
        end();
    }

    void start() {
        install("script");
        auto source = source_config("one", "script", R"({"secret":"s","key":"k"})");
        source->fetch_back = fetch_back;
        config.sources = {source};
        running->sources = {source};
        auto app = std::make_shared<config::Destination>();
        app->name = "app";
        running->destinations = {app};
        running->routes = {{{"one"}, {}, {"app"}, {}}};
        generation = host.load(config);
        BOOST_REQUIRE_MESSAGE(generation->slots.at(0).source, generation->slots.at(0).reason);
        const auto send = [this](egress::Request request, std::shared_ptr<const egress::Policy>, egress::Done done) {
            {
                const std::lock_guard lock(mutex);
                sent.push_back({request.url, done});
                arrived.notify_all();
            }
            if (!hold) answer(done, request.url);
        };
        jobs.emplace(send, events, clock, log, metrics, 1);
        dispatcher.emplace(events, *jobs, clock, log, metrics);
        events.on_commit([this](const store::Committed& c) {
            if (c.events) dispatcher->wake();
        });
        dispatcher->configure(running, generation);
        dispatcher->start();
    }
    /// As when the process ends: what is under way is dropped, the store stays.
    void end() {
        if (!dispatcher) return;
        dispatcher->stop();
        jobs.reset();
        events.on_commit({});
        events.settle();
        dispatcher.reset();
    }

    static void answer(const egress::Done& done, const std::string& body) {
        egress::Response response;
        response.status = 200;
        response.body = body;
        done(std::move(response));
    }
    size_t asked() {
        const std::lock_guard lock(mutex);
        return sent.size();
    }
    bool wait_asked(size_t count) {
        std::unique_lock lock(mutex);
        return arrived.wait_for(lock, std::chrono::seconds(10), [&] { return sent.size() >= count; });
    }
    /// Answers a held request with its own URL.
    void answer(size_t index) {
        std::unique_lock lock(mutex);
        const Sent one = sent.at(index);
        lock.unlock();
        answer(one.done, one.url);
    }

    struct Draft {
        std::string subject, ordering_key, type = "thing.changed", script = "hd";
    };
    /// The provider is asked for "http://127.0.0.1:9/<number>", counted from 0.
    Uuid add(const Draft& d) {
        store::NewEvent e;
        e.id = Uuid::v7(clock.now());
        e.source = "one";
        e.plugin = "script";
        e.type = d.type;
        e.subject = d.subject;
        e.ordering_key = d.ordering_key;
        e.received_at = clock.now();
        e.request = {"POST", "/hooks/one", "x-script: " + d.script + "\r\nx-url: http://127.0.0.1:9/" + std::to_string(added_++) + "\r\n",
                     "{}", "192.0.2.1"};
        const Uuid id = e.id;
        std::vector<store::NewEvent> one;
        one.push_back(std::move(e));
        events.append(std::move(one), [](auto) {});
        events.settle();
        return id;
    }
    /// The dispatcher knows of everything that was committed before.
    void settle() { BOOST_REQUIRE(reaches(add({"", "", "unknown"}), store::EventStatus::ready, 0)); }
    void advance(Millis d) {
        clock.advance(d);
        dispatcher->wake();
    }
    store::Event event(const Uuid& id) { return **events.event(id); }
    bool reaches(const Uuid& id, store::EventStatus status, int attempts) {
        return events.wait_until([&] {
            const auto e = event(id);
            return e.status == status && e.fetch_attempts == attempts;
        });
    }
    /// The provider's answer in the document: the URL that was asked.
    std::string document(const Uuid& id) {
        const auto e = event(id);
        return e.document ? e.document->body : std::string("none");
    }
    /// Less than nothing while no event waits to be tried again.
    Millis wait_for_retry() {
        const auto due = events.next_fetch_due("one", clock.now()).value();
        return due ? *due - clock.now() : Millis(-1);
    }

private:
    int added_ = 0;
};

} // namespace gh::test
