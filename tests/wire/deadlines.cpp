// The timer wheel against a plain list of times.
#include "core/http/deadlines.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <memory>
#include <random>
#include <vector>

using gh::Millis;
using gh::http::Deadlines;

BOOST_AUTO_TEST_SUITE(deadlines)

BOOST_AUTO_TEST_CASE(nothing_fires_early_and_nothing_later_than_a_tick) {
    const gh::Steady::time_point start{};
    Deadlines wheel(start);
    std::vector<std::unique_ptr<Deadlines::Entry>> entries;
    std::map<Deadlines::Entry*, Millis> expected;
    for (int i = 0; i < 200; ++i) entries.push_back(std::make_unique<Deadlines::Entry>());
    std::mt19937 random(7);
    Millis now{0};
    size_t fired = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto* entry = entries[random() % entries.size()].get();
        if (random() % 5 == 0) {
            wheel.cancel(*entry);
            expected.erase(entry);
        } else {
            // Up to well beyond one turn of the wheel.
            const Millis when = now + Millis(random() % (random() % 10 == 0 ? 200'000 : 500));
            wheel.set(*entry, start + when);
            expected[entry] = when;
        }
        now += Millis(random() % (random() % 1000 == 0 ? 100'000 : 30));
        wheel.expire(start + now, [&](Deadlines::Entry& e) {
            const auto it = expected.find(&e);
            BOOST_REQUIRE(it != expected.end());
            BOOST_REQUIRE((it->second <= now));
            expected.erase(it);
            ++fired;
        });
        for (const auto& [e, when] : expected) BOOST_REQUIRE((when > now - 2 * Deadlines::k_tick));
    }
    BOOST_TEST(fired > 5000u);
    for (auto& e : entries) wheel.cancel(*e);
    BOOST_TEST(wheel.timeout(start + now) == -1);
}

BOOST_AUTO_TEST_CASE(the_timeout_leads_to_the_next_deadline) {
    const gh::Steady::time_point start{};
    Deadlines wheel(start);
    Deadlines::Entry near, far;
    BOOST_TEST(wheel.timeout(start) == -1);
    wheel.set(far, start + Millis(70'000));
    wheel.set(near, start + Millis(995));
    const int wait = wheel.timeout(start);
    BOOST_TEST(wait >= 995);
    BOOST_TEST(wait <= 1010);
    wheel.set(near, start + Millis(300));
    BOOST_TEST(wheel.timeout(start) <= 310);
    wheel.cancel(near);
    BOOST_TEST(wheel.timeout(start) >= 70'000);
    wheel.cancel(far);
}

BOOST_AUTO_TEST_CASE(one_that_fires_may_cancel_and_set_others) {
    const gh::Steady::time_point start{};
    Deadlines wheel(start);
    Deadlines::Entry a, b, c;
    for (auto* e : {&a, &b, &c}) wheel.set(*e, start + Millis(20));
    int fired = 0;
    wheel.expire(start + Millis(100), [&](Deadlines::Entry& e) {
        ++fired;
        for (auto* other : {&a, &b, &c}) wheel.cancel(*other);
        wheel.set(e, start + Millis(200));
    });
    BOOST_TEST(fired == 1);
    wheel.expire(start + Millis(300), [&](Deadlines::Entry&) { ++fired; });
    BOOST_TEST(fired == 2);
}

BOOST_AUTO_TEST_SUITE_END()
