// When a failed fetch-back is tried again, and when it is given up.
#pragma once

#include "core/config/config.hpp"
#include "core/plugin/job.hpp"

#include <optional>

namespace gh::dispatch {

/// The wait before the next try after `attempts` failed ones; none: give up.
/// best_effort: 5 s, 30 s, 2 min, 10 min, then the event is delivered without its document.
/// required: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h (the schedule of deliveries), then the event is dead.
/// A provider that refuses us needs the operator: never before 5 minutes. What makes no sense is not tried again.
/// Jitter of 10 % either way; a longer wait asked for by the provider (at most a day) counts instead.
std::optional<Millis> retry_wait(config::FetchBackMode, int attempts, const plugin::JobFailure&);

} // namespace gh::dispatch
