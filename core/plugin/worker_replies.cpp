#include "core/plugin/worker_replies.hpp"

namespace gh::plugin {

namespace {

constexpr Replayed k_nonsense{false, GATEHOUSE_FAILED, {}};
constexpr size_t k_most_requests = 64, k_least_request = 40, k_least_field = 12;
constexpr size_t k_most_entries = 1000; // of one kind enrolled; the border's own limit is lower
constexpr size_t k_most_samples = 1000, k_least_sample = 25;

// All that is given on, or nothing: a reply is read to its end first.

Replayed replay_refusal(wire::Reader& in, void* context, gatehouse_status (*give)(void*, const gatehouse_refusal*)) {
    gatehouse_refusal refusal{};
    refusal.struct_size = sizeof refusal;
    refusal.http_status = static_cast<int32_t>(in.u32());
    refusal.code = text(in.text());
    refusal.hint = text(in.text());
    const auto headers = wire::read_headers(in);
    refusal.headers = headers.data();
    refusal.header_count = headers.size();
    if (!in.done()) return k_nonsense;
    give(context, &refusal);
    return {};
}

Replayed replay_job(wire::Reader& in, void* context, gatehouse_status (*take)(void*, const gatehouse_job*), const MakeJob& make) {
    const auto id = in.u64();
    if (!in.done() || id == 0) return k_nonsense;
    const auto job = make(id);
    if (take(context, &job) != GATEHOUSE_OK) job.drop(job.state);
    return {};
}

Replayed replay_fault(wire::Reader& in) {
    const auto what = in.text();
    return in.done() ? Replayed{true, k_told, what} : k_nonsense;
}

/// A request as the worker's plugin wants it sent.
struct WantedRequest {
    gatehouse_http_request request{};
    std::vector<gatehouse_request_header> headers;
};

void read(wire::Reader& in, WantedRequest& out) {
    auto& request = out.request;
    request.struct_size = sizeof request;
    request.method = text(in.text());
    request.url = text(in.text());
    out.headers.resize(in.count(wire::k_most_headers, k_least_field));
    for (auto& header : out.headers)
        for (auto* part : {&header.name, &header.value, &header.secret}) *part = text(in.text());
    request.headers = out.headers.data();
    request.header_count = out.headers.size();
    request.body = bytes(in.text());
    request.timeout = in.i64();
    request.max_response = in.u64();
    request.share_key = text(in.text());
}

Replayed replay_http(wire::Reader& in, const gatehouse_turn& turn, bool all) {
    std::vector<WantedRequest> wanted(in.count(k_most_requests, k_least_request));
    std::vector<const gatehouse_http_request*> pointers;
    for (auto& one : wanted) {
        read(in, one);
        pointers.push_back(&one.request);
    }
    if (!in.done() || pointers.empty() || (!all && pointers.size() != 1)) return k_nonsense;
    if (all)
        turn.http_all(turn.context, pointers.data(), pointers.size());
    else
        turn.http(turn.context, pointers[0]);
    return {};
}

Replayed replay_result(wire::Reader& in, const gatehouse_turn& turn, gatehouse_result& result) {
    const auto state = wire::read_state_entries(in);
    result.state = state.data();
    result.state_count = state.size();
    if (!in.done()) return k_nonsense;
    turn.finish(turn.context, &result);
    return {};
}

// What a descriptor must have; nobody calls them.
gatehouse_status no_open(const gatehouse_host*, const gatehouse_settings*, void**) {
    return GATEHOUSE_UNSUPPORTED;
}
gatehouse_status no_enroll(void*, const gatehouse_registry*) {
    return GATEHOUSE_UNSUPPORTED;
}
void no_close(void*) {}

} // namespace

Replayed replay_verdict(std::string_view verdict, const gatehouse_verify_answer& answer, const MakeJob& make) {
    wire::Reader in(verdict);
    switch (static_cast<Said>(in.u8())) {
        case Said::accept: {
            gatehouse_acceptance acceptance{};
            acceptance.struct_size = sizeof acceptance;
            acceptance.trust = in.u32();
            acceptance.signed_at = in.i64();
            acceptance.tolerance_past = in.i64();
            acceptance.tolerance_future = in.i64();
            acceptance.replay_id = text(in.text());
            if (!in.done()) return k_nonsense;
            answer.accept(answer.context, &acceptance);
            return {};
        }
        case Said::refuse:
            return replay_refusal(in, answer.context, answer.refuse);
        case Said::job:
            return replay_job(in, answer.context, answer.need, make);
        case Said::fault:
            return replay_fault(in);
        default:
            return k_nonsense;
    }
}

Replayed replay_outcome(std::string_view outcome, const gatehouse_handle_answer& answer, const MakeJob& make) {
    wire::Reader in(outcome);
    switch (static_cast<Said>(in.u8())) {
        case Said::event: {
            gatehouse_event event{};
            event.struct_size = sizeof event;
            event.flags = in.u32();
            for (auto* part : {&event.dedupe_key, &event.type, &event.subject, &event.ordering_key}) *part = text(in.text());
            event.occurred_at = in.i64();
            event.http_status = static_cast<int32_t>(in.u32());
            event.trust = in.u32();
            if (!in.done()) return k_nonsense;
            answer.event(answer.context, &event);
            return {};
        }
        case Said::respond: {
            gatehouse_response response{};
            response.struct_size = sizeof response;
            response.http_status = static_cast<int32_t>(in.u32());
            const auto headers = wire::read_headers(in);
            response.headers = headers.data();
            response.header_count = headers.size();
            response.body = bytes(in.text());
            const auto state = wire::read_state_entries(in);
            response.state = state.data();
            response.state_count = state.size();
            if (!in.done()) return k_nonsense;
            answer.respond(answer.context, &response);
            return {};
        }
        case Said::refuse:
            return replay_refusal(in, answer.context, answer.refuse);
        case Said::job:
            return replay_job(in, answer.context, answer.job, make);
        case Said::fault:
            return replay_fault(in);
        default:
            return k_nonsense;
    }
}

uint64_t job_in(std::string_view part) {
    wire::Reader in(part);
    return static_cast<Said>(in.u8()) == Said::job ? in.u64() : 0;
}

Replayed replay_step(wire::Reader& in, const gatehouse_turn& turn) {
    gatehouse_result result{};
    result.struct_size = sizeof result;
    const auto wants = static_cast<Wants>(in.u8());
    switch (wants) {
        case Wants::http:
        case Wants::http_all:
            return replay_http(in, turn, wants == Wants::http_all);
        case Wants::sleep: {
            const auto duration = in.i64();
            if (!in.done()) return k_nonsense;
            turn.sleep(turn.context, duration);
            return {};
        }
        case Wants::state: {
            const auto entries = wire::read_state_entries(in);
            if (!in.done()) return k_nonsense;
            turn.put_state(turn.context, entries.data(), entries.size());
            return {};
        }
        case Wants::done:
            result.kind = GATEHOUSE_RESULT_DONE;
            return replay_result(in, turn, result);
        case Wants::document:
            result.kind = GATEHOUSE_RESULT_DOCUMENT;
            result.content_type = text(in.text());
            result.body = bytes(in.text());
            return replay_result(in, turn, result);
        case Wants::gone:
            result.kind = GATEHOUSE_RESULT_GONE;
            result.text = text(in.text());
            return replay_result(in, turn, result);
        case Wants::response: {
            result.kind = GATEHOUSE_RESULT_RESPONSE;
            result.http_status = static_cast<int32_t>(in.u32());
            const auto headers = wire::read_headers(in);
            result.headers = headers.data();
            result.header_count = headers.size();
            result.body = bytes(in.text());
            return replay_result(in, turn, result);
        }
        case Wants::failure: {
            const auto kind = static_cast<int32_t>(in.u32());
            const auto why = in.text();
            const auto retry_after = in.i64();
            if (!in.done()) return k_nonsense;
            turn.fail(turn.context, kind, text(why), retry_after);
            return {};
        }
        case Wants::fault:
            return replay_fault(in);
        case Wants::none:
            break;
    }
    return k_nonsense;
}

bool replay_enrolled(std::string_view enrolled, const gatehouse_registry& registry, const EnrolledCalls& calls) {
    wire::Reader in(enrolled);
    for (size_t i = 0, n = in.count(k_most_entries, 4); i < n; ++i) {
        const gatehouse_verifier verifier{sizeof verifier, 0, text(in.text()), calls.verify, calls.user(i)};
        registry.verifier(registry.context, &verifier);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 20); i < n; ++i) {
        gatehouse_route route{};
        route.struct_size = sizeof route;
        for (auto* part : {&route.method, &route.path, &route.verifier}) *part = text(in.text());
        route.max_body = in.u64();
        route.handle = calls.handle;
        route.user = calls.user(i);
        registry.route(registry.context, &route);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 4); i < n; ++i) {
        const gatehouse_fetch_back fetch{sizeof fetch, 0, text(in.text()), calls.fetch_back, calls.user(i)};
        registry.fetch_back(registry.context, &fetch);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 16); i < n; ++i) {
        gatehouse_operation one{};
        one.struct_size = sizeof one;
        for (auto* part : {&one.name, &one.summary, &one.arguments_schema, &one.kind}) *part = text(in.text());
        one.begin = calls.operation;
        one.user = calls.user(i);
        registry.operation(registry.context, &one);
    }
    for (size_t i = 0, n = in.count(k_most_entries, 16); i < n; ++i) {
        gatehouse_egress egress{};
        egress.struct_size = sizeof egress;
        egress.port = in.u32();
        for (auto* part : {&egress.setting, &egress.host, &egress.path_prefix}) *part = text(in.text());
        registry.egress(registry.context, &egress);
    }
    return in.done();
}

bool ToldPlugin::read(std::string_view message) {
    wire::Reader in(message);
    plugin.struct_size = sizeof plugin;
    plugin.abi_minor_built = in.u32();
    plugin.abi_minor_needed = in.u32();
    for (auto* part : {&plugin.name, &plugin.version, &plugin.summary, &plugin.settings_schema}) *part = text(in.text());
    samples.resize(in.count(k_most_samples, k_least_sample));
    for (auto& sample : samples) {
        sample.struct_size = sizeof sample;
        sample.expect = in.u8();
        sample.name = text(in.text());
        sample.settings = text(in.text());
        sample.request = text(in.text());
        sample.code = text(in.text());
        sample.at = in.i64();
        pointers.push_back(&sample);
    }
    plugin.samples = pointers.data();
    plugin.sample_count = pointers.size();
    plugin.open_source = no_open;
    plugin.enroll = no_enroll;
    plugin.close_source = no_close;
    return in.done();
}

} // namespace gh::plugin
