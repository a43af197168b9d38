#include "core/cli/offline.hpp"

#include <cstdlib>

namespace gh::cli {

Offline::Offline(Time now) : clock_(now), log_(Level::warning, [this](std::string_view line) { lines_.emplace_back(line); }) {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-check-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Failure{1, "cannot make a private folder in " + std::filesystem::temp_directory_path().string()};
    staging_ = name;
    host_ = std::make_unique<plugin::Host>(clock_, nullptr, log_, metrics_, staging_);
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

} // namespace

Offer offer(const plugin::Source& source, const plugin::Route& route, const http::Request& request, Time now) {
    const plugin::Verdict verdict = source.verify(route, request);
    if (const auto* r = std::get_if<plugin::Refusal>(&verdict)) return refused(*r);
    if (const auto* f = std::get_if<plugin::Fault>(&verdict)) return failed(Offer::Result::fault, f->reason);
    if (std::holds_alternative<plugin::Job>(verdict))
        return failed(Offer::Result::needs_job, "The verifier must fetch something first (a signing key), which is not done offline.");
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
