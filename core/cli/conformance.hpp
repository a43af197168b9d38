// The conformance check of a plugin: its samples must give what they promise, and what is changed on a genuine request must be noticed, so
// that a verifier that says yes to everything cannot ship.
//
// Where the proof lies decides what may be changed unnoticed:
//   signature in a header      no byte of the body
//   signature inside the body  (a JSON member whose name contains "signature") bytes outside the signed members, so long as the event that
//                              comes out is the same; more than half of the body may not be open
//   bearer credential          (Authorization Bearer or Basic, or a header that holds a secret of the settings) the body: reported, since
//                              such a provider signs nothing
//   unguessable address        everything: reported
#pragma once

#include "core/cli/offline.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gh::cli {

struct RuleResult {
    enum class State { passed, warned, failed };
    std::string rule;
    State state = State::passed;
    std::string detail;
};

using OpenSample = std::function<Result<std::shared_ptr<plugin::Source>>(const plugin::Sample&)>;

/// One result per rule and sample. `clock` is the one the sources were opened with; it is set to each sample's time.
std::vector<RuleResult> conform(const std::vector<plugin::Sample>&, const OpenSample&, ManualClock& clock);

} // namespace gh::cli
