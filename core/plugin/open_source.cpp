#include "core/plugin/open_source.hpp"

#include "core/plugin/job_state.hpp"

#include <algorithm>

namespace gh::plugin {

Result<std::unique_ptr<OpenSource>> OpenSource::open(const OpenContext& context) {
    const auto& config = *context.config;
    const auto label = "sources." + config.name + ".settings";
    auto settings = prepare_settings(context.library->descriptor().schema, config.settings, label, config.position);
    if (!settings) return settings.error();
    for (const auto& warning : settings->warnings) context.log.warning("config", warning, {{"source", config.name}});
    std::unique_ptr<OpenSource> source(new OpenSource(context, std::move(*settings)));
    if (auto reason = source->start(); !reason.empty()) {
        const auto where = config.position.file.empty() ? std::string() : config.position.text() + ": ";
        return Error{where + "sources." + config.name + ": " + reason};
    }
    return source;
}

OpenSource::OpenSource(const OpenContext& context, PreparedSettings settings)
    : library_(context.library),
      config_(context.config),
      settings_(std::move(settings)),
      services_({context.library->descriptor().name, context.library->descriptor().version, context.config->name},
                std::move(settings_.secrets), context.state, context.clock, context.log, context.metrics,
                context.explain) {}

OpenSource::~OpenSource() {
    if (!opened_) return;
    const Frame frame(mark());
    try {
        library_->descriptor().raw->close_source(source_);
    } catch (...) {
        services_.fault("close_source", "threw an exception across the border");
    }
}

std::string OpenSource::start() {
    const auto& plugin = library_->descriptor();
    {
        const Frame frame(mark());
        const gatehouse_settings given{sizeof(gatehouse_settings), 0, text(config_->name), text(settings_.json), text(config_->path)};
        gatehouse_status status = GATEHOUSE_FAILED;
        try {
            status = plugin.raw->open_source(services_.host(), &given, &source_);
        } catch (...) {
            return services_.fault("open_source", "threw an exception across the border").reason;
        }
        if (status != GATEHOUSE_OK)
            return "plugin " + plugin.name + " does not accept the settings: " +
                   (frame.fail_text().empty() ? "it gave no reason (status " + std::to_string(status) + ")" : frame.fail_text());
    }
    opened_ = true;
    return enroll();
}

std::string OpenSource::enroll() {
    EnrollFrame frame(mark(), library_->descriptor().schema, settings_);
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = library_->descriptor().raw->enroll(source_, frame.registry());
    } catch (...) {
        return services_.fault("enroll", "threw an exception across the border").reason;
    }
    auto broken = frame.complete();
    if (broken.empty() && status != GATEHOUSE_OK)
        broken = frame.fail_text().empty() ? "returned status " + std::to_string(status) + " without a reason" : frame.fail_text();
    if (!broken.empty()) return services_.fault("enroll", broken).reason;
    enrolled_ = frame.take();
    for (size_t i = 0; i < enrolled_.routes.size(); ++i) {
        const auto& route = enrolled_.routes[i];
        routes_.push_back({route.method, config_->path + route.path, route.max_body, i});
    }
    for (const auto& operation : enrolled_.operations) operations_.push_back(operation.shown);
    policy_ = std::make_shared<const egress::Policy>(std::move(enrolled_.egress));
    return {};
}

std::string_view OpenSource::below(std::string_view path) const {
    return path.starts_with(config_->path) ? path.substr(config_->path.size()) : std::string_view();
}

bool OpenSource::fetches(std::string_view type) const {
    return std::any_of(enrolled_.fetch_backs.begin(), enrolled_.fetch_backs.end(), [&](const auto& f) { return f.matches(type); });
}

std::variant<Job, Fault> OpenSource::begun(const char* function, const Frame& frame, gatehouse_status status,
                                           const gatehouse_job& job) const {
    if (status != GATEHOUSE_OK) return services_.fault(function, frame.fault(status, ""));
    if (!job.step || !job.drop) return services_.fault(function, "returned OK without a job that has step and drop");
    return Job(std::make_unique<Job::State>(job, shared_from_this()));
}

std::optional<std::variant<Job, Fault>> OpenSource::fetch_back(const store::Event& event, int attempt) const {
    const auto found =
        std::find_if(enrolled_.fetch_backs.begin(), enrolled_.fetch_backs.end(), [&](const auto& f) { return f.matches(event.type); });
    if (found == enrolled_.fetch_backs.end()) return std::nullopt;

    const std::string_view target = event.request.target;
    const size_t mark_at = target.find('?');
    const auto query = mark_at == target.npos ? std::string_view() : target.substr(mark_at + 1);
    const HeaderList headers(event.request.head);
    const auto received_at = to_unix_ms(event.received_at);
    const gatehouse_request request{sizeof(gatehouse_request),
                                    0,
                                    text(event.request.method),
                                    text(target),
                                    text(below(target.substr(0, mark_at))),
                                    text(query),
                                    headers.data(),
                                    headers.size(),
                                    bytes(event.request.body),
                                    text(event.request.remote),
                                    received_at};
    const auto id = event.id.text();
    const gatehouse_stored_event stored{sizeof(gatehouse_stored_event),
                                        static_cast<uint32_t>(attempt),
                                        text(id),
                                        text(event.type),
                                        text(event.subject),
                                        text(event.dedupe_key),
                                        text(event.ordering_key),
                                        received_at,
                                        event.occurred_at ? to_unix_ms(*event.occurred_at) : GATEHOUSE_NO_TIME,
                                        &request};
    const Frame frame(mark());
    gatehouse_job job{};
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = found->begin(found->user, &stored, &job);
    } catch (...) {
        return services_.fault("fetch_back", "threw an exception across the border");
    }
    return begun("fetch_back", frame, status, job);
}

std::variant<Job, Fault> OpenSource::operation(const std::string& wanted, const std::string& arguments_json) const {
    const auto found =
        std::find_if(enrolled_.operations.begin(), enrolled_.operations.end(), [&](const auto& o) { return o.shown.name == wanted; });
    if (found == enrolled_.operations.end()) {
        std::vector<std::string> names;
        for (const auto& one : operations_) names.push_back(one.name);
        const auto near = config::nearest(wanted, names);
        return Fault{"source " + name() + " has no operation \"" + wanted + "\"" +
                     (near.empty() ? "" : ", did you mean \"" + near + "\"?")};
    }
    static const auto takes_none = Schema::compile(R"({"type":"object","properties":{}})");
    const auto arguments = prepare_arguments(found->schema ? *found->schema : takes_none.value(), arguments_json);
    if (!arguments) return Fault{arguments.error().message};

    const Frame frame(mark());
    gatehouse_job job{};
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = found->begin(found->user, text(*arguments), &job);
    } catch (...) {
        return services_.fault("operation", "threw an exception across the border");
    }
    return begun("operation", frame, status, job);
}

std::optional<Refusal> check_window(const Acceptance& acceptance, Time now) {
    if (!acceptance.signed_at) return std::nullopt;
    const Millis age = now - *acceptance.signed_at;
    const auto hint = [&](const char* what, Millis limit) {
        return "signed at " + to_rfc3339(*acceptance.signed_at) + ", received at " + to_rfc3339(now) + ": " + what + " than the " +
               to_text(limit) + " allowed; is this a replay, or is a clock wrong?";
    };
    if (age > acceptance.tolerance_past) return Refusal{403, "timestamp_too_old", hint("older", acceptance.tolerance_past), {}};
    if (-age > acceptance.tolerance_future)
        return Refusal{403, "timestamp_in_future", hint("further ahead", acceptance.tolerance_future), {}};
    return std::nullopt;
}

} // namespace gh::plugin
