// A host with everything it needs in memory: store, log lines, settable clock, and a plugin directory to put tiny plugins into.
#pragma once

#include "core/plugin/host.hpp"
#include "core/plugin/job.hpp"
#include "core/store/store.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/temp_dir.hpp"

namespace gh::test {

/// Keeps state only; whatever else is asked of it is a mistake of the test.
class StateStore final : public store::Store {
public:
    void put_state(std::string scope, std::vector<store::StateChange> changes, store::WriteDone done) override {
        if (on_put) return on_put(std::move(done));
        if (failing) return done(Error{"the disk is full"});
        {
            const std::lock_guard lock(mutex_);
            for (auto& change : changes) {
                if (change.value)
                    scopes_[scope][change.key] = *change.value;
                else
                    scopes_[scope].erase(change.key);
            }
        }
        done(Done{});
    }
    Result<std::vector<store::StateChange>> state(const std::string& scope) override {
        if (unreadable) return Error{"the disk is gone"};
        const std::lock_guard lock(mutex_);
        std::vector<store::StateChange> all;
        for (const auto& [key, value] : scopes_[scope]) all.push_back({key, value});
        return all;
    }

    bool append(std::vector<store::NewEvent>, store::AppendDone) override { throw unexpected(); }
    void quarantine(store::NewRefused) override { throw unexpected(); }
    void release(Uuid, store::NewEvent, store::AppendDone) override { throw unexpected(); }
    void finish_fetch(store::FetchOutcome, store::WriteDone) override { throw unexpected(); }
    void record_attempt(store::NewAttempt, store::WriteDone) override { throw unexpected(); }
    void add_deliveries(Uuid, std::vector<store::NewDelivery>, store::WriteDone) override { throw unexpected(); }
    void retry_deliveries(std::vector<Uuid>, store::WriteDone) override { throw unexpected(); }
    Result<std::optional<store::Event>> event(Uuid) override { throw unexpected(); }
    Result<store::Page<store::EventSummary>> events(const store::EventQuery&) override { throw unexpected(); }
    Result<int64_t> last_seq() override { throw unexpected(); }
    Result<std::vector<store::PendingEvent>> pending_events(const std::string&, Time, size_t, std::span<const Uuid>) override {
        throw unexpected();
    }
    Result<std::optional<Time>> next_fetch_due(const std::string&, Time) override { throw unexpected(); }
    Result<std::vector<store::DueDelivery>> due_deliveries(const std::string&, Time, size_t, std::span<const Uuid>) override {
        throw unexpected();
    }
    Result<std::optional<Time>> next_due(const std::string&) override { throw unexpected(); }
    Result<store::Page<store::Delivery>> deliveries(const store::DeliveryQuery&) override { throw unexpected(); }
    Result<std::vector<store::Attempt>> attempts(Uuid) override { throw unexpected(); }
    Result<store::Counts> counts() override { throw unexpected(); }
    void on_commit(std::function<void(const store::Committed&)>) override { throw unexpected(); }
    Status start() override { return Done{}; }
    void stop() override {}
    bool writable() const override { return true; }

    bool failing = false, unreadable = false;
    std::function<void(store::WriteDone)> on_put; ///< takes the write over, to answer it later or never

private:
    static std::logic_error unexpected() { return std::logic_error("this store keeps state only"); }
    std::mutex mutex_;
    std::map<std::string, std::map<std::string, std::string>> scopes_;
};

/// Log lines as they come; any thread.
class Lines {
public:
    void add(std::string_view line) {
        const std::lock_guard lock(mutex_);
        all_.emplace_back(line);
        changed_.notify_all();
    }
    size_t count(std::string_view part) const {
        const std::lock_guard lock(mutex_);
        return count_locked(part);
    }
    bool has(std::string_view part) const { return count(part) > 0; }
    bool wait(std::string_view part, size_t times = 1) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return count_locked(part) >= times; });
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        std::string out;
        for (const auto& line : all_) out += line;
        return out;
    }

private:
    size_t count_locked(std::string_view part) const {
        size_t n = 0;
        for (const auto& line : all_) n += line.find(part) != line.npos;
        return n;
    }
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::string> all_;
};

struct Fixture {
    TempDir folder;
    std::filesystem::path plugins = folder.path() / "plugins";
    ManualClock clock{from_unix_ms(1'700'000'000'000)};
    StateStore store;
    Lines lines;
    std::function<void(std::string_view)> on_line; ///< set it before what logs begins; runs on the thread that logs
    Log log{Level::debug, [this](std::string_view line) {
                lines.add(line);
                if (on_line) on_line(line);
            }};
    Metrics metrics;
    plugin::Host host{clock, &store, log, metrics, folder.path() / "staging"};
    config::Config config;

    Fixture() {
        std::filesystem::create_directory(plugins);
        config.plugins.directory = plugins;
    }

    /// Puts a tiny plugin into the directory as operators should: written elsewhere, then moved in.
    std::filesystem::path install(const std::string& plugin, std::string as = {}) {
        if (as.empty()) as = plugin;
        const auto aside = folder.path() / "incoming", there = plugins / (as + ".so");
        std::filesystem::copy_file(std::filesystem::path(ABI_PLUGINS) / (plugin + ".so"), aside,
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::permissions(aside, std::filesystem::perms::group_write | std::filesystem::perms::others_write,
                                     std::filesystem::perm_options::remove);
        std::filesystem::rename(aside, there);
        return there;
    }

    static std::shared_ptr<config::Source> source_config(const std::string& name, const std::string& plugin, std::string_view settings) {
        auto source = std::make_shared<config::Source>();
        source->name = name;
        source->plugin = plugin;
        source->path = source->display_path = "/hooks/" + name;
        source->settings.json = Secret(settings);
        source->position = {"gatehouse.yaml", 10};
        return source;
    }

    /// Loads with this one source in the config.
    plugin::SourceSlot open(const std::string& plugin, std::string_view settings, const std::string& name = "one") {
        config.sources = {source_config(name, plugin, settings)};
        generation = host.load(config);
        return generation->slots.at(0);
    }
    std::shared_ptr<plugin::Source> open_script(std::string_view settings = R"({"secret":"s","key":"k"})",
                                                const std::string& name = "one") {
        install("script");
        const auto slot = open("script", settings, name);
        if (!slot.source) throw std::runtime_error(slot.reason);
        return slot.source;
    }
    uint64_t faults(const std::string& plugin) {
        return metrics.counter("gatehouse_plugin_faults_total", "", {{"plugin", plugin}}).value();
    }

    std::shared_ptr<const plugin::Generation> generation;
};

} // namespace gh::test
