// The life of a gateway beside its providers: a real server process and a real sandbox process, whose clocks the test moves by hours and
// days while both run, and an application that receives.
//
// Time runs at its own pace between the moves. A scaled clock would be no use: signatures are good for five minutes, which in a week that
// lasts a minute are 30 ms, less than a busy machine takes to verify one. So everything that is due by the calendar (expiry, renewal,
// retries over days, cool-off) comes by moves, and everything that is measured (timeouts, pauses) stays real.
#pragma once

#include "core/base/time.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/client.hpp"
#include "tests/support/clock_shift.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

namespace gh::test {

class Life {
public:
    using json = nlohmann::json;
    struct Options {
        std::vector<std::string> providers;
        json settings = json::object(); ///< of the simulators, by provider
        uint64_t seed = 1;
        std::function<void(std::string& yaml)> edit{}; ///< of the configuration that the sandbox suggests
        bool subscribed = false;                       ///< accounts begin with a subscription
    };

    /// Starts the sandbox and writes the configuration; the gateway is started by start().
    explicit Life(const Options& o) {
        std::filesystem::remove(gateway_.dir() / "gatehouse.yaml");
        std::vector<std::string> command = {GATEHOUSE_BINARY, "sandbox"};
        command.insert(command.end(), o.providers.begin(), o.providers.end());
        const std::string listen = "127.0.0.1:" + std::to_string(port_), file = (gateway_.dir() / "gatehouse.yaml").string();
        for (const std::string& word :
             {std::string("--control"), std::string("127.0.0.1:0"), std::string("--gateway"), "http://" + listen,
              std::string("--application"), receiver_.url(), std::string("--plugins"), std::string(GATEHOUSE_PLUGINS_DIR),
              std::string("--simulators"), std::string(SIMULATORS), std::string("--seed"), std::to_string(o.seed),
              std::string("--settings"), o.settings.dump(), std::string("--write-config"), file})
            command.push_back(word);
        if (o.subscribed) command.emplace_back("--subscribed");
        const auto out = gateway_.dir() / "sandbox.log";
        sandbox_ = std::make_unique<Child>(command, Child::Environment{}, out, out);
        const std::string mark = "control: http://127.0.0.1:";
        BOOST_REQUIRE_MESSAGE(eventually([&] { return read_file(out).find("/_control") != std::string::npos || !sandbox_->running(); },
                                         std::chrono::seconds(60)),
                              read_file(out));
        const std::string said = read_file(out);
        BOOST_REQUIRE_MESSAGE(said.find(mark) != std::string::npos, said);
        control_ = static_cast<uint16_t>(std::stoul(said.substr(said.find(mark) + mark.size())));
        std::string yaml = read_file(file);
        replace(yaml, "admin: 127.0.0.1:8081", "admin: 127.0.0.1:0");
        replace(yaml, "store: {sqlite: gatehouse.db,", "store: {sqlite: gatehouse.db, retention: 3650d,");
        replace(yaml, "secret: \"${file:secrets/app}\"",
                "secret: \"${file:secrets/app}\", retry: [1s, 1s, 1s, 2s, 2s, 2s, 2s, 2s, 2s, 2s]");
        if (o.edit) o.edit(yaml);
        write_file(file, yaml);
    }

    Gateway& gateway() { return gateway_; }
    Receiver& receiver() { return receiver_; }
    void start() { BOOST_REQUIRE_MESSAGE(gateway_.start(), gateway_.log()); }
    void kill() { gateway_.stop(SIGKILL); }

    /// Moves all clocks: the gateway's first, so that what the providers sign then is not from its future.
    void advance(std::chrono::seconds by) {
        clock_.advance(by);
        const json moves = {{"advance", std::to_string(by.count()) + "s"}, {"skew", std::to_string(clock_.ahead().count() / 1000) + "s"}};
        const auto answer = request(control_, "POST", "/_control/clock", {}, moves.dump());
        BOOST_REQUIRE_MESSAGE(answer.status == 200, answer.status << " " << answer.body);
    }
    std::chrono::milliseconds ahead() const { return clock_.ahead(); }
    std::chrono::system_clock::time_point now() const { return clock_.now(); }

    json command(const std::string& provider, const std::string& name, const json& arguments = json::object()) {
        const auto answer = request(control_, "POST", "/_control/" + provider + "/" + name, {}, arguments.dump());
        BOOST_REQUIRE_MESSAGE(answer.status == 200, provider << " " << name << ": " << answer.status << " " << answer.body);
        return json::parse(answer.body);
    }
    /// Ids of the messages that it makes.
    std::vector<std::string> send(const std::string& provider, const std::string& type, json more = json::object()) {
        more["type"] = type;
        const json sent = command(provider, "send", more);
        std::vector<std::string> out;
        for (const auto& m : sent["messages"]) out.push_back(m["id"]);
        return out;
    }

    json api(const std::string& path) {
        const auto answer = request(gateway_.admin_port(), "GET", path);
        return answer.status == 200 ? json::parse(answer.body) : json();
    }
    /// What a verb of the program says; the exit code must be `expected`.
    std::string operate(std::vector<std::string> arguments, int expected = 0) {
        const auto [code, text] = gateway_.operate(std::move(arguments));
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << text);
        return text;
    }
    /// The subscriptions of a source as the server sees them now.
    json subscriptions(const std::string& source) {
        const json found = api("/api/v1/subscriptions?refresh=true&source=" + source);
        return found.is_object() ? found["items"] : json::array();
    }
    /// All that are ours, at least one.
    bool has_state(const std::string& source, const std::string& state) {
        const json all = subscriptions(source);
        size_t ours = 0;
        for (const auto& s : all) ours += s["ours"] == true;
        return ours > 0 && std::all_of(all.begin(), all.end(), [&](const json& s) { return s["ours"] != true || s["state"] == state; });
    }

    /// All events that were not refused, by source and dedupe key: how often, and the status of the last.
    struct Stored {
        int count = 0;
        std::string id, status, type;
    };
    std::map<std::string, Stored> stored(const std::string& source) {
        std::map<std::string, Stored> out;
        for (std::string cursor;;) {
            const json page = api("/api/v1/events?limit=500&source=" + source + (cursor.empty() ? "" : "&cursor=" + cursor));
            BOOST_REQUIRE_MESSAGE(page.is_object(), gateway_.log());
            for (const auto& e : page["items"]) {
                if (e["status"] == "refused") continue;
                Stored& s = out[e["dedupe_key"].get<std::string>()];
                ++s.count;
                s.id = e["id"];
                s.status = e["status"];
                s.type = e["type"];
            }
            cursor = page["next"].is_string() ? page["next"].get<std::string>() : "";
            if (cursor.empty()) return out;
        }
    }
    /// The events whose dedupe key is, or ends with, one of the ids are there once each and delivered.
    bool delivered(const std::string& source, const std::vector<std::string>& ids) {
        const auto all = stored(source);
        return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
            const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first.ends_with(id); });
            return found != all.end() && found->second.count == 1 && found->second.status == "delivered";
        });
    }

    static void replace(std::string& text, const std::string& from, const std::string& to) {
        const size_t at = text.find(from);
        BOOST_REQUIRE_MESSAGE(at != std::string::npos, from + " is not in:\n" + text);
        text.replace(at, from.size(), to);
    }

private:
    const uint16_t port_ = free_port();
    ClockShift clock_;
    Receiver receiver_;
    Gateway gateway_{std::string(), clock_.environment()};
    uint16_t control_ = 0;
    std::unique_ptr<Child> sandbox_;
};

} // namespace gh::test
