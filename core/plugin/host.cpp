#include "core/plugin/host.hpp"

#include "core/plugin/control.hpp"
#include "core/plugin/open_source.hpp"
#include "core/plugin/shelf.hpp"
#include "core/store/store.hpp"

#include <algorithm>

namespace gh::plugin {

namespace {

PluginInfo info_of(const std::filesystem::path& file, const Library& library) {
    const auto& d = library.descriptor();
    const bool isolated = library.isolated();
    PluginInfo info;
    info.file = file;
    info.name = d.name;
    info.version = d.version;
    info.summary = d.summary;
    info.abi_minor_built = d.abi_minor_built;
    info.abi_minor_needed = d.abi_minor_needed;
    info.state = "loaded";
    info.settings_schema = d.settings_schema;
    info.isolation = isolated ? "process" : "none";
    return info;
}

/// The name that a file which could not be loaded would probably have had.
std::string name_from(const std::filesystem::path& file) {
    const auto stem = file.stem().string();
    return stem.starts_with("lib") ? stem.substr(3) : stem;
}

} // namespace

class Host::Impl {
public:
    Impl(const Clock& clock, store::Store* store, Log& log, Metrics& metrics, std::filesystem::path staging)
        : clock_(clock),
          store_(store),
          log_(log),
          metrics_(metrics),
          vault_(store),
          shelf_(std::move(staging)),
          control_(std::make_shared<Control>()) {}
    ~Impl() { control_->stop(); }

    std::shared_ptr<const Generation> load(const config::Config& config, const Generation* present, Unchanged unchanged) {
        const std::lock_guard lock(mutex_);
        auto generation = std::make_shared<Generation>();
        generation->number = ++number_;
        vault_.set_key(config.store.key);
        try {
            load_plugins(config.plugins, *generation, present);
            for (const auto& source : config.sources) {
                const auto* before = present && unchanged == Unchanged::keep ? open_before(*present, *source) : nullptr;
                const bool same = before && before->config == source && same_code(*present, *generation, source->plugin);
                generation->slots.push_back(same ? *before : open_slot(source, *generation));
            }
            if (present) fall_back(*generation, *present, unchanged);
            complete_infos(*generation);
        } catch (const std::exception& error) {
            log_.error("plugin", "loading plugins failed", {{"reason", error.what()}});
            for (size_t i = generation->slots.size(); i < config.sources.size(); ++i)
                generation->slots.push_back({config.sources[i], nullptr, std::string("loading plugins failed: ") + error.what()});
        }
        return generation;
    }

    /// For inspection, signed or not.
    std::variant<std::shared_ptr<const Library>, Refused> get(const std::filesystem::path& file) {
        const std::lock_guard lock(mutex_);
        auto shelved = shelf_.get(file, nullptr, apart_);
        if (auto* refused = std::get_if<Refused>(&shelved)) return std::move(*refused);
        return std::get<Shelved>(std::move(shelved)).library;
    }

    Result<std::shared_ptr<Source>> open(std::shared_ptr<const Library> library, std::shared_ptr<const config::Source> config,
                                         std::shared_ptr<SourceState> state) {
        const OpenContext context{std::move(library), std::move(config), std::move(state), clock_, log_, metrics_, vault_, explain};
        const auto turn = control_->turn();
        auto source = OpenSource::open(context);
        if (!source) return source.error();
        return std::shared_ptr<Source>(source->release(),
                                       [control = control_](Source* last) { control->close(std::unique_ptr<Source>(last)); });
    }

    Vault& vault() { return vault_; }
    void isolate(config::Isolation isolation, const std::filesystem::path& program) {
        const std::lock_guard lock(mutex_);
        if (!program.empty()) shelf_.set_program(program);
        apart_.isolation = isolation;
    }
    Explain explain; ///< set before anything is opened

private:
    void load_plugins(const config::Plugins& config, Generation& generation, const Generation* present) {
        // Not simply the last load: that may have been a reload that was not taken over.
        const auto before = present && present->files ? present->files : last_;
        auto now = std::make_shared<LoadedFiles>();
        now->trust = {config.signatures == config::Signatures::required, config.keys};
        const bool same_trust = before->trust == now->trust;
        const Apart apart{config.isolation, config.overrides};
        for (const auto& file : plugin_files(config.directory, *before)) {
            auto shelved = shelf_.get(file, &now->trust, apart);
            if (const auto* refused = std::get_if<Refused>(&shelved)) {
                add_refused(generation, file, name_from(file), *refused);
                // What was loaded from this path before goes on serving, if it was trusted by the rules of now.
                const auto kept = before->files.find(file);
                if (kept == before->files.end() || refused->code == k_quarantined || !same_trust) continue;
                shelved = kept->second;
            }
            const auto& kept = std::get<Shelved>(shelved);
            const auto& name = kept.library->descriptor().name;
            if (!generation.libraries.emplace(name, kept.library).second) {
                add_refused(generation, file, name, {"duplicate_name", "another file already is plugin " + name + "; remove one of them"});
                continue;
            }
            now->files.emplace(file, kept);
            generation.plugins.push_back(info_of(file, *kept.library));
            generation.plugins.back().signed_by = kept.signed_by;
        }
        generation.files = last_ = std::move(now);
    }

    /// In order. A directory that cannot be read is no reason to let go of what came from it.
    std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& directory, const LoadedFiles& before) {
        std::vector<std::filesystem::path> files;
        std::error_code error;
        for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
            if (at->path().extension() == ".so") files.push_back(at->path());
        if (error) {
            log_.error("plugin", "the plugin directory cannot be read; set plugins.directory to where the *.so files are",
                       {{"directory", directory.string()}, {"reason", error.message()}});
            files.clear();
            for (const auto& [file, library] : before.files)
                if (file.parent_path() == directory) files.push_back(file);
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    /// The slot of that source in `generation`, if it is open there.
    static const SourceSlot* open_before(const Generation& generation, const config::Source& source) {
        for (const auto& slot : generation.slots)
            if (slot.source && slot.config->name == source.name) return &slot;
        return nullptr;
    }

    static std::shared_ptr<const Library> code(const Generation& generation, const std::string& plugin) {
        const auto found = generation.libraries.find(plugin);
        return found == generation.libraries.end() ? nullptr : found->second;
    }

    static bool same_code(const Generation& a, const Generation& b, const std::string& plugin) {
        const auto in_a = code(a, plugin);
        return in_a && in_a == code(b, plugin);
    }

    /// New code that shuts out a source is refused as a whole: sources of one plugin never run different code.
    void fall_back(Generation& generation, const Generation& present, Unchanged unchanged) {
        for (auto& [plugin, library] : generation.libraries) {
            const auto before = code(present, plugin);
            if (!before || before == library) continue;
            const auto lost = std::find_if(generation.slots.begin(), generation.slots.end(), [&, &name = plugin](const auto& slot) {
                return slot.config->plugin == name && !slot.source && open_before(present, *slot.config);
            });
            if (lost == generation.slots.end()) continue;
            const Refused why{"source_not_open", "source " + lost->config->name +
                                                     " would no longer open, so the version before serves on: " + lost->reason +
                                                     "; change its settings and reload, or put back the file of before"};
            std::map<size_t, SourceSlot> back;
            bool all = true;
            for (size_t i = 0; i < generation.slots.size(); ++i) {
                const auto& config = generation.slots[i].config;
                if (config->plugin != plugin) continue;
                const auto* open = open_before(present, *config);
                auto slot = open && open->config == config && unchanged == Unchanged::keep ? *open : open_slot_with(before, config);
                all = all && (slot.source || !open);
                back.emplace(i, std::move(slot));
            }
            if (!all) continue; // the settings are at fault, not the code
            for (auto& [i, slot] : back) generation.slots[i] = std::move(slot);
            const auto info = std::find_if(generation.plugins.begin(), generation.plugins.end(),
                                           [&, &name = plugin](const auto& one) { return one.state == "loaded" && one.name == name; });
            library = before;
            const auto file = info->file;
            *info = info_of(file, *before);
            for (const auto& was : present.plugins)
                if (was.name == plugin && was.state == "loaded") info->signed_by = was.signed_by;
            add_refused(generation, file, plugin, why);
        }
    }

    void complete_infos(Generation& generation) {
        metrics_
            .gauge("gatehouse_plugin_libraries",
                   "Different builds of plugins loaded since the start; none is unloaded, a restart lets them go.")
            .set(static_cast<double>(shelf_.loaded()));
        for (auto& info : generation.plugins) {
            if (info.state != "loaded") continue;
            info.generation = generation_of(info.name, generation.libraries.at(info.name));
            for (const auto& slot : generation.slots)
                if (slot.source && slot.config->plugin == info.name) info.sources.push_back(slot.config->name);
        }
    }

    void add_refused(Generation& generation, const std::filesystem::path& file, const std::string& name, const Refused& refused) {
        PluginInfo info;
        info.file = file;
        info.name = name;
        info.state = "refused";
        info.code = refused.code;
        info.reason = refused.reason;
        log_.error("plugin", "a plugin file is refused", {{"file", file.string()}, {"code", refused.code}, {"reason", refused.reason}});
        generation.plugins.push_back(std::move(info));
    }

    /// The generation in which the plugin got the code it has now.
    uint64_t generation_of(const std::string& name, const std::shared_ptr<const Library>& library) {
        auto& [known, since] = current_[name];
        if (known != library) {
            known = library;
            since = number_;
            metrics_.gauge("gatehouse_plugin_generation", "Generation in which the plugin got its present code.", {{"plugin", name}})
                .set(static_cast<double>(since));
            log_.info("plugin", "loaded", {{"plugin", name}, {"version", library->descriptor().version}, {"generation", since}});
        }
        return since;
    }

    static std::string why_missing(const std::string& wanted, const Generation& generation) {
        for (const auto& info : generation.plugins)
            if (info.name == wanted && info.state == "refused")
                return "plugin " + wanted + " (" + info.file.filename().string() + ") is refused, " + info.code + ": " + info.reason;
        std::vector<std::string> names;
        for (const auto& [name, library] : generation.libraries) names.push_back(name);
        const auto near = config::nearest(wanted, names);
        return "no plugin \"" + wanted + "\" is loaded" +
               (near.empty() ? "; put its .so file into the plugin directory" : ", did you mean \"" + near + "\"?");
    }

    SourceSlot open_slot(const std::shared_ptr<const config::Source>& config, const Generation& generation) {
        if (auto library = code(generation, config->plugin)) return open_slot_with(std::move(library), config);
        const auto where = config->position.file.empty() ? std::string() : config->position.text() + ": ";
        return {config, nullptr, where + "sources." + config->name + ".plugin: " + why_missing(config->plugin, generation)};
    }

    SourceSlot open_slot_with(std::shared_ptr<const Library> library, const std::shared_ptr<const config::Source>& config) {
        const auto empty = [&](std::string reason) { return SourceSlot{config, nullptr, std::move(reason)}; };
        auto state = state_of(config->name);
        if (!state) return empty("sources." + config->name + ": its state cannot be read: " + state.error().message);
        auto source = open(std::move(library), config, *state);
        if (!source) return empty(source.error().message);
        return {config, std::move(*source), {}};
    }

    /// Shared with the generations that still have the source, else read from the store.
    Result<std::shared_ptr<SourceState>> state_of(const std::string& source) {
        std::erase_if(states_, [](const auto& entry) { return entry.second.expired(); });
        if (auto shared = states_[source].lock()) return shared;
        std::vector<store::StateChange> stored;
        if (store_) {
            auto read = store_->state("source:" + source);
            if (!read) return read.error();
            stored = std::move(*read);
        }
        auto state = std::make_shared<SourceState>(stored);
        states_[source] = state;
        return state;
    }

    const Clock& clock_;
    store::Store* const store_;
    Log& log_;
    Metrics& metrics_;
    Vault vault_;
    std::mutex mutex_;
    Shelf shelf_;
    Apart apart_; ///< for inspection
    const std::shared_ptr<Control> control_;
    uint64_t number_ = 0;
    std::shared_ptr<const LoadedFiles> last_ = std::make_shared<LoadedFiles>();
    std::map<std::string, std::pair<std::shared_ptr<const Library>, uint64_t>> current_;
    std::map<std::string, std::weak_ptr<SourceState>> states_;
};

Host::Host(const Clock& clock, store::Store* store, Log& log, Metrics& metrics, std::filesystem::path staging)
    : impl_(std::make_unique<Impl>(clock, store, log, metrics, std::move(staging))) {}
Host::~Host() = default;

void Host::isolate(config::Isolation isolation, const std::filesystem::path& program) {
    impl_->isolate(isolation, program);
}

void Host::explain_to(Explain explain) {
    impl_->explain = std::move(explain);
}

std::shared_ptr<const Generation> Host::load(const config::Config& config, const Generation* present, Unchanged unchanged) {
    return impl_->load(config, present, unchanged);
}

Vault& Host::vault() {
    return impl_->vault();
}

Result<PluginInfo> Host::inspect(const std::filesystem::path& file) {
    auto library = impl_->get(file);
    if (const auto* refused = std::get_if<Refused>(&library)) return Error{file.string() + ": " + refused->code + ": " + refused->reason};
    return info_of(file, *std::get<0>(library));
}

Result<std::vector<Sample>> Host::samples(const std::filesystem::path& file) {
    auto library = impl_->get(file);
    if (const auto* refused = std::get_if<Refused>(&library)) return Error{file.string() + ": " + refused->code + ": " + refused->reason};
    const auto& plugin = *std::get<0>(library)->descriptor().raw;
    std::vector<Sample> samples;
    for (size_t i = 0; i < plugin.sample_count; ++i) {
        const auto& s = *plugin.samples[i];
        const auto copy = [](gatehouse_text t) { return std::string(view(t)); };
        samples.push_back(
            {copy(s.name), copy(s.settings), copy(s.request), copy(s.code), s.expect == GATEHOUSE_EXPECT_ACCEPT, from_unix_ms(s.at)});
    }
    return samples;
}

Result<std::shared_ptr<Source>> Host::open_sample(const std::filesystem::path& file, const Sample& sample) {
    auto library = impl_->get(file);
    if (const auto* refused = std::get_if<Refused>(&library)) return Error{file.string() + ": " + refused->code + ": " + refused->reason};
    auto config = std::make_shared<config::Source>();
    config->name = "sample";
    config->plugin = std::get<0>(library)->descriptor().name;
    config->path = config->display_path = "/sample";
    config->settings.json = Secret(sample.settings_json);
    return impl_->open(std::get<0>(library), std::move(config), std::make_shared<SourceState>(std::vector<store::StateChange>{}));
}

} // namespace gh::plugin
