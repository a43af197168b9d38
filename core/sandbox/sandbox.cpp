#include "core/sandbox/sandbox.hpp"

#include "core/egress/url.hpp"
#include "core/sandbox/control.hpp"
#include "core/sandbox/runner.hpp"

#include <algorithm>
#include <csignal>
#include <future>
#include <ostream>

namespace gh::sandbox {

namespace {

/// The *.so of the directory, by name.
Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& directory) {
    std::error_code fault;
    std::vector<std::filesystem::path> out;
    for (std::filesystem::directory_iterator it(directory, fault), end; !fault && it != end; it.increment(fault))
        if (it->path().extension() == ".so") out.push_back(it->path());
    if (fault) return Error{directory.string() + ": cannot be read: " + fault.message() + "; name the folder of the simulators"};
    std::sort(out.begin(), out.end());
    return out;
}

std::string without_tail_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

} // namespace

Sandbox::Sandbox(Options options, Log& log, Metrics& metrics)
    : options_(std::move(options)), log_(log), metrics_(metrics), clock_(options_.time_scale) {}

Sandbox::~Sandbox() {
    stop();
}

Status Sandbox::start() {
    if (!(options_.time_scale >= 0.001) || options_.time_scale > 1e6) return Error{"time scale: give a number from 0.001 to 1000000"};
    if (!options_.control.loopback()) return Error{"control: " + options_.control.text() + " is not on loopback; use 127.0.0.1"};
    options_.gateway = without_tail_slash(options_.gateway);
    if (const auto url = egress::parse_url(options_.gateway); !url.ok()) return Error{"gateway: " + url.error().message};

    const auto files = files_in(options_.directory);
    if (!files.ok()) return files.error();
    std::vector<Library> libraries;
    std::vector<std::string> names;
    for (const auto& file : *files) {
        auto library = Library::load(file);
        if (!library.ok()) return library.error();
        if (std::find(names.begin(), names.end(), library->name()) != names.end())
            return Error{file.string() + ": a second simulator of the name " + library->name() + "; remove one"};
        names.push_back(library->name());
        libraries.push_back(*library);
    }
    for (const std::string& wanted : options_.providers) {
        if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
        const std::string near = config::nearest(wanted, names);
        return Error{"there is no simulated provider \"" + wanted + "\" in " + options_.directory.string() +
                     (near.empty() ? "" : ", did you mean \"" + near + "\"?")};
    }
    for (const auto& [provider, settings] : options_.settings) {
        if (std::find(names.begin(), names.end(), provider) != names.end()) continue;
        const std::string near = config::nearest(provider, names);
        return Error{"settings: there is no simulated provider \"" + provider + "\"" +
                     (near.empty() ? "" : ", did you mean \"" + near + "\"?")};
    }
    egress::Client::Options client;
    client.thread_name = "sandbox-egress";
    // Providers send what they have at once, all of it to the one gateway.
    client.connections_per_host = client.connections = 2'000;
    client_ = std::make_unique<egress::Client>(std::move(client), log_);
    for (const Library& library : libraries) {
        const std::string name = library.name();
        if (!options_.providers.empty() &&
            std::find(options_.providers.begin(), options_.providers.end(), name) == options_.providers.end())
            continue;
        RunnerOptions runner;
        if (options_.settings.contains(name)) runner.settings = options_.settings.at(name);
        runner.target = options_.targets.contains(name) ? options_.targets.at(name) : options_.gateway + "/hooks/" + name;
        if (options_.ports.contains(name)) runner.port = options_.ports.at(name);
        runner.seed = options_.seed;
        runner.fresh = options_.fresh;
        runner.redirect = [this](const std::string& url) { return redirect(url); };
        runners_.push_back(std::make_unique<Runner>(library, std::move(runner), *client_, clock_, log_, metrics_));
        if (auto started = runners_.back()->start(); !started.ok()) return stop(), started;
    }
    control_ = std::make_unique<Control>(runners_, clock_, options_.control, log_, metrics_);
    if (auto started = control_->start(); !started.ok()) return stop(), Error{"sandbox control: " + started.error().message};
    return Done{};
}

void Sandbox::stop() {
    // Runners end first, so that none sends any more; then the client hands back what is under way, to runners that drop it.
    for (const auto& runner : runners_) runner->stop();
    if (control_) control_->stop();
    client_.reset();
    control_.reset();
    runners_.clear();
}

std::vector<Provider> Sandbox::providers() const {
    std::vector<Provider> out;
    for (const auto& r : runners_)
        out.push_back({r->library().name(), r->library().version(), r->library().summary(), r->base_url(), r->target(), r->description()});
    return out;
}

uint16_t Sandbox::control_port() const {
    return control_ ? control_->port() : 0;
}

Result<std::string> Sandbox::command(const std::string& provider, const std::string& name, const std::string& arguments) {
    for (const auto& runner : runners_) {
        if (runner->library().name() != provider) continue;
        auto promise = std::make_shared<std::promise<CommandResult>>();
        auto future = promise->get_future();
        // The runner holds the only reference: if it drops the command because it stops, waiting ends with broken_promise.
        runner->command(name, arguments, [promise = std::move(promise)](CommandResult result) { promise->set_value(std::move(result)); });
        try {
            auto result = future.get();
            if (result.status != GATEHOUSE_OK) return Error{provider + " " + name + ": " + result.text};
            return std::move(result.text);
        } catch (const std::future_error&) {
            return Error{provider + " " + name + ": the sandbox is stopping"};
        }
    }
    return Error{"there is no simulated provider \"" + provider + "\""};
}

std::optional<std::string> Sandbox::redirect(const std::string& url) const {
    const auto parsed = egress::parse_url(url);
    if (!parsed.ok()) return std::nullopt;
    if (config::Listen{parsed->host, 0, {}}.loopback()) return parsed->text();
    const std::string query = parsed->has_query ? "?" + parsed->query : "";
    return options_.gateway + parsed->path + query;
}

int run(Options options, const std::filesystem::path& write_config, std::ostream& out, std::ostream& err) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Log log(Level::warning);
    Metrics metrics;
    Sandbox sandbox(std::move(options), log, metrics);
    if (const auto started = sandbox.start(); !started.ok()) {
        err << started.error().message << "\n";
        return 1;
    }
    if (!write_config.empty()) {
        if (const auto written = sandbox.write_config(write_config); !written.ok()) {
            err << written.error().message << "\n";
            return 1;
        }
        out << "configuration: " << write_config.string() << "\n";
    }
    out << sandbox.summary() << std::flush;
    int signal = 0;
    sigwait(&signals, &signal);
    out << "\nstopping\n" << std::flush;
    sandbox.stop();
    return 0;
}

} // namespace gh::sandbox
