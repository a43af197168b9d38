// One job of a plugin, run once with every scenario.
#pragma once

#include "core/cli/check_answers.hpp"
#include "core/cli/check_trial.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gh::cli {

class JobDriver {
public:
    enum class Use { fetch_back, operation, verifier, route };
    /// A job that was begun on a source of its own; neither job nor fault: there is none to run.
    struct Begun {
        std::shared_ptr<plugin::Source> source;
        std::optional<plugin::Job> job;
        std::string fault;
    };
    using Begin = std::function<Begun()>;

    /// `secrets`: what must not come out anywhere.
    JobDriver(const Trial& trial, const std::vector<Scenario>& scenarios, Report& report, std::vector<std::string> secrets)
        : trial_(trial), scenarios_(scenarios), report_(report), secrets_(std::move(secrets)) {}
    JobDriver with(std::vector<std::string> secrets) const { return {trial_, scenarios_, report_, std::move(secrets)}; }

    /// A step for each scenario. What goes wrong alike in several of them is told once.
    void run(const std::string& name, Use, const Begin&) const;
    /// One step: whether every URL that the job asks for keeps to whole path segments, without dot segments and encoded slashes.
    void paths(const std::string& name, const Begin&) const;

private:
    const Trial& trial_;
    const std::vector<Scenario>& scenarios_;
    Report& report_;
    std::vector<std::string> secrets_;
};

} // namespace gh::cli
