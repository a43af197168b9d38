// A job run without a network, on the calling thread: for a verifier that needs a key first while no server runs, and for the conformance
// check.
#pragma once

#include "core/plugin/job.hpp"

#include <functional>

namespace gh::plugin {

/// Stands for the network. The request has no secrets filled in: what answers is a folder of files.
using Answerer = std::function<egress::Response(const egress::Request&)>;

/// What the world around an offline job does. All but `answer` may be left empty.
struct OfflineWorld {
    Answerer answer;
    /// Time passes: a sleep asked for, which ends at once.
    std::function<void(Millis)> passes;
    /// Every request asked for, before it is answered; `allowed`: by the source's policy; `secrets`: how many secrets its headers name.
    std::function<void(const egress::Request&, bool allowed, size_t secrets)> asked;
    int most_steps = 100;
};

struct OfflineRun {
    JobEnd end; ///< `retry` when it was cut
    int steps = 0;
    bool cut = false; ///< it had not ended after most_steps, and was dropped
};

/// Performs what each step asks for: HTTP through `answer`, for URLs that the source's policy allows; sleeps end at once; state is changed
/// in memory alone.
OfflineRun run_offline(Job, const OfflineWorld&);

/// The same with 100 steps and nobody watching.
JobEnd run_offline(Job, const Answerer& answer);

} // namespace gh::plugin
