// A configuration in a directory of its own, with an environment of its own.
#pragma once

#include "core/config/config.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

struct Fixture {
    std::filesystem::path directory;
    std::map<std::string, std::string> variables;

    Fixture() {
        std::string name = (std::filesystem::temp_directory_path() / "gatehouse-config-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        directory = name;
    }
    ~Fixture() {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }

    std::filesystem::path write(const std::string& name, const std::string& content,
                                std::filesystem::perms mode = std::filesystem::perms(0600)) const {
        const auto path = directory / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << content;
        std::filesystem::permissions(path, mode);
        return path;
    }
    gh::config::Environment environment() const {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        };
    }
    gh::Result<std::shared_ptr<const gh::config::Config>> load(const std::string& yaml) const {
        return gh::config::load(write("gatehouse.yaml", yaml), environment());
    }
    std::shared_ptr<const gh::config::Config> good(const std::string& yaml) const {
        auto result = load(yaml);
        BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? std::string() : result.error().message));
        return *result;
    }
    /// The message with the directory cut out, so that lines begin with "gatehouse.yaml:".
    std::string fault(const std::string& yaml) const {
        const auto result = load(yaml);
        if (result.ok()) return {};
        std::string text = result.error().message;
        const std::string prefix = directory.string() + "/";
        for (size_t at = text.find(prefix); at != text.npos; at = text.find(prefix)) text.erase(at, prefix.size());
        return text;
    }
    std::string warnings(const std::string& yaml) const {
        std::string out;
        const auto config = good(yaml);
        for (const auto& w : config->warnings) out += std::to_string(w.position.line) + ": " + w.message + "\n";
        return out;
    }
    /// The settings of source s.
    std::string settings(const std::string& yaml) const {
        return std::string(
            good("sources:\n  s:\n    plugin: p\n    path: /s\n    settings:\n" + yaml)->sources.at(0)->settings.json.reveal());
    }
    std::string settings_fault(const std::string& yaml) const {
        return fault("sources:\n  s:\n    plugin: p\n    path: /s\n    settings:\n" + yaml);
    }
};

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}
#define CHECK_HAS(text, part)                                                                                 \
    do {                                                                                                      \
        const std::string check_has_text = (text);                                                            \
        BOOST_CHECK_MESSAGE(has(check_has_text, part), "\"" << (part) << "\" is not in: " << check_has_text); \
    } while (false)
