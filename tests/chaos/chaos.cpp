// A month of all providers at once, with crashes of the core and faults of the providers at random: no subscription lapses, none is
// doubled, and every event that was produced is delivered, or listed as unrecoverable with its reason.
//
// Short form: six days, one seed. GATEHOUSE_LONG_TESTS=1: a month, three seeds. GATEHOUSE_SEED and GATEHOUSE_DAYS choose; the seed and how
// to run it again are printed first.
#include <random>

#include "tests/chaos/truth.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

using json = nlohmann::json;

class Month {
public:
    explicit Month(uint64_t seed) : life_(options(seed)), random_(seed) {}

    void run(int days) {
        life_.start();
        for (const auto& p : profiles()) subscribe(life_, p);
        life_.advance(20min); // Basiq's cool-off
        while (life_.ahead() < 24h * days) {
            look();
            happen();
            if (chance(30)) die();
            // Senders that try again after seconds do so before the hours pass.
            for (int i = between(0, 3); i > 0; --i) {
                settle(300ms);
                life_.advance(25s);
            }
            settle(chance(70) ? 2000ms : 50ms);
            life_.advance(std::chrono::minutes(between(6 * 60, 14 * 60)));
        }
        finish();
    }

private:
    static Life::Options options(uint64_t seed) {
        Life::Options o;
        for (const auto& p : profiles()) o.providers.push_back(p.name);
        o.settings = {{"basiq", {{"cool_off", 900}}}};
        o.seed = seed;
        o.edit = [](std::string& yaml) {
            Life::replace(yaml, "\"coalesce\":\"1s\"", "\"coalesce\":\"100ms\"");
            for (const auto& p : profiles())
                if (p.recovers) Life::replace(yaml, "    plugin: " + p.name + "\n", "    plugin: " + p.name + "\n    recover: auto\n");
        };
        return o;
    }

    int between(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }
    bool chance(int percent) { return between(1, 100) <= percent; }

    /// Events of every provider, some of them twice; some providers misbehave meanwhile.
    void happen() {
        for (const auto& p : profiles()) {
            if (chance(35)) misbehave(p);
            if (!p.expire_tokens.empty() && chance(20)) life_.command(p.name, p.expire_tokens);
            for (int kinds = between(0, 2); kinds > 0; --kinds) {
                const auto& type = p.types[static_cast<size_t>(between(0, static_cast<int>(p.types.size()) - 1))];
                truth_.produce(life_, p, type, between(1, 3), chance(20) ? p.twice : "");
            }
        }
    }
    void misbehave(const Profile& p) {
        const json faults[] = {{{"mode", "latency"}, {"milliseconds", between(50, 800)}, {"count", between(1, 5)}},
                               {{"mode", "late"}, {"milliseconds", between(50, 800)}, {"count", between(1, 5)}},
                               {{"mode", "rate-limit"}, {"retry_after", 1}, {"count", between(1, 3)}},
                               {{"mode", "rate-limit"}, {"count", between(1, 3)}},
                               {{"mode", "errors"}, {"count", between(1, 6)}},
                               {{"mode", "hang"}, {"milliseconds", between(200, 1500)}, {"count", between(1, 2)}},
                               {{"mode", "cut"}, {"count", between(1, 3)}}};
        const auto& fault = faults[static_cast<size_t>(between(0, 6))];
        // What the last one left does not pile up: an API that fails for days makes dead letters of what has to be read back.
        life_.command(p.name, "faults", {{"mode", "clear"}});
        faults_ += p.name + " " + fault.dump() + "; ";
        life_.command(p.name, "faults", fault);
    }
    /// kill -9 at any instant, and the next start at once, or hours later; what happens in between meets nobody.
    void die() {
        std::this_thread::sleep_for(std::chrono::milliseconds(between(0, 300)));
        life_.kill();
        ++kills_;
        if (chance(50)) {
            happen();
            life_.advance(std::chrono::minutes(between(1, 12 * 60)));
            ++outages_;
        }
        life_.start();
    }
    /// True when no provider has anything more to send just now.
    bool settle(std::chrono::milliseconds limit) {
        return eventually(
            [&] { return std::all_of(profiles().begin(), profiles().end(), [&](const auto& p) { return under_way(life_, p.name) == 0; }); },
            limit);
    }
    /// What the server does by the calendar it does within moments; a subscription that is wanted is always there.
    void look() {
        for (const auto& p : profiles()) {
            std::optional<int> alive;
            const bool one = eventually([&] { return (alive = living(life_, p.name)) == 1; }, 60s);
            BOOST_REQUIRE_MESSAGE(life_.gateway().child().running(), "the server ended by itself: " << life_.gateway().log());
            BOOST_REQUIRE_MESSAGE(one, p.name << " after " << life_.ahead().count() / 3'600'000 << " h: " << alive.value_or(0)
                                              << " live subscriptions, wanted is one: "
                                              << life_.command(p.name, "state").dump().substr(0, 3000) << faults_ << "\n"
                                              << life_.gateway().log());
        }
    }

    void finish() {
        for (const auto& p : profiles()) life_.command(p.name, "faults", {{"mode", "clear"}});
        // The providers' longest waits and the gateway's own pass in hours; the moves bring them on.
        const std::chrono::seconds waits[] = {25s, 25s, 25s, 10min, 1h, 3h, 6h, 11h, 11h, 11h, 11h};
        for (const auto wait : waits) {
            look();
            settle(2s);
            life_.advance(wait);
        }
        BOOST_TEST_MESSAGE(truth_.all().size() << " events, " << kills_ << " kills, " << outages_ << " outages");
        for (const auto& p : profiles()) account(p);
    }

    /// Every event of the provider: delivered, recovered, or named as lost.
    void account(const Profile& p) {
        BOOST_TEST_CONTEXT(p.name) {
            const std::string since = to_rfc3339(std::chrono::time_point_cast<Millis>(began_));
            const json said = recover(p, since);
            std::vector<const Truth::Produced*> missing;
            eventually([&] { return (missing = truth_.missing(life_, p.name)).empty(); }, 6s);
            const size_t at_first = missing.size();
            std::vector<std::string> reasons;
            if (p.recovers)
                for (const auto& lost : said["unrecoverable"])
                    reasons.push_back(lost["what"].get<std::string>() + ": " + lost["reason"].get<std::string>());
            if (p.name == "axway") {
                // Named one by one, by time and type.
                const auto named = std::count_if(reasons.begin(), reasons.end(),
                                                 [](const auto& r) { return r.find(" for subscription ") != std::string::npos; });
                BOOST_TEST(static_cast<size_t>(named) >= missing.size(), named << " named of " << missing.size() << ": " << said.dump());
                missing.clear();
            }
            if (p.name == "twin-ledger") {
                // What histories do not hold is named by its kind.
                std::erase_if(
                    missing, [&](const auto* m) { return m->type == "sticker.removed" && named(reasons, "removed and expired stickers"); });
            }
            if (p.sends_again) {
                // SNS gives up after a minute: what then lies in the provider's queue comes again when its owner sends it again. By then it
                // is older than the setting window allows.
                widen(p);
                life_.command(p.name, "redrive");
                eventually([&] { return (missing = truth_.missing(life_, p.name)).empty(); }, 60s);
            }
            // The dead letters of fetch-backs tell their reason, and the operator can replay them.
            std::erase_if(missing, [&](const auto* m) { return truth_.dead_with_reason(life_, *m); });
            std::string all;
            for (const auto* m : missing) all += Truth::story(life_, *m);
            BOOST_TEST(missing.empty(), "neither delivered nor listed:\n"
                                            << all << said.dump() << "\n"
                                            << faults_ << "\n"
                                            << Truth::log_of(life_, p.name));
            if (p.recovers) BOOST_TEST(recover(p, since)["stored"] == 0);
            BOOST_TEST_MESSAGE(p.name << ": " << truth_.count(p.name) << " events, " << at_first << " not delivered at first, "
                                      << reasons.size() << " reasons");
        }
    }
    void widen(const Profile& p) {
        const auto file = life_.gateway().dir() / "gatehouse.yaml";
        std::string yaml = read_file(file);
        const size_t source = yaml.find("\n  " + p.name + ":\n"), settings = yaml.find("settings: {", source);
        yaml.insert(settings + 11, "\"window\":\"365d\",");
        write_file(file, yaml);
        const size_t before = life_.gateway().log().size();
        life_.gateway().child().signal(SIGHUP);
        const bool reloaded = eventually([&] { return !life_.gateway().line_with(before, "\"reloaded\"").empty(); }, 60s);
        BOOST_REQUIRE_MESSAGE(reloaded, life_.gateway().log());
    }
    static bool named(const std::vector<std::string>& reasons, const std::string& words) {
        return std::any_of(reasons.begin(), reasons.end(), [&](const auto& r) { return r.find(words) != std::string::npos; });
    }
    json recover(const Profile& p, const std::string& since) {
        // One that the start began may still be under way.
        std::string text;
        const bool done = eventually(
            [&] {
                const auto [code, said] = life_.gateway().operate({"--json", "recover", "--source", p.name, "--since", since});
                text = said;
                return p.recovers ? code == 0 : true;
            },
            60s);
        BOOST_REQUIRE_MESSAGE(done, text << faults_ << life_.gateway().log());
        if (p.recovers) return json::parse(text.substr(text.find('{')));
        // Said plainly.
        BOOST_TEST(text.find("cannot recover missed events") != std::string::npos, text);
        return text;
    }

    const std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
    Life life_;
    std::mt19937_64 random_;
    Truth truth_;
    std::string faults_;
    int kills_ = 0, outages_ = 0;
};

int number(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text ? std::atoi(text) : otherwise;
}

} // namespace

BOOST_AUTO_TEST_CASE(nothing_lapses_nothing_is_doubled_and_nothing_is_lost_without_a_word) {
    const bool whole = std::getenv("GATEHOUSE_LONG_TESTS") != nullptr;
    const int first = number("GATEHOUSE_SEED", 1), seeds = whole && !std::getenv("GATEHOUSE_SEED") ? 3 : 1;
    for (int seed = first; seed < first + seeds; ++seed) {
        const int days = number("GATEHOUSE_DAYS", whole ? 30 : 6);
        const std::string again = "GATEHOUSE_SEED=" + std::to_string(seed) + " GATEHOUSE_DAYS=" + std::to_string(days);
        BOOST_TEST_MESSAGE(again);
        BOOST_TEST_CONTEXT(again) {
            Month(static_cast<uint64_t>(seed)).run(days);
        }
    }
}
