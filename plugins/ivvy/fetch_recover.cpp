#include "fetch_recover.hpp"

#include <gatehouse/recovery.hpp>

#include "fetch_entity.hpp"

using namespace gatehouse;

namespace ivvy {

namespace {

constexpr int64_t k_per_page = 100;

/// "<list>:<start>": which list, and the index of the record to go on with.
struct cursor {
    size_t list = 0;
    int64_t start = 0;

    static std::optional<cursor> parse(json::value v) {
        if (!v || v.is_null()) return cursor();
        const std::string_view text = v.text();
        const size_t colon = std::min(text.find(':'), text.size());
        const auto list = detail::parse_digits(text.substr(0, colon), 1),
                   start = detail::parse_digits(text.substr(std::min(colon + 1, text.size())), 9);
        if (!list || !start || static_cast<size_t>(*list) >= k_dated_lists.size()) return std::nullopt;
        return cursor{static_cast<size_t>(*list), *start};
    }
    std::string text() const { return std::to_string(list) + ":" + std::to_string(start); }
};

/// "yyyy-mm-dd HH:mm:ss", UTC, with or without " UTC" behind it.
std::optional<time_point> time_of(std::string_view text) {
    if (text.ends_with(" UTC")) text.remove_suffix(4);
    return parse_clock_text(text, ' ', "");
}

void say_limits(recovered_page& page) {
    page.lost("the ids of missed notifications, and changes between the first and the last one of an entity",
              "lists tell the state of now: a change that did arrive as a notification becomes a second event, several changes become one");
    page.lost("deletions", "what is deleted is not in the lists any more");
    page.lost(
        "opportunities, tasks, activities, notes, space blockouts, documents, BEOs, and the sessions, accommodation and rooms of bookings",
        "their lists take no date of modification");
    page.lost("room inventory, room rates and booking rules", "they can be read by dates of stay, not by when they changed");
}

} // namespace

std::string recovered_body(std::string_view subject, json::value entity) {
    return json::object::of("recovered", true, "Subject", subject, "Body", json::object::of("data", entity).text()).text();
}

std::optional<content> recovered_content(std::string_view body) {
    const json::document d = json::parse(body);
    if (d["Type"] || d["Signature"] || !d["recovered"].boolean().value_or(false)) return std::nullopt;
    return content(d["Body"].text(), parse_subject(d["Subject"].text()));
}

job<result> fetcher::recover(const json::document& arguments) const {
    const auto since = parse_utc_time(arguments["since"].text()), until = parse_utc_time(arguments["until"].text());
    const auto at = cursor::parse(arguments["cursor"]);
    if (!since || !until || !at) co_return failure::invalid("since and until must be times, cursor what the last page gave");
    const dated_list& list = k_dated_lists[at->list];
    recovered_page page;
    if (at->list == 0 && at->start == 0) say_limits(page);

    json::object filter;
    filter.add(list.after, clock_text(*since, ' ')).add(list.before, clock_text(*until + milliseconds(999), ' '));
    json::object body;
    body.add("filter", filter).add("perPage", k_per_page).add("start", at->start);
    const std::string asked = body.text();
    const api_answer answer = co_await api_.call(std::string(list.call), asked);
    const auto results = answer.json()["results"];
    if (!answer.missing() && !results.is_array())
        co_return failure::invalid("POST " + std::string(list.call) + ": the answer has no results");
    size_t unreadable = 0;
    for (const auto entity : results.elements()) {
        const std::string id = id_text(entity["id"]), stamp(entity["modifiedDate"].text());
        const auto modified = time_of(stamp);
        if (id.empty() || id.size() > 100 || !modified) {
            ++unreadable;
            continue;
        }
        // Whether iVvy takes the ends of the filter in, or takes the filter at all, is no reason to make events of what is older.
        if (*modified + milliseconds(999) < *since || *modified > *until) continue;
        const std::string name(list.entity);
        page.found(recovered_event("modified:" + name + ":" + id + ":" + clock_text(*modified, 'T'), name + ".updated")
                       .subject(name + "/" + id)
                       .ordering_key(name + "/" + id)
                       .occurred_at(*modified)
                       .body(recovered_body(name + "Updated", entity)));
    }
    if (unreadable > 0)
        page.lost(std::to_string(unreadable) + " entries of " + std::string(list.call),
                  "they have no id or no modifiedDate that can be read");

    // Most calls give fewer than asked for without saying so: what came counts.
    const auto count = static_cast<int64_t>(results.size());
    const int64_t next = at->start + std::max(count, detail::parse_digits(id_text(answer.json()["meta"]["count"])).value_or(0));
    const int64_t total = detail::parse_digits(id_text(answer.json()["meta"]["totalResults"])).value_or(0);
    if (count > 0 && next < total) {
        if (next < max_pages_ * k_per_page) {
            page.next(cursor{at->list, next}.text());
            co_return document(page.text());
        }
        page.lost("further entries of " + std::string(list.call),
                  "there are more than max_pages allows; ask for a shorter time or raise it");
    }
    if (at->list + 1 < k_dated_lists.size()) page.next(cursor{at->list + 1, 0}.text());
    co_return document(page.text());
}

} // namespace ivvy
