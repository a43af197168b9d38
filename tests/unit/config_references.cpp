// ${env:NAME} and ${file:PATH}.
#include <sys/stat.h>

#include "tests/unit/config_support.hpp"

using namespace gh::config;

BOOST_FIXTURE_TEST_SUITE(config_references, Fixture)

BOOST_AUTO_TEST_CASE(references_are_resolved_once) {
    variables = {{"A", "${env:B}"}, {"B", "never"}, {"EMPTY", ""}};
    BOOST_TEST(settings("      a: ${env:A}\n      b: 'x-${env:A}-y'\n      c: ${env:EMPTY}\n") ==
               R"({"a":"${env:B}","b":"x-${env:B}-y","c":""})");
    write("f", "${env:B}$${x}");
    BOOST_TEST(settings("      a: ${file:f}\n") == R"({"a":"${env:B}$${x}"})");
}

BOOST_AUTO_TEST_CASE(what_a_reference_brings_is_always_a_text) {
    variables = {{"N", "12"}, {"T", "true"}, {"Q", "a\"\\\n"}};
    BOOST_TEST(settings("      n: ${env:N}\n      t: ${env:T}\n      q: ${env:Q}\n      m: 1${env:N}\n") ==
               R"({"n":"12","t":"true","q":"a\"\\\n","m":"112"})");
}

BOOST_AUTO_TEST_CASE(escapes_stand_for_the_characters) {
    variables = {{"A", "x"}};
    BOOST_TEST(settings("      a: $${env:A}\n      b: $$$${env:A}\n      c: a$b$$c\n      d: $\n      e: '$${'\n") ==
               R"({"a":"${env:A}","b":"$$${env:A}","c":"a$b$$c","d":"$","e":"${"})");
    BOOST_TEST(settings("      a: '$${${env:A}}'\n") == R"({"a":"${x}"})");
}

BOOST_AUTO_TEST_CASE(wrong_references_name_key_and_line) {
    variables = {{"BAD", "\xff\xfe"}};
    for (const auto& [yaml, text] : std::vector<std::pair<std::string, std::string>>{
             {"${env:NOPE}", "gatehouse.yaml:6: sources.s.settings.a: the environment variable NOPE is not set"},
             {"${NOPE}", "gatehouse.yaml:6: sources.s.settings.a: \"${NOPE}\" names no kind; write ${env:NOPE}"},
             {"${vault:x}", "sources.s.settings.a: unknown kind of reference \"vault\""},
             {"${evn:x}", "did you mean \"env\"?"},
             {"${env:}", "cannot be the name of an environment variable"},
             {"${env:A-B}", "cannot be the name of an environment variable"},
             {"${env:A", "is not closed"},
             {"'${'", "is not closed"},
             {"${file:}", "names no file"},
             {"${file:nope}", "the file \"nope\" cannot be read: No such file"},
             {"${file:.}", "is not a regular file"},
             {"${env:BAD}", "BAD is not UTF-8"},
         })
        CHECK_HAS(settings_fault("      a: " + yaml + "\n"), text);
    CHECK_HAS(settings_fault("      ${env:A}: 1\n"), "the key \"${env:A}\" holds a reference");
}

BOOST_AUTO_TEST_CASE(every_wrong_reference_is_reported) {
    const std::string text = settings_fault("      a: ${env:X}${env:Y}\n      b: [${file:Z}]\n");
    CHECK_HAS(text, "variable X");
    CHECK_HAS(text, "variable Y");
    CHECK_HAS(text, "gatehouse.yaml:7: sources.s.settings.b[0]: the file \"Z\"");
}

BOOST_AUTO_TEST_CASE(files_lose_one_line_end) {
    write("secrets/lf", "key\n");
    write("secrets/crlf", "key\r\n");
    write("secrets/two", "key\n\n");
    write("secrets/none", " key ");
    BOOST_TEST(settings("      a: ${file:secrets/lf}\n      b: ${file:secrets/crlf}\n      c: ${file:./secrets/two}\n      d: ${file:" +
                        (directory / "secrets/none").string() + "}\n") == R"({"a":"key","b":"key","c":"key\n","d":" key "})");
}

BOOST_AUTO_TEST_CASE(files_are_bounded_and_regular) {
    write("big", std::string(65'537, 'x'));
    write("full", std::string(65'536, 'x'));
    write("binary", std::string("a\0b", 3));
    write("latin", "caf\xe9");
    BOOST_REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
    CHECK_HAS(settings_fault("      a: ${file:big}\n"), "larger than 64 KiB");
    CHECK_HAS(settings_fault("      a: ${file:pipe}\n"), "is not a regular file");
    CHECK_HAS(settings_fault("      a: ${file:binary}\n"), "does not hold UTF-8 text");
    CHECK_HAS(settings_fault("      a: ${file:latin}\n"), "does not hold UTF-8 text");
    BOOST_TEST(settings("      a: ${file:full}\n").size() == 65'536u + 8);
    std::string many = "      a:\n";
    for (int i = 0; i < 300; ++i) many += "        - ${file:full}\n";
    CHECK_HAS(settings_fault(many), "bring more than 16 MiB");
}

BOOST_AUTO_TEST_CASE(files_open_to_others_are_warned_about) {
    write("open", "x", std::filesystem::perms(0644));
    write("group", "x", std::filesystem::perms(0640));
    write("closed", "x", std::filesystem::perms(0600));
    const std::string yaml =
        "sources:\n  s:\n    plugin: p\n    path: /s\n    settings:\n      a: ${file:open}\n      b: ${file:group}\n      c: "
        "${file:closed}\n";
    const std::string text = warnings(yaml);
    CHECK_HAS(text, "6: sources.s.settings.a: the file \"open\" can be read");
    CHECK_HAS(text, "7: sources.s.settings.b: the file \"group\" can be read");
    BOOST_TEST(!has(text, "closed"));
}

BOOST_AUTO_TEST_CASE(resolved_values_never_show_in_messages) {
    variables = {{"P", "hunter2 with spaces"}, {"U", "http://user:hunter2@h/"}, {"S", "whsec_hunter2!"}, {"L", "hunter2"}};
    const std::string text = fault(
        "server: {listen: ${env:L}, admin: [${env:L}], token: '${env:P}'}\nsources:\n  s: {plugin: p, path: /hooks/${env:P}}\n"
        "destinations:\n  d: {url: ${env:U}, secret: ${env:S}}\n  e: {url: \"http://u:hunter2@h/\", secret: whsec_hunter2!}\n  f: {url: "
        "${env:U}, secret: hunter2!}\n");
    BOOST_TEST(!has(text, "hunter2"));
    CHECK_HAS(text, "sources.s.path: \"/hooks/${env:P}\" may have only letters");
    CHECK_HAS(text, "destinations.d.url: \"${env:U}\" must not hold a user name");
}

BOOST_AUTO_TEST_CASE(display_path_keeps_the_reference) {
    write("secrets/fans_path", "0a1b2c\n");
    const auto config = good("sources:\n  fans: {plugin: p, path: \"/hooks/fans/${file:secrets/fans_path}\"}\n");
    BOOST_TEST(config->sources[0]->path == "/hooks/fans/0a1b2c");
    BOOST_TEST(config->sources[0]->display_path == "/hooks/fans/${file:secrets/fans_path}");
}

BOOST_AUTO_TEST_SUITE_END()
