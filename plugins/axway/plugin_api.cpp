#include "plugin_api.hpp"

#include <algorithm>

namespace axway {

using gatehouse::failure;
using gatehouse::job;
namespace http = gatehouse::http;

namespace {

constexpr std::string_view k_webhook_base = "streams/subscribers/webhook/api/v1";
constexpr std::string_view k_topics = "streams/hub/api/v1/topics";
constexpr size_t k_page_size = 100;

bool on_this_machine(const gatehouse::url& u) {
    return u.host() == "localhost" || u.host() == "[::1]" || u.host().starts_with("127.");
}

} // namespace

failure api_failure(const http::response& r, std::string_view what, time_point now) {
    failure f = http::to_failure(r, what, now);
    const json::document body = r.json();
    const json::value error = body["errors"][0];
    if (!error) return f;
    std::string text = f.text() + ": " + gatehouse::printable(error["title"].text());
    if (!error["detail"].text().empty()) text += ": " + gatehouse::printable(error["detail"].text(), 300);
    return failure(f.type(), std::move(text), f.retry_after());
}

wanted wanted::parse(json::value v) {
    wanted w;
    w.url = v["url"].text();
    w.topic = v["topic"].text();
    w.mode = v["mode"].text();
    w.client = v["client"].text();
    w.oauth_mode = v["oauth_mode"].text();
    w.scope = v["scope"].text();
    return w;
}

json::object wanted::json() const {
    json::object o{{"url", url}, {"topic", topic}};
    if (!mode.empty()) o.add("mode", mode);
    if (!client.empty()) o.add("client", client);
    if (!oauth_mode.empty()) o.add("oauth_mode", oauth_mode);
    if (!scope.empty()) o.add("scope", scope);
    return o;
}

http::request api::request(std::string_view method, const std::string& url) const {
    http::request r(method, url);
    r.header("Accept", "application/json");
    if (configuration_.has_api_key) r.secret_header(configuration_.api_key_header, "", "api_key");
    return r;
}

job<http::response> api::call(std::string method, std::string path, std::optional<std::string> body) const {
    if (!configuration_.api) throw failure::refused("api_url is not set: nothing can be asked of Streams");
    http::request r = request(method, configuration_.api->join(std::string(k_webhook_base) + path));
    if (body) r.body(std::move(*body), "application/json");
    http::response answer = co_await std::move(r);
    if (answer.net() != GATEHOUSE_NET_OK) throw api_failure(answer, method + " " + path, host_.now());
    co_return answer;
}

job<http::response> api::expect(int expected, std::string method, std::string path, std::optional<std::string> body) const {
    const std::string what = method + " " + path;
    http::response answer = co_await call(std::move(method), std::move(path), std::move(body));
    if (answer.status() != expected) throw api_failure(answer, what, host_.now());
    co_return answer;
}

std::string api::body_of(const wanted& w) const {
    const auto url = gatehouse::url::parse(w.url);
    if (!url || url->path_and_query() != url->path()) throw failure::invalid("url: is not an http or https URL, without query");
    if (url->scheme() != "https" && !on_this_machine(*url))
        throw failure::invalid("url: must be https: Streams sends the client's secret and its tokens there");
    json::object body{{"webhookUrl", w.url}}; // as the operator wrote it: it is compared with what Streams tells
    if (!w.mode.empty()) body.add("subscriptionMode", w.mode);
    if (!configuration_.header_name.empty()) {
        const auto value = host_.secret(k_header_secret);
        json::object headers;
        headers.add(configuration_.header_name, value.value_or(""));
        body.add("webhookHeaders", headers);
    }
    if (configuration_.clients.empty()) {
        if (!w.client.empty()) throw failure::invalid("client: the settings have no clients");
        return body.text();
    }
    const auto named = [&](const client& c) { return w.client.empty() || c.id == w.client; };
    const auto who = std::find_if(configuration_.clients.begin(), configuration_.clients.end(), named);
    if (who == configuration_.clients.end()) throw failure::invalid("client: the settings have no client of this id");
    json::object authorization{{"type", "oauth2"},
                               {"clientId", who->id},
                               {"clientSecret", host_.secret(who->secret).value_or("")},
                               {"provider", url->join("oauth/token")},
                               {"mode", w.oauth_mode.empty() ? "header" : w.oauth_mode}};
    if (!w.scope.empty()) authorization.add("scope", w.scope);
    body.add("authorization", authorization);
    return body.text();
}

job<std::string> api::create(wanted w) const {
    const std::string body = body_of(w), path = "/topics/" + gatehouse::percent_encode(w.topic) + "/subscriptions";
    const http::response answer = co_await expect(201, "POST", path, body);
    const json::document d = answer.json();
    if (!is_id(d["id"].text())) throw failure::invalid("POST " + path + ": the answer names no subscription (id)");
    co_return answer.body();
}

job<std::vector<std::string>> api::pages(std::string url, std::string sort) const {
    std::vector<std::string> out;
    for (size_t page = 1; page <= configuration_.max_pages; ++page) {
        const std::string at =
            url + "?page=" + std::to_string(page) + "&pageSize=" + std::to_string(k_page_size) + (sort.empty() ? "" : "&sort=" + sort);
        const http::response answer = co_await request("GET", at);
        if (answer.status() == 404 && page == 1) co_return out;
        if (answer.status() != 200) throw api_failure(answer, "GET " + gatehouse::printable(at), host_.now());
        const json::document body = answer.json();
        if (!body["items"].is_array()) throw failure::invalid("GET " + gatehouse::printable(at) + ": the answer has no items");
        for (const json::value item : body["items"].elements()) out.emplace_back(item.raw());
        // links.next is relative to an address that a proxy may have changed: the page is counted instead.
        if (body["links"]["next"].text().empty()) co_return out;
    }
    throw failure::invalid("GET " + gatehouse::printable(url) + ": more than " + std::to_string(configuration_.max_pages) +
                           " pages; raise max_pages");
}

job<std::vector<std::string>> api::of_topic(std::string topic, std::string sort) const {
    if (!configuration_.api) throw failure::refused("api_url is not set: nothing can be asked of Streams");
    return pages(configuration_.api->join(std::string(k_webhook_base) + "/topics/" + gatehouse::percent_encode(topic) + "/subscriptions"),
                 std::move(sort));
}

job<std::vector<std::string>> api::topics() const {
    std::vector<std::string> out;
    if (!configuration_.api) throw failure::refused("api_url is not set: nothing can be asked of Streams");
    const std::vector<std::string> found = co_await pages(configuration_.api->join(k_topics), "");
    for (const std::string& text : found) {
        const json::document d = json::parse(text);
        if (is_id(d["id"].text())) out.emplace_back(d["id"].text());
    }
    co_return out;
}

} // namespace axway
