// Weeks of each provider's life against a real server: what expires is renewed in time, secrets change without a refusal, cool-offs pass,
// and everything that the provider produced is delivered. GATEHOUSE_LONG_TESTS=1: eight weeks instead of eleven days. GATEHOUSE_SEED:
// another one.
#include <random>

#include "tests/chaos/truth.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;

uint64_t seed() {
    const char* text = std::getenv("GATEHOUSE_SEED");
    return text ? std::strtoull(text, nullptr, 10) : 1;
}

/// One provider and the gateway through the weeks.
class Weeks {
public:
    Weeks(const Profile& p, Life::Options options) : p_(p), life_(options), random_(options.seed) { life_.start(); }

    void subscribe() { test::subscribe(life_, p_); }
    void run(std::chrono::hours all) {
        for (std::chrono::milliseconds gone{0}; gone < all;) {
            const auto hop = std::chrono::minutes(std::uniform_int_distribution<int>(6 * 60, 18 * 60)(random_));
            // Nothing may be under way while the clock moves: a signature would age by hours in between.
            settle();
            life_.advance(hop);
            gone += hop;
            look();
            happen();
        }
        settle();
    }
    /// Everything that the provider still has to do and all that the gateway has to deliver.
    void settle() {
        const bool settled = eventually([&] { return under_way(life_, p_.name) == 0 && truth_.missing(life_, p_.name).empty(); }, 90s);
        if (settled) return;
        std::string what;
        for (const auto* m : truth_.missing(life_, p_.name)) what += Truth::story(life_, *m);
        BOOST_FAIL("not delivered: " << what << life_.gateway().log());
    }
    /// The server has done what the calendar asks of it, and the subscription lives.
    void look() {
        const auto due = [&] {
            const json found = life_.api("/api/v1/subscriptions?source=" + p_.name);
            const std::string now = rfc3339(life_.now());
            for (const auto& s : found["items"])
                if (s["next_at"].is_string() && s["next_at"].get<std::string>() <= now) return true;
            return false;
        };
        const bool done = eventually([&] { return !due(); }, 60s);
        BOOST_REQUIRE_MESSAGE(done, life_.subscriptions(p_.name).dump() << life_.gateway().log());
        const auto alive = living(life_, p_.name);
        BOOST_REQUIRE_MESSAGE(alive == 1, "after " << life_.ahead().count() / 3'600'000 << " h: " << (alive ? *alive : 0)
                                                   << " subscriptions " << life_.command(p_.name, "state").dump() << life_.gateway().log());
    }
    void happen() {
        const int kinds = std::uniform_int_distribution<int>(0, 2)(random_);
        for (int i = 0; i < kinds; ++i) {
            const auto& type = p_.types[std::uniform_int_distribution<size_t>(0, p_.types.size() - 1)(random_)];
            const bool twice = random_() % 5 == 0;
            truth_.produce(life_, p_, type, static_cast<int>(random_() % 3) + 1, twice ? p_.twice : "");
        }
    }
    void check() {
        BOOST_TEST(truth_.count(p_.name) > 10u);
        for (const auto& e : truth_.all()) BOOST_TEST(!e.message.empty(), e.type << ": nobody was subscribed");
        // SNS sends the credentials of its address only when it was asked for them.
        for (const auto& refused : life_.api("/api/v1/quarantine")["items"])
            BOOST_TEST(refused["reason"] == "credentials_missing", refused.dump());
        BOOST_TEST(life_.gateway().log().find("expires soon") == std::string::npos);
        BOOST_TEST_MESSAGE(p_.name << ": " << truth_.count(p_.name) << " notifications in " << life_.ahead().count() / 86'400'000
                                   << " days, " << life_.receiver().count() << " deliveries");
    }
    Life& life() { return life_; }
    Truth& truth() { return truth_; }

    static std::string rfc3339(std::chrono::system_clock::time_point t) { return to_rfc3339(std::chrono::time_point_cast<Millis>(t)); }

private:
    const Profile& p_;
    Life life_;
    std::mt19937_64 random_;
    Truth truth_;
};

const Profile& profile(const std::string& name) {
    return *std::find_if(profiles().begin(), profiles().end(), [&](const auto& p) { return p.name == name; });
}

std::chrono::hours length() {
    return std::getenv("GATEHOUSE_LONG_TESTS") ? 24h * 56 : 24h * 11;
}

Life::Options options(const std::string& provider, json settings = json::object()) {
    Life::Options o;
    o.providers = {provider};
    o.seed = seed();
    if (provider == "wicket") o.edit = [](std::string& yaml) { Life::replace(yaml, "\"coalesce\":\"1s\"", "\"coalesce\":\"100ms\""); };
    if (!settings.empty()) o.settings[provider] = std::move(settings);
    return o;
}

void weeks_of(const std::string& provider) {
    Weeks w(profile(provider), options(provider));
    w.subscribe();
    w.run(length());
    w.check();
}

} // namespace

BOOST_AUTO_TEST_CASE(axway) {
    weeks_of("axway");
}
BOOST_AUTO_TEST_CASE(ivvy) {
    weeks_of("ivvy");
}
BOOST_AUTO_TEST_CASE(wicket) {
    weeks_of("wicket");
}

BOOST_AUTO_TEST_CASE(basiq) {
    // Up to 15 minutes pass before messages flow (api.basiq.io/docs/webhooks).
    Weeks w(profile("basiq"), options("basiq", {{"cool_off", 900}}));
    w.subscribe();
    const bool cooling = eventually([&] { return w.life().has_state("basiq", "cooling"); }, 60s);
    BOOST_REQUIRE_MESSAGE(cooling, w.life().gateway().log());
    BOOST_TEST(w.life().send("basiq", "user.created").empty());
    // Not a fault, and over when its time has passed.
    BOOST_TEST(w.life().gateway().log().find("\"level\":\"error\"") == std::string::npos);
    w.life().advance(16min);
    BOOST_TEST(eventually([&] { return w.life().has_state("basiq", "active"); }, 60s));
    // What happened meanwhile had no message: it stands in the list of events.
    const std::string recovered = w.life().operate({"recover", "--source", "basiq", "--since", "1h"});
    BOOST_TEST(recovered.find("1 stored") != std::string::npos, recovered);
    w.run(length());
    w.check();
}

BOOST_AUTO_TEST_CASE(twin_ledger) {
    Weeks w(profile("twin-ledger"), options("twin-ledger"));
    w.subscribe();
    w.run(length());
    w.check();
    // Seven days is the longest life there is: each renewal came with a new server secret.
    const std::string log = w.life().gateway().log();
    size_t renewals = 0;
    for (size_t at = log.find("\"step\":\"renew\""); at != std::string::npos; at = log.find("\"step\":\"renew\"", at + 1)) ++renewals;
    BOOST_TEST(renewals >= static_cast<size_t>(length() / (24h * 6)));
    BOOST_TEST(renewals <= static_cast<size_t>(length() / (24h * 3)));
}
