// A disk that fails: nothing is reported as stored that is not, and the store comes back by itself.
#include "core/store/store_file.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <thread>

#include "fault_vfs.hpp"
#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;
using namespace std::chrono_literals;
using Operation = FaultVfs::Operation;
using Call = FaultVfs::Call;

namespace {

Options on(const FaultVfs& vfs, const Directory& directory) {
    auto options = TestStore::options_for(directory);
    options.vfs = vfs.name();
    return options;
}

template <class F>
bool comes_true(F condition) {
    for (const auto end = Steady::now() + 20s; Steady::now() < end; std::this_thread::sleep_for(1ms))
        if (condition()) return true;
    return false;
}

// Appends while asking as senders do: a refusal is asked again.
Appended append_when_writable(TestStore& store, const NewEvent& e) {
    BOOST_REQUIRE(comes_true([&] { return store->writable(); }));
    return store.append(e);
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_faults)

BOOST_AUTO_TEST_CASE(failed_commit_fails_every_waiter_and_shows_nothing) {
    for (const int code : {SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_IOERR_FSYNC}) {
        const auto operation = code == SQLITE_IOERR_FSYNC ? Operation::sync : Operation::write;
        const Directory directory;
        FaultVfs vfs;
        TestStore store(on(vfs, directory));
        const auto before = make_event("before");
        store.append(before);
        std::atomic<bool> broken{true};
        vfs.decide([&](const Call& call) { return broken && call.wal && call.operation == operation ? code : SQLITE_OK; });
        auto e = make_event("k");
        e.state = {{"cursor", "1"}};
        e.status = EventStatus::ready;
        e.deliveries = {make_delivery()};
        const auto results = store.append({e, make_event("l")});
        for (const auto& r : results) BOOST_TEST((r.outcome == Outcome::failed && !r.error.empty()));
        BOOST_TEST(!store->writable());
        BOOST_TEST(!store->append({make_event("m")}, [](auto) {}));
        BOOST_TEST(!store.put_state("s", {{"a", "b"}}).empty());
        BOOST_TEST(store.events().size() == 1u);
        BOOST_TEST(store->state("source:bank").value().empty());
        BOOST_TEST(store.deliveries().empty());
        BOOST_TEST(store.metrics.counter("gatehouse_store_commit_failures_total", "").value() >= 1u);
        BOOST_TEST(store.logged("nothing is accepted"));

        broken = false;
        const auto again = append_when_writable(store, e);
        BOOST_TEST((again.outcome == Outcome::stored && again.id == e.id && again.seq == 2));
        BOOST_TEST(store.events().size() == 2u);
        BOOST_TEST(store.logged("writable again"));
    }
}

BOOST_AUTO_TEST_CASE(one_failed_fsync_is_not_forgotten_by_the_next_that_succeeds) {
    const Directory directory;
    FaultVfs vfs;
    const auto lost = make_event("lost"), kept = make_event("kept");
    {
        TestStore store(on(vfs, directory));
        store.append(make_event("first"));
        bool once = true;
        vfs.decide([&](const Call& call) {
            return call.wal && call.operation == Operation::sync && std::exchange(once, false) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
        });
        BOOST_TEST((store.append(lost).outcome == Outcome::failed));
        BOOST_TEST((append_when_writable(store, kept).outcome == Outcome::stored));
        vfs.freeze();
    }
    vfs.lose_power();
    TestStore store(on(vfs, directory));
    BOOST_TEST(store.has_event(kept.id));
    BOOST_TEST(!store.has_event(lost.id));
    BOOST_TEST((store.append(make_event("lost")).outcome == Outcome::stored));
}

// The transaction of a failed fsync stays valid in the page cache. A process that finds it there must not answer "duplicate" for it before
// it made sure that it is on disk.
BOOST_AUTO_TEST_CASE(duplicate_of_an_unacknowledged_event_survives_a_power_cut) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        const Directory directory;
        FaultVfs vfs(seed);
        const auto e = make_event("k");
        {
            TestStore store(on(vfs, directory));
            store.append(make_event("first"));
            vfs.decide([&](const Call& call) { return call.operation == Operation::sync ? SQLITE_IOERR_FSYNC : SQLITE_OK; });
            BOOST_TEST((store.append(e).outcome == Outcome::failed));
            vfs.freeze();
        }
        vfs.thaw(); // the process died; the page cache lives
        bool acknowledged = false;
        {
            TestStore store(on(vfs, directory));
            const auto outcome = store.append(make_event("k")).outcome;
            acknowledged = outcome == Outcome::duplicate || outcome == Outcome::stored;
            BOOST_TEST(acknowledged);
            vfs.freeze();
        }
        vfs.lose_power();
        TestStore store(on(vfs, directory));
        BOOST_TEST((store.append(make_event("k")).outcome == Outcome::duplicate));
    }
}

BOOST_AUTO_TEST_CASE(failed_checkpoint_loses_nothing) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        const Directory directory;
        FaultVfs vfs(seed);
        std::vector<Uuid> acknowledged;
        {
            TestStore store(on(vfs, directory));
            int failures = 3;
            vfs.decide([&](const Call& call) {
                return !call.wal && call.operation == (seed % 2 ? Operation::sync : Operation::write) && failures-- > 0 ? SQLITE_IOERR_FSYNC
                                                                                                                        : SQLITE_OK;
            });
            for (int i = 0; i < 400; ++i) {
                const auto e = make_event("k" + std::to_string(i), std::string(20'000, 'x'));
                const auto r = append_when_writable(store, e);
                if (r.outcome == Outcome::stored) acknowledged.push_back(r.id);
            }
            BOOST_TEST(store.metrics.counter("gatehouse_store_checkpoint_failures_total", "").value() >= 1u);
            vfs.freeze();
        }
        vfs.lose_power();
        TestStore store(on(vfs, directory));
        BOOST_TEST(acknowledged.size() > 390u);
        for (const auto& id : acknowledged) BOOST_REQUIRE(store.has_event(id));
    }
}

// SQLite counts pages as copied that a partial checkpoint wrote and did not sync. If their write-back then fails, going on from there and
// starting the log anew would lose them: this is why a failure closes every connection.
BOOST_AUTO_TEST_CASE(pages_of_a_partial_checkpoint_are_copied_again_after_a_failed_sync) {
    const Directory directory;
    FaultVfs vfs;
    std::vector<Uuid> acknowledged;
    {
        TestStore store(on(vfs, directory));
        std::atomic<int> database_writes{0}, failed_syncs{0};
        std::atomic<bool> reader_holds{true};
        vfs.decide([&](const Call& call) {
            if (call.wal) return SQLITE_OK;
            database_writes += call.operation == Operation::write;
            return call.operation == Operation::sync && !reader_holds && failed_syncs++ == 0 ? SQLITE_IOERR_FSYNC : SQLITE_OK;
        });
        const auto append_some = [&](auto until) {
            for (int i = 0; i < 3000 && !until(); ++i) {
                const auto r = append_when_writable(store, make_event("", std::string(20'000, 'x')));
                if (r.outcome == Outcome::stored) acknowledged.push_back(r.id);
            }
        };
        append_some([&] { return acknowledged.size() >= 20; });
        auto reader = std::make_unique<Database>(directory / "gatehouse.db", vfs.name(), false);
        reader->exec("BEGIN");
        BOOST_TEST(reader->number("SELECT count(*) FROM events") == 20);
        append_some([&] { return database_writes > 0; });
        BOOST_TEST(database_writes > 0); // a part was copied, and not synced
        reader.reset();
        reader_holds = false;
        append_some([&] { return failed_syncs > 0; });
        BOOST_TEST(failed_syncs > 0);
        const auto enough = acknowledged.size() + 300; // so that the log begins anew
        append_some([&] { return acknowledged.size() >= enough; });
        vfs.freeze();
    }
    vfs.lose_power();
    TestStore store(on(vfs, directory));
    for (const auto& id : acknowledged) BOOST_REQUIRE(store.has_event(id));
}

BOOST_AUTO_TEST_CASE(nothing_is_accepted_after_a_failure_while_another_program_has_the_file_open) {
    const Directory directory;
    FaultVfs vfs;
    TestStore store(on(vfs, directory));
    store.append(make_event("a"));
    auto other = std::make_unique<Database>(directory / "gatehouse.db", vfs.name(), false);
    BOOST_TEST(other->number("SELECT count(*) FROM events") == 1);
    bool once = true;
    vfs.decide(
        [&](const Call& call) { return call.operation == Operation::sync && std::exchange(once, false) ? SQLITE_IOERR_FSYNC : SQLITE_OK; });
    BOOST_TEST((store.append(make_event("b")).outcome == Outcome::failed));
    const auto refused = store.put_state("s", {{"a", "b"}}); // is answered when the trial has ended
    BOOST_TEST(!refused.empty());
    BOOST_TEST(!store->writable());
    other.reset();
    BOOST_TEST((append_when_writable(store, make_event("b")).outcome == Outcome::stored));
}

BOOST_AUTO_TEST_CASE(full_disk_recovers_when_there_is_room_again) {
    const Directory directory;
    FaultVfs vfs;
    std::vector<Uuid> acknowledged;
    {
        TestStore store(on(vfs, directory));
        vfs.limit_bytes(3 << 20);
        bool failed = false;
        for (int i = 0; i < 1000 && !failed; ++i) {
            const auto e = make_event("k" + std::to_string(i), std::string(8'000, 'x'));
            std::promise<Appended> answer;
            if (!store->append({e}, [&](auto r) { answer.set_value(r[0]); })) {
                failed = !store->writable(); // noticed between two appends, by a checkpoint
                break;
            }
            const auto r = answer.get_future().get();
            if (r.outcome == Outcome::stored) acknowledged.push_back(r.id);
            failed = r.outcome == Outcome::failed;
        }
        BOOST_TEST(failed);
        BOOST_TEST(acknowledged.size() > 50u);
        BOOST_TEST(store.has_event(acknowledged.back()));       // reading goes on
        BOOST_TEST(vfs.used_bytes() <= (3 << 20) + (64 << 10)); // the first bytes of a new file are not counted before it exists
        BOOST_TEST(!store.put_state("s", {{"a", std::string(100'000, 'y')}}).empty());
        BOOST_TEST(!store->writable());
        vfs.limit_bytes(0);
        for (int i = 0; i < 20; ++i) {
            const auto r = append_when_writable(store, make_event("later" + std::to_string(i)));
            BOOST_REQUIRE((r.outcome == Outcome::stored));
            acknowledged.push_back(r.id);
        }
        vfs.freeze();
    }
    vfs.lose_power();
    TestStore store(on(vfs, directory));
    for (const auto& id : acknowledged) BOOST_REQUIRE(store.has_event(id));
}

BOOST_AUTO_TEST_CASE(start_on_a_disk_that_fails_says_so_and_a_later_start_succeeds) {
    const Directory directory;
    FaultVfs vfs;
    for (const auto operation : {Operation::write, Operation::sync}) {
        vfs.decide([&](const Call& call) { return call.operation == operation ? SQLITE_IOERR : SQLITE_OK; });
        TestStore store(on(vfs, directory), false);
        const auto started = store->start();
        BOOST_REQUIRE(!started);
        BOOST_TEST(started.error().message.find("disk I/O error") != std::string::npos, started.error().message);
        BOOST_TEST(!store->writable());
    }
    vfs.decide(nullptr);
    TestStore store(on(vfs, directory));
    BOOST_TEST((store.append(make_event("k")).outcome == Outcome::stored));
}

BOOST_AUTO_TEST_CASE(every_single_failure_point_of_an_append_is_survived) {
    // The n-th call fails, for each n until a run gets through without meeting its fault.
    for (int n = 0;; ++n) {
        BOOST_REQUIRE(n < 2000);
        const Directory directory;
        FaultVfs vfs(static_cast<unsigned>(n));
        bool met = false;
        std::vector<Uuid> acknowledged;
        {
            TestStore store(on(vfs, directory));
            int left = n;
            vfs.decide([&](const Call& call) {
                if (left-- != 0) return SQLITE_OK;
                met = true;
                return call.operation == Operation::sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
            });
            for (int i = 0; i < 6; ++i) {
                const auto r = append_when_writable(store, make_event("k" + std::to_string(i), std::string(6'000, 'x')));
                if (r.outcome == Outcome::stored) acknowledged.push_back(r.id);
            }
            vfs.freeze();
        }
        vfs.lose_power();
        TestStore store(on(vfs, directory));
        for (const auto& id : acknowledged) BOOST_REQUIRE_MESSAGE(store.has_event(id), "fault at call " << n);
        BOOST_TEST(acknowledged.size() >= 5u);
        if (!met) break;
    }
}

BOOST_AUTO_TEST_SUITE_END()
