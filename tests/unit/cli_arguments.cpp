// What can be said on the command line, and what is answered to nonsense.
#include "core/cli/command.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_arguments)

BOOST_AUTO_TEST_CASE(every_verb_has_help_that_names_its_options) {
    Caller call;
    BOOST_TEST(cli::verbs().size() >= 20u);
    for (const auto& c : cli::commands()) {
        auto arguments = words(std::string(c.words));
        arguments.push_back("--help");
        const Called r = call(arguments);
        BOOST_TEST(r.code == 0, c.words);
        BOOST_TEST(has(r.out, std::string(c.about)), c.words);
        for (const auto& o : c.options) BOOST_TEST(has(r.out, std::string(o.name)), c.words << " " << o.name);
        BOOST_TEST(r.err.empty(), c.words);
        BOOST_TEST(has(call({"--help"}).out, std::string(c.about)), c.words);
    }
    BOOST_TEST(call({"--version"}).out == "gatehouse 1.0.0\n");
    const Called nothing = call({});
    BOOST_TEST(nothing.code == 2);
    BOOST_TEST(has(nothing.err, "Usage"));
}

BOOST_AUTO_TEST_CASE(the_manual_page_has_every_verb_and_no_other) {
    std::ifstream file(GATEHOUSE_SOURCE_DIR "/etc/gatehouse.1");
    BOOST_REQUIRE(file);
    std::set<std::string> in_page, in_program;
    const std::string mark = ".It Ic ";
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(mark)) continue;
        std::string verb;
        for (const auto& word : words(line.substr(mark.size()))) {
            if (word == "Oo" || word == "Op" || word == "Fl" || word == "Ar") break;
            verb += (verb.empty() ? "" : " ") + word;
        }
        in_page.insert(verb);
    }
    for (const auto& v : cli::verbs()) in_program.insert(v);
    BOOST_TEST(in_page == in_program, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(verbs_of_the_interface_exist_and_later_ones_do_not) {
    Caller call;
    for (const char* text :
         {"serve",        "check",  "verify", "plugins",     "plugins list", "plugins show",    "plugins check",       "sources",
          "plugins new", "plugins keygen", "plugins sign", "plugins verify",
          "destinations", "routes", "events", "events list", "events show",  "events tail",     "deliveries",          "deliveries list",
          "retry",        "replay", "dead",   "dead list",   "quarantine",   "quarantine list", "quarantine reverify", "sandbox",
          "sandbox send", "recover", "subscriptions", "subscriptions list", "subscriptions plan", "subscriptions apply",
          "subscriptions operations", "subscriptions call"}) {
        auto arguments = words(text);
        arguments.push_back("--help");
        BOOST_TEST(call(arguments).code == 0, text);
    }
    for (const char* text : {"listen", "bench"}) {
        auto arguments = words(text);
        arguments.push_back("--help");
        BOOST_TEST(call(arguments).code == 2, text);
    }
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_with_what_was_meant) {
    Caller call;
    struct Case {
        std::vector<std::string> arguments;
        std::string part;
    };
    for (const auto& [arguments, part] : std::vector<Case>{{{"evnets"}, "\"evnets\", did you mean \"events\"? "},
                                                           {{"help"}, "\"help\". "},
                                                           {{"events", "lits"}, "\"list\""},
                                                           {{"events", "--sorce", "a"}, "\"--source\""},
                                                           {{"events", "--dry-run"}, "no option --dry-run"},
                                                           {{"events", "--source"}, "needs a value"},
                                                           {{"events", "--json=yes"}, "takes no value"},
                                                           {{"events", "--limit", "0"}, "--limit 0"},
                                                           {{"events", "--limit", "x"}, "--limit x"},
                                                           {{"events", "--since", "yesterday"}, "not a time"},
                                                           {{"events", "--source", "a", "--source", "b"}, "more than once"},
                                                           {{"events", "show"}, "needs ID"},
                                                           {{"events", "show", "a", "b"}, "not also \"b\""},
                                                           {{"sandbox", "send", "basiq"}, "needs PROVIDER TYPE"},
                                                           {{"sources", "x"}, "no \"sources x\". Known: "},
                                                           {{"retry"}, "needs ID"},
                                                           {{"retry", "xyz"}, "no id of a delivery"},
                                                           {{"replay"}, "--all"},
                                                           {{"verify", "f"}, "--source"},
                                                           {{"--nonsense"}, "--nonsense"}}) {
        auto whole = arguments;
        whole.insert(whole.begin(), {"--admin", "http://127.0.0.1:1"});
        const Called r = call(whole);
        BOOST_TEST(r.code == 2, part << ": " << r.code);
        BOOST_TEST(has(r.err, part), part << " in: " << r.err);
        BOOST_TEST(r.out.empty(), part);
    }
}

BOOST_AUTO_TEST_CASE(options_may_stand_anywhere) {
    Caller call;
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--json", "events", "show", "--admin=http://127.0.0.1:1", "x"},
                                                                       {"events", "--admin", "http://127.0.0.1:1", "show", "x", "--json"}})
        BOOST_TEST(call(arguments).code == 3);
}

BOOST_AUTO_TEST_CASE(serve_gets_the_configuration_by_the_rules) {
    Caller call;
    BOOST_TEST(call({"serve", "--config", "/tmp/x.yaml"}).code == 0);
    call.environment["GATEHOUSE_CONFIG"] = "/tmp/y.yaml";
    BOOST_TEST(call({"serve"}).code == 0);
    BOOST_TEST(call.served == 2);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_not_there_is_3_with_its_address_and_what_to_do) {
    Caller call;
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"events"}, {"events", "tail"}, {"sources"}, {"quarantine", "reverify"}, {"replay", "--all"}}) {
        auto arguments = verb;
        arguments.insert(arguments.end(), {"--admin", "127.0.0.1:1"});
        const Called r = call(arguments);
        BOOST_TEST(r.code == 3, verb[0]);
        BOOST_TEST(has(r.err, "http://127.0.0.1:1"), r.err);
        BOOST_TEST(has(r.err, "gatehouse serve"), r.err);
    }
    call.environment["GATEHOUSE_ADMIN"] = "http://127.0.0.1:2/";
    BOOST_TEST(has(call({"events"}).err, "http://127.0.0.1:2 ("));
    const Called r = call({"sandbox", "send", "acme", "x", "--control", "127.0.0.1:1"});
    BOOST_TEST(r.code == 3);
    BOOST_TEST(has(r.err, "gatehouse sandbox"));
}

BOOST_AUTO_TEST_CASE(check_names_every_fault) {
    TempDir dir;
    Caller call;
    const auto file = dir / "gatehouse.yaml";
    const auto check = [&](const std::string& yaml, bool machine) {
        std::ofstream(file) << yaml;
        std::vector<std::string> arguments{"check", "--config", file.string()};
        if (machine) arguments.push_back("--json");
        return call(arguments);
    };
    const std::string good = "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: a.db}\nplugins: {directory: plugins}\n";
    std::filesystem::create_directory(dir / "plugins");
    const Called broken = check(good + "colour: blue\n", false);
    BOOST_TEST(broken.code == 2);
    BOOST_TEST(has(broken.err, "gatehouse.yaml:4"), broken.err);
    BOOST_TEST(has(check(good + "colour: blue\n", true).out, "\"ok\":false"));
    const std::string lost = good + "sources:\n  bank: {plugin: nobody, path: /hooks/bank, settings: {}}\n";
    const Called missing = check(lost, false);
    BOOST_TEST(missing.code == 2, missing.err);
    BOOST_TEST(has(missing.err, "sources.bank"), missing.err);
    const Called machine = check(lost, true);
    BOOST_TEST(machine.code == 2);
    BOOST_TEST(has(machine.out, "\"state\":\"refused\""), machine.out);
    BOOST_TEST(check(good, false).code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
