#include "fetch_entity.hpp"

#include "fetch_recover.hpp"

using namespace gatehouse;

namespace ivvy {

namespace {

constexpr int64_t k_per_page = 100;

/// A number as a number, anything else as a string.
json::item as_item(const std::string& id) {
    return detail::parse_digits(id) ? json::item(json::raw(id)) : json::item(id);
}

int64_t count_of(json::value meta, const char* name) {
    return detail::parse_digits(id_text(meta[name])).value_or(0);
}

} // namespace

fetcher::fetcher(host h, const settings& s)
    : host_(h),
      api_(h, s),
      venue_(s["venue_id"].text()),
      user_(s["basic_user"].text()),
      account_(s["account_id"].text()),
      max_pages_(s["max_pages"].integer().value_or(50)) {}

job<result> fetcher::fetch(const stored_event& e) const {
    if (const auto found = recovered_content(e.request().body())) co_return co_await read(*found);
    const auto envelope = sns::receiver::envelope_of(e.request());
    const auto m = message::read(envelope.message());
    if (!m) co_return failure::invalid("the stored message is not one of iVvy's");
    const content c(m->body(), parse_subject(m->subject()));
    co_return co_await read(c);
}

job<result> fetcher::read(const content& c) const {
    if (!c.subject().of) co_return failure::invalid("Subject " + printable(c.subject().type) + " is not known");
    switch (c.subject().of->how) {
        case read_by::id:
            co_return co_await by_id(c);
        case read_by::list:
            co_return co_await by_list(c);
        case read_by::dates:
            co_return co_await by_dates(c);
        case read_by::nothing:
            break;
    }
    co_return co_await from_notification(c);
}

job<result> fetcher::by_id(const content& c) const {
    const std::string id = c.id();
    if (id.empty()) co_return co_await from_notification(c);
    const auto body = json::object::of("id", as_item(id)).text();
    const api_answer answer = co_await api_.call(std::string(c.subject().of->call), body);
    if (answer.missing()) co_return gone(answer.reason());
    co_return document(answer.body());
}

/// The members of the list call that name the parents, as JSON without braces; nothing when one of them is not known.
std::optional<std::string> fetcher::list_arguments(const content& c) const {
    std::string out;
    for (const std::string_view name : c.subject().of->parents) {
        if (name.empty()) continue;
        const bool plural = name == "venueIds";
        std::string id = c.value_text(plural ? "venueId" : name);
        if (id.empty() && (plural || name == "venueId")) id = venue_;
        if (id.empty()) return std::nullopt;
        out += json::quote(name) + ":" + (plural ? "[" + as_item(id).text() + "]" : as_item(id).text()) + ",";
    }
    return out;
}

job<result> fetcher::by_list(const content& c) const {
    const std::string id = c.id();
    const auto parents = list_arguments(c);
    if (id.empty() || !parents) co_return co_await from_notification(c);
    int64_t start = 0;
    for (int64_t page = 0; page < max_pages_; ++page) {
        const std::string body = "{" + *parents + "\"perPage\":" + std::to_string(k_per_page) + ",\"start\":" + std::to_string(start) + "}";
        const api_answer answer = co_await api_.call(std::string(c.subject().of->call), body);
        if (answer.missing()) co_return gone(answer.reason());
        for (const auto item : answer.json()["results"].elements())
            if (id_text(item["id"]) == id) co_return document(std::string(item.raw()));
        // Most calls give fewer than asked for without saying so: what came counts.
        const auto meta = answer.json()["meta"];
        const auto count = static_cast<int64_t>(answer.json()["results"].size());
        start += std::max(count, count_of(meta, "count"));
        if (count == 0 || start >= count_of(meta, "totalResults"))
            co_return gone(std::string(c.subject().of->name) + " " + id + " is not in its list");
    }
    co_return failure::invalid(std::string(c.subject().of->name) + " " + printable(id) + " is not in the first " +
                               std::to_string(max_pages_) + " pages of its list; raise max_pages");
}

job<result> fetcher::by_dates(const content& c) const {
    const auto [first, last] = c.dates();
    // The rows do not tell the venue.
    if (first.empty() || venue_.empty()) co_return co_await from_notification(c);
    json::array rooms;
    for (const auto& r : c.distinct("roomId")) rooms.add(json::raw(r));
    json::object common;
    common.add("venueId", as_item(venue_)).add("startDate", first).add("endDate", last).add("roomIds", rooms);
    if (c.subject().of->name != "RoomRates") {
        const api_answer answer = co_await api_.call(std::string(c.subject().of->call), common.text());
        if (answer.missing()) co_return gone(answer.reason());
        co_return document(answer.body());
    }
    const auto bars = c.distinct("barId");
    if (bars.empty() || bars.size() > 32) co_return co_await from_notification(c);
    json::array out;
    for (const auto& bar : bars) {
        json::object one = common;
        one.add("barId", json::raw(bar));
        const api_answer answer = co_await api_.call(std::string(c.subject().of->call), one.text());
        if (!answer.missing()) out.add(json::object::of("barId", json::raw(bar), "rates", json::raw(answer.body())));
    }
    co_return document(out.text());
}

job<result> fetcher::from_notification(const content& c) const {
    if (!c.data()) co_return failure::invalid("the notification carries no data, and names too little to ask iVvy for it");
    co_return document(std::string(c.data().raw()));
}

job<result> fetcher::ping() const {
    const api_answer answer = co_await api_.call("test?action=ping", "");
    co_return document(answer.body());
}

} // namespace ivvy
