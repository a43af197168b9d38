// What waits for dispatch, and how fetch-backs end.
#include <boost/test/unit_test.hpp>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;
using Kind = FetchOutcome::Kind;

namespace {

FetchOutcome outcome_for(const NewEvent& e, Kind kind) {
    FetchOutcome o;
    o.event = e.id;
    o.source = e.source;
    o.kind = kind;
    return o;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_dispatch)

BOOST_AUTO_TEST_CASE(waiting_events_come_in_log_order_when_due) {
    const Directory directory;
    TestStore store(directory);
    const auto a = make_event("a"), b = make_event("b"), c = make_event("c");
    store.append({a, b, c});
    auto later = outcome_for(a, Kind::retry);
    later.due = at(60);
    later.error = "503 from the provider";
    BOOST_TEST(store.finish_fetch(later) == "");

    auto waiting = store.pending(at(10));
    BOOST_REQUIRE(waiting.size() == 2u);
    BOOST_TEST((waiting[0].id == b.id && waiting[1].id == c.id));
    BOOST_TEST((store->next_fetch_due("bank", at(10)).value() == at(60)));

    waiting = store.pending(at(60));
    BOOST_REQUIRE(waiting.size() == 3u);
    BOOST_TEST((waiting[0].id == a.id && waiting[0].fetch_attempts == 1));
    BOOST_TEST((store.pending(at(60), 100, {a.id}).front().id == b.id));
    BOOST_TEST(store.pending(at(60), 2).size() == 2u);
    BOOST_TEST(store->pending_events("another", at(60), 100, {}).value().empty());

    store.finish_fetch(outcome_for(b, Kind::skipped));
    store.finish_fetch(outcome_for(c, Kind::skipped));
    BOOST_TEST((store->next_fetch_due("bank", at(10)).value() == at(60)));
    BOOST_TEST(!store->next_fetch_due("bank", at(60)).value());
    BOOST_TEST(store.event(a.id).reason == "503 from the provider");
    BOOST_TEST((store.event(a.id).status == EventStatus::fetching));
    store.finish_fetch(outcome_for(a, Kind::skipped));
    BOOST_TEST(!store->next_fetch_due("bank", at(0)).value());
    BOOST_TEST(store->last_seq().value() == 3);
}

BOOST_AUTO_TEST_CASE(an_event_waits_behind_an_earlier_one_of_its_ordering_key) {
    const Directory directory;
    TestStore store(directory);
    auto a = make_event("a"), b = make_event("b"), c = make_event("c");
    a.ordering_key = b.ordering_key = "customer-1";
    c.ordering_key = "customer-2";
    store.append({a, b, c});
    auto waiting = store.pending(at(0));
    BOOST_REQUIRE(waiting.size() == 2u);
    BOOST_TEST((waiting[0].id == a.id && waiting[1].id == c.id));
    // Also while the first one is waiting to be tried again.
    auto later = outcome_for(a, Kind::retry);
    later.due = at(60);
    store.finish_fetch(later);
    BOOST_REQUIRE(store.pending(at(10)).size() == 1u);
    BOOST_TEST((store.pending(at(10))[0].id == c.id));
    store.finish_fetch(outcome_for(a, Kind::fetched));
    waiting = store.pending(at(10));
    BOOST_REQUIRE(waiting.size() == 2u);
    BOOST_TEST((waiting[0].id == b.id));
}

BOOST_AUTO_TEST_CASE(those_behind_an_event_are_its_keys_later_waiting_ones) {
    const Directory directory;
    TestStore store(directory);
    auto a = make_event("a"), b = make_event("b"), c = make_event("c"), d = make_event("d"), other = make_event("other");
    a.ordering_key = b.ordering_key = c.ordering_key = d.ordering_key = "customer-1";
    other.ordering_key = "customer-2";
    store.append({a, other, b, c, d});
    auto later = outcome_for(b, Kind::retry);
    later.due = at(60);
    store.finish_fetch(later);
    store.finish_fetch(outcome_for(c, Kind::fetched));
    const auto head = store.pending(at(0)).at(0);
    BOOST_REQUIRE((head.id == a.id));
    const auto behind = store->pending_behind(head, 10).value();
    BOOST_REQUIRE(behind.size() == 2u);
    BOOST_TEST((behind[0].id == b.id && behind[1].id == d.id));
    BOOST_TEST(store->pending_behind(head, 1).value().size() == 1u);
    auto keyless = head;
    keyless.ordering_key.clear();
    BOOST_TEST(store->pending_behind(keyless, 10).value().empty());
}

BOOST_AUTO_TEST_CASE(fetched_document_state_and_deliveries_come_in_one_commit) {
    const Directory directory;
    TestStore store(directory);
    const auto e = make_event("a");
    store.append(e);
    auto done = outcome_for(e, Kind::fetched);
    done.document = Document{"application/json", std::string("{\"a\":\0}", 7), at(3), false};
    done.deliveries = {make_delivery("app"), make_delivery("audit")};
    done.state = {{"snapshot", "7"}};
    BOOST_TEST(store.finish_fetch(done) == "");
    const auto got = store.event(e.id);
    BOOST_TEST((got.status == EventStatus::ready && got.fetch_attempts == 1));
    BOOST_REQUIRE(got.document);
    BOOST_TEST(got.document->body == done.document->body);
    BOOST_TEST((got.document->fetched_at == at(3)));
    BOOST_TEST(store.due("app", at(0)).size() == 1u);
    BOOST_TEST(store.due("audit", at(0)).size() == 1u);
    BOOST_TEST(store->state("source:bank").value().at(0).value.value() == "7");
    store.settle();
    BOOST_TEST(store.commits_with_deliveries == 1);
}

BOOST_AUTO_TEST_CASE(second_outcome_of_a_fetch_is_ignored) {
    const Directory directory;
    TestStore store(directory);
    const auto e = make_event("a");
    store.append(e);
    store.finish_fetch(outcome_for(e, Kind::gave_up_dead));
    auto late = outcome_for(e, Kind::fetched);
    late.document = Document{"text/plain", "late", at(9), false};
    late.deliveries = {make_delivery()};
    late.state = {{"snapshot", "9"}};
    BOOST_TEST(store.finish_fetch(late) == "");
    BOOST_TEST((store.event(e.id).status == EventStatus::dead));
    BOOST_TEST(!store.event(e.id).document);
    BOOST_TEST(store.deliveries().empty());
    BOOST_TEST(store->state("source:bank").value().empty());
    BOOST_TEST(!store.finish_fetch(outcome_for(make_event("never appended"), Kind::skipped)).empty());
}

BOOST_AUTO_TEST_CASE(giving_up_best_effort_delivers_without_document) {
    const Directory directory;
    TestStore store(directory);
    const auto e = make_event("a");
    store.append(e);
    auto give_up = outcome_for(e, Kind::gave_up_deliver);
    give_up.error = "timeout";
    give_up.deliveries = {make_delivery()};
    store.finish_fetch(give_up);
    BOOST_TEST((store.event(e.id).status == EventStatus::ready && store.event(e.id).reason == "timeout"));
    BOOST_TEST(store.due("app", at(0)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(state_is_put_replaced_and_removed_per_scope) {
    const Directory directory;
    TestStore store(directory);
    store.put_state("source:a", {{"x", std::string("1\0", 2)}, {"y", "2"}});
    store.put_state("source:b", {{"x", "other"}});
    store.put_state("source:a", {{"x", "3"}, {"y", std::nullopt}, {"z", ""}});
    const auto a = store->state("source:a").value();
    BOOST_REQUIRE(a.size() == 2u);
    BOOST_TEST((a[0].key == "x" && a[0].value == "3"));
    BOOST_TEST((a[1].key == "z" && a[1].value == ""));
    BOOST_TEST(store->state("source:b").value().size() == 1u);
    BOOST_TEST(store->state("source:none").value().empty());
}

BOOST_AUTO_TEST_SUITE_END()
