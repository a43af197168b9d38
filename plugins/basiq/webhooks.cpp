#include "webhooks.hpp"

using namespace gatehouse;

namespace basiq {

namespace {

constexpr std::string_view k_subscribe_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["url", "events"],
  "properties": {
    "url": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2000, "description": "Where Basiq posts to: this source's address as the internet sees it"},
    "events": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1, "maxLength": 128}, "description": "Event types, as user.created"},
    "name": {"type": "string", "maxLength": 200},
    "description": {"type": "string", "maxLength": 1000}
  }
})";
constexpr std::string_view k_update_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["id", "url", "events"],
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id of the webhook"},
    "url": {"type": "string", "format": "uri", "minLength": 1, "maxLength": 2000},
    "events": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1, "maxLength": 128}},
    "name": {"type": "string", "maxLength": 200},
    "description": {"type": "string", "maxLength": 1000}
  }
})";
constexpr std::string_view k_id_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["id"],
  "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id of the webhook"}}
})";
constexpr std::string_view k_test_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["event"],
  "properties": {
    "event": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Event type; every webhook subscribed to it gets the message"},
    "text": {"type": "string", "maxLength": 1000, "description": "Comes back in the message"}
  }
})";
constexpr std::string_view k_history_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["id"],
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Id of the webhook"},
    "since": {"type": "string", "format": "date-time"},
    "status": {"type": "string", "enum": ["Success", "Failed"]},
    "type": {"type": "string", "minLength": 1, "maxLength": 128, "description": "Event type"},
    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
  }
})";

constexpr size_t k_most_pages = 200;
// After creating a webhook up to 15 minutes may pass before messages flow (api.basiq.io/docs/webhooks).
constexpr auto k_cool_off = std::chrono::minutes(15);

std::string cooling_key(std::string_view id) {
    return "flows-from:" + std::string(id.substr(0, 200));
}

json::object body_of_block(const json::document& block) {
    json::object out;
    out.add("url", block["url"]);
    json::array events;
    for (const json::value e : block["events"].elements()) events.add(e);
    out.add("subscribedEvents", events);
    for (const char* name : {"name", "description"})
        if (block[name]) out.add(name, block[name]);
    return out;
}

/// The words of a filter cannot hold a quote: it would end the value.
std::string quoted(std::string_view value) {
    if (value.find('\'') != value.npos) throw failure::invalid("a filter's value cannot hold the character '");
    return "'" + std::string(value) + "'";
}

} // namespace

std::vector<std::string> subscribed_events(json::value webhook) {
    std::vector<std::string> out;
    const json::value events = webhook["subscribedEvents"];
    if (events.is_string() && !events.text().empty()) out.emplace_back(events.text());
    for (const json::value e : events.elements()) out.emplace_back(e.text());
    return out;
}

std::vector<json::value> data_of(const json::document& list) {
    std::vector<json::value> out;
    const json::value data = list["data"];
    if (data.is_object()) out.push_back(data);
    for (const json::value e : data.elements()) out.push_back(e);
    return out;
}

bool delivered(json::value message) {
    for (const json::value a : message["attempts"].elements()) {
        const json::value status = a["responseStatusCode"];
        const std::string_view code = status.is_string() ? status.text() : status.number();
        if (a["status"].text() == "Success" || (code.size() == 3 && code[0] == '2')) return true;
    }
    return false;
}

std::string filter_time(time_point t) {
    return clock_text(t, 'T') + "Z";
}

void webhooks::enroll(registry& r) {
    r.operation("list", "Webhooks of this application at Basiq", "", "list", [this](const json::document& a) { return list(a); });
    r.operation("subscribe", "Creates a webhook", k_subscribe_schema, "subscribe",
                [this](const json::document& a) { return subscribe(a); });
    r.operation("update", "Changes a webhook in place", k_update_schema, "update", [this](const json::document& a) { return update(a); });
    r.operation("unsubscribe", "Deletes a webhook", k_id_schema, "unsubscribe", [this](const json::document& a) { return unsubscribe(a); });
    r.operation("test", "Lets Basiq send a test message", k_test_schema, "test", [this](const json::document& a) { return test(a); });
    r.operation("history", "Messages of a webhook with their attempts", k_history_schema, "history",
                [this](const json::document& a) { return history(a); });
}

subscription_record webhooks::record(json::value w, bool with_secret, std::optional<time_point> flows) const {
    const std::string id(w["id"].text());
    if (id.empty()) throw failure::invalid("Basiq's answer holds a webhook without an id");
    json::array events;
    for (const std::string& e : subscribed_events(w)) events.add(e);
    json::object facts = json::object::of("url", w["url"].text(), "events", events);
    for (const char* name : {"name", "description"})
        if (w[name].is_string()) facts.add(name, w[name].text());
    if (!flows)
        if (const auto stored = api_.host().get_state(cooling_key(id)))
            if (const auto at = detail::parse_digits(*stored, 15)) flows = time_point(milliseconds(*at));

    const std::string_view status = w["status"].text();
    subscription_state state = subscription_state::active;
    std::string why;
    if (status == "pending-approval") {
        state = subscription_state::pending_approval;
        why = "Basiq has not approved it yet; how that happens is not documented, ask Basiq's support if it stays";
    } else if (!status.empty() && status != "active") {
        // Basiq documents no other status, but says that a webhook is removed or disabled after the last of eight failed attempts.
        state = subscription_state::suspended;
        why = "Basiq says \"" + printable(status, 60) + "\"; probably the eighth attempt of a message failed";
    } else if (flows && *flows > api_.host().now()) {
        state = subscription_state::cooling;
        why = "new: up to 15 minutes may pass before messages flow, so by " + filter_time(*flows);
    }
    subscription_record out(id, state);
    out.facts(facts).detail(std::move(why));
    if (const std::string_view secret = w["secret"].text(); with_secret && !secret.empty()) out.captured("secret", std::string(secret));
    return out;
}

job<std::vector<json::document>> webhooks::all() {
    std::vector<json::document> out;
    std::string link = api_.at("notifications/webhooks");
    for (size_t page = 0; !link.empty(); ++page) {
        if (page == k_most_pages) co_return failure::invalid("Basiq's list of webhooks does not end");
        const http::response answer = co_await api_.send(http::get(link));
        const json::document body = api_.body_of("GET /notifications/webhooks", answer);
        for (const json::value w : data_of(body)) out.push_back(json::parse(w.raw()));
        const std::string_view next = body["links"]["next"].text();
        link = next.empty() ? std::string() : api_.pinned("links.next", next);
    }
    co_return std::move(out);
}

job<result> webhooks::list(const json::document&) {
    json::array records;
    const std::vector<json::document> found = co_await all();
    for (const json::document& w : found) records.add(record(w.root(), false).json());
    co_return document(records.text());
}

job<result> webhooks::subscribe(const json::document& block) {
    const http::response answer = co_await api_.send(http::post(api_.at("notifications/webhooks")).json(body_of_block(block)));
    const json::document made = api_.body_of("POST /notifications/webhooks", answer);
    const std::string id(made["id"].text());
    const time_point flows = api_.host().now() + k_cool_off;
    const std::string text = std::to_string(flows.time_since_epoch().count());
    const subscription_record r = record(made.root(), true, flows);
    std::vector<state_change> state;
    state.emplace_back(cooling_key(id), text);
    co_return document(r.json().text()).state(std::move(state));
}

job<result> webhooks::update(const json::document& block) {
    const std::string path = "notifications/webhooks/" + http::segment("id", block["id"].text());
    const http::response answer = co_await api_.send(http::post(api_.at(path)).json(body_of_block(block)));
    const json::document changed = api_.body_of("POST /" + path, answer);
    co_return document(record(changed.root(), true).json().text());
}

job<result> webhooks::unsubscribe(const json::document& block) {
    const std::string id(block["id"].text());
    const std::string path = "notifications/webhooks/" + http::segment("id", id);
    const http::response answer = co_await api_.send(http::del(api_.at(path)));
    // 404: gone already, which is what was asked for.
    if (!answer.ok() && answer.status() != 404) co_return api_.judge("DELETE /" + path, answer);
    std::vector<state_change> state;
    state.push_back(state_change::remove(cooling_key(id)));
    co_return done(std::move(state));
}

job<result> webhooks::test(const json::document& block) {
    json::object body = json::object::of("eventTypeId", block["event"].text());
    if (block["text"]) body.add("Text", block["text"]);
    const http::response answer = co_await api_.send(http::post(api_.at("notifications/messages/test")).json(body));
    if (!answer.ok()) co_return api_.judge("POST /notifications/messages/test", answer);
    co_return done();
}

job<result> webhooks::history(const json::document& block) {
    std::string filter;
    const auto add = [&](std::string_view condition, std::string_view value) {
        filter += (filter.empty() ? "" : ",") + std::string(condition) + "(" + quoted(value) + ")";
    };
    if (const std::string_view since = block["since"].text(); !since.empty()) {
        const auto t = parse_utc_time(since);
        if (!t) throw failure::invalid("since: give a time in UTC, such as 2026-01-31T12:00:00Z");
        add("date.gteq", filter_time(*t));
    }
    if (block["status"]) add("status.eq", block["status"].text());
    if (block["type"]) add("eventTypeId.eq", block["type"].text());
    const std::string path = "notifications/webhooks/" + http::segment("id", block["id"].text()) + "/messages";
    std::string link = api_.at(path) + "?limit=" + std::to_string(block["limit"].integer().value_or(50));
    if (!filter.empty()) link += "&filter=" + percent_encode(filter);
    const http::response answer = co_await api_.send(http::get(link));
    const json::document list = api_.body_of("GET /" + path, answer);
    json::array out;
    for (const json::value m : data_of(list)) {
        json::object line =
            json::object::of("id", m["id"], "status", delivered(m) ? "Success" : "Failed", "type", m["eventTypeId"], "event", m["eventId"]);
        size_t attempts = 0;
        json::value last;
        for (const json::value a : m["attempts"].elements()) ++attempts, last = a;
        line.add("attempts", attempts).add("last_attempt_at", last["timestamp"]).add("last_status", last["responseStatusCode"]);
        line.add("last_response", printable(last["response"].text(), 200));
        out.add(line);
    }
    co_return document(out.text());
}

} // namespace basiq
