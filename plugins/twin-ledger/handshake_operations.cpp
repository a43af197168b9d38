#include <gatehouse/iso_time.hpp>

#include "handshake.hpp"

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr int64_t k_most_expires = 604'800; // seven days: default and maximum of the provider

constexpr std::string_view k_block = R"({"type": "object", "additionalProperties": false, "properties": {
  "url": {"type": "string", "format": "uri", "maxLength": 512, "description": "Where this source is reached from outside: callback_url"},
  "topic": {"type": "string", "maxLength": 127, "description": "One of the setting topics; may be left out when that names one"},
  "expires": {"type": "integer", "minimum": 60, "maximum": 604800, "description": "Seconds; without it 604800, 7 days, the most there is"}},
  "required": ["url"]})";
constexpr std::string_view k_block_and_id = R"({"type": "object", "additionalProperties": false, "properties": {
  "url": {"type": "string", "maxLength": 512}, "topic": {"type": "string", "maxLength": 127},
  "expires": {"type": "integer", "minimum": 60, "maximum": 604800},
  "id": {"type": "string", "maxLength": 160, "description": "As subscriptions shows it, or the topic"}}})";
constexpr std::string_view k_id = R"({"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
  "id": {"type": "string", "maxLength": 160, "description": "As subscriptions shows it, or the topic"}}})";
constexpr std::string_view k_expect = R"({"type": "object", "additionalProperties": false, "properties": {
  "topic": {"type": "string", "maxLength": 127}, "account": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$"}}})";

/// The topic that the arguments mean. Throws failure::invalid.
std::string topic_of(const workshop& w, const json::document& a) {
    std::string topic(a["topic"].text());
    if (topic.empty()) topic = a["id"].text().substr(0, a["id"].text().find('#'));
    if (topic.empty() && w.settings.topics.size() == 1) topic = w.settings.topics.front();
    if (topic.empty()) throw failure::invalid("the setting topics names several topics: say which in \"topic\"");
    if (!w.settings.names_topic(topic)) throw failure::invalid("the setting topics does not name \"" + printable(topic) + "\"");
    return topic;
}

/// "expires" and, always when there is one, "client_secret": a refresh without it would switch the hash off.
json::object terms(const workshop& w, const json::document& a) {
    json::object o;
    o.add("expires", a["expires"].integer().value_or(k_most_expires));
    if (w.settings.hashed) o.add("client_secret", w.host.secret("client_secret").value_or(""));
    return o;
}

/// Takes the server secret out of an answer: one change for our state; `record` tells the host.
std::vector<state_change> keep_secret(const workshop& w, const std::string& topic, std::string_view secret) {
    std::vector<state_change> out;
    if (secret.empty()) return out;
    const size_t size = secret.size() + w.host.secret("client_secret").value_or("").size();
    if (size > k_most_key)
        w.host.warning("the server_secret that the provider gave makes, with client_secret, a key of " + std::to_string(size) +
                       " bytes; BLAKE2b takes at most 64, so hashes cannot be checked");
    out.push_back(w.memory.put_secret(topic, secret, w.settings.overlap));
    return out;
}

std::vector<state_change> one(state_change c) {
    std::vector<state_change> out;
    out.push_back(std::move(c));
    return out;
}

subscription_record with_secret(subscription_record r, std::string_view secret) {
    return secret.empty() ? std::move(r) : std::move(r).captured("server_secret", std::string(secret));
}

/// With `update` the id stays.
job<result> subscribe(workshop w, const json::document& a, bool update) {
    const std::string topic = topic_of(w, a), callback(a["url"].text());
    if (!url::parse(callback)) co_return failure::invalid("url is not an http or https URL");
    if (!w.settings.reads) co_return failure::refused("user_secret is not set: without it nothing can be subscribed to");
    const auto old = w.memory.find(topic);
    subscription s;
    s.topic = topic;
    s.account = w.settings.account;
    s.callback_url = callback;
    s.expires = a["expires"].integer().value_or(k_most_expires);
    s.id = update && old ? old->id : w.memory.new_id(topic);
    s.hashed = w.settings.hashed;
    s.since = w.host.now();
    // On disk before the call: the confirmation may come before the answer.
    const state_change asked = w.memory.put(s);
    co_await put_state(asked);
    json::object body = terms(w, a);
    body.add("callback_url", callback).add("topic", topic);
    const http::response answer = co_await authorized(http::post(w.settings.at("notifications/webhooks"))).json(body);
    const std::string what = "POST notifications/webhooks for topic " + topic;
    if (answer.status() != 201 && answer.status() != 200) {
        // Refused outright: what was there before is still so. Without an answer nobody knows.
        if (answer.net() == GATEHOUSE_NET_OK && answer.status() < 500) {
            // Apart from co_await: gcc 12 destroys the operands of a conditional there too early.
            std::vector<state_change> back = old ? one(w.memory.put(*old)) : w.memory.forget(topic);
            co_await put_state(std::move(back));
        }
        co_return unwanted(answer, what, w.host.now());
    }
    const json::document d = answer.json();
    const json::value given = subscription_in(d);
    const std::string account(given["account"].text()), secret(d["server_secret"].text());
    if (given["topic"].text() != topic || account.empty())
        co_return failure::invalid(what + ": the answer names another topic, or no account");
    if (!w.settings.account.empty() && !equals_ignoring_case(account, w.settings.account))
        co_return failure::refused(what + ": the answer is for account " + printable(account) + ", the setting account says " +
                                   w.settings.account);
    if (w.settings.hashed && secret.empty()) co_return failure::invalid(what + ": client_secret was given, but no server_secret came back");
    s.account = account;
    // The confirmation may have been followed while the answer was on its way.
    const auto now = w.memory.find(topic);
    s.phase = now && now->phase == phase::active ? phase::active : phase::pending;
    if (now) s.confirmed_by = now->confirmed_by;
    std::vector<state_change> changes = keep_secret(w, topic, secret);
    changes.push_back(w.memory.put(s));
    capabilities c = w.memory.urls(topic);
    if (old && old->callback_url != callback && !c.unsubscribe_url.empty()) c.retired_url = c.unsubscribe_url;
    c.valid_until = parse_ts(given["validity_ts"].number());
    c.at = w.host.now();
    changes.push_back(w.memory.put(topic, c));
    co_await put_state(std::move(changes));
    const auto record = with_secret(w.memory.record(s), secret);
    co_return document(record.json().text());
}

job<result> renew(workshop w, const json::document& a) {
    const std::string topic = topic_of(w, a);
    auto s = w.memory.find(topic);
    const capabilities before = w.memory.urls(topic);
    if (!s || before.refresh_url.empty())
        co_return failure::refused("no refresh URL of topic " + topic +
                                   " is known: it comes with the next verified notification; or subscribe again");
    s->renewing = w.host.now();
    const state_change begun = w.memory.put(*s);
    co_await put_state(begun);
    const json::object body = terms(w, a);
    const std::string url = url::parse(before.refresh_url)->text();
    const http::response answer = co_await http::patch(url).header("Accept", "application/json").json(body);
    const std::string what = "PATCH refresh_url of topic " + topic;
    s->renewing.reset();
    if (!answer.ok()) {
        // Whether it took effect is not known without an answer: then hashes stay in doubt for a while.
        if (answer.net() == GATEHOUSE_NET_OK) {
            const state_change ended = w.memory.put(*s);
            co_await put_state(ended);
        }
        if (answer.status() == 404 || answer.status() == 400)
            co_return failure::invalid(unwanted(answer, what, w.host.now()).text() + "; it may have lapsed: subscribe again");
        co_return unwanted(answer, what, w.host.now());
    }
    const json::document d = answer.json();
    const json::value given = subscription_in(d);
    const std::string secret(d["server_secret"].text());
    if (given["topic"].text() != topic) co_return failure::invalid(what + ": the answer is for another topic");
    capabilities c = before;
    c.valid_until = parse_ts(given["validity_ts"].number());
    c.at = w.host.now();
    if (w.settings.is_capability(given["refresh_url"].text(), s->account)) c.refresh_url = given["refresh_url"].text();
    if (w.settings.is_capability(given["unsubscribe_url"].text(), s->account)) c.unsubscribe_url = given["unsubscribe_url"].text();
    if (!d["callback_url"].text().empty()) s->callback_url = d["callback_url"].text();
    s->hashed = w.settings.hashed;
    s->expires = a["expires"].integer().value_or(k_most_expires);
    std::vector<state_change> changes = keep_secret(w, topic, secret);
    changes.push_back(w.memory.put(*s));
    changes.push_back(w.memory.put(topic, c));
    co_await put_state(std::move(changes));
    const auto record = with_secret(w.memory.record(*s), secret);
    co_return document(record.json().text());
}

job<result> unsubscribe(workshop w, const json::document& a) {
    const std::string topic = topic_of(w, a);
    const capabilities c = w.memory.urls(topic);
    const auto known = w.memory.find(topic);
    // Another id of this topic: it was replaced, and is ended when its successor is confirmed.
    if (known && a["id"].text() != topic && a["id"].text() != known->id) co_return done();
    if (c.unsubscribe_url.empty()) {
        if (!known) co_return done();
        co_return failure::refused("no unsubscribe URL of topic " + topic +
                                   " is known: it comes with the confirmation or the next verified notification. Unconfirmed or not "
                                   "refreshed, the subscription lapses by itself within seven days");
    }
    const std::string url = url::parse(c.unsubscribe_url)->text();
    const http::response answer = co_await http::del(url).header("Accept", "application/json");
    if (!answer.ok() && answer.status() != 404) co_return unwanted(answer, "DELETE unsubscribe_url of topic " + topic, w.host.now());
    co_return done(w.memory.forget(topic));
}

job<result> list(workshop w, const json::document&) {
    json::array out;
    for (const auto& topic : w.settings.topics)
        if (const auto s = w.memory.find(topic)) out.add(w.memory.record(*s).json());
    co_return document(out.text());
}

/// Whoever subscribed by hand has the answer; the confirmation comes here all the same.
job<result> expect(workshop w, const json::document& a) {
    subscription s;
    s.topic = topic_of(w, a);
    s.account = a["account"] ? a["account"].text() : std::string_view(w.settings.account);
    if (s.account.empty()) co_return failure::invalid("say which account, here or in the settings");
    s.phase = phase::pending;
    s.hashed = w.settings.hashed;
    s.id = w.memory.new_id(s.topic);
    s.since = w.host.now();
    std::vector<state_change> changes;
    changes.push_back(w.memory.put(s));
    co_return document(w.memory.record(s).json().text()).state(std::move(changes));
}

} // namespace

void enroll_subscriptions(registry& r, workshop w) {
    r.operation("subscribe", "Subscribe to a topic; the confirmation message that follows is answered by itself", k_block, "subscribe",
                [w](const json::document& a) { return subscribe(w, a, false); });
    r.operation("update", "Subscribe anew with other values; the old subscription is ended when the new one is confirmed", k_block_and_id,
                "update", [w](const json::document& a) { return subscribe(w, a, true); });
    r.operation("renew", "Refresh the subscription before it lapses, which it does within seven days", k_block_and_id, "renew",
                [w](const json::document& a) { return renew(w, a); });
    r.operation("unsubscribe", "End the subscription of a topic", k_id, "unsubscribe",
                [w](const json::document& a) { return unsubscribe(w, a); });
    r.operation("subscriptions", "What is remembered of this source's subscriptions: the provider has no list", {}, "list",
                [w](const json::document& a) { return list(w, a); });
    r.operation("expect", "Follow the next confirmation of a topic that was subscribed to by hand", k_expect, "confirm",
                [w](const json::document& a) { return expect(w, a); });
}

} // namespace twin_ledger
