// Requests that must be accepted and requests that must be refused.
#pragma once

#include <gatehouse/plugin.hpp>

namespace axway {
std::vector<gatehouse::sample> samples();
} // namespace axway
