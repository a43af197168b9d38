#include "core/ingest/verification.hpp"

#include "core/store/request_head.hpp"

#include <exception>
#include <optional>

namespace gh::ingest {

namespace {

/// A sender waits for these jobs, and gives up after about 15 s: answer well before.
constexpr Millis k_waiting_job_deadline{8'000};
constexpr int k_retry_after_seconds = 5;

/// Of accepted requests the credentials are left out; in quarantine they stay, because it is verified again.
enum class Credentials { kept, left_out };

store::StoredRequest stored(http::Request request, Credentials credentials) {
    size_t size = 0;
    for (const auto& field : request.fields) size += field.name.size() + field.value.size() + 4;
    store::StoredRequest out{std::move(request.method), std::move(request.target), {}, std::move(request.body), std::move(request.remote)};
    out.head.reserve(size);
    for (const auto& field : request.fields) {
        const bool hidden = credentials == Credentials::left_out && store::is_credential(field.name);
        ((out.head.append(field.name) += ": ").append(hidden ? store::k_redacted : std::string_view(field.value))) += "\r\n";
    }
    return out;
}

} // namespace

struct Verification::Batch {
    std::vector<store::NewEvent> events;
    std::vector<Waiting> waiting; ///< same order as events
};

Verification::Verification(store::Store& store, plugin::JobRunner& jobs, const Clock& clock, Log& log, Metrics& metrics,
                           std::function<void(Work)> requeue)
    : store_(store),
      jobs_(jobs),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      ack_seconds_(metrics.histogram("gatehouse_ingest_ack_seconds", "From the last byte of a request to its 2xx, commit included.",
                                     latency_bounds())),
      requeue_(std::move(requeue)) {}

void Verification::run(std::vector<Work>& works, const std::function<void()>& between) {
    Batch batch;
    batch.events.reserve(works.size());
    batch.waiting.reserve(works.size());
    for (size_t i = 0; i < works.size();) {
        size_t end = i + 1;
        const auto& source = works[i].place->source;
        while (source->isolated() && end < works.size() && works[end].place->source == source) ++end;
        verify({works.data() + i, end - i}, batch);
        i = end;
        between();
    }
    works.clear();
    append(batch);
}

void Verification::verify(std::span<Work> works, Batch& batch) {
    std::vector<plugin::Received> received;
    const auto guarded = [&](Work& work, auto step) {
        try {
            step();
        } catch (const std::exception& fault) {
            // Out of memory and the like: one request fails, as ours and not the sender's fault.
            unavailable(work, fault.what());
        }
    };
    // While nothing can be committed there is no point in verifying: the sender keeps the message.
    const bool writable = store_.writable();
    if (writable && works[0].place->source->isolated()) {
        try {
            std::vector<plugin::Arrival> arrivals;
            for (const auto& work : works) arrivals.push_back({&work.place->route, &work.exchange.request()});
            received = works[0].place->source->receive(arrivals, clock_.now());
        } catch (const std::exception&) {
            received.clear(); // one at a time, then
        }
    }
    for (size_t i = 0; i < works.size(); ++i)
        guarded(works[i], [&] {
            auto& work = works[i];
            if (!writable) return unavailable(work, "store_not_writable");
            if (!received.empty()) return judge(work, std::move(received[i]), batch);
            judge(work, {work.place->source->verify(work.place->route, work.exchange.request()), std::nullopt}, batch);
        });
}

void Verification::judge(Work& work, plugin::Received received, Batch& batch) {
    auto& verdict = received.verdict;
    if (auto* acceptance = std::get_if<plugin::Acceptance>(&verdict)) {
        if (const auto outside = plugin::check_window(*acceptance, clock_.now())) return refuse(work, *outside);
        if (!received.outcome) received.outcome = work.place->source->handle(work.place->route, work.exchange.request(), *acceptance);
        return handle(work, *acceptance, std::move(*received.outcome), batch);
    }
    if (const auto* refusal = std::get_if<plugin::Refusal>(&verdict)) return refuse(work, *refusal);
    if (auto* job = std::get_if<plugin::Job>(&verdict)) {
        if (work.after_job) return unavailable(work, "verifier_not_satisfied");
        return run_verifier_job(work, std::move(*job));
    }
    unavailable(work, "plugin_fault");
}

void Verification::handle(Work& work, const plugin::Acceptance& acceptance, plugin::Outcome outcome, Batch& batch) {
    const auto& source = *work.place->source;
    const auto& request = work.exchange.request();
    if (auto* direct = std::get_if<plugin::DirectResponse>(&outcome)) return respond(work, std::move(*direct));
    if (const auto* refusal = std::get_if<plugin::Refusal>(&outcome)) return refuse(work, *refusal);
    if (auto* job = std::get_if<plugin::Job>(&outcome)) return run_route_job(work, std::move(*job));
    auto* draft = std::get_if<plugin::EventDraft>(&outcome);
    if (!draft) return unavailable(work, "plugin_fault");

    store::NewEvent event;
    const Time now = clock_.now();
    event.id = Uuid::v7_of(request.received_at);
    event.source = source.name();
    event.plugin = source.plugin_name();
    event.type = std::move(draft->type);
    event.subject = std::move(draft->subject);
    // The verifier's replay id stands in where the plugin names no key of its own, so that no accepted message counts twice.
    event.dedupe_key = draft->dedupe_key.empty() ? acceptance.replay_id : std::move(draft->dedupe_key);
    event.ordering_key = std::move(draft->ordering_key);
    event.received_at = request.received_at;
    event.occurred_at = draft->occurred_at;
    event.trust = acceptance.trust == store::Trust::verified ? draft->trust : acceptance.trust;
    event.body_may_vary = draft->body_may_vary;
    event.request = stored(work.exchange.take_request(), Credentials::left_out);
    if (!work.place->fetch_back || !source.fetches(event.type)) {
        event.status = store::EventStatus::ready;
        for (auto& destination : work.table->routes().destinations(event.source, event.type))
            event.deliveries.push_back({Uuid::v7(now), std::move(destination), now});
    }
    batch.waiting.push_back(
        Waiting{std::move(work.exchange), work.place, std::move(work.table), work.arrived, draft->http_status, event.id});
    batch.events.push_back(std::move(event));
}

void Verification::append(Batch& batch) {
    if (batch.events.empty()) return;
    auto waiting = std::make_shared<std::vector<Waiting>>(std::move(batch.waiting));
    const bool taken = store_.append(std::move(batch.events), [this, waiting](std::span<const store::Appended> results) {
        for (size_t i = 0; i < results.size(); ++i) acknowledge((*waiting)[i], results[i]);
        waiting->clear();
    });
    if (taken) return;
    for (auto& one : *waiting) acknowledge(one, {store::Appended::Outcome::failed, {}, 0, "the store's queue is full"});
    waiting->clear();
}

/// The only place that answers 2xx for an event: behind its commit.
void Verification::acknowledge(Waiting& waiting, const store::Appended& result) {
    const auto& source = waiting.place->source->name();
    const auto& counters = *waiting.place->counters;
    using enum store::Appended::Outcome;
    if (result.outcome == failed) {
        counters.unavailable.add();
        if (uint64_t suppressed = 0; log_limit_.allow(suppressed))
            log_.warning("ingest", "not stored, answered 503",
                         {{"source", source}, {"reason", "store_failed"}, {"error", result.error}, {"suppressed", suppressed}});
        return waiting.exchange.respond(http::unavailable(k_retry_after_seconds, "not stored"));
    }
    (result.outcome == stored ? counters.accepted : result.outcome == duplicate ? counters.duplicate : counters.conflict).add();
    if (result.outcome == conflict)
        log_.warning("ingest", "same dedupe key as an earlier event but another body: kept, not delivered",
                     {{"source", source}, {"event", result.id.text()}, {"reason", "conflict"}});
    else if (log_.enabled(Level::debug))
        log_.debug("ingest", result.outcome == stored ? "accepted" : "duplicate", {{"source", source}, {"event", result.id.text()}});

    http::Response response;
    response.status = waiting.http_status;
    response.fields.push_back({"Gatehouse-Event-Id", result.id.text()});
    waiting.exchange.respond(std::move(response));
    ack_seconds_.observe(std::chrono::duration<double>(Steady::now() - waiting.arrived).count());
}

void Verification::refuse(Work& work, const plugin::Refusal& refusal) {
    const auto& source = *work.place->source;
    const auto& request = work.exchange.request();
    store::NewRefused refused;
    refused.id = Uuid::v7_of(request.received_at);
    refused.source = source.name();
    refused.plugin = source.plugin_name();
    refused.reason = refusal.code;
    refused.hint = refusal.hint;
    refused.received_at = request.received_at;
    const std::string id = refused.id.text();
    work.place->counters->refused.add();
    refusals(source.name(), refusal.code).add();
    if (uint64_t suppressed = 0; log_limit_.allow(suppressed))
        log_.warning("ingest", "refused",
                     {{"source", source.name()},
                      {"event", id},
                      {"reason", refusal.code},
                      {"hint", refusal.hint},
                      {"remote", request.remote},
                      {"suppressed", suppressed}});
    refused.request = stored(work.exchange.take_request(), Credentials::kept);
    if (work.place->counters->quarantine.take()) store_.quarantine(std::move(refused));

    auto response = http::problem(refusal.http_status, http::reason_phrase(refusal.http_status), {}, id);
    for (const auto& field : refusal.fields) response.fields.push_back(field);
    work.exchange.respond(std::move(response));
}

void Verification::unavailable(Work& work, std::string_view reason) {
    work.place->counters->unavailable.add();
    if (uint64_t suppressed = 0; log_limit_.allow(suppressed))
        log_.warning("ingest", "answered 503", {{"source", work.place->source->name()}, {"reason", reason}, {"suppressed", suppressed}});
    work.exchange.respond(http::unavailable(k_retry_after_seconds, "try again"));
}

void Verification::respond(Work& work, plugin::DirectResponse direct) {
    auto shared = std::make_shared<Work>(std::move(work));
    const auto send = [shared](http::Response response) {
        shared->place->counters->responded.add();
        shared->exchange.respond(std::move(response));
    };
    if (direct.state.empty()) return send(std::move(direct.response));
    const auto state = direct.state;
    store_.put_state("source:" + shared->place->source->name(), std::move(direct.state),
                     [this, shared, send, state, response = std::move(direct.response)](const Status& written) mutable {
                         if (!written.ok()) return unavailable(*shared, "store_failed");
                         shared->place->source->apply_state(state);
                         send(std::move(response));
                     });
}

void Verification::run_verifier_job(Work& work, plugin::Job job) {
    auto shared = std::make_shared<Work>(std::move(work));
    jobs_.run(std::move(job), k_waiting_job_deadline, [this, shared](plugin::JobEnd end) {
        if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value)) {
            log_.warning("ingest", "the verifier's job failed", {{"source", shared->place->source->name()}, {"error", failure->text}});
            return unavailable(*shared, "verifier_job_failed");
        }
        const auto again = [this, shared] {
            shared->after_job = true;
            requeue_(std::move(*shared));
        };
        if (end.state.empty()) return again();
        store_.put_state("source:" + shared->place->source->name(), end.state,
                         [this, shared, again, state = end.state](const Status& written) {
                             if (!written.ok()) return unavailable(*shared, "store_failed");
                             shared->place->source->apply_state(state);
                             again();
                         });
    });
}

void Verification::run_route_job(Work& work, plugin::Job job) {
    auto shared = std::make_shared<Work>(std::move(work));
    jobs_.run(std::move(job), k_waiting_job_deadline, [this, shared](plugin::JobEnd end) {
        if (auto* answer = std::get_if<plugin::JobResponse>(&end.value))
            return respond(*shared, plugin::DirectResponse{std::move(answer->response), std::move(end.state)});
        if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value))
            log_.warning("ingest", "the route's job failed", {{"source", shared->place->source->name()}, {"error", failure->text}});
        unavailable(*shared, "route_job_failed");
    });
}

Counter& Verification::refusals(const std::string& source, const std::string& reason) {
    return metrics_.counter("gatehouse_quarantine_total", "Requests that were refused and kept in quarantine, by reason.",
                            {{"source", source}, {"reason", reason}});
}

} // namespace gh::ingest
