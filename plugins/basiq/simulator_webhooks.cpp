// The management of webhooks: api.basiq.io/reference, "Webhooks".
#include <gatehouse/url.hpp>

#include <algorithm>

#include "simulator_api.hpp"

namespace basiq::sim {

namespace {

constexpr std::string_view k_path = "/notifications/webhooks";

} // namespace

api_answer api::notifications(const gatehouse::request& r, const segments& p) {
    const std::string_view method = r.method();
    if (p.size() == 3 && p[1] == "messages" && p[2] == "test" && method == "POST") return test_message(r);
    if (p.size() < 2 || p[1] != "webhooks") return not_found(host_, "Requested resource does not exist.");
    if (p.size() == 2 && method == "POST") return create_webhook(r);
    if (p.size() == 2 && method == "GET") {
        auto& all = notifier_.webhooks();
        if (settings_.sample_shapes && all.size() == 1)
            return ok({{"type", "list"},
                       {"count", 1},
                       {"size", 1},
                       {"data", render(all[0], false)},
                       {"links", json::object{{"self", model_.link(k_path)}}}});
        std::vector<list_item> items;
        for (const webhook& w : all) items.push_back({render(w, false).text(), {}});
        return pager_.page(std::string(k_path), r.query(), items, {});
    }
    if (p.size() < 3) return not_found(host_, "Requested resource does not exist.");
    if (!is_uuid(p[2]))
        return error(host_, 400, "path-parameter-not-valid", "Path parameter is not valid.", "The webhook id is not valid.", "webhookId");
    webhook* w = notifier_.find(p[2]);
    if (!w) return not_found(host_, "Requested webhook does not exist.");
    if (p.size() == 3 && method == "GET") return ok(render(*w, false));
    if (p.size() == 3 && method == "POST") return update_webhook(r, *w);
    if (p.size() == 3 && method == "DELETE") {
        notifier_.remove(w->id);
        return {204, {}, ""};
    }
    if (p[3] == "messages" && method == "GET") return messages(r, p, *w);
    return not_found(host_, "Requested resource does not exist.");
}

std::optional<api_answer> api::read_webhook(const json::document& body, webhook& w, std::string_view self) {
    const auto invalid = [&](std::string_view detail) { return error(host_, 400, "invalid-content", "Invalid content.", detail); };
    if (!body || !body.root().is_object()) return invalid("Posted request not valid.");
    for (const char* name : {"url", "name", "description"})
        if (body[name] && !body[name].is_string()) return invalid("Posted request not valid.");
    if (body["url"]) w.url = body["url"].text();
    if (body["name"]) w.name = body["name"].text();
    if (body["description"]) w.description = body["description"].text();
    if (!gatehouse::url::parse(w.url)) return invalid("Posted request not valid.");
    if (const json::value events = body["subscribedEvents"]) {
        if (!events.is_array()) return invalid("Posted request not valid.");
        w.events.clear();
        for (const json::value e : events.elements()) {
            if (!is_event_type(e.text())) return invalid("Posted subscribedEvents contains unsupported event types.");
            if (!w.subscribed(e.text())) w.events.emplace_back(e.text());
        }
    }
    for (const webhook& other : notifier_.webhooks()) {
        if (other.id == self) continue;
        if (other.url == w.url)
            return error(host_, 409, "resource-already-exists", "Resource already exists.", "Webhook with provided url already exists.");
        for (const std::string& e : w.events)
            if (other.subscribed(e))
                return error(host_, 400, "event-already-subscribed", "Event already subscribed.",
                             "There is a webhook already subscribed to " + e + ".");
    }
    return std::nullopt;
}

api_answer api::create_webhook(const gatehouse::request& r) {
    webhook draft;
    const json::document body = json::parse(r.body());
    if (auto refused = read_webhook(body, draft, "")) return std::move(*refused);
    webhook& w = notifier_.add(draft.url, draft.events, make_secret(host_, settings_.secret_style), host_.now() + settings_.cool_off);
    w.name = draft.name;
    w.description = draft.description;
    return ok(render(w, true), 201);
}

api_answer api::update_webhook(const gatehouse::request& r, webhook& w) {
    webhook draft = w;
    const json::document body = json::parse(r.body());
    if (auto refused = read_webhook(body, draft, w.id)) return std::move(*refused);
    // Nothing documents how a disabled webhook comes back; the update is the one call that could do it.
    draft.status = "active";
    w = draft;
    return ok(render(w, true));
}

api_answer api::test_message(const gatehouse::request& r) {
    const json::document body = json::parse(r.body());
    if (!body || !body.root().is_object() || !body["eventTypeId"].is_string())
        return error(host_, 400, "invalid-content", "Invalid content.", "Posted request not valid.");
    const std::string type(body["eventTypeId"].text());
    if (!is_event_type(type)) return error(host_, 400, "invalid-content", "Invalid content.", "Posted eventTypeId doesn't exists.");
    const auto& all = notifier_.webhooks();
    if (std::none_of(all.begin(), all.end(), [&](const webhook& w) { return w.subscribed(type); }))
        return error(host_, 400, "no-webhooks-found", "No webhooks found.", "At least one webhook should exist in the system.");
    notifier_.announce(model_.happen(type, "", 1), type, nullptr, body["Text"].text());
    return {201, {}, ""};
}

api_answer api::messages(const gatehouse::request& r, const segments& p, const webhook& w) {
    if (p.size() == 5) {
        const message* m = notifier_.find_message(p[4]);
        return m && m->webhook_id == w.id ? ok(render(*m)) : not_found(host_, "Requested message does not exist.");
    }
    if (p.size() != 4) return not_found(host_, "Requested resource does not exist.");
    std::vector<list_item> items;
    for (const message* m : notifier_.messages_of(w.id)) {
        const attempt* last = m->attempts.empty() ? nullptr : &m->attempts.back();
        items.push_back({render(*m).text(),
                         {{"date", last ? date(last->at) : ""},
                          {"status", last && last->success ? "Success" : "Failed"},
                          {"eventTypeId", m->type},
                          {"webhookId", m->webhook_id},
                          {"eventId", m->event_id}}});
    }
    return pager_.page(std::string(k_path) + "/" + w.id + "/messages", r.query(), items,
                       {"date", "status", "eventTypeId", "webhookId", "eventId"});
}

json::object api::render(const webhook& w, bool with_secret) const {
    json::object out{{"type", "webhook"}, {"id", w.id},        {"name", w.name}, {"description", w.description},
                     {"url", w.url},      {"status", w.status}};
    if (with_secret) out.add("secret", w.secret);
    json::array events;
    for (const std::string& e : w.events) events.add(e);
    if (settings_.sample_shapes && w.events.size() == 1)
        out.add("subscribedEvents", w.events[0]);
    else
        out.add("subscribedEvents", events);
    return out.add("links", json::object{{"self", model_.link(std::string(k_path) + "/" + w.id)}});
}

json::object api::render(const message& m) const {
    const webhook* w = notifier_.find(m.webhook_id);
    json::array attempts;
    for (const attempt& a : m.attempts) {
        if (m.under_way && &a == &m.attempts.back()) continue;
        json::object one{{"id", a.id}, {"url", w ? w->url : ""}, {"response", a.response}};
        // One and the same sample has 200 as a number and "500" as a text.
        if (a.success)
            one.add("responseStatusCode", a.status);
        else
            one.add("responseStatusCode", std::to_string(a.status));
        one.add("timestamp", date(a.at)).add("status", a.success ? "Success" : "Failed");
        attempts.add(one);
    }
    const std::string self = model_.link(std::string(k_path) + "/" + m.webhook_id);
    return {{"id", m.id},
            {"webhookId", m.webhook_id},
            {"eventTypeId", m.type},
            {"eventId", m.event_id},
            {"payload", json::raw(m.payload)},
            {"attempts", attempts},
            {"links", json::object{{"self", self + "/messages/" + m.id}, {"webhook", self}}}};
}

} // namespace basiq::sim
