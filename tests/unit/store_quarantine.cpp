// Refused requests: kept within bounds, shown among the events, released once they verify.
#include <boost/test/unit_test.hpp>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

BOOST_AUTO_TEST_SUITE(store_quarantine)

BOOST_AUTO_TEST_CASE(refused_request_is_shown_as_refused_event) {
    const Directory directory;
    TestStore store(directory);
    const auto refused = make_refused(std::string("a\0b", 3));
    store->quarantine(refused);
    store.settle();
    const auto got = store.event(refused.id);
    BOOST_TEST((got.status == EventStatus::refused && got.reason == "bad_signature" && got.hint == "check the secret"));
    BOOST_TEST(got.request.body == refused.request.body);
    BOOST_TEST((store.events().at(0).id == refused.id));
    BOOST_TEST(store.pending(at(1000)).empty());
}

BOOST_AUTO_TEST_CASE(oldest_refused_requests_make_room) {
    const Directory directory;
    auto options = TestStore::options_for(directory);
    options.quarantine_bytes = 10'000;
    std::vector<NewRefused> sent;
    for (int i = 0; i < 30; ++i) sent.push_back(make_refused(std::string(1000, 'x'), at(i)));
    {
        TestStore store(options);
        for (const auto& r : sent) store->quarantine(r);
        store->quarantine(make_refused(std::string(20'000, 'x'))); // larger than all the room: not kept, and drives nothing out
        store.settle();
        BOOST_TEST(store->counts().value().quarantined_bytes <= 10'000u);
        BOOST_TEST(store->counts().value().quarantined == 7);
        BOOST_TEST(store.has_event(sent.back().id));
        BOOST_TEST(!store.has_event(sent.front().id));
    }
    TestStore store(options); // the bound counts what was kept before
    store->quarantine(make_refused(std::string(1000, 'y'), at(99)));
    store.settle();
    BOOST_TEST(store->counts().value().quarantined == 7);
    BOOST_TEST(!store.has_event(sent[23].id));
    BOOST_TEST(store.has_event(sent[24].id));
}

BOOST_AUTO_TEST_CASE(bound_still_holds_after_a_refused_insert) {
    const Directory directory;
    auto options = TestStore::options_for(directory);
    options.quarantine_bytes = 10'000;
    TestStore store(options);
    auto first = make_refused(std::string(1000, 'x'));
    store->quarantine(first);
    for (int i = 0; i < 50; ++i) store->quarantine(first); // its id is taken
    for (int i = 0; i < 20; ++i) store->quarantine(make_refused(std::string(1000, 'z')));
    store.settle();
    BOOST_TEST(store->counts().value().quarantined == 7);
    BOOST_TEST(store->writable());
}

BOOST_AUTO_TEST_CASE(release_turns_it_into_an_event_once) {
    const Directory directory;
    TestStore store(directory);
    const auto refused = make_refused();
    store->quarantine(refused);
    store.settle();
    const auto e = make_event("k");
    const auto released = store.release(refused.id, e);
    BOOST_TEST((released.outcome == Outcome::stored && released.id == e.id));
    BOOST_TEST(!store.has_event(refused.id));
    BOOST_TEST(store.pending(at(0)).size() == 1u);
    const auto again = store.release(refused.id, make_event("k2"));
    BOOST_TEST((again.outcome == Outcome::failed && !again.error.empty()));
    BOOST_TEST(store.events().size() == 1u);
}

BOOST_AUTO_TEST_CASE(release_of_something_known_leaves_the_quarantine_as_duplicate) {
    const Directory directory;
    TestStore store(directory);
    const auto first = make_event("k");
    store.append(first);
    const auto refused = make_refused();
    store->quarantine(refused);
    const auto released = store.release(refused.id, make_event("k"));
    BOOST_TEST((released.outcome == Outcome::duplicate && released.id == first.id));
    BOOST_TEST(store->counts().value().quarantined == 0);
}

BOOST_AUTO_TEST_CASE(release_that_fails_leaves_it_in_quarantine) {
    const Directory directory;
    TestStore store(directory);
    const auto taken = make_event("other");
    store.append(taken);
    const auto refused = make_refused();
    store->quarantine(refused);
    auto e = make_event("k");
    e.id = taken.id;
    BOOST_TEST((store.release(refused.id, e).outcome == Outcome::failed));
    BOOST_TEST(store.has_event(refused.id));
}

BOOST_AUTO_TEST_SUITE_END()
