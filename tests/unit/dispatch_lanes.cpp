// What runs together, what waits for what, and which events share one fetch.
#include "tests/unit/dispatch_fixture.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;
using store::EventStatus;

namespace {

/// Coalescing for two seconds of the clock.
struct Coalescing : DispatchFixture {
    Coalescing() { fetch_back.coalesce = 2s; }
};

std::string asked_for(int number) {
    return "start;http 0 200 http://127.0.0.1:9/" + std::to_string(number) + ";";
}

} // namespace

BOOST_AUTO_TEST_SUITE(dispatch_lanes)

BOOST_FIXTURE_TEST_CASE(no_more_run_at_once_than_the_source_allows, DispatchFixture) {
    fetch_back.concurrency = 2;
    hold = true;
    start();
    std::vector<Uuid> all;
    for (int i = 0; i < 5; ++i) all.push_back(add({std::to_string(i), ""}));
    BOOST_REQUIRE(wait_asked(2));
    BOOST_TEST(jobs->running() == 2u);
    answer(0);
    BOOST_REQUIRE(wait_asked(3));
    BOOST_TEST(jobs->running() <= 2u);
    BOOST_TEST(asked() == 3u);
    answer(1), answer(2);
    BOOST_REQUIRE(wait_asked(5));
    answer(3), answer(4);
    for (const Uuid& id : all) BOOST_TEST(reaches(id, EventStatus::ready, 1));
}

BOOST_FIXTURE_TEST_CASE(events_of_one_ordering_key_are_fetched_one_after_the_other, DispatchFixture) {
    hold = true;
    start();
    const Uuid first = add({"a", "key"}), second = add({"a", "key"}), other = add({"b", "other"});
    BOOST_REQUIRE(wait_asked(2));
    BOOST_TEST(sent[0].url.ends_with("/0"));
    BOOST_TEST(sent[1].url.ends_with("/2"));
    answer(1);
    BOOST_REQUIRE(reaches(other, EventStatus::ready, 1));
    BOOST_TEST(asked() == 2u);
    answer(0);
    BOOST_REQUIRE(wait_asked(3));
    answer(2);
    BOOST_TEST(reaches(first, EventStatus::ready, 1));
    BOOST_TEST(reaches(second, EventStatus::ready, 1));
}

BOOST_FIXTURE_TEST_CASE(the_next_of_a_key_waits_until_the_state_of_the_one_before_is_known, DispatchFixture) {
    hold = true;
    start();
    const Uuid first = add({"a", "key"}), second = add({"a", "key"});
    BOOST_REQUIRE(wait_asked(1));
    events.set_closed(true);
    answer(0);
    // In the store the first one is done; its callback, which brings the job's state into memory, has not run.
    BOOST_REQUIRE(reaches(first, EventStatus::ready, 1));
    BOOST_REQUIRE(events.wait_looks(3, [&] { dispatcher->wake(); }));
    BOOST_TEST(asked() == 1u);
    events.set_closed(false);
    BOOST_REQUIRE(wait_asked(2));
    answer(1);
    BOOST_TEST(reaches(second, EventStatus::ready, 1));
}

BOOST_FIXTURE_TEST_CASE(a_failing_event_holds_back_its_own_key_only, DispatchFixture) {
    start();
    const Uuid failing = add({"a", "key", "thing.changed", "f"}), behind = add({"a", "key"}), other = add({"b", "other"});
    BOOST_REQUIRE(reaches(other, EventStatus::ready, 1));
    BOOST_REQUIRE(reaches(failing, EventStatus::fetching, 1));
    BOOST_TEST((event(behind).status == EventStatus::received));
}

BOOST_FIXTURE_TEST_CASE(the_rate_spreads_fetches_out, DispatchFixture) {
    fetch_back.rate = 4; // four at once, then one every quarter of a second
    hold = true;
    start();
    const auto began = Steady::now();
    for (int i = 0; i < 6; ++i) add({std::to_string(i), ""});
    // The bucket follows the real clock; the one set by hand only says when to look again.
    BOOST_REQUIRE(events.wait_until([&] {
        advance(100ms);
        return asked() == 6;
    }));
    BOOST_TEST((Steady::now() - began >= 450ms));
    for (size_t i = 0; i < 6; ++i) BOOST_TEST(sent[i].url.ends_with(std::to_string(i)));
}

BOOST_FIXTURE_TEST_CASE(many_events_of_one_subject_cost_one_fetch_and_the_newest_counts, Coalescing) {
    start();
    std::vector<Uuid> all;
    for (int i = 0; i < 10; ++i) all.push_back(add({"user", ""}));
    BOOST_TEST(asked() == 0u);
    advance(2s);
    for (const Uuid& id : all) {
        BOOST_REQUIRE(reaches(id, EventStatus::ready, 1));
        BOOST_TEST(document(id) == asked_for(9));
    }
    BOOST_TEST(asked() == 1u);
    BOOST_TEST(events.due_deliveries("app", clock.now(), 100, {}).value().size() == 10u);
}

BOOST_FIXTURE_TEST_CASE(so_do_events_that_are_ordered_by_their_subject, Coalescing) {
    start();
    std::vector<Uuid> all;
    for (int i = 0; i < 10; ++i) all.push_back(add({"user", "user"}));
    advance(2s);
    for (const Uuid& id : all) {
        BOOST_REQUIRE(reaches(id, EventStatus::ready, 1));
        BOOST_TEST(document(id) == asked_for(9));
    }
    BOOST_TEST(asked() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_comes_while_the_fetch_runs_is_fetched_after_it, Coalescing) {
    hold = true;
    start();
    const Uuid first = add({"user", "user"});
    advance(2s);
    BOOST_REQUIRE(wait_asked(1));
    const Uuid late = add({"user", "user"});
    advance(2s);
    answer(0);
    BOOST_REQUIRE(reaches(first, EventStatus::ready, 1));
    BOOST_REQUIRE(wait_asked(2)); // its time was over when its turn came
    answer(1);
    BOOST_TEST(reaches(late, EventStatus::ready, 1));
    BOOST_TEST(document(late) == asked_for(1));
}

BOOST_FIXTURE_TEST_CASE(other_subjects_and_types_have_their_own_fetch, Coalescing) {
    start();
    const Uuid a = add({"a", ""}), b = add({"b", ""}), whole = add({"a", "", "whole"}), nameless = add({"", ""});
    advance(2s);
    for (const Uuid& id : {a, b, whole, nameless}) BOOST_TEST(reaches(id, EventStatus::ready, 1));
    BOOST_TEST(asked() == 4u);
}

BOOST_FIXTURE_TEST_CASE(an_ordered_event_of_another_type_divides_the_groups, Coalescing) {
    hold = true;
    start();
    const Uuid a = add({"user", "user"}), b = add({"user", "user"}), whole = add({"user", "user", "whole"}), c = add({"user", "user"});
    advance(2s);
    BOOST_REQUIRE(wait_asked(1));
    answer(0);
    BOOST_REQUIRE(reaches(a, EventStatus::ready, 1));
    BOOST_REQUIRE(reaches(b, EventStatus::ready, 1));
    BOOST_TEST(document(a) == asked_for(1));
    for (const auto& [id, number] : {std::pair(whole, 2), std::pair(c, 3)}) {
        BOOST_REQUIRE(wait_asked(static_cast<size_t>(number)));
        answer(static_cast<size_t>(number) - 1);
        BOOST_REQUIRE(reaches(id, EventStatus::ready, 1));
        BOOST_TEST(document(id) == asked_for(number));
    }
}

BOOST_FIXTURE_TEST_CASE(a_group_that_failed_is_tried_again_as_one, Coalescing) {
    for (const std::string key : {"", "user"}) {
        const size_t before = asked();
        start();
        std::vector<Uuid> all;
        for (int i = 0; i < 5; ++i) all.push_back(add({"user" + key, key, "thing.changed", i == 4 ? "hf" : "hd"}));
        advance(2s);
        for (const Uuid& id : all) BOOST_REQUIRE(reaches(id, EventStatus::fetching, 1));
        BOOST_TEST(asked() == before + 1);
        settle();
        const Uuid newest = add({"user" + key, key});
        advance(6s);
        BOOST_REQUIRE(reaches(newest, EventStatus::ready, 1));
        for (const Uuid& id : all) {
            BOOST_REQUIRE(reaches(id, EventStatus::ready, 2));
            BOOST_TEST(document(id) == document(newest));
        }
        BOOST_TEST(asked() == before + 2);
        end();
    }
}

BOOST_FIXTURE_TEST_CASE(a_reload_keeps_what_is_waiting_and_under_way, Coalescing) {
    hold = true;
    start();
    const Uuid running_one = add({"a", ""});
    advance(2s);
    BOOST_REQUIRE(wait_asked(1));
    const Uuid waiting = add({"b", ""});
    dispatcher->configure(running, generation);
    advance(2s);
    BOOST_REQUIRE(wait_asked(2));
    answer(0), answer(1);
    BOOST_TEST(reaches(running_one, EventStatus::ready, 1));
    BOOST_TEST(reaches(waiting, EventStatus::ready, 1));
    BOOST_TEST(asked() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
