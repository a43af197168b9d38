// Signed requests for the conformance check.
#pragma once

#include <gatehouse/plugin.hpp>

namespace sns_samples {
std::vector<gatehouse::sample> samples();
}
