#include "core/admin/api.hpp"
#include "core/admin/render.hpp"

namespace gh::admin {

namespace {

http::Response no_delivery(const std::string& id) {
    return http::problem(404, "No such delivery", "No delivery has the id " + id + ".");
}

} // namespace

Result<std::optional<store::Delivery>> Api::delivery(Uuid id) const {
    store::DeliveryQuery query;
    query.id = id;
    query.limit = 1;
    auto page = services_.store.deliveries(query);
    if (!page) return page.error();
    for (const auto& d : page->items)
        if (d.id == id) return std::optional(d);
    return std::optional<store::Delivery>();
}

http::Response Api::list_deliveries(Call& call) {
    store::DeliveryQuery query;
    query.event = call.uuid("event");
    query.destination = call.text("destination");
    query.source = call.text("source");
    query.type = call.text("type");
    query.status = store::parse_delivery_status(call.text("status"));
    query.since = call.time("since");
    query.until = call.time("until");
    query.limit = call.limit();
    query.cursor = call.text("cursor");
    auto page = services_.store.deliveries(query);
    if (!page) {
        if (!query.cursor.empty()) {
            query.cursor.clear();
            query.limit = 1;
            if (services_.store.deliveries(query))
                return http::problem(400, "Bad cursor", "Give the \"next\" of the page before, unchanged.");
        }
        return store_failed(page.error());
    }
    json::Writer w;
    w.object().name("items").array();
    for (const auto& d : page->items) write(w, d, nullptr);
    w.end().member("next", page->next).end();
    return answer(w);
}

http::Response Api::show_delivery(Call& call) {
    const auto id = Uuid::parse(call.segment());
    if (!id) return no_delivery(call.segment());
    auto found = delivery(*id);
    if (!found) return store_failed(found.error());
    if (!*found) return no_delivery(call.segment());
    auto attempts = services_.store.attempts(*id);
    if (!attempts) return store_failed(attempts.error());
    json::Writer w;
    write(w, **found, &*attempts);
    return answer(w);
}

http::Response Api::retry_delivery(Call& call) {
    const auto id = Uuid::parse(call.segment());
    if (!id) return no_delivery(call.segment());
    auto found = delivery(*id);
    if (!found) return store_failed(found.error());
    if (!*found) return no_delivery(call.segment());
    if ((*found)->status == store::DeliveryStatus::delivered)
        return http::problem(409, "Already delivered",
                             "To send the event once more, replay it: POST /api/v1/events/" + (*found)->event.text() + "/replay.");
    const Status done = wait_for([&](store::WriteDone f) { services_.store.retry_deliveries({*id}, std::move(f)); });
    if (!done) return store_failed(done.error());
    found = delivery(*id);
    if (!found) return store_failed(found.error());
    if (!*found) return no_delivery(call.segment());
    json::Writer w;
    write(w, **found, nullptr);
    return answer(w, 202);
}

http::Response Api::retry_deliveries(Call& call) {
    std::vector<Uuid> wanted;
    json::Writer w;
    w.object().name("items").array();
    for (const Uuid id : call.uuids("ids")) {
        auto found = delivery(id);
        if (!found) return store_failed(found.error());
        const bool done = *found && (*found)->status == store::DeliveryStatus::delivered;
        w.object().member("id", id.text()).member("result", !*found ? "not_found" : done ? "already_delivered" : "pending").end();
        if (*found && !done) wanted.push_back(id);
    }
    const size_t retried = wanted.size();
    if (retried > 0) {
        const Status done = wait_for([&](store::WriteDone f) { services_.store.retry_deliveries(std::move(wanted), std::move(f)); });
        if (!done) return store_failed(done.error());
    }
    w.end().member("retried", retried).end();
    return answer(w, 202);
}

http::Response Api::list_attempts(Call& call) {
    auto attempts = services_.store.attempts(*call.uuid("delivery"));
    if (!attempts) return store_failed(attempts.error());
    json::Writer w;
    w.object().name("items").array();
    for (const auto& a : *attempts) write(w, a);
    w.end().member("next", "").end();
    return answer(w);
}

http::Response Api::start_replay(Call& call) {
    ReplayOrder order;
    order.source = call.text("source");
    order.type = call.text("type");
    order.since = call.time("since");
    order.until = call.time("until").value_or(call.now + Millis(1)); // what came in this very millisecond belongs to it
    order.to = call.text("to");
    order.dry_run = call.boolean("dry_run");
    order.rate = call.rate("rate");
    const auto config = services_.config();
    if (!order.source.empty() && !find_source(*config, order.source))
        return http::problem(422, "No such source", "No source is called \"" + order.source + "\".");
    if (!order.to.empty() &&
        std::none_of(config->destinations.begin(), config->destinations.end(), [&](const auto& d) { return d->name == order.to; }))
        return http::problem(422, "No such destination", "No destination is called \"" + order.to + "\".");
    if (order.since && *order.since > order.until) return http::problem(422, "Empty range", "\"since\" is after \"until\".");
    const auto task = replays_.start(std::move(order));
    if (!task) return http::unavailable(5, "Too many replays are waiting.");
    const auto parsed = json::parse(*task);
    return {
        202, {{"Content-Type", "application/json"}, {"Location", "/api/v1/replays/" + std::string(parsed->text_of("id"))}}, *task + "\n"};
}

http::Response Api::list_replays(Call&) {
    return {200, {{"Content-Type", "application/json"}}, replays_.list() + "\n"};
}

http::Response Api::show_replay(Call& call) {
    const auto id = Uuid::parse(call.segment());
    const auto task = id ? replays_.show(*id) : std::nullopt;
    if (!task)
        return http::problem(404, "No such replay",
                             "No replay since the server's start has this id. What it created is under /api/v1/deliveries.");
    return {200, {{"Content-Type", "application/json"}}, *task + "\n"};
}

http::Response Api::cancel_replay(Call& call) {
    const auto id = Uuid::parse(call.segment());
    if (!id || !replays_.cancel(*id)) return http::problem(404, "No such replay", "No replay since the server's start has this id.");
    return show_replay(call);
}

} // namespace gh::admin
