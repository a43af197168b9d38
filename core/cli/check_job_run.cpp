#include "core/cli/check_job_run.hpp"

#include <map>

namespace gh::cli {

namespace {

constexpr int k_most_steps = 2500;
using Meaning = Scenario::Meaning;
using Use = JobDriver::Use;
using plugin::JobFailure;

/// What one run of a job showed.
struct Seen {
    plugin::OfflineRun run;
    Millis slept{0};
    std::vector<std::string> outside; ///< URLs asked for that no egress entry allows
    bool secret_outside = false;      ///< … with a secret named in a header
    std::vector<std::string> urls;
};

Seen drive(const Trial& trial, plugin::Job job, const Scenario& scenario) {
    Seen seen;
    plugin::OfflineWorld world;
    world.most_steps = scenario.drop_after ? scenario.drop_after : k_most_steps;
    world.passes = [&](Millis time) {
        seen.slept += time;
        trial.clock.advance(time);
    };
    world.asked = [&](const egress::Request& request, bool allowed, size_t secrets) {
        seen.urls.push_back(request.url);
        if (allowed) return;
        seen.outside.push_back(request.url);
        seen.secret_outside |= secrets > 0;
    };
    world.answer = [&, answer = scenario.make()](const egress::Request& request) {
        auto response = answer(request);
        if (response.failure == egress::Failure::timeout) trial.clock.advance(request.timeout);
        return response;
    };
    seen.run = plugin::run_offline(std::move(job), world);
    return seen;
}

std::string host_of(const std::string& url) {
    const size_t begin = url.find("://");
    return begin == url.npos ? shortened(url) : url.substr(0, url.find_first_of("/?", begin + 3));
}

std::string told(const plugin::JobEnd& end) {
    if (const auto* failure = std::get_if<JobFailure>(&end.value)) {
        const char* kind = failure->kind == JobFailure::Kind::retry     ? "retry"
                           : failure->kind == JobFailure::Kind::refused ? "refused"
                           : failure->kind == JobFailure::Kind::invalid ? "invalid"
                                                                        : "fault";
        return std::string(kind) + ": " + shortened(failure->text);
    }
    if (std::holds_alternative<plugin::JobDocument>(end.value)) return "a document";
    if (std::holds_alternative<plugin::JobGone>(end.value)) return "gone";
    return std::holds_alternative<plugin::JobResponse>(end.value) ? "a response" : "done";
}

/// What all scenarios of one job showed, each kind of finding once.
class Verdicts {
public:
    void add(RuleResult::State state, int rule, const std::string& scenario, std::string detail) {
        auto& entry = found_[{rule, state}];
        if (entry.first++ == 0) entry.second = scenario + ": " + std::move(detail);
    }
    void fail(int rule, const std::string& scenario, std::string detail) {
        add(RuleResult::State::failed, rule, scenario, std::move(detail));
    }
    void warn(int rule, const std::string& scenario, std::string detail) {
        add(RuleResult::State::warned, rule, scenario, std::move(detail));
    }
    void write(const std::string& name, size_t runs, int most_steps, Report& report) const {
        bool failed = false;
        for (const auto& [key, entry] : found_) {
            failed |= key.second == RuleResult::State::failed;
            const auto more = entry.first > 1 ? " (and " + std::to_string(entry.first - 1) + " more)" : "";
            report.add({key.first, name, key.second, entry.second + more});
        }
        if (!failed && runs > 0)
            report.pass(15, name, std::to_string(runs) + " ways to answer, at most " + std::to_string(most_steps) + " steps");
    }

private:
    std::map<std::pair<int, RuleResult::State>, std::pair<size_t, std::string>> found_;
};

void judge_end(const Scenario& scenario, Use use, const Seen& seen, Verdicts& out) {
    const auto& end = seen.run.end;
    const auto* failure = std::get_if<JobFailure>(&end.value);
    if (failure && failure->kind == JobFailure::Kind::fault) out.fail(15, scenario.name, failure->text);
    if (seen.urls.empty()) return; // it did not get as far as asking
    const bool fetched = use == Use::fetch_back && !failure;
    switch (scenario.meaning) {
        case Meaning::any:
            return;
        case Meaning::recorded:
            if (use == Use::fetch_back && failure) out.fail(39, scenario.name, "ends with " + told(end));
            return;
        case Meaning::passing:
            if (fetched)
                out.fail(35, scenario.name, "ends with " + told(end) + ", though nothing was fetched");
            else if (failure && failure->kind != JobFailure::Kind::retry && failure->kind != JobFailure::Kind::fault)
                out.warn(35, scenario.name, "passing trouble ends with " + told(end) + "; should be tried again");
            return;
        case Meaning::refused:
            if (fetched)
                out.fail(35, scenario.name, "ends with " + told(end) + ", though nothing was fetched");
            else if (failure && failure->kind != JobFailure::Kind::refused && failure->kind != JobFailure::Kind::fault)
                out.warn(35, scenario.name, "the operator must act, but it ends with " + told(end));
            return;
        case Meaning::missing:
            if (fetched && std::holds_alternative<plugin::JobDocument>(end.value))
                out.fail(35, scenario.name, "the error's body was taken for the document");
            return;
        case Meaning::busy:
            if (fetched)
                out.fail(35, scenario.name, "ends with " + told(end) + ", though nothing was fetched");
            else if (failure && failure->kind == JobFailure::Kind::retry && failure->retry_after + seen.slept < k_busy)
                out.warn(36, scenario.name, "asked to wait 7 s, it waits " + gh::to_text(failure->retry_after + seen.slept));
            return;
    }
}

void judge_secrets(const Scenario& scenario, const Seen& seen, const LeakFinder& secrets, const LeakFinder& tokens, Verdicts& out) {
    const auto both = [&](const std::string& text) { return secrets.leaks(text) || tokens.leaks(text); };
    for (const auto& url : seen.urls)
        if (both(url)) out.fail(42, scenario.name, "a URL holds a secret setting or a token: URLs stand in logs; " + host_of(url));
    if (const auto* failure = std::get_if<JobFailure>(&seen.run.end.value); failure && both(failure->text))
        out.fail(42, scenario.name, "the failure's text holds a secret setting or a token");
    if (const auto* gone = std::get_if<plugin::JobGone>(&seen.run.end.value); gone && both(gone->reason))
        out.fail(42, scenario.name, "the reason of gone holds a secret setting or a token");
    if (const auto* document = std::get_if<plugin::JobDocument>(&seen.run.end.value); document && secrets.leaks(document->body))
        out.fail(42, scenario.name, "the document holds a secret setting");
}

} // namespace

void JobDriver::run(const std::string& name, Use use, const Begin& begin) const {
    LeakFinder secrets, tokens;
    for (const auto& secret : secrets_) secrets.add(secret);
    tokens.add(std::string(k_answered_token));
    Verdicts verdicts;
    size_t runs = 0;
    int most_steps = 0;
    bool none = false; // the number of steps stays the same all the same: see Report::step
    for (const auto& scenario : scenarios_) {
        if (!report_.step(name + ": " + scenario.name) || none) continue;
        const size_t lines = trial_.log ? trial_.log().size() : 0;
        auto begun = begin();
        if (!begun.fault.empty()) verdicts.fail(15, scenario.name, begun.fault);
        none = !begun.job;
        if (none) continue;
        const Seen seen = drive(trial_, std::move(*begun.job), scenario);
        ++runs;
        most_steps = std::max(most_steps, seen.run.steps);
        if (seen.run.cut && scenario.drop_after == 0)
            verdicts.fail(37, scenario.name, "it had not ended after " + std::to_string(k_most_steps) + " steps");
        else if (!seen.run.cut)
            judge_end(scenario, use, seen, verdicts);
        for (const auto& url : seen.outside)
            verdicts.fail(
                seen.secret_outside ? 34 : 33, scenario.name,
                "asks for " + host_of(url) + ", which it did not enroll" + (seen.secret_outside ? ", with a secret in a header" : ""));
        judge_secrets(scenario, seen, secrets, tokens, verdicts);
        const auto said = trial_.log ? trial_.log() : std::vector<std::string>();
        for (size_t i = lines; i < said.size(); ++i)
            if (secrets.leaks(said[i]) || tokens.leaks(said[i]))
                verdicts.fail(42, scenario.name, "a log line holds a secret setting or a token");
    }
    verdicts.write(name, runs, most_steps, report_);
}

void JobDriver::paths(const std::string& name, const Begin& begin) const {
    if (!report_.step(name)) return;
    auto begun = begin();
    if (!begun.fault.empty()) return report_.fail(15, name, begun.fault);
    if (!begun.job) return;
    const Scenario empty{"", Meaning::any,
                         [] {
                             return [](const egress::Request&) {
                                 egress::Response missing;
                                 missing.status = 404;
                                 return missing;
                             };
                         },
                         0};
    const Seen seen = drive(trial_, std::move(*begun.job), empty);
    for (const auto& url : seen.urls) {
        std::string path = url.substr(0, url.find_first_of("?#"));
        for (char& c : path)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        path += '/';
        for (const char* bad : {"/../", "/./", "/%2e%2e/", "/%2e/", "/.%2e/", "/%2e./", "%2f", "%5c", "%252e", "%252f", "\\"})
            if (path.find(bad, path.find("://") + 3) != path.npos)
                return report_.fail(34, name, "asks for " + shortened(url) + ": a subject must stay one path segment (see path_segment())");
    }
}

} // namespace gh::cli
