// The gateway dies around the provider's answer to its subscribe call: afterwards exactly one subscription lives, and it works.
#include "tests/support/life.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;

struct Provider {
    std::string name;
    std::string path; ///< of its subscribe call
    std::string type; ///< of an event
    /// Each subscription of one kind at the provider: for iVvy one for each of its seven kinds of notification.
    std::function<std::map<std::string, int>(const json& state)> there;
    size_t kinds = 1;
};

const std::vector<Provider>& providers() {
    static const std::vector<Provider> k_all = {
        {"axway", "/streams/subscribers", "snapshot",
         [](const json& s) {
             std::map<std::string, int> out;
             for (const auto& one : s["subscriptions"]) ++out[one["topic"].get<std::string>()];
             return out;
         }},
        {"basiq", "/notifications", "user.created",
         [](const json& s) {
             std::map<std::string, int> out;
             for (const auto& one : s["webhooks"]) ++out[one["url"].get<std::string>()];
             return out;
         }},
        {"ivvy", "/api", "CompanyAdded",
         [](const json& s) {
             std::map<std::string, int> out;
             for (const auto& one : s["sns"]["subscriptions"])
                 if (one["state"] != "ended") ++out[one["topic_arn"].get<std::string>()];
             return out;
         },
         7},
        {"twin-ledger", "/notifications", "ledger.entry.updated",
         [](const json& s) {
             std::map<std::string, int> out;
             // An unconfirmed one gets nothing, and lapses by itself.
             for (const auto& one : s["subscriptions"])
                 if (one["confirmed"] == true) ++out[one["topic"].get<std::string>()];
             return out;
         }},
    };
    return k_all;
}

std::string shown(const std::map<std::string, int>& there) {
    std::string out;
    for (const auto& [what, count] : there) out += what + " " + std::to_string(count) + "; ";
    return out;
}

/// A gateway that has begun to subscribe, and was killed there. `fault`: what the provider does meanwhile.
struct Killed {
    Killed(const Provider& which, const char* fault, const std::function<bool(Killed&)>& there_yet) : p(which) {
        Life::Options options;
        options.providers = {p.name};
        options.edit = [](std::string& yaml) { Life::replace(yaml, "\"reconcile\":\"auto\"", "\"reconcile\":\"auto\",\"every\":\"1s\""); };
        life = std::make_unique<Life>(options);
        life->command(p.name, "faults", {{"mode", fault}, {"milliseconds", 2500}, {"path", p.path}});
        life->start();
        const bool begun = eventually([&] { return there_yet(*this); }, 60s);
        BOOST_REQUIRE_MESSAGE(begun, life->gateway().log());
        life->kill();
        // Nobody has heard of it: only the intent is on disk.
        BOOST_REQUIRE(life->gateway().log().find("\"result\":\"made ") == std::string::npos);
    }
    bool made() {
        const json state = life->command(p.name, "state");
        return p.name == "twin-ledger" ? state["subscriptions"].size() == 1 : p.there(state).size() == p.kinds;
    }
    std::map<std::string, int> there() { return p.there(life->command(p.name, "state")); }
    bool exactly_one() {
        const auto all = there();
        return all.size() == p.kinds && std::all_of(all.begin(), all.end(), [](const auto& one) { return one.second == 1; });
    }

    /// Basiq does not tell when a webhook was made, so that one whose answer was lost is not shown as cooling.
    bool good() { return life->has_state(p.name, "active") || life->has_state(p.name, "cooling"); }
    void works() {
        const auto sent = life->send(p.name, p.type);
        BOOST_REQUIRE(sent.size() == 1u);
        const bool delivered = eventually([&] { return life->delivered(p.name, sent); }, 60s);
        BOOST_REQUIRE_MESSAGE(delivered, sent.at(0) << "\n" << life->gateway().log());
    }

    /// From the start of the next gateway on.
    void check() {
        life->command(p.name, "faults", {{"mode", "clear"}});
        life->start();
        // Trusted Twin tells the secret in the lost answer alone: two minutes later the subscription is given up and made anew.
        if (p.name == "twin-ledger") life->advance(3min);
        const bool settled = eventually([&] { return good() && exactly_one(); }, 120s);
        BOOST_REQUIRE_MESSAGE(settled, shown(there()) << life->subscriptions(p.name).dump() << "\n" << life->gateway().log());
        works();
        // And so it stays.
        BOOST_TEST(life->operate({"subscriptions", "plan"}).find("would") == std::string::npos);
        BOOST_TEST(exactly_one(), shown(there()));
    }

    const Provider& p;
    std::unique_ptr<Life> life;
};

} // namespace

BOOST_AUTO_TEST_CASE(killed_between_the_providers_answer_and_our_commit) {
    for (const auto& p : providers()) BOOST_TEST_CONTEXT(p.name) {
            // It is made, and the answer is seconds away.
            Killed k(p, "late", [](Killed& now) { return now.made(); });
            k.check();
        }
}

BOOST_AUTO_TEST_CASE(killed_while_the_call_is_on_its_way_and_carried_out_after_our_next_start) {
    for (const auto& p : providers()) BOOST_TEST_CONTEXT(p.name) {
            const auto asked = std::chrono::steady_clock::now();
            Killed k(p, "latency", [&](Killed&) { return std::chrono::steady_clock::now() > asked + 1500ms; });
            k.check();
            BOOST_REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > asked + 5s; }));
            const bool one = eventually([&] { return k.exactly_one(); }, 60s);
            BOOST_REQUIRE_MESSAGE(one, shown(k.there()) << k.life->gateway().log());
            k.works();
        }
}

BOOST_AUTO_TEST_CASE(killed_between_the_answer_to_a_renewal_and_our_commit) {
    // The answer holds the new URLs and the new secret, which are told nowhere else until the next message: that one has the URLs, and a hash
    // that nobody here can check.
    Life::Options options;
    options.providers = {"twin-ledger"};
    options.edit = [](std::string& yaml) { Life::replace(yaml, "\"reconcile\":\"auto\"", "\"reconcile\":\"auto\",\"every\":\"1s\""); };
    Life life(options);
    life.start();
    const auto state = [&] { return life.command("twin-ledger", "state")["subscriptions"]; };
    const bool subscribed = eventually([&] { return life.has_state("twin-ledger", "active"); }, 60s);
    BOOST_REQUIRE_MESSAGE(subscribed, life.gateway().log());
    const double first = state().at(0)["validity_ts"];
    life.command("twin-ledger", "faults", {{"mode", "late"}, {"milliseconds", 5000}, {"path", "/notifications"}});
    life.advance(24h * 4 + 17h);
    const bool renewed = eventually([&] { return state().at(0)["validity_ts"] > first; }, 60s);
    BOOST_REQUIRE_MESSAGE(renewed, life.gateway().log());
    life.kill();
    BOOST_REQUIRE(life.gateway().log().find("\"step\":\"renew\"") == std::string::npos);
    life.command("twin-ledger", "faults", {{"mode", "clear"}});
    life.start();
    // Well before it would lapse there is one again whose messages can be verified.
    life.advance(10min);
    const bool works = eventually(
        [&] {
            const auto sent = life.send("twin-ledger", "ledger.entry.updated");
            return sent.size() == 1 && eventually([&] { return life.delivered("twin-ledger", sent); }, 3s);
        },
        120s);
    BOOST_REQUIRE_MESSAGE(works, state().dump() << life.operate({"subscriptions"}) << life.gateway().log());
    const bool one = eventually([&] { return state().size() == 1 && state().at(0)["confirmed"] == true; }, 60s);
    BOOST_TEST(one, state().dump());
    BOOST_TEST(life.operate({"subscriptions", "plan"}).find("would") == std::string::npos);
}
