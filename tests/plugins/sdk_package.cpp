// The way of a plugin author: install the SDK, build the template against it with find_package(Gatehouse), load the result.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/plugins/fake_host.hpp"

namespace fs = std::filesystem;

namespace {

std::string output_of(const std::string& command, int& status) {
    std::string out;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (!pipe) throw std::runtime_error("popen");
    std::array<char, 4096> buffer;
    while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
    status = pclose(pipe);
    return out;
}

void run(const std::string& command) {
    int status = 0;
    const std::string out = output_of(command, status);
    BOOST_REQUIRE_MESSAGE(status == 0, command << "\n" << out);
}

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(in, file);
    return (std::ostringstream() << in.rdbuf()).str();
}

std::string exported(const fs::path& file) {
    int status = 0;
    return output_of("nm -D --defined-only " + file.string(), status);
}

/// Installed and built once, in a directory of its own.
struct Built {
    fs::path dir, plugin;
    Built() {
        // In the build tree: a temporary directory may be mounted noexec, and then nothing loads from it.
        std::string name = (fs::path(BINARY_DIR) / "sdk-package-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        dir = name;
        run(std::string(CMAKE) + " --install " + BINARY_DIR + " --component sdk --prefix " + (dir / "usr").string());
        fs::copy(dir / "usr/share/gatehouse/sdk/template", dir / "acme", fs::copy_options::recursive);
        run(std::string(CMAKE) + " -G Ninja -S " + (dir / "acme").string() + " -B " + (dir / "build").string() +
            " -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=" + (dir / "usr").string() + " -DCMAKE_CXX_COMPILER=" + CXX +
            " -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror " + FLAGS + "'");
        run(std::string(CMAKE) + " --build " + (dir / "build").string());
        plugin = dir / "build/plugins/acme.so";
    }
    ~Built() {
        std::error_code ignored;
        fs::remove_all(dir, ignored);
    }
    static const Built& get() {
        static const Built b;
        return b;
    }
};

/// The first fenced block of that language.
std::string code_block(const std::string& text, const std::string& language) {
    const std::string fence = "```" + language + "\n";
    const size_t begin = text.find(fence);
    if (begin == std::string::npos) return "";
    return text.substr(begin + fence.size(), text.find("```", begin + fence.size()) - begin - fence.size());
}

} // namespace

BOOST_AUTO_TEST_CASE(a_plugin_exports_exactly_one_symbol) {
    for (const fs::path& file : {fs::path(BASIQ_PLUGIN), Built::get().plugin}) {
        const std::string symbols = exported(file);
        BOOST_TEST(std::count(symbols.begin(), symbols.end(), '\n') == 1, symbols);
        BOOST_TEST(symbols.ends_with(" T gatehouse_plugin_v1\n"), symbols);
    }
}

BOOST_AUTO_TEST_CASE(a_plugin_is_bound_and_protected_at_load_time) {
    int status = 0;
    const std::string dynamic = output_of("readelf -dlW " + Built::get().plugin.string(), status);
    BOOST_TEST(dynamic.find("NOW") != std::string::npos);
    BOOST_TEST(dynamic.find("GNU_RELRO") != std::string::npos);
    BOOST_TEST(output_of("readelf -sW " + Built::get().plugin.string(), status).find(" UNIQUE ") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_readme_shows_what_is_built_here) {
    const fs::path sdk(SDK_DIR);
    const std::string readme = read(sdk / "README.md"), source = read(sdk / "template/acme.cpp");
    BOOST_TEST(code_block(readme, "cpp") == source);
    BOOST_TEST(code_block(readme, "cmake") == read(sdk / "template/CMakeLists.txt"));
    BOOST_TEST(std::count(source.begin(), source.end(), '\n') < 100);
}

BOOST_AUTO_TEST_CASE(the_template_passes_its_samples) {
    const fake::Plugin plugin(Built::get().plugin.string());
    BOOST_TEST(fake::text(plugin->name) == "acme");
    BOOST_REQUIRE(plugin->sample_count >= 2u);
    for (size_t i = 0; i < plugin->sample_count; ++i) BOOST_TEST(fake::check(plugin, *plugin->samples[i]) == "");
}

BOOST_AUTO_TEST_CASE(the_template_fetches_back) {
    const fake::Plugin plugin(Built::get().plugin.string());
    fake::Source source(plugin, R"({"secret": "rfiuheo43934", "api_key": "k"})");
    BOOST_REQUIRE_EQUAL(source.enrolled, GATEHOUSE_OK);
    const auto asked = [&](const char* subject) {
        fake::Request r;
        auto j = source.fetch(r, "order.paid", subject);
        BOOST_REQUIRE_EQUAL(j->start(), GATEHOUSE_OK);
        return j;
    };
    auto j = asked("o 17?x=1#y");
    BOOST_TEST(j->requests.at(0).url == "https://api.acme.example/v1/orders/o%2017%3Fx%3D1%23y");
    BOOST_TEST(j->requests.at(0).header("Authorization") == "Bearer {api_key}");
    j->reply({.body = "{\"id\": 17}", .headers = {}, .error = ""});
    BOOST_TEST(j->body == "{\"id\": 17}");
    j = asked("o-17");
    j->reply({.status = 404, .body = "", .headers = {}, .error = ""});
    BOOST_TEST(j->result == GATEHOUSE_RESULT_GONE);
    j = asked("o-17");
    j->reply({.status = 429, .body = "", .headers = {{"Retry-After", "3"}}, .error = ""});
    BOOST_TEST(j->retry_after == 3000);
    for (const char* elsewhere : {"", ".", "..", "o/17", "../admin", "%2e%2e", "a\\b", "a\nb"})
        BOOST_TEST(asked(elsewhere)->failure == GATEHOUSE_FAIL_INVALID, elsewhere);
}
