// The settings of a plugin: YAML to JSON text, exactly as written, with the origin of every value.
#pragma once

#include "core/config/reader.hpp"

#include <optional>

namespace gh::config {

constexpr int k_deepest_json = 64;

/// Quoted scalars and those with references become strings; plain ones are typed by the core schema of YAML 1.2.2. Numbers keep their
/// spelling, so those that JSON cannot spell (010, 0x1F, +5, .5, .inf) are faults. `origins` has every value, lists and mappings too; the
/// whole is "". Nothing after a fault.
std::optional<Settings> read_settings(Context&, const Node&, int line, const std::string& where);

} // namespace gh::config
