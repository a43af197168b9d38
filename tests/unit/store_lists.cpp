// Lists: order, filters, pages.
#include "core/store/delivery_reader.hpp"
#include "core/store/event_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <set>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

namespace {

std::vector<std::string> keys(const std::vector<EventSummary>& events) {
    std::vector<std::string> all;
    for (const auto& e : events) all.push_back(e.dedupe_key);
    return all;
}

NewEvent event_at(const std::string& key, int64_t seconds, const std::string& type = "user.created", const std::string& source = "bank") {
    auto e = make_event(key, "{}", source);
    e.received_at = at(seconds);
    e.id = Uuid::v7_of(e.received_at);
    e.type = type;
    return e;
}

using Keys = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(store_lists)

BOOST_AUTO_TEST_CASE(pages_cover_everything_once_in_both_directions) {
    const Directory directory;
    TestStore store(directory);
    std::vector<NewEvent> events;
    for (int i = 0; i < 40; ++i) events.push_back(event_at("k" + std::to_string(i), i / 7)); // several in one millisecond
    store.append(events);
    for (int i = 0; i < 12; ++i) store->quarantine(make_refused("forged", at(i / 3)));
    store.settle();
    for (const bool oldest_first : {false, true}) {
        for (const size_t limit : {1, 3, 26, 52, 100}) {
            EventQuery query;
            query.limit = limit;
            query.oldest_first = oldest_first;
            std::vector<EventSummary> all;
            std::set<Uuid> seen;
            do {
                const auto page = store->events(query).value();
                BOOST_TEST(page.items.size() <= limit);
                BOOST_REQUIRE(!page.items.empty());
                for (const auto& e : page.items) {
                    all.push_back(e);
                    BOOST_TEST(seen.insert(e.id).second);
                }
                query.cursor = page.next;
            } while (!query.cursor.empty());
            BOOST_TEST(all.size() == 52u);
            for (size_t i = 1; i < all.size(); ++i)
                BOOST_TEST((oldest_first ? all[i - 1].received_at <= all[i].received_at : all[i - 1].received_at >= all[i].received_at));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_quiet_source_is_found_among_many_events_old_and_new) {
    const Directory directory;
    std::vector<Uuid> quiet;
    const auto found = [](TestStore& store, bool oldest_first) {
        EventQuery query;
        query.source = "quiet";
        query.limit = 7;
        query.oldest_first = oldest_first;
        std::vector<Uuid> all;
        do {
            const auto page = store->events(query).value();
            for (const auto& e : page.items) all.push_back(e.id);
            query.cursor = page.next;
        } while (!query.cursor.empty());
        return all;
    };
    for (const bool again : {false, true}) {
        TestStore store(directory);
        for (int i = 0; i < 3'500; ++i) { // the log by source is written a thousand at a time
            const bool is_quiet = i % 150 == 0;
            const auto n = again ? 3'500 + i : i;
            auto e = event_at("k" + std::to_string(n), n, "user.created", is_quiet ? "quiet" : "busy");
            if (is_quiet) quiet.push_back(e.id);
            store.append(e);
        }
        BOOST_TEST((found(store, true) == quiet));
        BOOST_TEST((found(store, false) == std::vector(quiet.rbegin(), quiet.rend())));
    }
    Database db(directory / "gatehouse.db", "", false);
    BOOST_TEST(db.number("SELECT count(*) FROM source_log") == 7'000);
}

BOOST_AUTO_TEST_CASE(foreign_cursor_is_an_error) {
    const Directory directory;
    TestStore store(directory);
    for (const char* cursor : {"x", "12", "12e", "e3", "e0192f3c8-0000-7000-8000-00000000000g", "12d0192f3c8-0000-7000-8000-000000000000",
                               "e0192f3c8-0000-7000-8000-000000000000 "}) {
        EventQuery query;
        query.cursor = cursor;
        BOOST_TEST(!store->events(query).ok(), cursor);
    }
    DeliveryQuery query;
    query.cursor = "12e3";
    BOOST_TEST(!store->deliveries(query).ok());
}

BOOST_AUTO_TEST_CASE(filters_narrow_the_list) {
    const Directory directory;
    TestStore store(directory);
    store.append(
        {event_at("a", 1), event_at("b", 2, "user.deleted"), event_at("c", 3, "users.merged"), event_at("d", 4, "user.created", "fans")});
    store.append(event_at("a", 5)); // a duplicate
    auto conflict = event_at("a", 6);
    conflict.request.body = "other";
    store.append(conflict);
    store->quarantine(make_refused("forged", at(7)));
    store.settle();
    const auto list = [&](auto set) {
        EventQuery query;
        set(query);
        return keys(store.events(query));
    };
    BOOST_TEST((list([](auto& q) { q.source = "fans"; }) == Keys{"d"}));
    BOOST_TEST((list([](auto& q) { q.type = "user.*"; }) == Keys{"a", "d", "b", "a"}));
    BOOST_TEST((list([](auto& q) { q.type = "user.deleted"; }) == Keys{"b"}));
    BOOST_TEST((list([](auto& q) { q.type = "*"; }).size() == 6u));
    BOOST_TEST((list([](auto& q) { q.status = EventStatus::conflict; }) == Keys{"a"}));
    BOOST_TEST((list([](auto& q) {
                    q.status = EventStatus::received;
                    q.source = "bank";
                }) == Keys{"c", "b", "a"}));
    BOOST_TEST((list([](auto& q) { q.status = EventStatus::refused; }) == Keys{""}));
    BOOST_TEST((list([](auto& q) {
                    q.since = at(2);
                    q.until = at(4);
                }) == Keys{"c", "b"}));
    BOOST_TEST((list([](auto& q) {
                    q.since = at(2);
                    q.until = at(5);
                    q.source = "bank";
                    q.oldest_first = true;
                }) == Keys{"b", "c"}));
    BOOST_TEST(list([](auto& q) { q.since = at(100); }).empty());
}

BOOST_AUTO_TEST_CASE(search_takes_pattern_characters_literally) {
    const Directory directory;
    TestStore store(directory);
    auto odd = event_at("100%_sure'", 1);
    odd.subject = std::string("a\0Needle", 8);
    const auto plain = event_at("1000 sure", 2);
    store.append({odd, plain});
    const auto search = [&](const std::string& text) {
        EventQuery query;
        query.search = text;
        return keys(store.events(query));
    };
    BOOST_TEST((search("%") == Keys{"100%_sure'"}));
    BOOST_TEST((search("_") == Keys{"100%_sure'"}));
    BOOST_TEST((search("SURE") == Keys{"1000 sure", "100%_sure'"}));
    BOOST_TEST((search("needle") == Keys{"100%_sure'"}));
    BOOST_TEST((search(plain.id.text().substr(9)) == Keys{"1000 sure"}));
    BOOST_TEST((search("USER.cre").size() == 2u));
    BOOST_TEST(search("absent").empty());
}

BOOST_AUTO_TEST_CASE(rare_matches_are_found_behind_many_others) {
    const Directory directory;
    TestStore store(directory);
    std::vector<NewEvent> events{event_at("first", 0, "rare")};
    for (int i = 0; i < 9'000; ++i) events.push_back(event_at("k" + std::to_string(i), 1));
    store.append(std::move(events));
    EventQuery query;
    query.type = "rare";
    query.limit = 2;
    BOOST_TEST((keys(store.events(query)) == Keys{"first"}));
    query.type.clear();
    query.search = "k8999";
    query.oldest_first = true;
    BOOST_TEST((keys(store.events(query)) == Keys{"k8999"}));
}

BOOST_AUTO_TEST_CASE(following_the_log_sees_each_event_once_whatever_its_time) {
    const Directory directory;
    TestStore store(directory);
    store.append({event_at("a", 50), event_at("b", 10)});
    EventQuery query;
    query.after_seq = 0;
    auto seen = store.events(query);
    BOOST_TEST((keys(seen) == Keys{"a", "b"}));
    query.after_seq = seen.back().seq;
    store.append(event_at("c", 1));
    seen = store.events(query);
    BOOST_TEST((keys(seen) == Keys{"c"}));
}

BOOST_AUTO_TEST_CASE(delivery_pages_and_filters) {
    const Directory directory;
    TestStore store(directory);
    std::vector<Uuid> ids;
    for (int i = 0; i < 20; ++i) {
        store.clock.set(at(i / 3));
        auto e = event_at("k" + std::to_string(i), i, i % 2 ? "user.created" : "order.paid", i % 4 ? "bank" : "fans");
        e.status = EventStatus::ready;
        e.deliveries = {make_delivery(i % 5 ? "app" : "audit")};
        ids.push_back(e.deliveries[0].id);
        store.append(e);
    }
    store.record(make_attempt(ids[3], DeliveryStatus::dead));
    store.record(make_attempt(ids[4], DeliveryStatus::delivered));
    const auto count = [&](auto set) {
        DeliveryQuery query;
        set(query);
        std::set<Uuid> seen;
        do {
            const auto page = store->deliveries(query).value();
            for (const auto& d : page.items) BOOST_TEST(seen.insert(d.id).second);
            query.cursor = page.next;
        } while (!query.cursor.empty());
        return seen.size();
    };
    for (const size_t limit : {1, 7, 20}) BOOST_TEST(count([&](auto& q) { q.limit = limit; }) == 20u);
    for (const size_t i : {0u, 3u, 19u}) {
        DeliveryQuery one;
        one.id = ids[i];
        const auto found = store->deliveries(one).value();
        BOOST_REQUIRE(found.items.size() == 1u);
        BOOST_TEST((found.items[0].id == ids[i]));
        BOOST_TEST(found.next.empty());
    }
    BOOST_TEST(count([&](auto& q) { q.id = Uuid::v7_of(at(3)); }) == 0u);
    BOOST_TEST(count([&](auto& q) {
                   q.id = ids[0];
                   q.destination = "app"; // it goes to audit
               }) == 0u);
    BOOST_TEST(count([](auto& q) {
                   q.destination = "audit";
                   q.limit = 3;
               }) == 4u);
    BOOST_TEST(count([](auto& q) { q.status = DeliveryStatus::dead; }) == 1u);
    BOOST_TEST(count([](auto& q) {
                   q.status = DeliveryStatus::pending;
                   q.limit = 5;
               }) == 18u);
    BOOST_TEST(count([](auto& q) { q.source = "fans"; }) == 5u);
    BOOST_TEST(count([](auto& q) {
                   q.type = "order.*";
                   q.limit = 2;
               }) == 10u);
    BOOST_TEST(count([](auto& q) {
                   q.since = at(1);
                   q.until = at(3);
               }) == 6u);
}

// The statement that took the most steps of SQLite's machine, which do not depend on the speed of this one.
static std::pair<int, std::string> longest(Database& db) {
    std::pair<int, std::string> most;
    for (auto* s = sqlite3_next_stmt(db.handle(), nullptr); s; s = sqlite3_next_stmt(db.handle(), s))
        most = std::max(most, {sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 1), sqlite3_sql(s)});
    return most;
}

BOOST_AUTO_TEST_CASE(what_waits_is_found_without_reading_what_does_not) {
    const Directory directory;
    TestStore store(directory);
    std::vector<NewEvent> events;
    for (int i = 0; i < 5'000; ++i) {
        events.push_back(event_at("k" + std::to_string(i), i));
        events.back().status = i % 1000 ? EventStatus::ready : EventStatus::received;
        if (i % 1000) events.back().deliveries = {make_delivery(i % 2 ? "app" : "audit", at(i))};
    }
    store.append(events);
    for (const auto& e : events)
        for (const auto& d : e.deliveries) store->record_attempt(make_attempt(d.id, DeliveryStatus::delivered), {});
    FetchOutcome retry;
    retry.event = events[1000].id;
    retry.kind = FetchOutcome::Kind::retry;
    retry.due = at(1);
    store.finish_fetch(retry);
    store.settle();

    Database db(directory / "gatehouse.db", "", false);
    BOOST_TEST(read_pending_events(db, "bank", at(5), 100, {}).size() == 5u);
    BOOST_TEST(read_next_fetch_due(db, "bank", at(0)).has_value());
    BOOST_TEST(read_due_deliveries(db, "app", at(9'999), 10, {}).empty());
    BOOST_TEST(!read_next_due(db, "app"));
    BOOST_TEST(read_counts(db).events_waiting == 5);
    EventQuery dead;
    dead.status = EventStatus::dead;
    dead.source = "bank";
    BOOST_TEST(list_events(db, dead)->items.empty());
    EventQuery window;
    window.since = at(4'000);
    window.until = at(4'010);
    window.source = "bank";
    BOOST_TEST(list_events(db, window)->items.size() == 10u);
    DeliveryQuery dead_deliveries, of_event;
    dead_deliveries.status = DeliveryStatus::dead;
    of_event.event = events[1].id;
    BOOST_TEST(list_deliveries(db, dead_deliveries)->items.empty());
    BOOST_TEST(list_deliveries(db, of_event)->items.size() == 1u);
    DeliveryQuery by_id;
    by_id.id = list_deliveries(db, of_event)->items.at(0).id;
    BOOST_TEST(list_deliveries(db, by_id)->items.size() == 1u);
    const auto [steps, sql] = longest(db);
    BOOST_TEST(steps < 1'000, sql << " takes " << steps << " steps");
}

BOOST_AUTO_TEST_CASE(a_long_queue_of_one_ordering_key_neither_hides_others_nor_costs_more_than_a_short_one) {
    const Directory directory;
    TestStore store(directory);
    std::vector<NewEvent> events;
    const auto add = [&](const std::string& key) {
        events.push_back(make_event("e" + std::to_string(events.size())));
        events.back().ordering_key = key;
    };
    for (int i = 0; i < 5'000; ++i) add("busy");
    for (int i = 0; i < 3; ++i) add("");
    for (int i = 0; i < 300; ++i) add("key-" + std::to_string(i % 100));
    store.append(events);
    FetchOutcome retry; // its whole key waits for it
    retry.event = events[5'003].id;
    retry.kind = FetchOutcome::Kind::retry;
    retry.due = at(60);
    store.finish_fetch(retry);
    store.settle();

    Database db(directory / "gatehouse.db", "", false);
    const auto found = read_pending_events(db, "bank", at(5), 50, {});
    BOOST_REQUIRE(found.size() == 50u);
    BOOST_TEST((found.front().id == events[0].id));
    for (size_t i = 1; i < 4; ++i) BOOST_TEST((found[i].id == events[4'999 + i].id));
    std::set<std::string> keys;
    for (const auto& e : found)
        if (!e.ordering_key.empty()) BOOST_TEST(keys.insert(e.ordering_key).second);
    BOOST_TEST(!keys.contains("key-0"));
    const auto [steps, sql] = longest(db);
    BOOST_TEST(steps < 2'000, sql << " takes " << steps << " steps");
    // With those under way left out, the next call brings others, until all have come.
    std::vector<Uuid> taken;
    for (int i = 0; i < 4; ++i)
        for (const auto& e : read_pending_events(db, "bank", at(5), 50, taken)) {
            taken.push_back(e.id);
            keys.insert(e.ordering_key);
        }
    BOOST_TEST(taken.size() == 103u);
    BOOST_TEST(keys.size() == 101u); // busy, 99 keys, none
    BOOST_TEST((read_pending_events(db, "bank", at(60), 500, {}).size() == 104u));
    BOOST_TEST((read_pending_events(db, "bank", at(60), 500, std::vector{events[0].id}).size() == 103u));
}

BOOST_AUTO_TEST_SUITE_END()
