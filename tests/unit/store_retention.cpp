// Deleting what is old, without losing what waits and without holding up appends.
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <thread>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;
using namespace std::chrono_literals;

namespace {

Options expiring(const Directory& directory) {
    auto options = TestStore::options_for(directory);
    options.retention = std::chrono::hours(1);
    return options;
}

int64_t number(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    sqlite3_stmt* statement = nullptr;
    sqlite3_open(path.c_str(), &db);
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

template <class F>
bool comes_true(F condition) {
    for (const auto end = Steady::now() + 20s; Steady::now() < end; std::this_thread::sleep_for(2ms))
        if (condition()) return true;
    return false;
}

size_t count_events(TestStore& store) {
    EventQuery query;
    query.limit = 1000;
    size_t count = 0;
    do {
        const auto page = store->events(query).value();
        count += page.items.size();
        query.cursor = page.next;
    } while (!query.cursor.empty());
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_retention)

BOOST_AUTO_TEST_CASE(old_events_go_with_everything_of_theirs_and_waiting_ones_stay) {
    const Directory directory;
    auto received = make_event("received"), done = make_event("done"), pending = make_event("pending"), young = make_event("young");
    done.status = pending.status = young.status = EventStatus::ready;
    done.deliveries = {make_delivery()};
    pending.deliveries = {make_delivery()};
    young.received_at = at(3600);
    young.id = Uuid::v7_of(young.received_at);
    const auto refused = make_refused("old", at(0)), refused_young = make_refused("young", at(3600));
    {
        TestStore store(expiring(directory));
        store.append({received, done, pending, young});
        store.record(make_attempt(done.deliveries[0].id, DeliveryStatus::delivered));
        auto fetched = make_event("fetched");
        store.append(fetched);
        FetchOutcome outcome;
        outcome.event = fetched.id;
        outcome.kind = FetchOutcome::Kind::fetched;
        outcome.document = Document{"a/b", "c", at(0), false};
        store.finish_fetch(outcome);
        store->quarantine(refused);
        store->quarantine(refused_young);
        store.settle();
    }
    TestStore store(expiring(directory), true, at(3601));
    BOOST_TEST(comes_true([&] { return !store.has_event(done.id) && !store.has_event(refused.id) && count_events(store) == 4; }));
    for (const auto& id : {received.id, pending.id, young.id, refused_young.id}) BOOST_TEST(store.has_event(id));
    BOOST_TEST(store->attempts(done.deliveries[0].id).value().empty());
    BOOST_TEST(store.deliveries().size() == 1u);
    BOOST_TEST((store.append(make_event("done")).outcome == Outcome::stored)); // its key went with it
    BOOST_TEST((store.append(make_event("received")).outcome == Outcome::duplicate));
    store->stop();
    const auto path = directory / "gatehouse.db";
    BOOST_TEST(number(path, "SELECT count(*) FROM documents") == 0);
    BOOST_TEST(number(path, "SELECT count(*) FROM requests") == 4);
    BOOST_TEST(number(path, "SELECT count(*) FROM attempts") == 0);
}

BOOST_AUTO_TEST_CASE(numbers_are_not_given_out_again_when_all_was_deleted) {
    const Directory directory;
    {
        TestStore store(expiring(directory));
        for (int i = 0; i < 10; ++i) {
            auto e = make_event("k" + std::to_string(i));
            e.status = EventStatus::ready;
            store.append(e);
        }
    }
    {
        TestStore store(expiring(directory), true, at(7200));
        BOOST_TEST(comes_true([&] { return count_events(store) == 0; }));
    }
    TestStore store(expiring(directory));
    const auto result = store.append(make_event("k3"));
    BOOST_TEST((result.outcome == Outcome::stored && result.seq == 11));
}

BOOST_AUTO_TEST_CASE(appends_go_on_while_thousands_are_deleted) {
    const Directory directory;
    constexpr int k_old = 12'000;
    {
        TestStore store(directory);
        for (int i = 0; i < k_old; i += 1000) {
            std::vector<NewEvent> events;
            for (int j = 0; j < 1000; ++j) {
                events.push_back(make_event("old" + std::to_string(i + j), std::string(300, 'x')));
                events.back().status = EventStatus::ready;
            }
            store.append(std::move(events));
        }
    }
    TestStore store(expiring(directory), true, at(7200));
    int appended = 0, during = 0;
    auto& expired = store.metrics.counter("gatehouse_store_expired_total", "");
    while (expired.value() < k_old) {
        auto e = make_event("new" + std::to_string(appended++));
        e.received_at = at(7200);
        e.id = Uuid::v7_of(e.received_at);
        BOOST_REQUIRE((store.append(e).outcome == Outcome::stored));
        during += expired.value() > 0;
        BOOST_REQUIRE(appended < 1'000'000);
    }
    BOOST_TEST(during > 20); // many steps, with appends between them
    BOOST_TEST(count_events(store) == static_cast<size_t>(appended));
}

BOOST_AUTO_TEST_SUITE_END()
