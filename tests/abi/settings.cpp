#include "core/plugin/settings.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::plugin;

namespace {

const Schema& schema_of_bank() {
    static const auto schema = Schema::compile(R"({"type":"object","required":["secret"],"properties":{
        "secret":{"type":["string","array"],"items":{"type":"string"},"writeOnly":true},
        "api_key":{"type":"string","writeOnly":true},
        "limit":{"type":"integer","default":18446744073709551616},
        "clients":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"secret":{"type":"string","writeOnly":true}}}},
        "tokens":{"type":"array","items":{"type":"string","writeOnly":true}},
        "named":{"type":"object","additionalProperties":{"type":"string","writeOnly":true}}}})");
    return schema.value();
}

config::Settings written(std::string_view json, std::map<std::string, config::Settings::Origin> origins = {}) {
    config::Settings settings;
    settings.json = Secret(json);
    settings.origins = std::move(origins);
    return settings;
}

Result<PreparedSettings> prepare(const config::Settings& settings) {
    return prepare_settings(schema_of_bank(), settings, "sources.bank.settings", {"gatehouse.yaml", 9});
}

std::string secret(const PreparedSettings& prepared, std::string_view name, uint32_t index = 0) {
    const auto* value = prepared.secrets.value(name, index);
    return value ? std::string(value->reveal()) : "(none)";
}

} // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(secrets_are_taken_out_by_pointer_and_numbers_survive) {
    const auto prepared = prepare(written(R"({"secret":["new","old"],"api_key":"k","clients":[{"id":"a","secret":"c0"},{"id":"b"}],
        "tokens":["t0","t1"],"named":{"x/y":"n"}})"));
    BOOST_REQUIRE_MESSAGE(prepared.ok(), (prepared.ok() ? "" : prepared.error().message));
    BOOST_TEST(prepared->json == R"({"clients":[{"id":"a"},{"id":"b"}],"named":{},"limit":18446744073709551616})");
    BOOST_TEST(prepared->secrets.count("secret") == 2u);
    BOOST_TEST(secret(*prepared, "secret", 0) == "new");
    BOOST_TEST(secret(*prepared, "secret", 1) == "old");
    BOOST_TEST(secret(*prepared, "secret", 2) == "(none)");
    BOOST_TEST(secret(*prepared, "api_key") == "k");
    BOOST_TEST(secret(*prepared, "clients/0/secret") == "c0");
    BOOST_TEST(secret(*prepared, "clients/1/secret") == "(none)");
    BOOST_TEST(secret(*prepared, "tokens", 1) == "t1");
    BOOST_TEST(secret(*prepared, "named/x~1y") == "n");
    BOOST_TEST(prepared->warnings.empty());
}

BOOST_AUTO_TEST_CASE(faults_name_line_place_and_remedy) {
    const auto bad =
        prepare(written(R"({"secret":"s","api-key":"x","clients":[{"id":1}]})", {{"", {{"gatehouse.yaml", 12}, false}},
                                                                                 {"/api-key", {{"gatehouse.yaml", 14}, false}},
                                                                                 {"/clients/0", {{"gatehouse.yaml", 16}, false}}}));
    BOOST_REQUIRE(!bad.ok());
    BOOST_TEST(bad.error().message ==
               "gatehouse.yaml:14: sources.bank.settings: unknown key \"api-key\", did you mean \"api_key\"?\n"
               "gatehouse.yaml:16: sources.bank.settings.clients[0].id: must be a string, not a whole number; put the value in quotes");
}

BOOST_AUTO_TEST_CASE(a_fault_without_a_line_stands_at_the_source) {
    const auto bad = prepare(written("{}"));
    BOOST_REQUIRE(!bad.ok());
    BOOST_TEST(bad.error().message == "gatehouse.yaml:9: sources.bank.settings: \"secret\" is missing");
}

BOOST_AUTO_TEST_CASE(no_fault_quotes_a_secret) {
    for (const auto* text : {R"({"secret":{"hunter2":"hunter2"}})", R"({"secret":["hunter2",7]})", R"({"secret":"","api_key":["hunter2"]})",
                             R"({"secret":"hunter2","api_key":)"}) {
        const auto bad = prepare(written(text));
        BOOST_REQUIRE(!bad.ok());
        BOOST_TEST(bad.error().message.find("hunter2") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(an_empty_secret_is_refused) {
    // An empty HMAC key lets anybody sign.
    for (const auto* text : {R"({"secret":""})", R"({"secret":[]})", R"({"secret":["a",""]})"}) BOOST_TEST(!prepare(written(text)).ok());
}

BOOST_AUTO_TEST_CASE(a_literal_secret_is_a_warning_with_its_line) {
    const auto prepared = prepare(written(R"({"secret":["a","b"],"api_key":"k"})", {{"/secret/0", {{"gatehouse.yaml", 20}, true}},
                                                                                    {"/secret/1", {{"gatehouse.yaml", 21}, false}},
                                                                                    {"/api_key", {{"gatehouse.yaml", 22}, true}}}));
    BOOST_REQUIRE(prepared.ok());
    BOOST_REQUIRE(prepared->warnings.size() == 1);
    BOOST_TEST(prepared->warnings[0] ==
               "gatehouse.yaml:21: sources.bank.settings.secret[1]: a secret stands in the file itself; move it out and write ${env:NAME} "
               "or ${file:PATH}");
}

BOOST_AUTO_TEST_CASE(arguments_are_checked_and_completed) {
    const auto schema = Schema::compile(R"({"type":"object","properties":{"n":{"type":"integer","default":3}}})");
    BOOST_TEST(prepare_arguments(*schema, "").value() == R"({"n":3})");
    BOOST_TEST(prepare_arguments(*schema, R"({"n":4})").value() == R"({"n":4})");
    BOOST_TEST(prepare_arguments(*schema, R"({"n":"4"})").error().message == "arguments.n: must be a whole number, not a string");
    BOOST_TEST(!prepare_arguments(*schema, "[").ok());
}

BOOST_AUTO_TEST_SUITE_END()
