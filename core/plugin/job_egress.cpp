// Apart from the runner itself, so that it can be linked without the egress client.
#include "core/plugin/job.hpp"

namespace gh::plugin {

JobRunner::JobRunner(egress::Client& client, store::Store& store, const Clock& clock, Log& log, Metrics& metrics, int threads)
    : JobRunner([&client](egress::Request request, std::shared_ptr<const egress::Policy> policy,
                          egress::Done done) { client.send(std::move(request), std::move(policy), std::move(done)); },
                store, clock, log, metrics, threads) {}

} // namespace gh::plugin
