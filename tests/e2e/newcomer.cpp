// What a plugin author does in the first ten minutes, as sdk/template/README.md tells it, with the installed product alone: a new project,
// made a provider that signs with an HMAC, built, checked, dropped into a running server; a signed request, and the event with what was
// fetched.
#include "core/base/json.hpp"

#include "tests/support/afternoon.hpp"
#include "tests/support/client.hpp"
#include "tests/support/peer.hpp"

using namespace gh;
using namespace gh::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The number behind `text` in the log.
uint16_t number_after(const std::string& log, const std::string& text) {
    const size_t at = log.find(text);
    return at == std::string::npos ? uint16_t{0} : static_cast<uint16_t>(std::atoi(log.c_str() + at + text.size()));
}

std::string hmac_hex(const std::string& secret, std::string_view body) {
    uint8_t digest[64];
    const std::string_view parts[] = {body};
    const size_t n = hmac(HashAlgorithm::sha256, secret, parts, digest);
    return to_hex({reinterpret_cast<char*>(digest), n});
}

} // namespace

BOOST_FIXTURE_TEST_CASE(from_nothing_to_a_fetched_event, Afternoon) {
    for (const char* component : {"sdk", "server"})
        run({CMAKE, "--install", BINARY_DIR, "--component", component, "--prefix", usr.string()});

    gatehouse({"plugins", "new", "corner-shop"});
    const fs::path project = dir / "corner-shop";
    BOOST_REQUIRE(fs::exists(project / "plain-hmac.diff"));
    run({"/bin/sh", "-c", "cd corner-shop && if command -v patch; then patch -i plain-hmac.diff; else git apply plain-hmac.diff; fi"});
    BOOST_TEST(has(read_file(project / "corner-shop.cpp"), "hmac_header(\"X-Corner-shop-Signature\", \"secret\")"));
    run({CMAKE, "-S", project.string(), "-B", (project / "build").string(), "-DCMAKE_PREFIX_PATH=" + usr.string(),
         std::string("-DCMAKE_CXX_COMPILER=") + CXX});
    // Nothing of the source tree: what the compiler is told are the project and the installation.
    for (const auto& entry : fs::recursive_directory_iterator(project / "build"))
        if (entry.path().filename() == "flags.make" || entry.path().filename() == "build.ninja")
            BOOST_TEST(!has(read_file(entry.path()), "/sdk/include"), entry.path());
    run({CMAKE, "--build", (project / "build").string()});
    const std::string built = (project / "build/plugins/corner-shop.so").string();
    const std::string report =
        gatehouse({"plugins", "check", built, "--answers", (project / "answers.json").string(), "--fuzz", "200ms", "--seed", "1"});
    BOOST_TEST(has(report, "corner-shop.so: ok, "), report);
    BOOST_TEST(has(report, " 0 warnings, 0 failed"), report);

    Peer api([](const PeerRequest& request, PeerConnection& connection) {
        const bool known = request.target == "/v1/orders/o-17" && request.field("Authorization") == "Bearer the-key";
        connection.send(known ? answer(200, R"({"id":"o-17","total":42})", "Content-Type: application/json\r\n") : answer(404));
    });
    fs::create_directories(dir / "server/plugins");
    write_file(dir / "server/gatehouse.yaml",
               "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: gatehouse.db}\nplugins: {directory: plugins}\n"
               "sources:\n  shop:\n    plugin: corner-shop\n    path: /hooks/shop\n"
               "    settings: {secret: \"${env:SHOP_SECRET}\", api_key: \"${env:SHOP_KEY}\", api_url: \"http://127.0.0.1:" +
                   std::to_string(api.port()) + "\"}\n    fetch_back: {mode: required}\ndestinations: {}\nroutes: []\n");
    const auto log = [&] { return read_file(dir / "server/log"); };
    Child server({(usr / "bin/gatehouse").string(), "--config", (dir / "server/gatehouse.yaml").string(), "serve"},
                 {{"SHOP_SECRET", "the-secret"}, {"SHOP_KEY", "the-key"}}, dir / "server/log", dir / "server/log");
    BOOST_REQUIRE_MESSAGE(eventually([&] { return has(log(), "\"message\":\"serving\"") || !server.running(); }), log());
    const uint16_t port = number_after(log(), "\"ports\":\""), admin = number_after(log(), "\"admin_port\":");
    BOOST_REQUIRE(port != 0);

    const std::string body = R"({"id":"evt-9","type":"order.paid","data":{"id":"o-17"}})";
    const auto send = [&](const std::string& secret) {
        return request(port, "POST", "/hooks/shop", {{"X-Corner-shop-Signature", "sha256=" + hmac_hex(secret, body)}}, body);
    };
    BOOST_TEST(send("the-secret").status == 503); // its plugin is not there yet: the sender keeps the message
    fs::copy_file(built, dir / "server/incoming");
    fs::permissions(dir / "server/incoming", fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
    fs::rename(dir / "server/incoming", dir / "server/plugins/corner-shop.so");
    BOOST_REQUIRE_MESSAGE(eventually([&] { return send("the-secret").status == 202; }), log());
    const int forged = send("another-secret").status;
    BOOST_TEST((forged == 401 || forged == 403), forged);

    std::string event;
    BOOST_TEST(eventually([&] {
                   const auto list = json::parse(request(admin, "GET", "/api/v1/events?type=order.paid").body);
                   if (!list || !list->find("items") || list->find("items")->items.empty()) return false;
                   const std::string id(list->find("items")->items.front().text_of("id"));
                   event = request(admin, "GET", "/api/v1/events/" + id).body;
                   return has(event, "\"status\":\"ready\"");
               }),
               event + log());
    BOOST_TEST(has(event, "\"subject\":\"o-17\""), event);
    BOOST_TEST(has(event, "\"dedupe_key\":\"evt-9\""), event);
    const auto stored = json::parse(event);
    const auto* document = stored->find("document");
    BOOST_REQUIRE_MESSAGE(document, event);
    BOOST_TEST((has(std::string(document->raw), "total") || has(std::string(document->raw), to_base64(R"({"id":"o-17","total":42})"))),
               event);
    // A resend is the same event.
    BOOST_TEST(send("the-secret").status == 202);
    BOOST_TEST(json::parse(request(admin, "GET", "/api/v1/events?type=order.paid").body)->find("items")->items.size() == 1u);
    BOOST_TEST(server.kill(SIGTERM) == 0);
}
