#include "core/cli/offline.hpp"

#include <cstdlib>

namespace gh::cli {

Offline::Offline(Time now, std::unique_ptr<store::Store> remembered)
    : remembered_(std::move(remembered)), clock_(now), log_(Level::warning, [this](std::string_view line) { lines_.emplace_back(line); }) {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-check-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Failure{1, "cannot make a private folder in " + std::filesystem::temp_directory_path().string()};
    staging_ = name;
    host_ = std::make_unique<plugin::Host>(clock_, remembered_.get(), log_, metrics_, staging_);
}

Offline::~Offline() {
    host_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(staging_, ignored);
}

namespace {

Offer refused(const plugin::Refusal& r) {
    Offer out;
    out.result = Offer::Result::refused;
    out.http_status = r.http_status;
    out.code = r.code;
    out.hint = r.hint;
    return out;
}

Offer failed(Offer::Result result, std::string why) {
    Offer out;
    out.result = result;
    out.hint = std::move(why);
    return out;
}

/// A verifier may need one key after another: envelope and message of one request are signed by different parties.
constexpr int k_most_jobs = 4;

/// Verifies, and runs the jobs that the verifier asks for. The failure of one ends it.
std::variant<plugin::Verdict, std::string> verified(const plugin::Source& source, const plugin::Route& route, const http::Request& request,
                                                    const plugin::Answerer& keys) {
    plugin::Verdict verdict = source.verify(route, request);
    for (int jobs = 0; keys && jobs < k_most_jobs; ++jobs) {
        auto* job = std::get_if<plugin::Job>(&verdict);
        if (!job) break;
        const plugin::JobEnd end = plugin::run_offline(std::move(*job), keys);
        if (const auto* failure = std::get_if<plugin::JobFailure>(&end.value)) return failure->text;
        verdict = source.verify(route, request);
    }
    return verdict;
}

} // namespace

Offer offer(const plugin::Source& source, const plugin::Route& route, const http::Request& request, Time now,
            const plugin::Answerer& keys) {
    const auto decided = verified(source, route, request, keys);
    if (const auto* why = std::get_if<std::string>(&decided)) return failed(Offer::Result::needs_job, *why);
    const auto& verdict = std::get<plugin::Verdict>(decided);
    if (const auto* r = std::get_if<plugin::Refusal>(&verdict)) return refused(*r);
    if (const auto* f = std::get_if<plugin::Fault>(&verdict)) return failed(Offer::Result::fault, f->reason);
    if (std::holds_alternative<plugin::Job>(verdict))
        return failed(
            Offer::Result::needs_job,
            "The verifier must fetch something first (a signing key), which is not done offline; give the keys with --certificates DIR.");
    const auto& acceptance = std::get<plugin::Acceptance>(verdict);
    if (const auto late = plugin::check_window(acceptance, now)) return refused(*late);

    Offer out;
    const plugin::Outcome outcome = source.handle(route, request, acceptance);
    if (const auto* r = std::get_if<plugin::Refusal>(&outcome)) {
        out = refused(*r);
    } else if (const auto* f = std::get_if<plugin::Fault>(&outcome)) {
        out = failed(Offer::Result::fault, f->reason);
    } else if (const auto* draft = std::get_if<plugin::EventDraft>(&outcome)) {
        out.result = Offer::Result::event;
        out.event = *draft;
        if (out.event.dedupe_key.empty()) out.event.dedupe_key = acceptance.replay_id;
        out.http_status = draft->http_status;
    } else if (const auto* direct = std::get_if<plugin::DirectResponse>(&outcome)) {
        out.result = Offer::Result::answer;
        out.http_status = direct->response.status;
    } else {
        out.result = Offer::Result::answer; // the sender would wait for a job
    }
    out.acceptance = acceptance;
    out.verified = true;
    return out;
}

} // namespace gh::cli
