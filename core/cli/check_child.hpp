// A check in a process of its own: what a plugin does to it (crash, hang, exit, open a socket) ends that check alone.
#pragma once

#include "core/base/time.hpp"
#include "core/cli/check_report.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gh::cli {

struct Check {
    std::string name; ///< "jobs": stands in the report when the child ends badly
    /// Runs in the child.
    std::function<void(Report&)> run;
};

inline constexpr int k_rule_no_io = 10;      ///< what a forbidden system call breaks
inline constexpr int k_rule_comes_back = 22; ///< what a crash or a hang breaks

/// From now on this process must not open a socket, start a process or a thread, sleep, or write to a file: that ends it, and the parent
/// reports rule 10. For children of run_apart(), after everything is loaded. Does nothing where the kernel has no filters, and under
/// sanitizers, which need these calls themselves. It finds mistakes; it is no wall against malice (isolation: process is).
void confine();

/// Runs the check in a child process and gives what it found. `step_limit` is for each step (see Report::step). A child that crashes, exits
/// or is too slow costs one failed result that says in which step and at what; the rest of its steps run in the next child, up to eight
/// children. To be called from a process with one thread. `scratch`: folder for the children's temporary files; the caller removes it.
std::vector<RuleResult> run_apart(const Check&, Millis step_limit, const std::string& scratch);

} // namespace gh::cli
