// Jobs: every effect, every broken rule, deadlines and the end of the runner. HTTP is answered by the test.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

struct Sent {
    egress::Request request;
    egress::Done done;
};

struct Jobs : test::Fixture {
    std::shared_ptr<Source> source = open_script(R"({"secret":"s","key":"k3y"})");
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<Sent> sent;
    bool hold = false; ///< keep requests unanswered

    std::optional<JobRunner> runner;

    Jobs() { make_runner(2); }
    void make_runner(int threads) {
        const auto send = [this](egress::Request request, std::shared_ptr<const egress::Policy>, egress::Done done) {
            {
                const std::lock_guard lock(mutex);
                sent.push_back({std::move(request), done});
                arrived.notify_all();
            }
            if (!hold) done(ok("reply"));
        };
        runner.emplace(send, store, clock, log, metrics, threads);
    }

    static egress::Response ok(std::string body) {
        egress::Response response;
        response.status = 200;
        response.body = std::move(body);
        return response;
    }
    bool wait_sent(size_t count) {
        std::unique_lock lock(mutex);
        return arrived.wait_for(lock, std::chrono::seconds(20), [&] { return sent.size() >= count; });
    }
    Job job(const std::string& script) {
        auto made = source->operation("run", R"({"script":")" + script + R"(","url":"http://127.0.0.1:9/x"})");
        if (auto* fault = std::get_if<Fault>(&made)) throw std::runtime_error(fault->reason);
        return std::get<Job>(std::move(made));
    }
    std::future<JobEnd> start(const std::string& script, Millis deadline = std::chrono::seconds(20)) {
        auto promise = std::make_shared<std::promise<JobEnd>>();
        runner->run(job(script), deadline, [promise](JobEnd end) { promise->set_value(std::move(end)); });
        return promise->get_future();
    }
    JobEnd run(const std::string& script) { return start(script).get(); }
    std::string document(const std::string& script) {
        const auto end = run(script);
        if (const auto* failure = std::get_if<JobFailure>(&end.value)) return "failed: " + failure->text;
        return std::get<JobDocument>(end.value).body;
    }
};

struct Broken {
    const char *script, *says;
};
std::ostream& operator<<(std::ostream& out, const Broken& broken) {
    return out << broken.script;
}
const Broken k_broken[] = {
    {"n", "asked for nothing"},   {"t", "answered more than once"}, {"x", "the dog ate it"},
    {"12", "of another call"},    {"b", "holds CR, LF or NUL"},     {"e", "1 to 64 requests"},
    {"c", "a state key must be"}, {"sn", "asked for nothing"},      {"?", "returned status 4"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(jobs, Jobs)

BOOST_AUTO_TEST_CASE(every_effect_comes_back_to_the_next_step) {
    BOOST_TEST(document("hsapPd") == "start;http 0 200 reply;slept;all 0 200 reply;all 0 200 reply;all 0 200 reply;state 0;state 0;");
    BOOST_TEST(dropped(1));
    while (runner->running() > 0) std::this_thread::yield();
}

BOOST_AUTO_TEST_CASE(results_of_every_kind) {
    BOOST_TEST(std::get<JobDocument>(run("d").value).content_type == "text/plain");
    BOOST_TEST(std::holds_alternative<JobDone>(run("o").value));
    BOOST_TEST(std::get<JobGone>(run("g").value).reason == "no longer there");
    const auto response = std::get<JobResponse>(run("r").value).response;
    BOOST_TEST(response.status == 201);
    BOOST_TEST(response.body == "start;");
    BOOST_TEST(response.fields.at(0).name == "X-From");
    const auto retry = std::get<JobFailure>(run("f").value);
    BOOST_TEST((retry.kind == JobFailure::Kind::retry));
    BOOST_TEST(retry.text == "busy");
    BOOST_TEST(retry.retry_after.count() == 1500);
    BOOST_TEST((std::get<JobFailure>(run("F").value).kind == JobFailure::Kind::refused));
    BOOST_TEST((std::get<JobFailure>(run("i").value).kind == JobFailure::Kind::invalid));
    BOOST_TEST(faults("script") == 0u);
}

BOOST_DATA_TEST_CASE_F(Jobs, each_broken_rule_is_a_fault_and_drops_the_job_once, k_broken, broken) {
    const auto end = run(broken.script);
    BOOST_REQUIRE(std::holds_alternative<JobFailure>(end.value));
    const auto& failure = std::get<JobFailure>(end.value);
    BOOST_TEST((failure.kind == JobFailure::Kind::fault));
    BOOST_TEST_INFO(failure.text);
    BOOST_TEST(failure.text.find(broken.says) != std::string::npos);
    BOOST_TEST(dropped(1));
    BOOST_TEST(faults("script") == 1u);
    BOOST_TEST(sent.empty());
}

BOOST_AUTO_TEST_CASE(a_refused_try_may_be_followed_by_a_good_one) {
    BOOST_TEST(document("md") == "start;slept;");
}

BOOST_AUTO_TEST_CASE(secrets_enter_headers_only_when_sent) {
    document("hd");
    BOOST_REQUIRE(sent.size() == 1);
    const auto& fields = sent[0].request.fields;
    BOOST_REQUIRE(fields.size() == 2);
    BOOST_TEST(fields[0].name == "Authorization");
    BOOST_TEST(fields[0].value == "Basic k3y");
    BOOST_TEST(fields[1].value == "plain");
    BOOST_TEST(!lines.has("k3y"));
}

BOOST_AUTO_TEST_CASE(a_secret_with_a_line_break_does_not_leave) {
    source = open_script(R"({"secret":"s","key":"k\r\nX-Injected: yes"})");
    const auto end = run("h");
    BOOST_TEST(std::get<JobFailure>(end.value).text.find("secret \"key\" holds a line break") != std::string::npos);
    BOOST_TEST(!lines.has("X-Injected"));
    BOOST_TEST(sent.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_not_set_is_named) {
    source = open_script(R"({"secret":"s"})");
    BOOST_TEST(std::get<JobFailure>(run("h").value).text.find("secret \"key\" is not set") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(answers_of_http_all_keep_the_order_of_the_requests) {
    hold = true;
    auto future = start("ad");
    BOOST_REQUIRE(wait_sent(3));
    sent[2].done(ok("third"));
    sent[0].done(ok("first"));
    egress::Response failed;
    failed.failure = egress::Failure::tls;
    sent[1].done(failed);
    BOOST_TEST(std::get<JobDocument>(future.get().value).body == "start;all 0 200 first;all 5 0 ;all 0 200 third;");
}

BOOST_AUTO_TEST_CASE(sixty_four_at_once) {
    BOOST_TEST(std::holds_alternative<JobDone>(run("Ao").value));
    BOOST_TEST(sent.size() == 64u);
}

BOOST_AUTO_TEST_CASE(a_shared_request_is_sent_once_and_then_again) {
    make_runner(1);
    hold = true;
    std::vector<std::future<JobEnd>> all;
    for (int i = 0; i < 20; ++i) all.push_back(start("Sd"));
    auto last = start("hd");
    BOOST_REQUIRE(wait_sent(2)); // with one worker, all before the last have asked too
    BOOST_TEST(sent.size() == 2u);
    sent[0].done(ok("token"));
    for (auto& end : all) BOOST_TEST(std::get<JobDocument>(end.get().value).body == "start;http 0 200 token;");
    sent[1].done(ok("other"));
    BOOST_TEST(std::get<JobDocument>(last.get().value).body == "start;http 0 200 other;");
    hold = false;
    document("Sd"); // nothing is cached
    BOOST_TEST(sent.size() == 3u);
}

// What the answer is good for is only known to the plugin once it has stepped: jobs that were queued before that must not ask again.
BOOST_AUTO_TEST_CASE(those_who_ask_before_the_answer_was_made_use_of_get_it_too) {
    make_runner(1);
    hold = true;
    auto first = start("Sd");
    BOOST_REQUIRE(wait_sent(1));
    // The only worker is kept busy, so that the answer comes while the others have not had their first step.
    std::promise<void> go_on;
    std::promise<void> busy;
    runner->run(job("o"), std::chrono::seconds(20), [&](JobEnd) {
        busy.set_value();
        go_on.get_future().wait();
    });
    busy.get_future().wait();
    std::vector<std::future<JobEnd>> late;
    for (int i = 0; i < 50; ++i) late.push_back(start("Sd"));
    sent[0].done(ok("token"));
    go_on.set_value();
    BOOST_TEST(std::get<JobDocument>(first.get().value).body == "start;http 0 200 token;");
    for (auto& end : late) BOOST_TEST(std::get<JobDocument>(end.get().value).body == "start;http 0 200 token;");
    BOOST_TEST(sent.size() == 1u);
    hold = false;
    document("Sd"); // nothing is kept
    BOOST_TEST(sent.size() == 2u);
}

#ifndef ABI_WORKER_PROGRAM // behind a worker, the steps of a source come one after the other
// A step that began before the answer was made use of has not seen what became of it.
BOOST_AUTO_TEST_CASE(who_looked_before_the_answer_was_made_use_of_and_asks_after_gets_it_too) {
    std::promise<void> looking, go_on;
    on_line = [&](std::string_view line) {
        if (line.find("looks") == line.npos) return;
        looking.set_value();
        go_on.get_future().wait();
    };
    hold = true;
    auto first = start("Sd");
    BOOST_REQUIRE(wait_sent(1));
    auto late = start("Ld");
    looking.get_future().wait();
    sent[0].done(ok("key"));
    BOOST_TEST(std::get<JobDocument>(first.get().value).body == "start;http 0 200 key;");
    hold = false; // a second request would be answered "reply"
    go_on.set_value();
    BOOST_TEST(std::get<JobDocument>(late.get().value).body == "start;http 0 200 key;");
    BOOST_TEST(sent.size() == 1u);
    BOOST_TEST(document("Sd") == "start;http 0 200 reply;"); // nothing is kept
    BOOST_TEST(sent.size() == 2u);
}
#endif

BOOST_AUTO_TEST_CASE(the_first_of_those_who_share_may_give_up) {
    make_runner(1);
    hold = true;
    auto first = start("Sd", Millis(50));
    BOOST_REQUIRE(wait_sent(1));
    BOOST_TEST(sent[0].request.timeout.count() == 30'000); // not cut to the first one's deadline
    auto second = start("Sd");
    auto marker = start("hd");
    BOOST_REQUIRE(wait_sent(2));
    BOOST_TEST((std::get<JobFailure>(first.get().value).kind == JobFailure::Kind::retry));
    sent[0].done(ok("token"));
    sent[1].done(ok("x"));
    BOOST_TEST(std::get<JobDocument>(second.get().value).body == "start;http 0 200 token;");
    marker.get();
}

BOOST_AUTO_TEST_CASE(a_job_that_never_finishes_is_dropped_at_its_deadline) {
    for (const auto* script : {"s", "w"}) { // many short sleeps, one long one
        const auto end = start(script, Millis(50)).get();
        BOOST_TEST((std::get<JobFailure>(end.value).kind == JobFailure::Kind::retry));
    }
    BOOST_TEST(dropped(2));
    BOOST_TEST(faults("script") == 0u);
}

BOOST_AUTO_TEST_CASE(an_answer_after_the_deadline_is_ignored) {
    hold = true;
    auto future = start("hd", Millis(50));
    BOOST_REQUIRE(wait_sent(1));
    BOOST_TEST((sent[0].request.timeout <= Millis(50)));
    future.get();
    BOOST_TEST(dropped(1));
    sent[0].done(ok("late"));
    while (runner->running() > 0) std::this_thread::yield();
    BOOST_TEST(dropped(1));
}

BOOST_AUTO_TEST_CASE(a_failed_write_of_state_is_told_and_changes_nothing) {
    store.failing = true;
    BOOST_TEST(document("pk") == "start;state 1;k=none;");
    store.failing = false;
    BOOST_TEST(document("pk") == "start;state 0;k=value;");
    BOOST_TEST(document("Pk") == "start;state 0;k=none;");
}

BOOST_AUTO_TEST_CASE(state_written_after_the_deadline_is_read_all_the_same) {
    store::WriteDone late;
    store.on_put = [&](store::WriteDone done) { late = std::move(done); };
    start("pd", Millis(50)).get();
    BOOST_REQUIRE(late);
    late(Done{});
    BOOST_TEST(document("k") == "start;k=value;");
}

BOOST_AUTO_TEST_CASE(state_of_finish_is_left_to_the_caller) {
    const auto end = run("D");
    BOOST_REQUIRE(end.state.size() == 1);
    BOOST_TEST(end.state[0].key == "k");
    BOOST_TEST(document("k") == "start;k=none;");
    source->apply_state(end.state);
    BOOST_TEST(document("k") == "start;k=value;");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_runner_cancels_what_waits) {
    hold = true;
    std::vector<std::future<JobEnd>> all;
    for (const auto* script : {"w", "h", "S", "a"}) all.push_back(start(script));
    store::WriteDone never;
    std::promise<void> asked_to_write;
    store.on_put = [&](store::WriteDone done) {
        never = std::move(done);
        asked_to_write.set_value();
    };
    all.push_back(start("p"));
    BOOST_REQUIRE(wait_sent(5));
    asked_to_write.get_future().wait();
    runner.reset();
    for (auto& end : all) BOOST_TEST((std::get<JobFailure>(end.get().value).kind == JobFailure::Kind::cancelled));
    BOOST_TEST(dropped(5));
    // The client and the store answer when they like: after the runner's end too.
    for (auto& one : sent) one.done(ok("late"));
    if (never) never(Done{});
}

BOOST_AUTO_TEST_CASE(a_job_keeps_its_source_open) {
    hold = true;
    auto future = start("hd");
    BOOST_REQUIRE(wait_sent(1));
    source.reset();
    generation.reset();
    BOOST_TEST(!lines.has("closed"));
    sent[0].done(ok("x"));
    future.get();
    BOOST_TEST(lines.wait("closed"));
    BOOST_TEST(lines.text().find("dropped") < lines.text().find("closed"));
}

BOOST_AUTO_TEST_CASE(many_jobs_on_two_threads_end_once_each) {
    std::atomic<size_t> ended{0};
    for (int i = 0; i < 2000; ++i) runner->run(job(i % 3 ? "hspd" : "ssn"), std::chrono::seconds(60), [&](JobEnd) { ++ended; });
    while (runner->running() > 0) std::this_thread::yield();
    BOOST_TEST(ended == 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
