// The base module: times, ids, encodings, HMAC, metrics text.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/secret.hpp"
#include "core/base/uuid.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;

BOOST_AUTO_TEST_CASE(rfc3339_round_trip) {
    for (const char* text : {"1970-01-01T00:00:00.000Z", "2026-02-28T23:59:59.999Z", "2024-02-29T12:00:00.001Z", "1969-12-31T23:59:59.500Z"}) {
        const auto t = parse_rfc3339(text);
        BOOST_REQUIRE_MESSAGE(t, text);
        BOOST_TEST(to_rfc3339(*t) == text);
    }
    BOOST_TEST(to_rfc3339(*parse_rfc3339("2026-01-01T02:30:00+02:30")) == "2026-01-01T00:00:00.000Z");
    BOOST_TEST(to_rfc3339(*parse_rfc3339("2026-01-01T00:00:00.123456789Z")) == "2026-01-01T00:00:00.123Z");
}

BOOST_AUTO_TEST_CASE(rfc3339_refuses_what_is_not_a_time) {
    for (const char* text : {"", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
                             "2026-01-01T00:00:00Zx", "2026-1-01T00:00:00Z", "2026-01-01T00:00:00+25:00"})
        BOOST_TEST(!parse_rfc3339(text), text);
}

BOOST_AUTO_TEST_CASE(durations_need_a_unit) {
    BOOST_TEST((parse_duration("15s") == Millis(15'000)));
    BOOST_TEST((parse_duration("500ms") == Millis(500)));
    BOOST_TEST((parse_duration("30d") == Millis(30ll * 86'400'000)));
    for (const char* text : {"", "15", "s", "-1s", "1.5s", "15 s", "15sec", "99999999999d"}) BOOST_TEST(!parse_duration(text), text);
    BOOST_TEST(to_text(Millis(90'000)) == "90s");
    BOOST_TEST(to_text(std::chrono::hours(48)) == "2d");
}

BOOST_AUTO_TEST_CASE(uuid_v7_sorts_by_time_and_within_a_millisecond) {
    const Time t = *parse_rfc3339("2026-01-01T00:00:00.000Z");
    Uuid last{};
    for (int i = 0; i < 10'000; ++i) {
        const Uuid id = Uuid::v7(t);
        BOOST_REQUIRE(last < id);
        last = id;
    }
    BOOST_TEST((Uuid::v7(t + std::chrono::hours(1)).time() == t + std::chrono::hours(1)));
    BOOST_TEST((Uuid::parse(last.text()) == last));
    BOOST_TEST(last.text()[14] == '7');
    for (const char* text : {"", "0192f3c8", "0192f3c8-0000-7000-8000-00000000000g", "0192f3c80000-7000-8000-000000000000-"})
        BOOST_TEST(!Uuid::parse(text), text);
}

BOOST_AUTO_TEST_CASE(base64_vectors_of_rfc_4648) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},       {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        BOOST_TEST(to_base64(plain) == coded);
        BOOST_TEST((from_base64_lenient(coded) == std::string(plain)));
    }
    BOOST_TEST((from_base64_lenient("Zm8") == std::string("fo")));
    BOOST_TEST((from_base64_lenient("Zm9") == std::string("fo"))); // non-zero trailing bits
    BOOST_TEST((to_hex(*from_base64_lenient("-_-_")) == "fbffbf"));
    for (const char* bad : {"Z", "Zm9v!", "Zm=9", "====", "Zm9v Zg"}) BOOST_TEST(!from_base64_lenient(bad), bad);
}

BOOST_AUTO_TEST_CASE(hmac_vectors_of_rfc_4231) {
    const std::string_view parts[] = {"what do ya want ", "for nothing?"};
    uint8_t out[64];
    const size_t n = hmac(HashAlgorithm::sha256, "Jefe", parts, out);
    BOOST_TEST(to_hex({reinterpret_cast<char*>(out), n}) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    BOOST_TEST(hmac(HashAlgorithm::sha1, "", {}, out) == 20u);
    BOOST_TEST(to_hex({reinterpret_cast<char*>(out), 20}) == "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

BOOST_AUTO_TEST_CASE(hash_of_parts_depends_on_where_they_end) {
    BOOST_TEST((sha256_parts({"ab", "c"}) != sha256_parts({"a", "bc"})));
    BOOST_TEST((sha256_parts({"ab", "c"}) == sha256_parts({"ab", "c"})));
}

BOOST_AUTO_TEST_CASE(json_quote_makes_valid_json_of_any_bytes) {
    BOOST_TEST(json_quote("a\"\\\n\t\x01") == "\"a\\\"\\\\\\n\\t\\u0001\"");
    BOOST_TEST(json_quote("\xff\xc3\xa9") == "\"\xef\xbf\xbd\xc3\xa9\"");
    BOOST_TEST(json_quote("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); // a surrogate
    BOOST_TEST(json_quote("\xc3") == "\"\xef\xbf\xbd\"");
}

BOOST_AUTO_TEST_CASE(log_lines_are_json_and_respect_the_level) {
    std::string lines;
    const Log log(Level::info, [&](std::string_view line) { lines += line; });
    log.debug("test", "not this");
    log.info("test", "a \"word\"", {{"count", 3}, {"source", "bank"}, {"seconds", 0.5}});
    BOOST_TEST(lines.find("\"level\":\"info\",\"area\":\"test\",\"message\":\"a \\\"word\\\"\",\"count\":3,\"source\":\"bank\",\"seconds\":0.5}\n") !=
               std::string::npos);
    BOOST_TEST(lines.find("not this") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(metrics_render_as_prometheus_text) {
    Metrics metrics;
    metrics.counter("a_total", "Things.", {{"source", "x\"y"}}).add(2);
    metrics.histogram("b_seconds", "Waits.", {0.1, 1}).observe(0.5);
    metrics.gauge("c", "Level.").set(1.5);
    BOOST_TEST(metrics.render() ==
               "# HELP a_total Things.\n# TYPE a_total counter\na_total{source=\"x\\\"y\"} 2\n"
               "# HELP b_seconds Waits.\n# TYPE b_seconds histogram\nb_seconds_bucket{le=\"0.1\"} 0\nb_seconds_bucket{le=\"1\"} 1\n"
               "b_seconds_bucket{le=\"+Inf\"} 1\nb_seconds_sum 0.5\nb_seconds_count 1\n"
               "# HELP c Level.\n# TYPE c gauge\nc 1.5\n");
}

BOOST_AUTO_TEST_CASE(a_moved_secret_leaves_nothing_behind) {
    Secret a("key");
    Secret b(std::move(a));
    BOOST_TEST(a.empty());
    BOOST_TEST(b.reveal() == "key");
    BOOST_TEST(b.clone().reveal() == "key");
}
