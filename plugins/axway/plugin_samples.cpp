#include "plugin_samples.hpp"

using namespace gatehouse;

namespace axway {

namespace {

constexpr std::string_view k_secret = "streams-header-secret-0001";
constexpr std::string_view k_old_secret = "streams-header-secret-0000";
constexpr std::string_view k_subscription = "6ab0d86f-1c6e-4b37-a5d1-5e1b0b7a1c11";
constexpr std::string_view k_topic = "00ae73f5-5349-40c4-91b6-2e58a36b5365";
constexpr int64_t k_seconds = 1769860800;

// Documents and patch as printed in Streams' documentation (subscribers, "JSON patch").
constexpr std::string_view k_snapshot = R"({"baz":"qux","foo":"bar"})";
constexpr std::string_view k_patch = R"([{"op":"replace","path":"/baz","value":"boo"},{"op":"add","path":"/hello","value":["world"]},)"
                                     R"({"op":"remove","path":"/foo"}])";
constexpr std::string_view k_error = R"({"datetime":"2018-09-03T13:16:02.120Z","subscriptionId":"6ab0d86f-1c6e-4b37-a5d1-5e1b0b7a1c11",)"
                                     R"("code":40000,"category":"subscription","message":"Subscriber error"})";

std::string with_header(std::string_view secret) {
    return json::object({{"header", json::object({{"value", secret}})}, {"subscriptions", json::array({k_subscription})}}).text();
}

std::string with_clients() {
    return json::object({{"clients", json::array({json::object({{"id", "streams"}, {"secret", "streams-client-secret-01"}})})}}).text();
}

struct fields {
    std::string_view secret = k_secret, subscription = k_subscription, topic = k_topic, event = "00ae73f5-5349-40c4-91b6-2e58a36b5365#1",
                     type = "snapshot", authorization = {};
};

/// A header that is not wanted is given as an empty text.
std::string post(const fields& f, std::string_view body) {
    std::string out = "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\n";
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) out += std::string(name) + ": " + std::string(value) + "\n";
    };
    add("Authorization", f.authorization);
    add("X-Gatehouse-Secret", f.secret);
    add("X-Axway-Streams-Subscription-Id", f.subscription);
    add("X-Axway-Streams-Topic-Id", f.topic);
    add("X-Axway-Streams-Event-Id", f.event);
    add("X-Axway-Streams-Event-Type", f.type);
    add("Content-Length", std::to_string(body.size()));
    return out + "\n" + std::string(body);
}

} // namespace

std::vector<sample> samples() {
    std::vector<sample> out;
    const time_point at = at_seconds(k_seconds);
    const auto accept = [&](std::string_view name, const fields& f, std::string_view body, std::string_view type) {
        out.push_back(sample::accept(name, with_header(k_secret), at, post(f, body), type));
    };
    const auto refuse = [&](std::string_view name, const std::string& settings, const fields& f, std::string_view code) {
        out.push_back(sample::refuse(name, settings, at, post(f, k_snapshot), code));
    };
    accept("snapshot", {}, k_snapshot, "snapshot");
    accept("snapshot that is an array", {}, R"([{"id":1},{"id":2}])", "snapshot");
    accept("patch", {.type = "patch"}, k_patch, "patch");
    accept("patch as one bare operation", {.type = "patch"}, R"({"op":"remove","path":"/1"})", "patch");
    accept("error", {.type = "error"}, k_error, "error");
    accept("event as published", {.type = "event"}, R"({"Status":"new","ChangeEventHeader":{"entityName":"Lead"}})", "event");
    accept("test call with no ids", {.subscription = "", .topic = "", .event = "", .type = ""}, R"({"anything":true})", "unknown");
    accept("type of tomorrow", {.type = "tombstone"}, "{}", "unknown");
    accept("not JSON", {}, "hello", "snapshot");
    out.push_back(sample::accept("new and old secret",
                                 json::object({{"header", json::object({{"value", json::array({k_secret, k_old_secret})}})}}).text(), at,
                                 post({.secret = k_old_secret}, k_snapshot), "snapshot"));

    const std::string header = with_header(k_secret), oauth = with_clients();
    refuse("no secret", header, {.secret = ""}, "header_missing");
    refuse("wrong secret", header, {.secret = "streams-header-secret-0002"}, "secret_mismatch");
    refuse("secret cut short", header, {.secret = k_secret.substr(0, 25)}, "secret_mismatch");
    refuse("foreign subscription", header, {.subscription = "11111111-1111-4111-8111-111111111111"}, "subscription_foreign");
    refuse("foreign topic", json::object({{"header", json::object({{"value", k_secret}})}, {"topics", json::array({"another"})}}).text(),
           {}, "topic_foreign");
    refuse("no token", oauth, {}, "header_missing");
    refuse("another scheme", oauth, {.authorization = "Basic c3RyZWFtczpzdHJlYW1zLWNsaWVudC1zZWNyZXQtMDE="}, "header_malformed");
    refuse("token that was never issued", oauth, {.authorization = "Bearer 2YotnFZFEjr1zCsicMWpAA"}, "token_unknown");
    refuse("the client's secret is no token", oauth, {.authorization = "Bearer streams-client-secret-01"}, "token_unknown");
    refuse("empty token", oauth, {.authorization = "Bearer "}, "header_malformed");
    return out;
}

} // namespace axway
