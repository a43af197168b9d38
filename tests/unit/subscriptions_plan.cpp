// The reconciler's decisions as a table: wanted, recorded and listed in, steps and states out.
#include "core/subscriptions/plan.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::subscriptions;

namespace {

const Time k_now = *parse_rfc3339("2026-03-01T12:00:00Z");
constexpr const char* k_block = R"({"url":"https://us/","events":["a","b"]})";

Record record(const std::string& id, const std::string& facts = k_block, const std::string& state = "active") {
    Record r;
    r.id = id;
    r.state = state;
    r.facts = *plugin::Json::parse(facts);
    return r;
}

Owned owned(Record r, int age_hours = 1, int life_hours = 0) {
    Owned o{std::move(r), k_now - std::chrono::hours(age_hours), k_now - std::chrono::hours(age_hours), false, false};
    if (life_hours > 0) o.last.expires_at = o.renewed_at + std::chrono::hours(life_hours);
    return o;
}

Owned retiring(Record r) {
    auto o = owned(std::move(r));
    o.retiring = true;
    return o;
}

Situation situation() {
    Situation s;
    s.wanted = *plugin::Json::parse(k_block);
    s.addresses = {"url"};
    s.listed.emplace();
    s.can_remove = true;
    s.now = k_now;
    return s;
}

std::string told(const Plan& plan) {
    std::string out;
    for (const auto& step : plan.steps) {
        out += (out.empty() ? "" : ", ") + std::string(to_text(step.kind));
        if (!step.id.empty()) out += " " + step.id;
        if (!step.replaces.empty()) out += " for " + step.replaces;
        if (step.for_secret) out += " (secret)";
    }
    out += " |";
    for (const auto& line : plan.lines) out += " " + (line.record.id.empty() ? "-" : line.record.id) + ":" + line.state;
    return out;
}

struct Case {
    std::string name;
    std::function<void(Situation&)> arrange;
    std::string expected;
};

const char* const k_other = R"({"url":"https://them/","events":["a"]})";
const char* const k_drifted = R"({"url":"https://us/","events":["a"]})";
const char* const k_reordered = R"({"events":["b","a"],"url":"https://us/","name":"x"})";

} // namespace

BOOST_AUTO_TEST_CASE(decisions) {
    const std::vector<Case> cases = {
        {"nothing wanted, nothing there", [](Situation& s) { s.wanted.reset(); }, " |"},
        {"wanted and not there", [](Situation&) {}, "create | -:wanted"},
        {"there and right: the order of lists and further facts do not count",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_reordered)};
         },
         " | 1:active"},
        {"a foreign one is shown and not touched",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.listed = {record("1"), record("9", k_other)};
             s.prune = true;
         },
         " | 1:active 9:foreign"},
        {"foreign alone: ours is made beside it", [](Situation& s) { s.listed = {record("9", k_other)}; }, "create | -:wanted 9:foreign"},
        {"our callback address is ours: adopted", [](Situation& s) { s.listed = {record("1")}; }, "adopt 1 | 1:active"},
        {"the plugin says that it is ours",
         [](Situation& s) {
             auto r = record("1", R"({"events":["a","b"],"url":"https://us:443/"})");
             r.ours = true;
             s.listed = {r};
             s.can_update = true;
         },
         "adopt 1, update 1 | 1:drifted"},
        {"an unheard answer of a create is adopted",
         [](Situation& s) {
             s.intent = Intent{k_now, ""};
             s.listed = {record("1")};
         },
         "adopt 1 | 1:active"},
        {"an intent without anything there: made",
         [](Situation& s) {
             s.intent = Intent{k_now, ""};
         },
         "create | -:wanted"},
        {"its secret was never heard: asked for by an update",
         [](Situation& s) {
             s.intent = Intent{k_now, ""};
             s.gives_secret = s.secret_configured = s.can_update = true;
             s.listed = {record("1")};
         },
         "adopt 1, update 1 (secret) | 1:active"},
        {"its secret was never heard and cannot be asked for: made anew, the worthless one first away",
         [](Situation& s) {
             s.gives_secret = true;
             s.listed = {record("1")};
         },
         "adopt 1, remove 1, create | 1:active"},
        {"made by hand with its secret in the configuration: adopted as it is",
         [](Situation& s) {
             s.gives_secret = s.secret_configured = true;
             s.listed = {record("1")};
         },
         "adopt 1 | 1:active"},
        {"its secret is kept",
         [](Situation& s) {
             s.gives_secret = true;
             s.secrets_of = {"1"};
             s.owned = {owned(record("1"))};
             s.listed = {record("1")};
         },
         " | 1:active"},
        {"drift, changed in place",
         [](Situation& s) {
             s.can_update = true;
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_drifted)};
         },
         "update 1 | 1:drifted"},
        {"drift without update: the new one first",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_drifted)};
         },
         "create for 1, remove 1 | 1:drifted"},
        {"crash between the new one and its record: the old one goes",
         [](Situation& s) {
             s.intent = Intent{k_now, "1"};
             s.owned = {owned(record("1", k_drifted))};
             s.listed = {record("1", k_drifted), record("2")};
         },
         "adopt 2, remove 1 | 2:active 1:orphan"},
        {"crash between the record and the removal: the old one goes",
         [](Situation& s) {
             s.owned = {retiring(record("1", k_drifted)), owned(record("2"))};
             s.listed = {record("1", k_drifted), record("2")};
         },
         "remove 1 | 1:orphan 2:active"},
        {"twice the same: one goes",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.listed = {record("1"), record("2")};
         },
         "remove 2 | 1:active 2:orphan"},
        {"an older one of ours of another form stays without prune",
         [](Situation& s) {
             s.owned = {owned(record("1")), owned(record("0", k_other))};
             s.listed = {record("1"), record("0", k_other)};
         },
         " | 1:active 0:orphan"},
        {"and goes with it",
         [](Situation& s) {
             s.prune = true;
             s.owned = {owned(record("1")), owned(record("0", k_other))};
             s.listed = {record("1"), record("0", k_other)};
         },
         "remove 0 | 1:active 0:orphan"},
        {"no longer wanted: shown",
         [](Situation& s) {
             s.wanted.reset();
             s.owned = {owned(record("1"))};
             s.listed = {record("1"), record("9", k_other)};
         },
         " | 1:orphan 9:foreign"},
        {"made by hand, no block: as it is, and never pruned",
         [](Situation& s) {
             s.wanted.reset();
             s.prune = true;
             s.owned = {owned(record("1")), owned(record("2"))};
             s.owned[0].by_hand = true;
             s.listed = {record("1"), record("2")};
         },
         "remove 2 | 1:active 2:orphan"},
        {"made by hand, then wanted: taken over",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.owned[0].by_hand = true;
             s.listed = {record("1")};
         },
         " | 1:active"},
        {"no longer wanted, prune",
         [](Situation& s) {
             s.wanted.reset();
             s.prune = true;
             s.owned = {owned(record("1"))};
             s.listed = {record("1"), record("9", k_other)};
         },
         "remove 1 | 1:orphan 9:foreign"},
        {"removed there by someone: made again", [](Situation& s) { s.owned = {owned(record("1"))}; }, "forget 1, create | -:wanted"},
        {"the provider has no list: our record counts",
         [](Situation& s) {
             s.listed.reset();
             s.owned = {owned(record("1"))};
         },
         " | 1:active"},
        {"a list from memory does not say that one is gone",
         [](Situation& s) {
             auto r = record("2", k_other);
             r.from_memory = true;
             s.listed = {r};
             s.owned = {owned(record("1"))};
         },
         " | 1:active 2:foreign"},
        {"young: no renewal",
         [](Situation& s) {
             s.can_renew = true;
             s.owned = {owned(record("1"), 6, 12)};
             s.listed = {record("1")};
         },
         " | 1:active"},
        {"two thirds over: renewed",
         [](Situation& s) {
             s.can_renew = true;
             s.owned = {owned(record("1"), 8, 12)};
             s.listed = {record("1")};
         },
         "renew 1 | 1:active"},
        {"five sixths over: expiring",
         [](Situation& s) {
             s.can_renew = true;
             s.owned = {owned(record("1"), 10, 12)};
             s.listed = {record("1")};
         },
         "renew 1 | 1:expiring"},
        {"no renew operation: a new one before the old one ends",
         [](Situation& s) {
             s.owned = {owned(record("1"), 8, 12)};
             s.listed = {record("1")};
         },
         "create for 1, remove 1 | 1:active"},
        {"expired: made anew",
         [](Situation& s) {
             s.can_renew = s.can_update = true;
             s.owned = {owned(record("1"), 13, 12)};
             s.listed = {record("1")};
         },
         "create for 1, remove 1 | 1:expiring"},
        {"suspended: asked to go on",
         [](Situation& s) {
             s.can_update = true;
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_block, "suspended")};
         },
         "update 1 | 1:suspended"},
        {"disabled by someone: left alone",
         [](Situation& s) {
             s.can_update = true;
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_drifted, "disabled")};
         },
         " | 1:disabled"},
        {"waiting states are no fault",
         [](Situation& s) {
             s.owned = {owned(record("1"))};
             s.listed = {record("1", k_block, "cooling")};
         },
         " | 1:cooling"},
        {"what somebody else subscribes is as the provider says, and stays",
         [](Situation& s) {
             s.wanted.reset();
             s.can_create = false;
             s.prune = true;
             s.listed = {record("1"), record("2", k_block, "pending_approval")};
             for (auto& r : *s.listed) r.ours = true;
         },
         " | 1:active 2:pending_approval"},
        {"what asked this source and waits for an operator is shown so, at the provider it is somebody else's",
         [](Situation& s) {
             s.wanted.reset();
             s.can_create = false;
             s.listed = {record("1", k_block, "pending_approval"), record("2", k_block, "pending_approval")};
             s.listed->at(0).from_memory = true;
         },
         " | 1:pending_approval 2:foreign"},
        {"nothing is removed where the plugin cannot",
         [](Situation& s) {
             s.can_remove = false;
             s.owned = {retiring(record("1")), owned(record("2"))};
             s.listed = {record("1"), record("2")};
         },
         " | 1:orphan 2:active"},
    };
    for (const auto& one : cases) {
        Situation s = situation();
        one.arrange(s);
        BOOST_TEST(told(decide(s)) == one.expected, one.name << ": " << told(decide(s)) << ", expected " << one.expected);
    }
}

BOOST_AUTO_TEST_CASE(differences_are_keys_of_the_block) {
    const auto json = [](const char* text) { return *plugin::Json::parse(text); };
    BOOST_TEST(differences(json(R"({"a":1,"b":[1,2],"c":{"d":true}})"), json(R"({"b":[2,1],"a":1.0,"c":{"d":true,"e":0},"f":1})")).empty());
    const auto found = differences(json(R"({"a":1,"b":[1,2],"c":{"d":true},"g":1})"), json(R"({"b":[2],"a":2,"c":{"d":false}})"));
    BOOST_TEST(found == (std::vector<std::string>{"a", "b", "c", "g"}), boost::test_tools::per_element());
}
