#include "core/base/encoding.hpp"
#include "core/cli/check_answers.hpp"
#include "core/cli/check_child.hpp"
#include "core/cli/check_rules.hpp"
#include "core/cli/conformance.hpp"
#include "core/cli/output.hpp"

#include <fstream>
#include <ostream>
#include <random>
#include <sstream>
#include <unistd.h>

namespace gh::cli {

namespace {

using State = RuleResult::State;
namespace fs = std::filesystem;

/// The rule that a file broke which does not load.
int rule_of(std::string_view code) {
    static const std::map<std::string_view, int> k_rules = {
        {"no_symbol", 1},   {"wrong_major", 1},  {"not_elf", 1},      {"truncated", 1},    {"wrong_architecture", 1},
        {"not_library", 1}, {"not_loadable", 3}, {"short_struct", 5}, {"unsupported", 5},  {"needs_newer", 6},
        {"crashes", 9},     {"too_slow", 9},     {"throws", 9},       {"probe_failed", 22}};
    const auto found = k_rules.find(code);
    return found == k_rules.end() ? 50 : found->second;
}

/// The folder of the children's temporary files.
class Scratch {
public:
    Scratch() {
        path_ = (fs::temp_directory_path() / "gatehouse-check-XXXXXX").string();
        if (!::mkdtemp(path_.data())) throw Failure{1, "cannot make a private folder in " + fs::temp_directory_path().string()};
    }
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

void check_load(const fs::path& file, bool isolated, Report& report) {
    Offline offline(SystemClock().now());
    if (isolated) offline.host().isolate(config::Isolation::process);
    const auto info = offline.host().inspect(file);
    if (info) return report.pass(9, "loads", info->name + " " + info->version + ", ABI 1." + std::to_string(info->abi_minor_built));
    // "FILE: code: reason"
    const std::string text = info.error().message.substr(std::min(info.error().message.size(), file.string().size() + 2));
    report.fail(rule_of(text.substr(0, text.find(':'))), "loads", text);
}

/// How a check has the plugin: in its own process, where what it does to that is seen, or in a worker of that, which has a filter of its own.
enum class Place { confined, free, isolated };

/// A check on the loaded plugin.
Check on_plugin(std::string name, const fs::path& file, const RecordedAnswers& answers, Place place,
                std::function<void(const Trial&, Report&)> run) {
    return {name, [name, file, &answers, place, run = std::move(run)](Report& report) {
                Offline offline(SystemClock().now(), nullptr, Level::debug);
                if (place == Place::isolated) offline.host().isolate(config::Isolation::process);
                const auto info = offline.host().inspect(file);
                const auto samples = offline.host().samples(file);
                if (!info || !samples) return report.fail(9, name, (info ? samples.error() : info.error()).message);
                const Trial trial{*samples,
                                  [&](const plugin::Sample& sample) { return offline.host().open_sample(file, sample); },
                                  offline.clock(),
                                  info->settings_schema,
                                  [&] { return offline.lines(); },
                                  answers.answerer()};
                if (place == Place::confined) confine();
                run(trial, report);
            }};
}

struct Totals {
    size_t passed = 0, warned = 0, failed = 0;
    explicit Totals(const std::vector<RuleResult>& results) {
        for (const auto& r : results) ++(r.state == State::passed ? passed : r.state == State::warned ? warned : failed);
    }
};

void print_json(const Context& c, const fs::path& file, uint64_t seed, const std::vector<RuleResult>& results) {
    const Totals totals(results);
    json::Writer w;
    w.object().member("file", file.string()).member("ok", totals.failed == 0).member("seed", std::to_string(seed));
    w.member("passed", totals.passed).member("warnings", totals.warned).member("failed", totals.failed).name("results").array();
    for (const auto& r : results)
        w.object()
            .member("rule", r.rule)
            .member("title", rule_title(r.rule))
            .member("check", is_utf8(r.check) ? r.check : printable(r.check))
            .member("result", to_text(r.state))
            .member("detail", is_utf8(r.detail) ? r.detail : printable(r.detail))
            .end();
    w.end().end();
    c.terminal.out << w.take() << '\n';
}

void print_human(const Context& c, const fs::path& file, uint64_t seed, const std::vector<RuleResult>& results) {
    const Totals totals(results);
    Table table({"RESULT", "RULE", "CHECK", "DETAIL"});
    for (const auto& r : results)
        if (c.has("--all") || r.state != State::passed)
            table.add({std::string(to_text(r.state)), std::to_string(r.rule), r.check, r.detail.empty() ? "-" : r.detail});
    table.print(c.terminal, 0);
    c.terminal.out << (table.empty() ? "" : "\n") << file.string() << ": " << coloured(totals.failed ? "failed" : "ok", c.terminal) << ", "
                   << totals.passed << " passed, " << totals.warned << (totals.warned == 1 ? " warning, " : " warnings, ") << totals.failed
                   << " failed (seed " << seed << ")\n";
    if (totals.failed || totals.warned) {
        c.terminal.out << "The rules, as sdk/RULES.md has them:";
        std::vector<int> told;
        for (const auto& r : results)
            if (r.state != State::passed && std::find(told.begin(), told.end(), r.rule) == told.end()) told.push_back(r.rule);
        std::sort(told.begin(), told.end());
        for (const int rule : told) c.terminal.out << (rule == told.front() ? " " : ", ") << rule << ' ' << rule_title(rule);
        c.terminal.out << '\n';
    }
}

uint64_t seed_of(const Context& c) {
    if (!c.has("--seed")) return std::random_device()();
    const std::string given = c.get("--seed");
    if (given.empty() || given.size() > 18 || given.find_first_not_of("0123456789") != given.npos)
        usage("--seed " + given + ": give a number.");
    return std::stoull(given);
}

Millis duration_of(const Context& c, std::string_view option, Millis otherwise) {
    if (!c.has(option)) return otherwise;
    const auto given = parse_duration(c.get(option));
    if (!given) usage(std::string(option) + " " + c.get(option) + ": give a duration, as 500ms, 10s or 2m.");
    return *given;
}

} // namespace

int plugins_check(Context& c) {
    std::error_code error;
    if (!fs::is_regular_file(c.positionals[0], error)) usage("cannot read " + c.positionals[0] + ": give a plugin file (.so).");
    const uint64_t seed = seed_of(c);
    const Millis limit = duration_of(c, "--time-limit", Millis(10'000));
    FuzzPlan plan{seed, duration_of(c, "--fuzz", Millis(2000)), ~uint64_t{0}, 0};
    RecordedAnswers answers;
    if (c.has("--answers")) {
        auto read = RecordedAnswers::read(c.get("--answers"));
        if (!read) usage(read.error().message);
        answers = std::move(*read);
    }

    const bool isolated = c.has("--isolated");
    const Place place = isolated ? Place::isolated : Place::confined;
    std::vector<RuleResult> results;
    const Scratch scratch;
    // A copy: who may write to a file that was just built says nothing about the plugin; where it is dropped in, the host looks.
    const fs::path file = fs::path(scratch.path()) / fs::path(c.positionals[0]).filename();
    fs::copy_file(c.positionals[0], file, error);
    if (error) usage("cannot read " + c.positionals[0] + ": " + error.message() + ".");
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
    Progress progress(c.terminal);
    const auto run = [&](const Check& check, Millis step_limit) {
        progress.show("checking " + check.name + " …");
        const auto found = run_apart(check, step_limit, scratch.path());
        results.insert(results.end(), found.begin(), found.end());
    };
    const std::string bytes = [&] {
        std::ifstream in(file, std::ios::binary);
        return (std::ostringstream() << in.rdbuf()).str();
    }();
    run({"the file", [&](Report& report) { check_file(bytes, report); }}, limit);
    run({"loads", [&](Report& report) { check_load(file, isolated, report); }}, limit);
    const bool loaded =
        std::any_of(results.begin(), results.end(), [](const auto& r) { return r.check == "loads" && r.state == State::passed; });
    if (loaded) {
        run(on_plugin("settings", file, answers, place, check_settings), limit);
        run(on_plugin("samples", file, answers, place, check_samples), limit);
        run(on_plugin("changed requests", file, answers, place, check_changes), limit);
        run(on_plugin("threads", file, answers, isolated ? Place::isolated : Place::free, check_threads), limit);
        run(on_plugin("jobs", file, answers, place, [&](const Trial& trial, Report& report) { check_jobs(trial, answers, report); }), limit);
        if (plan.time > Millis(0))
            run(on_plugin("random requests", file, answers, place,
                          [&](const Trial& trial, Report& report) { check_fuzz(trial, plan, report); }),
                limit + plan.time);
    }
    progress.show("");
    if (c.json())
        print_json(c, c.positionals[0], seed, results);
    else
        print_human(c, c.positionals[0], seed, results);
    return Totals(results).failed ? 1 : 0;
}

} // namespace gh::cli
