#include "fetch.hpp"

#include "notification.hpp"

using namespace gatehouse;

namespace basiq {

namespace {

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

job<result> fetcher::fetch(const stored_event& event) {
    const notification hint = read_notification(event.request().body());
    part about, entity;

    std::vector<http::request> requests;
    if (!hint.event_link.empty()) requests.push_back(http::get(api_.pinned("links.event", hint.event_link)));
    if (!hint.entity_link.empty()) requests.push_back(http::get(api_.pinned("links.eventEntity", hint.entity_link)));
    if (!requests.empty()) {
        std::vector<http::response> answers = co_await api_.send_all(std::move(requests));
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

fetcher::part fetcher::read(std::string_view what, const http::response& answer) const {
    part p;
    if (answer.status() == 404) {
        p.status = "404";
        return p;
    }
    if (answer.status() != 200) throw api_.judge(what, answer);
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
    auto fetch = [this](std::string link) -> job<http::response> { return api_.send(http::get(link)); };
    const paging::pages list = co_await paging::follow(std::move(first), std::move(next), std::move(fetch), max_pages_);
    p.json = join_pages(list.read(), list.rest());
    p.pages = list.read().size();
    p.complete = list.complete();
    if (!p.complete) api_.host().warning("a list was cut after " + std::to_string(p.pages) + " pages; raise max_pages to read more");
    co_return p;
}

std::string fetcher::next_page(const http::response& page) const {
    const std::string_view what = "a page of links.eventEntity";
    if (page.status() != 200) throw api_.judge(what, page);
    const json::document body = page.json();
    if (!body["data"].is_array()) throw failure::retry(std::string(what) + ": answered 200 with what is not a list");
    const std::string_view next = body["links"]["next"].text();
    return next.empty() ? std::string() : api_.pinned("links.next", next);
}

} // namespace basiq
