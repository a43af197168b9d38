// The simulated Basiq on the bench, with its secrets and a token at hand.
#pragma once

#include "core/sandbox/receiver.hpp"

#include "tests/plugins/simulator_bench.hpp"

struct Basiq : gh::test::SimulatorBench {
    explicit Basiq(const std::string& settings = "{}") : SimulatorBench(BASIQ_SIMULATOR, settings) {
        if (!opened()) return;
        const auto described = describe();
        const auto parsed = gh::json::parse(described);
        BOOST_REQUIRE(parsed.ok());
        if (const auto* secrets = parsed->find("secrets")) {
            api_key = secrets->text_of("api_key");
            secret = secrets->text_of("secret");
        }
    }
    std::string api_key, secret;

    Answer token_call(std::vector<gh::http::Field> fields, const std::string& body = "scope=SERVER_ACCESS") {
        return call("POST", "/token", fields, body);
    }
    std::vector<gh::http::Field> token_fields() const {
        return {{"Authorization", "Basic " + api_key}, {"basiq-version", "3.0"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    }
    std::vector<gh::http::Field> bearer() {
        if (token_.empty()) token_ = token_call(token_fields()).json.text_of("access_token");
        return {{"Authorization", "Bearer " + token_}};
    }
    Answer get(const std::string& target) { return call("GET", target, bearer()); }
    Answer post(const std::string& target, const std::string& body) { return call("POST", target, bearer(), body); }
    /// The path and query of a link, which must lead to the simulator.
    static std::string target_of(std::string_view link) {
        constexpr std::string_view base = "http://127.0.0.1:4011";
        BOOST_REQUIRE_MESSAGE(link.starts_with(base), std::string(link));
        return std::string(link.substr(base.size()));
    }
    bool genuine(const Sent& s, const std::string& with) const {
        gh::http::Request r;
        r.fields = s.fields;
        r.body = s.body;
        return gh::sandbox::is_genuine(r, {with}, time());
    }
    bool genuine(const Sent& s) const { return genuine(s, secret); }

private:
    std::string token_;
};
