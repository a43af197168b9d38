// Subscriptions that expire are renewed in time by the clock on the wall, whatever the machine's other clocks say: a laptop that slept, or
// a virtual machine that was moved, counts those days too.
#include "tests/support/life.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;
constexpr auto k_day = 24h;

double validity(Life& life) {
    return life.command("twin-ledger", "state")["subscriptions"].at(0)["validity_ts"];
}

} // namespace

BOOST_AUTO_TEST_CASE(renewed_at_two_thirds_of_its_life_though_only_the_wall_clock_moved) {
    Life::Options options;
    options.providers = {"twin-ledger"};
    Life life(options);
    life.start();
    const bool subscribed = eventually([&] { return life.has_state("twin-ledger", "active"); }, 60s);
    BOOST_REQUIRE_MESSAGE(subscribed, life.gateway().log());
    const double first = validity(life);
    const auto sent = life.send("twin-ledger", "ledger.entry.updated");
    BOOST_REQUIRE(eventually([&] { return life.delivered("twin-ledger", sent); }, 60s));

    life.advance(4 * k_day);
    BOOST_TEST(validity(life) == first);
    // Seven days are the life, so that four days and 16 hours are two thirds of it.
    life.advance(17h);
    const auto began = std::chrono::steady_clock::now();
    const bool renewed = eventually([&] { return validity(life) > first; }, 90s);
    BOOST_REQUIRE_MESSAGE(renewed, life.gateway().log());
    BOOST_TEST_MESSAGE("renewed after " << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() << " s");
    BOOST_TEST(validity(life) - first > 4 * 86'400.0);
    // The new server secret is in use, and nothing was refused meanwhile.
    const auto later = life.send("twin-ledger", "ledger.entry.updated");
    BOOST_REQUIRE(later.size() == 1u);
    const bool delivered = eventually([&] { return life.delivered("twin-ledger", later); }, 60s);
    BOOST_TEST(delivered, life.gateway().log());
    BOOST_TEST(life.api("/api/v1/quarantine")["items"].empty());
    BOOST_TEST(life.command("twin-ledger", "state")["subscriptions"].size() == 1u);
}
