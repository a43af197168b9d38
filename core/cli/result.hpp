// Any JSON value as a person reads it.
#pragma once

#include "core/cli/output.hpp"

namespace gh::cli {

struct Context;

/// A list of objects as a table (one column per member, at most eight; "state" and "status" coloured), an object as lines "name  value",
/// anything else as it is. With --json: the JSON; a list as one line per item. An empty list or nothing is told on stderr.
void print_result(Context&, const json::Value&);

/// One value on one line: text as it is, lists joined by commas, objects as JSON.
std::string one_line(const json::Value&);

} // namespace gh::cli
