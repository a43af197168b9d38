// The axway plugin on the small host, with requests as Streams sends them.
#pragma once

#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace axway_test {

inline const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(AXWAY_PLUGIN));
    return p;
}

constexpr const char* k_oauth = R"({"clients": [{"id": "streams", "secret": ["new-secret:with/odd+chars=", "old-secret-of-streams"]},
                                               {"id": "other one", "secret": "the-secret-of-the-other"}]})";
constexpr const char* k_header = R"({"header": {"value": ["header-secret-number-1", "header-secret-number-0"]}})";

inline fake::Request notification(const std::string& type, const std::string& body, const std::string& event = "t-1#1",
                                  const std::string& subscription = "sub-1") {
    fake::Request r;
    r.body = body;
    r.received_at = 1'600'000'000'000;
    r.set("X-Gatehouse-Secret", "header-secret-number-1").set("X-Axway-Streams-Subscription-Id", subscription);
    r.set("X-Axway-Streams-Topic-Id", "t-1").set("X-Axway-Streams-Event-Id", event);
    return r.set("X-Axway-Streams-Event-Type", type);
}

inline fake::Request token_request(const std::string& body, const std::string& authorization = "") {
    fake::Request r;
    r.path = "/oauth/token";
    r.target = "/sample/oauth/token";
    r.body = body;
    r.set("Content-Type", "application/x-www-form-urlencoded");
    if (!authorization.empty()) r.set("Authorization", authorization);
    return r;
}

inline std::string basic(const std::string& pair) {
    return "Basic " + gh::to_base64(pair);
}

inline void commit(fake::Source& s, const std::map<std::string, std::optional<std::string>>& changes) {
    for (const auto& [key, value] : changes) {
        if (value)
            s.host.state[key] = *value;
        else
            s.host.state.erase(key);
    }
}

/// Route 1 of a source with clients, as the host calls it: verify, handle, commit.
inline fake::Answer ask_token(fake::Source& s, fake::Request r) {
    const auto verdict = s.verify(r, 1);
    BOOST_REQUIRE(verdict.kind == "accept");
    auto a = s.handle(r, verdict, 1);
    BOOST_REQUIRE_MESSAGE(a.status == GATEHOUSE_OK && a.calls == 1, s.host.reason);
    BOOST_TEST(a.kind == "respond"); // whatever comes, never an event
    commit(s, a.state);
    return a;
}

inline std::string field(const std::vector<std::pair<std::string, std::string>>& headers, const std::string& name) {
    for (const auto& [n, v] : headers)
        if (n == name) return v;
    return "";
}

} // namespace axway_test
