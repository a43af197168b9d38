// `gatehouse plugins check` against plugins that break one rule each (checked/): refused with that rule's number, and the rest still runs.
#include "core/base/json.hpp"

#include <boost/test/data/test_case.hpp>

#include <algorithm>
#include <fstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

struct Finding {
    int64_t rule;
    std::string check, result, detail;
};

struct Checked {
    int code = -1;
    std::vector<Finding> findings;
    std::string out;

    const Finding* find(std::string_view result, int64_t rule, const std::string& part) const {
        const auto found = std::find_if(findings.begin(), findings.end(), [&](const auto& f) {
            return f.result == result && f.rule == rule && (f.check + ": " + f.detail).find(part) != std::string::npos;
        });
        return found == findings.end() ? nullptr : &*found;
    }
    bool passed_any(const std::string& check) const {
        return std::any_of(findings.begin(), findings.end(),
                           [&](const auto& f) { return f.result == "ok" && f.check.find(check) != std::string::npos; });
    }
};

Checked check(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"plugins", "check", file, "--json", "--seed", "1", "--fuzz", "50ms"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Caller call;
    const Called called = call(arguments);
    Checked out{called.code, {}, called.out + called.err};
    const auto report = json::parse(called.out);
    BOOST_REQUIRE_MESSAGE(report.ok(), called.out + called.err);
    BOOST_TEST(report->find("ok")->boolean == (called.code == 0));
    for (const auto& f : report->find("results")->items)
        out.findings.push_back(
            {f.integer_of("rule"), std::string(f.text_of("check")), std::string(f.text_of("result")), std::string(f.text_of("detail"))});
    return out;
}

std::string plugin(const std::string& name) {
    return std::string(CHECKED_PLUGINS) + "/" + name + ".so";
}

struct Broken {
    std::string name;
    int64_t rule;
    std::string part; ///< of the finding's check and detail
    std::string result = "failed";
    std::string still = "random requests"; ///< a check that passes all the same
};
std::ostream& operator<<(std::ostream& out, const Broken& b) {
    return out << b.name << " breaks rule " << b.rule;
}

const Broken k_broken[] = {
    {"always_yes", 21, "sample changed: should be refused", "failed", "fetch-back of made"},
    {"always_yes", 13, "the verifier does not cover the body's bytes", "failed", "fetch-back of made"},
    {"part_signed", 13, "the verifier does not cover the body's bytes", "failed", "fetch-back of made"},
    {"first_secret_only", 44, "old and new secret: made: secret: with the genuine one last"},
    {"changes_its_mind", 12, "same answer twice"},
    {"faults_on_strange", 14, "header X-Signature left out", "failed", "fetch-back of made"},
    {"exits", 22, "changed requests: made: header X-Signature with a character more: it ended the process with exit status 3", "failed",
     "fetch-back of made"},
    {"opens_socket", 10, "it called socket()", "failed", "four threads at once"},
    {"waits", 10, "status 429, Retry-After 7: it called"},
    {"writes_file", 10, "it called open() for writing", "failed", "four threads at once"},
    {"one_at_a_time", 20, "four threads at once"},
    {"retries_for_ever", 37, "status 500: it had not ended after 2500 steps"},
    {"tells_secret", 42, "status 401: the failure's text holds a secret"},
    {"tells_token", 42, "a log line holds a secret setting or a token"},
    {"asks_elsewhere", 34, "redirect 301: asks for https://elsewhere.example, which it did not enroll, with a secret in a header"},
    {"leaves_its_path", 34, "fetch-back of made about \"..\": asks for https://api.careful.example/v1/things/.."},
    {"crashes_on_binary", 22, "it crashed: signal 11 (SIGSEGV)"},
    {"hangs_on_404", 22, "fetch-back of made: status 404: it had not come back after 500ms"},
    {"crashes_when_dropped", 22, "dropped after step 1: it crashed: signal 6 (SIGABRT)"},
    {"asks_twice", 15, "status 429, Retry-After 7"},
    {"asks_nothing", 15, "an empty answer"},
    {"takes_errors", 35, "ends with a document, though nothing was fetched"},
    {"does_not_wait", 36, "asked to wait 7 s, it waits 0", "warning"},
    {"open_secret", 40, "setting api_key"},
    {"loose_schema", 51, "setting secret left out: open_source fails without saying which setting is wrong"},
    {"loose_schema", 52, "a misspelt setting would be ignored", "warning"},
    {"loose_schema", 53, "setting mode of a wrong type"},
    {"loose_schema", 54, "setting secret", "warning"},
    {"fetches_keys", 15, "verifier of made: network: "},
    {"more_symbols", 1, "2 names: careful_helper, gatehouse_plugin_v1"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(abi_check)

BOOST_AUTO_TEST_CASE(a_careful_plugin_passes_without_a_warning) {
    const Checked c = check(plugin("careful"));
    BOOST_TEST(c.code == 0, c.out);
    for (const auto& f : c.findings) BOOST_TEST(f.result == "ok", f.rule << " " << f.check << ": " << f.detail);
    for (const int64_t rule : {1, 2, 8, 9, 10, 11, 13, 14, 15, 20, 21, 22, 44, 50, 51, 52, 53})
        BOOST_TEST((c.find("ok", rule, "") != nullptr), rule);
}

BOOST_DATA_TEST_CASE(each_broken_rule_is_named_and_the_rest_is_checked, k_broken, broken) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    if (broken.rule == 10) return; // sanitizers make the forbidden calls themselves: see confine()
#endif
    const Checked c = check(plugin(broken.name), {"--time-limit", broken.name == "hangs_on_404" ? "500ms" : "30s"});
    BOOST_TEST((c.find(broken.result, broken.rule, broken.part) != nullptr), c.out);
    if (broken.result == "failed") BOOST_TEST(c.code == 1);
    BOOST_TEST(c.passed_any(broken.still), c.out);
}

BOOST_AUTO_TEST_CASE(what_crashes_in_one_scenario_runs_through_the_others) {
    const Checked c = check(plugin("crashes_on_binary"));
    // Each crash has its own line, and scenarios after the last one were judged.
    const auto crashes =
        std::count_if(c.findings.begin(), c.findings.end(), [](const auto& f) { return f.rule == 22 && f.result == "failed"; });
    BOOST_TEST(crashes > 1, c.out);
    BOOST_TEST(crashes <= 9, c.out);
}

BOOST_AUTO_TEST_CASE(files_that_do_not_load_are_refused_by_rule) {
    const TempDir dir;
    const auto broken = [&](const char* name, const std::string& bytes) {
        std::ofstream(dir / name, std::ios::binary) << bytes;
        return (dir / name).string();
    };
    std::ifstream in(plugin("careful"), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    BOOST_TEST((check(broken("cut.so", whole.substr(0, whole.size() / 2))).find("failed", 1, "truncated") != nullptr));
    BOOST_TEST((check(broken("text.so", "#!/bin/sh\n")).find("failed", 1, "not_elf") != nullptr));
    BOOST_TEST((check(broken("empty.so", "")).find("failed", 1, "truncated") != nullptr));
    const std::string abi = ABI_PLUGINS;
    BOOST_TEST((check(abi + "/no_symbol.so").find("failed", 1, "no_symbol") != nullptr));
    BOOST_TEST((check(abi + "/wrong_major.so").find("failed", 1, "wrong_major") != nullptr));
    BOOST_TEST((check(abi + "/undefined_symbol.so").find("failed", 3, "not_loadable") != nullptr));
    BOOST_TEST((check(abi + "/short_struct.so").find("failed", 5, "short_struct") != nullptr));
    BOOST_TEST((check(abi + "/needs_newer.so").find("failed", 6, "needs_newer") != nullptr));
    BOOST_TEST((check(abi + "/crash_constructor.so").find("failed", 9, "crashes") != nullptr));
    BOOST_TEST((check(abi + "/slow_constructor.so").find("failed", 9, "too_slow") != nullptr));
    BOOST_TEST((check(abi + "/bad_schema.so").find("failed", 50, "bad_schema") != nullptr));
    BOOST_TEST((check(abi + "/tiny.so").find("failed", 21, "at least one sample") != nullptr));
}

BOOST_AUTO_TEST_CASE(a_file_fresh_from_a_build_may_be_writable_by_the_group) {
    const TempDir dir;
    std::filesystem::copy_file(plugin("careful"), dir / "careful.so");
    std::filesystem::permissions(dir / "careful.so", std::filesystem::perms::group_write, std::filesystem::perm_options::add);
    const Checked c = check((dir / "careful.so").string());
    BOOST_TEST(c.code == 0, c.out);
    BOOST_TEST(c.out.find((dir / "careful.so").string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(real_answers_must_make_a_document) {
    const TempDir dir;
    const auto answers = [&](const std::string& text) {
        std::ofstream(dir / "answers.json") << text;
        return std::vector<std::string>{"--answers", (dir / "answers.json").string()};
    };
    const Checked good = check(plugin("careful"), answers(R"([{"url":"https://api.careful.example/v1/things/*","body":{"id":1}}])"));
    BOOST_TEST(good.code == 0, good.out);
    const Checked other = check(plugin("careful"), answers(R"([{"url":"https://api.careful.example/v2/*","body":"x"}])"));
    BOOST_TEST((other.find("failed", 39, "recorded: ends with invalid") != nullptr), other.out);
    Caller call;
    for (const char* bad : {"{}", "[1]", "[{\"status\":200}]", "[{\"url\":\"x\",\"boddy\":1}]", "["}) {
        const auto more = answers(bad);
        const Called c = call({"plugins", "check", plugin("careful"), more[0], more[1]});
        BOOST_TEST(c.code == 2, bad);
        BOOST_TEST(c.err.find("answers.json") != std::string::npos, c.err);
    }
}

BOOST_AUTO_TEST_CASE(people_read_what_failed_and_how_to_repeat_it) {
    Caller call;
    const Called good = call({"plugins", "check", plugin("careful"), "--fuzz", "50ms", "--seed", "7"});
    BOOST_TEST(good.out.find("careful.so: ok, ") != std::string::npos, good.out);
    BOOST_TEST(good.out.find("(seed 7)") != std::string::npos, good.out);
    const Called all = call({"plugins", "check", plugin("careful"), "--fuzz", "50ms", "--all"});
    BOOST_TEST(all.out.find("changed requests are refused: made") != std::string::npos, all.out);
    const Called bad = call({"plugins", "check", plugin("always_yes"), "--fuzz", "0s"});
    BOOST_TEST(bad.code == 1);
    BOOST_TEST(bad.out.find("13 the raw bytes are verified") != std::string::npos, bad.out);
    BOOST_TEST(bad.out.find("random requests") == std::string::npos, bad.out);
    for (const auto& wrong : std::vector<std::vector<std::string>>{{"--seed", "x"}, {"--fuzz", "fast"}, {"--time-limit", "1"}}) {
        const Called c = call({"plugins", "check", plugin("careful"), wrong[0], wrong[1]});
        BOOST_TEST(c.code == 2);
        BOOST_TEST(c.err.find(wrong[0]) != std::string::npos, c.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()
