#include "simulator_api.hpp"

#include <gatehouse/encoding.hpp>

#include <algorithm>

namespace basiq::sim {

namespace {

using namespace std::chrono_literals;
constexpr size_t k_token_calls = 1500; // per 5 minutes and address (api.basiq.io/docs/api-rate-limiting)
constexpr size_t k_most_tokens = 10'000;
constexpr auto k_event_window = std::chrono::hours(24 * 7);

std::optional<std::vector<std::string>> split(std::string_view path) {
    std::vector<std::string> out;
    if (path.empty() || path[0] != '/') return std::nullopt;
    while (!path.empty()) {
        path.remove_prefix(1);
        auto part = percent_decode(path.substr(0, path.find('/')));
        if (!part) return std::nullopt;
        out.push_back(std::move(*part));
        path.remove_prefix(std::min(path.find('/'), path.size()));
    }
    return out;
}

bool wants_json(const gatehouse::request& r) {
    const auto accept = r.header("accept");
    return !accept || accept->find("*/*") != accept->npos || accept->find("application/json") != accept->npos ||
           accept->find("application/*") != accept->npos;
}

template <class Items, class Render>
std::vector<list_item> listed(const Items& items, Render render) {
    std::vector<list_item> out;
    for (const auto& i : items) out.push_back(render(i));
    return out;
}

} // namespace

api_answer api::serve(const gatehouse::request& r) {
    if (auto failure = planned(r.path())) return std::move(*failure);
    const auto path = split(r.path());
    if (!path) return error(host_, 400, "path-parameter-not-valid", "Path parameter is not valid.", "The path is not valid.");
    if (!wants_json(r)) return error(host_, 400, "unsupported-accept", "Unsupported accept header.", "Use application/json.");
    const segments& p = *path;
    if (p.size() == 1 && p[0] == "token" && r.method() == "POST") return token_call(r);
    if (auto refused = refuse(r, p)) return std::move(*refused);
    if (p[0] == "events" && r.method() == "GET") return events(r, p);
    if (p[0] == "users" && r.method() == "GET") return users(r, p);
    if (p[0] == "notifications") return notifications(r, p);
    return not_found(host_, "Requested resource does not exist.");
}

std::optional<api_answer> api::planned(std::string_view path) {
    for (auto& f : failures_) {
        if (path.substr(0, f.path.size()) != f.path) continue;
        const int status = f.status;
        if (--f.left == 0) std::erase_if(failures_, [](const planned_failure& x) { return x.left == 0; });
        switch (status) {
            case 401:
                return error(host_, 401, "invalid-authorization-token", "Invalid authorization token.", "The token is not valid.");
            case 403:
                return error(host_, 403, "access-denied", "Access denied.", "Access to the requested resource is denied.");
            case 404:
                return not_found(host_, "Requested resource does not exist.");
            case 429:
                return error(host_, 429, "too-many-requests", "Too many requests.", "Query limit reached.");
            case 503:
                return error(host_, 503, "service-unavailable", "Service unavailable.", "Try again later.");
            default:
                break;
        }
        // The webhook API answers 500 without a body.
        if (path.substr(0, 14) == "/notifications") return api_answer{500, {}, ""};
        return error(host_, 500, "internal-server-error", "Internal server error.", "Unexpected error.");
    }
    return std::nullopt;
}

api_answer api::token_call(const gatehouse::request& r) {
    const time_point now = host_.wall_now();
    while (!token_calls_.empty() && token_calls_.front() <= now - 5min) token_calls_.pop_front();
    token_calls_.push_back(now);
    if (token_calls_.size() > k_token_calls) {
        token_calls_.pop_front();
        return error(host_, 403, "access-denied", "Access denied.", "Too many requests for a token.");
    }
    if (disabled_) return error(host_, 403, "access-denied", "Access denied.", "The account is disabled.");
    const auto missing = [&](std::string_view what, std::string_view detail) {
        return error(host_, 400, "parameter-not-supplied", "Parameter not supplied.", detail, what);
    };
    const auto wrong = [&](std::string_view what, std::string_view detail) {
        return error(host_, 400, "parameter-not-valid", "Parameter value is not valid.", detail, what);
    };
    const auto version = r.header("basiq-version");
    if (!version) return missing("basiq-version", "The header basiq-version is required.");
    if (*version != "3.0") return wrong("basiq-version", "The header basiq-version must be 3.0.");
    const auto authorization = r.header("authorization");
    if (!authorization || authorization->substr(0, 6) != "Basic ")
        return missing("authorization", "Send the API key as Basic authorization.");
    if (r.header("content-type").value_or("").substr(0, 33) != "application/x-www-form-urlencoded")
        return wrong("content-type", "Send application/x-www-form-urlencoded.");
    if (authorization->substr(6) != settings_.api_key) return not_found(host_, "Unable to authenticate. Please, check your API key");
    const auto scope = parameter(r.body(), "scope");
    if (!scope) return missing("scope", "The parameter scope is required.");
    const bool client = *scope == "CLIENT_ACCESS";
    if (!client && *scope != "SERVER_ACCESS") return wrong("scope", "The scope must be SERVER_ACCESS or CLIENT_ACCESS.");
    const std::string user = parameter(r.body(), "userId").value_or("");
    if (client && user.empty()) return missing("userId", "CLIENT_ACCESS needs a userId.");
    if (client && !model_.find_user(user)) return not_found(host_, "Requested user does not exist.");

    if (tokens_.size() >= k_most_tokens) std::erase_if(tokens_, [&](const auto& t) { return t.second.ends <= now; });
    if (tokens_.size() >= k_most_tokens) tokens_.clear();
    const std::string made = token(host_);
    tokens_[made] = {now + settings_.token_life, client, user};
    return ok({{"access_token", made}, {"expires_in", settings_.token_life.count()}, {"token_type", "Bearer"}});
}

std::optional<api_answer> api::refuse(const gatehouse::request& r, const segments& p) {
    const auto authorization = r.header("authorization");
    if (!authorization) return error(host_, 401, "unauthorized-access", "Unauthorized access.", "The authorization header is missing.");
    const bool bearer = authorization->size() > 7 && gatehouse::equals_ignoring_case(authorization->substr(0, 7), "Bearer ");
    const auto found = bearer ? tokens_.find(authorization->substr(7)) : tokens_.end();
    if (found == tokens_.end() || found->second.ends <= host_.wall_now())
        return error(host_, 401, "invalid-authorization-token", "Invalid authorization token.", "The token is not valid or has expired.");
    const bool own = p[0] == "users" && p.size() > 1 && p[1] == found->second.user;
    if (found->second.client && !own) return error(host_, 403, "access-denied", "Access denied.", "A client token may not do this.");
    return std::nullopt;
}

json::object api::render_type(const type_info& t) const {
    return {{"type", "eventType"},
            {"id", t.id},
            {"description", t.about},
            {"links", json::object{{"self", model_.link("/events/types/" + std::string(t.id))}}}};
}

api_answer api::events(const gatehouse::request& r, const segments& p) {
    if (p.size() == 1) {
        const time_point since = host_.now() - k_event_window;
        std::vector<list_item> items;
        for (const event& e : model_.events())
            if (e.created >= since)
                items.push_back({model_.render(e).text(), {{"user.id", e.user}, {"event.entity", e.entity}, {"event.type", e.kind}}});
        std::reverse(items.begin(), items.end());
        return pager_.page("/events", r.query(), items, {"user.id", "event.entity", "event.type"}, {"eq"});
    }
    if (p[1] == "types") {
        if (p.size() == 2) {
            const auto items = listed(event_types(), [&](const type_info& t) { return list_item{render_type(t).text(), {}}; });
            return pager_.page("/events/types", r.query(), items, {});
        }
        for (const type_info& t : event_types())
            if (p.size() == 3 && t.id == p[2]) return ok(render_type(t));
        return not_found(host_, "Requested event type does not exist.");
    }
    const event* e = p.size() == 2 ? model_.find_event(p[1]) : nullptr;
    return e ? ok(model_.render(*e)) : not_found(host_, "Requested event does not exist.");
}

api_answer api::users(const gatehouse::request& r, const segments& p) {
    const user* u = p.size() > 1 ? model_.find_user(p[1]) : nullptr;
    if (p.size() > 1 && !u) return not_found(host_, "Requested user does not exist.");
    if (p.size() == 1) {
        std::vector<list_item> items;
        for (const auto& each : model_.users())
            if (!each->deleted) items.push_back({model_.render(*each).text(), {{"user.id", each->id}, {"user.email", each->email}}});
        return pager_.page("/users", r.query(), items, {"user.id", "user.email"});
    }
    if (p.size() == 2) return ok(model_.render(*u));

    std::vector<connection> connections;
    for (const connection& c : u->connections)
        if (!c.deleted) connections.push_back(c);
    const auto alive = [&](const std::string& id) {
        return std::any_of(connections.begin(), connections.end(), [&](const connection& c) { return c.id == id; });
    };
    std::vector<list_item> items;
    std::vector<std::string_view> properties;
    if (p[2] == "connections") {
        items = listed(connections, [&](const connection& c) {
            return list_item{model_.render(*u, c).text(),
                             {{"id", c.id}, {"connection.id", c.id}, {"connection.status", c.status}, {"institution.id", c.institution}}};
        });
        properties = {"connection.id", "connection.status", "institution.id"};
    } else if (p[2] == "accounts") {
        for (const account& a : u->accounts)
            if (alive(a.connection))
                items.push_back({model_.render(*u, a).text(), {{"id", a.id}, {"account.id", a.id}, {"connection.id", a.connection}}});
        properties = {"account.id", "connection.id"};
    } else if (p[2] == "transactions") {
        for (const transaction& t : u->transactions)
            if (alive(t.connection))
                items.push_back({model_.render(*u, t).text(),
                                 {{"id", t.id},
                                  {"account.id", t.account},
                                  {"connection.id", t.connection},
                                  {"transaction.postDate", date(t.posted)},
                                  {"transaction.status", "posted"}}});
        properties = {"account.id", "connection.id", "transaction.postDate", "transaction.status"};
    } else if (p[2] == "consents") {
        items = listed(u->consents, [&](const consent& c) {
            return list_item{model_.render(*u, c).text(), {{"id", c.id}, {"consent.status", c.status}}};
        });
        properties = {"consent.status"};
    } else {
        return not_found(host_, "Requested resource does not exist.");
    }
    const std::string path = "/users/" + u->id + "/" + p[2];
    if (p.size() == 3) return pager_.page(path, r.query(), items, properties);
    for (const list_item& item : items)
        if (p.size() == 4 && item.properties.at("id") == p[3]) return {200, {{"Content-Type", "application/json"}}, item.json};
    return not_found(host_, "Requested resource does not exist.");
}

} // namespace basiq::sim
