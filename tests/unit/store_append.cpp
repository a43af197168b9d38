// Appending: what is stored, what is a duplicate, what is a conflict.
#include "core/store/request_head.hpp"

#include <boost/test/unit_test.hpp>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;

BOOST_AUTO_TEST_SUITE(store_append)

BOOST_AUTO_TEST_CASE(every_byte_of_an_event_comes_back) {
    const Directory directory;
    auto e = make_event(std::string("key\0with\xff", 9), std::string("body\0\x80\xfe\n", 8));
    e.type = std::string("type\0x", 6);
    e.subject = std::string("\xc3\x28%_'\0", 6);
    e.ordering_key = std::string("\0", 1);
    e.occurred_at = at(-5);
    e.trust = Trust::unverified_origin;
    e.recovered = true;
    e.request.head = std::string("A: \xff\0\r\n", 8);
    e.request.target = std::string("/hooks/\0%00", 11);
    const auto sent = e;
    const auto check = [&](TestStore& store) {
        const auto got = store.event(sent.id);
        BOOST_TEST(got.dedupe_key == sent.dedupe_key);
        BOOST_TEST(got.type == sent.type);
        BOOST_TEST(got.subject == sent.subject);
        BOOST_TEST(got.ordering_key == sent.ordering_key);
        BOOST_TEST(got.request.body == sent.request.body);
        BOOST_TEST(got.request.head == sent.request.head);
        BOOST_TEST(got.request.target == sent.request.target);
        BOOST_TEST(got.request.remote == sent.request.remote);
        BOOST_TEST((got.received_at == sent.received_at && got.occurred_at == sent.occurred_at));
        BOOST_TEST((got.trust == Trust::unverified_origin && got.recovered && got.status == EventStatus::received));
        BOOST_TEST(!got.document);
    };
    {
        TestStore store(directory);
        const auto result = store.append(e);
        BOOST_TEST((result.outcome == Outcome::stored && result.id == sent.id && result.seq == 1));
        check(store);
    }
    TestStore store(directory);
    check(store);
}

BOOST_AUTO_TEST_CASE(equal_key_is_a_duplicate_of_the_first_also_after_a_restart) {
    const Directory directory;
    const auto first = make_event("k");
    {
        TestStore store(directory);
        BOOST_TEST((store.append(first).outcome == Outcome::stored));
        const auto second = store.append(make_event("k"));
        BOOST_TEST((second.outcome == Outcome::duplicate && second.id == first.id && second.seq == 1));
    }
    TestStore store(directory);
    BOOST_TEST((store.append(make_event("k")).outcome == Outcome::duplicate));
    BOOST_TEST(store.event(first.id).duplicates == 2);
    BOOST_TEST(store.events().size() == 1u);
    BOOST_TEST((store.append(make_event("k", "{}", "other")).outcome == Outcome::stored)); // the key belongs to its source
}

BOOST_AUTO_TEST_CASE(second_of_two_equal_keys_in_one_call_is_the_duplicate) {
    const Directory directory;
    TestStore store(directory);
    const auto a = make_event("k"), b = make_event("k"), c = make_event("other");
    const auto results = store.append({a, b, c});
    BOOST_TEST((results[0].outcome == Outcome::stored));
    BOOST_TEST((results[1].outcome == Outcome::duplicate && results[1].id == a.id));
    BOOST_TEST((results[2].outcome == Outcome::stored && results[2].seq == 2));
}

BOOST_AUTO_TEST_CASE(empty_key_is_never_a_duplicate) {
    const Directory directory;
    TestStore store(directory);
    BOOST_TEST((store.append(make_event("")).outcome == Outcome::stored));
    BOOST_TEST((store.append(make_event("")).outcome == Outcome::stored));
}

BOOST_AUTO_TEST_CASE(other_body_under_the_same_key_is_kept_as_conflict_once) {
    const Directory directory;
    TestStore store(directory);
    const auto first = make_event("k", "one");
    store.append(first);
    auto other = make_event("k", "two");
    other.status = EventStatus::ready;
    other.deliveries = {make_delivery()};
    other.state = {{"cursor", "2"}};
    const auto result = store.append(other);
    BOOST_TEST((result.outcome == Outcome::conflict && result.id == other.id));
    BOOST_TEST((store.event(other.id).status == EventStatus::conflict));
    BOOST_TEST(store.event(other.id).request.body == "two");
    BOOST_TEST(store.deliveries().empty());
    BOOST_TEST(store->state("source:bank").value().empty());
    BOOST_TEST(store.pending(at(10)).size() == 1u); // the first one only

    const auto again = store.append(make_event("k", "two"));
    BOOST_TEST((again.outcome == Outcome::duplicate && again.id == other.id));
    BOOST_TEST(store.event(other.id).duplicates == 1);
    BOOST_TEST((store.append(make_event("k", "one")).id == first.id));
    BOOST_TEST((store.append(make_event("k", "three")).outcome == Outcome::conflict));
}

BOOST_AUTO_TEST_CASE(body_may_vary_makes_it_a_duplicate) {
    const Directory directory;
    TestStore store(directory);
    const auto first = make_event("k", "one");
    store.append(first);
    auto other = make_event("k", "two");
    other.body_may_vary = true;
    const auto result = store.append(other);
    BOOST_TEST((result.outcome == Outcome::duplicate && result.id == first.id));
}

BOOST_AUTO_TEST_CASE(duplicate_changes_no_state_and_adds_no_delivery) {
    const Directory directory;
    TestStore store(directory);
    auto first = make_event("k");
    first.state = {{"cursor", "1"}, {"gone", "x"}};
    store.append(first);
    auto second = make_event("k");
    second.state = {{"cursor", "2"}, {"gone", std::nullopt}};
    second.deliveries = {make_delivery()};
    store.append(second);
    const auto state = store->state("source:bank").value();
    BOOST_REQUIRE(state.size() == 2u);
    BOOST_TEST(state[0].value.value() == "1");
    BOOST_TEST(store.deliveries().empty());
}

BOOST_AUTO_TEST_CASE(one_refused_value_fails_its_event_only) {
    const Directory directory;
    TestStore store(directory);
    const auto a = make_event("a"), c = make_event("c");
    auto too_large = make_event("b");
    too_large.request.body.assign((64u << 20) + 1, 'x');
    auto same_id = make_event("d");
    same_id.id = a.id;
    auto half = make_event("e"); // its second delivery is refused: its event must not stay
    half.deliveries = {make_delivery(), make_delivery()};
    half.deliveries[1].id = half.deliveries[0].id;
    const auto results = store.append({a, too_large, same_id, half, c});
    BOOST_TEST((results[0].outcome == Outcome::stored));
    for (const size_t i : {1, 2, 3}) BOOST_TEST((results[i].outcome == Outcome::failed && !results[i].error.empty()));
    BOOST_TEST((results[4].outcome == Outcome::stored && results[4].seq == 2));
    BOOST_TEST(store->writable());
    BOOST_TEST(store.events().size() == 2u);
    BOOST_TEST(store.deliveries().empty());
    BOOST_TEST((store.append(make_event("e")).outcome == Outcome::stored)); // its key was not taken by the failure
}

BOOST_AUTO_TEST_CASE(full_queue_takes_nothing_and_calls_nothing) {
    const Directory directory;
    auto options = TestStore::options_for(directory);
    options.queue_events = 3;
    TestStore store(options);
    std::promise<void> entered, leave;
    auto left = leave.get_future().share();
    // Holds the writer inside a callback, so that the queue fills.
    store->append({make_event("hold")}, [&, left](auto) {
        entered.set_value();
        left.wait();
    });
    entered.get_future().wait();
    std::atomic<int> answered{0};
    const auto count = [&](auto) { ++answered; };
    BOOST_TEST(store->append({make_event("1"), make_event("2")}, count));
    BOOST_TEST(!store->append({make_event("3"), make_event("4")}, count));
    BOOST_TEST(store->append({make_event("5")}, count));
    BOOST_TEST(!store->append({make_event("6")}, count));
    leave.set_value();
    store.settle();
    BOOST_TEST(answered == 2);
    BOOST_TEST(store.events().size() == 4u);
    BOOST_TEST((store.append(make_event("6")).outcome == Outcome::stored));
}

BOOST_AUTO_TEST_CASE(what_waits_during_a_commit_goes_into_one_group_in_order) {
    const Directory directory;
    TestStore store(directory);
    std::promise<void> entered, leave;
    auto left = leave.get_future().share();
    store->append({make_event("hold")}, [&, left](auto) {
        entered.set_value();
        left.wait();
    });
    entered.get_future().wait();
    const int before = store.commits_with_events;
    std::vector<int64_t> order;
    for (int i = 0; i < 50; ++i)
        store->append({make_event("k" + std::to_string(i))}, [&order](auto results) { order.push_back(results[0].seq); });
    leave.set_value();
    store.settle();
    BOOST_REQUIRE(order.size() == 50u);
    for (size_t i = 0; i < order.size(); ++i) BOOST_TEST(order[i] == static_cast<int64_t>(i) + 2);
    BOOST_TEST(store.commits_with_events <= before + 2); // the holder's own may be counted late
}

BOOST_AUTO_TEST_CASE(credentials_are_taken_out_of_a_head_and_nothing_else) {
    BOOST_TEST(store::without_credentials("") == "");
    BOOST_TEST(store::without_credentials("Host: h\r\nauthorization: Bearer abc\r\nX-Authorization: kept\r\n") ==
               "Host: h\r\nauthorization: [redacted]\r\nX-Authorization: kept\r\n");
    BOOST_TEST(store::without_credentials("Proxy-Authorization: Basic a\r\nCookie: a=b\r\nCOOKIE: c\r\nX: Cookie: d\r\n") ==
               "Proxy-Authorization: [redacted]\r\nCookie: [redacted]\r\nCOOKIE: [redacted]\r\nX: Cookie: d\r\n");
    // Longer and shorter values than what takes their place; what has no form stays.
    BOOST_TEST(store::without_credentials("Cookie: \r\nAuthorization: " + std::string(5000, 'x') + "\r\n") ==
               "Cookie: [redacted]\r\nAuthorization: [redacted]\r\n");
    BOOST_TEST(store::without_credentials("no colon\r\nAuthorization: end") == "no colon\r\nAuthorization: [redacted]");
}

BOOST_AUTO_TEST_CASE(callback_that_throws_harms_nobody) {
    const Directory directory;
    TestStore store(directory);
    store->append({make_event("a")}, [](auto) { throw std::runtime_error("a bug of the caller"); });
    BOOST_TEST((store.append(make_event("b")).outcome == Outcome::stored));
    BOOST_TEST(store.logged("a bug of the caller"));
}

BOOST_AUTO_TEST_CASE(stop_commits_what_is_queued_and_fails_what_comes_later) {
    const Directory directory;
    {
        TestStore store(directory);
        std::atomic<int> stored{0};
        for (int i = 0; i < 200; ++i)
            store->append({make_event("k" + std::to_string(i))}, [&](auto results) { stored += results[0].outcome == Outcome::stored; });
        store->stop();
        BOOST_TEST(stored == 200);
        BOOST_TEST(!store->writable());
        BOOST_TEST(!store->append({make_event("late")}, [](auto) {}));
        BOOST_TEST(!store.put_state("s", {{"a", "b"}}).empty());
        BOOST_TEST(!store->events({}).ok());
    }
    TestStore store(directory);
    EventQuery query;
    query.limit = 1000;
    BOOST_TEST(store.events(query).size() == 200u);
}

BOOST_AUTO_TEST_SUITE_END()
