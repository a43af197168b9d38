// What `gatehouse plugins check` sends through the plugin.
#pragma once

#include <gatehouse/plugin.hpp>

namespace twin_ledger {

/// Built from the provider's field tables, not recorded: no message of Trusted Twin is published. The hashes are those of one combination
/// of the settings that the provider leaves open.
std::vector<gatehouse::sample> samples();

} // namespace twin_ledger
