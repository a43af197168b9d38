#include "core/admin/api.hpp"
#include "core/admin/render.hpp"
#include "core/delivery/routes.hpp"

#include <future>

namespace gh::admin {

http::Response answer(json::Writer& w, int status) {
    return {status, {{"Content-Type", "application/json"}}, w.take() + "\n"};
}

Status wait_for(const std::function<void(store::WriteDone)>& write) {
    const auto promise = std::make_shared<std::promise<Status>>();
    auto future = promise->get_future();
    write([promise](const Status& s) { promise->set_value(s); });
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) return Error{"the store did not answer within 30 s"};
    return future.get();
}

std::shared_ptr<const config::Source> find_source(const config::Config& config, std::string_view name) {
    for (const auto& source : config.sources)
        if (source->name == name) return source;
    return nullptr;
}

http::Response Api::store_failed(const Error& error) const {
    services_.log.error("admin", "the store cannot be read", {{"reason", error.message}});
    return http::unavailable(1, "The store cannot be read now; the server's log says why.");
}

http::Response Api::events_page(store::EventQuery query, Call& call) {
    query.source = call.text("source");
    query.type = call.text("type");
    query.search = call.text("search");
    query.since = call.time("since");
    query.until = call.time("until");
    query.limit = call.limit();
    query.cursor = call.text("cursor");
    auto page = services_.store.events(query);
    if (!page) {
        // The store tells a cursor that it cannot read and a failing disk alike; only the first is the caller's mistake.
        if (!query.cursor.empty()) {
            query.cursor.clear();
            query.limit = 1;
            if (services_.store.events(query)) return http::problem(400, "Bad cursor", "Give the \"next\" of the page before, unchanged.");
        }
        return store_failed(page.error());
    }
    json::Writer w;
    w.object().name("items").array();
    for (const auto& event : page->items) write(w, event);
    w.end().member("next", page->next).end();
    return answer(w);
}

http::Response Api::list_events(Call& call) {
    store::EventQuery query;
    query.status = store::parse_event_status(call.text("status"));
    return events_page(std::move(query), call);
}

http::Response Api::list_quarantine(Call& call) {
    store::EventQuery query;
    query.status = store::EventStatus::refused;
    return events_page(std::move(query), call);
}

Result<std::vector<store::Delivery>> Api::deliveries_of(Uuid event) const {
    constexpr size_t k_most = 1'000; // an event replayed more often is listed by /deliveries?event=
    store::DeliveryQuery query;
    query.event = event;
    query.limit = 200;
    std::vector<store::Delivery> out;
    do {
        auto page = services_.store.deliveries(query);
        if (!page) return page.error();
        out.insert(out.end(), page->items.begin(), page->items.end());
        query.cursor = page->next;
    } while (!query.cursor.empty() && out.size() < k_most);
    return out;
}

http::Response Api::show_event(Call& call) {
    const auto id = Uuid::parse(call.segment());
    const auto missing = [&] { return http::problem(404, "No such event", "No stored event has the id " + call.segment() + "."); };
    if (!id) return missing();
    auto found = services_.store.event(*id);
    if (!found) return store_failed(found.error());
    if (!*found) return missing();
    const store::Event& e = **found;
    auto deliveries = deliveries_of(*id);
    if (!deliveries) return store_failed(deliveries.error());

    const auto source = find_source(*services_.config(), e.source);
    json::Writer w;
    w.object().member("id", e.id.text()).member("seq", e.seq).member("source", e.source).member("plugin", e.plugin);
    w.member("type", e.type).member("subject", e.subject).member("dedupe_key", e.dedupe_key).member("ordering_key", e.ordering_key);
    w.member("received_at", to_rfc3339(e.received_at));
    w.member("occurred_at", e.occurred_at ? std::optional(to_rfc3339(*e.occurred_at)) : std::nullopt);
    w.member("status", to_text(e.status)).member("trust", trust_of(e.status, e.trust)).member("recovered", e.recovered);
    w.member("duplicates", e.duplicates).member("fetch_attempts", e.fetch_attempts).member("reason", e.reason).member("hint", e.hint);
    write(w.name("request"), e.request, source.get());
    write_document(w.name("document"), e.document);
    write_document_info(w.name("document_info"), e.document);
    w.name("deliveries").array();
    for (const auto& d : *deliveries) {
        auto attempts = services_.store.attempts(d.id);
        if (!attempts) return store_failed(attempts.error());
        write(w, d, &*attempts);
    }
    w.end().end();
    return answer(w);
}

http::Response Api::replay_event(Call& call) {
    const auto id = Uuid::parse(call.segment());
    auto found = id ? services_.store.event(*id) : Result<std::optional<store::Event>>(std::optional<store::Event>());
    if (!found) return store_failed(found.error());
    if (!*found) return http::problem(404, "No such event", "No stored event has the id " + call.segment() + ".");
    const store::Event& e = **found;
    if (e.status == store::EventStatus::refused)
        return http::problem(409, "Not verified",
                             "A quarantined request is never delivered. Verify it again with POST /api/v1/quarantine/reverify.");
    if (e.status == store::EventStatus::received || e.status == store::EventStatus::fetching)
        return http::problem(409, "Not dispatched yet", "The event waits for its document; its deliveries follow by themselves.");

    const auto config = services_.config();
    std::vector<std::string> to;
    if (const std::string name = call.text("to"); name.empty())
        to = delivery::Routes(config).destinations(e.source, e.type);
    else
        to.push_back(name);
    if (to.empty()) return http::problem(422, "No destination", "No route wants this event. Name a destination with \"to\".");
    for (const auto& name : to)
        if (std::none_of(config->destinations.begin(), config->destinations.end(), [&](const auto& d) { return d->name == name; }))
            return http::problem(422, "No such destination", "No destination is called \"" + name + "\".");

    std::vector<store::NewDelivery> deliveries;
    for (const auto& name : to) deliveries.push_back({Uuid::v7(call.now), name, call.now});
    json::Writer w;
    w.object().member("event", e.id.text()).name("deliveries").array();
    for (const auto& d : deliveries) w.object().member("id", d.id.text()).member("destination", d.destination).end();
    w.end().end();
    const Status done = wait_for([&](store::WriteDone f) { services_.store.add_deliveries(e.id, std::move(deliveries), std::move(f)); });
    if (!done) return store_failed(done.error());
    return answer(w, 202);
}

} // namespace gh::admin
