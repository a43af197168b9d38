// Trusted Twin as its users meet it: the real server, the real plugin, the simulated provider, over loopback.
#include "core/base/encoding.hpp"
#include "core/sandbox/sandbox.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

using namespace gh;
using namespace gh::test;
using nlohmann::json;

namespace {

const std::string k_path = "/hooks/twin/6f1d3c5b7a9e02481357";
const std::string k_learning = "/hooks/learning/6f1d3c5b7a9e02481358";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The simulated provider and the configuration that it suggests, with one more source that has not chosen a way of hashing yet.
struct World {
    explicit World(const json& simulator = json::object()) {
        sandbox::Options o;
        o.directory = GATEHOUSE_SIMULATORS_DIR;
        o.providers = {"twin-ledger"};
        o.settings = {{"twin-ledger", simulator.dump()}};
        o.control.port = 0;
        box = std::make_unique<sandbox::Sandbox>(std::move(o), log, metrics);
        const auto started = box->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? std::string() : started.error().message));
        const json described = json::parse(box->providers().at(0).description);
        settings = described["source"]["settings"];
        secrets = described["secrets"];
        std::string text = settings.dump();
        for (const auto& [name, value] : secrets.items()) {
            const std::string mark = "${secret:" + name + "}";
            if (const size_t at = text.find(mark); at != std::string::npos) text.replace(at, mark.size(), "${env:TWIN_" + name + "}");
            environment["TWIN_" + name] = value;
        }
        json learning = json::parse(text);
        learning.erase("hash");
        gateway = std::make_unique<Gateway>(
            "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: store.db, key: \"${env:STORE_KEY}\"}\n"
            "plugins: {directory: " GATEHOUSE_PLUGINS_DIR
            "}\nsources:\n"
            "  twin: {plugin: twin-ledger, path: " +
                k_path + ", fetch_back: {mode: required}, settings: " + text +
                "}\n"
                "  learning: {plugin: twin-ledger, path: " +
                k_learning + ", fetch_back: {mode: required}, settings: " + learning.dump() +
                "}\n"
                "destinations:\n  app: {url: " +
                receiver.url() +
                ", secret: \"${env:APP_SECRET}\", payload: document, retry: [1s]}\n"
                "routes:\n  - {from: [twin, learning], to: app}\n",
            environment);
    }
    void start() {
        BOOST_REQUIRE_MESSAGE(gateway->start(), gateway->log());
        move(k_path);
    }
    void move(const std::string& path) { command("move", {{"url", "http://127.0.0.1:" + std::to_string(gateway->port()) + path}}); }
    json command(const std::string& name, const json& arguments = json::object()) {
        const auto answer = box->command("twin-ledger", name, arguments.dump());
        BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? std::string() : answer.error().message));
        return json::parse(*answer);
    }
    std::string cli(std::vector<std::string> arguments, int expected = 0) {
        const auto out = gateway->dir() / "cli.out";
        std::filesystem::remove(out);
        arguments.insert(arguments.begin(), {GATEHOUSE_BINARY, "--config", (gateway->dir() / "gatehouse.yaml").string(), "--admin",
                                             "http://127.0.0.1:" + std::to_string(gateway->admin_port()), "--json"});
        Child child(arguments, environment, out, out);
        const int code = child.wait();
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << read_file(out));
        return read_file(out);
    }
    /// The stored event of a message, once it has that status.
    json event(const std::string& message, const std::string& status) {
        json found;
        BOOST_REQUIRE_MESSAGE(eventually([&] {
                                  const std::string line = cli({"events", "--search", message});
                                  if (line.empty()) return false;
                                  found = json::parse(line.substr(0, line.find('\n')));
                                  return found["status"] == status;
                              }),
                              "no event of " << message << " became " << status << ": " << found.dump() << gateway->log());
        return json::parse(cli({"events", "show", found["id"]}));
    }

    Receiver receiver;
    Log log{Level::error};
    Metrics metrics;
    std::unique_ptr<sandbox::Sandbox> box;
    json settings, secrets;
    Child::Environment environment{{"APP_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
                                   {"STORE_KEY", "a key of more than sixteen characters"}};
    std::unique_ptr<Gateway> gateway;
};

} // namespace

BOOST_AUTO_TEST_CASE(notifications_are_verified_read_back_and_delivered) {
    World w;
    w.start();
    size_t delivered = 0;
    for (const char* type : {"ledger.entry.updated", "ledger. entry.updated", "sticker.put", "sticker.remove"}) {
        const json sent = w.command("send", {{"type", type}, {"entries", 2}});
        const json shown = w.event(sent["messages"][0]["id"], "delivered");
        BOOST_TEST(shown["trust"] == "verified");
        BOOST_TEST(shown["subject"] == sent["messages"][0]["twin"]);
        BOOST_TEST(shown.dump().find("twin_status") != std::string::npos);
        BOOST_TEST(eventually([&] { return w.receiver.count() > delivered; }));
        ++delivered;
    }
    const auto first = w.receiver.deliveries().at(0);
    BOOST_TEST(first.request.field("gatehouse-document").value_or("") == "fetched");
    BOOST_TEST(!first.request.field("gatehouse-trust"));
    // The document is all that leaves: the notification's refresh and unsubscribe URLs stay behind.
    for (const auto& delivery : w.receiver.deliveries()) {
        BOOST_TEST(json::parse(delivery.request.body)["twin_status"] == 200);
        BOOST_TEST(!has(delivery.request.body, "token="));
    }
}

BOOST_AUTO_TEST_CASE(every_forgery_is_refused_and_a_resend_is_one_event) {
    World w;
    w.start();
    const std::map<std::string, std::string> codes = {{"wrong-hash", "hash_mismatch"},
                                                      {"missing-hash", "hash_missing"},
                                                      {"foreign-account", "account_foreign"},
                                                      {"foreign-topic", "topic_foreign"},
                                                      {"changed-body", "hash_mismatch"},
                                                      {"stale", "timestamp_too_old"},
                                                      {"foreign-url", "confirmation_url_foreign"}};
    const json described = json::parse(w.box->providers().at(0).description);
    for (const auto& tamper : described["tampers"]) {
        const std::string name = tamper["name"];
        const bool confirmation = name == "foreign-url";
        const json sent = confirmation ? w.command("confirm", {{"tamper", name}})
                                       : w.command("send", {{"type", "ledger.entry.updated"}, {"tamper", name}});
        if (name == "duplicate") {
            w.event(sent["messages"][0]["id"], "delivered");
            BOOST_TEST(eventually([&] {
                return has(request(w.gateway->admin_port(), "GET", "/metrics").body,
                           "gatehouse_ingest_requests_total{source=\"twin\",outcome=\"duplicate\"} 1");
            }));
            continue;
        }
        BOOST_REQUIRE_MESSAGE(codes.contains(name), name);
        BOOST_TEST(eventually([&] { return has(w.cli({"events", "--status", "refused"}), codes.at(name)); }), name);
    }
    BOOST_TEST(w.receiver.count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_subscription_is_confirmed_by_the_server) {
    World w(json{{"subscribe", false}});
    BOOST_REQUIRE_MESSAGE(w.gateway->start(), w.gateway->log());
    const std::string url = "http://127.0.0.1:" + std::to_string(w.gateway->port()) + k_path;
    const std::string answer = w.cli({"subscriptions", "call", "twin", "subscribe", "url=" + url, "topic=line-4"});
    BOOST_TEST(has(answer, "kept by the gateway, not shown: server_secret"), answer);
    BOOST_TEST(eventually([&] { return w.command("state")["subscriptions"][0]["confirmed"] == true; }), w.gateway->log());
    BOOST_TEST(eventually([&] {
                   return has(w.cli({"subscriptions", "--source", "twin"}), "\"provider_state\":\"active\"");
               }),
               w.gateway->log());
    const json sent = w.command("send", {{"type", "ledger.entry.updated"}});
    BOOST_REQUIRE(sent["sent"] == 1);
    BOOST_TEST(w.event(sent["messages"][0]["id"], "delivered")["trust"] == "verified");
    // Nobody waits for another confirmation: it is stored and not followed.
    w.command("confirm");
    BOOST_TEST(eventually([&] { return has(w.gateway->log(), "no subscribe call of ours"); }));
    // Neither capabilities nor secrets are in the log.
    for (const char* secret : {"token=", "server_secret\":\"", "webhook___"}) BOOST_TEST(!has(w.gateway->log(), secret));
    for (const auto& [name, value] : w.secrets.items()) BOOST_TEST(!has(w.gateway->log(), value.get<std::string>()), name);
}

BOOST_AUTO_TEST_CASE(the_way_of_hashing_is_found_for_a_subscription_that_the_server_made) {
    World w(json{{"subscribe", false},
                 {"hash",
                  {{"order", {"type", "trigger", "message", "twin", "sent_ts", "event", "subscription"}},
                   {"numbers", "fixed3"},
                   {"dictionaries", "json"},
                   {"digest", "base64url"}}}});
    BOOST_REQUIRE_MESSAGE(w.gateway->start(), w.gateway->log());
    const std::string url = "http://127.0.0.1:" + std::to_string(w.gateway->port()) + k_learning;
    w.cli({"subscriptions", "call", "learning", "subscribe", "url=" + url, "topic=line-4"});
    BOOST_REQUIRE(eventually([&] { return w.command("state")["subscriptions"][0]["confirmed"] == true; }));
    const json sent = w.command("send", {{"type", "ledger.entry.updated"}});
    const auto body = from_base64_lenient(w.event(sent["messages"][0]["id"], "delivered")["request"]["body"].get<std::string>());
    BOOST_REQUIRE(body);
    const auto capture = w.gateway->dir() / "message";
    write_file(capture, "POST " + k_learning + " HTTP/1.1\r\nHost: hooks.example\r\n\r\n" + *body);
    // Nobody but the server was ever told the server secret. While it runs, and after it.
    for (const bool running : {true, false}) {
        if (!running) w.gateway->stop(SIGTERM);
        const json explained = json::parse(w.cli({"verify", "--source", "learning", "--explain", capture.string()}));
        std::string fits;
        for (const auto& said : explained["explained"])
            if (said["title"] == "setting that fits" || said["title"] == "fits as well") fits += said["detail"].get<std::string>() + "\n";
        BOOST_TEST(has(fits, "order: [type, trigger, message, twin, sent_ts, event, subscription]"), explained.dump());
        BOOST_TEST(has(fits, "digest: base64url}"), fits);
    }
}

BOOST_AUTO_TEST_CASE(the_way_of_hashing_is_found_from_a_stored_message) {
    World w(json{{"layout", "spaced"},
                 {"hash",
                  {{"order", {"type", "trigger", "message", "twin", "sent_ts", "event", "subscription"}},
                   {"numbers", "python"},
                   {"dictionaries", "json-compact"},
                   {"digest", "base64"}}}});
    w.start();
    w.move(k_learning);
    const json sent = w.command("send", {{"type", "ledger.entry.updated"}});
    const json shown = w.event(sent["messages"][0]["id"], "delivered");
    // The mark goes along, to the API and to the application.
    BOOST_TEST(shown["trust"] == "unverified_origin");
    BOOST_TEST(w.receiver.deliveries().at(0).request.field("gatehouse-trust").value_or("") == "unverified-origin");
    // Written down as the README says, and explained.
    const auto body = from_base64_lenient(shown["request"]["body"].get<std::string>());
    BOOST_REQUIRE(body);
    const auto capture = w.gateway->dir() / "message";
    write_file(capture, "POST " + k_learning + " HTTP/1.1\r\nHost: hooks.example\r\n\r\n" + *body);
    const json explained = json::parse(w.cli({"verify", "--source", "learning", "--explain", capture.string()}));
    std::string fits;
    for (const auto& said : explained["explained"])
        if (said["title"] == "setting that fits" || said["title"] == "fits as well") fits += said["detail"].get<std::string>() + "\n";
    BOOST_TEST(has(fits, "order: [type, trigger, message, twin, sent_ts, event, subscription]"), fits);
    BOOST_TEST(has(fits, "dictionaries: json-compact, digest: base64}"), fits);
    BOOST_TEST(explained["trust"] == "unverified_origin");
    // The source that has the setting verifies the same message.
    const json verified = json::parse(w.cli({"verify", "--source", "twin", capture.string()}));
    BOOST_TEST(verified["trust"] == "verified");
}
