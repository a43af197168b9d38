// Small pieces of text that the simulator makes and reads: ids, secrets, queries, error bodies.
#pragma once

#include <gatehouse/encoding.hpp>
#include <gatehouse/simulator_arguments.hpp>

#include <string>
#include <string_view>

namespace axway::sim {

using gatehouse::api_answer;
using gatehouse::milliseconds;
using gatehouse::simulator_host;
using gatehouse::time_point;
using gatehouse::uuid;
namespace arguments = gatehouse::arguments;
namespace json = gatehouse::json;

/// 32 characters for secrets and keys.
std::string secret(const simulator_host&);

/// "%41" to "A", "+" to " ". Broken encodings stay as they are.
std::string decode(std::string_view);
/// One parameter of a query, decoded; nothing when absent.
std::optional<std::string> parameter(std::string_view query, std::string_view name);

/// The error body of Streams' API, as in the documentation's only sample.
api_answer error(int status, std::string_view title, std::string_view detail, std::string_view parameter = {});
api_answer ok(const std::string& json, int status = 200);

/// "2021-01-18T16:25:05.743000Z"
std::string date(time_point);
/// "PT0.195S"
std::string duration(milliseconds);

} // namespace axway::sim
