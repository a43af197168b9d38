// Deliveries and what their ends make of the event.
#include <boost/test/unit_test.hpp>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

namespace {

NewEvent ready_event(const std::string& key, std::vector<NewDelivery> deliveries) {
    auto e = make_event(key);
    e.status = EventStatus::ready;
    e.deliveries = std::move(deliveries);
    return e;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_deliveries)

BOOST_AUTO_TEST_CASE(due_deliveries_come_oldest_due_first) {
    const Directory directory;
    TestStore store(directory);
    const auto late = make_delivery("app", at(20)), soon = make_delivery("app", at(5)), other = make_delivery("audit", at(1));
    auto e = ready_event("a", {late, soon, other});
    e.ordering_key = "user-7";
    store.append(e);
    store.settle();
    BOOST_TEST(store.commits_with_deliveries == 1);
    BOOST_TEST(store.due("app", at(4)).empty());
    BOOST_TEST((store->next_due("app").value() == at(5)));
    const auto due = store.due("app", at(20));
    BOOST_REQUIRE(due.size() == 2u);
    BOOST_TEST((due[0].id == soon.id && due[1].id == late.id && due[0].event == e.id && due[0].ordering_key == "user-7"));
    BOOST_TEST((store.due("app", at(20), {soon.id}).front().id == late.id));
    BOOST_TEST(!store->next_due("nowhere").value());
}

BOOST_AUTO_TEST_CASE(due_heads_are_the_first_pending_of_their_key) {
    const Directory directory;
    TestStore store(directory);
    std::vector<Uuid> ids;
    for (const char* key : {"a", "a", "b", "", ""}) {
        const auto delivery = make_delivery("app", at(1));
        auto e = ready_event(std::to_string(ids.size()), {delivery});
        e.ordering_key = key;
        store.append(e);
        ids.push_back(delivery.id);
    }
    const auto heads = [&](int64_t seconds, std::vector<Uuid> except = {}) {
        const auto all = store->due_heads("app", at(seconds), 10, except);
        std::vector<Uuid> found;
        for (const auto& due : all.value()) found.push_back(due.id);
        return found;
    };
    BOOST_TEST((heads(1) == std::vector{ids[0], ids[2], ids[3], ids[4]}));
    BOOST_TEST((heads(1, {ids[0], ids[3]}) == std::vector{ids[2], ids[4]})); // under way: its follower waits all the same
    store.record(make_attempt(ids[0], DeliveryStatus::pending, at(100)));
    BOOST_TEST((heads(50) == std::vector{ids[2], ids[3], ids[4]})); // not due, and still the first
    store.record(make_attempt(ids[2], DeliveryStatus::delivered));
    store.record(make_attempt(ids[0], DeliveryStatus::dead));
    BOOST_TEST((heads(50) == std::vector{ids[1], ids[3], ids[4]}));
    // Another destination has an order of its own, and a replay comes behind what is pending already.
    const auto replay = make_delivery("app", at(0)), audit = make_delivery("audit", at(0));
    const auto event = store->due_heads("app", at(50), 1, {}).value().at(0).event;
    store.wait([&](WriteDone done) { store->add_deliveries(event, {replay, audit}, std::move(done)); });
    BOOST_TEST((heads(50) == std::vector{ids[1], ids[3], ids[4]}));
    BOOST_TEST((store->due_heads("audit", at(50), 10, {}).value().at(0).id == audit.id));
}

BOOST_AUTO_TEST_CASE(event_is_delivered_when_its_last_delivery_is) {
    const Directory directory;
    TestStore store(directory);
    const auto a = make_delivery("app"), b = make_delivery("audit"), c = make_delivery("old");
    const auto e = ready_event("a", {a, b, c});
    store.append(e);
    store.record(make_attempt(a.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    store.record(make_attempt(c.id, DeliveryStatus::cancelled));
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    store.record(make_attempt(b.id, DeliveryStatus::pending, at(30)));
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    BOOST_TEST(store.due("audit", at(29)).empty());
    BOOST_TEST(store.due("audit", at(30)).at(0).attempts == 1);
    store.record(make_attempt(b.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(e.id).status == EventStatus::delivered));
}

BOOST_AUTO_TEST_CASE(one_dead_delivery_makes_the_event_dead_and_a_retry_revives_it) {
    const Directory directory;
    TestStore store(directory);
    const auto a = make_delivery("app"), b = make_delivery("audit");
    const auto e = ready_event("a", {a, b});
    store.append(e);
    store.record(make_attempt(a.id, DeliveryStatus::pending, at(1)));
    store.record(make_attempt(a.id, DeliveryStatus::dead));
    BOOST_TEST((store.event(e.id).status == EventStatus::ready)); // b still waits
    store.record(make_attempt(b.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(e.id).status == EventStatus::dead));
    BOOST_TEST(store->counts().value().deliveries_dead == 1);

    store.clock.set(at(100));
    store.settle();
    const int before = store.commits_with_deliveries;
    BOOST_TEST(store.retry({a.id, b.id, make_delivery().id}) == "");
    store.settle();
    BOOST_TEST(store.commits_with_deliveries == before + 1);
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    const auto due = store.due("app", at(100));
    BOOST_REQUIRE(due.size() == 1u);
    BOOST_TEST(due[0].attempts == 0);                       // the schedule starts anew
    BOOST_TEST(store->attempts(a.id).value().size() == 2u); // the history stays
    BOOST_TEST(store.due("audit", at(100)).empty());        // a delivered one is left alone
    store.record(make_attempt(a.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(e.id).status == EventStatus::delivered));
}

BOOST_AUTO_TEST_CASE(event_without_deliveries_stays_ready) {
    const Directory directory;
    TestStore store(directory);
    const auto e = ready_event("a", {});
    store.append(e);
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    BOOST_TEST(store.pending(at(1000)).empty());
}

BOOST_AUTO_TEST_CASE(replay_of_a_delivered_event_makes_it_ready_again) {
    const Directory directory;
    TestStore store(directory);
    const auto first = make_delivery("app");
    const auto e = ready_event("a", {first});
    store.append(e);
    store.record(make_attempt(first.id, DeliveryStatus::delivered));
    const auto again = make_delivery("app");
    BOOST_TEST(store.add_deliveries(e.id, {again}) == "");
    BOOST_TEST((store.event(e.id).status == EventStatus::ready));
    BOOST_TEST(!store.add_deliveries(e.id, {again}).empty()); // its id is taken
    BOOST_TEST(!store.add_deliveries(make_event("x").id, {make_delivery()}).empty());
    store.record(make_attempt(again.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(e.id).status == EventStatus::delivered));
}

BOOST_AUTO_TEST_CASE(replay_does_not_take_an_event_out_of_fetching_and_a_conflict_stays_one) {
    const Directory directory;
    TestStore store(directory);
    const auto waiting = make_event("w"), first = make_event("k", "one"), conflict = make_event("k", "two");
    store.append({waiting, first, conflict});
    const auto a = make_delivery(), b = make_delivery();
    store.add_deliveries(waiting.id, {a});
    store.add_deliveries(conflict.id, {b});
    store.record(make_attempt(a.id, DeliveryStatus::delivered));
    store.record(make_attempt(b.id, DeliveryStatus::delivered));
    BOOST_TEST((store.event(waiting.id).status == EventStatus::received));
    BOOST_TEST((store.event(conflict.id).status == EventStatus::conflict));
    FetchOutcome skipped;
    skipped.event = waiting.id;
    store.finish_fetch(skipped);
    BOOST_TEST((store.event(waiting.id).status == EventStatus::delivered));
}

BOOST_AUTO_TEST_CASE(history_keeps_the_newest_hundred_attempts) {
    const Directory directory;
    TestStore store(directory);
    const auto d = make_delivery();
    store.append(ready_event("a", {d}));
    std::vector<NewAttempt> made;
    for (int i = 0; i < 130; ++i) {
        made.push_back(make_attempt(d.id, DeliveryStatus::pending, at(i)));
        store->record_attempt(made.back(), {});
    }
    store.settle();
    const auto kept = store->attempts(d.id).value();
    BOOST_REQUIRE(kept.size() == 100u);
    BOOST_TEST((kept.front().id == made[30].id && kept.back().id == made[129].id));
    BOOST_TEST(store.deliveries().at(0).attempts == 130);
}

BOOST_AUTO_TEST_CASE(an_attempt_counts_once_and_takes_nothing_final_back) {
    const Directory directory;
    TestStore store(directory);
    const auto d = make_delivery();
    store.append(ready_event("a", {d}));
    const auto delivered = make_attempt(d.id, DeliveryStatus::delivered);
    store.record(delivered);
    BOOST_TEST(store.record(delivered) == "");
    store.record(make_attempt(d.id, DeliveryStatus::pending, at(5)));
    const auto got = store.deliveries().at(0);
    BOOST_TEST((got.status == DeliveryStatus::delivered && got.attempts == 2 && !got.next_attempt_at && got.finished_at));
    BOOST_TEST(!store.record(make_attempt(make_delivery().id, DeliveryStatus::delivered)).empty());
}

BOOST_AUTO_TEST_CASE(counts_say_what_waits_and_since_when) {
    const Directory directory;
    TestStore store(directory);
    auto old = make_event("a");
    old.received_at = at(-100);
    store.append({make_event("b"), old});
    store.clock.set(at(50));
    store.append(ready_event("c", {make_delivery(), make_delivery()}));
    store->quarantine(make_refused());
    store.settle();
    const auto counts = store->counts().value();
    BOOST_TEST((counts.events_waiting == 2 && counts.oldest_waiting == at(-100)));
    BOOST_TEST((counts.deliveries_pending == 2 && counts.oldest_pending == at(50)));
    BOOST_TEST(counts.quarantined == 1);
    BOOST_TEST(counts.quarantined_bytes > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
