// What Streams' record of deliveries tells, and making a subscription anew.
#include <gatehouse/recovery.hpp>

#include <algorithm>

#include "plugin_operations.hpp"

namespace axway {

using gatehouse::document;
using gatehouse::failure;
using gatehouse::job;
using gatehouse::result;
using gatehouse::state_change;
namespace http = gatehouse::http;

namespace {

constexpr size_t k_most_told = 500;

std::string window(std::string_view start, std::string_view end) {
    std::string out;
    if (!start.empty()) out += "?start=" + gatehouse::percent_encode(start);
    if (!end.empty()) out += (out.empty() ? "?end=" : "&end=") + gatehouse::percent_encode(end);
    return out;
}

/// The documented form has no milliseconds.
std::string whole_seconds(std::string_view time) {
    const auto t = gatehouse::parse_utc_time(time);
    if (!t) throw failure::invalid("\"" + gatehouse::printable(time) + "\" is not a time such as 2026-01-31T12:00:00Z");
    return gatehouse::clock_text(*t, 'T') + "Z";
}

bool failed(json::value exchange) {
    const int64_t code = exchange["responseCode"].integer().value_or(0);
    return code < 200 || code > 299;
}

int64_t attempt(json::value exchange) {
    return exchange["requestRetryAttempts"].integer().value_or(0);
}

/// Failed deliveries after which no retry of the same delivery is recorded: a retry follows its delivery, with a higher attempt.
std::vector<json::value> given_up(json::value list) {
    std::vector<json::value> sorted;
    for (const json::value e : list.elements()) sorted.push_back(e);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](json::value a, json::value b) { return a["requestDatetime"].text() < b["requestDatetime"].text(); });
    std::vector<json::value> out;
    for (size_t i = 0; i < sorted.size(); ++i) {
        const bool tried_again = i + 1 < sorted.size() && attempt(sorted[i + 1]) > attempt(sorted[i]);
        if (failed(sorted[i]) && !tried_again) out.push_back(sorted[i]);
    }
    return out;
}

} // namespace

std::string operations::without_secrets(json::value exchange) const {
    json::object out;
    for (const auto [key, v] : exchange.members()) {
        if (key != "requestHeaders") {
            out.add(key, v);
            continue;
        }
        json::object headers;
        for (const auto [name, value] : v.members()) {
            const bool secret = gatehouse::equals_ignoring_case(name, "Authorization") ||
                                (!configuration_.header_name.empty() && gatehouse::equals_ignoring_case(name, configuration_.header_name));
            if (secret)
                headers.add(name, "(left out)");
            else
                headers.add(name, value);
        }
        out.add(key, headers);
    }
    return out.text();
}

job<result> operations::exchanges(const arguments& a) const {
    if (!is_id(a["id"].text())) co_return failure::invalid("id: is not an id of Streams");
    const std::string path = "/subscriptions/" + gatehouse::percent_encode(a["id"].text()) + "/exchanges" +
                             window(a["start"] ? whole_seconds(a["start"].text()) : "", a["end"] ? whole_seconds(a["end"].text()) : "");
    const http::response answer = co_await api_.expect(200, "GET", path);
    const json::document d = answer.json();
    if (!d.root().is_array()) co_return failure::invalid("GET " + path + ": the answer is not an array");
    json::array out;
    for (const json::value e : d.root().elements()) out.add(json::raw(without_secrets(e)));
    co_return document(out.text());
}

job<result> operations::recover(const arguments& a) const {
    std::vector<std::string> ids = configuration_.subscriptions;
    for (std::string& id : document_keeper::known(host_))
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
    std::sort(ids.begin(), ids.end());
    const std::string since = whole_seconds(a["since"].text()), until = whole_seconds(a["until"].text());
    // One subscription a page; the cursor names the one to begin with.
    const auto at = std::lower_bound(ids.begin(), ids.end(), a["cursor"].text());
    gatehouse::recovered_page page;
    if (at == ids.end()) co_return document(page.text());
    const std::string id = *at, path = "/subscriptions/" + gatehouse::percent_encode(id);
    if (at + 1 != ids.end()) page.next(*(at + 1));

    const http::response found = co_await api_.call("GET", path);
    if (found.status() == 404) {
        page.lost("subscription " + id, "it is not at Streams any more: what was published since is not for us");
        co_return document(page.text());
    }
    if (found.status() != 200) throw api_failure(found, "GET " + path, host_.now());
    const json::document subscription = found.json();
    if (const std::string_view status = subscription["subscriptionStatus"].text(); !status.empty() && status != "active")
        page.lost("subscription " + id, "Streams does not send: status " + gatehouse::printable(status) + "; run the operation reactivate");

    const std::string query = path + "/exchanges" + window(since, until);
    const http::response answer = co_await api_.expect(200, "GET", query);
    const json::document d = answer.json();
    if (!d.root().is_array()) co_return failure::invalid("GET " + query + ": the answer is not an array");
    std::vector<state_change> changes;
    const document_meta meta = document_meta::parse(host_.get_state(meta_key(id)));
    size_t told = 0;
    for (const json::value e : given_up(d.root())) {
        const std::string type = gatehouse::printable(e["eventType"].text(), 40),
                          when = gatehouse::printable(e["requestDatetime"].text(), 40);
        const std::string heard = e["responseCode"] ? "status " + gatehouse::printable(e["responseCode"].raw(), 10)
                                                    : gatehouse::printable(e["errorMessage"].text());
        if (told++ < k_most_told)
            page.lost(
                type + " for subscription " + id + " at " + when + " (" + heard + ")",
                "Streams keeps neither the body nor the event id of a delivery" +
                    std::string(type == "patch" || type == "snapshot" ? "; a new snapshot brings the document: operation resync" : ""));
        // A patch that is missing would let the next one apply to the wrong document, silently.
        const bool after_snapshot = meta.snapshot_at.empty() || std::string_view(when).substr(0, 19) >= meta.snapshot_at.substr(0, 19);
        if ((type == "patch" || type == "snapshot") && after_snapshot && meta.state == "current" && changes.empty())
            changes.emplace_back(suspect_key(id), "a " + type + " of " + when + " was not delivered (" + heard + ")");
    }
    if (told > k_most_told) page.lost(std::to_string(told - k_most_told) + " more for subscription " + id, "not listed one by one");
    co_return document(page.text()).state(std::move(changes));
}

job<std::string> operations::recreate(std::string old) const {
    const auto w = pin_of(old);
    if (!w)
        throw failure::invalid("subscription " + old +
                               " was not created by this source, so how is not known; delete it and run the operation subscribe");
    co_await gatehouse::put_state(expect_new(*w));
    // A try that was interrupted after Streams' answer and before our commit has left one behind.
    std::string fresh;
    const std::vector<std::string> there = co_await api_.of_topic(w->topic);
    for (const std::string& text : there) {
        const json::document d = json::parse(text);
        const std::string id(d["id"].text());
        if (is_id(id) && id != old && d["webhookUrl"].text() == w->url && !host_.get_state(pin_key(id))) fresh = id;
    }
    if (fresh.empty()) {
        const std::string created = co_await api_.create(*w);
        fresh = json::parse(created)["id"].text();
    }
    auto changes = pin(fresh, *w);
    co_await gatehouse::put_state(std::move(changes));
    const http::response gone = co_await api_.call("DELETE", "/subscriptions/" + gatehouse::percent_encode(old));
    if (gone.status() != 404 && !gone.ok()) throw api_failure(gone, "DELETE of subscription " + old, host_.now());
    std::vector<state_change> rest;
    rest.push_back(state_change::remove(pin_key(old)));
    document_keeper::remember(host_, old, false, rest);
    co_await gatehouse::put_state(std::move(rest));
    co_return fresh;
}

job<result> operations::resync(const arguments& a) const {
    const std::string old(a["id"].text());
    if (!is_id(old)) co_return failure::invalid("id: is not an id of Streams");
    const std::string fresh = co_await recreate(old);
    document_meta meta = document_meta::parse(host_.get_state(meta_key(old)));
    meta.state = "retired";
    meta.reason = "replaced by subscription " + fresh;
    std::vector<state_change> changes;
    changes.emplace_back(meta_key(old), meta.json().text());
    changes.push_back(state_change::remove(document_key(old)));
    changes.push_back(state_change::remove(suspect_key(old)));
    co_return document(json::object::of("id", fresh, "replaces", old).text()).state(std::move(changes));
}

} // namespace axway
