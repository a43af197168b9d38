// Plugins in processes of their own: whatever one does to its process ends there, is told and counted, and the next request is served by a
// new one.
#include "core/plugin/job.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <future>
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
    static Verdict verify(const Source& source, const std::string& what = {}) { return source.verify(source.routes()[0], request(what)); }
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
    {"spin", "was killed in verify: it "}, // by processor time, or by the clock where the machine has none to give
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

BOOST_AUTO_TEST_CASE(a_batch_takes_one_way_and_is_answered_in_order) {
    const auto source = open_script();
    std::vector<http::Request> requests;
    for (const auto* how : {"", "refuse", "need", "nothing", ""}) {
        requests.push_back(request(""));
        requests.back().fields = {{"x-verify", how}};
    }
    requests[4].fields = {{"x-handle", "respond"}};
    std::vector<Arrival> arrivals;
    for (const auto& one : requests) arrivals.push_back({&source->routes()[0], &one});
    {
        const auto all = source->receive(arrivals, clock.now());
        BOOST_REQUIRE(all.size() == 5u);
        BOOST_TEST(std::holds_alternative<EventDraft>(all[0].outcome.value()));
        BOOST_TEST(std::get<Refusal>(all[1].verdict).code == "signature_mismatch");
        BOOST_TEST(std::holds_alternative<Job>(all[2].verdict));
        BOOST_TEST(std::get<Fault>(all[3].verdict).reason.find("answered neither accept") != std::string::npos);
        BOOST_TEST(std::get<DirectResponse>(all[4].outcome.value()).response.body == "{}");
        BOOST_TEST(!all[1].outcome);
    }
    BOOST_TEST(dropped(1));
    // Outside of its window nothing is handled: the same request an hour later.
    const auto late = source->receive({arrivals.data(), 1}, clock.now() + std::chrono::hours(1));
    BOOST_TEST(std::holds_alternative<Acceptance>(late[0].verdict));
    BOOST_TEST(!late[0].outcome);
}

BOOST_AUTO_TEST_CASE(a_crash_in_a_batch_is_a_fault_of_all_and_the_next_batch_is_served) {
    const auto source = open_wild();
    const auto good = request(""), bad = request("crash");
    std::vector<Arrival> arrivals;
    for (int i = 0; i < 8; ++i) arrivals.push_back({&source->routes()[0], i == 5 ? &bad : &good});
    for (const auto& one : source->receive(arrivals, clock.now())) BOOST_TEST(std::holds_alternative<Fault>(one.verdict));
    BOOST_REQUIRE(serves(*source));
    arrivals.erase(arrivals.begin() + 5);
    for (const auto& one : source->receive(arrivals, clock.now())) BOOST_TEST(std::holds_alternative<EventDraft>(one.outcome.value()));
    BOOST_TEST(faults("wild") == 1u);
}

BOOST_AUTO_TEST_CASE(one_that_answers_itself_and_works_on_is_found) {
    const auto source = open_wild();
    BOOST_TEST(std::holds_alternative<Acceptance>(verify(*source, "moonlight")));
    BOOST_REQUIRE(soon([&] { return source->worker()->crashes == 1; }));
    BOOST_TEST(source->worker()->last_crash.find("while nothing was asked of it") != std::string::npos, source->worker()->last_crash);
    BOOST_TEST(serves(*source));
}

BOOST_AUTO_TEST_CASE(many_threads_share_a_worker) {
    const auto source = open_wild();
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int k = 0; k < 50; ++k) accepted += std::holds_alternative<Acceptance>(verify(*source));
        });
    for (auto& thread : threads) thread.join();
    BOOST_TEST(accepted == 400);
}

BOOST_AUTO_TEST_CASE(a_large_body_arrives_whole) {
    const auto source = open_script();
    auto large = request("");
    large.fields = {{"x-handle", "respond"}};
    large.body = std::string(20u << 20, 'b');
    large.body += "end";
    const Arrival arrival{&source->routes()[0], &large};
    const auto answered = source->receive({&arrival, 1}, clock.now());
    // What comes back is larger than a value of the state may be; nothing smaller would have been refused for that.
    BOOST_TEST(std::get<Fault>(answered[0].outcome.value()).reason.find("is larger than 1 MiB") != std::string::npos);
    large.body = std::string((1u << 20) - 3, 'b') + "end";
    const auto fits = source->receive({&arrival, 1}, clock.now());
    BOOST_TEST((std::get<DirectResponse>(fits[0].outcome.value()).response.body == large.body));
}

BOOST_AUTO_TEST_CASE(a_job_whose_process_ended_is_tried_again) {
    const auto source = open_script();
    JobRunner runner([](egress::Request, auto, egress::Done) {}, store, clock, log, metrics);
    std::promise<JobEnd> ended;
    runner.run(std::get<Job>(source->operation("run", R"({"script":"s!"})")), std::chrono::seconds(20),
               [&](JobEnd end) { ended.set_value(std::move(end)); });
    const auto end = ended.get_future().get();
    BOOST_TEST((std::get<JobFailure>(end.value).kind == JobFailure::Kind::retry));
    BOOST_REQUIRE(soon([&] { return source->worker()->crashes == 1 && source->worker()->state == "running"; }));
    BOOST_TEST(source->worker()->last_crash.find("in step") != std::string::npos);

    // One that waits while its process ends for another reason.
    std::promise<JobEnd> lost;
    runner.run(std::get<Job>(source->operation("run", R"({"script":"ss"})")), std::chrono::seconds(60),
               [&](JobEnd given) { lost.set_value(std::move(given)); });
    ::kill(static_cast<pid_t>(source->worker()->pid), SIGKILL);
    BOOST_TEST((std::get<JobFailure>(lost.get_future().get().value).kind == JobFailure::Kind::retry));
}

BOOST_AUTO_TEST_CASE(a_changed_state_is_seen_by_the_next_step) {
    const auto source = open_script();
    const auto read = [&] {
        JobRunner runner([](egress::Request, auto, egress::Done) {}, store, clock, log, metrics);
        std::promise<JobEnd> ended;
        runner.run(std::get<Job>(source->operation("run", R"({"script":"k"})")), std::chrono::seconds(20),
                   [&](JobEnd end) { ended.set_value(std::move(end)); });
        return std::get<JobDocument>(ended.get_future().get().value).body;
    };
    BOOST_TEST(read() == "start;k=none;");
    source->apply_state({{"k", "one"}});
    BOOST_TEST(read() == "start;k=one;");
    source->apply_state({{"k", "two"}});
    BOOST_TEST(read() == "start;k=two;");
    source->apply_state({{"k", std::nullopt}});
    BOOST_TEST(read() == "start;k=none;");
}

BOOST_AUTO_TEST_CASE(a_constructor_finds_no_files_and_one_that_crashes_is_refused) {
    install("nosy");
    const auto slot = open("nosy", "{}");
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    BOOST_TEST(std::get<Refusal>(verify(*slot.source)).code == "saw_nothing");
    install("crash_constructor");
    const auto crashes = open("crash_constructor", "{}");
    BOOST_TEST(!crashes.source);
    BOOST_TEST(crashes.reason.find("crashes: the worker process that loads it was ended by signal") != std::string::npos, crashes.reason);
}

BOOST_AUTO_TEST_CASE(an_exception_from_isolation_needs_the_name_of_the_file_too) {
    config.plugins.overrides["tiny"] = config::Isolation::none;
    install("tiny");
    BOOST_TEST(!open("tiny", "{}").source->isolated());
    std::filesystem::remove(plugins / "tiny.so");
    install("tiny", "other"); // calls itself "tiny"
    BOOST_TEST(open("tiny", "{}").source->isolated());
    config.plugins.isolation = config::Isolation::none;
    BOOST_TEST(!open("tiny", "{}").source->isolated());
    config.plugins.overrides["tiny"] = config::Isolation::process;
    BOOST_TEST(open("tiny", "{}").source->isolated());
}

BOOST_AUTO_TEST_SUITE_END()
