// A plugin that crashes the process is named, remembered and at last kept out.
#include "core/plugin/crash.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>

#include <fstream>
#include <unistd.h>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

/// Runs `crash` in a child with the handler installed; what it wrote to stderr and the signal that ended it.
template <class F>
std::pair<std::string, int> crash_in_child(const std::filesystem::path& directory, F crash) {
    int ends[2];
    BOOST_REQUIRE(::pipe(ends) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        install_crash_handler(directory);
        crash();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string said;
    char buffer[512];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) said.append(buffer, static_cast<size_t>(n));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {said, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

std::vector<std::filesystem::path> markers(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        if (entry.path().extension() == ".crashed") found.push_back(entry.path());
    return found;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(crash, test::Fixture)

BOOST_AUTO_TEST_CASE(a_crash_outside_plugins_names_none) {
    const auto [said, number] = crash_in_child(folder.path(), [] { ::raise(SIGABRT); });
    BOOST_TEST(number == SIGABRT);
    BOOST_TEST(said == "");
    BOOST_TEST(markers(folder.path()).empty());
}

BOOST_AUTO_TEST_CASE(two_crashes_quarantine_the_build_until_the_marker_goes) {
    const auto staging = folder.path() / "staging";
    const auto source = open_script();
    http::Request request;
    request.fields = {{"x-verify", "crash"}};
    for (int i = 0; i < k_crashes_to_quarantine; ++i) {
        {
            Host next(clock, &store, log, metrics, staging);
            BOOST_TEST(next.load(config)->plugins.at(0).state == "loaded");
        }
        const auto [said, number] = crash_in_child(staging, [&] { (void)source->verify(source->routes()[0], request); });
        BOOST_TEST(said.find("plugin script crashed\n") != std::string::npos);
        BOOST_TEST(number != 0);
        BOOST_REQUIRE(markers(staging).size() == 1);
    }
    Host next(clock, &store, log, metrics, staging);
    const auto refused = next.load(config);
    BOOST_TEST(refused->plugins.at(0).code == "quarantined");
    BOOST_TEST(refused->plugins.at(0).reason.find(markers(staging)[0].string()) != std::string::npos);
    BOOST_TEST(!refused->slots.at(0).source);
    // A file with other bytes is another build.
    std::ofstream(plugins / "script.so", std::ios::app | std::ios::binary) << '\0';
    BOOST_TEST(next.load(config)->plugins.at(0).state == "loaded");
    install("script");
    BOOST_TEST(next.load(config)->plugins.at(0).code == "quarantined");
    std::filesystem::remove(markers(staging)[0]);
    BOOST_TEST(next.load(config)->plugins.at(0).state == "loaded");
}

BOOST_AUTO_TEST_SUITE_END()
