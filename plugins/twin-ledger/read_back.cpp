#include "read_back.hpp"

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr uint64_t k_most_answer = 4u << 20;

/// One of the answers, as it stands in the document.
struct part {
    std::string name, path;
    bool own; ///< what the event is about
};

std::vector<part> parts_of(const std::string& twin, const std::string& ledger, const std::string& type, const std::string& color) {
    const std::string base = "twins/" + http::segment("twin", twin);
    const bool sticker = type.rfind("sticker.", 0) == 0, entry = type.rfind("ledger.", 0) == 0;
    std::vector<part> out = {{"twin", base, !sticker && !entry},
                             {"ledger", base + "/ledgers/" + http::segment("ledger", ledger), entry},
                             {"stickers", base + "/stickers", false}};
    const auto one = path_segment(color);
    if (sticker && one)
        out.push_back({"sticker", base + "/stickers/" + *one, true});
    else if (sticker)
        out[2].own = true;
    return out;
}

/// Whether what the event says was removed is not there any more; nothing for other events.
std::optional<bool> removed(const std::string& type, json::value event, const std::vector<part>& parts,
                            const std::vector<http::response>& answers) {
    if (type == "sticker.removed" || type == "sticker.expired") {
        if (parts.back().name != "sticker") return std::nullopt;
        return answers.back().status() == 404;
    }
    if (type != "ledger.entry.deleted") return std::nullopt;
    if (answers[1].status() == 404) return true;
    const auto ledger = answers[1].json();
    for (const auto entry : event.members())
        if (ledger["entries"][entry.key]) return false;
    return true;
}

/// What the notification brings into the source's state: the newest capabilities, when its hash proves it, and the subscription
/// itself when it is not known here; the twin; and a server secret
/// that the host has by now is dropped here.
std::vector<state_change> learned(workshop w, std::string_view body, std::string_view twin) {
    std::vector<state_change> out;
    if (auto seen = w.seen.add(twin)) out.push_back(std::move(*seen));
    const auto read = message::read(body);
    const auto* m = std::get_if<message>(&read);
    if (!m || !w.settings.names_topic(m->topic()) || !w.proof.hash_fits(*m)) return out;
    if (auto fewer = w.memory.without_captured(m->topic())) out.push_back(std::move(*fewer));
    if (!w.memory.find(m->topic())) {
        // Somebody else subscribed for us: from now on it can be refreshed and ended here.
        subscription found;
        found.id = w.memory.new_id(m->topic());
        found.topic = m->topic();
        found.account = m->account();
        found.phase = phase::active;
        found.hashed = true;
        found.since = w.host.now();
        out.push_back(w.memory.put(found));
    }
    capabilities c = w.memory.urls(m->topic());
    const json::value s = (*m)["subscription"];
    if (m->sent_at() <= c.at || !w.settings.is_capability(s["refresh_url"].text(), m->account()) ||
        !w.settings.is_capability(s["unsubscribe_url"].text(), m->account()))
        return out;
    // A message that waited must not take back what a refresh has told since.
    const auto until = parse_ts(s["validity_ts"].number());
    if (c.valid_until && until && *until < *c.valid_until) return out;
    c.refresh_url = s["refresh_url"].text();
    c.unsubscribe_url = s["unsubscribe_url"].text();
    c.valid_until = until;
    c.at = m->sent_at();
    out.push_back(w.memory.put(m->topic(), c));
    return out;
}

json::item or_null(const http::response& r) {
    return r.status() == 200 ? json::item(json::raw(r.body())) : json::item(nullptr);
}

} // namespace

job<result> read_back(workshop w, const stored_event& e) {
    const json::document body = json::parse(e.request().body());
    const std::string twin(body["twin"].text()), type = e.type();
    if (!is_uuid(twin)) co_return failure::invalid("the notification names no twin");
    const json::value event = body["event"];
    const std::string color(event["color"].text());
    const auto parts = parts_of(twin, w.settings.ledger, type, color);
    std::vector<http::request> requests;
    for (const auto& p : parts) requests.push_back(authorized(http::get(w.settings.at(p.path)).max_response(k_most_answer)));
    const auto list = http::all(std::move(requests));
    const std::vector<http::response> answers = co_await list;

    for (size_t i = 0; i < parts.size(); ++i) {
        const int status = answers[i].status();
        const bool fine = status == 404 || (status == 403 && !parts[i].own) || (status == 200 && answers[i].json());
        if (status == 200 && !fine) co_return failure::retry("GET " + parts[i].path + ": status 200, but the body is not JSON");
        if (!fine) co_return unwanted(answers[i], "GET " + parts[i].path, w.host.now());
    }
    if (answers[0].status() == 404) co_return gone("twin " + twin + " is not there, or not for this user");

    json::object out = json::object::of("trigger", body["trigger"], "type", type, "twin_id", twin, "sent_ts", body["sent_ts"]);
    const auto read = message::read(e.request().body());
    const auto* m = std::get_if<message>(&read);
    out.add("hash_verified", m && w.proof.hash_fits(*m));
    out.add("event", event);
    for (size_t i = 0; i < parts.size(); ++i) {
        out.add(parts[i].name, or_null(answers[i]));
        out.add(parts[i].name + "_status", answers[i].status());
        if (parts[i].name == "ledger") out.add("ledger_id", w.settings.ledger);
    }
    const auto gone_now = removed(type, event, parts, answers);
    out.add("removal_confirmed", gone_now ? json::item(*gone_now) : json::item(nullptr));
    co_return document(out.text()).state(learned(w, e.request().body(), twin));
}

} // namespace twin_ledger
