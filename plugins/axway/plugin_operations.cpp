#include "plugin_operations.hpp"

#include <algorithm>
#include <set>

namespace axway {

using gatehouse::document;
using gatehouse::done;
using gatehouse::failure;
using gatehouse::job;
using gatehouse::result;
using gatehouse::state_change;
using gatehouse::subscription_record;
using gatehouse::subscription_state;
namespace http = gatehouse::http;

namespace {

constexpr milliseconds k_creating_time = std::chrono::minutes(5);

constexpr std::string_view k_block = R"({
  "type": "object", "additionalProperties": false, "required": ["url", "topic"],
  "properties": {
    "url": {"type": "string", "format": "uri", "description": "Public address of this source; the token endpoint is <url>/oauth/token"},
    "topic": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id or name of the topic"},
    "mode": {"type": "string", "enum": ["snapshot-only", "snapshot-patch", "event"], "description": "Without it the topic's own default"},
    "client": {"type": "string", "description": "Which of the settings' clients Streams becomes; without it the first"},
    "oauth_mode": {"type": "string", "enum": ["header", "body"], "description": "How Streams sends the client's credentials; without it header"},
    "scope": {"type": "string", "maxLength": 1000, "description": "Handed to Streams as it is, which hands it back to us"}
  }
})";
constexpr std::string_view k_id = R"({
  "type": "object", "additionalProperties": false, "required": ["id"],
  "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id of the subscription"}}
})";
constexpr std::string_view k_list = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"topic": {"type": "string", "minLength": 1, "maxLength": 200,
                 "description": "Only of this topic (id or name); without it, of all topics that this source knows, else of all there are"},
                 "sort": {"type": "string", "enum": ["subscriptionMode,ASC", "subscriptionMode,DESC", "webhookUrl,ASC", "webhookUrl,DESC"],
                 "description": "Order within each topic, which Streams makes"}}
})";
constexpr std::string_view k_test = R"({
  "type": "object", "additionalProperties": false, "required": ["id"],
  "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 200},
                 "body": {"type": "object", "additionalProperties": true, "description": "Sent as it is; without it {\"test\":true}"}}
})";
constexpr std::string_view k_exchanges = R"({
  "type": "object", "additionalProperties": false, "required": ["id"],
  "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 200},
                 "start": {"type": "string", "description": "2026-01-31T12:00:00Z; without both, Streams tells of its last five minutes"},
                 "end": {"type": "string"}}
})";
constexpr std::string_view k_recover = R"({
  "type": "object", "additionalProperties": true, "required": ["since", "until"],
  "properties": {"since": {"type": "string"}, "until": {"type": "string"}, "cursor": {"type": ["string", "null"]}, "limit": {"type": "integer"}}
})";
constexpr std::string_view k_revoke = R"({
  "type": "object", "additionalProperties": false,
  "properties": {"client": {"type": "string", "description": "Only the tokens of this client; without it all"}}
})";

std::string subscription_path(std::string_view id) {
    return "/subscriptions/" + gatehouse::percent_encode(id);
}

std::string id_of(const json::document& a) {
    if (!is_id(a["id"].text())) throw failure::invalid("id: is not an id of Streams");
    return std::string(a["id"].text());
}

} // namespace

void operations::enroll(gatehouse::registry& r) const {
    r.operation("documents", "The documents that this source keeps, and which of them are stale", "", "",
                [this](const arguments& a) { return documents(a); });
    if (!configuration_.clients.empty())
        r.operation("revoke-tokens", "Forgets access tokens: Streams must fetch new ones", k_revoke, "",
                    [this](const arguments& a) { return revoke(a); });
    if (!configuration_.api) return;
    r.operation("subscribe", "Creates a subscription with this source's own protection, and pins its id", k_block, "subscribe",
                [this](const arguments& a) { return subscribe(a); });
    r.operation("list", "Subscriptions at Streams", k_list, "list", [this](const arguments& a) { return list(a); });
    r.operation("get", "One subscription", k_id, "", [this](const arguments& a) { return get(a); });
    r.operation("unsubscribe", "Deletes a subscription; one that is gone already is success", k_id, "unsubscribe",
                [this](const arguments& a) { return unsubscribe(a); });
    r.operation("reactivate", "Makes Streams send again after it suspended the subscription", k_id, "",
                [this](const arguments& a) { return set_status(a, "active"); });
    r.operation("suspend", "Makes Streams stop sending", k_id, "", [this](const arguments& a) { return set_status(a, "suspended"); });
    r.operation("test", "Makes Streams send a body of your own", k_test, "test", [this](const arguments& a) { return test(a); });
    r.operation("exchanges", "What Streams sent, and what it heard", k_exchanges, "history",
                [this](const arguments& a) { return exchanges(a); });
    r.operation("recover", "What Streams could not deliver", k_recover, "recover", [this](const arguments& a) { return recover(a); });
    r.operation("resync", "Deletes a subscription and creates it anew, so that a snapshot comes", k_id, "",
                [this](const arguments& a) { return resync(a); });
}

std::optional<wanted> operations::pin_of(const std::string& subscription) const {
    const auto text = host_.get_state(pin_key(subscription));
    if (!text) return std::nullopt;
    const json::document d = json::parse(*text);
    return wanted::parse(d.root());
}

std::vector<state_change> operations::pin(const std::string& subscription, const wanted& w) const {
    std::vector<state_change> out;
    out.emplace_back(pin_key(subscription), w.json().text());
    out.emplace_back(k_pinned, "1");
    out.push_back(state_change::remove(k_creating));
    document_keeper::remember(host_, subscription, true, out);
    return out;
}

std::vector<state_change> operations::expect_new(const wanted& w) const {
    std::vector<state_change> out;
    out.emplace_back(k_creating, std::to_string((host_.now() + k_creating_time).time_since_epoch().count()));
    out.emplace_back(k_callback, w.url);
    return out;
}

subscription_record operations::record(json::value v, const std::string& topic) const {
    const std::string id(v["id"].text()), status(v["subscriptionStatus"].text());
    wanted w = pin_of(id).value_or(wanted());
    if (!v["webhookUrl"].text().empty()) w.url = v["webhookUrl"].text();
    if (!v["subscriptionMode"].text().empty()) w.mode = v["subscriptionMode"].text();
    if (w.topic.empty()) w.topic = topic;
    if (!v["authorization"]["clientId"].text().empty()) w.client = v["authorization"]["clientId"].text();
    if (!v["authorization"]["mode"].text().empty()) w.oauth_mode = v["authorization"]["mode"].text();
    const subscription_state state = status.empty() || status == "active" ? subscription_state::active
                                     : status == "suspended"              ? subscription_state::suspended
                                                                          : subscription_state::disabled;
    subscription_record out = subscription_record(id, state).facts(w.json());
    // The builder gives itself back: assigning that to itself would empty it.
    if (!w.url.empty() && host_.get_state(k_callback) == w.url) std::move(out).ours(true);
    std::string detail = documents_.remark(id);
    if (state == subscription_state::suspended)
        detail = "Streams stopped sending: run the operation reactivate" + (detail.empty() ? "" : "; " + detail);
    if (state == subscription_state::disabled) detail = "status " + gatehouse::printable(status) + (detail.empty() ? "" : "; " + detail);
    if (!detail.empty()) std::move(out).detail(std::move(detail));
    return out;
}

job<result> operations::subscribe(const arguments& a) const {
    const wanted w = wanted::parse(a.root());
    co_await gatehouse::put_state(expect_new(w));
    const std::string created = co_await api_.create(w);
    const json::document d = json::parse(created);
    const std::string id(d["id"].text());
    auto changes = pin(id, w);
    const std::string status(d["subscriptionStatus"].text());
    const auto state = status.empty() || status == "active" ? subscription_state::active : subscription_state::suspended;
    co_return document(subscription_record(id, state).facts(w.json()).ours(true).json().text()).state(std::move(changes));
}

job<result> operations::list(const arguments& a) const {
    std::vector<std::string> topics;
    const std::string sort(a["sort"].text());
    const auto add = [&](const std::string& t) {
        if (!t.empty() && std::find(topics.begin(), topics.end(), t) == topics.end()) topics.push_back(t);
    };
    if (a["topic"]) {
        add(std::string(a["topic"].text()));
    } else {
        for (const std::string& t : configuration_.topics) add(t);
        for (const std::string& id : document_keeper::known(host_))
            if (const auto p = pin_of(id)) add(p->topic);
        if (topics.empty()) topics = co_await api_.topics();
    }
    json::array out;
    std::set<std::string> seen; // a topic may be known by its name and by its id
    for (const std::string& topic : topics) {
        const std::vector<std::string> found = co_await api_.of_topic(topic, sort);
        for (const std::string& text : found) {
            const json::document d = json::parse(text);
            if (!is_id(d["id"].text()) || !seen.insert(std::string(d["id"].text())).second) continue;
            out.add(record(d.root(), topic).json());
        }
    }
    co_return document(out.text());
}

job<result> operations::get(const arguments& a) const {
    const std::string id = id_of(a);
    const http::response answer = co_await api_.expect(200, "GET", subscription_path(id));
    const json::document d = answer.json();
    if (d["id"].text() != id) co_return failure::invalid("GET " + subscription_path(id) + ": the answer is about another subscription");
    co_return document(record(d.root(), "").json().text());
}

job<result> operations::unsubscribe(const arguments& a) const {
    const std::string id = id_of(a);
    const http::response answer = co_await api_.call("DELETE", subscription_path(id));
    if (answer.status() != 404 && !answer.ok()) throw api_failure(answer, "DELETE " + subscription_path(id), host_.now());
    std::vector<state_change> changes;
    for (const std::string& key : {pin_key(id), document_key(id), meta_key(id), suspect_key(id)})
        changes.push_back(state_change::remove(key));
    document_keeper::remember(host_, id, false, changes);
    co_return done(std::move(changes));
}

job<result> operations::set_status(const arguments& a, std::string status) const {
    const std::string id = id_of(a);
    co_await api_.expect(200, "PATCH", subscription_path(id), json::object::of("subscriptionStatus", status).text());
    co_return done();
}

job<result> operations::test(const arguments& a) const {
    const std::string id = id_of(a), body(a["body"] ? a["body"].raw() : R"({"test":true})");
    co_await api_.expect(202, "POST", subscription_path(id) + "/test", body);
    co_return done();
}

job<result> operations::documents(const arguments&) const {
    co_return document(documents_.overview());
}

job<result> operations::revoke(const arguments& a) const {
    size_t count = 0;
    auto changes = tokens_.revoke(a["client"].text(), count);
    co_return document(json::object::of("revoked", count).text()).state(std::move(changes));
}

} // namespace axway
