// The real server, simulated providers, and a receiving application, all on loopback and on ports of their own choice. Simulated time runs
// 200 times as fast, so that SNS repeats after a tenth of a second.
#pragma once

#include "core/base/json.hpp"
#include "core/sandbox/sandbox.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <functional>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

namespace gh::test {

/// A policy that does not give up while a test runs.
inline constexpr const char* k_patient = R"("policy":{"numRetries":100})";

class World {
public:
    using Edit = std::function<void(std::string& yaml)>;

    /// settings: of the simulators, by provider, JSON; only these providers run. edit: changes the configuration that the sandbox suggests.
    /// fresh: accounts begin without the subscriptions that the gateway can make itself.
    explicit World(const std::map<std::string, std::string>& settings, const Edit& edit = {}, bool fresh = false) {
        BOOST_REQUIRE_MESSAGE(gateway_.start(), gateway_.log());
        sandbox::Options o;
        o.directory = SIMULATORS;
        o.control.port = 0;
        o.plugins = GATEHOUSE_PLUGINS_DIR;
        o.gateway = "http://127.0.0.1:" + std::to_string(gateway_.port());
        o.application = receiver_.url();
        o.time_scale = 200;
        o.settings = settings;
        o.fresh = fresh;
        for (const auto& [name, json] : settings) o.providers.push_back(name);
        box_ = std::make_unique<sandbox::Sandbox>(o, log_, metrics_);
        const auto started = box_->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? std::string() : started.error().message));
        BOOST_REQUIRE(box_->write_config(gateway_.dir() / "sandbox.yaml").ok());
        yaml_ = read_file(gateway_.dir() / "sandbox.yaml");
        const size_t server = yaml_.find("server: ");
        yaml_.replace(server, yaml_.find('\n', server) - server, k_server);
        if (edit) edit(yaml_);
        reload(yaml_);
    }

    Gateway& gateway() { return gateway_; }
    Receiver& receiver() { return receiver_; }
    const std::string& yaml() const { return yaml_; }

    void reload(const std::string& yaml) {
        const size_t before = gateway_.log().size();
        write_file(gateway_.dir() / "gatehouse.yaml", yaml);
        gateway_.child().signal(SIGHUP);
        BOOST_REQUIRE_MESSAGE(eventually([&] { return !gateway_.line_with(before, "\"message\":\"reloaded\"").empty(); }), gateway_.log());
    }

    json::Value command(const std::string& provider, const std::string& name, const std::string& arguments = "{}") {
        const auto answer = box_->command(provider, name, arguments);
        BOOST_REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? std::string() : answer.error().message));
        return read(*answer);
    }
    /// Ids of the messages.
    std::vector<std::string> send(const std::string& provider, const std::string& type, const std::string& more = "") {
        const auto answer = command(provider, "send", "{\"type\":\"" + type + "\"" + (more.empty() ? "" : "," + more) + "}");
        std::vector<std::string> out;
        for (const auto& m : answer.find("messages")->items) out.emplace_back(m.text_of("id"));
        return out;
    }
    /// Values point into their text: it is kept as long as this world.
    json::Value read(std::string text) {
        texts_.push_back(std::move(text));
        auto parsed = json::parse(texts_.back());
        BOOST_REQUIRE_MESSAGE(parsed.ok(), texts_.back());
        return std::move(*parsed);
    }
    json::Value description(const std::string& provider) {
        for (const auto& p : box_->providers())
            if (p.name == provider) return read(p.description);
        return {};
    }
    /// The state of SNS in the provider's simulator: a member of the simulator's state, or all of it.
    json::Value sns(const std::string& provider) {
        auto state = command(provider, "state");
        const json::Value* inner = state.find("sns");
        return inner ? read(std::string(inner->raw)) : std::move(state);
    }
    int64_t count(const std::string& provider, std::string_view name) { return sns(provider).integer_of(name); }
    /// How often that status was the answer to a delivery.
    int64_t answers(const std::string& provider, const std::string& status) {
        const auto state = sns(provider);
        return state.find("answers")->find(status) ? state.find("answers")->integer_of(status) : 0;
    }

    /// What a verb of the program says.
    std::string operate(std::vector<std::string> arguments, int expected = 0) {
        const auto [code, text] = gateway_.operate(std::move(arguments));
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << text);
        return text;
    }
    Answer api(const std::string& path) { return request(gateway_.admin_port(), "GET", path); }
    /// The value of a metric's line, which is given with its labels; 0 when there is none.
    double metric(const std::string& line) {
        const std::string body = api("/metrics").body;
        const size_t at = body.find("\n" + line + " ");
        return at == std::string::npos ? 0 : std::strtod(body.c_str() + at + line.size() + 2, nullptr);
    }
    double refused(const std::string& source, const std::string& reason) {
        return metric("gatehouse_quarantine_total{source=\"" + source + "\",reason=\"" + reason + "\"}");
    }
    /// The stored event with that dedupe key, as the API gives it; null while there is none.
    json::Value event(const std::string& key) {
        std::string query = key;
        if (const size_t at = query.find('#'); at != std::string::npos) query.replace(at, 1, "%23");
        const auto found = read(api("/api/v1/events?search=" + query).body);
        if (!found.find("items") || found.find("items")->items.empty()) return {};
        return read(api("/api/v1/events/" + std::string(found.find("items")->items[0].text_of("id"))).body);
    }
    bool reaches(const std::string& key, const std::string& status) {
        return eventually([&] { return event(key).text_of("status") == status; }, std::chrono::seconds(60));
    }
    /// JSON as it was fetched; "null" when there is none.
    std::string document(const std::string& key) {
        const auto e = event(key);
        const json::Value* d = e.find("document");
        return d ? std::string(d->raw) : "null";
    }

    /// Sends one message and waits until it was delivered: the handshake is over then.
    void settle(const std::string& provider, const std::string& type) {
        const auto id = send(provider, type).at(0);
        BOOST_REQUIRE_MESSAGE(reaches(id, "delivered"), gateway_.log());
    }
    /// Every tamper that forges is refused with the code that the simulator tells, and never becomes an event.
    void check_tampers(const std::string& provider, const std::string& type) {
        settle(provider, type);
        const auto described = description(provider);
        size_t checked = 0;
        for (const auto& t : described.find("tampers")->items) {
            const std::string name(t.text_of("name")), reason(t.text_of("reason"));
            if (reason.empty()) continue;
            BOOST_TEST_CONTEXT(name) {
                const double before = refused(provider, reason);
                const auto id = send(provider, type, "\"tamper\":\"" + name + "\"").at(0);
                BOOST_TEST(eventually([&] { return refused(provider, reason) == before + 1; }));
                BOOST_TEST(event(id).text_of("dedupe_key") != id);
            }
            ++checked;
        }
        BOOST_TEST(checked > 5u);
        BOOST_TEST(count(provider, "trap_visits") == 0);
        BOOST_TEST(count(provider, "foreign_confirmations") == 0);
    }

private:
    static constexpr const char* k_server = "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}";

    Log log_{Level::error};
    Metrics metrics_;
    Receiver receiver_;
    Gateway gateway_{std::string(k_server) + "\nstore: {sqlite: gatehouse.db}\nplugins: {directory: " GATEHOUSE_PLUGINS_DIR
                                             "}\nsources: {}\ndestinations: {}\nroutes: []\n"};
    std::unique_ptr<sandbox::Sandbox> box_;
    std::string yaml_;
    std::deque<std::string> texts_;
};

inline void replace(std::string& text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    BOOST_REQUIRE_MESSAGE(at != std::string::npos, from + " is not in " + text);
    text.replace(at, from.size(), to);
}

} // namespace gh::test
