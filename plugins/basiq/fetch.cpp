#include "fetch.hpp"

#include "notification.hpp"

using namespace gatehouse;

namespace basiq {

namespace {

/// " (code access-denied, correlation id …)" from the error body that all of Basiq's APIs share; "" when there is none.
std::string provider_reason(const http::response& answer) {
    const json::document body = answer.json();
    const json::value errors = body["data"];
    const json::value first = errors.is_array() ? errors[0] : errors;
    std::string out;
    if (const auto code = first["code"].text(); !code.empty()) out += "code " + printable(code, 60);
    if (const auto id = body["correlationId"].text(); !id.empty())
        out += (out.empty() ? "" : ", ") + ("correlation id " + printable(id, 60));
    return out.empty() ? out : " (" + out + ")";
}

/// One list from its pages, see fetch.hpp. Every page has a `data` array.
std::string join_pages(const std::vector<http::response>& pages, std::string_view rest) {
    json::array data;
    for (const auto& page : pages) {
        const json::document list = page.json();
        for (const json::value element : list["data"].elements()) data.add(element);
    }
    const json::document first = pages.front().json();
    json::object out;
    for (const auto [key, value] : first.root().members()) {
        if (key == "data") {
            out.add(key, data);
        } else if (key == "links") {
            json::object links;
            for (const auto [name, link] : value.members())
                if (name != "next") links.add(name, link);
            if (!rest.empty()) links.add("next", rest);
            out.add(key, links);
        } else {
            out.add(key, value);
        }
    }
    return out.text();
}

bool ends_with(std::string_view s, std::string_view end) {
    return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

} // namespace

fetcher::fetcher(host h, url api, size_t max_pages)
    : host_(h), api_(std::move(api)), max_pages_(max_pages), client_(h, [this] {
          // The key is issued in base64 already: it follows "Basic " as it is.
          return http::post(api_.join("token"))
              .secret_header("Authorization", "Basic ", "api_key")
              .header("basiq-version", "3.0")
              .form("scope", "SERVER_ACCESS");
      }) {
    client_.margin(std::chrono::minutes(2)).token_failure([this](const http::response& answer) { return judge_token(answer); });
}

job<result> fetcher::fetch(const stored_event& event) {
    const notification hint = read_notification(event.request().body());
    part about, entity;

    std::vector<http::request> requests;
    if (!hint.event_link.empty()) requests.push_back(http::get(pinned("links.event", hint.event_link)));
    if (!hint.entity_link.empty()) requests.push_back(http::get(pinned("links.eventEntity", hint.entity_link)));
    if (!requests.empty()) {
        std::vector<http::response> answers = co_await client_.send_all(std::move(requests));
        if (!hint.event_link.empty()) about = read("links.event", answers.front());
        if (!hint.entity_link.empty()) entity = co_await read_entity(std::move(answers.back()));
    }

    if (entity.missing() && ends_with(hint.type, ".deleted")) co_return gone("Basiq answers 404 for the entity of " + hint.type);
    json::object out;
    out.add("event", json::raw(about.json)).add("event_status", json::raw(about.status));
    out.add("entity", json::raw(entity.json)).add("entity_status", json::raw(entity.status));
    out.add("entity_pages", entity.pages).add("entity_complete", entity.complete);
    co_return document(out.text());
}

std::string fetcher::pinned(std::string_view member, std::string_view link) const {
    const auto u = url::parse(link);
    if (!u) throw failure::invalid(std::string(member) + " is not a usable http or https URL: \"" + printable(link) + "\"; not fetched");
    if (!u->under(api_))
        throw failure::invalid(std::string(member) + " points to " + printable(u->origin() + u->path()) +
                               ", not to the configured api_url " + api_.text() + "; not fetched, so that the API token does not go there");
    return u->text();
}

fetcher::part fetcher::read(std::string_view what, const http::response& answer) const {
    part p;
    if (answer.status() == 404) {
        p.status = "404";
        return p;
    }
    if (answer.status() != 200) throw judge(what, answer);
    const json::document body = answer.json();
    if (!body) throw failure::retry(std::string(what) + ": answered 200 with what is not JSON: " + body.error());
    p.json = body.root().raw();
    p.status = "200";
    p.pages = 1;
    return p;
}

job<fetcher::part> fetcher::read_entity(http::response first) {
    part p = read("links.eventEntity", first);
    // What is not a list is complete as it is.
    if (p.missing() || !first.json()["data"].is_array() || next_page(first).empty()) co_return p;

    auto next = [this](const http::response& page) { return next_page(page); };
    auto fetch = [this](std::string link) -> job<http::response> { return client_.send(http::get(link)); };
    const paging::pages list = co_await paging::follow(std::move(first), std::move(next), std::move(fetch), max_pages_);
    p.json = join_pages(list.read(), list.rest());
    p.pages = list.read().size();
    p.complete = list.complete();
    if (!p.complete) host_.warning("a list was cut after " + std::to_string(p.pages) + " pages; raise max_pages to read more");
    co_return p;
}

std::string fetcher::next_page(const http::response& page) const {
    const std::string_view what = "a page of links.eventEntity";
    if (page.status() != 200) throw judge(what, page);
    const json::document body = page.json();
    if (!body["data"].is_array()) throw failure::retry(std::string(what) + ": answered 200 with what is not a list");
    const std::string_view next = body["links"]["next"].text();
    return next.empty() ? std::string() : pinned("links.next", next);
}

failure fetcher::judge(std::string_view what, const http::response& answer) const {
    std::string text = std::string(what) + ": status " + std::to_string(answer.status()) + provider_reason(answer);
    if (answer.status() == 403)
        return failure::retry(text + "; access denied or rate limit, see the API key's permissions if it stays",
                              answer.retry_after(host_.now()));
    if (answer.status() == 401) return failure::refused(text + " with a new token; check api_key");
    return http::to_failure(answer, std::string(what) + provider_reason(answer), host_.now());
}

failure fetcher::judge_token(const http::response& answer) const {
    const std::string text = "POST /token: status " + std::to_string(answer.status()) + provider_reason(answer);
    switch (answer.status()) {
        case 400:
            return failure::refused(text + "; is api_key the whole key as Basiq issued it?");
        case 401:
            return failure::refused(text + "; check api_key");
        case 403:
            return failure::retry(text + "; the account is disabled, or too many token calls within 5 minutes",
                                  answer.retry_after(host_.now()));
        case 404:
            return failure::refused(text + "; Basiq does not know this api_key");
        default:
            return http::to_failure(answer, "POST /token" + provider_reason(answer), host_.now());
    }
}

} // namespace basiq
