#include "core/plugin/offline_job.hpp"

#include "core/plugin/turn.hpp"

namespace gh::plugin {

namespace {

egress::Response perform(const OpenSource& source, const PlannedRequest& planned, const OfflineWorld& world) {
    const bool allowed = source.policy()->match(planned.request.url) != nullptr;
    if (world.asked) world.asked(planned.request, allowed, planned.secrets.size());
    if (allowed) return world.answer(planned.request);
    egress::Response refused;
    refused.failure = egress::Failure::not_allowed;
    refused.error = "the source does not allow this address";
    return refused;
}

} // namespace

OfflineRun run_offline(Job job, const OfflineWorld& world) {
    const Job::State& state = job.state();
    StepInput input;
    for (int steps = 1; steps <= world.most_steps; ++steps) {
        Asked asked = step(state, input);
        if (auto* end = std::get_if<JobEnd>(&asked)) return {std::move(*end), steps, false};
        input = StepInput{};
        if (const auto* http = std::get_if<AskHttp>(&asked)) {
            input.kind = http->all ? GATEHOUSE_INPUT_HTTP_ALL : GATEHOUSE_INPUT_HTTP;
            for (const auto& planned : http->requests)
                input.responses.push_back(std::make_shared<const egress::Response>(perform(*state.source, planned, world)));
        } else if (const auto* changes = std::get_if<AskState>(&asked)) {
            input.kind = GATEHOUSE_INPUT_STATE;
            state.source->services().state()->apply(changes->changes);
        } else {
            input.kind = GATEHOUSE_INPUT_SLEPT;
            if (world.passes) world.passes(std::get<AskSleep>(asked).duration);
        }
    }
    const auto why = "the job had not ended after " + std::to_string(world.most_steps) + " steps";
    return {{JobFailure{JobFailure::Kind::retry, why, Millis{0}}, {}}, world.most_steps, true};
}

JobEnd run_offline(Job job, const Answerer& answer) {
    return run_offline(std::move(job), OfflineWorld{answer, {}, {}, 100}).end;
}

} // namespace gh::plugin
