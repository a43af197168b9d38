// Small texts that the simulated SNS makes and reads: ids, escapes, queries, addresses.
#pragma once

#include <gatehouse/simulator_arguments.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sns_sim {

using gatehouse::api_answer;
using gatehouse::command_error;
using gatehouse::simulator_host;
using gatehouse::time_point;
using gatehouse::uuid;
using gatehouse::arguments::choice;
using gatehouse::arguments::flag;
using gatehouse::arguments::integer;
using gatehouse::arguments::only;
using gatehouse::arguments::text;
namespace json = gatehouse::json;

/// Random lower-case hexadecimal digits.
std::string hex(const simulator_host&, size_t digits);

/// A JSON string as SNS writes it: everything beyond ASCII as \uXXXX, in pairs where UTF-16 needs two.
std::string ascii_quoted(std::string_view utf8);
/// Text for XML: <, >, & and " escaped.
std::string xml_text(std::string_view);

/// "a=1&b=%20" decoded ("+" is a space); of equal names the last counts. Broken escapes leave the parameter out.
std::map<std::string, std::string> parameters(std::string_view form);

/// Where notifications go: "https://user:password@host/path" taken apart.
struct endpoint {
    std::string url; ///< without credentials
    std::string user, password;
    static endpoint parse(std::string_view);
    std::string shown() const; ///< with the password as asterisks
};

} // namespace sns_sim
