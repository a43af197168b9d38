// A simulator's shared library: loaded once, checked, never unloaded.
#pragma once

#include "core/base/result.hpp"

#include <gatehouse/simulator.h>

#include <filesystem>
#include <string>

namespace gh::sandbox {

class Library {
public:
    /// Refuses, with the rule broken and the fix: no such file, missing symbol, another draft revision, a missing function.
    static Result<Library> load(const std::filesystem::path&);

    const gatehouse_simulator& descriptor() const { return *descriptor_; }
    std::string name() const { return {descriptor_->name.data, descriptor_->name.size}; }
    std::string version() const { return {descriptor_->version.data, descriptor_->version.size}; }
    std::string summary() const { return {descriptor_->summary.data, descriptor_->summary.size}; }

private:
    explicit Library(const gatehouse_simulator* descriptor) : descriptor_(descriptor) {}
    const gatehouse_simulator* descriptor_;
};

} // namespace gh::sandbox
