// A source of Trusted Twin on the small host, and messages for it.
#pragma once

#include <boost/test/unit_test.hpp>

#include "plugins/twin-ledger/hash_form.hpp"
#include "tests/plugins/fake_host.hpp"

namespace twin_test {

inline const std::string k_account = "3b1e0a6c-6a52-4b54-9a8f-0d6f1e6b2c11", k_twin = "7f1c2d3e-4a5b-4c6d-8e9f-0a1b2c3d4e5f";
inline const std::string k_client = "c1i2e3n4t5-_6789", k_server = "server-secret-0123456789abcdefghij";
inline const std::string k_webhooks = "https://rest.trustedtwin.com/notifications/webhooks/" + k_account;
inline constexpr int64_t k_now = 1'772'366'400'000;
inline const std::string k_secret_path = "/hooks/0123456789abcdef0123";

inline const fake::Plugin& plugin() {
    static const fake::Plugin p(TWIN_PLUGIN);
    return p;
}

/// Settings as JSON: the usual ones, changed by `more` (null takes a member away).
inline std::string settings(const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json s = {{"topics", {"line-4"}},
                        {"account", k_account},
                        {"user_secret", "user"},
                        {"client_secret", k_client},
                        {"server_secret", k_server},
                        {"hash",
                         {{"order", {"type", "trigger", "message", "twin", "event", "sent_ts", "subscription"}},
                          {"numbers", "raw"},
                          {"dictionaries", "raw"},
                          {"digest", "hex"}}}};
    s.merge_patch(more);
    return s.dump();
}

struct Message {
    std::string trigger = "ledger.entry.updated", id = "5a5b0000-0000-4000-8000-000000000001", topic = "line-4", account = k_account;
    std::string sent = "1772366399.500", type = "Notification", key = k_client + k_server, token = "cg";
    std::string event = R"({"temperature":{"new_value":21.50,"old_value":null,"changed_ts":1772366399.120},"on":{"new_value":true}})";
    std::string validity = "1772971200.000";
    std::string confirmation_url; ///< makes it a confirmation
    bool hashed = true;

    std::string body() const {
        std::string s = R"({"topic":")" + topic + R"(","account":")" + account + R"(","validity_ts":)" + validity;
        std::string out = R"({"type":")" + type + R"(","message":")" + id + R"(","sent_ts":)" + sent;
        if (confirmation_url.empty()) {
            s += R"(,"refresh_url":")" + k_webhooks + "?token=refresh-" + token + R"(","unsubscribe_url":")" + k_webhooks + "?token=end-" +
                 token + "\"";
            out += R"(,"trigger":")" + trigger + R"(","twin":")" + k_twin + R"(","event":)" + event;
        } else {
            out += R"(,"confirmation_url":")" + confirmation_url + "\"";
        }
        out += R"(,"subscription":)" + s + "}";
        if (hashed) {
            const twin_ledger::hash_form form;
            const auto d = gatehouse::json::parse(out + "}");
            const auto hash = form.hash(twin_ledger::blake2b_key(key), d.root(), !confirmation_url.empty());
            out += ",\"hash\":\"" + hash + "\"";
        }
        return out + "}";
    }
};

inline fake::Request post(const std::string& body) {
    fake::Request r;
    r.body = body;
    r.set("Content-Type", "application/json");
    return r;
}

struct Opened : fake::Source {
    explicit Opened(const std::string& with = settings(), const std::string& path = "/sample",
                    const std::function<void(fake::Host&)>& prepare = {})
        : Source(plugin(), with, GATEHOUSE_OK, path, [&](fake::Host& h) {
              h.now = k_now;
              if (prepare) prepare(h);
          }) {}
    bool open() const { return opened == GATEHOUSE_OK && enrolled == GATEHOUSE_OK; }

    fake::Answer judge(const std::string& body) {
        fake::Request r = post(body);
        return verify(r);
    }
    /// "accept", or the refusal's code, or "503: reason".
    std::string verdict(const std::string& body) {
        const fake::Answer a = judge(body);
        if (a.status != GATEHOUSE_OK) return "503: " + host.reason;
        return a.kind == "accept" ? a.kind : a.code;
    }
    fake::Answer event(const std::string& body) {
        fake::Request r = post(body);
        const fake::Answer a = verify(r);
        BOOST_REQUIRE_MESSAGE(a.kind == "accept", a.code + " " + a.hint + host.reason);
        return handle(r, a);
    }
    /// What a job has put, or finished with, into the state: as the host does once it is on disk.
    void commit(const fake::Job& job) {
        for (const auto& [key, value] : job.state) {
            if (value)
                host.state[key] = *value;
            else
                host.state.erase(key);
        }
    }
};

} // namespace twin_test
