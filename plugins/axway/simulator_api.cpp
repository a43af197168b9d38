#include "simulator_api.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

namespace axway::sim {

namespace {

constexpr std::string_view k_webhook = "/streams/subscribers/webhook/api/v1";
constexpr std::string_view k_topics = "/streams/hub/api/v1/topics";
constexpr std::string_view k_publisher = "/streams/publishers/http-post/api/v1/topics/";

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> out;
    while (!path.empty()) {
        path.remove_prefix(1);
        const std::string_view part = path.substr(0, path.find('/'));
        out.push_back(decode(part));
        path.remove_prefix(part.size());
    }
    return out;
}

api_answer not_allowed() {
    return error(405, "Method not allowed", "this path does not take this method");
}
api_answer not_found(std::string_view what) {
    return error(404, "Not found", what);
}
api_answer wrong(std::string_view parameter, std::string_view detail) {
    return error(400, "Validation error: Subscription", detail, parameter);
}

/// A subscription's authorization; the error's detail when it breaks the documented table.
std::string read_authorization(json::value v, std::optional<oauth>& out) {
    if (!v) return "";
    oauth a{std::string(v["clientId"].text()), std::string(v["clientSecret"].text()), std::string(v["provider"].text()),
            std::string(v["scope"].text()), v["mode"] ? std::string(v["mode"].text()) : "header"};
    if (v["type"].text() != "oauth2") return "authorization.type must be oauth2";
    if (a.client_id.empty() || a.client_secret.empty() || a.provider.empty())
        return "authorization needs clientId, clientSecret and provider";
    if (a.mode != "header" && a.mode != "body") return "authorization.mode must be header or body";
    out = std::move(a);
    return "";
}

} // namespace

json::object api::render(const topic& t) const {
    json::array subscribers;
    subscribers.add(json::object{{"type", "webhook"}});
    return json::object{{"id", t.id},
                        {"name", t.name},
                        {"createTimestamp", date(t.created)},
                        {"publisher", json::object{{"type", "http-post"}, {"payload", json::object{{"type", t.payload_type}}}}},
                        {"subscribers", subscribers}};
}

// Beyond id and subscriptionStatus the answer's members are not documented: these follow the create body, without the secret.
json::object api::render(const subscription& s) const {
    json::object out{
        {"id", s.id}, {"topicId", s.topic_id}, {"webhookUrl", s.url}, {"subscriptionMode", s.mode}, {"subscriptionStatus", s.status}};
    if (const auto& a = s.authorization) {
        json::object o{{"type", "oauth2"}, {"clientId", a->client_id}, {"provider", a->provider}, {"mode", a->mode}};
        if (!a->scope.empty()) o.add("scope", a->scope);
        out.add("authorization", o);
    }
    return out;
}

api_answer api::serve(const gatehouse::request& r) {
    if (!key_.empty() && r.header("KeyId").value_or("") != key_) return error(401, "Unauthorized", "the header KeyId is missing or wrong");
    const std::string_view path = r.path();
    if (path.starts_with(k_publisher)) return publish(r, path.substr(k_publisher.size()));
    if (path.starts_with(k_topics)) return topics(r, split(path.substr(k_topics.size())));
    if (!path.starts_with(k_webhook)) return not_found("there is nothing at this path");
    const parts p = split(path.substr(k_webhook.size()));
    if (p.size() == 3 && p[0] == "topics" && p[2] == "subscriptions") {
        topic* t = model_.find_topic(p[1]);
        return t ? of_topic(r, *t) : not_found("there is no topic of this id or name");
    }
    if (p.size() >= 2 && p[0] == "subscriptions") return one(r, p);
    return not_found("there is nothing at this path");
}

api_answer api::topics(const gatehouse::request& r, const parts& p) {
    if (r.method() != "GET") return not_allowed();
    if (p.size() == 1) {
        const topic* t = model_.find_topic(p[0]);
        return t ? ok(render(*t).text()) : not_found("there is no topic of this id or name");
    }
    if (p.size() > 1) return not_found("there is nothing at this path");
    std::vector<json::object> items;
    for (const auto& t : model_.topics()) items.push_back(render(*t));
    return page(r, std::move(items));
}

api_answer api::of_topic(const gatehouse::request& r, topic& t) {
    if (r.method() == "POST") return create(r, t);
    if (r.method() != "GET") return not_allowed();
    std::vector<const subscription*> found;
    for (const auto& s : model_.subscriptions())
        if (s->topic_id == t.id) found.push_back(s.get());
    if (const auto sort = parameter(r.query(), "sort")) {
        const std::string field = sort->substr(0, sort->find(','));
        if (field != "subscriptionMode" && field != "webhookUrl")
            return wrong("sort", "can be subscriptionMode or webhookUrl, with ,ASC or ,DESC");
        std::stable_sort(found.begin(), found.end(), [&](const subscription* a, const subscription* b) {
            return field == "webhookUrl" ? a->url < b->url : a->mode < b->mode;
        });
        if (sort->ends_with(",DESC")) std::reverse(found.begin(), found.end());
    }
    std::vector<json::object> items;
    for (const subscription* s : found) items.push_back(render(*s));
    return page(r, std::move(items));
}

api_answer api::page(const gatehouse::request& r, std::vector<json::object> items) const {
    const auto number = [&](const char* name, size_t otherwise) -> std::optional<size_t> {
        const auto text = parameter(r.query(), name);
        if (!text) return otherwise;
        const auto n = gatehouse::detail::parse_digits(*text, 6);
        return n && *n > 0 ? std::optional(static_cast<size_t>(*n)) : std::nullopt;
    };
    const auto page = number("page", 1), size = number("pageSize", 20);
    if (!page) return wrong("page", "must be a number from 1");
    if (!size || *size > 1000) return wrong("pageSize", "must be a number from 1 to 1000");
    const size_t last = std::max<size_t>(1, (items.size() + *size - 1) / *size);
    const auto link = [&](size_t n) { return std::string(r.path()) + "?page=" + std::to_string(n) + "&pageSize=" + std::to_string(*size); };
    json::object links{{"self", link(*page)}, {"first", link(1)}, {"last", link(last)}};
    if (*page < last) links.add("next", link(*page + 1));
    json::array out;
    for (size_t i = (*page - 1) * *size; i < items.size() && i < *page * *size; ++i) out.add(items[i]);
    return ok(json::object{{"items", out}, {"links", links}}.text());
}

api_answer api::create(const gatehouse::request& r, topic& t) {
    const json::document d = json::parse(r.body());
    if (!d.root().is_object()) return wrong("", "the body is not a JSON object");
    const std::string url(d["webhookUrl"].text());
    if (!url.starts_with("http://") && !url.starts_with("https://")) return wrong("webhookUrl", "must be a URL");
    std::string mode(d["subscriptionMode"].text());
    if (mode.empty()) mode = t.payload_type == "event" ? "event" : "snapshot-patch";
    const bool event = mode == "event";
    if ((!event && mode != "snapshot-only" && mode != "snapshot-patch") || event != (t.payload_type == "event"))
        return wrong("subscriptionMode", "is not allowed for this topic");
    std::optional<oauth> authorization;
    if (const std::string detail = read_authorization(d["authorization"], authorization); !detail.empty())
        return wrong("authorization", detail);
    subscription& s = model_.add(t, url, mode);
    s.authorization = std::move(authorization);
    for (const auto h : d["webhookHeaders"].members()) s.headers.emplace_back(h.key, h.value.text());
    if (t.always_on) model_.start(s);
    const api_answer answer = ok(render(s).text(), 201);
    sender_.pump();
    return answer;
}

api_answer api::one(const gatehouse::request& r, const parts& p) {
    subscription* s = model_.find(p[1]);
    if (!s) return not_found("there is no subscription of this id");
    if (p.size() == 2) {
        if (r.method() == "GET") return ok(render(*s).text());
        if (r.method() == "PATCH") return change(r, *s);
        if (r.method() != "DELETE") return not_allowed();
        model_.remove(s->id);
        return {204, {}, ""};
    }
    if (p.size() == 3 && p[2] == "exchanges") return r.method() == "GET" ? exchanges(r, *s) : not_allowed();
    if (p.size() == 3 && p[2] == "test") {
        if (r.method() != "POST") return not_allowed();
        if (!json::parse(r.body()).root().is_object()) return wrong("", "the body is not a JSON object");
        delivery d;
        d.body = r.body();
        d.bare = true;
        sender_.send_aside(*s, d);
        return {202, {}, ""};
    }
    return not_found("there is nothing at this path");
}

api_answer api::change(const gatehouse::request& r, subscription& s) {
    const json::document d = json::parse(r.body());
    const std::string_view status = d["subscriptionStatus"].text();
    if (status != "active" && status != "suspended") return wrong("subscriptionStatus", "must be active or suspended");
    s.status = status;
    sender_.pump();
    return ok(render(s).text());
}

api_answer api::exchanges(const gatehouse::request& r, const subscription& s) const {
    const auto time = [&](const char* name, time_point otherwise) -> std::optional<time_point> {
        const auto text = parameter(r.query(), name);
        return text ? gatehouse::parse_utc_time(*text) : otherwise;
    };
    const auto start = time("start", host_.now() - std::chrono::minutes(5)), end = time("end", time_point::max());
    if (!start) return wrong("start", "is not an ISO 8601 time");
    if (!end) return wrong("end", "is not an ISO 8601 time");
    json::array out;
    for (const exchange& e : s.exchanges) {
        if (e.at < *start || e.at > *end) continue;
        json::object headers;
        for (const auto& h : e.headers) headers.add(h.name(), h.value());
        json::object o{{"subscriptionId", s.id},
                       {"pipelineId", e.pipeline},
                       {"eventType", e.type},
                       {"requestDatetime", date(e.at)},
                       {"requestDuration", duration(e.took)}};
        if (e.attempt > 0) o.add("requestRetryAttempts", e.attempt).add("requestRetryMaxAttempts", e.attempt);
        o.add("requestUrl", s.url).add("requestHeaders", headers);
        if (e.status > 0) {
            o.add("responseCode", e.status).add("responseBody", e.body);
            o.add("responseSize", std::to_string(e.body.size()) + "B");
        }
        if (!e.failure.empty())
            o.add("errorMessage", e.failure);
        else if (e.status < 200 || e.status > 299)
            o.add("errorMessage", std::to_string(e.status));
        out.add(o);
    }
    return ok(out.text());
}

api_answer api::publish(const gatehouse::request& r, std::string_view topic_id) {
    if (r.method() != "POST") return not_allowed();
    topic* t = model_.find_topic(decode(topic_id));
    if (!t) return not_found("there is no topic of this id or name");
    const std::string type(r.header("Content-Type").value_or(""));
    if (type.substr(0, type.find(';')) != "application/json") return error(415, "Unsupported media type", "only application/json");
    if (r.body().size() > k_most_payload) return error(413, "Payload too large", "at most 1 MB");
    if (!t->always_on && !model_.listened_to(*t)) return error(410, "Gone", "nobody is subscribed to this topic");
    if (!json::parse(r.body())) return error(400, "Bad request", "the body is not JSON");
    model_.publish(*t, std::string(r.body()));
    sender_.pump();
    return {202, {}, ""};
}

} // namespace axway::sim
