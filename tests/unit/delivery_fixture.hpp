// A deliverer on a store in memory, with a clock that is set by hand.
#pragma once

#include "core/delivery/deliverer.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_store.hpp"
#include "tests/support/peer.hpp"

namespace gh::test {

inline constexpr const char* k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct DeliveryFixture {
    ManualClock clock{*parse_rfc3339("2026-03-01T12:00:00Z")};
    std::mutex lines_mutex;
    std::string lines;
    Log log{Level::debug, [this](std::string_view line) {
                const std::lock_guard lock(lines_mutex);
                lines += line;
            }};
    Metrics metrics;
    MemoryStore store{clock};
    egress::Client client{egress::Client::Options{}, log};
    std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
    std::unique_ptr<delivery::Deliverer> deliverer;

    ~DeliveryFixture() {
        deliverer.reset();
        store.on_commit({});
        store.settle();
    }

    config::Destination& add_destination(const std::string& name, const std::string& url) {
        auto d = std::make_shared<config::Destination>();
        d->name = name;
        d->url = url;
        d->timeout = Millis(5000);
        d->secrets.emplace_back(k_secret);
        d->retry = {Millis(5'000), Millis(300'000), Millis(1'800'000)};
        auto& plain = *d;
        config->destinations.push_back(std::move(d));
        return plain;
    }
    /// A process that begins: the store keeps what the one before left.
    void start() {
        deliverer = std::make_unique<delivery::Deliverer>(store, client, clock, log, metrics);
        store.on_commit([d = deliverer.get()](const store::Committed& committed) {
            if (committed.deliveries) d->wake();
        });
        deliverer->configure(config);
        deliverer->start();
    }
    void end() {
        store.on_commit({});
        store.settle();
        deliverer.reset();
    }

    struct Added {
        Uuid event;
        std::vector<Uuid> deliveries;
    };
    Added add_event(std::vector<std::string> destinations, std::string ordering_key = {}, std::string body = "{\"a\":1}") {
        store::NewEvent e;
        e.id = Uuid::v7(clock.now());
        e.source = "bank";
        e.plugin = "acme";
        e.type = "user.created";
        e.ordering_key = std::move(ordering_key);
        e.received_at = clock.now();
        e.request = {"POST", "/hooks", "Content-Type: application/json\r\n", std::move(body), "192.0.2.1"};
        e.status = store::EventStatus::ready;
        Added added{e.id, {}};
        for (auto& d : destinations) {
            added.deliveries.push_back(Uuid::v7(clock.now()));
            e.deliveries.push_back({added.deliveries.back(), std::move(d), clock.now()});
        }
        std::vector<store::NewEvent> events;
        events.push_back(std::move(e));
        store.append(std::move(events), [](auto) {});
        store.settle();
        return added;
    }
    void advance(Millis d) {
        clock.advance(d);
        deliverer->wake();
    }
    bool reaches(const Uuid& id, store::DeliveryStatus status, int attempts) {
        return store.wait_until([&] {
            const auto d = store.delivery(id);
            return d.status == status && d.attempts == attempts;
        });
    }
    Millis wait_of(const Uuid& id) { return *store.delivery(id).next_attempt_at - clock.now(); }
    delivery::DestinationState state(const std::string& name) {
        for (auto& s : deliverer->destinations())
            if (s.name == name) return s;
        BOOST_FAIL("no destination " + name);
        return {};
    }
    std::string logged() {
        const std::lock_guard lock(lines_mutex);
        return lines;
    }
};

} // namespace gh::test
