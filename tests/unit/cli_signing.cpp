// plugins keygen, sign and verify, with a real plugin.
#include <sys/stat.h>

#include <fstream>

#include "tests/support/child.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

namespace fs = std::filesystem;

struct Bench {
    Bench() {
        fs::copy_file(GATEHOUSE_BASIQ, plugin);
        fs::permissions(plugin, fs::perms::owner_read | fs::perms::owner_write);
        BOOST_REQUIRE(call({"plugins", "keygen", key.string()}).code == 0);
    }
    static mode_t mode(const fs::path& file) {
        struct stat info {};
        return ::stat(file.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
    }
    Called sign() { return call({"plugins", "sign", plugin.string(), "--key", key.string()}); }
    Called verify(const fs::path& with) { return call({"plugins", "verify", plugin.string(), "--key", with.string()}); }

    Caller call;
    TempDir folder;
    fs::path plugin = folder.path() / "basiq.so", key = folder.path() / "release", shared = folder.path() / "release.pub";
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_signing, Bench)

BOOST_AUTO_TEST_CASE(a_key_is_private_and_never_overwritten) {
    BOOST_TEST(mode(key) == 0600u);
    BOOST_TEST(mode(shared) == 0644u);
    const auto before = read_file(key);
    const auto again = call({"plugins", "keygen", key.string()});
    BOOST_TEST(again.code == 1);
    BOOST_TEST(read_file(key) == before);
    fs::remove(key);
    BOOST_TEST(call({"plugins", "keygen", key.string()}).code == 1); // its public half is still there
    BOOST_TEST(!fs::exists(key));
}

BOOST_AUTO_TEST_CASE(what_is_signed_verifies_and_says_whose_it_is) {
    BOOST_TEST(call({"plugins", "verify", plugin.string(), "--key", shared.string()}).code == 1);
    const auto made = sign();
    BOOST_TEST(made.code == 0, made.err);
    const auto good = verify(shared);
    BOOST_TEST(good.code == 0, good.err);
    BOOST_TEST(has(good.out, "signed by release (ed25519:"));
    const auto other = folder.path() / "other";
    BOOST_REQUIRE(call({"plugins", "keygen", other.string()}).code == 0);
    const auto unknown = verify(other.string() + ".pub");
    BOOST_TEST(unknown.code == 1);
    BOOST_TEST(has(unknown.err, "signature_unknown_key"));
    std::ofstream(plugin, std::ios::app) << "trailing";
    const auto changed = verify(shared);
    BOOST_TEST(changed.code == 1);
    BOOST_TEST(has(changed.err, "signature_wrong"));
    BOOST_TEST(sign().code == 0); // anew, over the old signature
    BOOST_TEST(verify(shared).code == 0);
}

BOOST_AUTO_TEST_CASE(keys_come_from_the_configuration_too) {
    BOOST_REQUIRE(sign().code == 0);
    const auto file = folder.path() / "gatehouse.yaml";
    const std::string rest = "sources: {}\ndestinations: {}\nroutes: []\n";
    write_file(file, "plugins: {directory: ., signatures: required, keys: [release.pub]}\n" + rest);
    const auto good = call({"--config", file.string(), "plugins", "verify", plugin.string()});
    BOOST_TEST(good.code == 0, good.err);
    const auto fails = [&](const std::string& plugins, const std::string& because) {
        write_file(file, "plugins: " + plugins + "\n" + rest);
        const auto bad = call({"--config", file.string(), "plugins", "verify", plugin.string()});
        BOOST_TEST(bad.code == 2);
        BOOST_TEST(has(bad.err, because), bad.err);
    };
    fails("{signatures: required}", "gatehouse.yaml:1: plugins.signatures: required needs plugins.keys");
    fails("{signatures: require}", "did you mean \"required\"?");
    fails("{keys: [release]}", "this is the private key");
    fails("{keys: [lost.pub]}", "cannot be read");
    fs::permissions(shared, fs::perms::others_write, fs::perm_options::add);
    fails("{keys: [release.pub]}", "chmod go-w");
}

BOOST_AUTO_TEST_CASE(what_should_not_be_signed_is_not) {
    fs::permissions(key, fs::perms::group_read, fs::perm_options::add);
    const auto open_key = sign();
    BOOST_TEST(open_key.code == 1);
    BOOST_TEST(has(open_key.err, "chmod 600"));
    fs::permissions(key, fs::perms::group_read, fs::perm_options::remove);
    write_file(plugin, "no plugin");
    BOOST_TEST(has(sign().err, "not signed"));
    BOOST_TEST(!fs::exists(plugin.string() + ".sig"));
    BOOST_TEST(has(call({"plugins", "sign", plugin.string()}).err, "keygen"));
}

BOOST_AUTO_TEST_SUITE_END()
