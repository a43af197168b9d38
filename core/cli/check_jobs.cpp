#include "core/cli/check_answers.hpp"
#include "core/cli/check_arguments.hpp"
#include "core/cli/check_job_run.hpp"
#include "core/cli/conformance.hpp"

#include <cstring>

namespace gh::cli {

namespace {

/// A source opened for jobs: short secrets replaced by ones that can be told apart, where the plugin takes them.
class JobSettings {
public:
    JobSettings(const Trial& trial, const plugin::Sample& given) : sample(given) {
        auto settings = plugin::Json::parse(given.settings_json.empty() ? "{}" : given.settings_json);
        if (!settings) return;
        for (const auto& secret : secrets_in(trial.settings_schema, given.settings_json)) {
            if (secret.value.size() >= 8) {
                secrets.push_back(secret.value);
                continue;
            }
            plugin::Json changed = *settings;
            auto* at = value_at(changed, secret.pointer);
            if (!at) continue;
            at->text = "gatehouse-check-secret-" + std::to_string(secrets.size());
            plugin::Sample tried = sample;
            tried.settings_json = changed.write();
            if (!trial.open(tried)) continue;
            secrets.push_back(at->text);
            sample = std::move(tried);
            settings = std::move(changed);
        }
    }
    plugin::Sample sample;
    std::vector<std::string> secrets;
};

store::Event stored(const plugin::Sample& sample, const http::Request& request, const plugin::EventDraft& draft) {
    store::Event event;
    event.id = Uuid::v7_of(sample.at);
    event.source = "sample";
    event.type = draft.type;
    event.subject = draft.subject;
    event.dedupe_key = draft.dedupe_key;
    event.ordering_key = draft.ordering_key;
    event.received_at = sample.at;
    event.occurred_at = draft.occurred_at;
    event.request.method = request.method;
    event.request.target = request.path + (request.query.empty() ? "" : "?" + request.query);
    for (const auto& field : request.fields) event.request.head += field.name + ": " + field.value + "\r\n";
    event.request.body = request.body;
    event.request.remote = "127.0.0.1";
    return event;
}

void verifier_and_route_jobs(const Trial& trial, const plugin::Sample& sample, const JobDriver& driver) {
    driver.run("verifier of " + sample.name, JobDriver::Use::verifier, [&]() -> JobDriver::Begun {
        const auto r = ready(trial, sample);
        if (!r) return {};
        auto verdict = r->source->verify(*r->route, r->request);
        if (auto* job = std::get_if<plugin::Job>(&verdict)) return {r->source, std::move(*job), ""};
        return {};
    });
    driver.run("answer to " + sample.name, JobDriver::Use::route, [&]() -> JobDriver::Begun {
        const auto r = ready(trial, sample);
        if (!r) return {};
        const auto verdict = r->source->verify(*r->route, r->request);
        const auto* acceptance = std::get_if<plugin::Acceptance>(&verdict);
        if (!acceptance) return {};
        auto outcome = r->source->handle(*r->route, r->request, *acceptance);
        if (auto* job = std::get_if<plugin::Job>(&outcome)) return {r->source, std::move(*job), ""};
        return {};
    });
}

void fetch_back(const Trial& trial, const plugin::Sample& sample, const JobDriver& driver, std::vector<std::string>& types) {
    const auto r = ready(trial, sample);
    if (!r) return;
    const Offer genuine = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
    if (genuine.result != Offer::Result::event || !r->source->fetches(genuine.event.type)) return;
    const std::string kind = genuine.event.type + "\n" + sample.settings_json;
    if (std::find(types.begin(), types.end(), kind) != types.end()) return; // one of each type is enough
    types.push_back(kind);
    const JobSettings settings(trial, sample);
    const auto begin = [&](const http::Request& request, const plugin::EventDraft& draft) -> JobDriver::Begun {
        trial.clock.set(sample.at);
        auto source = trial.open(settings.sample);
        if (!source) return {};
        auto begun = (*source)->fetch_back(stored(sample, request, draft), 1);
        if (!begun) return {};
        if (auto* fault = std::get_if<plugin::Fault>(&*begun)) return {*source, std::nullopt, fault->reason};
        return {*source, std::move(std::get<plugin::Job>(*begun)), ""};
    };
    driver.with(settings.secrets).run("fetch-back of " + sample.name, JobDriver::Use::fetch_back, [&] {
        return begin(r->request, genuine.event);
    });
    // What the message is about came from outside: signed or not, it must not lead to another path of the API.
    if (genuine.event.subject.size() < 3) return;
    for (const char* subject : {"..", "../admin", "a/../../b", "%2e%2e", "..%2f..%2fadmin", "a?b=c#d", "x\\\\..\\\\y", ""}) {
        http::Request odd = r->request;
        for (size_t at = 0; (at = odd.body.find(genuine.event.subject, at)) != odd.body.npos; at += std::strlen(subject))
            odd.body.replace(at, genuine.event.subject.size(), subject);
        if (odd.body == r->request.body) return; // it is made of several parts
        driver.with(settings.secrets)
            .paths("fetch-back of " + sample.name + " about \"" + subject + "\"", [&, odd = std::move(odd)]() -> JobDriver::Begun {
                trial.clock.set(sample.at);
                const auto outcome = r->source->handle(*r->route, odd, genuine.acceptance);
                const auto* draft = std::get_if<plugin::EventDraft>(&outcome);
                return draft ? begin(odd, *draft) : JobDriver::Begun{};
            });
    }
}

void operations(const Trial& trial, const plugin::Sample& sample, const JobDriver& driver, Report& report) {
    const JobSettings settings(trial, sample);
    const auto opened = trial.open(settings.sample);
    if (!opened) return;
    for (const auto& operation : (*opened)->operations()) {
        bool fitted = false;
        int number = 0;
        for (const auto& arguments : arguments_for(operation.arguments_schema)) {
            const std::string name = "operation " + operation.name + (number++ ? " with arguments " + std::to_string(number) : "");
            if (!(*opened)->check_arguments(operation.name, arguments)) continue;
            fitted = true;
            driver.with(settings.secrets).run(name, JobDriver::Use::operation, [&]() -> JobDriver::Begun {
                trial.clock.set(sample.at);
                auto source = trial.open(settings.sample);
                if (!source) return {};
                auto begun = (*source)->operation(operation.name, arguments);
                if (auto* fault = std::get_if<plugin::Fault>(&begun)) return {*source, std::nullopt, fault->reason};
                return {*source, std::move(std::get<plugin::Job>(begun)), ""};
            });
        }
        if (!fitted && report.step("arguments of " + operation.name))
            report.warn(15, "operation " + operation.name, "no arguments could be made that fit its schema, so it was not run");
    }
}

} // namespace

void check_jobs(const Trial& trial, const RecordedAnswers& recorded, Report& report) {
    const auto all = scenarios(recorded);
    const JobDriver driver(trial, all, report, {});
    std::vector<std::string> types;
    for (const auto& sample : trial.samples) {
        if (!sample.accept) continue;
        verifier_and_route_jobs(trial, sample, driver);
        fetch_back(trial, sample, driver, types);
    }
    std::vector<std::string> settings;
    for (const auto& sample : trial.samples) {
        if (!sample.accept || std::find(settings.begin(), settings.end(), sample.settings_json) != settings.end()) continue;
        settings.push_back(sample.settings_json);
        if (settings.size() <= 2) operations(trial, sample, driver, report);
    }
}

} // namespace gh::cli
