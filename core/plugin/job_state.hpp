// A plugin's job object with the source it belongs to.
#pragma once

#include "core/plugin/job.hpp"
#include "core/plugin/open_source.hpp"

#include <gatehouse/abi.h>

#include <memory>

namespace gh::plugin {

/// Drops the job when it ends, before it lets go of the source.
struct Job::State {
    State(const gatehouse_job& j, std::shared_ptr<const OpenSource> s) : job(j), source(std::move(s)) {}
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    gatehouse_job job;
    std::shared_ptr<const OpenSource> source;
};

} // namespace gh::plugin
