// The deliverer against destinations that answer well, badly, slowly or not at all.
#include "core/base/encoding.hpp"

#include <openssl/hmac.h>

#include "tests/unit/delivery_fixture.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;
using store::DeliveryStatus;

namespace {

/// Not the code under test: OpenSSL's one call, over a key decoded by OpenSSL.
std::string independent_signature(const std::string& base64_key, const std::string& content) {
    unsigned char key[64], digest[32], coded[64];
    int size = EVP_DecodeBlock(key, reinterpret_cast<const unsigned char*>(base64_key.data()), static_cast<int>(base64_key.size()));
    for (size_t i = base64_key.size(); i > 0 && base64_key[i - 1] == '='; --i) --size;
    HMAC(EVP_sha256(), key, size, reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest, nullptr);
    EVP_EncodeBlock(coded, digest, 32);
    return "v1," + std::string(reinterpret_cast<char*>(coded));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(deliverer, DeliveryFixture)

BOOST_AUTO_TEST_CASE(an_event_is_delivered_signed_and_recorded) {
    Peer app(answer(204));
    add_destination("app", app.url("/events")).secrets.emplace_back("c2Vjb25kIHNlY3JldCBmb3IgdGhlIHRlc3QhISE=");
    start();
    const auto added = add_event({"app"});
    BOOST_REQUIRE(reaches(added.deliveries[0], DeliveryStatus::delivered, 1));
    BOOST_REQUIRE(app.count() == 1u);
    const auto got = app.requests()[0];
    BOOST_TEST(got.target == "/events");
    BOOST_TEST(got.body == "{\"a\":1}");
    BOOST_TEST(got.field("content-type") == "application/json");
    BOOST_TEST(got.field("webhook-id") == added.event.text());
    BOOST_TEST(got.field("webhook-timestamp") == std::to_string(to_unix_ms(clock.now()) / 1000));
    const std::string content = got.field("webhook-id") + '.' + got.field("webhook-timestamp") + '.' + got.body;
    BOOST_TEST(got.field("webhook-signature") == independent_signature("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", content) + ' ' +
                                                     independent_signature("c2Vjb25kIHNlY3JldCBmb3IgdGhlIHRlc3QhISE=", content));
    const auto attempts = store.attempts(added.deliveries[0]);
    BOOST_REQUIRE(attempts->size() == 1u);
    BOOST_TEST(attempts->at(0).outcome == "delivered");
    BOOST_TEST(attempts->at(0).status == 204);
    BOOST_TEST((store.event(added.event)->value().status == store::EventStatus::delivered));
    BOOST_TEST(metrics.counter("gatehouse_delivery_attempts_total", "", {{"destination", "app"}, {"outcome", "delivered"}}).value() == 1u);
    BOOST_TEST(logged().find("\"warning\"") == std::string::npos);
    BOOST_TEST(logged().find("{\\\"a") == std::string::npos); // never a body
}

BOOST_AUTO_TEST_CASE(failures_follow_the_schedule_and_end_dead) {
    Peer app(answer(500, "it broke"));
    add_destination("app", app.url());
    start();
    const auto id = add_event({"app"}).deliveries[0];
    int made = 0;
    for (const Millis wait : {5'000ms, 300'000ms, 1'800'000ms}) {
        BOOST_REQUIRE(reaches(id, DeliveryStatus::pending, ++made));
        BOOST_TEST(wait_of(id).count() >= wait.count() * 9 / 10);
        BOOST_TEST(wait_of(id).count() <= wait.count() * 11 / 10);
        advance(wait_of(id) - 1ms); // a millisecond before its time nothing happens
        BOOST_TEST(!app.wait_for_requests(static_cast<size_t>(made) + 1, 30ms));
        advance(1ms);
    }
    BOOST_REQUIRE(reaches(id, DeliveryStatus::dead, 4));
    BOOST_TEST(app.count() == 4u);
    for (const auto& r : app.requests()) BOOST_TEST(r.field("webhook-id") == app.requests()[0].field("webhook-id"));
    BOOST_TEST(app.requests()[0].field("webhook-timestamp") != app.requests()[3].field("webhook-timestamp"));
    BOOST_TEST(metrics.counter("gatehouse_dead_total", "", {{"destination", "app"}}).value() == 1u);
    BOOST_TEST(metrics.counter("gatehouse_delivery_attempts_total", "", {{"destination", "app"}, {"outcome", "http_5xx"}}).value() == 4u);
    BOOST_TEST(store.attempts(id)->at(0).response == "it broke");
    BOOST_TEST(store.attempts(id)->at(0).outcome == "http_500");
    // A manual retry begins the schedule anew.
    app.set_script([](const PeerRequest&, PeerConnection& c) { c.send(answer(200)); });
    store.retry_deliveries({id}, {});
    BOOST_REQUIRE(reaches(id, DeliveryStatus::delivered, 5));
}

BOOST_AUTO_TEST_CASE(network_failures_and_redirects_are_retried) {
    Peer elsewhere(answer(200));
    Peer redirecting(answer(307, "", "Location: " + elsewhere.url() + "\r\n"));
    Peer cutting([](const PeerRequest&, PeerConnection& c) {
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123");
        c.close();
    });
    add_destination("redirecting", redirecting.url());
    add_destination("cutting", cutting.url());
    add_destination("closed", "http://127.0.0.1:1/");
    start();
    const auto added = add_event({"redirecting", "cutting", "closed"});
    for (const auto& id : added.deliveries) BOOST_REQUIRE(reaches(id, DeliveryStatus::pending, 1));
    BOOST_TEST(store.attempts(added.deliveries[0])->at(0).outcome == "http_307");
    BOOST_TEST(store.attempts(added.deliveries[1])->at(0).outcome == "truncated");
    BOOST_TEST(store.attempts(added.deliveries[2])->at(0).outcome == "connect");
    BOOST_TEST(elsewhere.count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_destination_that_never_answers_times_out) {
    Peer app([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    add_destination("app", app.url()).timeout = 300ms;
    start();
    const auto id = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(reaches(id, DeliveryStatus::pending, 1));
    BOOST_TEST(store.attempts(id)->at(0).outcome == "timeout");
    BOOST_TEST(store.attempts(id)->at(0).duration.count() >= 300);
}

BOOST_AUTO_TEST_CASE(a_huge_answer_with_a_good_status_is_a_success) {
    Peer app(answer(200, std::string(1u << 20, 'x')));
    add_destination("app", app.url());
    start();
    BOOST_TEST(reaches(add_event({"app"}).deliveries[0], DeliveryStatus::delivered, 1));
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed_by_the_whole_destination) {
    Peer app(
        [](const PeerRequest& r, PeerConnection& c) { c.send(r.number == 1 ? answer(503, "", "Retry-After: 600\r\n") : answer(200)); });
    add_destination("app", app.url());
    start();
    const auto first = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(reaches(first, DeliveryStatus::pending, 1));
    BOOST_TEST((wait_of(first) == 600s));
    BOOST_REQUIRE(state("app").throttled_until.has_value());
    BOOST_TEST((*state("app").throttled_until == clock.now() + 600s));
    const auto second = add_event({"app"}).deliveries[0];
    advance(599s);
    BOOST_TEST(!app.wait_for_requests(2, 50ms));
    advance(1s);
    BOOST_TEST(reaches(first, DeliveryStatus::delivered, 2));
    BOOST_TEST(reaches(second, DeliveryStatus::delivered, 1));
    BOOST_TEST(!state("app").throttled_until.has_value());
}

BOOST_AUTO_TEST_CASE(throttling_doubles_its_wait_and_then_tries_one_at_a_time) {
    Peer app(answer(429));
    auto& d = add_destination("app", app.url());
    d.retry = std::vector<Millis>(20, 1ms);
    d.concurrency = 4;
    start();
    std::vector<Uuid> ids;
    for (int i = 0; i < 8; ++i) ids.push_back(add_event({"app"}).deliveries[0]);
    BOOST_REQUIRE(store.wait_until([&] { return app.count() >= 1 && state("app").in_flight == 0 && state("app").throttled_until; }));
    const size_t burst = app.count();
    BOOST_TEST(burst <= 4u);
    BOOST_TEST((*state("app").throttled_until - clock.now() == 1s)); // four answers, one reason
    for (const Millis expected : {2s, 4s, 8s}) {
        const size_t before = app.count();
        advance(*state("app").throttled_until - clock.now());
        BOOST_REQUIRE(app.wait_for_requests(before + 1));
        BOOST_REQUIRE(store.wait_until([&] { return state("app").throttled_until.value_or(clock.now()) - clock.now() == expected; }));
        BOOST_TEST(app.count() == before + 1);
    }
    app.set_script([](const PeerRequest&, PeerConnection& c) { c.send(answer(200)); });
    advance(8s);
    for (const auto& id : ids) BOOST_TEST(store.wait_until([&] { return store.delivery(id).status == DeliveryStatus::delivered; }));
}

BOOST_AUTO_TEST_CASE(gone_disables_the_destination_until_it_is_enabled) {
    Peer app(answer(410));
    Peer other(answer(200));
    add_destination("app", app.url());
    add_destination("other", other.url());
    start();
    const auto first = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(reaches(first, DeliveryStatus::pending, 1));
    BOOST_TEST(state("app").disabled);
    BOOST_TEST(state("app").reason == "it answered 410 Gone");
    BOOST_TEST(logged().find("410 Gone and is disabled") != std::string::npos);
    store.settle();
    BOOST_TEST(store.state("destination:app")->size() == 1u);
    const auto second = add_event({"app", "other"}).deliveries;
    BOOST_TEST(reaches(second[1], DeliveryStatus::delivered, 1));
    advance(24h);
    BOOST_TEST(!app.wait_for_requests(2, 50ms));

    end(); // still disabled after a restart
    start();
    BOOST_TEST(state("app").disabled);
    advance(24h);
    BOOST_TEST(!app.wait_for_requests(2, 50ms));

    app.set_script([](const PeerRequest&, PeerConnection& c) { c.send(answer(200)); });
    BOOST_TEST(deliverer->set_disabled("app", false).ok());
    BOOST_TEST(reaches(first, DeliveryStatus::delivered, 2));
    BOOST_TEST(reaches(second[0], DeliveryStatus::delivered, 1));
    BOOST_TEST(store.state("destination:app")->empty());
    BOOST_TEST(!deliverer->set_disabled("nobody", false).ok());
    BOOST_TEST(!deliverer->set_paused("nobody", true).ok());
}

BOOST_AUTO_TEST_CASE(a_paused_destination_waits_across_a_restart) {
    Peer app(answer(200));
    add_destination("app", app.url());
    start();
    BOOST_TEST(deliverer->set_paused("app", true).ok());
    const auto id = add_event({"app"}).deliveries[0];
    BOOST_TEST(!app.wait_for_requests(1, 50ms));
    end();
    start();
    BOOST_TEST(state("app").paused);
    BOOST_TEST(!app.wait_for_requests(1, 50ms));
    BOOST_TEST(deliverer->set_paused("app", false).ok());
    BOOST_TEST(reaches(id, DeliveryStatus::delivered, 1));
}

BOOST_AUTO_TEST_CASE(a_slow_destination_does_not_hold_a_fast_one_up) {
    Peer slow([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    Peer fast(answer(200));
    add_destination("slow", slow.url()).concurrency = 2;
    add_destination("fast", fast.url()).concurrency = 4;
    start();
    std::vector<Uuid> quick;
    for (int i = 0; i < 60; ++i) quick.push_back(add_event({"slow", "fast"}).deliveries[1]);
    for (const auto& id : quick) BOOST_REQUIRE(reaches(id, DeliveryStatus::delivered, 1));
    BOOST_TEST(slow.connections() == 2u);
    BOOST_TEST(slow.most_at_once() == 2u);
    BOOST_TEST(fast.most_at_once() <= 4u);
    BOOST_TEST(state("slow").in_flight == 2u);
}

BOOST_AUTO_TEST_CASE(ordering_by_key_is_one_at_a_time_in_log_order) {
    Peer app(answer(200));
    add_destination("app", app.url()).ordering = config::Ordering::key;
    std::map<std::string, std::string> sent;
    std::mutex mutex;
    std::map<std::string, int> now_running;
    bool overlap = false;
    std::map<std::string, std::vector<std::string>> seen;
    app.set_script([&](const PeerRequest& r, PeerConnection& c) {
        const std::string key = r.body.substr(0, 1);
        {
            const std::lock_guard lock(mutex);
            overlap |= ++now_running[key] > 1;
            seen[key].push_back(r.body);
        }
        c.gone(2ms); // long enough to overlap if it could
        {
            const std::lock_guard lock(mutex);
            --now_running[key];
        }
        c.send(answer(200));
    });
    std::vector<Uuid> ids;
    for (int i = 0; i < 10; ++i)
        for (const char* key : {"a", "b", "c"}) ids.push_back(add_event({"app"}, key, std::string(key) + std::to_string(i)).deliveries[0]);
    start();
    for (const auto& id : ids) BOOST_REQUIRE(reaches(id, DeliveryStatus::delivered, 1));
    BOOST_TEST(!overlap);
    for (const char* key : {"a", "b", "c"}) {
        BOOST_REQUIRE(seen[key].size() == 10u);
        BOOST_TEST(std::is_sorted(seen[key].begin(), seen[key].end()), key);
    }
    BOOST_TEST(app.most_at_once() > 1u);
}

BOOST_AUTO_TEST_CASE(a_failing_head_blocks_its_key_only_also_after_a_restart) {
    Peer app([](const PeerRequest& r, PeerConnection& c) { c.send(answer(r.body == "a1" ? 500 : 200)); });
    add_destination("app", app.url()).ordering = config::Ordering::key;
    start();
    const auto a1 = add_event({"app"}, "a", "a1").deliveries[0];
    BOOST_REQUIRE(reaches(a1, DeliveryStatus::pending, 1));
    const auto a2 = add_event({"app"}, "a", "a2").deliveries[0];
    const auto b1 = add_event({"app"}, "b", "b1").deliveries[0];
    const auto free = add_event({"app"}, "", "free").deliveries[0];
    BOOST_TEST(reaches(b1, DeliveryStatus::delivered, 1));
    BOOST_TEST(reaches(free, DeliveryStatus::delivered, 1));
    end();
    start();
    const auto b2 = add_event({"app"}, "b", "b2").deliveries[0];
    BOOST_TEST(reaches(b2, DeliveryStatus::delivered, 1));
    BOOST_TEST(store.delivery(a2).attempts == 0);
    app.set_script([](const PeerRequest&, PeerConnection& c) { c.send(answer(200)); });
    advance(6s);
    BOOST_TEST(reaches(a1, DeliveryStatus::delivered, 2));
    BOOST_TEST(reaches(a2, DeliveryStatus::delivered, 1));
}

BOOST_AUTO_TEST_CASE(a_dead_head_lets_the_next_one_go) {
    Peer app([](const PeerRequest& r, PeerConnection& c) { c.send(answer(r.body == "a1" ? 500 : 200)); });
    auto& d = add_destination("app", app.url());
    d.ordering = config::Ordering::key;
    d.retry = {};
    start();
    const auto a1 = add_event({"app"}, "a", "a1").deliveries[0];
    const auto a2 = add_event({"app"}, "a", "a2").deliveries[0];
    BOOST_TEST(reaches(a1, DeliveryStatus::dead, 1));
    BOOST_TEST(reaches(a2, DeliveryStatus::delivered, 1));
}

BOOST_AUTO_TEST_CASE(what_is_pending_is_delivered_after_a_restart) {
    Peer app(answer(500));
    add_destination("app", app.url());
    start();
    const auto id = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(reaches(id, DeliveryStatus::pending, 1));
    end();
    const auto meanwhile = add_event({"app"}).deliveries[0];
    app.set_script([](const PeerRequest&, PeerConnection& c) { c.send(answer(200)); });
    start();
    BOOST_TEST(reaches(meanwhile, DeliveryStatus::delivered, 1));
    BOOST_TEST(store.delivery(id).attempts == 1);
    advance(6s);
    BOOST_TEST(reaches(id, DeliveryStatus::delivered, 2));
}

BOOST_AUTO_TEST_CASE(a_crash_between_success_and_record_delivers_again_with_the_same_id) {
    Peer app([&](const PeerRequest& r, PeerConnection& c) {
        if (r.number == 1) store.fail_commits(true); // the record of this attempt will not reach the disk
        c.send(answer(200));
    });
    add_destination("app", app.url());
    start();
    const auto added = add_event({"app"});
    BOOST_REQUIRE(store.wait_until([&] { return logged().find("cannot record an attempt") != std::string::npos; }));
    end();
    store.fail_commits(false);
    BOOST_TEST((store.delivery(added.deliveries[0]).status == DeliveryStatus::pending));
    start();
    BOOST_REQUIRE(reaches(added.deliveries[0], DeliveryStatus::delivered, 1));
    BOOST_REQUIRE(app.count() == 2u);
    BOOST_TEST(app.requests()[0].field("webhook-id") == added.event.text());
    BOOST_TEST(app.requests()[1].field("webhook-id") == added.event.text());
}

BOOST_AUTO_TEST_CASE(while_the_store_does_not_record_nothing_is_attempted_twice) {
    Peer app(answer(200));
    add_destination("app", app.url());
    start();
    BOOST_REQUIRE(deliverer->set_paused("app", true).ok());
    const auto id = add_event({"app"}).deliveries[0];
    store.fail_commits(true);
    BOOST_TEST(!deliverer->set_paused("app", false).ok()); // done, but not kept
    BOOST_REQUIRE(app.wait_for_requests(1));
    BOOST_REQUIRE(store.wait_until([&] { return logged().find("cannot record an attempt") != std::string::npos; }));
    advance(24h);
    BOOST_TEST(!app.wait_for_requests(2, 100ms));
    BOOST_TEST(store.delivery(id).attempts == 0);
    BOOST_TEST(state("app").in_flight == 1u);
    store.fail_commits(false);
    BOOST_TEST(reaches(id, DeliveryStatus::delivered, 1));
    BOOST_TEST(app.count() == 1u);
    BOOST_TEST(store.wait_until([&] { return store.state("destination:app")->empty(); })); // and the pause is taken back on disk
}

BOOST_AUTO_TEST_CASE(an_attempt_whose_delivery_was_removed_is_let_go) {
    Peer app([](const PeerRequest&, PeerConnection& c) {
        c.gone(50ms);
        c.send(answer(200));
    });
    add_destination("app", app.url()).concurrency = 1;
    start();
    const auto lost = add_event({"app"});
    BOOST_REQUIRE(app.wait_for_requests(1));
    store.forget(lost.event);
    const auto next = add_event({"app"}).deliveries[0];
    BOOST_TEST(reaches(next, DeliveryStatus::delivered, 1));
    BOOST_TEST(store.wait_until([&] { return state("app").in_flight == 0; }));
}

BOOST_AUTO_TEST_CASE(reads_that_fail_are_tried_again) {
    Peer app(answer(200));
    add_destination("app", app.url());
    start();
    store.fail_reads(true);
    const auto id = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(store.wait_until([&] { return logged().find("cannot read what is due") != std::string::npos; }));
    store.fail_reads(false);
    advance(1s);
    BOOST_TEST(reaches(id, DeliveryStatus::delivered, 1));
}

BOOST_AUTO_TEST_CASE(a_bad_secret_stops_its_destination_only) {
    Peer app(answer(200));
    Peer good(answer(200));
    auto& d = add_destination("app", app.url());
    d.secrets.clear();
    d.secrets.emplace_back("whsec_???");
    add_destination("good", good.url());
    start();
    const auto ids = add_event({"app", "good"}).deliveries;
    BOOST_TEST(reaches(ids[1], DeliveryStatus::delivered, 1));
    BOOST_TEST(app.connections() == 0u);
    BOOST_TEST(store.delivery(ids[0]).attempts == 0);
    BOOST_TEST(state("app").reason.find("secret 1") != std::string::npos);
    BOOST_TEST(logged().find("???") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_new_config_is_taken_over_while_running) {
    Peer old_app(answer(500));
    Peer new_app(answer(200));
    add_destination("app", old_app.url());
    add_destination("leaving", old_app.url());
    start();
    const auto ids = add_event({"app", "leaving"}).deliveries;
    BOOST_REQUIRE(reaches(ids[0], DeliveryStatus::pending, 1));
    BOOST_REQUIRE(reaches(ids[1], DeliveryStatus::pending, 1));
    config = std::make_shared<config::Config>();
    add_destination("app", new_app.url());
    deliverer->configure(config);
    BOOST_TEST(deliverer->destinations().size() == 1u);
    BOOST_REQUIRE(store.wait_until([&] { return state("app").url == new_app.url(); })); // the scheduler has it
    advance(6s);
    BOOST_TEST(reaches(ids[0], DeliveryStatus::delivered, 2));
    BOOST_TEST(new_app.count() == 1u);
    BOOST_TEST(old_app.count() == 2u);
    BOOST_TEST((store.delivery(ids[1]).status == DeliveryStatus::pending));
}

BOOST_AUTO_TEST_CASE(user_info_is_not_shown) {
    add_destination("app", "https://user:hunter2@example.com/a@b");
    start();
    BOOST_REQUIRE(store.wait_until([&] { return !state("app").url.empty(); }));
    BOOST_TEST(state("app").url == "https://example.com/a@b");
    BOOST_TEST(state("app").reason.find("hunter2") == std::string::npos);
    BOOST_TEST(logged().find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(stop_waits_for_what_is_under_way_and_no_longer_than_asked) {
    Peer app([](const PeerRequest& r, PeerConnection& c) {
        if (r.body == "hang") return c.hang();
        c.gone(100ms);
        c.send(answer(200));
    });
    add_destination("app", app.url()).timeout = 60s;
    start();
    const auto ending = add_event({"app"}).deliveries[0];
    BOOST_REQUIRE(app.wait_for_requests(1));
    deliverer->stop(60s);
    BOOST_TEST((store.delivery(ending).status == DeliveryStatus::delivered));
    end();
    start();
    const auto hanging = add_event({"app"}, "", "hang").deliveries[0];
    BOOST_REQUIRE(app.wait_for_requests(2));
    const auto begun = Steady::now();
    deliverer->stop(200ms);
    BOOST_TEST((Steady::now() - begun < 20s)); // not as long as the request may take
    BOOST_TEST((store.delivery(hanging).status == DeliveryStatus::pending));
    BOOST_TEST(store.delivery(hanging).attempts == 0);
}

BOOST_AUTO_TEST_CASE(thousands_in_a_row_through_a_few_connections) {
    Peer app(answer(200));
    app.forget_bodies();
    add_destination("app", app.url()).concurrency = 8;
    std::vector<Uuid> ids;
    for (int i = 0; i < 2000; ++i) ids.push_back(add_event({"app"}).deliveries[0]);
    start();
    BOOST_TEST(store.wait_until([&] { return store.counts()->deliveries_pending == 0; }, 30s));
    BOOST_TEST(app.count() == 2000u);
    BOOST_TEST(app.connections() <= 8u);
}

BOOST_AUTO_TEST_SUITE_END()
