// Coroutine jobs, driven step by step through the ABI.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/sdk_jobs_plugin.hpp"

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(&gatehouse_plugin_v1);
    return p;
}

struct Fixture {
    fake::Source source{plugin(), R"({"key": "k"})"};
    std::unique_ptr<fake::Job> begin(std::string_view name, const std::string& arguments = "{}") {
        auto job = source.operation(name, arguments);
        BOOST_REQUIRE(job);
        BOOST_REQUIRE_EQUAL(job->start(), GATEHOUSE_OK);
        BOOST_REQUIRE_EQUAL(job->asks, 1);
        return job;
    }
};

using Replies = std::vector<fake::Reply>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(jobs, Fixture)

BOOST_AUTO_TEST_CASE(a_request_reaches_the_host_as_it_was_built) {
    auto j = begin("get");
    BOOST_TEST(j->asked == "http");
    const fake::Ask& r = j->requests.at(0);
    BOOST_TEST(r.method == "POST");
    BOOST_TEST(r.url == "https://api.example/x");
    BOOST_TEST(r.header("X-Key") == "k {key}");
    BOOST_TEST(r.header("Content-Type") == "application/json");
    BOOST_TEST(r.body == R"({"a":1,"b":"é\""})");
    BOOST_TEST(r.share_key == "one");
    BOOST_TEST(j->reply({.status = 299, .body = "body", .headers = {{"X-A", "1"}, {"X-a", "2"}}, .error = ""}) == GATEHOUSE_OK);
    BOOST_TEST(j->asked == "finish");
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(j->body == "299 1 body");
    BOOST_TEST(j->content_type == "application/json");
}

namespace {

/// Runs "everything" for at most `steps` steps after the start; returns how many there were.
int run_everything(fake::Job& j, int steps) {
    int done = 0;
    const auto step = [&](auto&& f) {
        if (done >= steps) return false;
        ++done;
        BOOST_REQUIRE_EQUAL(f(), GATEHOUSE_OK);
        BOOST_REQUIRE_EQUAL(j.asks, 1);
        return true;
    };
    (void)(step([&] { return j.start(); }) &&
           step([&] { return j.reply({.body = "first text, long enough to be on the heap", .headers = {}, .error = ""}); }) &&
           step([&] { return j.slept(); }) && step([&] {
               return j.reply(Replies{{.body = "A", .headers = {}, .error = ""}, {.body = "B", .headers = {}, .error = ""}});
           }) &&
           step([&] { return j.written(); }) && step([&] { return j.reply({.status = 500, .body = "", .headers = {}, .error = ""}); }) &&
           step([&] { return j.slept(); }));
    return done;
}

} // namespace

BOOST_AUTO_TEST_CASE(all_effects_in_one_job) {
    auto j = source.operation("everything", R"({"arg": "x"})");
    run_everything(*j, 2);
    BOOST_TEST(j->asked == "sleep");
    BOOST_TEST(j->duration == 250);
    BOOST_TEST(j->slept() == GATEHOUSE_OK);
    BOOST_TEST(j->asked == "http_all");
    BOOST_TEST(j->requests.size() == 2u);
    BOOST_TEST(j->requests[1].header("X") == "first text, long enough to be on the heap");
    BOOST_TEST(j->reply(Replies{{.body = "A", .headers = {}, .error = ""}, {.body = "B", .headers = {}, .error = ""}}) == GATEHOUSE_OK);
    BOOST_TEST(j->asked == "put_state");
    BOOST_TEST((j->state == std::map<std::string, std::optional<std::string>>{{"cursor", "AB"}, {"old", std::nullopt}, {"empty", ""}}));

    auto whole = source.operation("everything", R"({"arg": "x"})");
    BOOST_TEST(run_everything(*whole, 100) == 7);
    BOOST_TEST(whole->body == R"({"text":"first text, long enough to be on the heap","n":3,"arg":"x","state":"B"})");
}

BOOST_AUTO_TEST_CASE(a_job_can_be_dropped_at_every_suspension) {
    const int before = traced::alive;
    for (int steps = 0; steps <= 7; ++steps) {
        auto j = source.operation("everything", R"({"arg": "x"})");
        BOOST_TEST(run_everything(*j, steps) == steps);
        j.reset();
        BOOST_TEST(traced::alive == before);
    }
}

BOOST_AUTO_TEST_CASE(a_failed_state_write_is_tried_again_later) {
    auto j = source.operation("everything", "{}");
    run_everything(*j, 4);
    BOOST_TEST(j->written(GATEHOUSE_FAILED) == GATEHOUSE_OK);
    BOOST_TEST(j->asked == "fail");
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(deep_and_many_awaits_keep_the_stack_flat) {
    BOOST_TEST(begin("nested", R"({"n": 5000})")->body == "5000");
    BOOST_TEST(begin("many")->body == "200000");
}

BOOST_AUTO_TEST_CASE(every_exception_becomes_a_failure) {
    const auto end = [&](const char* what) {
        auto j = begin("throw", R"({"what": ")" + std::string(what) + "\"}");
        return j->asked + " " + std::to_string(j->failure) + " " + j->reason + " " + std::to_string(j->retry_after);
    };
    BOOST_TEST(end("runtime_error") == "fail 2 broken 0");
    BOOST_TEST(end("bad_alloc") == "fail 0 out of memory 0");
    BOOST_TEST(end("int") == "fail 2 an exception of unknown type 0");
    BOOST_TEST(end("refused") == "fail 1 wrong key 0");
    BOOST_TEST(end("returned") == "fail 0 later 9000");
    BOOST_TEST(begin("throw")->result == GATEHOUSE_RESULT_DONE);

    auto j = begin("throw", R"({"what": "nested"})");
    BOOST_TEST(j->reply({.status = 503, .body = "", .headers = {{"Retry-After", "7"}}, .error = ""}) == GATEHOUSE_OK);
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(j->retry_after == 7000);

    BOOST_TEST(!source.operation("begin throws", "{}"));
    BOOST_TEST(source.host.reason == "not even begun");
    BOOST_TEST(!source.operation("get", "{"));
}

BOOST_AUTO_TEST_CASE(a_failure_of_an_awaited_job_can_be_caught) {
    auto j = begin("caught");
    BOOST_TEST(j->reply(fake::Reply::lost(GATEHOUSE_NET_TIMEOUT)) == GATEHOUSE_OK);
    BOOST_TEST(j->body == "status 0");
}

BOOST_AUTO_TEST_CASE(other_results) {
    auto j = begin("gone");
    BOOST_TEST(j->result == GATEHOUSE_RESULT_GONE);
    BOOST_TEST(j->reason == "deleted long ago");
    j = begin("response");
    BOOST_TEST(j->result == GATEHOUSE_RESULT_RESPONSE);
    BOOST_TEST(j->http_status == 201);
    BOOST_TEST(j->body == "hi");
    BOOST_TEST((j->headers == std::vector<std::pair<std::string, std::string>>{{"Content-Type", "text/plain"}, {"X-A", "b"}}));
}

BOOST_AUTO_TEST_CASE(paging_stops_at_the_limit_and_refuses_a_circle) {
    const auto page = [](const char* v, const char* next) {
        return fake::Reply{.body = "{\"v\":\"" + std::string(v) + "\",\"next\":\"" + next + "\"}", .headers = {}, .error = ""};
    };
    auto j = begin("pages", R"({"most": 3})");
    j->reply(page("a", "https://api.example/2"));
    BOOST_TEST(j->requests.at(0).url == "https://api.example/2");
    j->reply(page("b", "https://api.example/3"));
    j->reply(page("c", "https://api.example/4"));
    BOOST_TEST(j->body == "abc rest=https://api.example/4");
    j = begin("pages", R"({"most": 9})");
    j->reply(page("a", "https://api.example/2"));
    j->reply(page("b", ""));
    BOOST_TEST(j->body == "ab rest=");
    j = begin("pages", R"({"most": 9})");
    j->reply(page("a", "https://api.example/2"));
    j->reply(page("b", "https://api.example/3"));
    j->reply(page("c", "https://api.example/2"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(what_the_host_does_not_take_fails_the_job_in_order) {
    for (const char* name : {"get", "everything"}) {
        auto j = source.operation(name, "{}");
        j->taken = GATEHOUSE_INVALID;
        // The failure is not taken either: the step must say so.
        BOOST_TEST(j->start() == GATEHOUSE_INVALID);
        BOOST_TEST(j->asked == "fail");
        BOOST_TEST(j->reason.find("did not take") != std::string::npos);
    }
    auto j = begin("too many");
    BOOST_TEST(j->asked == "fail");
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(absurd_input_is_misuse_and_ends_the_job) {
    const int before = traced::alive;
    const gatehouse_http_response good{sizeof(good), GATEHOUSE_NET_OK, 200, 0, {nullptr, 0}, nullptr, 0, {nullptr, 0}};
    gatehouse_http_response shorter = good, headless = good;
    shorter.struct_size = 8;
    headless.header_count = 3;
    const gatehouse_http_response* one[] = {&good, &good};
    const gatehouse_http_response* none[] = {nullptr};
    const gatehouse_http_response* small[] = {&shorter};
    const gatehouse_http_response* bare[] = {&headless};
    const uint32_t size = sizeof(gatehouse_job_input);
    const gatehouse_job_input absurd[] = {{size, GATEHOUSE_INPUT_START, nullptr, 0, 0, 0}, {size, GATEHOUSE_INPUT_SLEPT, nullptr, 0, 0, 0},
                                          {size, GATEHOUSE_INPUT_HTTP, nullptr, 1, 0, 0},  {size, GATEHOUSE_INPUT_HTTP, one, 0, 0, 0},
                                          {size, GATEHOUSE_INPUT_HTTP, one, 2, 0, 0},      {size, GATEHOUSE_INPUT_HTTP, none, 1, 0, 0},
                                          {size, GATEHOUSE_INPUT_HTTP, small, 1, 0, 0},    {size, GATEHOUSE_INPUT_HTTP, bare, 1, 0, 0},
                                          {size, GATEHOUSE_INPUT_HTTP_ALL, one, 1, 0, 0},  {size, 99, one, 1, 0, 0},
                                          {8, GATEHOUSE_INPUT_HTTP, one, 1, 0, 0}};
    for (const auto& input : absurd) {
        auto j = begin("everything");
        BOOST_TEST(j->step(&input) == GATEHOUSE_MISUSE);
        BOOST_TEST(j->asks == 0);
        BOOST_TEST(j->reply({.body = "", .headers = {}, .error = ""}) == GATEHOUSE_MISUSE);
    }
    auto j = begin("everything");
    BOOST_TEST(j->step(nullptr) == GATEHOUSE_MISUSE);
    j = begin("gone");
    BOOST_TEST(j->start() == GATEHOUSE_MISUSE);
    j.reset();
    BOOST_TEST(traced::alive == before);
}

BOOST_AUTO_TEST_CASE(an_answer_with_nothing_in_it_is_no_crash) {
    const gatehouse_http_response empty{sizeof(empty), GATEHOUSE_NET_OK, 200, 0, {nullptr, 0}, nullptr, 0, {nullptr, 0}};
    const gatehouse_http_response* list[] = {&empty};
    const gatehouse_job_input input{sizeof(input), GATEHOUSE_INPUT_HTTP, list, 1, 0, 0};
    auto j = begin("get");
    BOOST_TEST(j->step(&input) == GATEHOUSE_OK);
    BOOST_TEST(j->body == "200 none ");
}

BOOST_AUTO_TEST_CASE(verifier_and_route_give_exactly_one_answer) {
    const auto verify = [&](const char* query) {
        fake::Request r;
        r.query = query;
        return source.verify(r);
    };
    auto a = verify("");
    BOOST_TEST(a.calls == 1);
    BOOST_TEST(a.kind == "accept");
    BOOST_TEST(a.trust == GATEHOUSE_TRUST_UNVERIFIED_ORIGIN);
    BOOST_TEST(a.signed_at == GATEHOUSE_NO_TIME);
    a = verify("refuse");
    BOOST_TEST(a.code == "no_good");
    BOOST_TEST(a.http_status == 403);
    BOOST_TEST(a.headers.at(0).first == "X-Why");
    a = verify("need");
    BOOST_TEST(a.kind == "job");
    BOOST_TEST(a.job->start() == GATEHOUSE_OK);
    BOOST_TEST(a.job->asked == "http");
    a = verify("throw");
    BOOST_TEST(a.status == GATEHOUSE_FAILED);
    BOOST_TEST(a.calls == 0);
    BOOST_TEST(source.host.reason == "thrown in verify");

    const auto handle = [&](const char* query) {
        fake::Request r;
        r.query = query;
        return source.handle(r, fake::Answer());
    };
    a = handle("");
    BOOST_TEST(a.dedupe_key == "d-1");
    BOOST_TEST(a.subject == "s");
    BOOST_TEST(a.ordering_key == "o");
    BOOST_TEST(a.occurred_at == 5000);
    BOOST_TEST(a.http_status == 204);
    BOOST_TEST(a.flags == GATEHOUSE_EVENT_BODY_MAY_VARY);
    a = handle("respond");
    BOOST_TEST(a.body == "{}");
    BOOST_TEST((a.state == std::map<std::string, std::optional<std::string>>{{"k", ""}, {"old", std::nullopt}}));
    BOOST_TEST(handle("job").kind == "job");
    BOOST_TEST(handle("refuse").code == "unusable");
    BOOST_TEST(handle("throw").status == GATEHOUSE_FAILED);
}

BOOST_AUTO_TEST_CASE(a_stored_event_lives_as_long_as_its_job) {
    auto r = std::make_unique<fake::Request>();
    r->set("X-Test", "header value long enough for the heap");
    auto j = source.fetch(*r, "a.type.long.enough.for.the.heap", "subject-long-enough-for-the-heap");
    r.reset();
    BOOST_TEST(j->start() == GATEHOUSE_OK);
    BOOST_TEST(j->requests.at(0).url == "https://api.example/subject-long-enough-for-the-heap");
    BOOST_TEST(j->requests.at(0).timeout == 5000);
    BOOST_TEST(j->requests.at(0).max_response == 1000u);
    BOOST_TEST(j->reply({.body = "text", .headers = {}, .error = ""}) == GATEHOUSE_OK);
    BOOST_TEST(j->body == "a.type.long.enough.for.the.heap event-1 header value long enough for the heap text");
    BOOST_TEST((j->state == std::map<std::string, std::optional<std::string>>{{"seen", "event-1"}}));
}

BOOST_AUTO_TEST_CASE(opening_and_enrolling) {
    BOOST_TEST(source.egress.at(0).host == "*.example.com");
    BOOST_TEST(source.egress.at(0).port == 8443u);
    BOOST_TEST(source.egress.at(1).setting == "api_url");
    BOOST_TEST(source.egress.at(1).path_prefix == "/x");
    const fake::Source refused(plugin(), "{}", GATEHOUSE_INVALID);
    BOOST_TEST(refused.opened == GATEHOUSE_OK);
    BOOST_TEST(refused.enrolled == GATEHOUSE_INVALID);
    const fake::Source wrong(plugin(), R"({"throw": "setting"})");
    BOOST_TEST(wrong.opened == GATEHOUSE_FAILED);
    BOOST_TEST(wrong.host.reason == "throw: must not be \"setting\"");
    const fake::Source unknown(plugin(), R"({"throw": "int"})");
    BOOST_TEST(unknown.opened == GATEHOUSE_FAILED);
}

BOOST_AUTO_TEST_SUITE_END()
