// NAME=VALUE words as the JSON object that an operation takes.
#pragma once

#include "core/base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gh::cli {

/// Values are read as the schema's type of that property says: a list takes "a,b,c" or a JSON array, numbers and truth values are checked
/// here, texts stay as they are; where the schema says nothing, what is JSON (but no bare word) is JSON and the rest is text. "a.b=…" sets
/// member b of object a. Exit 2 for a word that is no NAME=VALUE, a name given twice, a value that does not fit, or a name that a closed
/// schema does not have (with a suggestion). `schema`: the operation's, or null.
std::string arguments_json(const std::vector<std::string>& words, const json::Value* schema);

/// "url (text, needed), events (list of text)": what the operation takes, from its schema.
std::string shown_arguments(const json::Value* schema);

} // namespace gh::cli
