#include "recovery.hpp"

#include "notification.hpp"

using namespace gatehouse;

namespace basiq {

namespace {

constexpr std::string_view k_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["since", "until"],
  "properties": {
    "since": {"type": "string", "format": "date-time", "minLength": 1},
    "until": {"type": "string", "format": "date-time", "minLength": 1},
    "cursor": {"type": ["string", "null"], "default": null},
    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 500}
  }
})";
// GET /events goes back no further.
constexpr auto k_events_reach = std::chrono::hours(24 * 7);

/// The id at the end of links.event: eventId differs from it in Basiq's own samples, and the list of events has this one.
std::string last_part(std::string_view link) {
    return std::string(link.substr(link.rfind('/') + 1));
}

std::optional<time_point> time_of(json::value v) {
    auto t = parse_utc_time(v.text());
    return t;
}

bool in(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

} // namespace

recovery::position::position(std::string_view cursor) {
    const json::document d = json::parse(cursor);
    if (!d) throw failure::invalid("the cursor is not one of this plugin's");
    for (const json::value w : d["webhooks"].elements()) webhooks.emplace_back(w.text());
    for (const json::value t : d["types"].elements()) types.emplace_back(t.text());
    events = d["events"].boolean().value_or(false);
    next = d["next"].text();
}

std::string recovery::position::text() const {
    json::array hooks, kinds;
    for (const auto& w : webhooks) hooks.add(w);
    for (const auto& t : types) kinds.add(t);
    return json::object::of("webhooks", hooks, "types", kinds, "events", events, "next", next).text();
}

void recovery::enroll(registry& r) {
    r.operation("recover", "Missed notifications from the webhook's messages and the events of the last 7 days", k_schema, "recover",
                [this](const json::document& a) { return run(a); });
}

job<recovery::position> recovery::begin() {
    position p;
    const std::vector<json::document> all = co_await webhooks_.all();
    for (const json::document& w : all) {
        const auto to = url::parse(w["url"].text());
        // Behind a proxy the path may have grown in front.
        const bool ours = to && to->path().size() >= path_.size() && to->path().substr(to->path().size() - path_.size()) == path_;
        if (!ours) continue;
        p.webhooks.emplace_back(w["id"].text());
        for (std::string& type : subscribed_events(w.root()))
            if (!in(p.types, type)) p.types.push_back(std::move(type));
    }
    p.events = p.webhooks.empty();
    co_return std::move(p);
}

job<result> recovery::run(const json::document& arguments) {
    const auto since = time_of(arguments["since"]), until = time_of(arguments["until"]);
    if (!since || !until) throw failure::invalid("since and until: give times in UTC, such as 2026-01-31T12:00:00Z");
    const std::string limit = std::to_string(arguments["limit"].integer().value_or(500));
    const bool first = !arguments["cursor"].is_string();
    position p;
    if (first)
        p = co_await begin();
    else
        p = position(arguments["cursor"].text());

    recovered_page page;
    const time_point reach = api_.host().now() - k_events_reach;
    if (first && *since < reach)
        page.lost("events without a message before " + filter_time(reach),
                  "Basiq's list of events goes back 7 days; read the entities themselves (users, connections, accounts) to see what they "
                  "are now");
    std::string link = p.next;
    if (link.empty() && p.events) link = api_.at("events") + "?limit=" + limit;
    if (link.empty())
        link = api_.at("notifications/webhooks/" + http::segment("webhook", p.webhooks.front()) + "/messages") + "?limit=" + limit +
               "&filter=" + percent_encode("date.gteq('" + filter_time(*since) + "')");
    const http::response answer = co_await api_.send(http::get(link).max_response(32u << 20));
    // The webhook went away meanwhile, and its messages with it.
    const bool gone = !p.events && answer.status() == 404;
    const json::document list =
        gone ? json::parse("{}") : api_.body_of(p.events ? "GET /events" : "GET /notifications/webhooks/{id}/messages", answer);
    const std::string_view next = list["links"]["next"].text();
    for (const json::value item : data_of(list)) {
        if (p.events)
            add_event(page, item, p, *since, *until);
        else
            add_message(page, item);
    }
    if (!next.empty()) {
        p.next = api_.pinned("links.next", next);
    } else {
        const bool events_done = p.events;
        p.next.clear();
        if (!p.webhooks.empty()) p.webhooks.erase(p.webhooks.begin());
        p.events = p.webhooks.empty();
        if (events_done) co_return document(page.text());
    }
    page.next(p.text());
    co_return document(page.text());
}

void recovery::add_message(recovered_page& page, json::value m) const {
    const json::value payload = m["payload"];
    const std::string_view id = m["id"].text();
    if (id.empty() || !payload.is_object())
        return page.lost("message " + printable(id, 100), "Basiq's record of it has no id or no payload");
    const notification n = read_notification(payload.raw());
    recovered_event e(std::string(id), n.type);
    e.subject(subject_of(n)).body(std::string(payload.raw())).in_body(last_part(n.event_link));
    json::value first;
    for (const json::value a : m["attempts"].elements())
        if (!first) first = a;
    if (const auto at = time_of(first["timestamp"])) e.occurred_at(*at);
    page.found(e);
}

void recovery::add_event(recovered_page& page, json::value e, const position& p, time_point since, time_point until) const {
    const std::string type = std::string(e["entity"].text()) + "." + std::string(e["eventType"].text());
    const std::string id(e["id"].text());
    const auto created = time_of(e["createdDate"]);
    // Dates are whole seconds.
    if (!created || *created + std::chrono::seconds(1) <= since || *created > until) return;
    // connection.updated is an event, but has no webhook (api.basiq.io/docs/webhooks).
    if (p.types.empty() ? type == "connection.updated" : !in(p.types, type)) return;
    if (id.empty()) return page.lost("an event of type " + printable(type, 100), "Basiq's record of it has no id");
    std::string_view self = e["links"]["self"].text();
    // Of transactions only data.links.self tells the connection.
    std::string_view entity = e["data"]["links"]["self"].text();
    if (entity.empty()) entity = e["dataRef"].text();
    json::object links = json::object::of("event", self, "eventEntity", entity);
    const std::string body = json::object::of("eventTypeId", type, "eventId", id, "links", links).text();
    const notification n = read_notification(body);
    recovered_event found("event:" + id, type);
    found.subject(subject_of(n)).body(body).occurred_at(*created).in_body(id);
    page.found(found);
}

} // namespace basiq
