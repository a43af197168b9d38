#include "core/plugin/offline_job.hpp"

#include "core/plugin/turn.hpp"

namespace gh::plugin {

namespace {

constexpr int k_most_steps = 100;

egress::Response perform(const OpenSource& source, const PlannedRequest& planned, const Answerer& answer) {
    if (source.policy()->match(planned.request.url)) return answer(planned.request);
    egress::Response refused;
    refused.failure = egress::Failure::not_allowed;
    refused.error = "the source does not allow this address";
    return refused;
}

} // namespace

JobEnd run_offline(Job job, const Answerer& answer) {
    const Job::State& state = job.state();
    StepInput input;
    for (int steps = 0; steps < k_most_steps; ++steps) {
        Asked asked = step(state, input);
        if (auto* end = std::get_if<JobEnd>(&asked)) return std::move(*end);
        input = StepInput{};
        if (const auto* http = std::get_if<AskHttp>(&asked)) {
            input.kind = http->all ? GATEHOUSE_INPUT_HTTP_ALL : GATEHOUSE_INPUT_HTTP;
            for (const auto& planned : http->requests)
                input.responses.push_back(std::make_shared<const egress::Response>(perform(*state.source, planned, answer)));
        } else if (const auto* changes = std::get_if<AskState>(&asked)) {
            input.kind = GATEHOUSE_INPUT_STATE;
            state.source->services().state()->apply(changes->changes);
        } else {
            input.kind = GATEHOUSE_INPUT_SLEPT;
        }
    }
    return {JobFailure{JobFailure::Kind::retry, "the job had not ended after " + std::to_string(k_most_steps) + " steps", Millis{0}}, {}};
}

} // namespace gh::plugin
