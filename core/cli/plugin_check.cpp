#include "core/cli/conformance.hpp"
#include "core/cli/output.hpp"

#include <ostream>

namespace gh::cli {

namespace {

std::string_view to_text(RuleResult::State s) {
    return s == RuleResult::State::passed ? "ok" : s == RuleResult::State::warned ? "warning" : "failed";
}

} // namespace

int plugins_check(Context& c) {
    const std::filesystem::path file = c.positionals[0];
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error)) usage("cannot read " + file.string() + ": give a plugin file (.so).");

    Offline offline(SystemClock().now());
    if (c.has("--isolated")) offline.host().isolate(config::Isolation::process);
    std::vector<RuleResult> results;
    const auto info = offline.host().inspect(file);
    if (!info) {
        results.push_back({"loads", RuleResult::State::failed, info.error().message});
    } else {
        results.push_back(
            {"loads", RuleResult::State::passed, info->name + " " + info->version + ", ABI 1." + std::to_string(info->abi_minor_built)});
        const bool schema = json::is_json(info->settings_schema);
        results.push_back(
            {"settings schema is JSON", schema ? RuleResult::State::passed : RuleResult::State::failed, schema ? "" : "it does not parse"});
        auto samples = offline.host().samples(file);
        if (!samples) {
            results.push_back({"has samples", RuleResult::State::failed, samples.error().message});
        } else {
            const auto open = [&](const plugin::Sample& sample) { return offline.host().open_sample(file, sample); };
            const auto more = conform(*samples, open, offline.clock());
            results.insert(results.end(), more.begin(), more.end());
        }
    }

    const auto failed = std::count_if(results.begin(), results.end(), [](const auto& r) { return r.state == RuleResult::State::failed; });
    if (c.json()) {
        json::Writer w;
        w.object().member("file", file.string()).member("ok", failed == 0).name("rules").array();
        for (const auto& r : results) w.object().member("rule", r.rule).member("result", to_text(r.state)).member("detail", r.detail).end();
        w.end().end();
        c.terminal.out << w.take() << '\n';
        return failed ? 1 : 0;
    }
    Table table({"RESULT", "RULE", "DETAIL"});
    for (const auto& r : results) table.add({std::string(to_text(r.state)), r.rule, r.detail});
    table.print(c.terminal, 0);
    if (failed)
        for (const auto& line : offline.lines()) c.terminal.err << line;
    return failed ? 1 : 0;
}

} // namespace gh::cli
