// An afternoon with the SDK: install, `plugins new`, build, check, sign, drop into the running server, receive.
#include <boost/test/unit_test.hpp>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"

namespace fs = std::filesystem;
using namespace gh::test;

namespace {

struct Afternoon {
    Afternoon() {
        // In the build tree: a temporary directory may be mounted noexec, and then nothing loads from it.
        std::string name = (fs::path(BINARY_DIR) / "sdk-new-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        dir = name;
        usr = dir / "usr";
    }
    ~Afternoon() {
        std::error_code ignored;
        fs::remove_all(dir, ignored);
    }
    std::string run(std::vector<std::string> command, int expected = 0) {
        const auto out = dir / "output";
        fs::remove(out);
        command.insert(command.begin(), {"/usr/bin/env", "-C", dir.string()});
        Child child(command, {}, out, out);
        const int code = child.wait();
        BOOST_REQUIRE_MESSAGE(code == expected, command[3] << " ended with " << code << ":\n" << read_file(out));
        return read_file(out);
    }
    std::string gatehouse(std::vector<std::string> arguments, int expected = 0) {
        arguments.insert(arguments.begin(), (usr / "bin/gatehouse").string());
        return run(arguments, expected);
    }
    fs::path dir, usr;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_new_plugin_is_built_checked_signed_dropped_in_and_receives, Afternoon) {
    for (const char* component : {"sdk", "server"})
        run({CMAKE, "--install", BINARY_DIR, "--component", component, "--prefix", usr.string()});
    const std::string next = gatehouse({"plugins", "new", "big-bank"});
    BOOST_TEST(has(next, "-DCMAKE_PREFIX_PATH=" + usr.string()));
    for (const auto& entry : fs::directory_iterator(dir / "big-bank")) {
        const auto text = read_file(entry.path());
        for (const char* rest : {"acme", "Acme", "ACME"}) BOOST_TEST(!has(text, rest), entry.path() << " still says " << rest);
    }
    gatehouse({"plugins", "new", "big-bank"}, 1); // never over what is there

    run({CMAKE, "-G", "Ninja", "-S", "big-bank", "-B", "big-bank/build", "-DCMAKE_PREFIX_PATH=" + usr.string(),
         std::string("-DCMAKE_CXX_COMPILER=") + CXX, std::string("-DCMAKE_CXX_FLAGS=") + FLAGS});
    run({CMAKE, "--build", "big-bank/build"});
    const std::string built = "big-bank/build/plugins/big-bank.so";
    BOOST_TEST(!has(gatehouse({"plugins", "check", built}), "failed"));

    gatehouse({"plugins", "keygen", "release.key"});
    gatehouse({"plugins", "sign", built, "--key", "release.key"});
    BOOST_TEST(has(gatehouse({"plugins", "verify", built, "--key", "release.key.pub"}), "signed by release.key (ed25519:"));

    const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    Gateway gateway("server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\nstore: {sqlite: " + (dir / "store.db").string() +
                    "}\nplugins: {directory: plugins, signatures: required, keys: [" + (dir / "release.key.pub").string() +
                    "]}\nsources:\n  shop: {plugin: big-bank, path: /hooks/shop, settings: {secret: " + secret +
                    ", api_key: k}, fetch_back: {mode: off}}\ndestinations: {}\nroutes: []\n");
    fs::create_directory(gateway.dir() / "plugins");
    BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
    const auto drop = [&](const std::string& file) {
        fs::copy_file(dir / file, gateway.dir() / "incoming");
        fs::rename(gateway.dir() / "incoming", gateway.dir() / "plugins" / fs::path(file).filename());
    };
    const auto listed = [&] { return request(gateway.admin_port(), "GET", "/api/v1/plugins").body; };
    const std::string body = R"({"type":"order.paid","data":{"id":"o-17"}})";
    const auto send = [&] { return request(gateway.port(), "POST", "/hooks/shop", sign(secret, "msg_1", body), body).status; };
    drop(built);
    BOOST_TEST(eventually([&] { return has(listed(), "gatehouse plugins sign big-bank.so"); }), listed());
    BOOST_TEST(send() == 503);
    drop(built + ".sig");
    BOOST_TEST(eventually([&] { return send() == 202; }), gateway.log());
    BOOST_TEST(has(listed(), "\"signed_by\":\"release.key (ed25519:"));
}

BOOST_FIXTURE_TEST_CASE(the_build_tree_has_the_template_too, Afternoon) {
    run({GATEHOUSE_BINARY, "plugins", "new", "shop"});
    BOOST_TEST(fs::exists(dir / "shop/shop.cpp"));
    BOOST_TEST(fs::exists(dir / "shop/README.md"));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_none_makes_nothing, Afternoon) {
    for (const char* name : {"Acme", "9lives", "../up", "a_b", "end-", ""}) run({GATEHOUSE_BINARY, "plugins", "new", name, "made"}, 2);
    BOOST_TEST(!fs::exists(dir / "made"));
}
