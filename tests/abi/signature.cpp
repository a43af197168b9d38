// Signed plugin files: which load, and what is said of the others.
#include "core/plugin/signature.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"
#include "tests/support/child.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

namespace fs = std::filesystem;

struct Signed : test::Fixture {
    Signed() {
        config.plugins.signatures = config::Signatures::required;
        config.plugins.keys = {{"keys/ours.pub", ours.public_key()}, {"keys/partner.pub", partner.public_key()}};
    }
    static FileImage image(const fs::path& file) { return std::get<FileImage>(read_plugin_file(file)); }
    void sign_with(const fs::path& file, const ed25519::PrivateKey& key) { test::write_file(signature_file(file), sign(image(file), key)); }
    /// Empty when it loads.
    std::string code() {
        generation = host.load(config);
        for (const auto& p : generation->plugins)
            if (p.state == "refused") return p.code;
        return generation->plugins.empty() ? "nothing there" : "";
    }
    std::string reason() {
        for (const auto& p : generation->plugins)
            if (p.state == "refused") return p.reason;
        return {};
    }

    const ed25519::PrivateKey ours = ed25519::PrivateKey::make(), partner = ed25519::PrivateKey::make(),
                              stranger = ed25519::PrivateKey::make();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signatures, Signed)

BOOST_AUTO_TEST_CASE(a_signed_file_loads_and_its_signer_is_named) {
    const auto file = install("tiny");
    sign_with(file, partner);
    BOOST_TEST(code() == "");
    BOOST_TEST(generation->plugins.at(0).signed_by == "partner (" + partner.public_key().id() + ")");
}

BOOST_AUTO_TEST_CASE(an_unsigned_file_is_refused_only_where_signatures_are_required) {
    install("tiny");
    BOOST_TEST(code() == "unsigned");
    BOOST_TEST(reason().find("gatehouse plugins sign tiny.so --key") != std::string::npos);
    config.plugins.signatures = config::Signatures::allow_unsigned;
    BOOST_TEST(code() == "");
    BOOST_TEST(generation->plugins.at(0).signed_by == "");
    // The bytes are known and loaded by now: still no.
    config.plugins.signatures = config::Signatures::required;
    BOOST_TEST(code() == "unsigned");
    BOOST_TEST(generation->libraries.empty());
}

BOOST_AUTO_TEST_CASE(a_wrong_signature_is_refused_also_where_none_is_needed) {
    for (const auto mode : {config::Signatures::required, config::Signatures::allow_unsigned}) {
        config.plugins.signatures = mode;
        const auto file = install("tiny");
        sign_with(file, ours);
        BOOST_TEST(code() == "");
        config.plugins.keys[1].file = mode == config::Signatures::required ? "a" : "b"; // other rules: nothing is kept from before

        test::write_file(file, test::read_file(file) + "x"); // tampered
        BOOST_TEST(code() == "signature_wrong");
        install("second", "tiny"); // swapped file
        BOOST_TEST(code() == "signature_wrong");

        install("tiny");
        sign_with(file, stranger);
        BOOST_TEST(code() == "signature_unknown_key");
        BOOST_TEST(reason().find(stranger.public_key().id()) != std::string::npos);
        // A stranger's signature under our key's name.
        auto text = test::read_file(signature_file(file));
        text.replace(text.find("ed25519:"), 40, ours.public_key().id());
        test::write_file(signature_file(file), text);
        BOOST_TEST(code() == "signature_wrong");
    }
}

BOOST_AUTO_TEST_CASE(signatures_of_two_files_do_not_change_places) {
    const auto tiny = install("tiny"), second = install("script");
    sign_with(tiny, ours);
    sign_with(second, ours);
    BOOST_TEST(code() == "");
    fs::rename(signature_file(tiny), folder.path() / "one");
    fs::rename(signature_file(second), signature_file(tiny));
    fs::rename(folder.path() / "one", signature_file(second));
    config.plugins.keys.pop_back();
    generation = host.load(config);
    BOOST_REQUIRE(generation->plugins.size() == 2);
    for (const auto& p : generation->plugins) BOOST_TEST(p.code == "signature_wrong");
}

BOOST_AUTO_TEST_CASE(a_signature_has_one_form_only) {
    const auto file = install("tiny");
    const auto good = sign(image(file), ours);
    for (const auto& text : {good + "\n", good + "x", " " + good, good.substr(0, good.size() - 1), std::string(), std::string(5000, 'x'),
                             good + good, std::string("gatehouse-plugin-signature-v2") + good.substr(29)}) {
        test::write_file(signature_file(file), text);
        BOOST_TEST(code() == "signature_malformed", text.substr(0, 200));
    }
    fs::remove(signature_file(file));
    fs::create_directory(signature_file(file));
    BOOST_TEST(code() == "signature_unreadable");
}

BOOST_AUTO_TEST_CASE(a_link_is_read_once_and_has_the_signature_beside_itself) {
    const auto real = install("tiny");
    const auto there = folder.path() / "tiny.so", link = plugins / "tiny.so";
    fs::rename(real, there);
    fs::create_symlink(there, link);
    sign_with(link, ours);
    BOOST_TEST(fs::exists(plugins / "tiny.so.sig"));
    BOOST_TEST(code() == "");
    // Its target changes after the bytes were read: those bytes count, not the path.
    const auto read = image(link);
    fs::remove(link);
    fs::create_symlink(install("second"), link);
    fs::remove(plugins / "second.so");
    const auto checked = check_signature(read, true, config.plugins.keys);
    BOOST_TEST(std::holds_alternative<const config::TrustedKey*>(checked));
}

BOOST_AUTO_TEST_CASE(a_reload_that_was_not_taken_over_takes_nothing_away) {
    const auto file = install("tiny");
    sign_with(file, ours);
    config.sources = {source_config("one", "tiny", "{}")};
    const auto present = host.load(config);
    BOOST_REQUIRE(present->slots.at(0).source);
    test::write_file(signature_file(file), "spoilt");
    config::Config other;
    other.plugins = config.plugins;
    other.plugins.keys.pop_back();
    other.sources = config.sources;
    BOOST_TEST(!host.load(other, present.get())->slots.at(0).source); // other rules: the old file does not count
    const auto after = host.load(config, present.get(), Unchanged::keep);
    BOOST_TEST(after->slots.at(0).source == present->slots.at(0).source);
}

BOOST_AUTO_TEST_CASE(an_unsigned_replacement_leaves_the_signed_one_serving) {
    const auto file = install("tiny");
    sign_with(file, ours);
    BOOST_REQUIRE(open("tiny", "{}").source);
    install("second", "tiny");
    const auto slot = open("tiny", "{}");
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    BOOST_TEST(generation->plugins.at(0).code == "signature_wrong");
    BOOST_TEST(generation->plugins.at(1).version == "1.0.0");
    sign_with(file, ours);
    BOOST_REQUIRE(open("tiny", "{}").source);
    BOOST_TEST(generation->plugins.at(0).version == "2.0.0");
}

BOOST_AUTO_TEST_SUITE_END()
