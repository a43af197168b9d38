#include "core/plugin/open_source.hpp"

#include "core/plugin/job_state.hpp"
#include "core/plugin/worker_source.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

std::vector<std::string> captured_of(const Schema& schema) {
    std::vector<std::string> out;
    for (const auto& property : schema.properties())
        if (property.schema.captured() && property.schema.write_only()) out.push_back(property.name);
    return out;
}

} // namespace

Result<std::unique_ptr<OpenSource>> OpenSource::open(const OpenContext& context) {
    const auto& config = *context.config;
    const auto label = "sources." + config.name + ".settings";
    auto settings = prepare_settings(context.library->descriptor().schema, config.settings, label, config.position);
    if (!settings) return settings.error();
    for (const auto& warning : settings->warnings) context.log.warning("config", warning, {{"source", config.name}});
    const auto kept = context.vault.read(config.name);
    if (!kept) return Error{"sources." + config.name + ": " + kept.error().message};
    SecretFacts facts;
    for (const auto& setting : captured_of(context.library->descriptor().schema))
        facts.configured[setting] = context.vault.fingerprints(settings->secrets, setting);
    context.vault.merge(*kept, config.reconcile.overlap, context.clock.now(), settings->secrets, facts.change_at);
    std::unique_ptr<OpenSource> source(new OpenSource(context, std::move(*settings), std::move(facts), {}));
    const auto failed = source->start();
    if (!failed) return source;
    const auto where = config.position.file.empty() ? std::string() : config.position.text() + ": ";
    const auto reason =
        failed->why == NotOpened::Why::settings
            ? "plugin " + source->plugin_name() + " does not accept the settings: " + failed->reason
            : source->services_.fault(failed->why == NotOpened::Why::opening ? "open_source" : "enroll", failed->reason).reason;
    return Error{where + "sources." + config.name + ": " + reason};
}

std::variant<std::unique_ptr<OpenSource>, OpenSource::NotOpened> OpenSource::open_prepared(const OpenContext& context,
                                                                                           PreparedSettings settings,
                                                                                           Services::Relay relay) {
    std::unique_ptr<OpenSource> source(new OpenSource(context, std::move(settings), {}, std::move(relay)));
    if (auto failed = source->start()) return std::move(*failed);
    return source;
}

OpenSource::OpenSource(const OpenContext& context, PreparedSettings settings, SecretFacts facts, Services::Relay relay)
    : library_(context.library),
      config_(context.config),
      settings_(std::move(settings)),
      services_({context.library->descriptor().name, context.library->descriptor().version, context.config->name},
                std::move(settings_.secrets), context.state, context.clock, context.log, context.metrics, context.explain,
                std::move(relay)),
      secrets_(std::move(facts)) {}

OpenSource::~OpenSource() {
    if (!opened_) return;
    const Frame frame(mark());
    try {
        library_->close_source(source_);
    } catch (...) {
        services_.fault("close_source", "threw an exception across the border");
    }
}

std::optional<OpenSource::NotOpened> OpenSource::start() {
    {
        const Frame frame(mark());
        const gatehouse_settings given{sizeof(gatehouse_settings), 0, text(config_->name), text(settings_.json), text(config_->path)};
        gatehouse_status status = GATEHOUSE_FAILED;
        try {
            status = library_->open_source(services_, given, &source_);
        } catch (...) {
            return NotOpened{NotOpened::Why::opening, "threw an exception across the border"};
        }
        if (status == k_told && library_->isolated()) return NotOpened{NotOpened::Why::opening, frame.fail_text()};
        if (status != GATEHOUSE_OK)
            return NotOpened{NotOpened::Why::settings,
                             frame.fail_text().empty() ? "it gave no reason (status " + std::to_string(status) + ")" : frame.fail_text()};
    }
    opened_ = true;
    return enroll();
}

std::optional<OpenSource::NotOpened> OpenSource::enroll() {
    EnrollFrame frame(mark(), library_->descriptor().schema, settings_);
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = library_->enroll(source_, *frame.registry());
    } catch (...) {
        return NotOpened{NotOpened::Why::enrolling, "threw an exception across the border"};
    }
    auto broken = frame.complete();
    if (broken.empty() && status != GATEHOUSE_OK)
        broken = frame.fail_text().empty() ? "returned status " + std::to_string(status) + " without a reason" : frame.fail_text();
    if (!broken.empty()) return NotOpened{NotOpened::Why::enrolling, broken};
    enrolled_ = frame.take();
    for (size_t i = 0; i < enrolled_.routes.size(); ++i) {
        const auto& route = enrolled_.routes[i];
        routes_.push_back({route.method, config_->path + route.path, route.max_body, i});
    }
    for (const auto& operation : enrolled_.operations) operations_.push_back(operation.shown);
    policy_ = std::make_shared<const egress::Policy>(std::move(enrolled_.egress));
    prepare_block();
    return std::nullopt;
}

void OpenSource::prepare_block() {
    if (!config_->subscription) return;
    block_.emplace();
    const auto& block = *config_->subscription;
    const auto label = "sources." + config_->name + ".subscription";
    const auto subscribe =
        std::find_if(enrolled_.operations.begin(), enrolled_.operations.end(), [](const auto& o) { return o.shown.kind == "subscribe"; });
    if (subscribe == enrolled_.operations.end()) {
        const auto at = block.origins.find("");
        block_->fault = (at == block.origins.end() ? std::string() : at->second.position.text() + ": ") + label + ": plugin " +
                        plugin_name() + " cannot subscribe with these settings; see its README, or remove the block";
        return;
    }
    static const auto takes_none = Schema::compile(R"({"type":"object","properties":{}})");
    const Schema& schema = subscribe->schema ? *subscribe->schema : takes_none.value();
    auto json = plugin::prepare_block(schema, block, label, config_->position);
    if (!json) {
        block_->fault = json.error().message;
        return;
    }
    block_->json = json->write();
    for (const auto& member : json->members) {
        const Schema* property = schema.property(member.name);
        if (property && property->uri()) block_->addresses.push_back(member.name);
        // A list of which one item came by reference is hidden whole.
        for (const auto& [pointer, origin] : block.origins) {
            const auto prefix = "/" + pointer_token(member.name);
            const bool inside = pointer == prefix || pointer.starts_with(prefix + "/");
            if (!inside || !origin.by_reference) continue;
            block_->hidden.push_back(member.name);
            break;
        }
    }
}

std::vector<std::string> OpenSource::captured_settings() const {
    return captured_of(library_->descriptor().schema);
}

std::vector<std::string> OpenSource::configured_fingerprints(const std::string& setting) const {
    const auto found = secrets_.configured.find(setting);
    return found == secrets_.configured.end() ? std::vector<std::string>() : found->second;
}

std::string_view OpenSource::below(std::string_view path) const {
    return path.starts_with(config_->path) ? path.substr(config_->path.size()) : std::string_view();
}

bool OpenSource::fetches(std::string_view type) const {
    return std::any_of(enrolled_.fetch_backs.begin(), enrolled_.fetch_backs.end(), [&](const auto& f) { return f.matches(type); });
}

Fault OpenSource::failed(const char* function, const Frame& frame, gatehouse_status status, std::string_view duty) const {
    if (status == k_away && isolated()) return Fault{frame.fail_text()};
    return services_.fault(function, frame.fault(status, duty));
}

std::optional<WorkerStatus> OpenSource::worker() const {
    const auto* remote = library_->remote(source_);
    return remote ? std::optional(remote->status()) : std::nullopt;
}

bool OpenSource::run_apart(std::function<void()> task) const {
    auto* remote = library_->remote(source_);
    if (remote) remote->post(std::move(task));
    return remote;
}

std::variant<Job, Fault> OpenSource::begun(const char* function, const Frame& frame, gatehouse_status status,
                                           const gatehouse_job& job) const {
    if (status != GATEHOUSE_OK) return failed(function, frame, status, "");
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
    return fetch_back_at(static_cast<size_t>(found - enrolled_.fetch_backs.begin()), stored);
}

std::variant<Job, Fault> OpenSource::fetch_back_at(size_t index, const gatehouse_stored_event& event) const {
    const auto& wanted = enrolled_.fetch_backs[index];
    const Frame frame(mark());
    gatehouse_job job{};
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = wanted.begin(wanted.user, &event, &job);
    } catch (...) {
        return services_.fault("fetch_back", "threw an exception across the border");
    }
    return begun("fetch_back", frame, status, job);
}

const EnrolledOperation* OpenSource::find_operation(const std::string& wanted) const {
    const auto found =
        std::find_if(enrolled_.operations.begin(), enrolled_.operations.end(), [&](const auto& o) { return o.shown.name == wanted; });
    return found == enrolled_.operations.end() ? nullptr : &*found;
}

Result<std::string> OpenSource::check_arguments(const std::string& wanted, const std::string& arguments_json) const {
    const EnrolledOperation* found = find_operation(wanted);
    if (!found) {
        std::vector<std::string> names;
        for (const auto& one : operations_) names.push_back(one.name);
        const auto near = config::nearest(wanted, names);
        return Error{"source " + name() + " has no operation \"" + wanted + "\"" +
                     (near.empty() ? "" : ", did you mean \"" + near + "\"?")};
    }
    static const auto takes_none = Schema::compile(R"({"type":"object","properties":{}})");
    return prepare_arguments(found->schema ? *found->schema : takes_none.value(), arguments_json);
}

std::variant<Job, Fault> OpenSource::operation(const std::string& wanted, const std::string& arguments_json) const {
    const auto arguments = check_arguments(wanted, arguments_json);
    if (!arguments) return Fault{arguments.error().message};
    return operation_at(static_cast<size_t>(find_operation(wanted) - enrolled_.operations.data()), *arguments);
}

std::variant<Job, Fault> OpenSource::operation_at(size_t index, std::string_view arguments) const {
    const auto& wanted = enrolled_.operations[index];
    const Frame frame(mark());
    gatehouse_job job{};
    gatehouse_status status = GATEHOUSE_FAILED;
    try {
        status = wanted.begin(wanted.user, text(arguments), &job);
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
