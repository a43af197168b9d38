// Every library this process has loaded, by the content of its file. Since nothing is unloaded, bytes seen before need no second copy: a
// plugin that is swapped back and forth a thousand times costs two libraries.
#pragma once

#include "core/plugin/library.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>

namespace gh::plugin {

inline constexpr const char* k_quarantined = "quarantined";

/// How long the trial load of one file may take.
inline constexpr Millis k_load_limit{5'000};

/// One thread at a time.
class Shelf {
public:
    explicit Shelf(std::filesystem::path staging) : staging_(std::move(staging)) {}

    /// Reads the file and gives its library, loading it if its bytes are new. A refusal is remembered for the same bytes too, except where
    /// it came from the surroundings (staging, missing libraries, time). Code of its own: quarantined (two crashes, see crash.hpp).
    std::variant<std::shared_ptr<const Library>, Refused> get(const std::filesystem::path& file);

private:
    std::variant<std::shared_ptr<const Library>, Refused> load(const FileImage&);
    Check quarantine(const CrashMark&) const;

    Staging staging_;
    std::map<std::string, std::variant<std::shared_ptr<const Library>, Refused>> by_hash_;
};

} // namespace gh::plugin
