// What the conformance check of a plugin finds, and how its checks say where they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gh::cli {

/// One line of the report. `rule` is a number of sdk/RULES.md.
struct RuleResult {
    enum class State { passed, warned, failed };
    int rule = 0;
    std::string check; ///< "sample paid"
    State state = State::passed;
    std::string detail;
};
std::string_view to_text(RuleResult::State);

/// Where a check puts what it finds. A check that a plugin may crash or hang says before each call what it is about to do, so that the one
/// who watches it can tell.
class Report {
public:
    virtual ~Report() = default;
    virtual void add(RuleResult) = 0;
    /// Begins a part that stands on its own: after a crash or hang in it the check runs once more, and goes on with the next one. False:
    /// this one was run already, leave it out. Steps come in the same order in every run.
    virtual bool step(std::string_view) { return true; }
    /// What the step is about to do, for blame alone. Cheap.
    virtual void at(std::string_view) {}

    void pass(int rule, std::string check, std::string detail = {}) {
        add({rule, std::move(check), RuleResult::State::passed, std::move(detail)});
    }
    void warn(int rule, std::string check, std::string detail) {
        add({rule, std::move(check), RuleResult::State::warned, std::move(detail)});
    }
    void fail(int rule, std::string check, std::string detail) {
        add({rule, std::move(check), RuleResult::State::failed, std::move(detail)});
    }
};

/// Keeps them in memory.
class ResultList final : public Report {
public:
    void add(RuleResult r) override { results.push_back(std::move(r)); }
    std::vector<RuleResult> results;
};

} // namespace gh::cli
