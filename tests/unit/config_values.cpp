// Single values: suggestions, addresses, numbers, durations, rates, sizes, JSON of settings.
#include "core/config/listen.hpp"
#include "core/config/url.hpp"

#include "tests/unit/config_support.hpp"

using namespace gh;
using namespace gh::config;

BOOST_FIXTURE_TEST_SUITE(config_values, Fixture)

BOOST_AUTO_TEST_CASE(nearest_finds_what_was_meant) {
    const std::vector<std::string> keys = {"plugin", "path", "settings", "fetch_back", "api_key"};
    BOOST_TEST(nearest("api-key", keys) == "api_key");
    BOOST_TEST(nearest("pluign", keys) == "plugin"); // swapped
    BOOST_TEST(nearest("pth", keys) == "path");
    BOOST_TEST(nearest("pathh", keys) == "path");
    BOOST_TEST(nearest("fetchback", keys) == "fetch_back");
    BOOST_TEST(nearest("zebra", keys) == "");
    BOOST_TEST(nearest("", keys) == "");
    BOOST_TEST(nearest("x", {}) == "");
    BOOST_TEST(nearest(std::string(10'000, 'x'), keys) == "");
    BOOST_TEST(nearest("ab", {"aa", "ac"}) == "aa"); // the first of equals
    BOOST_TEST(nearest("acbxyzuvw", {"abxyzuvw"}) == "abxyzuvw");
    BOOST_TEST(nearest("ca.xyz", {"abc.xyz"}) == "abc.xyz"); // swap with a letter between: 2, not 3
}

BOOST_AUTO_TEST_CASE(addresses_are_read_strictly) {
    for (const auto& [text, host, port, loopback] : std::vector<std::tuple<const char*, const char*, int, bool>>{
             {"127.0.0.1:8080", "127.0.0.1", 8080, true},
             {"127.9.9.9:1", "127.9.9.9", 1, true},
             {"0.0.0.0:0", "0.0.0.0", 0, false},
             {"[::1]:8080", "::1", 8080, true},
             {"[::]:443", "::", 443, false},
             {"[::ffff:127.0.0.1]:1", "::ffff:127.0.0.1", 1, true},
             {"localhost:65535", "localhost", 65535, true},
             {"gateway.internal:80", "gateway.internal", 80, false},
         }) {
        const auto listen = parse_listen(text);
        BOOST_REQUIRE_MESSAGE(listen.ok(), text);
        BOOST_TEST(listen->host == host);
        BOOST_TEST(listen->port == port);
        BOOST_TEST(listen->loopback() == loopback, text);
        BOOST_TEST(listen->text() == text);
    }
    for (const char* text : {"",
                             "8080",
                             ":8080",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "127.0.0.1:+1",
                             "127.0.0.1:080",
                             "127.0.0.1:80x",
                             "::1:8080",
                             "[::1]",
                             "[::1]8080",
                             "[::1:80",
                             "[127.0.0.1]:80",
                             "127.0.0.300:80",
                             "127.1:80",
                             "a b:80",
                             "-a:80",
                             "a..b:80",
                             "http://a:80",
                             "[]:80"})
        BOOST_TEST(!parse_listen(text).ok(), text);
}

BOOST_AUTO_TEST_CASE(destination_urls_are_absolute_and_without_secrets) {
    for (const char* url : {"http://127.0.0.1:3000/events", "https://app.example.com", "HTTPS://app.example.com/a?b=c&d=%20",
                            "http://[::1]:80/", "http://[::1]/x", "http://app_1:8080/"})
        BOOST_TEST(url_fault(url) == "", url);
    for (const char* url : {"", "app.example.com/x", "/events", "ftp://a/", "http:///x", "http://u:p@h/", "http://u@h/", "http://h/#f",
                            "http://h:0/", "http://h:99999/", "http://h:/", "http://h /", "http://h/\xc3\xa9", "http://300.1.1.1/",
                            "http://[::1/", "http://[]/", "http://h\\@evil/", "javascript:alert(1)", "http://?x"})
        BOOST_TEST(url_fault(url) != "", url);
    BOOST_TEST(without_user_info("http://u:secret@h/p@q") == "http://…@h/p@q");
    BOOST_TEST(without_user_info("http://h/p@q") == "http://h/p@q");
}

BOOST_AUTO_TEST_CASE(numbers_have_one_form) {
    BOOST_TEST(good("server: {workers: 12}\n")->server.workers == 12);
    for (const char* wrong : {"010", "yes", "2.0", "2.5", "\"2\"", "0x10", "+2", "-1", "0", "257", "1e1", "99999999999999999999", "[2]",
                              "{a: 2}", "~", "${env:N}"}) {
        const std::string text = fault(std::string("server:\n  workers: ") + wrong + "\n");
        CHECK_HAS(text, "gatehouse.yaml:2: server.workers: expected a whole number from 1 to 256");
    }
}

BOOST_AUTO_TEST_CASE(durations_need_a_unit) {
    BOOST_TEST((good("server: {drain: 90s}\n")->server.drain == Millis(90'000)));
    BOOST_TEST((good("store: {retention: 30d}\n")->store.retention == std::chrono::hours(720)));
    for (const char* wrong : {"15", "15 s", "1.5s", "-1s", "015s", "fifteen", "1h30m", "[1s]"})
        CHECK_HAS(fault(std::string("server:\n  drain: ") + wrong + "\n"),
                  "gatehouse.yaml:2: server.drain: expected a duration with its unit");
    CHECK_HAS(fault("server: {drain: 2h}\n"), "server.drain: must be from 0ms to 1h, found \"2h\"");
}

BOOST_AUTO_TEST_CASE(rates_and_sizes_have_their_forms) {
    const auto rate = [&](const std::string& text) { return good("store: {quarantine_rate: " + text + "}\n")->store.quarantine_rate; };
    BOOST_TEST(rate("20/s") == 20);
    BOOST_TEST(rate("90/m") == 1.5);
    BOOST_TEST(rate("1800/h") == 0.5);
    BOOST_TEST(rate("0.5/s") == 0.5);
    for (const char* wrong : {"20", "0/s", "-1/s", "20/d", "20 /s", "/s", "1e3/s", "020/s", "20/sec", "true"})
        CHECK_HAS(fault(std::string("store:\n  quarantine_rate: ") + wrong + "\n"),
                  "gatehouse.yaml:2: store.quarantine_rate: expected a rate such as 20/s");
    const auto size = [&](const std::string& text) { return good("store: {quarantine_bytes: " + text + "}\n")->store.quarantine_bytes; };
    BOOST_TEST(size("64MiB") == 64u << 20);
    BOOST_TEST(size("1GiB") == 1u << 30);
    BOOST_TEST(size("512KiB") == 512u << 10);
    BOOST_TEST(size("1000") == 1000u);
    for (const char* wrong : {"64MB", "64 MiB", "0x10", "1.5GiB", "-1", "99999999999GiB", "064KiB"})
        CHECK_HAS(fault(std::string("store:\n  quarantine_bytes: ") + wrong + "\n"), "store.quarantine_bytes: expected a size");
}

BOOST_AUTO_TEST_CASE(settings_keep_what_was_written) {
    BOOST_TEST(settings("      a: 1\n      b: 18446744073709551616\n      c: 1.50\n      d: -0\n      e: 1e5\n") ==
               R"({"a":1,"b":18446744073709551616,"c":1.50,"d":-0,"e":1e5})");
    BOOST_TEST(settings("      a: true\n      b: False\n      c: ~\n      d:\n      e: null\n") ==
               R"({"a":true,"b":false,"c":null,"d":null,"e":null})");
    BOOST_TEST(settings("      a: '1'\n      b: \"true\"\n      c: 'null'\n      d: yes\n      e: ''\n      f: 12:30\n") ==
               R"({"a":"1","b":"true","c":"null","d":"yes","e":"","f":"12:30"})");
    BOOST_TEST(settings("      a: [1, [x, {y: z}], {}]\n      b: {c: {d: []}}\n") == R"({"a":[1,["x",{"y":"z"}],{}],"b":{"c":{"d":[]}}})");
    BOOST_TEST(settings("      'a\"b': \"q\\\"\\n\\u00e9\\0\"\n") == "{\"a\\\"b\":\"q\\\"\\n\xc3\xa9\\u0000\"}");
    BOOST_TEST(settings("      a: |\n        two\n        lines\n      b: >-\n        folded\n        text\n") ==
               R"({"a":"two\nlines\n","b":"folded text"})");
    BOOST_TEST(settings("      {}\n") == "{}");
    BOOST_TEST(good("sources:\n  s: {plugin: p, path: /s}\n")->sources[0]->settings.json.reveal() == "{}");
}

BOOST_AUTO_TEST_CASE(numbers_that_json_cannot_spell_are_refused) {
    for (const char* wrong : {"010", "+5", ".5", "5.", "0x1F", "0o17", ".inf", "-.INF", ".nan"})
        CHECK_HAS(settings_fault(std::string("      a: ") + wrong + "\n"), "gatehouse.yaml:6: sources.s.settings.a: the number");
    BOOST_TEST(settings("      a: '010'\n") == R"({"a":"010"})");
}

BOOST_AUTO_TEST_CASE(origins_tell_line_and_reference_of_every_value) {
    variables = {{"K", "key"}};
    const auto config = good(
        "sources:\n  s:\n    plugin: p\n    path: /s\n    settings:\n      api_key: ${env:K}\n      clients:\n        - secret: a${env:K}\n"
        "          id: x\n      a/b~c: literal\n");
    const auto& origins = config->sources[0]->settings.origins;
    BOOST_TEST(origins.size() == 7u);
    BOOST_TEST(origins.at("").position.line == 5);
    BOOST_TEST(origins.at("/api_key").position.line == 6);
    BOOST_TEST(origins.at("/api_key").by_reference);
    BOOST_TEST(origins.at("/clients").position.line == 7);
    BOOST_TEST(origins.at("/clients/0").position.line == 8);
    BOOST_TEST(origins.at("/clients/0/secret").by_reference);
    BOOST_TEST(origins.at("/clients/0/id").position.line == 9);
    BOOST_TEST(!origins.at("/clients/0/id").by_reference);
    BOOST_TEST(origins.at("/a~1b~0c").position.line == 10);
}

BOOST_AUTO_TEST_SUITE_END()
