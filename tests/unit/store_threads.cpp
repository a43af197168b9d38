// Many threads at once: appends, reads, everything else.
#include "core/store/sqlite.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <thread>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

BOOST_AUTO_TEST_SUITE(store_threads)

BOOST_AUTO_TEST_CASE(one_key_from_many_threads_is_one_event) {
    const Directory directory;
    TestStore store(directory);
    constexpr int k_threads = 8, k_keys = 150;
    std::mutex mutex;
    std::map<int, std::set<Uuid>> ids;
    std::atomic<int> stored{0}, answered{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < k_threads; ++t)
            threads.emplace_back([&] {
                for (int k = 0; k < k_keys; ++k) {
                    const auto r = store.append(make_event("k" + std::to_string(k)));
                    ++answered;
                    stored += r.outcome == Outcome::stored;
                    const std::lock_guard lock(mutex);
                    ids[k].insert(r.id);
                }
            });
    }
    BOOST_TEST(stored == k_keys);
    BOOST_TEST(answered == k_threads * k_keys);
    for (const auto& [key, same] : ids) BOOST_TEST(same.size() == 1u);
    for (const auto& e : store.events()) BOOST_TEST(e.duplicates == k_threads - 1);
}

BOOST_AUTO_TEST_CASE(readers_see_what_was_acknowledged_while_writers_work) {
    const Directory directory;
    TestStore store(directory);
    std::atomic<bool> stop{false};
    std::atomic<int> reads{0}, missing{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; !stop; ++i) {
                    auto e = make_event("t" + std::to_string(t) + "-" + std::to_string(i));
                    e.status = EventStatus::ready;
                    e.deliveries = {make_delivery()};
                    const auto id = e.id;
                    const auto delivery = e.deliveries[0].id;
                    store.append(std::move(e));
                    missing += !store.has_event(id);
                    store.record(make_attempt(delivery, DeliveryStatus::delivered));
                    missing += store.event(id).status != EventStatus::delivered;
                }
            });
        for (int t = 0; t < 3; ++t)
            threads.emplace_back([&] {
                while (!stop) {
                    missing += !store->events({}).ok() || !store->counts().ok() || !store->due_deliveries("app", at(9), 10, {}).ok();
                    if (++reads >= 150) stop = true;
                }
            });
        threads.emplace_back([&] {
            while (!stop) {
                store->quarantine(make_refused());
                store.put_state("s", {{"k", "v"}});
            }
        });
    }
    BOOST_TEST(missing == 0);
}

BOOST_AUTO_TEST_CASE(readers_see_whole_pages_while_another_cuts_a_checkpoint_short) {
    const Directory directory;
    TestStore store(directory);
    int next = 0;
    const auto append_some = [&](int count) {
        for (int i = 0; i < count; ++i) {
            std::vector<NewEvent> events;
            for (int j = 0; j < 20; ++j) events.push_back(make_event("k" + std::to_string(next++), std::string(700, 'b')));
            store.append(std::move(events));
        }
    };
    for (int round = 0; round < 8; ++round) {
        append_some(10);
        Database holder(directory / "gatehouse.db", "", false);
        holder.exec("BEGIN");
        BOOST_TEST(holder.number("SELECT count(*) FROM events") == next);
        append_some(40); // several checkpoints, each as far as the holder lets it
        Database reader(directory / "gatehouse.db", "", false);
        BOOST_REQUIRE(reader.word("PRAGMA quick_check(1)") == "ok");
        BOOST_TEST(reader.number("SELECT count(*) FROM events NOT INDEXED") == next);
        holder.exec("COMMIT");
    }
}

BOOST_AUTO_TEST_CASE(stop_while_everyone_calls_answers_each_call_once) {
    for (int round = 0; round < 10; ++round) {
        const Directory directory;
        TestStore store(directory);
        std::atomic<int> taken{0}, answered{0}, acknowledged{0}, writes{0}, write_answers{0};
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t)
                threads.emplace_back([&, t] {
                    for (int i = 0; i < 500; ++i) {
                        const auto done = [&](std::span<const Appended> r) {
                            ++answered;
                            acknowledged += r[0].outcome == Outcome::stored;
                        };
                        taken += store->append({make_event(std::to_string(t) + "/" + std::to_string(i))}, done);
                        ++writes;
                        store->put_state("s", {{"k", "v"}}, [&](const Status&) { ++write_answers; });
                    }
                });
            while (acknowledged < 20) std::this_thread::yield();
            store->stop();
        }
        BOOST_TEST(taken == answered);
        BOOST_TEST(writes == write_answers);
        TestStore again(directory);
        EventQuery query;
        query.limit = 1000;
        size_t count = 0;
        do {
            const auto page = again->events(query).value();
            count += page.items.size();
            query.cursor = page.next;
        } while (!query.cursor.empty());
        BOOST_TEST(count == static_cast<size_t>(acknowledged));
    }
}

BOOST_AUTO_TEST_SUITE_END()
