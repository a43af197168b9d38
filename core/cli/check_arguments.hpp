// Arguments for an operation, made from its JSON Schema alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gh::cli {

/// Some JSON objects to try: with only what is required, with everything, with odd values in the strings. They may still not fit the schema
/// (a pattern, say): the caller checks. An empty schema takes no arguments: "{}".
std::vector<std::string> arguments_for(std::string_view schema_json);

} // namespace gh::cli
