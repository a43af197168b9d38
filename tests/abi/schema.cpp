#include "core/plugin/schema.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::plugin;

namespace {

std::string compile_error(std::string_view text) {
    const auto schema = Schema::compile(text);
    return schema ? "" : schema.error().message;
}

/// The faults of a value under a schema for its member "v", as "place: message" lines.
std::string check(const std::string& member_schema, std::string_view value) {
    auto schema = Schema::compile(R"({"type":"object","properties":{"v":)" + member_schema + "}}");
    BOOST_REQUIRE_MESSAGE(schema.ok(), compile_error(R"({"type":"object","properties":{"v":)" + member_schema + "}}"));
    auto json = Json::parse(R"({"v":)" + std::string(value) + "}");
    BOOST_REQUIRE(json.ok());
    std::string out;
    for (const auto& fault : schema->check(*json)) out += fault.place + ": " + fault.message + "\n";
    return out;
}

bool good(const std::string& schema, std::string_view value) {
    return check(schema, value).empty();
}

} // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(json_numbers_keep_their_text) {
    const auto json = Json::parse(R"({"a":18446744073709551616,"b":1.10,"c":-0,"d":1e400})");
    BOOST_REQUIRE(json.ok());
    BOOST_TEST(json->write() == R"({"a":18446744073709551616,"b":1.10,"c":-0,"d":1e400})");
}

BOOST_AUTO_TEST_CASE(json_with_a_member_twice_is_refused) {
    BOOST_TEST(!Json::parse(R"({"a":1,"a":2})").ok());
    BOOST_TEST(!Json::parse(R"([{"b":{"a":1,"a":2}}])").ok());
    BOOST_TEST(!Json::parse("{\"a\":1}x").ok());
    BOOST_TEST(!Json::parse(std::string(100, '[') + std::string(100, ']')).ok());
}

BOOST_AUTO_TEST_CASE(pointers_reach_nested_values) {
    const auto json = Json::parse(R"({"a":[{"b/c":1},{"~":2}],"":3})");
    BOOST_REQUIRE(json.ok());
    BOOST_TEST(json->at("a/0/b~1c")->text == "1");
    BOOST_TEST(json->at("a/1/~0")->text == "2");
    BOOST_TEST(json->at("")->text == "3");
    BOOST_TEST(!json->at("a/2"));
    BOOST_TEST(!json->at("a/0/b~1c/d"));
    BOOST_TEST(!json->at("a/99999999999"));
}

BOOST_AUTO_TEST_CASE(types_are_told_apart) {
    BOOST_TEST(good(R"({"type":"string"})", R"("x")"));
    BOOST_TEST(good(R"({"type":"number"})", "1"));
    BOOST_TEST(good(R"({"type":"number"})", "1.5"));
    BOOST_TEST(good(R"({"type":"integer"})", "12345678901234567890"));
    BOOST_TEST(!good(R"({"type":"integer"})", "1.5"));
    BOOST_TEST(good(R"({"type":["string","array"]})", "[]"));
    BOOST_TEST(good(R"({"type":"null"})", "null"));
    BOOST_TEST(good("{}", "{}"));
    BOOST_TEST(check(R"({"type":"string"})", "12") == "/v: must be a string, not a whole number; put the value in quotes\n");
    BOOST_TEST(check(R"({"type":["string","array"]})", "{}") == "/v: must be a string or a list, not a mapping\n");
    BOOST_TEST(check(R"({"type":"boolean"})", R"("yes")") == "/v: must be true or false, not a string\n");
}

BOOST_AUTO_TEST_CASE(bounds_hold_at_their_edges) {
    BOOST_TEST(good(R"({"minimum":9007199254740993})", "9007199254740993"));
    BOOST_TEST(!good(R"({"minimum":9007199254740993})", "9007199254740992"));
    BOOST_TEST(good(R"({"maximum":5})", "5"));
    BOOST_TEST(!good(R"({"maximum":5})", "5.0001"));
    BOOST_TEST(good(R"({"minLength":2,"maxLength":3})", R"("äöü")")); // characters, not bytes
    BOOST_TEST(!good(R"({"minLength":2})", R"("ä")"));
    BOOST_TEST(!good(R"({"maxLength":3})", R"("abcd")"));
    BOOST_TEST(!good(R"({"minItems":1})", "[]"));
    BOOST_TEST(!good(R"({"maxItems":1})", "[1,2]"));
}

BOOST_AUTO_TEST_CASE(patterns_are_searched_for_and_bounded) {
    BOOST_TEST(good(R"({"pattern":"^arn:aws:sns:[a-z0-9-]+:\\d{12}:"})", R"("arn:aws:sns:ap-southeast-2:123456789012:x")"));
    BOOST_TEST(!good(R"({"pattern":"^b"})", R"("ab")"));
    BOOST_TEST(good(R"({"pattern":"b"})", R"("ab")"));
    // std::regex recurses: without the bound this overflows the stack.
    BOOST_TEST(!good(R"({"pattern":"^(a|b)*$"})", '"' + std::string(1'000'000, 'a') + '"'));
}

BOOST_AUTO_TEST_CASE(choices_and_constants) {
    BOOST_TEST(good(R"({"enum":["au","eu"]})", R"("eu")"));
    BOOST_TEST(check(R"({"enum":["au","eu"]})", R"("us")") == "/v: must be \"au\" or \"eu\"\n");
    BOOST_TEST(good(R"({"const":1})", "1.0"));
    BOOST_TEST(!good(R"({"const":{"a":[1,null]}})", R"({"a":[1,0]})"));
}

BOOST_AUTO_TEST_CASE(urls) {
    for (const auto* url : {R"("https://api.example.com/v1?x=%20")", R"("http://127.0.0.1:8080")"})
        BOOST_TEST(good(R"({"format":"uri"})", url));
    for (const auto* url : {R"("")", R"("api.example.com")", R"("https:")", R"("https://a b")", R"("https://a\nb")", R"("1s://x")"})
        BOOST_TEST(!good(R"({"format":"uri"})", url));
}

BOOST_AUTO_TEST_CASE(unknown_keys_get_a_suggestion_and_missing_ones_their_description) {
    const auto schema = Schema::compile(
        R"({"type":"object","required":["api_key"],"properties":{"api_key":{"type":"string","description":"from the dashboard"}}})");
    BOOST_REQUIRE(schema.ok());
    auto json = Json::parse(R"({"api-key":"x"})");
    const auto faults = schema->check(*json);
    BOOST_REQUIRE(faults.size() == 2);
    BOOST_TEST(faults[0].message == "unknown key \"api-key\", did you mean \"api_key\"?");
    BOOST_TEST(faults[0].pointer == "/api-key");
    BOOST_TEST(faults[0].place == "");
    BOOST_TEST(faults[1].message == "\"api_key\" is missing (from the dashboard)");
}

BOOST_AUTO_TEST_CASE(additional_properties_open_an_object) {
    BOOST_TEST(!good(R"({"type":"object","properties":{}})", R"({"x":1})"));
    BOOST_TEST(good(R"({"type":"object","additionalProperties":true,"properties":{}})", R"({"x":1})"));
    BOOST_TEST(good(R"({"type":"object","properties":{},"additionalProperties":{"type":"string"}})", R"({"x":"1"})"));
    BOOST_TEST(!good(R"({"type":"object","properties":{},"additionalProperties":{"type":"string"}})", R"({"x":1})"));
}

BOOST_AUTO_TEST_CASE(defaults_are_filled_in_at_every_level) {
    const auto schema = Schema::compile(R"({"type":"object","properties":{"a":{"type":"integer","default":7},
        "list":{"type":"array","items":{"type":"object","properties":{"b":{"type":"string","default":"x"}}}}}})");
    BOOST_REQUIRE(schema.ok());
    auto json = Json::parse(R"({"list":[{},{"b":"y"}]})");
    BOOST_TEST(schema->check(*json).empty());
    BOOST_TEST(json->write() == R"({"list":[{"b":"x"},{"b":"y"}],"a":7})");
}

BOOST_AUTO_TEST_CASE(schemas_with_a_mistake_are_refused_with_their_place) {
    BOOST_TEST(
        compile_error(R"({"type":"object","properties":{"a":{"oneOf":[]}}})").find("#/properties/a/oneOf: this keyword is not supported") ==
        0u);
    BOOST_TEST(compile_error(R"({"type":"object","properties":{"a":{"pattern":"("}}})").find("#/properties/a/pattern") == 0u);
    BOOST_TEST(compile_error(R"({"type":"object","properties":{"a":{"type":"int"}}})").find("#/properties/a/type") == 0u);
    BOOST_TEST(compile_error(R"({"type":"object","required":["b"],"properties":{"a":{}}})").find("#/required") == 0u);
    BOOST_TEST(compile_error(R"({"type":"object","properties":{"a":{"type":"integer","default":"x"}}})").find("#/properties/a/default") ==
               0u);
    BOOST_TEST(compile_error(R"({"type":"object","properties":{"a":{"type":"integer","writeOnly":true}}})") != "");
    BOOST_TEST(compile_error(R"({"type":"object","properties":{"a":{"type":"string","writeOnly":true,"default":"x"}}})") != "");
    BOOST_TEST(compile_error(R"({"type":"string"})") != "");
    BOOST_TEST(compile_error("") != "");
    BOOST_TEST(compile_error(R"({"type":"object","title":"t","x-note":{},"properties":{"a":{"type":"string","examples":["x"]}}})") == "");
}

BOOST_AUTO_TEST_SUITE_END()
