// Verbs against a real admin API on loopback.
#include <atomic>
#include <thread>

#include "tests/unit/admin_support.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

struct Cli : AdminFixture {
    explicit Cli(const std::string& token = "") : AdminFixture(token) {
        call.environment["GATEHOUSE_ADMIN"] = "127.0.0.1:" + std::to_string(port);
    }
    Caller call;
};

struct CliWithToken : Cli {
    CliWithToken() : Cli("open-sesame") {}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_verbs, Cli)

BOOST_AUTO_TEST_CASE(lists_are_json_lines_or_aligned_tables) {
    const std::string a = add("user.created", "first").text();
    const std::string b = add("user.deleted", "the second").text();
    const Called machine = call({"events", "--json"});
    BOOST_TEST(machine.code == 0);
    const auto out = lines(machine.out);
    BOOST_REQUIRE(out.size() == 2u);
    BOOST_TEST(Parsed(out[0])["id"].text == b);
    BOOST_TEST(Parsed(out[1])["id"].text == a);
    const Called human = call({"events", "list"});
    const auto table = lines(human.out);
    BOOST_REQUIRE(table.size() == 3u);
    BOOST_TEST(table[0].starts_with("RECEIVED"));
    BOOST_TEST(table[0].find("STATUS") == table[1].find("ready"));
    BOOST_TEST(table[1].find("ready") == table[2].find("ready"));
    BOOST_TEST(has(table[1], to_rfc3339(clock.now())));
    BOOST_TEST(!has(human.out, "\x1b"));
    call.colour = true;
    BOOST_TEST(has(call({"events", "--status", "ready"}).out, "\x1b[1mSTATUS"));

    call.colour = false;
    // What nothing but its address vouches for is marked, and what was refused is no kind of trusted.
    auto unproved = event("user.unproved");
    unproved.trust = store::Trust::unverified_origin;
    const std::string c = add(unproved).text(), refused = refuse("body").text();
    const auto marked = lines(call({"events"}).out);
    BOOST_REQUIRE(marked.size() == 5u);
    const auto trust_in = [&](const std::string& id) {
        for (const auto& row : marked)
            if (has(row, id)) return row.substr(marked[0].find("TRUST"), row.find("  ", marked[0].find("TRUST")) - marked[0].find("TRUST"));
        return std::string("no such row");
    };
    BOOST_TEST(trust_in(a) == "verified");
    BOOST_TEST(trust_in(c) == "unverified_origin");
    BOOST_TEST(trust_in(refused) == "-");
    BOOST_TEST(has(call({"events", "show", c}).out, "unverified_origin"));
    BOOST_TEST(!has(call({"events", "show", refused}).out, "trust"));

    BOOST_TEST(lines(call({"events", "--json", "--type", "user.created"}).out).size() == 1u);
    BOOST_TEST(lines(call({"events", "--json", "--limit", "1"}).out).size() == 1u);
    const Called none = call({"events", "--source", "nobody"});
    BOOST_TEST(none.code == 0);
    BOOST_TEST(none.out.empty());
    BOOST_TEST(has(none.err, "no events"));
    BOOST_TEST(call({"events", "--status", "lost"}).code == 2);
}

BOOST_AUTO_TEST_CASE(long_lists_come_whole) {
    for (int i = 0; i < 1'203; ++i) add("user.created");
    BOOST_TEST(lines(call({"events", "--json", "--limit", "5000"}).out).size() == 1'203u);
    BOOST_TEST(lines(call({"events", "--json", "--limit", "1201"}).out).size() == 1'201u);
    BOOST_TEST(lines(call({"events", "--json"}).out).size() == 50u);
}

BOOST_AUTO_TEST_CASE(text_from_outside_cannot_drive_the_terminal) {
    add("user.created", "\x1b[2Jgone\n\xc2\x9bx\xff");
    const Called r = call({"events"});
    BOOST_TEST(!has(r.out, "\x1b"));
    BOOST_TEST(!has(r.out, "\xc2\x9b"));
    BOOST_TEST(lines(r.out).size() == 2u);
}

BOOST_AUTO_TEST_CASE(one_event_is_shown_whole) {
    auto n = event("user.created", "u1");
    n.request.body = "{\"a\":1}";
    const Uuid id = add(n);
    store.finish_fetch({id,
                        "bank",
                        store::FetchOutcome::Kind::fetched,
                        store::Document{"application/json", "{\"n\":18446744073709551616}", clock.now()},
                        "",
                        {},
                        {},
                        {}},
                       [](const Status&) {});
    post("/api/v1/events/" + id.text() + "/replay");
    const Called human = call({"events", "show", id.text()});
    BOOST_TEST(human.code == 0);
    for (const char* part :
         {"user.created", "/hooks/${file:secrets/bank}/in", "{\"a\":1}", "18446744073709551616", "to app: pending", "[redacted]"})
        BOOST_TEST(has(human.out, part), part << " in " << human.out);
    const Called machine = call({"--json", "events", "show", id.text()});
    BOOST_TEST(lines(machine.out).size() == 1u);
    BOOST_TEST(has(machine.out, "\"document\":{\"n\":18446744073709551616}"));
    BOOST_TEST(call({"events", "show", Uuid::v7(clock.now()).text()}).code == 1);
    BOOST_TEST(has(call({"events", "show", "../sources"}).err, "../sources"));
}

BOOST_AUTO_TEST_CASE(tail_follows_and_ends_after_its_limit) {
    std::atomic<bool> ended{false};
    Called r;
    std::thread tail([&] {
        r = call({"events", "tail", "--limit", "2", "--json", "--type", "wanted"});
        ended = true;
    });
    for (int i = 0; i < 2'000 && !ended; ++i) {
        add("other");
        add("wanted", std::to_string(i));
        std::this_thread::sleep_for(std::chrono::milliseconds(2)); // it tells nobody when it is connected
    }
    tail.join();
    BOOST_TEST(r.code == 0);
    const auto out = lines(r.out);
    BOOST_REQUIRE(out.size() == 2u);
    const Parsed first(out[0]), second(out[1]);
    BOOST_TEST(std::stoi(first["subject"].text) + 1 == std::stoi(second["subject"].text));
}

BOOST_AUTO_TEST_CASE(dead_deliveries_are_listed_and_retried) {
    const Uuid id = add("user.created");
    post("/api/v1/events/" + id.text() + "/replay");
    const std::string delivery(Parsed(lines(call({"deliveries", "--json"}).out).at(0))["id"].text);
    BOOST_TEST(call({"dead", "--json"}).out.empty());
    store.record_attempt(
        {Uuid::v7(clock.now()), *Uuid::parse(delivery), clock.now(), Millis(1), 0, "timeout", "", "", store::DeliveryStatus::dead, {}},
        [](const Status&) {});
    const Called dead = call({"dead"});
    BOOST_TEST(has(dead.out, delivery));
    BOOST_TEST(has(dead.out, "timeout"));
    const Called retried = call({"retry", delivery});
    BOOST_TEST(retried.code == 0);
    BOOST_TEST(has(retried.out, "pending"));
    const Called unknown = call({"retry", delivery, Uuid::v7(clock.now()).text()});
    BOOST_TEST(unknown.code == 1);
    BOOST_TEST(has(unknown.err, "no such delivery"));
}

BOOST_AUTO_TEST_CASE(replay_counts_and_creates) {
    for (int i = 0; i < 5; ++i) add("user.created");
    const Called dry = call({"replay", "--source", "bank", "--dry-run"});
    BOOST_TEST(dry.code == 0);
    BOOST_TEST(has(dry.out, "5 events would"));
    BOOST_TEST(call({"deliveries", "--json"}).out.empty());
    const Called done = call({"replay", "--type", "user.*", "--to", "app", "--rate", "10/s", "--json"});
    BOOST_TEST(done.code == 0);
    BOOST_TEST(Parsed(done.out)["created"].text == "5");
    BOOST_TEST(lines(call({"deliveries", "--json"}).out).size() == 5u);
    BOOST_TEST(call({"replay", "--all", "--to", "nowhere"}).code == 1);
    BOOST_TEST(call({"replay", "--all", "--rate", "fast"}).code == 1);
    store.failing = true;
    BOOST_TEST(call({"replay", "--all"}).code == 1);
}

BOOST_AUTO_TEST_CASE(quarantine_is_listed_and_verified_again) {
    for (int i = 0; i < 120; ++i) refuse(i == 60 ? "gooduser.created" : "bad");
    BOOST_TEST(lines(call({"quarantine", "--json", "--limit", "500"}).out).size() == 120u);
    const Called r = call({"quarantine", "reverify", "--source", "bank"});
    BOOST_TEST(r.code == 0);
    BOOST_TEST(has(r.out, "1 released, 119 still refused"), r.out);
    BOOST_TEST(lines(call({"quarantine", "--json", "--limit", "500"}).out).size() == 119u);
    BOOST_TEST(call({"quarantine", "reverify", "--source", "nobody"}).code == 1);
}

BOOST_AUTO_TEST_CASE(setup_is_listed_and_destinations_switched) {
    BOOST_TEST(has(call({"sources"}).out, "POST /hooks/${file:secrets/bank}/in"));
    BOOST_TEST(has(call({"routes"}).out, "user.*"));
    BOOST_TEST(has(call({"plugins"}).out, "1.2.3"));
    BOOST_TEST(has(call({"plugins", "show", "acme"}).out, "JSON Schema"));
    BOOST_TEST(call({"plugins", "show", "other"}).code == 1);
    BOOST_TEST(has(call({"destinations"}).out, "active"));
    BOOST_TEST(has(call({"destinations", "pause", "app"}).out, "app paused"));
    BOOST_TEST(Parsed(call({"destinations", "resume", "app", "--json"}).out)["state"].text == "active");
    BOOST_TEST(call({"destinations", "disable", "a/b"}).code == 1);
    for (const auto& verb : {"sources", "destinations", "routes", "plugins"})
        BOOST_TEST(lines(call({verb, "--json"}).out).size() == 1u, verb);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(cli_with_token, CliWithToken)

BOOST_AUTO_TEST_CASE(the_token_comes_from_the_environment) {
    const Called none = call({"events"});
    BOOST_TEST(none.code == 2);
    BOOST_TEST(has(none.err, "GATEHOUSE_ADMIN_TOKEN"));
    BOOST_TEST(call({"events", "tail"}).code == 2);
    call.environment["GATEHOUSE_ADMIN_TOKEN"] = "open-sesame";
    BOOST_TEST(call({"events"}).code == 0);
    call.environment["GATEHOUSE_ADMIN_TOKEN"] = "wrong";
    const Called wrong = call({"events"});
    BOOST_TEST(wrong.code == 2);
    BOOST_TEST(!has(wrong.err, "wrong"));
}

BOOST_AUTO_TEST_SUITE_END()
