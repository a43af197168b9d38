#include "recover.hpp"

#include <gatehouse/iso_time.hpp>
#include <gatehouse/recovery.hpp>

#include <algorithm>

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr std::string_view k_arguments =
    R"({"type": "object", "additionalProperties": false, "required": ["since", "until"], "properties": {
  "since": {"type": "string"}, "until": {"type": "string"}, "cursor": {"type": ["string", "null"]},
  "limit": {"type": "integer", "minimum": 1}}})";
constexpr int64_t k_most_per_page = 100; // default and maximum of both calls

struct range {
    time_point since, until;
};

/// Where the search is: "twin:<n>" for the n-th twin, "stickers:<offset>" after them.
struct cursor {
    bool stickers = false;
    size_t at = 0;
};

std::optional<cursor> read_cursor(json::value v) {
    if (!v || v.is_null()) return cursor();
    const std::string_view text = v.text();
    const size_t colon = std::min(text.find(':'), text.size());
    const auto n = detail::parse_digits(text.substr(std::min(colon + 1, text.size())), 9);
    if (!n || (text.substr(0, colon) != "twin" && text.substr(0, colon) != "stickers")) return std::nullopt;
    return cursor{text.substr(0, colon) == "stickers", static_cast<size_t>(*n)};
}

/// A time in an answer: a number of seconds, or the same as the name of a member.
std::optional<time_point> time_in(json::value v) {
    return parse_ts(v.is_string() ? v.text() : v.number());
}

std::string query(const range& r) {
    return "?ge=" + ts_text(r.since) + "&le=" + ts_text(r.until) + "&limit=" + std::to_string(k_most_per_page);
}

json::object body_of(std::string_view trigger, const std::string& twin, time_point at, const json::object& event) {
    return json::object::of("type", "Notification", "trigger", trigger, "twin", twin, "sent_ts", json::raw(ts_text(at)), "event", event,
                            "recovered", true);
}

/// The records of one entry. What their form is, no page shows: {"<time>": value}, [[time, value]] and [{"value": …, "…ts": time}] are
/// read.
class history {
public:
    history(recovered_page& page, std::string twin, std::string ledger, range r)
        : page_(page), twin_(std::move(twin)), ledger_(std::move(ledger)), range_(r) {}

    /// False when something in it could not be read.
    bool read(std::string_view entry, json::value records) {
        bool good = records.is_object() || records.is_array();
        count_ = 0;
        for (const auto m : records.members()) good &= record(entry, time_in_name(m.key), m.value);
        for (const auto e : records.elements()) {
            if (e.is_array()) {
                good &= record(entry, time_in(e[0]), e[1]);
                continue;
            }
            std::optional<time_point> at;
            for (const char* name : {"value_changed_ts", "changed_ts", "updated_ts", "timestamp", "ts"})
                if (!at) at = time_in(e[name]);
            good &= record(entry, at, e["value"]);
        }
        return good;
    }
    size_t count() const { return count_; } ///< of the entry read last

private:
    static std::optional<time_point> time_in_name(std::string_view name) { return parse_ts(name); }

    bool record(std::string_view entry, std::optional<time_point> at, json::value value) {
        if (!at || !value) return false;
        ++count_;
        if (*at < range_.since || *at > range_.until) return true;
        const json::object change = json::object::of("new_value", value, "changed_ts", json::raw(ts_text(*at)));
        json::object event;
        event.add(entry, change);
        page_.found(
            recovered_event("history:" + twin_ + ":" + ledger_ + ":" + std::string(entry) + ":" + ts_text(*at), "ledger.entry.updated")
                .subject(twin_)
                .ordering_key(twin_)
                .occurred_at(*at)
                .body(body_of("ledger.entry.updated", twin_, *at, event).text()));
        return true;
    }

    recovered_page& page_;
    std::string twin_, ledger_;
    range range_;
    size_t count_ = 0;
};

/// Stickers wherever they stand in the answer: objects with created_ts, found by their own members twin, color and account or by the names
/// they stand under.
class sticker_list {
public:
    sticker_list(recovered_page& page, range r) : page_(page), range_(r) {}
    void read(json::value v) { walk(v, {}); }
    size_t count() const { return count_; }

private:
    struct place {
        std::string account, twin, color;
    };

    void walk(json::value v, const place& p) {
        for (const auto e : v.elements()) walk(e, p);
        if (v["created_ts"]) return sticker(v, p);
        for (const auto m : v.members()) {
            place below = p;
            if (!is_uuid(m.key))
                below.color = m.key;
            else
                (below.account.empty() ? below.account : below.twin) = m.key;
            if (m.value.is_object() || m.value.is_array()) walk(m.value, below);
        }
    }
    void sticker(json::value v, place p) {
        ++count_;
        for (const auto& [name, to] : {std::pair{"account", &p.account}, std::pair{"twin", &p.twin}, std::pair{"color", &p.color}})
            if (!v[name].text().empty()) *to = v[name].text();
        const auto at = time_in(v["created_ts"]);
        if (!at || !is_uuid(p.twin) || p.color.empty() || *at < range_.since || *at > range_.until) return;
        json::object event = json::object::of("color", p.color);
        for (const char* name : {"note", "message", "validity_ts", "created_ts"})
            if (v[name]) event.add(name, v[name]);
        page_.found(recovered_event("sticker:" + p.account + ":" + p.twin + ":" + p.color + ":" + ts_text(*at), "sticker.put")
                        .subject(p.twin)
                        .ordering_key(p.twin)
                        .occurred_at(*at)
                        .body(body_of("sticker.put", p.twin, *at, event).text()));
    }

    recovered_page& page_;
    range range_;
    size_t count_ = 0;
};

std::vector<std::string> twins_of(const workshop& w) {
    std::vector<std::string> out = w.seen.all();
    for (const auto& t : w.settings.twins)
        if (std::find(out.begin(), out.end(), t) == out.end()) out.push_back(t);
    return out;
}

void say_limits(const workshop& w, recovered_page& page, size_t twins) {
    page.lost("the ids of missed messages",
              "no answer of the provider tells them: a change found here that did arrive as a notification becomes a second event");
    page.lost("deleted entries, removed and expired stickers", "histories and lists hold what is or was, not that it went away");
    page.lost("entries without the attribute history, and more than 1000 changes of one entry", "the provider keeps no record of them");
    page.lost("changes on twins not known here (known: " + std::to_string(twins) + ")",
              "the provider cannot be asked what changed, only what changed on a twin: name further ones in the setting twins");
    page.lost("changes in other ledgers than \"" + w.settings.ledger + "\"", "messages name no ledger; see the setting ledger");
    if (w.seen.full()) page.lost("twins seen beyond 16,384", "there was no room to remember them; name them in the setting twins");
}

job<result> recover(workshop w, const json::document& a) {
    const auto since = parse_utc_time(a["since"].text()), until = parse_utc_time(a["until"].text());
    const auto where = read_cursor(a["cursor"]);
    if (!since || !until || !where) co_return failure::invalid("since and until must be times, cursor what the last page gave");
    if (!w.settings.reads) co_return failure::refused("user_secret is not set: without it nothing can be asked for");
    const range r{*since, *until};
    recovered_page page;
    const auto twins = twins_of(w);
    if (!where->stickers && where->at == 0) say_limits(w, page, twins.size());
    if (!where->stickers && where->at < twins.size()) {
        const std::string twin = twins[where->at];
        const std::string path =
            "twins/" + http::segment("twin", twin) + "/ledgers/" + http::segment("ledger", w.settings.ledger) + "/history";
        const http::response answer = co_await authorized(http::get(w.settings.at(path) + query(r)));
        const std::string what = "GET " + path;
        const json::document d = answer.json();
        const json::value entries = d["entries"] ? d["entries"] : d.root();
        if (answer.status() == 404 || answer.status() == 400 || answer.status() == 403)
            page.lost("ledger changes of twin " + twin, unwanted(answer, what, w.host.now()).text());
        else if (answer.status() != 200 || !entries.is_object())
            co_return answer.status() == 200 ? failure::invalid(what + ": status 200, but no entries")
                                             : unwanted(answer, what, w.host.now());
        else
            for (const auto m : entries.members()) {
                history h(page, twin, w.settings.ledger, r);
                if (!h.read(m.key, m.value))
                    page.lost("entry " + std::string(m.key) + " of twin " + twin, "its history has an unknown form");
                if (h.count() >= static_cast<size_t>(k_most_per_page))
                    page.lost("older changes of entry " + std::string(m.key) + " of twin " + twin,
                              "the answer holds the newest 100: ask again for a shorter time");
            }
        page.next(where->at + 1 < twins.size() ? "twin:" + std::to_string(where->at + 1) : "stickers:0");
        co_return document(page.text());
    }
    const size_t offset = where->stickers ? where->at : 0;
    const http::response answer =
        co_await authorized(http::get(w.settings.at("stickers") + query(r) + "&offset=" + std::to_string(offset)));
    if (answer.status() == 403) {
        page.lost("stickers", unwanted(answer, "GET stickers", w.host.now()).text());
        co_return document(page.text());
    }
    const json::document d = answer.json();
    if (answer.status() != 200 || !d) co_return unwanted(answer, "GET stickers", w.host.now());
    sticker_list list(page, r);
    list.read(d["stickers"] ? d["stickers"] : d.root());
    if (list.count() >= static_cast<size_t>(k_most_per_page)) page.next("stickers:" + std::to_string(offset + list.count()));
    co_return document(page.text());
}

} // namespace

void enroll_recovery(registry& r, workshop w) {
    r.operation("recover", "Ask ledger histories and sticker lists for what was missed", k_arguments, "recover",
                [w](const json::document& a) { return recover(w, a); });
}

} // namespace twin_ledger
