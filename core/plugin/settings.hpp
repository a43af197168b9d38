// A source's settings made ready for its plugin: checked against the schema, defaults filled in, secrets taken out.
#pragma once

#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/plugin/json.hpp"
#include "core/plugin/schema.hpp"
#include "core/plugin/secrets.hpp"

#include <string>
#include <vector>

namespace gh::plugin {

struct PreparedSettings {
    Json open;                         ///< without the secrets
    std::string json;                  ///< the same as text, for gatehouse_settings
    Secrets secrets;                   ///< by JSON Pointer without its leading slash
    std::vector<std::string> warnings; ///< secrets written literally, "file:line: place: …"
};

/// The error has one line per fault: `gatehouse.yaml:14: sources.bank.settings: unknown key "api-key", did you mean "api_key"?`. A fault
/// that has no line of its own stands at the nearest one around it, at last at `position` (none when that has no file).
Result<PreparedSettings> prepare_settings(const Schema&, const config::Settings&, const std::string& label,
                                          const config::Position& position);

/// A `subscription:` block checked against the arguments schema of the plugin's subscribe operation, defaults filled in. Faults as above.
Result<Json> prepare_block(const Schema&, const config::Settings&, const std::string& label, const config::Position& position);

/// Operation arguments: the checked text with defaults, or what is wrong ("arguments.since: …").
Result<std::string> prepare_arguments(const Schema&, std::string_view json);

} // namespace gh::plugin
