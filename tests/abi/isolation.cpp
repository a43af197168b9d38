// Plugins in processes of their own: whatever one does to its process ends there, is told and counted, and the next request is served by a
// new one.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <thread>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

struct Isolated : test::Fixture {
    std::shared_ptr<Source> open_wild(const std::string& name = "one") {
        install("wild");
        const auto slot = open("wild", "{}", name);
        BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
        return slot.source;
    }
    static http::Request request(const std::string& what) {
        http::Request r;
        r.method = "POST";
        r.path = r.target = "/hooks/one";
        if (!what.empty()) r.fields = {{"x-do", what}};
        r.body = "{}";
        return r;
    }
    static Verdict verify(const Source& source, const std::string& what = {}) {
        return source.verify(source.routes()[0], request(what));
    }
    /// A crash is told a moment after the call ended, and the next process comes a moment later.
    template <class Condition>
    static bool soon(Condition condition) {
        for (const auto until = Steady::now() + std::chrono::seconds(20); Steady::now() < until;) {
            if (condition()) return true;
            std::this_thread::yield();
        }
        return false;
    }
    static bool serves(const Source& source) {
        return soon([&] { return std::holds_alternative<Acceptance>(verify(source)); });
    }
};

struct Deed {
    const char *what, *says;
};
std::ostream& operator<<(std::ostream& out, const Deed& deed) {
    return out << deed.what;
}

const Deed k_deeds[] = {
    {"crash", "SIGILL) in verify"},
    {"null", "SIGSEGV) in verify"},
    {"abort", "SIGABRT) in verify"},
    {"exit", "exit status 0 in verify"},
    {"recurse", "SIGSEGV) in verify"},
    {"spin", "of processor time in one call"},
    {"eat", "in verify"},
    {"socket", "the network is not for isolated plugins"},
    {"unix_socket", "the network is not for isolated plugins"},
    {"file", "opening a file is not for isolated plugins"},
    {"write_file", "opening a file is not for isolated plugins"},
    {"exec", "running a program is not for isolated plugins"},
    {"fork", "starting a thread or a process is not for isolated plugins"},
    {"thread", "starting a thread or a process"},
    {"ptrace", "looking into another process is not for isolated plugins"},
    {"kill", "signals to other processes is not for isolated plugins"},
    {"wait", "waiting is not for isolated plugins"},
    {"sleep", "waiting is not for isolated plugins"},
    {"code", "making memory executable is not for isolated plugins"},
    {"write_code", "SIGSEGV) in verify"},
    {"new_code", "making memory executable is not for isolated plugins"},
    {"lie_accept", "makes no sense"},
    {"lie_kind", "makes no sense"},
    {"lie_huge", "a message of more than 80 MiB"},
    {"lie_noise", "in verify"},
    {"close_lanes", "in verify"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(isolation, Isolated)

BOOST_AUTO_TEST_CASE(a_plugin_serves_from_its_own_process) {
    const auto source = open_wild();
    BOOST_TEST(source->isolated());
    BOOST_TEST(std::holds_alternative<Acceptance>(verify(*source)));
    const auto worker = source->worker();
    BOOST_REQUIRE(worker);
    BOOST_TEST(worker->state == "running");
    BOOST_TEST(worker->pid != ::getpid());
    BOOST_TEST(::kill(static_cast<pid_t>(worker->pid), 0) == 0);
    BOOST_TEST(worker->crashes == 0u);
}

BOOST_DATA_TEST_CASE(what_it_does_to_its_process_ends_there, k_deeds, deed) {
    const auto source = open_wild();
    const auto first = source->worker()->pid;
    BOOST_TEST(std::holds_alternative<Fault>(verify(*source, deed.what)));
    BOOST_REQUIRE(soon([&] { return source->worker()->crashes == 1; }));
    BOOST_TEST(source->worker()->last_crash.find(deed.says) != std::string::npos, source->worker()->last_crash);
    BOOST_TEST(serves(*source));
    BOOST_TEST(source->worker()->pid != first);
    BOOST_TEST(faults("wild") == 1u);
    BOOST_TEST(lines.has("plugin misbehaving"));
    BOOST_TEST(::kill(static_cast<pid_t>(first), 0) != 0); // no zombie either
}

BOOST_AUTO_TEST_SUITE_END()
