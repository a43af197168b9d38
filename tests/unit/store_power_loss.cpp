// Random faults, kills and power cuts: what was acknowledged is stored, once, whatever happened.
#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "fault_vfs.hpp"
#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;
using Call = FaultVfs::Call;

namespace {

// What the outside was told.
struct Acknowledged {
    std::mutex mutex;
    std::map<std::string, Uuid> events; // by key
    std::vector<Uuid> delivered;
    int failures = 0;
    std::string contradiction;
};

// A run of one to three calls in a row fails, at a random point.
std::function<int(const Call&)> random_faults(unsigned seed) {
    auto random = std::make_shared<std::mt19937>(seed);
    auto calls_left = std::make_shared<int>(static_cast<int>((*random)() % 120));
    auto failing = std::make_shared<int>(0);
    return [=](const Call& call) {
        if (*failing == 0) {
            if ((*calls_left)-- > 0) return SQLITE_OK;
            *failing = 1 + static_cast<int>((*random)() % 3);
            *calls_left = static_cast<int>((*random)() % 200);
        }
        --*failing;
        if (call.operation == FaultVfs::Operation::sync) return SQLITE_IOERR_FSYNC;
        return (*random)() % 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL;
    };
}

void append_one(TestStore& store, Acknowledged& acknowledged, std::mt19937& random, const std::string& prefix) {
    // Keys come again, also in later lives of the store: "duplicate" is a promise too.
    const auto key = prefix + std::to_string(random() % 60);
    auto e = make_event(key, "body of " + key + std::string(random() % 3000, 'x'));
    e.body_may_vary = true;
    e.status = EventStatus::ready;
    e.deliveries = {make_delivery()};
    const auto delivery = e.deliveries[0].id;
    std::promise<Appended> answer;
    if (!store->append({e}, [&](auto results) { answer.set_value(results[0]); })) {
        std::this_thread::yield();
        return;
    }
    const auto r = answer.get_future().get();
    {
        const std::lock_guard lock(acknowledged.mutex);
        if (r.outcome == Outcome::failed) {
            ++acknowledged.failures;
            return;
        }
        const auto [known, added] = acknowledged.events.emplace(key, r.id);
        if (known->second != r.id) acknowledged.contradiction = key + " was answered with two ids";
    }
    if (r.outcome != Outcome::stored || random() % 2) return;
    if (!store.record(make_attempt(delivery, DeliveryStatus::delivered)).empty()) return;
    const std::lock_guard lock(acknowledged.mutex);
    acknowledged.delivered.push_back(r.id);
}

void live(TestStore& store, Acknowledged& acknowledged, FaultVfs& vfs, unsigned seed) {
    vfs.decide(random_faults(seed));
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random(seed * 31 + t);
            const auto end = Steady::now() + Millis(500);
            for (int i = 0; i < 40 && Steady::now() < end; ++i) append_one(store, acknowledged, random, t ? "a" : "b");
        });
    for (auto& thread : threads) thread.join();
}

std::string check_file(const std::string& path) {
    sqlite3* db = nullptr;
    sqlite3_stmt* statement = nullptr;
    sqlite3_open(path.c_str(), &db);
    std::string text = "cannot be read";
    // Keys are unique by code, not by an index: look.
    const char* sql =
        "SELECT CASE WHEN EXISTS(SELECT 1 FROM events GROUP BY source, dedupe_key HAVING count(*) > 1) THEN 'a key twice'"
        " WHEN EXISTS(SELECT 1 FROM events WHERE seq NOT IN (SELECT seq FROM requests)) THEN 'an event without request'"
        " ELSE (SELECT integrity_check FROM pragma_integrity_check LIMIT 1) END";
    if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}

void check(TestStore& store, const Acknowledged& acknowledged) {
    BOOST_REQUIRE_MESSAGE(acknowledged.contradiction.empty(), acknowledged.contradiction);
    for (const auto& [key, id] : acknowledged.events) BOOST_REQUIRE_MESSAGE(store.has_event(id), key << " was acknowledged and is gone");
    for (const auto& id : acknowledged.delivered)
        BOOST_REQUIRE_MESSAGE(store.event(id).status == EventStatus::delivered, "a recorded delivery is gone");
}

int seeds() {
    const char* more = std::getenv("GATEHOUSE_CRASH_SEEDS");
    return more ? std::atoi(more) : 200;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_power_loss)

BOOST_AUTO_TEST_CASE(acknowledged_is_stored_after_any_mix_of_faults_kills_and_power_cuts) {
    size_t acknowledged_in_all = 0;
    int failures = 0, refused_starts = 0;
    for (int seed = 1; seed <= seeds(); ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            const Directory directory;
            FaultVfs vfs(static_cast<unsigned>(seed));
            std::mt19937 random(static_cast<unsigned>(seed));
            Acknowledged acknowledged;
            auto options = TestStore::options_for(directory);
            options.vfs = vfs.name();
            for (int life = 0; life < 4; ++life) {
                if (random() % 4 == 0) vfs.decide(random_faults(static_cast<unsigned>(random())));
                {
                    TestStore store(options, false);
                    if (store->start()) {
                        live(store, acknowledged, vfs, static_cast<unsigned>(random()));
                        if (random() % 4 == 0) store->stop();
                    } else {
                        ++refused_starts;
                    }
                    vfs.freeze();
                }
                if (random() % 2)
                    vfs.lose_power();
                else
                    vfs.thaw();
            }
            vfs.freeze();
            vfs.lose_power();
            {
                TestStore store(options);
                check(store, acknowledged);
            }
            BOOST_TEST(check_file(options.path) == "ok");
            acknowledged_in_all += acknowledged.events.size();
            failures += acknowledged.failures;
        }
    }
    BOOST_TEST_MESSAGE(acknowledged_in_all << " acknowledged, " << failures << " failed, " << refused_starts << " starts refused");
    BOOST_TEST(acknowledged_in_all > static_cast<size_t>(seeds()) * 10);
    BOOST_TEST(failures > seeds() / 4);
    BOOST_TEST(refused_starts > 0);
}

BOOST_AUTO_TEST_SUITE_END()
