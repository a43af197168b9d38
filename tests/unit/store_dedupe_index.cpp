// The index of dedupe keys: memory, slices, rollbacks, restarts.
#include "core/base/crypto.hpp"
#include "core/store/dedupe_index.hpp"
#include "core/store/schema.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <random>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

namespace {

DedupeKey key_of(int64_t n) {
    const auto hash = sha256("key " + std::to_string(n));
    DedupeKey key;
    std::copy_n(hash.begin(), key.size(), key.begin());
    return key;
}

struct Fixture {
    Directory directory;
    Database db{directory / "index.db", "", true};

    Fixture() {
        configure_connection(db, 1000);
        db.word("PRAGMA journal_mode = WAL");
        db.exec("PRAGMA synchronous = OFF");
        BOOST_REQUIRE(migrate(db, "index.db", schema_steps()).ok());
    }
    void add_row(const DedupeKey& key, int64_t seq) {
        db.prepared("INSERT INTO events VALUES(?1, ?2, ?3, x'', '', '', '', '', '', '', 0, NULL, 2, 0, 0, 0, 0, '')")
            .run(seq, Uuid::v7(at(seq)), Blob{{reinterpret_cast<const char*>(key.data()), key.size()}});
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(store_dedupe_index)

// The filter of a slice is made of rows that are read when the bounds they were asked with have gone.
BOOST_AUTO_TEST_CASE(rows_outlive_the_values_they_were_asked_with) {
    Fixture f;
    auto rows = f.db.prepared("SELECT ?1, ?2").query(std::string(200, 'a'), Blob{std::string(300, 'b')});
    const std::string other(200, 'x'), another(300, 'y'); // where those were
    BOOST_REQUIRE(rows.next());
    BOOST_TEST(rows.text(0) == std::string(200, 'a'));
    BOOST_TEST(rows.text(1) == std::string(300, 'b'));
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map_through_commits_rollbacks_slices_restarts_and_deletions) {
    Fixture f;
    std::map<DedupeKey, int64_t> expected;
    auto index = std::make_unique<DedupeIndex>(f.db, 300);
    std::mt19937 random(7);
    int64_t seq = 0, oldest = 1, next_key = 0;
    for (int group = 0; group < 400; ++group) {
        std::map<DedupeKey, int64_t> added;
        const int64_t before = seq, keys_before = next_key;
        f.db.exec("BEGIN IMMEDIATE");
        for (int i = 0; i < 25; ++i) {
            auto key = key_of(next_key++);
            if (!expected.empty() && random() % 10 == 0) { // a key whose event was deleted is used again
                const auto it = std::next(expected.begin(), static_cast<long>(random() % expected.size()));
                if (it->second < oldest) key = it->first;
            }
            if (added.contains(key)) continue;
            index->add(key, ++seq);
            f.add_row(key, seq);
            added[key] = seq;
            BOOST_REQUIRE(index->find(key) == seq);
        }
        index->write_slices(200, seq, oldest);
        if (random() % 8 == 0) {
            f.db.exec("ROLLBACK");
            index->rolled_back();
            seq = before;
            next_key = keys_before;
        } else {
            f.db.exec("COMMIT");
            index->committed();
            for (const auto& [key, s] : added) expected[key] = s;
        }
        if (random() % 40 == 0) {
            oldest = std::min(seq, oldest + 200);
            f.db.exec("DELETE FROM events WHERE seq < " + std::to_string(oldest));
        }
        if (random() % 60 == 0) {
            index = std::make_unique<DedupeIndex>(f.db, 300);
            index->load();
        }
        BOOST_REQUIRE(index->in_memory() < 2000u); // all would be 8000
    }
    for (const auto& [key, s] : expected) {
        const auto found = index->find(key);
        if (s >= oldest)
            BOOST_REQUIRE((found == s));
        else
            BOOST_REQUIRE((!found || *found < oldest)); // an entry of a deleted event may linger; its row is gone
    }
    for (int64_t n = next_key; n < next_key + 1000; ++n) BOOST_REQUIRE(!index->find(key_of(n + 1'000'000)));
    BOOST_TEST(f.db.number("SELECT count(*) FROM dedupe") > 0);
    BOOST_TEST(f.db.number("SELECT value FROM meta WHERE key = 'dedupe_merged'") > 0);
}

BOOST_AUTO_TEST_CASE(entries_of_deleted_events_leave_the_table) {
    Fixture f;
    DedupeIndex index(f.db, 0);
    const auto sweep = [&](int64_t newest, int64_t oldest) {
        for (int i = 0; i < 3; ++i) {
            f.db.exec("BEGIN IMMEDIATE");
            index.add(key_of(1'000'000 + newest + i), newest + i);
            index.write_slices(1'000'000, newest + i, oldest);
            f.db.exec("COMMIT");
            index.committed();
        }
    };
    f.db.exec("BEGIN IMMEDIATE");
    for (int64_t n = 1; n <= 5000; ++n) index.add(key_of(n), n);
    f.db.exec("COMMIT");
    index.committed();
    sweep(5001, 1);
    BOOST_TEST(f.db.number("SELECT count(*) FROM dedupe") >= 5000);
    // Keys go in from all slices, so that every slice is looked at again.
    f.db.exec("BEGIN IMMEDIATE");
    for (int64_t n = 6001; n <= 11'000; ++n) index.add(key_of(n), n);
    f.db.exec("COMMIT");
    index.committed();
    sweep(11'001, 6000);
    BOOST_TEST(f.db.number("SELECT count(*) FROM dedupe WHERE seq < 6000") == 0);
    BOOST_TEST(f.db.number("SELECT count(*) FROM dedupe") >= 5000);
}

BOOST_AUTO_TEST_CASE(the_filter_knows_every_member_and_few_others) {
    KeyFilter filter;
    BOOST_TEST(filter.may_hold(key_of(1))); // nothing is known yet
    constexpr int64_t k_members = 5'000;
    filter.start(k_members);
    BOOST_TEST(!filter.may_hold(key_of(1)));
    for (int64_t n = 0; n < k_members; ++n) filter.add(key_of(n));
    for (int64_t n = 0; n < k_members; ++n) BOOST_REQUIRE(filter.may_hold(key_of(n)));
    int taken_for_members = 0;
    for (int64_t n = k_members; n < 10 * k_members; ++n) taken_for_members += filter.may_hold(key_of(n)) ? 1 : 0;
    BOOST_TEST(taken_for_members < 45'000 / 100);
}

BOOST_AUTO_TEST_CASE(duplicates_are_found_when_most_keys_are_in_the_table) {
    const Directory directory;
    constexpr int k_events = 430'000; // more than are held in memory
    const auto key = [](int i) { return "evt-" + std::to_string(i); };
    std::vector<Uuid> ids;
    {
        TestStore store(directory);
        for (int i = 0; i < k_events; i += 1000) {
            std::vector<NewEvent> events;
            for (int j = i; j < i + 1000; ++j) {
                events.push_back(make_event(key(j), ""));
                ids.push_back(events.back().id);
            }
            for (const auto& r : store.append(std::move(events))) BOOST_REQUIRE((r.outcome == Outcome::stored));
        }
    }
    TestStore store(directory);
    for (int i = 0; i < k_events; i += 997) {
        const auto r = store.append(make_event(key(i), ""));
        BOOST_REQUIRE((r.outcome == Outcome::duplicate && r.id == ids[static_cast<size_t>(i)]));
    }
    store->stop();
    Database db(directory / "gatehouse.db", "", false);
    BOOST_TEST(db.number("SELECT count(*) FROM dedupe") > 10'000);
}

BOOST_AUTO_TEST_SUITE_END()
