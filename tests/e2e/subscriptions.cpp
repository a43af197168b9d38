// Subscriptions and recovery with the real server, the real plugin and the simulated Basiq.
#include "core/base/json.hpp"
#include "core/sandbox/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

#include "tests/support/client.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/gateway.hpp"

using namespace gh;
using namespace gh::test;

namespace {

struct World {
    explicit World(const std::string& block = "", double time_scale = 1, bool key = true) : port(free_port()) {
        sandbox::Options o;
        o.directory = SIMULATORS;
        o.providers = {"basiq"};
        o.control.port = 0;
        o.gateway = url();
        o.time_scale = time_scale;
        o.settings["basiq"] = R"({"api_key":"QUJDREVGR0hJSktMTU5PUA==","subscribe":false})";
        box = std::make_unique<sandbox::Sandbox>(std::move(o), log, metrics);
        const auto started = box->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
        gateway = std::make_unique<Gateway>(config(block, key), environment);
        BOOST_REQUIRE_MESSAGE(gateway->start(), gateway->log());
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }
    std::string config(const std::string& block, bool key) const {
        return "server: {listen: \"127.0.0.1:" + std::to_string(port) + "\", admin: 127.0.0.1:0}\n" + "store: {sqlite: store.db" +
               (key ? ", key: \"${env:STORE_KEY}\"" : "") + "}\n" +
               "plugins: {directory: " GATEHOUSE_PLUGINS_DIR
               "}\n"
               "sources:\n"
               "  bank:\n"
               "    plugin: basiq\n"
               "    path: /hooks/bank\n"
               "    settings: {api_key: \"${env:BANK_KEY}\", api_url: \"" +
               box->providers().at(0).base_url +
               "\"}\n"
               "    fetch_back: {mode: off}\n" +
               (block.empty() ? "" : "    subscription: {url: \"" + url() + "/hooks/bank\", " + block + "}\n");
    }
    void configure(const std::string& block) {
        write_file(gateway->dir() / "gatehouse.yaml", config(block, true));
        const size_t before = gateway->log().size();
        gateway->child().signal(SIGHUP);
        BOOST_REQUIRE(eventually([&] { return !gateway->line_with(before, "reload").empty(); }));
        BOOST_REQUIRE_MESSAGE(gateway->line_with(before, "\"reloaded\"") != "", gateway->log());
    }
    std::string cli(std::vector<std::string> arguments, int expected = 0) {
        const auto out = gateway->dir() / "cli.out";
        std::filesystem::remove(out);
        arguments.insert(arguments.begin(), {GATEHOUSE_BINARY, "--config", (gateway->dir() / "gatehouse.yaml").string(), "--admin",
                                             "http://127.0.0.1:" + std::to_string(gateway->admin_port())});
        Child child(arguments, environment, out, out);
        const int code = child.wait();
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << read_file(out));
        return read_file(out);
    }
    std::string basiq(const std::string& name, const std::string& arguments = "{}") {
        const auto answer = box->command("basiq", name, arguments);
        BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
        return *answer;
    }
    struct Webhook {
        std::string id, url, events;
    };
    std::vector<Webhook> webhooks() {
        const std::string state = basiq("state");
        const auto parsed = json::parse(state);
        std::vector<Webhook> out;
        for (const auto& w : parsed->find("webhooks")->items)
            out.push_back({std::string(w.text_of("id")), std::string(w.text_of("url")), std::string(w.find("events")->raw)});
        return out;
    }
    /// The ids of the messages that it makes.
    std::vector<std::string> send(const std::string& type, int count = 1) {
        const std::string sent = basiq("send", R"({"type":")" + type + R"(","count":)" + std::to_string(count) + "}");
        const auto parsed = json::parse(sent);
        std::vector<std::string> out;
        for (const auto& m : parsed->find("messages")->items) out.emplace_back(m.text_of("id"));
        return out;
    }
    /// How often each dedupe key is stored.
    std::map<std::string, int> stored() {
        std::map<std::string, int> out;
        for (std::string cursor;;) {
            const std::string body =
                request(gateway->admin_port(), "GET", "/api/v1/events?limit=500" + (cursor.empty() ? "" : "&cursor=" + cursor)).body;
            const auto page = json::parse(body);
            BOOST_REQUIRE_MESSAGE(page.ok(), body);
            for (const auto& e : page->find("items")->items)
                if (e.text_of("status") != "refused") ++out[std::string(e.text_of("dedupe_key"))];
            cursor = page->text_of("next");
            if (cursor.empty()) return out;
        }
    }
    bool has_all_once(const std::vector<std::string>& ids) {
        const auto there = stored();
        return std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return there.contains(id) && there.at(id) == 1; });
    }

    const uint16_t port;
    Log log{Level::error, [](std::string_view) {}};
    Metrics metrics;
    Child::Environment environment{{"BANK_KEY", "QUJDREVGR0hJSktMTU5PUA=="}, {"STORE_KEY", "a key of more than sixteen characters"}};
    std::unique_ptr<sandbox::Sandbox> box;
    std::unique_ptr<Gateway> gateway;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string k_wanted = "events: [user.created, user.deleted]";

} // namespace

BOOST_AUTO_TEST_CASE(planned_applied_repaired_and_pruned_by_hand) {
    World w(k_wanted);
    w.basiq("subscribe", R"({"url":"https://elsewhere.example.com/hook","events":["consent.created"]})");
    BOOST_TEST(has(w.cli({"subscriptions", "plan"}), "would create"));
    BOOST_TEST(w.webhooks().size() == 1u);
    const std::string applied = w.cli({"subscriptions", "apply"});
    BOOST_TEST(has(applied, "cooling"), applied);
    BOOST_TEST(has(applied, "up to 15 minutes"), applied);
    BOOST_TEST(has(applied, "foreign"), applied);
    BOOST_REQUIRE(w.webhooks().size() == 2u);
    // Its secret is nowhere but in the store, and already in use.
    const auto first = w.send("user.created");
    BOOST_TEST(eventually([&] { return w.has_all_once(first); }));

    w.configure("events: [user.created]");
    BOOST_TEST(has(w.cli({"subscriptions"}), "drifted"));
    BOOST_TEST(has(w.cli({"subscriptions", "apply"}), "ok  update"));
    const std::string events = w.webhooks()[1].events;
    BOOST_TEST(events == "[\"user.created\"]");
    BOOST_TEST(has(w.cli({"subscriptions", "plan"}), "nothing to do"));

    w.configure("");
    BOOST_TEST(has(w.cli({"subscriptions", "apply"}), "orphan"));
    BOOST_TEST(w.webhooks().size() == 2u);
    w.cli({"subscriptions", "apply", "--prune"});
    BOOST_REQUIRE(w.webhooks().size() == 1u);
    const std::string left = w.webhooks()[0].url;
    BOOST_TEST(left == "https://elsewhere.example.com/hook");
}

BOOST_AUTO_TEST_CASE(the_server_keeps_it_true_by_itself) {
    World w(k_wanted + ", reconcile: auto, every: 1s");
    BOOST_REQUIRE(eventually([&] { return w.webhooks().size() == 1; }));
    const auto made = w.webhooks()[0].id;
    const std::string metrics = "gatehouse_subscriptions{source=\"bank\",state=\"cooling\"} 1";
    BOOST_TEST(eventually([&] { return has(request(w.gateway->admin_port(), "GET", "/metrics").body, metrics); }));
    w.basiq("unsubscribe", "{\"id\":\"" + made + "\"}");
    BOOST_REQUIRE(eventually([&] { return w.webhooks().size() == 1 && w.webhooks()[0].id != made; }));
    // The new secret counts as soon as the answer is recorded.
    BOOST_REQUIRE(eventually([&] { return has(w.cli({"--json", "subscriptions"}), w.webhooks()[0].id); }));
    const auto sent = w.send("user.created");
    BOOST_TEST(eventually([&] { return w.has_all_once(sent); }));
    BOOST_TEST(w.gateway->stop(SIGKILL) == 128 + SIGKILL);
    BOOST_REQUIRE(w.gateway->start());
    const auto after = w.send("user.created");
    BOOST_TEST(eventually([&] { return w.has_all_once(after); }));
    BOOST_TEST(w.webhooks().size() == 1u);
}

BOOST_AUTO_TEST_CASE(killed_between_the_providers_answer_and_our_commit) {
    World w(k_wanted);
    for (int round = 0; round < 2; ++round) {
        w.basiq("faults", R"({"mode":"late","milliseconds":2000,"path":"/notifications"})");
        const size_t before = w.webhooks().size();
        Child apply({GATEHOUSE_BINARY, "--config", (w.gateway->dir() / "gatehouse.yaml").string(), "--admin",
                     "http://127.0.0.1:" + std::to_string(w.gateway->admin_port()), "subscriptions", "apply"},
                    w.environment, "", "");
        // The webhook is there, and its answer on its way for two seconds.
        BOOST_REQUIRE(eventually([&] { return w.webhooks().size() == before + 1; }));
        w.gateway->stop(SIGKILL);
        apply.wait();
        w.basiq("faults", R"({"mode":"clear"})");
        BOOST_REQUIRE_MESSAGE(w.gateway->start(), w.gateway->log());
        w.cli({"subscriptions", "apply"});
        BOOST_REQUIRE(w.webhooks().size() == 1u);
        const auto sent = w.send("user.created");
        BOOST_REQUIRE(sent.size() == 1u);
        BOOST_TEST(eventually([&] { return w.has_all_once(sent); }), w.gateway->log());
        BOOST_TEST(has(w.cli({"subscriptions", "plan"}), "nothing to do"));
        w.basiq("unsubscribe", "{\"id\":\"" + w.webhooks()[0].id + "\"}");
    }
}

BOOST_AUTO_TEST_CASE(operations_by_hand_and_their_mistakes) {
    World w("", 1, false);
    BOOST_TEST(has(w.cli({"subscriptions", "operations", "bank"}), "url (text, needed)"));
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "subscribe", "url=" + w.url() + "/hooks/bank", "events=user.created"}, 1),
                   "Set store.key"));
    BOOST_TEST(w.webhooks().empty());
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "tset", "event=x"}, 1), "did you mean \"test\""));
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "test", "evnt=x"}, 2), "did you mean \"event\""));
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "test", "--arguments", "{}"}, 2), "\"event\" is missing"));
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "test", "event=no.such"}, 1), "doesn't exists"));
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "list"}), "nothing there"));
    w.basiq("fail", R"({"status":429,"count":5,"path":"/notifications"})");
    BOOST_TEST(has(w.cli({"subscriptions", "call", "bank", "list"}, 1), "cannot be asked just now"));
}

BOOST_AUTO_TEST_CASE(made_by_hand_without_a_block_it_is_no_orphan) {
    World w("");
    w.cli({"subscriptions", "call", "bank", "subscribe", "url=" + w.url() + "/hooks/bank", "events=user.created"});
    const std::string shown = w.cli({"subscriptions"});
    BOOST_TEST(has(shown, "cooling"), shown);
    BOOST_TEST(!has(shown, "orphan"), shown);
    w.cli({"subscriptions", "apply", "--prune"});
    BOOST_TEST(w.webhooks().size() == 1u);
    const auto sent = w.send("user.created");
    BOOST_TEST(eventually([&] { return w.has_all_once(sent); }));
}

BOOST_AUTO_TEST_CASE(check_says_when_a_secret_could_not_be_kept) {
    World w(k_wanted, 1, false);
    const std::string fault = w.cli({"check"}, 2);
    BOOST_TEST(has(fault, "sources.bank: subscribing gives a secret (setting secret) that cannot be kept"), fault);
    BOOST_TEST(has(fault, "Set store.key"), fault);
    write_file(w.gateway->dir() / "gatehouse.yaml", w.config(k_wanted, true));
    BOOST_TEST(!has(w.cli({"check"}), "store.key"));
    // Without a block nobody subscribes by itself: worth a warning.
    write_file(w.gateway->dir() / "gatehouse.yaml", w.config("", false));
    BOOST_TEST(has(w.cli({"check"}), "warning: "));
}

BOOST_AUTO_TEST_CASE(a_wrong_block_is_named_with_its_line) {
    World w(k_wanted);
    write_file(w.gateway->dir() / "gatehouse.yaml", w.config("event: [user.created]", true));
    const std::string out = w.cli({"check"}, 2);
    BOOST_TEST(has(out, "gatehouse.yaml:10: sources.bank.subscription: unknown key \"event\", did you mean \"events\"?"), out);
    const size_t before = w.gateway->log().size();
    w.gateway->child().signal(SIGHUP);
    BOOST_TEST(eventually([&] { return !w.gateway->line_with(before, "unknown key").empty(); }));
}

BOOST_AUTO_TEST_CASE(what_was_sent_while_the_gateway_was_down_is_recovered_and_nothing_doubled) {
    // The long form: ten simulated minutes of 50 events a second in ten seconds.
    const bool whole = std::getenv("GATEHOUSE_LONG_TESTS") != nullptr;
    World w(k_wanted, whole ? 60 : 1);
    w.cli({"subscriptions", "apply"});
    auto ids = w.send("user.created", 20);
    BOOST_REQUIRE(eventually([&] { return w.has_all_once(ids); }));
    w.gateway->stop(SIGKILL);
    const auto began = Steady::now();
    for (int i = 0; i < (whole ? 100 : 6); ++i) {
        const auto more = w.send("user.created", whole ? 300 : 100);
        ids.insert(ids.end(), more.begin(), more.end());
        while (whole && Steady::now() < began + std::chrono::milliseconds(100) * (i + 1))
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    BOOST_REQUIRE_MESSAGE(w.gateway->start(), w.gateway->log());
    const auto counted = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"--json", "recover", "--source", "bank", "--since", "1h"});
        const std::string out = w.cli(more);
        const auto parsed = json::parse(out.substr(out.find('{')));
        BOOST_REQUIRE_MESSAGE(parsed.ok(), out);
        return std::pair(parsed->integer_of("found"), parsed->integer_of("stored"));
    };
    const auto before = static_cast<int64_t>(w.stored().size());
    const auto first = counted({});
    BOOST_TEST_MESSAGE("recovered " << first.second << " of " << ids.size() << ", " << before << " were there");
    BOOST_TEST(first.first >= static_cast<int64_t>(ids.size()));
    BOOST_TEST(eventually([&] { return w.has_all_once(ids); }));
    BOOST_TEST(counted({}).second == 0);
    BOOST_TEST(counted({"--dry-run"}).second == 0);
    BOOST_TEST(w.stored().size() == ids.size());
}

BOOST_AUTO_TEST_CASE(events_whose_webhook_was_gone_come_from_the_list_of_events) {
    World w(k_wanted);
    w.cli({"subscriptions", "apply"});
    const auto live = w.send("user.created", 5);
    BOOST_REQUIRE(eventually([&] { return w.has_all_once(live); }));
    w.basiq("unsubscribe", "{\"id\":\"" + w.webhooks()[0].id + "\"}");
    BOOST_TEST(w.send("user.created", 7).empty());
    w.cli({"subscriptions", "apply"});
    // The rate limit is obeyed and survived.
    w.basiq("faults", R"({"mode":"rate-limit","retry_after":1,"count":1,"path":"/events"})");
    const std::string out = w.cli({"recover", "--source", "bank", "--since", "1h"});
    BOOST_TEST(has(out, "7 stored, 5 already there"), out);
    BOOST_TEST(has(w.cli({"recover", "--source", "bank", "--since", "1h"}), "0 stored"));
    BOOST_TEST(w.stored().size() == 12u);
}
