// The whole file: shapes, checks across, overrides, the reference configuration.
#include "core/base/encoding.hpp"

#include "tests/unit/config_support.hpp"

using namespace gh;
using namespace gh::config;

namespace {

const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct WithSecret : Fixture {
    WithSecret() { variables = {{"S", k_secret}, {"T", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}, {"TOKEN", "0123456789abcdef"}}; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(config_sections, WithSecret)

BOOST_AUTO_TEST_CASE(an_empty_file_has_the_documented_defaults) {
    const auto c = good("");
    BOOST_REQUIRE(c->server.listen.size() == 1u);
    BOOST_TEST(c->server.listen[0].text() == "127.0.0.1:8080");
    BOOST_TEST(c->server.admin.text() == "127.0.0.1:8081");
    BOOST_TEST(c->store.sqlite == directory / "gatehouse.db");
    BOOST_TEST(c->plugins.directory == directory / "plugins");
    BOOST_TEST((c->store.retention == std::chrono::hours(720)));
    BOOST_TEST(c->warnings.empty());
    BOOST_TEST(c->file == directory / "gatehouse.yaml");
}

BOOST_AUTO_TEST_CASE(every_shape_of_listen) {
    BOOST_TEST(good("server: {listen: '[::1]:0'}\n")->server.listen.at(0).text() == "[::1]:0");
    const auto c = good(
        "server:\n  listen:\n    - 127.0.0.1:1\n    - {address: 0.0.0.0:2, tls: {certificate: c.pem, key: /k.pem}}\n"
        "  tls: {certificate: d.pem, key: e.pem, client_ca: ca.pem}\n  admin: {address: 0.0.0.0:3, token: '${env:TOKEN}', tls: "
        "{certificate: a, key: b}}\n");
    BOOST_REQUIRE(c->server.listen.size() == 2u);
    BOOST_TEST(c->server.listen[0].tls->certificate == directory / "d.pem");
    BOOST_TEST(c->server.listen[0].tls->client_ca == directory / "ca.pem");
    BOOST_TEST(c->server.listen[1].tls->key == "/k.pem");
    BOOST_TEST(c->server.listen[1].tls->client_ca.empty());
    BOOST_TEST(c->server.admin_token.reveal() == "0123456789abcdef");
    BOOST_TEST(c->warnings.empty());
    CHECK_HAS(fault("server:\n  listen: {address: 127.0.0.1:1, tls: {certificate: c}}\n"), "server.listen.tls: \"key\" is missing");
    CHECK_HAS(fault("server:\n  listen: {tls: {certificate: c, key: k}}\n"), "server.listen: \"address\" is missing");
    CHECK_HAS(fault("server: {listen: []}\n"), "server.listen: the list is empty");
    CHECK_HAS(fault("server: {listen: [127.0.0.1:1, 127.0.0.1:1]}\n"), "127.0.0.1:1 stands twice");
    CHECK_HAS(fault("server: {listen: 127.0.0.1:1, admin: 127.0.0.1:1}\n"), "server.admin: 127.0.0.1:1 is in server.listen too");
    good("server: {listen: [127.0.0.1:0, 127.0.0.1:0], admin: 127.0.0.1:0}\n");
}

BOOST_AUTO_TEST_CASE(admin_off_loopback_needs_a_token) {
    CHECK_HAS(fault("server:\n  admin: 0.0.0.0:8081\n"),
              "gatehouse.yaml:2: server.admin: 0.0.0.0:8081 can be reached from other machines, so server.token is required");
    CHECK_HAS(fault("server:\n  admin: '[::]:8081'\n  token: ''\n"), "server.token: is empty");
    CHECK_HAS(warnings("server:\n  admin: 0.0.0.0:8081\n  token: ${env:TOKEN}\n"), "without TLS");
    CHECK_HAS(warnings("server:\n  token: literal\n"), "2: server.token: a secret stands here literally");
    CHECK_HAS(fault("server:\n  admin: {address: 127.0.0.1:1, token: a}\n  token: b\n"), "server.token: server.admin.token is given too");
    CHECK_HAS(fault("server: {token: 'a b'}\n"), "holds white space");
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_named_with_a_suggestion) {
    const std::string text = fault(
        "sevrer: {}\nstore: {retension: 30d}\nplugins: {dir: x}\nsources:\n  bank:\n    plugin: basic\n    path: /b\n    setting: {}\n"
        "    fetch_back: {mod: off}\nroutes:\n- {form: bank, to: x}\n");
    for (const char* line : {"gatehouse.yaml:1: unknown key \"sevrer\", did you mean \"server\"?",
                             "gatehouse.yaml:2: store: unknown key \"retension\", did you mean \"retention\"?",
                             "gatehouse.yaml:3: plugins: unknown key \"dir\"; known are \"directory\", \"signatures\", \"keys\", "
                             "\"isolation\" or \"overrides\"",
                             "gatehouse.yaml:8: sources.bank: unknown key \"setting\", did you mean \"settings\"?",
                             "gatehouse.yaml:9: sources.bank.fetch_back: unknown key \"mod\", did you mean \"mode\"?",
                             "gatehouse.yaml:11: routes[0]: unknown key \"form\", did you mean \"from\"?",
                             "gatehouse.yaml:11: routes[0]: \"from\" is missing; give the name of a source"})
        CHECK_HAS(text, line);
}

BOOST_AUTO_TEST_CASE(all_faults_come_in_the_order_of_the_file) {
    const std::string text = fault("routes: 3\nstore: {retention: 1}\nserver: {workers: x, drain: y}\n");
    const std::vector<std::string> expected = {"gatehouse.yaml:1: routes", "gatehouse.yaml:2: store.retention",
                                               "gatehouse.yaml:3: server.workers", "gatehouse.yaml:3: server.drain"};
    size_t at = 0;
    for (const std::string& part : expected) {
        const size_t found = text.find(part, at);
        BOOST_REQUIRE_MESSAGE(found != text.npos, part + " is not in order in: " + text);
        at = found;
    }
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
    BOOST_TEST(text == fault("routes: 3\nstore: {retention: 1}\nserver: {workers: x, drain: y}\n"));
}

BOOST_AUTO_TEST_CASE(isolation_is_for_all_plugins_or_for_some) {
    BOOST_TEST((good("plugins: {isolation: process}\n")->plugins.isolation == Isolation::process));
    const auto some = good("plugins:\n  overrides: {acme: process, tame: none}\n");
    BOOST_TEST((some->plugins.isolation == Isolation::none));
    BOOST_TEST((some->plugins.overrides.at("acme") == Isolation::process));
    BOOST_TEST((some->plugins.overrides.at("tame") == Isolation::none));
    CHECK_HAS(fault("plugins:\n  overrides: {acme: proces}\n"), "did you mean \"process\"?");
    CHECK_HAS(fault("plugins: {isolation: noen}\n"), "expected \"none\" or \"process\", found \"noen\", did you mean \"none\"?");
    BOOST_TEST((good("plugins: {overrides: {acme: none}}\n")->plugins.overrides.at("acme") == Isolation::none));
    CHECK_HAS(fault("store: {postgresql: \"host=x\"}\n"), "is not available yet");
}

BOOST_AUTO_TEST_CASE(sources_are_read_in_order) {
    const auto c = good(
        "sources:\n  z:\n    plugin: wicket\n    path: /hooks/z\n    settings: {a: 1}\n    fetch_back: {mode: required, rate: 20/s, "
        "coalesce: 2s, concurrency: 3}\n"
        "    subscription: {url: \"https://h/\", events: [user.created]}\n  a: {plugin: ivvy, path: /hooks/a, fetch_back: {mode: off}}\n");
    BOOST_REQUIRE(c->sources.size() == 2u);
    const Source& z = *c->sources[0];
    BOOST_TEST(z.name == "z");
    BOOST_TEST(z.position.line == 2);
    BOOST_TEST((z.fetch_back.mode == FetchBackMode::required));
    BOOST_TEST(z.fetch_back.rate == 20);
    BOOST_TEST((z.fetch_back.coalesce == Millis(2000)));
    BOOST_TEST(z.fetch_back.concurrency == 3);
    BOOST_TEST(z.subscription->json.reveal() == R"({"url":"https://h/","events":["user.created"]})");
    BOOST_TEST((c->sources[1]->fetch_back.mode == FetchBackMode::off));
    BOOST_TEST(!c->sources[1]->subscription);
}

BOOST_AUTO_TEST_CASE(paths_are_plain_and_apart) {
    const auto with = [&](const std::string& path) { return fault("sources:\n  s: {plugin: p, path: \"" + path + "\"}\n"); };
    for (const char* path : {"", "hooks", "/", "/a/", "/a//b", "/a/../b", "/a/.", "/a b", "/a%20b", "/a?b", "/a#b", "/\xc3\xa9", "/a*"})
        CHECK_HAS(with(path), "gatehouse.yaml:2: sources.s.path");
    for (const char* path : {"/healthz", "/readyz", "/healthz/x"}) CHECK_HAS(with(path), "is the server's own");
    BOOST_TEST(with("/healthzx") == "");
    BOOST_TEST(with("/a.b/~c_d-e") == "");
    const auto two = [&](const std::string& a, const std::string& b) {
        return fault("sources:\n  a: {plugin: p, path: " + a + "}\n  b: {plugin: p, path: " + b + "}\n");
    };
    CHECK_HAS(two("/x", "/x"), "gatehouse.yaml:3: sources.b.path: \"/x\" is also the path of \"a\" (line 2)");
    CHECK_HAS(two("/x", "/x/y"), "gatehouse.yaml:3: sources.b.path: \"/x/y\" lies below the path of \"a\" (line 2)");
    CHECK_HAS(two("/x/y", "/x"), "gatehouse.yaml:2: sources.a.path: \"/x/y\" lies below the path of \"b\" (line 3)");
    BOOST_TEST(std::string(two("/x", "/x")).find('\n') == std::string::npos);
    BOOST_TEST(two("/x", "/xy") == "");
}

BOOST_AUTO_TEST_CASE(names_have_a_form) {
    for (const char* name : {"Bank", "-a", "_a", "a.b", "a b", "é", "''"})
        CHECK_HAS(fault(std::string("sources:\n  ") + name + ": {plugin: p, path: /s}\n"), "is not a good name");
    CHECK_HAS(fault("sources:\n  " + std::string(64, 'a') + ": {plugin: p, path: /s}\n"), "is not a good name");
    good("sources:\n  " + std::string(63, 'a') + ": {plugin: p, path: /s}\n  0-_: {plugin: p, path: /t}\n");
    CHECK_HAS(fault("sources:\n  s: {plugin: P_q, path: /s}\n"), "cannot be a plugin's name");
    CHECK_HAS(fault("sources: [a]\n"), "sources: expected a mapping from names");
    CHECK_HAS(fault("sources:\n  s:\n"), "sources.s: expected a mapping");
    CHECK_HAS(fault("sources:\n  s: {plugin: 7, path: 8}\n"), "sources.s.path: expected a text, found a number");
}

BOOST_AUTO_TEST_CASE(destinations_are_read_with_their_defaults) {
    const auto c = good(
        "destinations:\n  a: {url: \"http://h/\", secret: ${env:S}}\n  b:\n    url: https://h/\n    secret: [${env:S}, ${env:T}]\n    "
        "format: cloudevents-structured\n"
        "    payload: both\n    concurrency: 2\n    timeout: 5s\n    ordering: key\n    retry: [1s, 1m]\n  c: {url: \"http://h/\", secret: "
        "${env:S}, retry: []}\n");
    const Destination& a = *c->destinations.at(0);
    BOOST_TEST(a.secrets.at(0).reveal() == k_secret);
    BOOST_TEST((a.format == Format::raw && a.payload == Payload::notification && a.ordering == Ordering::none));
    BOOST_TEST(a.concurrency == 16);
    BOOST_TEST((a.timeout == Millis(15'000)));
    using namespace std::chrono_literals;
    BOOST_TEST((a.retry == std::vector<Millis>{5s, 5min, 30min, 2h, 5h, 10h, 10h}));
    const Destination& b = *c->destinations.at(1);
    BOOST_TEST(b.secrets.size() == 2u);
    BOOST_TEST((b.format == Format::cloudevents_structured && b.payload == Payload::both && b.ordering == Ordering::key));
    BOOST_TEST((b.retry == std::vector<Millis>{1s, 1min}));
    BOOST_TEST(c->destinations.at(2)->retry.empty());
    BOOST_TEST(c->warnings.empty());
}

BOOST_AUTO_TEST_CASE(destination_secrets_are_checked) {
    const auto with = [&](const std::string& secret) { return "destinations:\n  d:\n    url: http://h/\n    secret: " + secret + "\n"; };
    CHECK_HAS(fault("destinations:\n  d: {url: \"http://h/\"}\n"), "destinations.d: \"secret\" is missing");
    for (const char* wrong : {"''", "whsec_", "'whsec_!!'", "whsec_A"})
        CHECK_HAS(fault(with(wrong)), "gatehouse.yaml:4: destinations.d.secret: expected \"whsec_\" and base64");
    CHECK_HAS(fault(with("[]")), "the list is empty");
    CHECK_HAS(fault(with("12345678")), "expected a text, found a number; put it in quotes");
    BOOST_TEST(!has(fault(with("12345678")), "12345678"));
    CHECK_HAS(warnings(with(k_secret)), "4: destinations.d.secret: a secret stands here literally");
    variables["SHORT"] = "whsec_c2hvcnQ=";
    CHECK_HAS(warnings(with("${env:SHORT}")), "the key has 5 bytes; Standard Webhooks wants 24 to 64");
    CHECK_HAS(warnings(with("[${env:S}, ${env:SHORT}]")), "destinations.d.secret[1]");
    BOOST_TEST(warnings(with("${env:S}")) == "");
}

BOOST_AUTO_TEST_CASE(routes_name_what_exists) {
    const std::string base =
        "sources:\n  bank: {plugin: p, path: /b}\n  fans: {plugin: p, path: /f}\ndestinations:\n  app: {url: \"http://h/\", secret: "
        "${env:S}}\nroutes:\n";
    const auto c =
        good(base + "- {from: fans, to: app}\n- {from: [bank, fans], types: [\"transactions.*\", user.created, \"*\"], to: [app]}\n");
    BOOST_REQUIRE(c->routes.size() == 2u);
    BOOST_TEST(c->routes[0].types.empty());
    BOOST_TEST(c->routes[1].from.size() == 2u);
    BOOST_TEST(c->routes[1].types.at(0) == "transactions.*");
    BOOST_TEST(c->warnings.empty());
    CHECK_HAS(fault(base + "- {from: bnak, to: app}\n"),
              "gatehouse.yaml:7: routes[0].from: there is no source \"bnak\", did you mean \"bank\"?");
    CHECK_HAS(fault(base + "- {from: bank, to: [app, zebra]}\n"),
              "routes[0].to: there is no destination \"zebra\"; add it under \"destinations\"");
    CHECK_HAS(fault(base + "- {from: [bank, bank], to: app}\n"), "\"bank\" stands twice");
    CHECK_HAS(fault(base + "- {from: [], to: app}\n"), "the list is empty");
    for (const char* wrong : {"\"a*\"", "\"*.a\"", "\"a.*.b\"", "\"a b\"", "\".*\""})
        CHECK_HAS(fault(base + "- {from: bank, types: " + wrong + ", to: app}\n"), "is no pattern");
    CHECK_HAS(warnings(base + "- {from: bank, to: app}\n"), "3: sources.fans: no route begins here");
}

BOOST_AUTO_TEST_CASE(overrides_win_over_the_file) {
    variables["GATEHOUSE_LISTEN"] = "127.0.0.1:1,[::1]:2";
    variables["GATEHOUSE_ADMIN"] = "0.0.0.0:3";
    variables["GATEHOUSE_ADMIN_TOKEN"] = "tok";
    variables["GATEHOUSE_STORE"] = "/s/x.db";
    variables["GATEHOUSE_PLUGINS"] = "/p";
    const auto c =
        good("server: {listen: 127.0.0.1:9, admin: 127.0.0.1:8, token: '${env:TOKEN}'}\nstore: {sqlite: y.db}\nplugins: {directory: q}\n");
    BOOST_REQUIRE(c->server.listen.size() == 2u);
    BOOST_TEST(c->server.listen[1].text() == "[::1]:2");
    BOOST_TEST(c->server.admin.text() == "0.0.0.0:3");
    BOOST_TEST(c->server.admin_token.reveal() == "tok");
    BOOST_TEST(c->store.sqlite == "/s/x.db");
    BOOST_TEST(c->plugins.directory == "/p");
    variables = {{"GATEHOUSE_LISTEN", "nonsense"}, {"GATEHOUSE_ADMIN", "0.0.0.0:3"}, {"GATEHOUSE_STORE", ""}};
    const std::string text = fault("");
    CHECK_HAS(text, "GATEHOUSE_LISTEN: expected an address and a port");
    CHECK_HAS(text, "GATEHOUSE_ADMIN: server.admin: 0.0.0.0:3 can be reached from other machines");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_are_named) {
    CHECK_HAS(config::load(directory / "nope.yaml", environment()).error().message, "nope.yaml: there is no such file");
    CHECK_HAS(config::load(directory, environment()).error().message, "is not a regular file");
}

BOOST_AUTO_TEST_CASE(the_reference_configuration_loads_without_warnings) {
    std::filesystem::create_directories(directory / "secrets");
    write("secrets/fans_path", "6f1c0b9e\n");
    for (const char* name : {"GATEHOUSE_ADMIN_TOKEN", "WICKET_API_KEY", "BASIQ_WEBHOOK_SECRET", "BASIQ_API_KEY"})
        variables[name] = "reference";
    variables["APP_WEBHOOK_SECRET"] = k_secret;
    std::ifstream file(std::string(GATEHOUSE_SOURCE_DIR) + "/etc/gatehouse.yaml");
    BOOST_REQUIRE(file);
    const std::string yaml((std::istreambuf_iterator<char>(file)), {});
    BOOST_TEST(warnings(yaml) == "");
    const auto c = good(yaml);
    BOOST_TEST(c->sources.size() >= 2u);
    BOOST_TEST(c->routes.size() >= 2u);
    // The reference shows every key there is.
    for (const char* key : {"listen:",          "tls:",        "certificate:", "key:",       "client_ca:", "admin:",
                            "token:",           "workers:",    "drain:",       "sqlite:",    "retention:", "quarantine_bytes:",
                            "quarantine_rate:", "directory:",  "isolation:",   "overrides:", "plugin:",    "path:",
                            "settings:",        "fetch_back:", "mode:",        "rate:",      "coalesce:",  "concurrency:",
                            "subscription:",    "url:",        "secret:",      "format:",    "payload:",   "timeout:",
                            "ordering:",        "retry:",      "from:",        "types:",     "to:"})
        BOOST_TEST(has(yaml, key), key);
}

BOOST_AUTO_TEST_SUITE_END()
