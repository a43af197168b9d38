// The rules of enroll(), each broken by the plugin "rules", and what it takes to open a source.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

struct Rule {
    const char *name, *says;
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) {
    return out << rule.name;
}

const Rule k_rules[] = {
    {"route_without_verifier", "route GET \"/more\" names no verifier"},
    {"unknown_verifier", "names verifier \"nobody\", which is not enrolled"},
    {"duplicate_route", "route POST \"\" is enrolled twice"},
    {"bad_method", "method must be upper-case"},
    {"bad_path", "without empty, \".\" or \"..\" segments"},
    {"no_handle", "has no handle function"},
    {"route_size", "struct_size is wrong"},
    {"duplicate_verifier", "verifier \"v\" is enrolled twice"},
    {"duplicate_operation", "operation \"op\" is enrolled twice"},
    {"bad_kind", "unknown kind"},
    {"bad_arguments_schema", "arguments schema: "},
    {"egress_both", "either a setting or a host"},
    {"egress_neither", "either a setting or a host"},
    {"egress_address", "not an address"},
    {"egress_secret", "a secret cannot name a host"},
    {"egress_unknown", "has no such setting"},
    {"enroll_fails", "the moon is full"},
    {"ignores_refusal", "names no verifier"},
};

std::string settings(const std::string& name) {
    return R"({"case":")" + name + R"(","url":"http://127.0.0.1:9/base","key":"k"})";
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(enroll, test::Fixture)

BOOST_DATA_TEST_CASE_F(test::Fixture, each_broken_rule_keeps_the_source_shut, k_rules, rule) {
    install("rules");
    const auto slot = open("rules", settings(rule.name));
    BOOST_TEST(!slot.source);
    BOOST_TEST_INFO(slot.reason);
    BOOST_TEST(slot.reason.find(rule.says) != std::string::npos);
    BOOST_TEST(slot.reason.find("gatehouse.yaml:10: sources.one: ") == 0u);
    BOOST_TEST(faults("rules") == 1u);
    BOOST_TEST(lines.has("closed")); // what was opened is closed, once
    BOOST_TEST(lines.count("closed") == 1u);
}

BOOST_AUTO_TEST_CASE(a_wrong_setting_is_the_operators_matter_not_a_fault) {
    install("rules");
    const auto slot = open("rules", settings("open_fails"));
    BOOST_TEST(!slot.source);
    BOOST_TEST(
        slot.reason ==
        "gatehouse.yaml:10: sources.one: plugin rules does not accept the settings: setting \"case\" asks for failure; choose another");
    BOOST_TEST(faults("rules") == 0u);
    BOOST_TEST(!lines.has("closed")); // never opened
}

BOOST_AUTO_TEST_CASE(settings_are_checked_before_the_plugin_sees_them) {
    install("rules");
    const auto slot = open("rules", R"({"kase":"x"})");
    BOOST_TEST(slot.reason == "gatehouse.yaml:10: sources.one.settings: unknown key \"kase\", did you mean \"case\"?");
}

BOOST_AUTO_TEST_CASE(egress_comes_from_settings_and_hosts) {
    install("rules");
    const auto slot = open("rules", settings("egress_setting"));
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    const auto& rules = slot.source->policy()->rules();
    BOOST_REQUIRE(rules.size() == 2);
    BOOST_TEST(rules[0].scheme == "http");
    BOOST_TEST(rules[0].host == "127.0.0.1");
    BOOST_TEST(rules[0].port == 9u);
    BOOST_TEST(rules[0].path_prefix == "/base");
    BOOST_TEST(rules[0].private_addresses);
    BOOST_TEST(rules[1].scheme == "https");
    BOOST_TEST(rules[1].host == "*.example.com");
    BOOST_TEST(rules[1].port == 443u);
    BOOST_TEST(rules[1].path_prefix == "/v1");
    BOOST_TEST(!rules[1].private_addresses);
}

BOOST_AUTO_TEST_CASE(an_optional_setting_left_out_opens_no_egress) {
    install("rules");
    const auto slot = open("rules", R"({"case":"egress_setting"})");
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    BOOST_TEST(slot.source->policy()->rules().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_member_this_host_does_not_know_is_unsupported_not_ignored) {
    install("rules");
    const auto slot = open("rules", settings("newer_tail"));
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    BOOST_TEST(slot.source->routes().size() == 2u);
}

#ifndef ABI_WORKER_PROGRAM // where sources have processes of their own, none has anything of another
BOOST_AUTO_TEST_CASE(a_registry_kept_from_an_earlier_source_is_misuse) {
    install("rules");
    BOOST_REQUIRE(open("rules", settings("kept_registry")).source);
    const auto slot = open("rules", settings("kept_registry"), "two");
    BOOST_TEST(!slot.source);
    BOOST_TEST(slot.reason.find("registry of another call") != std::string::npos);
}
#endif

BOOST_AUTO_TEST_CASE(what_is_enrolled_is_shown) {
    const auto source = open_script();
    BOOST_REQUIRE(source->routes().size() == 2);
    BOOST_TEST(source->routes()[0].method == "POST");
    BOOST_TEST(source->routes()[0].path == "/hooks/one");
    BOOST_TEST(source->routes()[1].path == "/hooks/one/more");
    BOOST_TEST(source->routes()[0].max_body == 1u << 20);
    BOOST_REQUIRE(source->operations().size() == 2);
    BOOST_TEST(source->operations()[0].name == "run");
    BOOST_TEST(source->operations()[0].kind == "test");
    BOOST_TEST(source->fetches("thing.changed"));
    BOOST_TEST(source->fetches("whole"));
    BOOST_TEST(!source->fetches("thing"));
    BOOST_TEST(!source->fetches("things.changed"));
    BOOST_TEST(!source->fetches("whole.more"));
}

BOOST_AUTO_TEST_CASE(the_plugin_gets_settings_without_secrets) {
    open_script(R"({"secret":["hunter2","hunter3"],"key":"hunter4"})");
    BOOST_TEST(lines.has(R"({\"region\":\"au\"})"));
    BOOST_TEST(!lines.has("hunter"));
}

BOOST_AUTO_TEST_CASE(exceptions_at_every_call_become_faults) {
    install("throws");
    const auto shut = open("throws", R"({"at":"open"})");
    BOOST_TEST(shut.reason.find("open_source: threw an exception across the border") != std::string::npos);
    auto source = open("throws", "{}").source;
    BOOST_REQUIRE(source);
    http::Request request;
    request.method = "POST";
    const auto verdict = source->verify(source->routes()[0], request);
    BOOST_REQUIRE(std::holds_alternative<Fault>(verdict));
    BOOST_TEST(std::get<Fault>(verdict).reason == "plugin throws 1.0.0, verify: threw an exception across the border");
    BOOST_TEST(std::holds_alternative<Fault>(source->handle(source->routes()[0], request, {})));
    {
        JobRunner runner([](egress::Request, auto, egress::Done) {}, store, clock, log, metrics);
        std::promise<JobFailure> failure;
        runner.run(std::get<Job>(source->operation("run", "")), std::chrono::seconds(20),
                   [&](JobEnd end) { failure.set_value(std::get<JobFailure>(end.value)); });
        BOOST_TEST((failure.get_future().get().kind == JobFailure::Kind::fault));
    }
    BOOST_TEST(faults("throws") == 4u);
    source.reset();
    generation.reset();
    config.sources.clear();
    BOOST_TEST(lines.wait("close_source threw"));
}

BOOST_AUTO_TEST_SUITE_END()
