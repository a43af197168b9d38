// When a failed fetch-back is tried again, what becomes of an event that is given up, and what a restart resumes.
#include "core/dispatch/retry.hpp"

#include "tests/unit/dispatch_fixture.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;
using config::FetchBackMode;
using plugin::JobFailure;
using store::EventStatus;

namespace {

bool about(Millis wait, Millis expected) {
    return wait >= expected - expected / 10 && wait <= expected + expected / 10;
}

JobFailure failure(JobFailure::Kind kind, Millis after = Millis(0)) {
    return {kind, "busy", after};
}

} // namespace

BOOST_AUTO_TEST_SUITE(dispatch_retry)

BOOST_AUTO_TEST_CASE(the_waits_are_those_of_the_mode) {
    const auto retry = failure(JobFailure::Kind::retry);
    const Millis required[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h}, best_effort[] = {5s, 30s, 2min, 10min};
    int attempts = 0;
    for (const Millis expected : required) {
        const auto wait = dispatch::retry_wait(FetchBackMode::required, ++attempts, retry);
        BOOST_TEST((wait && about(*wait, expected)));
    }
    BOOST_TEST(!dispatch::retry_wait(FetchBackMode::required, 8, retry));
    attempts = 0;
    for (const Millis expected : best_effort) {
        const auto wait = dispatch::retry_wait(FetchBackMode::best_effort, ++attempts, retry);
        BOOST_TEST((wait && about(*wait, expected)));
    }
    BOOST_TEST(!dispatch::retry_wait(FetchBackMode::best_effort, 5, retry));
}

BOOST_AUTO_TEST_CASE(the_provider_may_ask_for_more_and_never_for_less) {
    const auto mode = FetchBackMode::required;
    BOOST_TEST((dispatch::retry_wait(mode, 1, failure(JobFailure::Kind::retry, 1h)) == Millis(1h)));
    BOOST_TEST(about(*dispatch::retry_wait(mode, 2, failure(JobFailure::Kind::retry, 1s)), 5min));
    BOOST_TEST((dispatch::retry_wait(mode, 1, failure(JobFailure::Kind::retry, 1000h)) == Millis(24h)));
    BOOST_TEST((*dispatch::retry_wait(mode, 1, failure(JobFailure::Kind::refused)) >= Millis(4min)));
    BOOST_TEST(!dispatch::retry_wait(mode, 1, failure(JobFailure::Kind::invalid)));
}

BOOST_FIXTURE_TEST_CASE(a_fetched_event_has_its_document_and_its_delivery, DispatchFixture) {
    start();
    const Uuid id = add({"a", ""});
    BOOST_REQUIRE(reaches(id, EventStatus::ready, 1));
    BOOST_TEST(document(id) == "start;http 0 200 http://127.0.0.1:9/0;");
    BOOST_TEST(events.due_deliveries("app", clock.now(), 10, {}).value().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(required_is_tried_on_schedule_and_then_dead, DispatchFixture) {
    start();
    const Uuid id = add({"a", "", "thing.changed", "f"});
    const Millis waits[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
    int attempts = 0;
    for (const Millis wait : waits) {
        BOOST_REQUIRE(reaches(id, EventStatus::fetching, ++attempts));
        BOOST_TEST(about(wait_for_retry(), wait));
        advance(wait + wait / 10);
    }
    BOOST_TEST(reaches(id, EventStatus::dead, 8));
    BOOST_TEST(event(id).reason == "busy");
    BOOST_TEST(events.due_deliveries("app", clock.now(), 10, {}).value().empty());
}

BOOST_FIXTURE_TEST_CASE(best_effort_is_delivered_without_its_document_in_the_end, DispatchFixture) {
    fetch_back.mode = FetchBackMode::best_effort;
    start();
    const Uuid id = add({"a", "", "thing.changed", "f"});
    for (const Millis wait : {Millis(5s), Millis(30s), Millis(2min), Millis(10min)}) {
        BOOST_REQUIRE(events.wait_until([&] { return wait_for_retry() > Millis(0); }));
        advance(wait + wait / 10);
    }
    BOOST_TEST(reaches(id, EventStatus::ready, 5));
    BOOST_TEST(document(id) == "none");
    BOOST_TEST(events.due_deliveries("app", clock.now(), 10, {}).value().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(gone_is_an_answer_and_invalid_is_dead_at_once, DispatchFixture) {
    start();
    const Uuid gone = add({"a", "", "thing.changed", "g"}), invalid = add({"b", "", "thing.changed", "i"});
    BOOST_REQUIRE(reaches(gone, EventStatus::ready, 1));
    BOOST_TEST(event(gone).document->gone);
    BOOST_TEST(reaches(invalid, EventStatus::dead, 1));
}

BOOST_FIXTURE_TEST_CASE(a_type_without_fetch_back_and_mode_off_go_straight_on, DispatchFixture) {
    start();
    const Uuid other = add({"a", "", "unknown"});
    BOOST_TEST(reaches(other, EventStatus::ready, 0));
    end();
    fetch_back.mode = FetchBackMode::off;
    start();
    const Uuid off = add({"a", ""});
    BOOST_TEST(reaches(off, EventStatus::ready, 0));
    BOOST_TEST(asked() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_result_that_could_not_be_written_is_written_later_and_not_fetched_again, DispatchFixture) {
    hold = true;
    start();
    const Uuid id = add({"a", ""});
    BOOST_REQUIRE(wait_asked(1));
    events.fail_commits(true);
    answer(0);
    BOOST_REQUIRE(events.wait_until([&] { return !events.writable(); }));
    events.fail_commits(false);
    BOOST_TEST(reaches(id, EventStatus::ready, 1));
    BOOST_TEST(asked() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_restart_resumes_what_was_under_way, DispatchFixture) {
    hold = true;
    start();
    const Uuid id = add({"a", ""});
    BOOST_REQUIRE(wait_asked(1));
    end();
    hold = false;
    start();
    BOOST_TEST(reaches(id, EventStatus::ready, 1));
    BOOST_TEST(asked() == 2u);
}

BOOST_FIXTURE_TEST_CASE(an_event_that_retention_took_away_meanwhile_is_let_go, DispatchFixture) {
    fetch_back.coalesce = 2s;
    start();
    const Uuid lost = add({"a", ""});
    events.forget(lost);
    advance(2s);
    const Uuid next = add({"b", ""});
    advance(2s);
    BOOST_TEST(reaches(next, EventStatus::ready, 1));
    BOOST_TEST(asked() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
