#include "core/app/server.hpp"

#include "core/admin/admin.hpp"
#include "core/app/process.hpp"
#include "core/base/current.hpp"
#include "core/base/version.hpp"
#include "core/delivery/deliverer.hpp"
#include "core/dispatch/dispatcher.hpp"
#include "core/egress/client.hpp"
#include "core/http/server.hpp"
#include "core/ingest/ingest.hpp"
#include "core/plugin/crash.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/job.hpp"
#include "core/plugin/watch.hpp"
#include "core/store/store.hpp"
#include "core/subscriptions/recovery.hpp"
#include "core/subscriptions/subscriptions.hpp"

#include <csignal>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <unistd.h>

namespace gh::app {

namespace {

namespace fs = std::filesystem;

/// Beside the store: copies of the plugin files that are really loaded, and marks of their crashes, which outlive a restart. Copies of an
/// earlier run go; the store's lock makes sure that no other server uses the folder.
Result<fs::path> make_staging(const fs::path& store) {
    const fs::path folder = store.string() + ".plugins";
    std::error_code fault;
    fs::create_directories(folder, fault);
    if (!fault) fs::permissions(folder, fs::perms::owner_all, fault);
    if (fault) return Error{folder.string() + ": cannot be made or protected: " + fault.message()};
    for (const auto& entry : fs::directory_iterator(folder, fault))
        if (entry.path().extension() != ".crashed") fs::remove(entry.path(), fault);
    return folder;
}

egress::Client::Options egress_options(const char* thread) {
    egress::Client::Options options;
    options.user_agent = "Gatehouse/" + std::string(k_version);
    options.thread_name = thread;
    if (const char* file = std::getenv("GATEHOUSE_CA_FILE")) options.ca_file = file;
    return options;
}

store::Options store_options(const config::Config& config) {
    store::Options options;
    options.path = config.store.sqlite;
    options.retention = config.store.retention;
    options.quarantine_bytes = config.store.quarantine_bytes;
    return options;
}

const Error k_ending{"the server is ending; start it anew, and it reads the configuration as it is then"};

bool same_listen(const config::Listen& a, const config::Listen& b) {
    return a.text() == b.text() && a.tls.has_value() == b.tls.has_value();
}

bool same_addresses(const config::Server& a, const config::Server& b) {
    return std::equal(a.listen.begin(), a.listen.end(), b.listen.begin(), b.listen.end(), same_listen) && same_listen(a.admin, b.admin);
}

} // namespace

class Server::Impl {
public:
    explicit Impl(fs::path file) : file_(std::move(file)) {}

    Status start() {
        auto loaded = config::load(file_);
        if (!loaded.ok()) return loaded.error();
        config_.store(*loaded);
        const auto config = config_.load();
        for (const auto& warning : config->warnings) log_.warning("config", warning.text());

        store_ = store::make_sqlite_store(store_options(*config), clock_, log_, metrics_);
        fetch_client_ = std::make_unique<egress::Client>(egress_options("egress"), log_);
        // Deliveries have a client of their own: a slow application must not hold up fetch-backs.
        delivery_client_ = std::make_unique<egress::Client>(egress_options("egress-deliver"), log_);
        deliverer_ = std::make_unique<delivery::Deliverer>(*store_, *delivery_client_, clock_, log_, metrics_);
        jobs_ = std::make_shared<plugin::JobRunner>(*fetch_client_, *store_, clock_, log_, metrics_);
        dispatcher_ = std::make_unique<dispatch::Dispatcher>(*store_, *jobs_, clock_, log_, metrics_);
        ingest_ = std::make_unique<ingest::Ingest>(*store_, *jobs_, clock_, log_, metrics_, config->server.workers);
        store_->on_commit([this](const store::Committed& committed) {
            if (committed.waiting) dispatcher_->wake();
            if (committed.deliveries) deliverer_->wake();
            if (committed.events && admin_) admin_->notify();
        });
        if (const auto started = store_->start(); !started.ok()) return started;
        const auto staging = make_staging(config->store.sqlite);
        if (!staging.ok()) return staging.error();
        plugin::install_crash_handler(*staging);

        host_ = std::make_unique<plugin::Host>(clock_, store_.get(), log_, metrics_, *staging);
        subscriptions_ = std::make_unique<subscriptions::Subscriptions>(
            subscriptions::Subscriptions::Parts{run_job(), *store_, host_->vault(), clock_, log_, metrics_, [this] { return reopen(); }});
        recoveries_ = std::make_unique<subscriptions::Recoveries>(subscriptions::Recoveries::Parts{
            subscriptions_->operations(), *store_, clock_, log_, metrics_,
            [this](const std::string& name, std::string& reason) { return subscriptions_->find(name, reason); },
            [this] { return subscriptions_->names(); }});
        admin_ = std::make_unique<admin::Admin>(services());
        watch_ = std::make_unique<plugin::Watch>(
            config->plugins.directory, [this] { drop_in(); }, log_);
        generation_.store(host_->load(*config));
        report_sources();
        apply(config, generation_.load());
        deliverer_->start();
        dispatcher_->start();
        subscriptions_->start();
        recoveries_->start();

        admin_server_ = std::make_unique<http::Server>("admin", std::vector{config->server.admin}, http::Limits{}, *admin_, log_, metrics_);
        if (const auto bound = admin_server_->start(); !bound.ok()) return bound;
        http_server_ = std::make_unique<http::Server>("http", config->server.listen, http::Limits{}, *ingest_, log_, metrics_);
        if (const auto bound = http_server_->start(); !bound.ok()) return bound;
        watch_->start();
        return Done{};
    }

    Status reload() {
        const std::lock_guard lock(reload_mutex_);
        if (ending_) return k_ending;
        auto loaded = config::load(file_);
        if (!loaded.ok()) return loaded.error();
        const auto config = *loaded;
        const auto before = config_.load();
        auto generation = host_->load(*config, generation_.load().get());
        auto lost = first_lost(*generation_.load(), *generation);
        if (lost.empty()) lost = first_bad_block(*generation);
        if (!lost.empty()) {
            host_->vault().set_key(before->store.key);
            return Error{lost};
        }
        if (!same_addresses(before->server, config->server) || before->store.sqlite != config->store.sqlite)
            log_.warning("app", "addresses and the store cannot change while running: restart the server for that");
        for (const auto& warning : config->warnings) log_.warning("config", warning.text());
        if (const auto certificates = http_server_->reload_certificates(); !certificates.ok())
            log_.error("app", "the certificates were not read again, the old ones stay", {{"error", certificates.error().message}});
        config_.store(config);
        generation_.store(generation);
        apply(config, generation);
        watch_->look_at(config->plugins.directory);
        report_sources();
        log_.info("app", "reloaded", {{"generation", generation->number}, {"sources", config->sources.size()}});
        return Done{};
    }

    /// All sources anew with the configuration as it is: a secret that a provider gave takes effect.
    Status reopen() {
        const std::lock_guard lock(reload_mutex_);
        if (ending_) return k_ending;
        const auto config = config_.load();
        auto generation = host_->load(*config, generation_.load().get());
        if (auto lost = first_lost(*generation_.load(), *generation); !lost.empty()) return Error{lost};
        generation_.store(generation);
        apply(config, generation);
        return Done{};
    }

    /// The plugin directory changed: new code for the sources as they are configured. Other than in a reload a source may go, with its
    /// file.
    void drop_in() {
        const std::lock_guard lock(reload_mutex_);
        if (ending_) return;
        const auto config = config_.load();
        const auto before = generation_.load();
        const auto generation = host_->load(*config, before.get(), plugin::Unchanged::keep);
        generation_.store(generation);
        apply(config, generation);
        for (size_t i = 0; i < generation->slots.size(); ++i) {
            const auto &was = before->slots[i], &is = generation->slots[i]; // one config, one order
            if (was.source && !is.source)
                log_.error("app", "a source is not available and answers 503", {{"source", is.config->name}, {"reason", is.reason}});
            if (!was.source && is.source) log_.info("app", "a source serves", {{"source", is.config->name}});
        }
        log_.info("app", "plugin directory changed", {{"generation", generation->number}, {"plugins", generation->libraries.size()}});
    }

    void drain() {
        if (!ingest_) return;
        {
            // From here on the modules go, one after the other: no thread may be about to change them, and none begins to.
            const std::lock_guard lock(reload_mutex_);
            ending_ = true;
        }
        watch_.reset();
        const auto config = config_.load();
        const Millis limit = config ? config->server.drain : Millis(0);
        ingest_->set_draining();
        if (admin_) admin_->set_draining();
        if (http_server_) http_server_->drain(limit);
        ingest_->stop();
        if (dispatcher_) dispatcher_->stop();
        if (deliverer_) deliverer_->stop(limit);
        if (admin_server_) admin_server_->drain(std::chrono::seconds(2));
        // Callbacks lead from the jobs and the store into the others: these two end first.
        {
            std::unique_lock lock(jobs_mutex_);
            const auto jobs = std::exchange(jobs_, nullptr);
            lock.unlock();
        }
        if (recoveries_) recoveries_->stop();
        if (subscriptions_) subscriptions_->stop();
        store_->stop();
        http_server_.reset();
        admin_server_.reset();
        // Its workers may still be at a call that asks the others.
        admin_.reset();
        ingest_.reset();
        dispatcher_.reset();
        deliverer_.reset();
        recoveries_.reset();
        subscriptions_.reset();
        generation_.store(nullptr);
        host_.reset();
        delivery_client_.reset();
        fetch_client_.reset();
        store_.reset();
    }

    std::vector<uint16_t> ports() const { return http_server_->ports(); }
    uint16_t admin_port() const { return admin_server_->ports().at(0); }
    Log& log() { return log_; }

private:
    admin::Services services() {
        return admin::Services{
            *store_,
            clock_,
            log_,
            metrics_,
            std::string(k_version),
            [this] { return config_.load(); },
            [this] { return generation_.load(); },
            [this] { return reload(); },
            run_job(),
            [this] { return deliverer_->destinations(); },
            [this](const std::string& name, bool on) { return deliverer_->set_disabled(name, on); },
            [this](const std::string& name, bool on) { return deliverer_->set_paused(name, on); },
            subscriptions_.get(),
            recoveries_.get(),
        };
    }

    subscriptions::RunJob run_job() {
        return [this](plugin::Job job, Millis deadline, std::function<void(plugin::JobEnd)> done) {
            std::shared_ptr<plugin::JobRunner> jobs;
            {
                const std::lock_guard lock(jobs_mutex_);
                jobs = jobs_;
            }
            // While the server ends there is nobody left to run it.
            if (!jobs) return done({plugin::JobFailure{plugin::JobFailure::Kind::cancelled, "the server is ending", Millis(0)}, {}});
            jobs->run(std::move(job), deadline, std::move(done));
        };
    }

    /// Routes and deliveries change together with the sources: each module swaps one pointer.
    void apply(const std::shared_ptr<const config::Config>& config, const std::shared_ptr<const plugin::Generation>& generation) {
        deliverer_->configure(config);
        dispatcher_->configure(config, generation);
        ingest_->configure(config, generation);
        subscriptions_->configure(config, generation);
    }

    /// A reload must not close what serves: names the first source that was open and would not be any more.
    static std::string first_lost(const plugin::Generation& before, const plugin::Generation& after) {
        for (const auto& slot : after.slots) {
            if (slot.source) continue;
            for (const auto& old : before.slots)
                if (old.source && old.config->name == slot.config->name)
                    return "source " + slot.config->name + " would no longer open, so nothing was changed: " + slot.reason;
        }
        return {};
    }

    static std::string first_bad_block(const plugin::Generation& generation) {
        for (const auto& slot : generation.slots)
            if (const auto* block = slot.source ? slot.source->subscription() : nullptr; block && !block->fault.empty())
                return block->fault;
        return {};
    }

    void report_sources() {
        for (const auto& slot : generation_.load()->slots) {
            if (!slot.source)
                log_.error("app", "a source is not available and answers 503", {{"source", slot.config->name}, {"reason", slot.reason}});
            else if (const auto* block = slot.source->subscription(); block && !block->fault.empty())
                log_.error("app", "a source receives, but its subscription is not looked after",
                           {{"source", slot.config->name}, {"reason", block->fault}});
        }
    }

    const fs::path file_;
    SystemClock clock_;
    Log log_;
    Metrics metrics_;
    std::mutex reload_mutex_;
    bool ending_ = false; ///< guarded by reload_mutex_
    Current<const config::Config> config_;
    Current<const plugin::Generation> generation_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<egress::Client> fetch_client_, delivery_client_;
    std::unique_ptr<plugin::Host> host_;
    std::unique_ptr<plugin::Watch> watch_;
    std::unique_ptr<delivery::Deliverer> deliverer_;
    std::mutex jobs_mutex_;
    std::shared_ptr<plugin::JobRunner> jobs_; ///< null once the server ends; guarded from the moment that others run
    std::unique_ptr<dispatch::Dispatcher> dispatcher_;
    std::unique_ptr<ingest::Ingest> ingest_;
    std::unique_ptr<subscriptions::Subscriptions> subscriptions_;
    std::unique_ptr<subscriptions::Recoveries> recoveries_;
    std::unique_ptr<admin::Admin> admin_;
    std::unique_ptr<http::Server> http_server_, admin_server_;
};

Server::Server(fs::path file) : impl_(std::make_unique<Impl>(std::move(file))) {}
Server::~Server() {
    impl_->drain();
}
Status Server::start() {
    return impl_->start();
}
Status Server::reload() {
    return impl_->reload();
}
void Server::drain() {
    impl_->drain();
}
std::vector<uint16_t> Server::ports() const {
    return impl_->ports();
}
uint16_t Server::admin_port() const {
    return impl_->admin_port();
}

int serve(const fs::path& config_file) {
    block_signals();
    const Log log;
    harden_process(log);
    Server server(config_file);
    if (const auto started = server.start(); !started.ok()) {
        std::cerr << started.error().message << '\n';
        return 2;
    }
    std::string listening;
    for (const auto port : server.ports()) listening += (listening.empty() ? "" : ",") + std::to_string(port);
    log.info("app", "serving",
             {{"version", k_version}, {"config", config_file.string()}, {"ports", listening}, {"admin_port", server.admin_port()}});
    notify_supervisor("READY=1");
    for (;;) {
        const int signal = wait_for_signal();
        if (signal != SIGHUP) break;
        notify_supervisor("RELOADING=1");
        if (const auto reloaded = server.reload(); !reloaded.ok())
            log.error("app", "not reloaded, everything stays as it was", {{"error", reloaded.error().message}});
        notify_supervisor("READY=1");
    }
    log.info("app", "draining");
    notify_supervisor("STOPPING=1");
    server.drain();
    log.info("app", "ended");
    return 0;
}

} // namespace gh::app
