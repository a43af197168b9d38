// Small texts that the simulated SNS makes and reads: ids, escapes, queries, addresses, arguments of commands.
#pragma once

#include <gatehouse/simulator.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sns_sim {

using gatehouse::api_answer;
using gatehouse::command_error;
using gatehouse::simulator_host;
using gatehouse::time_point;
namespace json = gatehouse::json;

/// Random UUID (RFC 9562 section 5.4); random lower-case hexadecimal digits.
std::string uuid(const simulator_host&);
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

// Arguments of commands; all throw command_error.
int64_t integer(json::value, const char* name, int64_t least, int64_t most, int64_t otherwise);
std::string text(json::value, const char* name, std::string_view otherwise = {});
bool flag(json::value, const char* name, bool otherwise);
/// One of the words, or the first of them when absent.
std::string choice(json::value, const char* name, const std::vector<std::string_view>& words);
void only(json::value object, const std::vector<std::string_view>& names);

} // namespace sns_sim
