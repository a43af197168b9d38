// References in text values: ${env:NAME} and ${file:PATH}. "$${" stands for "${" itself. What a reference brings is never looked into
// again.
#pragma once

#include "core/config/document.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace gh::config {

/// Overwrites the bytes, then empties the text.
void wipe(std::string&);

struct Resolved {
    std::string text;
    bool by_reference = false;
};

constexpr size_t k_most_secret_file = 64u << 10;
constexpr size_t k_most_resolved = 16u << 20; ///< all references of one configuration together

class References {
public:
    /// Paths are relative to `directory`. All three outlive it.
    References(const Environment& environment, const std::filesystem::path& directory, Faults& faults)
        : environment_(environment), directory_(directory), faults_(faults) {}

    /// `key` names the value in faults. Nothing after a fault.
    std::optional<Resolved> resolve(const std::string& text, int line, const std::string& key);
    static bool present(const std::string& text) { return text.find("${") != text.npos; }

private:
    std::optional<std::string> look_up(const std::string& kind, const std::string& name, int line, const std::string& key);
    std::optional<std::string> read_file(const std::string& name, int line, const std::string& key);

    const Environment& environment_;
    const std::filesystem::path& directory_;
    Faults& faults_;
    size_t total_ = 0;
};

} // namespace gh::config
