// What the YAML layer must survive and refuse.
#include "core/config/document.hpp"

#include <random>

#include "tests/unit/config_support.hpp"

using namespace gh::config;

BOOST_FIXTURE_TEST_SUITE(config_document, Fixture)

BOOST_AUTO_TEST_CASE(invalid_yaml_names_its_line) {
    for (const auto& [yaml, line] : std::vector<std::pair<std::string, std::string>>{
             {"server:\n  listen: [127.0.0.1:1\nstore: {}\n", "gatehouse.yaml:"},
             {"server:\n\tlisten: 127.0.0.1:1\n", "gatehouse.yaml:2: is indented with a tab"},
             {"server:\n  drain: 1s\n  \tworkers: 2\n", "gatehouse.yaml:3: is indented with a tab"},
             {"server: *nobody\n", "gatehouse.yaml:1: is not valid YAML"},
             {"server: \"open\n", "gatehouse.yaml:"},
             {"a: b: c\n", "gatehouse.yaml:1: is not valid YAML"},
             {"server: {}\n- 1\n", "gatehouse.yaml:2"},
             {"server: {}\n---\nstore: {}\n", "gatehouse.yaml:3: begins a second document"},
             {"# x\nserver: \xff\xfe\n", "gatehouse.yaml:2: is not UTF-8"},
             {"# x\nserver: \x01\n", "gatehouse.yaml:2: holds a control character"},
             {"# \xef\xb7\x90\n", "gatehouse.yaml:1: holds a noncharacter"},
             {"server: !!python/object:os.system {}\n", "gatehouse.yaml:1: the tag"},
             {"server:\n  workers: !!int 2\n", "gatehouse.yaml:2: the tag"},
         })
        CHECK_HAS(fault(yaml), line);
}

BOOST_AUTO_TEST_CASE(duplicate_keys_are_refused_everywhere) {
    CHECK_HAS(fault("server:\n  drain: 1s\n  workers: 2\n  drain: 2s\n"),
              "gatehouse.yaml:4: the key \"drain\" stands twice in one mapping, first in line 2; remove one");
    CHECK_HAS(fault("store: {}\nstore: {}\n"), "gatehouse.yaml:2: the key \"store\" stands twice");
    CHECK_HAS(settings_fault("      a: {b: 1, c: 2, \"b\": 3}\n"), "gatehouse.yaml:6: the key \"b\" stands twice");
}

BOOST_AUTO_TEST_CASE(keys_that_are_not_text_and_merge_keys_are_refused) {
    CHECK_HAS(settings_fault("      [a, b]: 1\n"), "gatehouse.yaml:6: a key must be text, found a list");
    CHECK_HAS(settings_fault("      ? {a: b}\n      : 1\n"), "a key must be text, found a mapping");
    CHECK_HAS(settings_fault("      ~: 1\n"), "a key must be text, found nothing");
    CHECK_HAS(fault("server: &s {drain: 1s}\nstore:\n  <<: *s\n"), "gatehouse.yaml:3: merge keys");
    BOOST_TEST(settings("      \"<<\": 1\n") == R"({"<<":1})");
}

BOOST_AUTO_TEST_CASE(aliases_give_the_value_again) {
    variables = {{"S", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
    const auto config = good("destinations:\n  a: &d {url: \"http://h/\", secret: ${env:S}, retry: [1s]}\n  b: *d\n");
    BOOST_REQUIRE(config->destinations.size() == 2u);
    BOOST_TEST(config->destinations[1]->name == "b");
    BOOST_TEST(config->destinations[1]->url == "http://h/");
}

BOOST_AUTO_TEST_CASE(billion_laughs_ends_with_a_message) {
    std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int j = 0; j < 9; ++j) yaml += ", " + last;
        yaml += "]\n";
    }
    CHECK_HAS(fault(yaml), "aliases make this file too big");
    std::string quadratic = "a: &a " + std::string(100'000, 'x') + "\nb: [";
    for (int i = 0; i < 1000; ++i) quadratic += "*a,";
    CHECK_HAS(fault(quadratic + "]\n"), "aliases make this file too big");
}

BOOST_AUTO_TEST_CASE(an_alias_inside_its_own_anchor_is_refused) {
    CHECK_HAS(fault("a: &a [1, *a]\n"), "gatehouse.yaml:1: an alias stands inside its own anchor");
    CHECK_HAS(fault("&a a: &b {x: *b}\n"), "an alias stands inside its own anchor");
}

BOOST_AUTO_TEST_CASE(size_and_depth_are_bounded) {
    CHECK_HAS(fault("# " + std::string(k_most_file_bytes, 'x')), "larger than 1 MiB");
    for (const char open : {'[', '{'}) BOOST_TEST(!fault("a: " + std::string(200'000, open)).empty());
    BOOST_TEST(!fault(std::string(200'000, '-')).empty());
    std::string dashes = "a:\n";
    for (int i = 0; i < 100'000; ++i) dashes += "- ";
    BOOST_TEST(!fault(dashes).empty());
    std::string deep;
    for (int i = 0; i < 70; ++i) deep += "[";
    CHECK_HAS(settings_fault("      a: " + deep + std::string(70, ']') + "\n"), "nested deeper than 64 levels");
}

BOOST_AUTO_TEST_CASE(an_empty_file_and_a_byte_order_mark_are_fine) {
    for (const char* yaml : {"", "# nothing\n", "---\n", "~\n", "\xef\xbb\xbfserver: {drain: 1s}\r\n", "server:\nsources:\nroutes:\n"})
        good(yaml);
    CHECK_HAS(fault("[]\n"), "the configuration: expected a mapping");
    CHECK_HAS(fault("text\n"), "the configuration: expected a mapping");
}

BOOST_AUTO_TEST_CASE(references_may_stand_unquoted_in_flow_collections) {
    variables = {{"A", "x"}, {"B", "y,z"}};
    write("f[1], 2", "from file");
    BOOST_TEST(settings("      {a: [\"${env:A}\", ${env:B}], c: ${file:f[1], 2}}\n") == R"({"a":["x","y,z"],"c":"from file"})");
    BOOST_TEST(settings("      {a: ${env:A}, b: [${env:B}, '${env:A}-'], c: pre${env:A}post, d: $${env:A}}\n") ==
               R"({"a":"x","b":["y,z","x-"],"c":"prexpost","d":"${env:A}"})");
    BOOST_TEST(settings("      a: |\n        {${env:A}}\n        [1]\n") == R"({"a":"{x}\n[1]\n"})");
}

BOOST_AUTO_TEST_CASE(damaged_files_never_crash) {
    variables = {{"S", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
    const std::string whole =
        "server: {listen: [127.0.0.1:0, '[::1]:0'], admin: 127.0.0.1:0, drain: 5s}\nstore: {sqlite: a.db, retention: 30d}\n"
        "sources:\n  s: &s\n    plugin: p\n    path: /hooks/${env:S}\n    settings: {a: [1, 2.5, true, ~, \"q\\u00e9\"], b: ${env:S}}\n"
        "    fetch_back: {mode: required, rate: 20/s, coalesce: 2s}\ndestinations:\n  d: {url: \"http://h/\", secret: ${env:S}, retry: "
        "[5s, 5m]}\n"
        "routes:\n- {from: s, types: [\"a.*\"], to: [d]}\n";
    std::mt19937 random(20260131);
    const std::string alphabet = "{}[],:-?!&*#|>'\"%@` \n\t$~0aA\\<=\xc3\xa9\xff";
    size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string yaml = whole;
        for (unsigned n = 1 + random() % 4; n > 0; --n) {
            const size_t at = random() % yaml.size();
            switch (random() % 4) {
                case 0:
                    yaml[at] = alphabet[random() % alphabet.size()];
                    break;
                case 1:
                    yaml.insert(at, 1, alphabet[random() % alphabet.size()]);
                    break;
                case 2:
                    yaml.erase(at, 1 + random() % 8);
                    break;
                default:
                    yaml.insert(at, yaml.substr(random() % yaml.size(), random() % 40));
                    break;
            }
            if (yaml.empty()) yaml = " ";
        }
        const auto result = load(yaml);
        if (result.ok()) continue;
        ++refused;
        BOOST_REQUIRE(!result.error().message.empty());
        BOOST_REQUIRE(result.error().message.find("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == std::string::npos);
    }
    BOOST_TEST(refused > 1000u);
    BOOST_TEST(refused < 3000u);
}

BOOST_AUTO_TEST_CASE(scalars_are_typed_by_the_core_schema) {
    for (const char* t : {"true", "True", "FALSE"}) BOOST_TEST((scalar_type(t) == Scalar::boolean), t);
    for (const char* t : {"0", "-19", "+12", "010", "0o7", "0x3A"}) BOOST_TEST((scalar_type(t) == Scalar::integer), t);
    for (const char* t : {"0.", "-0.0", ".5", "+12e03", "-2E+05", ".inf", "-.Inf", "+.INF", ".NAN"})
        BOOST_TEST((scalar_type(t) == Scalar::real), t);
    for (const char* t :
         {"yes", "no", "on", "tRUE", "0o8", "0x", "1_000", "1:30", ".", "-", "e3", "1e", "1e+", "0b1", "inf", "- 1", "1.2.3", "+.nan"})
        BOOST_TEST((scalar_type(t) == Scalar::text), t);
    for (const char* t : {"0", "-0", "12", "1.50", "1e5", "-2E+05", "0.0"}) BOOST_TEST(is_json_number(t), t);
    for (const char* t : {"", "-", "+1", "01", "-01", "1.", ".5", "0x1", "1e", "--1", "1.5x", "1e5.0"}) BOOST_TEST(!is_json_number(t), t);
}

BOOST_AUTO_TEST_SUITE_END()
