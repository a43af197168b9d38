// Requests for the conformance check.
#pragma once

#include <gatehouse/plugin.hpp>

namespace wicket {
std::vector<gatehouse::sample> samples();
}
