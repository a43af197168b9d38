// Files that must be refused, each with its code and without harm to the process that looks at them.
#include "core/plugin/library.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include <fstream>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    file.close();
    ::chmod(path.c_str(), 0644);
}

struct Bad {
    const char *plugin, *code, *says;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) {
    return out << bad.plugin;
}

const Bad k_bad[] = {
    {"no_symbol", "no_symbol", "does not export gatehouse_plugin_v1"},
    {"wrong_major", "wrong_major", "exports gatehouse_plugin_v2"},
    {"needs_newer", "needs_newer", "needs ABI 1.7, this host has 1.0"},
    {"null_descriptor", "null_descriptor", "frobnicator"},
    {"short_struct", "short_struct", "sizeof(gatehouse_plugin)"},
    {"bad_name", "bad_name", "a-z, 0-9"},
    {"bad_version", "bad_version", "semantic version"},
    {"bad_schema", "bad_schema", "#/oneOf"},
    {"null_function", "null_function", "close_source"},
    {"throws_entry", "throws", "catch it"},
    {"crash_constructor", "crashes", "SIGABRT"},
    {"exit_constructor", "crashes", "exit status 0"},
    {"crash_entry", "crashes", "signal"},
    {"bad_pointer", "crashes", "SIGSEGV"},
    {"undefined_symbol", "not_loadable", "defined_nowhere"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(load, test::Fixture)

BOOST_DATA_TEST_CASE_F(test::Fixture, each_broken_plugin_is_refused_with_its_code, k_bad, bad) {
    install(bad.plugin);
    const auto slot = open(bad.plugin, "{}");
    BOOST_REQUIRE(generation->plugins.size() == 1);
    const auto& info = generation->plugins[0];
    BOOST_TEST(info.state == "refused");
    BOOST_TEST(info.code == bad.code);
    BOOST_TEST_INFO(info.reason);
    BOOST_TEST(info.reason.find(bad.says) != std::string::npos);
    BOOST_TEST(info.reason.find(folder.path().string()) == std::string::npos); // the staged copy's name helps nobody
    BOOST_TEST(!slot.source);
    BOOST_TEST(slot.reason.find(bad.code) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_constructor_that_never_ends_is_given_up) {
    const auto began = Steady::now();
    const auto refused =
        probe(std::filesystem::path(ABI_PLUGINS) / "slow_constructor.so", {"slow_constructor", "slow.crashed"}, Millis(200));
    BOOST_REQUIRE(refused);
    BOOST_TEST(refused->code == "too_slow");
    BOOST_TEST((Steady::now() - began < std::chrono::seconds(30))); // by itself it never ends
}

BOOST_AUTO_TEST_CASE(a_good_plugin_is_described) {
    install("script");
    const auto slot = open("script", R"({"secret":"s"})");
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    const auto& info = generation->plugins.at(0);
    BOOST_TEST(info.state == "loaded");
    BOOST_TEST(info.code == "");
    BOOST_TEST(info.name == "script");
    BOOST_TEST(info.version == "1.2.3-rc.1+build");
    BOOST_TEST(info.summary == "does what it is told");
    BOOST_TEST(info.generation == 1u);
    BOOST_TEST(info.sources == std::vector<std::string>{"one"});
    BOOST_TEST(info.settings_schema.find("writeOnly") != std::string::npos);
    BOOST_TEST(metrics.gauge("gatehouse_plugin_generation", "", {{"plugin", "script"}}).value() == 1);
}

BOOST_AUTO_TEST_CASE(files_that_are_no_libraries) {
    const auto good = bytes_of(std::filesystem::path(ABI_PLUGINS) / "tiny.so");
    const auto code = [&](std::string_view bytes) {
        write(plugins / "file.so", bytes);
        config.sources.clear();
        return host.load(config)->plugins.at(0).code;
    };
    BOOST_TEST(code("#!/bin/sh\necho hello\n") == "not_elf");
    BOOST_TEST(code("") == "truncated");
    BOOST_TEST(code(good.substr(0, 32)) == "truncated");
    auto other = good;
    other[18] = static_cast<char>(0x28); // e_machine: 32-bit ARM
    BOOST_TEST(code(other) == "wrong_architecture");
    other = good;
    other[16] = 1; // e_type: relocatable
    BOOST_TEST(code(other) == "not_library");
}

BOOST_AUTO_TEST_CASE(no_truncation_reaches_the_loader) {
    const auto good = bytes_of(std::filesystem::path(ABI_PLUGINS) / "tiny.so");
    for (size_t size = 1; size < good.size(); size += 97) {
        const auto refused = check_elf(std::string_view(good).substr(0, size));
        BOOST_TEST_INFO("first " << size << " of " << good.size() << " bytes");
        BOOST_REQUIRE(refused);
        BOOST_TEST((refused->code == "truncated" || refused->code == "not_elf"));
    }
    BOOST_TEST(!check_elf(good));
}

BOOST_AUTO_TEST_CASE(no_flipped_byte_in_the_tables_is_read_out_of_bounds) {
    // For the sanitizers: whatever the header and the section table say, only bytes of the file are looked at.
    const auto good = bytes_of(std::filesystem::path(ABI_PLUGINS) / "no_symbol.so");
    size_t refused = 0;
    const auto flip = [&](size_t at) {
        for (const int bits : {0x01, 0x80, 0xff}) {
            auto bad = good;
            bad[at] = static_cast<char>(bad[at] ^ bits);
            refused += check_elf(bad) ? 1 : 0;
        }
    };
    for (size_t at = 0; at < 64; ++at) flip(at);
    for (size_t at = good.size() - std::min<size_t>(good.size(), 1200); at < good.size(); ++at) flip(at);
    BOOST_TEST(refused > 0);
}

BOOST_AUTO_TEST_CASE(a_file_that_others_may_write_is_refused) {
    const auto file = install("tiny");
    for (const mode_t mode : {0664, 0646}) {
        ::chmod(file.c_str(), mode);
        config.sources.clear();
        const auto info = host.load(config)->plugins.at(0);
        BOOST_TEST(info.code == "writable");
        BOOST_TEST(info.reason.find("chmod go-w tiny.so") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(only_regular_files_are_read) {
    std::filesystem::create_directory(plugins / "folder.so");
    BOOST_REQUIRE(::mkfifo((plugins / "pipe.so").c_str(), 0600) == 0);
    std::filesystem::create_symlink("/nowhere", plugins / "dangling.so");
    const auto loaded = host.load(config);
    BOOST_REQUIRE(loaded->plugins.size() == 3);
    BOOST_TEST(loaded->plugins[0].code == "unreadable");
    BOOST_TEST(loaded->plugins[1].code == "not_regular");
    BOOST_TEST(loaded->plugins[2].code == "not_regular");
}

BOOST_AUTO_TEST_CASE(the_second_file_of_one_plugin_is_refused) {
    install("tiny", "a");
    install("second", "b");
    const auto slot = open("tiny", "{}");
    BOOST_REQUIRE(slot.source);
    BOOST_REQUIRE(generation->plugins.size() == 2);
    BOOST_TEST(generation->plugins[0].version == "1.0.0");
    BOOST_TEST(generation->plugins[1].code == "duplicate_name");
}

BOOST_AUTO_TEST_CASE(a_source_without_its_plugin_has_a_reason_with_a_suggestion) {
    install("tiny");
    const auto slot = open("tinny", "{}");
    BOOST_TEST(!slot.source);
    BOOST_TEST(slot.reason == "gatehouse.yaml:10: sources.one.plugin: no plugin \"tinny\" is loaded, did you mean \"tiny\"?");
}

BOOST_AUTO_TEST_CASE(a_missing_directory_leaves_every_source_empty) {
    config.plugins.directory = folder.path() / "nowhere";
    const auto slot = open("tiny", "{}");
    BOOST_TEST(!slot.source);
    BOOST_TEST(lines.has("plugin directory cannot be read"));
}

BOOST_AUTO_TEST_CASE(inspection_of_one_file) {
    const auto good = host.inspect(std::filesystem::path(ABI_PLUGINS) / "script.so");
    // The build's own file may be group-writable, depending on the umask.
    const auto file = install("script");
    const auto info = host.inspect(file);
    BOOST_REQUIRE(info.ok());
    BOOST_TEST(info->name == "script");
    BOOST_TEST(info->sources.empty());
    const auto bad = host.inspect(install("wrong_major"));
    BOOST_REQUIRE(!bad.ok());
    BOOST_TEST(bad.error().message.find("wrong_major: ") != std::string::npos);
    BOOST_TEST(!host.inspect(plugins / "none.so").ok());
}

BOOST_AUTO_TEST_CASE(samples_are_copied_and_can_be_opened) {
    const auto file = install("script");
    const auto samples = host.samples(file);
    BOOST_REQUIRE(samples.ok());
    BOOST_REQUIRE(samples->size() == 2);
    BOOST_TEST((*samples)[0].name == "genuine");
    BOOST_TEST((*samples)[0].accept);
    BOOST_TEST(!(*samples)[1].accept);
    BOOST_TEST((*samples)[1].code == "signature_mismatch");
    BOOST_TEST(to_unix_ms((*samples)[0].at) == 1'700'000'000'000);
    auto source = host.open_sample(file, (*samples)[1]);
    BOOST_REQUIRE(source.ok());
    BOOST_TEST((*source)->routes().at(0).path == "/sample");
    http::Request request;
    request.method = "POST";
    request.path = request.target = "/sample";
    request.fields = {{"x-verify", "hmac"}};
    const auto verdict = (*source)->verify((*source)->routes()[0], request);
    BOOST_REQUIRE(std::holds_alternative<Refusal>(verdict));
    BOOST_TEST(std::get<Refusal>(verdict).code == (*samples)[1].code);
    source = Error{""};
    BOOST_TEST(lines.wait("closed"));
}

BOOST_AUTO_TEST_CASE(the_staging_directory_is_private_and_swept) {
    const auto staging = folder.path() / "staging2";
    std::filesystem::create_directory(staging);
    write(staging / "left-over.so", "x");
    write(staging / "tiny-000000000000.crashed", "crash\n");
    {
        Staging first(staging);
        struct stat info {};
        BOOST_REQUIRE(::stat(staging.c_str(), &info) == 0);
        BOOST_TEST((info.st_mode & 0777) == 0700u);
        BOOST_TEST(!std::filesystem::exists(staging / "left-over.so"));
        BOOST_TEST(std::filesystem::exists(staging / "tiny-000000000000.crashed"));
        const auto one = std::get<std::filesystem::path>(first.write({"a/tiny.so", "bytes", "hash"}));
        const auto two = std::get<std::filesystem::path>(first.write({"a/tiny.so", "bytes", "hash"}));
        BOOST_TEST(one != two);
        // A second process (or host) with the same directory leaves the files of the first alone.
        Staging second(staging);
        BOOST_TEST(std::filesystem::exists(one));
    }
    BOOST_TEST(std::filesystem::exists(staging / "tiny-000000000000.crashed"));
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(staging), {}) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
