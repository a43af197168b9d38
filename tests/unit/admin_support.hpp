// An admin side over a real HTTP server on loopback, with a store in memory, a source of the test's making and one deliverer's worth of
// destinations.
#pragma once

#include "core/admin/admin.hpp"
#include "core/base/json.hpp"
#include "core/http/server.hpp"

#include <boost/test/unit_test.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/client.hpp"
#include "tests/unit/admin_store.hpp"

namespace gh::test {

/// Accepts a body that begins with "good"; the rest of the body is the event's type.
class AdminSource final : public plugin::Source {
public:
    explicit AdminSource(std::shared_ptr<const config::Source> c) : config_(std::move(c)) {
        routes_.push_back({"POST", config_->path + "/in", 1u << 20, 0});
    }
    std::optional<Time> signed_at;

    const std::string& name() const override { return config_->name; }
    const std::string& plugin_name() const override { return config_->plugin; }
    const config::Source& config() const override { return *config_; }
    const std::vector<plugin::Route>& routes() const override { return routes_; }
    const std::vector<plugin::Operation>& operations() const override { return operations_; }
    const std::shared_ptr<const egress::Policy>& policy() const override { return policy_; }
    plugin::Verdict verify(const plugin::Route&, const http::Request& r) const override {
        if (!r.body.starts_with("good")) return plugin::Refusal{403, "signature_mismatch", "look at the secret", {}};
        plugin::Acceptance a;
        a.signed_at = signed_at;
        a.tolerance_past = a.tolerance_future = Millis(60'000);
        a.replay_id = r.body;
        return a;
    }
    plugin::Outcome handle(const plugin::Route&, const http::Request& r, const plugin::Acceptance&) const override {
        plugin::EventDraft d;
        d.type = r.body.substr(4);
        return d;
    }
    bool fetches(std::string_view) const override { return false; }
    std::optional<std::variant<plugin::Job, plugin::Fault>> fetch_back(const store::Event&, int) const override { return std::nullopt; }
    std::variant<plugin::Job, plugin::Fault> operation(const std::string&, const std::string&) const override {
        return plugin::Fault{"none"};
    }
    void apply_state(const std::vector<store::StateChange>&) override {}

private:
    std::shared_ptr<const config::Source> config_;
    std::vector<plugin::Route> routes_;
    std::vector<plugin::Operation> operations_;
    std::shared_ptr<const egress::Policy> policy_;
};

struct AdminFixture {
    explicit AdminFixture(const std::string& token = "", admin::Limits limits = {}) {
        use_token(token);
        const auto bank = std::make_shared<config::Source>();
        bank->name = "bank";
        bank->plugin = "acme";
        bank->path = "/hooks/s3cret-path";
        bank->display_path = "/hooks/${file:secrets/bank}";
        bank_config = bank;
        source = std::make_shared<AdminSource>(bank_config);
        const auto made = std::make_shared<plugin::Generation>();
        made->number = 7;
        made->slots.push_back({bank_config, source, ""});
        plugin::PluginInfo info;
        info.name = "acme";
        info.version = "1.2.3";
        info.state = "loaded";
        info.file = "/plugins/acme.so";
        info.settings_schema = "{\"type\":\"object\"}";
        info.sources = {"bank"};
        made->plugins.push_back(info);
        generation = made;
        use_token(token);
        destination.name = "app";
        destination.url = "http://127.0.0.1:3000/events";

        side = std::make_unique<admin::Admin>(admin::Services{store, clock, log, metrics, "1.0.0",
                                                              [this] {
                                                                  const std::lock_guard lock(mutex);
                                                                  return config;
                                                              },
                                                              [this] { return generation; }, [this] { return reload_result; },
                                                              [](plugin::Job, Millis, std::function<void(plugin::JobEnd)>) {},
                                                              [this] {
                                                                  const std::lock_guard lock(mutex);
                                                                  return std::vector{destination};
                                                              },
                                                              [this](const std::string&, bool on) {
                                                                  const std::lock_guard lock(mutex);
                                                                  destination.disabled = on;
                                                                  return Status(Done{});
                                                              },
                                                              [this](const std::string&, bool on) {
                                                                  const std::lock_guard lock(mutex);
                                                                  destination.paused = on;
                                                                  return Status(Done{});
                                                              }},
                                              limits);
        config::Listen listen;
        listen.host = "127.0.0.1";
        server = std::make_unique<http::Server>("admin", std::vector{listen}, http::Limits{}, *side, log, metrics);
        const auto started = server->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), "the server must start");
        port = server->ports().at(0);
    }
    ~AdminFixture() {
        side->set_draining();
        server->drain(Millis(2'000));
        server.reset();
    }

    void use_token(const std::string& token) {
        const auto made = std::make_shared<config::Config>();
        made->server.admin.host = "127.0.0.1";
        made->server.admin_token = Secret(token);
        if (bank_config) made->sources.push_back(bank_config);
        const auto app = std::make_shared<config::Destination>();
        app->name = "app";
        made->destinations.push_back(app);
        made->routes.push_back({{"bank"}, {"user.*"}, {"app"}, {}});
        const std::lock_guard lock(mutex);
        config = made;
    }

    store::NewEvent event(const std::string& type, const std::string& subject = "") {
        store::NewEvent n;
        clock.advance(Millis(1));
        n.id = Uuid::v7(clock.now());
        n.source = "bank";
        n.plugin = "acme";
        n.type = type;
        n.subject = subject;
        n.dedupe_key = "key-" + subject;
        n.received_at = clock.now();
        n.status = store::EventStatus::ready;
        n.request = {"POST", "/hooks/s3cret-path/in?token=abc&n=1", "Authorization: Bearer s3cret-token\r\nX-Note: a b\r\n",
                     std::string("\0body", 5), "10.0.0.1"};
        return n;
    }
    Uuid add(store::NewEvent n) {
        const Uuid id = n.id;
        store.append({std::move(n)}, [](auto) {});
        side->notify();
        return id;
    }
    Uuid add(const std::string& type, const std::string& subject = "") { return add(event(type, subject)); }
    Uuid refuse(const std::string& body, const std::string& source_name = "bank") {
        clock.advance(Millis(1));
        store::NewRefused n;
        n.id = Uuid::v7(clock.now());
        n.source = source_name;
        n.plugin = "acme";
        n.reason = "signature_mismatch";
        n.hint = "look at the secret";
        n.received_at = clock.now();
        n.request = {"POST", "/hooks/s3cret-path/in", "Host: x\r\n", body, "10.0.0.1"};
        const Uuid id = n.id;
        store.quarantine(n);
        return id;
    }

    Answer get(const std::string& target, const Fields& fields = {}) { return request(port, "GET", target, fields); }
    Answer post(const std::string& target, const std::string& body = "", Fields fields = {}) {
        if (!body.empty()) fields.emplace_back("Content-Type", "application/json");
        return request(port, "POST", target, fields, body);
    }

    AdminStore store;
    ManualClock clock{*parse_rfc3339("2026-03-01T12:00:00Z")};
    Log log{Level::error, [](std::string_view) {}};
    Metrics metrics;
    std::mutex mutex;
    std::shared_ptr<const config::Source> bank_config;
    std::shared_ptr<AdminSource> source;
    std::shared_ptr<const config::Config> config;
    std::shared_ptr<const plugin::Generation> generation;
    delivery::DestinationState destination;
    Status reload_result = Done{};
    std::unique_ptr<admin::Admin> side;
    std::unique_ptr<http::Server> server;
    uint16_t port = 0;
};

struct AdminWithToken : AdminFixture {
    AdminWithToken() : AdminFixture("open-sesame") {}
};

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The text's JSON; the test fails when it is none.
struct Parsed {
    explicit Parsed(std::string t) : text(std::move(t)) {
        auto v = json::parse(text);
        BOOST_REQUIRE_MESSAGE(v.ok(), "not JSON: " << text);
        value = std::move(*v);
    }
    const json::Value& operator[](std::string_view name) const {
        const json::Value* v = value.find(name);
        BOOST_REQUIRE_MESSAGE(v, "no member " << name << " in " << text);
        return *v;
    }
    std::string text;
    json::Value value;
};

} // namespace gh::test
