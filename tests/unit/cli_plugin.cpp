// verify, check and plugins check with a real plugin file.
#include <fstream>

#include "tests/support/client.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct WithPlugin {
    WithPlugin() {
        std::filesystem::create_directory(dir / "plugins");
        std::filesystem::copy_file(GATEHOUSE_BASIQ, dir / "plugins/basiq.so");
        std::ofstream(dir / "gatehouse.yaml")
            << "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: a.db}\n"
               "plugins: {directory: plugins}\nsources:\n  bank:\n    plugin: basiq\n    path: /hooks/bank\n"
               "    settings: {secret: \"${env:SECRET}\", api_key: \"${env:KEY}\"}\n";
        call.environment = {{"SECRET", secret}, {"KEY", "key"}, {"GATEHOUSE_CONFIG", (dir / "gatehouse.yaml").string()}};
    }
    std::string capture(const std::string& sent, std::time_t at, const std::string& path = "/hooks/bank") {
        std::string out = "POST " + path + " HTTP/1.1\r\nHost: hooks.example\r\n";
        for (const auto& [name, value] : sign(secret, "msg_1", sent, at)) out += name + ": " + value + "\r\n";
        return out + "\r\n" + sent;
    }
    Called verify(const std::string& request, std::vector<std::string> more = {}) {
        std::ofstream(dir / "request", std::ios::binary) << request;
        std::vector<std::string> arguments{"verify", "--source", "bank", (dir / "request").string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }

    const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const std::string body = "{\"eventTypeId\":\"user.created\",\"eventId\":\"e1\",\"links\":{}}";
    TempDir dir;
    Caller call;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_plugin, WithPlugin)

BOOST_AUTO_TEST_CASE(a_captured_request_is_verified_at_its_time) {
    const std::time_t at = 1'700'000'000; // 2023-11-14T22:13:20Z
    const std::string request = capture(body, at);
    const Called then = verify(request, {"--at", "2023-11-14T22:13:20Z"});
    BOOST_TEST(then.code == 0, then.err);
    for (const char* part : {"accepted", "bank", "user.created", "msg_1"}) BOOST_TEST(has(then.out, part), part << " in " << then.out);
    const Called now = verify(request);
    BOOST_TEST(now.code == 1);
    BOOST_TEST(has(now.out, "timestamp_too_old"), now.out);
    const Called ahead = verify(request, {"--at", "2023-11-14", "--json"});
    BOOST_TEST(ahead.code == 1);
    BOOST_TEST(has(ahead.out, "\"code\":\"timestamp_in_future\""), ahead.out);
    const Called tampered = verify(request + " ", {"--at", "2023-11-14T22:13:20Z", "--json"});
    BOOST_TEST(tampered.code == 1);
    BOOST_TEST(has(tampered.out, "signature_mismatch"));
    BOOST_TEST(has(tampered.out, "\"hint\":\""));
    BOOST_TEST(!has(then.out + now.out + tampered.out, secret.substr(6)));

    call.in = capture(body, std::time(nullptr));
    BOOST_TEST(call({"verify", "--source", "bank", "-"}).code == 0);
    BOOST_TEST(verify(capture(body, std::time(nullptr), "/behind/a/proxy")).code == 0);
    std::string get = request;
    get.replace(0, 4, "GET");
    BOOST_TEST(has(verify(get).out, "no_route"));
}

BOOST_AUTO_TEST_CASE(mistakes_in_the_call_are_2) {
    BOOST_TEST(verify("nonsense").code == 2);
    const Called source = call({"verify", "--source", "bnak", (dir / "gatehouse.yaml").string()});
    BOOST_TEST(source.code == 2);
    BOOST_TEST(call({"verify", "--source", "bank", "/nonexistent"}).code == 2);
    call.environment.erase("SECRET");
    BOOST_TEST(verify(capture(body, std::time(nullptr))).code == 2);
}

BOOST_AUTO_TEST_CASE(check_opens_the_sources) {
    const Called good = call({"check"});
    BOOST_TEST(good.code == 0, good.err);
    BOOST_TEST(has(good.out, "bank"));
    BOOST_TEST(has(call({"check", "--json"}).out, "\"ok\":true"));
    std::ofstream(dir / "gatehouse.yaml", std::ios::app) << "  second: {plugin: basiq, path: /hooks/second, settings: {}}\n";
    const Called bad = call({"check"});
    BOOST_TEST(bad.code == 2);
    BOOST_TEST(has(bad.err, "sources.second"), bad.err);
}

BOOST_AUTO_TEST_CASE(the_shipped_plugin_conforms_and_a_broken_file_does_not) {
    const Called good = call({"plugins", "check", GATEHOUSE_BASIQ});
    BOOST_TEST(good.code == 0, good.out << good.err);
    BOOST_TEST(has(good.out, "basiq.so: ok, "));
    BOOST_TEST(has(call({"--json", "plugins", "check", GATEHOUSE_BASIQ}).out, "\"ok\":true"));
    std::ofstream(dir / "broken.so") << "this is no shared library";
    const Called broken = call({"--json", "plugins", "check", (dir / "broken.so").string()});
    BOOST_TEST(broken.code == 1);
    BOOST_TEST(has(broken.out, "\"ok\":false"));
    BOOST_TEST(call({"plugins", "check", "/nonexistent.so"}).code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
