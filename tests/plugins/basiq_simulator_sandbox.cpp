// The sandbox on loopback, with the simulated Basiq and the receiving application.
#include "core/base/json.hpp"
#include "core/config/config.hpp"
#include "core/sandbox/receiver.hpp"
#include "core/sandbox/sandbox.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/client.hpp"
#include "tests/support/slowness.hpp"
#include "tests/support/temp_dir.hpp"

using namespace gh;
using namespace gh::sandbox;
using namespace std::chrono_literals;

namespace {

/// Waits for a condition, at most ten seconds, times k_slowness.
template <class F>
bool eventually(F f) {
    const auto end = Steady::now() + 10s * test::k_slowness;
    while (!f()) {
        if (Steady::now() > end) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

ReceiverOptions refusing(int first) {
    ReceiverOptions out;
    out.fail_first = first;
    out.fail_status = 503;
    return out;
}

/// A sandbox whose simulated Basiq sends straight to the receiving application.
struct World {
    Log log{Level::error};
    Metrics metrics;
    std::mutex mutex;
    std::vector<std::string> lines;
    std::unique_ptr<Receiver> receiver;
    std::unique_ptr<Sandbox> box;

    explicit World(ReceiverOptions r = {}, Options o = {}) {
        // The secret of the first webhook follows from the seed: ask a sandbox that sends nowhere.
        o.directory = SIMULATORS;
        o.providers = {"basiq"};
        o.control.port = 0;
        r.line = [this](const std::string& line) {
            const std::lock_guard lock(mutex);
            lines.push_back(line);
        };
        {
            Sandbox first(o, log, metrics);
            const auto started = first.start();
            BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? std::string() : started.error().message));
            const auto described = first.providers().at(0).description;
            r.secrets = {std::string(json::parse(described)->find("secrets")->text_of("secret"))};
        }
        receiver = std::make_unique<Receiver>(r, log, metrics);
        BOOST_REQUIRE(receiver->start().ok());
        o.gateway = "http://127.0.0.1:" + std::to_string(receiver->port());
        box = std::make_unique<Sandbox>(o, log, metrics);
        BOOST_REQUIRE(box->start().ok());
    }
    uint16_t api_port() const {
        const std::string url = box->providers().at(0).base_url;
        return static_cast<uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    test::Answer control(const std::string& command, const std::string& arguments = "{}") const {
        return test::request(box->control_port(), "POST", "/_control/basiq/" + command, {}, arguments);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(basiq_simulator_sandbox)

BOOST_AUTO_TEST_CASE(a_notification_arrives_and_is_genuine) {
    World w;
    const auto sent = w.box->command("basiq", "send", R"({"type":"user.created","count":20})");
    BOOST_REQUIRE(sent.ok());
    BOOST_TEST(eventually([&] { return w.receiver->counters().received == 20; }));
    BOOST_TEST(w.receiver->counters().verified == 20u);
    const std::lock_guard lock(w.mutex);
    BOOST_REQUIRE(w.lines.size() == 20u);
    BOOST_TEST(w.lines[0].starts_with("msg_"));
    BOOST_TEST(w.lines[0].find(" verified=yes bytes=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(forgeries_arrive_and_are_not_genuine) {
    World w;
    for (const char* tamper : {"altered-body", "wrong-secret", "stale-timestamp", "future-timestamp", "missing-header"})
        BOOST_REQUIRE(w.control("send", std::string(R"({"type":"user.created","tamper":")") + tamper + "\"}").status == 200);
    BOOST_TEST(eventually([&] { return w.receiver->counters().received == 5; }));
    BOOST_TEST(w.receiver->counters().unverified == 5u);
    BOOST_REQUIRE(w.control("send", R"({"type":"user.created","tamper":"replayed-id"})").status == 200);
    BOOST_TEST(eventually([&] { return w.receiver->counters().duplicates == 1; }));
    BOOST_TEST(w.receiver->counters().verified == 2u);
}

BOOST_AUTO_TEST_CASE(retries_come_in_scaled_time_with_a_timestamp_of_the_real_clock) {
    Options o;
    o.time_scale = 3600 * 30; // 30 hours a second
    World w(refusing(7), o);
    BOOST_REQUIRE(w.box->command("basiq", "send", R"({"type":"user.created"})").ok());
    BOOST_TEST(eventually([&] { return w.receiver->counters().verified == 1; }));
    BOOST_TEST(w.receiver->counters().received == 8u);
    BOOST_TEST(w.receiver->counters().unverified == 0u);
    BOOST_TEST(eventually([&] { return w.box->command("basiq", "state")->find(R"("succeeded":1)") != std::string::npos; }));
}

BOOST_AUTO_TEST_CASE(a_rate_spreads_the_notifications) {
    World w;
    const auto begin = Steady::now();
    const auto answer = w.control("send", R"({"type":"user.updated","count":20,"rate":200})");
    BOOST_TEST(answer.body == R"({"scheduled":20})");
    BOOST_TEST(eventually([&] { return w.receiver->counters().received == 20; }));
    BOOST_TEST((Steady::now() - begin >= 90ms));
    BOOST_TEST(w.control("send", R"({"type":"user.updated","rate":0})").status == 400);
    BOOST_TEST(w.control("send", R"({"type":"","rate":5})").status == 400);
}

BOOST_AUTO_TEST_CASE(the_control_api_tells_and_refuses) {
    World w;
    const uint16_t port = w.box->control_port();
    const auto list = test::request(port, "GET", "/_control");
    BOOST_TEST(list.status == 200);
    BOOST_TEST(json::parse(list.body)->find("items")->items.size() == 1u);
    const auto one = test::request(port, "GET", "/_control/basiq");
    BOOST_TEST(json::parse(one.body)->text_of("base_url") == w.box->providers().at(0).base_url);
    BOOST_TEST(test::request(port, "GET", "/_control/basik").status == 404);
    BOOST_TEST(test::request(port, "GET", "/_control/basik").body.find("did you mean basiq?") != std::string::npos);
    BOOST_TEST(test::request(port, "GET", "/").status == 404);
    BOOST_TEST(test::request(port, "GET", "/_controlx").status == 404);
    BOOST_TEST(test::request(port, "GET", "/_control/basiq/send").status == 405);
    BOOST_TEST(w.control("dance").status == 404);
    BOOST_TEST(w.control("send", "nonsense").status == 400);
    BOOST_TEST(test::request(port, "POST", "/_control/basiq/state", {{"Origin", "https://evil.example"}}, "{}").status == 403);
    BOOST_TEST(!w.box->command("nobody", "state").ok());
}

BOOST_AUTO_TEST_CASE(api_faults_happen_as_often_as_asked) {
    World w;
    const auto get = [&] { return test::request(w.api_port(), "GET", "/users"); };
    BOOST_TEST(get().status == 401);
    BOOST_REQUIRE(w.control("faults", R"({"mode":"rate-limit","count":1,"retry_after":7})").status == 200);
    const auto limited = get();
    BOOST_TEST(limited.status == 429);
    BOOST_TEST(limited.field("Retry-After") == "7");
    BOOST_TEST(get().status == 401);
    w.control("faults", R"({"mode":"errors","count":2,"path":"/users"})");
    BOOST_TEST(test::request(w.api_port(), "GET", "/events").status == 401);
    BOOST_TEST(get().status == 500);
    BOOST_TEST(get().status == 500);
    BOOST_TEST(get().status == 401);
    w.control("faults", R"({"mode":"cut","count":1})");
    const auto cut = get();
    BOOST_TEST(cut.status == 401);
    BOOST_TEST(cut.body.size() < static_cast<size_t>(std::stoi(cut.field("Content-Length"))));
    w.control("faults", R"({"mode":"latency","milliseconds":50,"count":1})");
    auto begin = Steady::now();
    BOOST_TEST(get().status == 401);
    BOOST_TEST((Steady::now() - begin >= 50ms));
    w.control("faults", R"({"mode":"hang","milliseconds":60,"count":1})");
    begin = Steady::now();
    get();
    BOOST_TEST((Steady::now() - begin >= 60ms));
    w.control("faults", R"({"mode":"errors"})");
    BOOST_TEST(get().status == 500);
    BOOST_TEST(get().status == 500);
    BOOST_TEST(w.control("faults", R"({"mode":"clear"})").body == R"({"faults":[]})");
    BOOST_TEST(get().status == 401);
    for (const char* wrong : {"{}", R"({"mode":"x"})", R"({"mode":"errors","count":0})", R"({"mode":"latency","milliseconds":-1})",
                              R"({"mode":"status","status":99})"})
        BOOST_TEST(w.control("faults", wrong).status == 400, wrong);
}

BOOST_AUTO_TEST_CASE(nothing_leaves_this_machine) {
    World w;
    // A subscription with a public address: the path counts, the host stands for the gateway.
    const auto state = w.box->command("basiq", "state");
    const std::string id(json::parse(*state)->find("webhooks")->items.at(0).text_of("id"));
    BOOST_REQUIRE(w.box->command("basiq", "unsubscribe", R"({"id":")" + id + "\"}").ok());
    BOOST_REQUIRE(w.box->command("basiq", "subscribe", R"({"url":"https://hooks.example.com/hooks/bank"})").ok());
    BOOST_REQUIRE(w.box->command("basiq", "send", R"({"type":"user.created"})").ok());
    BOOST_TEST(eventually([&] { return w.receiver->counters().received == 1; }));
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_world) {
    Log log(Level::error);
    Metrics metrics;
    const auto secrets = [&](uint64_t seed) {
        Options o;
        o.directory = SIMULATORS;
        o.providers = {"basiq"};
        o.control.port = 0;
        o.seed = seed;
        Sandbox box(o, log, metrics);
        BOOST_REQUIRE(box.start().ok());
        return std::string(json::parse(box.providers().at(0).description)->find("secrets")->raw);
    };
    BOOST_TEST(secrets(1) == secrets(1));
    BOOST_TEST(secrets(1) != secrets(2));
}

BOOST_AUTO_TEST_CASE(the_written_configuration_loads) {
    World w;
    const test::TempDir directory;
    const auto file = directory.path() / "gatehouse.yaml";
    BOOST_REQUIRE(w.box->write_config(file).ok());
    const auto config = config::load(file, [](const std::string&) { return std::nullopt; });
    BOOST_REQUIRE_MESSAGE(config.ok(), (config.ok() ? std::string() : config.error().message));
    BOOST_TEST((*config)->warnings.empty());
    BOOST_REQUIRE((*config)->sources.size() == 1u);
    const config::Source& source = *(*config)->sources[0];
    BOOST_TEST(source.path == "/hooks/basiq");
    const auto settings = json::parse(source.settings.json.reveal());
    BOOST_TEST(settings->text_of("api_url") == w.box->providers().at(0).base_url);
    BOOST_TEST(settings->text_of("secret").starts_with("whsec_"));
    BOOST_TEST(source.settings.origins.at("/secret").by_reference);
    struct stat info {};
    BOOST_REQUIRE(::stat((directory.path() / "secrets/basiq_secret").c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u);
    BOOST_TEST(w.box->write_config(file).ok()); // its own may be written again
    std::ofstream(file) << "server: {}\n";
    BOOST_TEST(!w.box->write_config(file).ok());
}

BOOST_AUTO_TEST_CASE(what_cannot_start_says_why) {
    Log log(Level::error);
    Metrics metrics;
    const auto reason = [&](const std::function<void(Options&)>& change) {
        Options o;
        o.directory = SIMULATORS;
        o.providers = {"basiq"};
        o.control.port = 0;
        change(o);
        Sandbox box(o, log, metrics);
        const auto started = box.start();
        return started.ok() ? std::string() : started.error().message;
    };
    BOOST_TEST(reason([](Options&) {}) == "");
    BOOST_TEST(reason([](Options& o) { o.directory = "/nowhere"; }).find("cannot be read") != std::string::npos);
    BOOST_TEST(reason([](Options& o) { o.providers = {"basic"}; }).find("did you mean \"basiq\"?") != std::string::npos);
    BOOST_TEST(reason([](Options& o) { o.time_scale = 0; }).find("time scale") != std::string::npos);
    BOOST_TEST(reason([](Options& o) { o.control.host = "0.0.0.0"; }).find("not on loopback") != std::string::npos);
    BOOST_TEST(reason([](Options& o) { o.gateway = "nonsense"; }).find("gateway") != std::string::npos);
    BOOST_TEST(reason([](Options& o) { o.settings["basiq"] = R"({"sceret":1})"; }).find("\"sceret\" is not known") != std::string::npos);
    const test::TempDir directory;
    std::ofstream(directory.path() / "x.so") << "no library";
    BOOST_TEST(reason([&](Options& o) { o.directory = directory.path(); }).find("cannot be loaded") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stopping_with_requests_under_way_ends) {
    ReceiverOptions slow;
    slow.delay = Millis(300);
    World w(slow);
    BOOST_REQUIRE(w.box->command("basiq", "send", R"({"type":"user.created","count":50})").ok());
    w.control("faults", R"({"mode":"hang","milliseconds":60000})");
    std::thread waiting([port = w.api_port()] { test::request(port, "GET", "/users"); });
    BOOST_TEST(eventually([&] { return w.receiver->counters().received > 0; }));
    const auto begin = Steady::now();
    w.box.reset();
    BOOST_TEST((Steady::now() - begin < 30s));
    waiting.join();
}

BOOST_AUTO_TEST_CASE(labels_are_read_from_every_form) {
    http::Request binary;
    binary.fields = {{"ce-type", "user.created"}, {"ce-source", "bank"}};
    BOOST_TEST(label_of(binary).type == "user.created");
    BOOST_TEST(label_of(binary).source == "bank");
    http::Request structured;
    structured.body = R"({"specversion":"1.0","type":"t","source":"s","data":{"notification":{},"document":{}}})";
    BOOST_TEST(label_of(structured).type == "t");
    BOOST_TEST(label_of(structured).payload == "both");
    http::Request plain;
    plain.body = "not json";
    BOOST_TEST(label_of(plain).payload == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()
