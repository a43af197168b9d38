// The plugin host: loads plugin files, opens sources on a draft generation, and hands out the finished set. A failed load leaves what was
// there before and says why.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/plugin/explain.hpp"
#include "core/plugin/source.hpp"
#include "core/plugin/vault.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gh::plugin {

class Library;
struct LoadedFiles;

/// What `gatehouse plugins` shows of one file. `reason` is a sentence that names the rule broken and the fix.
struct PluginInfo {
    std::filesystem::path file;
    std::string name, version, summary;
    uint32_t abi_minor_built = 0, abi_minor_needed = 0;
    uint64_t generation = 0;
    std::string state; ///< "loaded", "refused"
    std::string code;  ///< of the refusal: "no_symbol", "wrong_major", "needs_newer", "null_descriptor", "short_struct", "not_elf", …
    std::string reason;
    std::string isolation; ///< of a loaded one: "none", "process"
    std::string signed_by; ///< the key's name, "acme (ed25519:…)"; empty: unsigned
    std::string settings_schema;
    std::vector<std::string> sources;
};

/// A configured source and, where its plugin could open it, the open source. Without one, its path answers 503 and `reason` says why.
struct SourceSlot {
    std::shared_ptr<const config::Source> config;
    std::shared_ptr<Source> source;
    std::string reason;
};

/// One complete, immutable set of open sources. Swapped in whole; the old one lives on until its last request has ended.
struct Generation {
    uint64_t number = 0;
    std::vector<SourceSlot> slots;
    std::vector<PluginInfo> plugins;
    /// The host's own: what each plugin's code is in this generation, and from which files it came.
    std::map<std::string, std::shared_ptr<const Library>> libraries;
    std::shared_ptr<const LoadedFiles> files;
};

/// What load() does with sources whose configuration and code are the same as in the present generation.
enum class Unchanged { reopen, keep };

/// A sample request that a plugin carries.
struct Sample {
    std::string name, settings_json, request, code;
    bool accept = true;
    Time at{};
};

class Host {
public:
    /// `store` may be null (check, verify): then state is empty and cannot be written. `staging`: private directory for copies of the
    /// files.
    Host(const Clock&, store::Store*, Log&, Metrics&, std::filesystem::path staging);
    /// Closes nothing that is still shared: let go of all generations first.
    ~Host();

    /// Sources opened from now on show how their verifiers work, by the interface gatehouse.explain/1. Never in a server: what is shown is
    /// content of messages. Before the first load().
    void explain_to(Explain);

    /// How inspect(), samples() and open_sample() load; load() goes by its configuration. `program`: what worker processes run, for those
    /// that are not the program itself; empty: /proc/self/exe. Before anything is loaded.
    void isolate(config::Isolation, const std::filesystem::path& program = {});

    /// Loads every *.so of the directory (unchanged ones are kept) and opens every source of the config. Never throws; faults are in the
    /// generation. One call at a time.
    ///
    /// What serves in `present` goes on: where a file is refused, the code loaded from it before stays; where a plugin's new code does not
    /// open a source that is open in `present`, all of that plugin's sources stay with the code before ("source_not_open"); where the
    /// directory cannot be read, everything stays. Only a file that is gone takes its sources along.
    std::shared_ptr<const Generation> load(const config::Config&, const Generation* present = nullptr, Unchanged = Unchanged::reopen);

    /// The secrets that providers gave. Its key is that of the last config loaded. Lives as long as the host.
    Vault& vault();

    /// Loads one file for inspection; the refusal's reason as error.
    Result<PluginInfo> inspect(const std::filesystem::path&);
    /// The samples of a loaded plugin file, and a source opened with a sample's settings (path "/sample").
    Result<std::vector<Sample>> samples(const std::filesystem::path&);
    Result<std::shared_ptr<Source>> open_sample(const std::filesystem::path&, const Sample&);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::plugin
