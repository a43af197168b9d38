// A gateway process with the axway plugin, the simulated Streams that sends to it, and an application that receives.
#pragma once

#include "core/base/json.hpp"
#include "core/sandbox/sandbox.hpp"
#include "core/store/store.hpp"

#include <boost/test/unit_test.hpp>

#include <future>

#include "plugins/axway/document_tree.hpp"
#include "tests/support/client.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

namespace gh::test {

struct AxwayWorld {
    explicit AxwayWorld(const std::string& simulator_settings = "{}", const std::function<void(std::string&)>& change = {})
        : log(Level::error), gateway(std::string()) {
        const uint16_t port = free_port();
        sandbox::Options o;
        o.directory = SIMULATORS;
        o.providers = {"axway"};
        o.control.port = 0;
        o.gateway = "http://127.0.0.1:" + std::to_string(port);
        o.settings["axway"] = simulator_settings;
        o.plugins = GATEHOUSE_PLUGINS_DIR;
        o.application = receiver.url();
        box = std::make_unique<sandbox::Sandbox>(o, log, metrics);
        const auto started = box->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? std::string() : started.error().message));
        const auto file = gateway.dir() / "gatehouse.yaml";
        std::filesystem::remove(file);
        BOOST_REQUIRE(box->write_config(file).ok());
        config = read_file(file);
        replace("admin: 127.0.0.1:8081", "admin: 127.0.0.1:0");
        replace("secret: \"${file:secrets/app}\"", "secret: \"${file:secrets/app}\", payload: document, ordering: key, retry: [1s]");
        if (change) change(config);
        write_file(file, config);
        start();
    }

    void start() { BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log()); }
    void replace(const std::string& from, const std::string& to) {
        const size_t at = config.find(from);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, from + " is not in:\n" + config);
        config.replace(at, from.size(), to);
    }

    std::string command(const std::string& name, const std::string& arguments = "{}") {
        const auto answer = box->command("axway", name, arguments);
        BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? std::string() : answer.error().message));
        return *answer;
    }
    std::string send(const std::string& type, const std::string& more = "") {
        return command("send", "{\"type\":\"" + type + "\"" + (more.empty() ? "" : "," + more) + "}");
    }
    json::Value state() { return std::move(*json::parse(command("state"))); }
    bool all_sent(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        return eventually([&] { return state().integer_of("waiting") == 0; }, limit);
    }
    /// Id of the subscription to the documents (0) or to the events (1).
    std::string subscription(size_t i) { return std::string(state().find("subscriptions")->items.at(i).text_of("id")); }
    axway::node_ptr published() {
        const axway::json::document d = axway::json::parse(command("document"));
        return axway::make_tree(d["payload"]);
    }

    Answer token(const Fields& more, const std::string& body, const std::string& query = "") {
        Fields fields = {{"Content-Type", "application/x-www-form-urlencoded"}};
        fields.insert(fields.end(), more.begin(), more.end());
        return request(gateway.port(), "POST", "/hooks/axway/oauth/token" + query, fields, body);
    }
    std::string secret(const std::string& name) {
        std::string text = read_file(gateway.dir() / "secrets" / ("axway_" + name));
        text.pop_back();
        return text;
    }
    std::string admin(const std::string& target) { return request(gateway.admin_port(), "GET", target).body; }
    std::string metrics_text() { return admin("/metrics"); }

    /// What is on disk, after `changes`; the gateway must be stopped.
    std::map<std::string, std::string> stored_state(std::vector<store::StateChange> changes = {}) {
        store::Options options;
        options.path = (gateway.dir() / "gatehouse.db").string();
        const SystemClock clock;
        const auto opened = store::make_sqlite_store(options, clock, log, metrics);
        BOOST_REQUIRE(opened->start().ok());
        std::promise<bool> written;
        opened->put_state("source:axway", std::move(changes), [&](const Status& s) { written.set_value(s.ok()); });
        BOOST_REQUIRE(written.get_future().get());
        const auto entries = opened->state("source:axway");
        BOOST_REQUIRE(entries.ok());
        std::map<std::string, std::string> out;
        for (const auto& e : *entries) out[e.key] = e.value.value_or("");
        opened->stop();
        return out;
    }

    Log log;
    Metrics metrics;
    Receiver receiver;
    Gateway gateway;
    std::string config;
    std::unique_ptr<sandbox::Sandbox> box;
};

} // namespace gh::test
