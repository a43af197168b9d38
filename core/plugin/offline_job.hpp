// A job run without a network, on the calling thread: for a verifier that needs a key first, while no server runs.
#pragma once

#include "core/plugin/job.hpp"

#include <functional>

namespace gh::plugin {

/// Stands for the network. The request has no secrets filled in: what answers is a folder of files.
using Answerer = std::function<egress::Response(const egress::Request&)>;

/// Performs what each step asks for: HTTP through `answer`, for URLs that the source's policy allows; sleeps end at once; state is changed
/// in memory alone. Ends with a failure of kind `retry` after 100 steps.
JobEnd run_offline(Job, const Answerer& answer);

} // namespace gh::plugin
