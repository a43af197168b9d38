#include "core/admin/reverify.hpp"

#include "core/store/request_head.hpp"

#include <future>

namespace gh::admin {

namespace {

constexpr Millis k_job_deadline{15'000};

http::Request received(const store::Event& event) {
    http::Request r;
    const auto& stored = event.request;
    r.method = stored.method;
    r.target = stored.target;
    r.path = stored.target.substr(0, stored.target.find('?'));
    if (r.path.size() < r.target.size()) r.query = r.target.substr(r.path.size() + 1);
    for (std::string_view head = stored.head; !head.empty();) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
        r.fields.push_back({std::string(line.substr(0, colon)), std::string(value)});
    }
    r.body = stored.body;
    r.remote = stored.remote;
    r.received_at = event.received_at;
    return r;
}

const plugin::Route* find_route(const plugin::Source& source, const http::Request& request) {
    for (const auto& route : source.routes())
        if (route.method == request.method && route.path == request.path) return &route;
    return nullptr;
}

Reverified refused(const plugin::Refusal& refusal) {
    return {"refused", std::nullopt, refusal.code, refusal.hint};
}

Reverified unavailable(std::string_view code, std::string_view why) {
    return {"unavailable", std::nullopt, std::string(code), std::string(why)};
}

} // namespace

plugin::Verdict Reverifier::verify(const plugin::Source& source, const plugin::Route& route, const http::Request& request) const {
    plugin::Verdict verdict = source.verify(route, request);
    auto* job = std::get_if<plugin::Job>(&verdict);
    if (!job) return verdict;
    const auto promise = std::make_shared<std::promise<plugin::JobEnd>>();
    auto future = promise->get_future();
    services_.run_job(std::move(*job), k_job_deadline, [promise](plugin::JobEnd end) { promise->set_value(std::move(end)); });
    if (future.wait_for(k_job_deadline + std::chrono::seconds(5)) != std::future_status::ready)
        return plugin::Fault{"the verifier's job did not end in time"};
    const plugin::JobEnd end = future.get();
    if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value)) return plugin::Fault{failure->text};
    verdict = source.verify(route, request);
    if (std::holds_alternative<plugin::Job>(verdict)) return plugin::Fault{"the verifier asked for a job a second time"};
    return verdict;
}

Reverified Reverifier::run(Uuid quarantined) const {
    auto found = services_.store.event(quarantined);
    if (!found) return unavailable("store", found.error().message);
    if (!*found || (*found)->status != store::EventStatus::refused) return {"gone", std::nullopt, "", ""};
    const store::Event& event = **found;

    const plugin::Source* source = nullptr;
    for (const auto& slot : generation_->slots)
        if (slot.config->name == event.source) source = slot.source.get();
    if (!source) return unavailable("source_not_open", "The source is not configured, or its plugin is not loaded: see /api/v1/sources.");
    const http::Request request = received(event);
    const plugin::Route* route = find_route(*source, request);
    if (!route) return unavailable("no_route", "The source no longer has a route with the method and path of this request.");

    const plugin::Verdict verdict = verify(*source, *route, request);
    if (const auto* fault = std::get_if<plugin::Fault>(&verdict)) return unavailable("fault", fault->reason);
    if (const auto* refusal = std::get_if<plugin::Refusal>(&verdict)) return refused(*refusal);
    const auto& acceptance = std::get<plugin::Acceptance>(verdict);
    if (const auto late = plugin::check_window(acceptance, event.received_at)) return refused(*late);

    const plugin::Outcome outcome = source->handle(*route, request, acceptance);
    if (const auto* fault = std::get_if<plugin::Fault>(&outcome)) return unavailable("fault", fault->reason);
    if (const auto* refusal = std::get_if<plugin::Refusal>(&outcome)) return refused(*refusal);
    if (const auto* draft = std::get_if<plugin::EventDraft>(&outcome)) return release(event, *source, *draft, acceptance);
    return {"no_event", std::nullopt, "", "Genuine, but the sender waited for the answer to this one."};
}

Reverified Reverifier::release(const store::Event& event, const plugin::Source& source, const plugin::EventDraft& draft,
                               const plugin::Acceptance& acceptance) const {
    store::NewEvent n;
    n.id = event.id; // whoever noted the quarantined request's id finds the event under it
    n.source = event.source;
    n.plugin = source.plugin_name();
    n.type = draft.type;
    n.subject = draft.subject;
    n.dedupe_key = draft.dedupe_key.empty() ? acceptance.replay_id : draft.dedupe_key;
    n.ordering_key = draft.ordering_key;
    n.received_at = event.received_at;
    n.occurred_at = draft.occurred_at;
    const bool verified = draft.trust == store::Trust::verified && acceptance.trust == store::Trust::verified;
    n.trust = verified ? store::Trust::verified : store::Trust::unverified_origin;
    n.body_may_vary = draft.body_may_vary;
    n.request = event.request;
    n.request.head = store::without_credentials(std::move(n.request.head));

    const auto promise = std::make_shared<std::promise<store::Appended>>();
    auto future = promise->get_future();
    services_.store.release(event.id, std::move(n), [promise](std::span<const store::Appended> all) {
        promise->set_value(all.empty() ? store::Appended{} : all.front());
    });
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) return unavailable("store", "the store did not answer");
    const store::Appended appended = future.get();
    switch (appended.outcome) {
        case store::Appended::Outcome::stored:
        case store::Appended::Outcome::conflict:
            return {"released", appended.id, "", ""};
        case store::Appended::Outcome::duplicate:
            return {"duplicate", appended.id, "", ""};
        case store::Appended::Outcome::failed:
            break;
    }
    return unavailable("store", appended.error);
}

} // namespace gh::admin
