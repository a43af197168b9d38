#include "core/plugin/job.hpp"

#include "core/plugin/job_state.hpp"

namespace gh::plugin {

Job::State::~State() {
    const Frame frame(source->mark());
    try {
        job.drop(job.state);
    } catch (...) {
        source->services().fault("drop", "threw an exception across the border");
    }
}

Job::Job(std::unique_ptr<State> state) : state_(std::move(state)) {}
Job::Job(Job&&) noexcept = default;
Job& Job::operator=(Job&&) noexcept = default;
Job::~Job() = default;

} // namespace gh::plugin
