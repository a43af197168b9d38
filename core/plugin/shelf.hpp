// Every library this process has loaded, by the content of its file. Since nothing is unloaded, bytes seen before need no second copy: a
// plugin that is swapped back and forth a thousand times costs two libraries.
#pragma once

#include "core/plugin/signature.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace gh::plugin {

inline constexpr const char* k_quarantined = "quarantined";

/// How long the trial load of one file may take.
inline constexpr Millis k_load_limit{5'000};

/// What of the configuration decides which files are trusted.
struct Trust {
    bool signatures_required = false;
    std::vector<config::TrustedKey> keys;
    bool operator==(const Trust&) const = default;
};

/// Which plugins run in a worker process.
struct Apart {
    config::Isolation isolation = config::Isolation::none;
    std::map<std::string, config::Isolation> overrides; ///< by the plugin's name

    /// Whether any does: then nothing of an unknown file may run in this process.
    bool any() const;
    /// Of plugin `name` in `file`. An exception from `isolation: process` counts only where the file bears the name, too: a plugin names
    /// itself.
    bool process(const std::string& name, const std::filesystem::path& file) const;
};

/// A loaded plugin, and the name of the key that its file was signed with; empty: none.
struct Shelved {
    std::shared_ptr<const Library> library;
    std::string signed_by;
};

/// What one generation was loaded from, and by which rules.
struct LoadedFiles {
    Trust trust;
    std::map<std::filesystem::path, Shelved> files;
};

/// One thread at a time.
class Shelf {
public:
    explicit Shelf(std::filesystem::path staging) : staging_(std::move(staging)) {}

    /// What worker processes run: this program, unless told otherwise.
    void set_program(std::filesystem::path program) { program_ = std::move(program); }

    /// Reads the file and gives its library, loading it if its bytes are new. A refusal is remembered for the same bytes too, except where
    /// it came from the surroundings (staging, missing libraries, time). Code of its own: quarantined (two crashes, see crash.hpp).
    /// The bytes whose signature is checked are those that are loaded. `trust` null: signatures are not looked at.
    std::variant<Shelved, Refused> get(const std::filesystem::path& file, const Trust* trust, const Apart& apart);
    /// How many are loaded: each different build ever loaded, since none is unloaded.
    size_t loaded() const;

private:
    using Loaded = std::variant<std::shared_ptr<const Library>, Refused>;
    using ByHash = std::map<std::string, Loaded>;
    Loaded get(const FileImage&, const Apart&);
    Loaded get(const FileImage&, ByHash&, bool isolated);
    Loaded load(const FileImage&, bool isolated);
    Check quarantine(const CrashMark&) const;

    Staging staging_;
    std::filesystem::path program_ = "/proc/self/exe";
    ByHash here_, apart_; ///< code of this process, and of worker processes
};

} // namespace gh::plugin
