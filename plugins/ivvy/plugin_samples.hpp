// Requests for the conformance check.
#pragma once

#include <gatehouse/plugin.hpp>

namespace ivvy {
std::vector<gatehouse::sample> samples();
}
