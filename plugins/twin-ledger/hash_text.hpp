// How a member of a message may become text before it is hashed. The provider's page says "UTF-8 encoded value" and leaves open what that
// is for numbers and dictionaries; these are the forms that software of its kind (Python) would use.
#pragma once

#include <gatehouse/json.hpp>

#include <string>
#include <string_view>

namespace twin_ledger {

enum class string_form { plain, json };         ///< the text itself; a JSON literal with its quotes
enum class number_form { raw, python, fixed3 }; ///< as it stands in the body; Python's str() of it; three decimals
/// raw: the bytes as they stand in the body. json…: Python's json.dumps, with ", " and ": " or compact, members as they come or sorted,
/// everything beyond ASCII escaped or (utf8) not. python: Python's str() of a dictionary.
enum class dictionary_form { raw, json, json_sorted, json_utf8, json_compact, json_compact_sorted, json_compact_utf8, python };

/// Python's str() of a number of JSON: integers as they are, others as the shortest text that reads back the same ("1608592501.0").
std::string python_number(std::string_view written);
/// One value as one of those texts.
std::string number_text(std::string_view written, number_form);
std::string dictionary_text(gatehouse::json::value, dictionary_form);
std::string string_text(gatehouse::json::value, string_form);

} // namespace twin_ledger
