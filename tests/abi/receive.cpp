// verify and handle: exactly one answer, everything else is a fault that harms neither host nor sender.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/plugin/offline_job.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <thread>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

struct Receiver : test::Fixture {
    std::shared_ptr<Source> source = open_script(R"({"secret":["old","new"],"key":"k"})");

    static http::Request request(const std::string& name, const std::string& value, std::string body = "{}") {
        http::Request r;
        r.method = "POST";
        r.path = r.target = "/hooks/one";
        r.fields = {{name, value}};
        r.body = std::move(body);
        return r;
    }
    Verdict verify(const std::string& how) { return source->verify(source->routes()[0], request("x-verify", how)); }
    Outcome handle(const std::string& how, const Acceptance& acceptance = {}) {
        return source->handle(source->routes()[0], request("x-handle", how), acceptance);
    }
};

/// What is wrong with how a job begins. Behind a process it begins with its first step, and the reason comes as the job's end.
std::string fault_of(std::variant<Job, Fault> begun) {
    if (const auto* fault = std::get_if<Fault>(&begun)) return fault->reason;
#ifdef ABI_WORKER_PROGRAM
    const auto end = run_offline(std::get<Job>(std::move(begun)), [](const egress::Request&) { return egress::Response{}; });
    if (const auto* failure = std::get_if<JobFailure>(&end.value)) return failure->text;
#endif
    return {};
}

struct Broken {
    const char *how, *says;
};
std::ostream& operator<<(std::ostream& out, const Broken& broken) {
    return out << broken.how;
}

const Broken k_verify[] = {
    {"nothing", "answered neither accept, refuse nor need"},
    {"twice", "answered more than once"},
    {"need_twice", "answered more than once"},
    {"fail", "setting \"secret\" does not decode"},
    {"short", "struct_size is wrong"},
    {"negative", "a tolerance must be"},
    {"refuse_bad_code", "lower-case words"},
    {"refuse_bad_header", "holds CR, LF or NUL"},
};
const Broken k_handle[] = {
    {"nothing", "answered neither event, respond, job nor refuse"},
    {"no_type", "type must be 1 to 200 bytes"},
    {"bad_status", "http_status must be 0 or 200 to 299"},
    {"unknown_flags", "unknown flags"},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(receive, Receiver)

BOOST_AUTO_TEST_CASE(an_acceptance_arrives_whole) {
    const auto verdict = verify("");
    BOOST_REQUIRE(std::holds_alternative<Acceptance>(verdict));
    const auto& a = std::get<Acceptance>(verdict);
    BOOST_TEST(to_unix_ms(a.signed_at.value()) == 1'700'000'000'000);
    BOOST_TEST(a.tolerance_past.count() == 300'000);
    BOOST_TEST(a.tolerance_future.count() == 60'000);
    BOOST_TEST(a.replay_id == "replay-1");
    BOOST_TEST((a.trust == store::Trust::verified));
}

BOOST_AUTO_TEST_CASE(a_refusal_arrives_whole_and_its_status_is_one_of_three) {
    const auto verdict = verify("refuse");
    BOOST_REQUIRE(std::holds_alternative<Refusal>(verdict));
    const auto& r = std::get<Refusal>(verdict);
    BOOST_TEST(r.http_status == 403); // said 418
    BOOST_TEST(r.code == "signature_mismatch");
    BOOST_TEST(r.hint == "look at the signature");
    BOOST_REQUIRE(r.fields.size() == 1);
    BOOST_TEST(r.fields[0].name == "WWW-Authenticate");
    BOOST_TEST(r.fields[0].value == "Signature");
}

BOOST_DATA_TEST_CASE_F(Receiver, each_broken_verifier_rule_is_a_fault, k_verify, broken) {
    const auto verdict = verify(broken.how);
    BOOST_REQUIRE(std::holds_alternative<Fault>(verdict));
    BOOST_TEST_INFO(std::get<Fault>(verdict).reason);
    BOOST_TEST(std::get<Fault>(verdict).reason.find(broken.says) != std::string::npos);
    BOOST_TEST(faults("script") == 1u);
    BOOST_TEST(lines.has("plugin misbehaving: verify"));
}

BOOST_DATA_TEST_CASE_F(Receiver, each_broken_handler_rule_is_a_fault, k_handle, broken) {
    const auto outcome = handle(broken.how);
    BOOST_REQUIRE(std::holds_alternative<Fault>(outcome));
    BOOST_TEST(std::get<Fault>(outcome).reason.find(broken.says) != std::string::npos);
    BOOST_TEST(faults("script") == 1u);
}

BOOST_AUTO_TEST_CASE(of_two_jobs_given_each_is_dropped_once) {
    BOOST_TEST(std::holds_alternative<Fault>(verify("need_twice")));
    BOOST_TEST(dropped(2));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_not_run_is_dropped_once) {
    {
        const auto verdict = verify("need");
        BOOST_TEST(std::holds_alternative<Job>(verdict));
    }
    BOOST_TEST(dropped(1));
}

BOOST_AUTO_TEST_CASE(an_answer_kept_from_an_earlier_call_is_a_fault) {
    BOOST_TEST(std::holds_alternative<Acceptance>(verify("keep")));
    const auto verdict = verify("use_kept");
    BOOST_REQUIRE(std::holds_alternative<Fault>(verdict));
    BOOST_TEST(std::get<Fault>(verdict).reason.find("of another call") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_answer_used_on_another_thread_is_a_fault) {
    BOOST_TEST(std::holds_alternative<Acceptance>(verify("keep")));
    std::thread([&] { BOOST_TEST(std::holds_alternative<Fault>(verify("use_kept"))); }).join();
}

BOOST_AUTO_TEST_CASE(the_plugin_sees_the_path_below_the_source) {
    auto r = request("x-verify", "path");
    r.path = r.target = "/hooks/one/more";
    BOOST_TEST(std::get<Refusal>(source->verify(source->routes()[1], r)).code == "more");
}

BOOST_AUTO_TEST_CASE(many_headers_arrive_in_order) {
    auto r = request("x-verify", "count");
    for (int i = 1; i < 90; ++i) r.fields.push_back({"h" + std::to_string(i), "v"});
    BOOST_TEST(std::get<Refusal>(source->verify(source->routes()[0], r)).code == "ninety");
}

BOOST_AUTO_TEST_CASE(every_value_of_a_secret_verifies) {
    const std::string body = R"({"id":1})";
    const std::string_view parts[] = {body};
    for (const std::string key : {"old", "new", "other"}) {
        uint8_t digest[64];
        hmac(HashAlgorithm::sha256, key, parts, digest);
        auto r = request("x-verify", "hmac", body);
        r.fields.push_back({"x-signature", to_hex({reinterpret_cast<const char*>(digest), 32})});
        const auto verdict = source->verify(source->routes()[0], r);
        BOOST_TEST(std::holds_alternative<Acceptance>(verdict) == (key != "other"));
    }
}

BOOST_AUTO_TEST_CASE(an_event_arrives_whole) {
    const auto outcome = handle("", {{}, {}, {}, "replay-9", store::Trust::unverified_origin});
    BOOST_REQUIRE(std::holds_alternative<EventDraft>(outcome));
    const auto& e = std::get<EventDraft>(outcome);
    BOOST_TEST(e.dedupe_key == "key-1");
    BOOST_TEST(e.type == "thing.changed");
    BOOST_TEST(e.subject == "thing/7");
    BOOST_TEST(e.ordering_key == "7");
    BOOST_TEST(to_unix_ms(e.occurred_at.value()) == 1'700'000'000'123);
    BOOST_TEST(e.http_status == 200);
    BOOST_TEST(e.body_may_vary);
    BOOST_TEST((e.trust == store::Trust::unverified_origin)); // the verifier's doubt stays
}

BOOST_AUTO_TEST_CASE(without_a_dedupe_key_the_replay_id_is_it) {
    BOOST_TEST(std::get<EventDraft>(handle("no_key", {{}, {}, {}, "replay-9", {}})).dedupe_key == "replay-9");
}

BOOST_AUTO_TEST_CASE(a_response_arrives_whole) {
    const auto outcome = handle("respond", {{}, {}, {}, "replay-9", {}});
    BOOST_REQUIRE(std::holds_alternative<DirectResponse>(outcome));
    const auto& d = std::get<DirectResponse>(outcome);
    BOOST_TEST(d.response.status == 200);
    BOOST_TEST(d.response.body == "{}");
    BOOST_REQUIRE(d.response.fields.size() == 1);
    BOOST_TEST(d.response.fields[0].value == "replay-9");
    BOOST_REQUIRE(d.state.size() == 1);
    BOOST_TEST(d.state[0].key == "token");
    BOOST_TEST(d.state[0].value.value() == "{}");
}

BOOST_AUTO_TEST_CASE(handle_may_refuse_or_start_a_job) {
    BOOST_TEST(std::get<Refusal>(handle("refuse")).http_status == 400);
    BOOST_TEST(std::holds_alternative<Job>(handle("job")));
}

BOOST_AUTO_TEST_CASE(fetch_back_gets_the_stored_request) {
    store::Event event;
    event.type = "thing.changed";
    event.request.head = "Host: x\r\nX-Other:  a \r\nx-script: d\r\n";
    event.request.target = "/hooks/one";
    const auto job = source->fetch_back(event, 1);
    BOOST_REQUIRE(job);
    BOOST_TEST(std::holds_alternative<Job>(*job));
    event.request.head = "Host: x\r\n";
    auto none = source->fetch_back(event, 1);
    BOOST_REQUIRE(none);
    BOOST_TEST(fault_of(std::move(*none)).find("the stored request has no script") != std::string::npos);
    event.type = "other";
    BOOST_TEST(!source->fetch_back(event, 1));
}

BOOST_AUTO_TEST_CASE(operations_check_name_and_arguments) {
    const auto reason = [&](const char* name, const char* arguments) { return fault_of(source->operation(name, arguments)); };
    BOOST_TEST(reason("runn", "{}") == "source one has no operation \"runn\", did you mean \"run\"?");
    BOOST_TEST(reason("run", "{}") == "arguments: \"script\" is missing");
    BOOST_TEST(reason("run", R"({"script":"d","x":1})").find("arguments: unknown key \"x\"") == 0u);
    BOOST_TEST(faults("script") == 0u); // the caller's mistakes
    BOOST_TEST(reason("nothing", R"({"x":1})") == "arguments: unknown key \"x\"");
    BOOST_TEST(reason("nothing", "").find("returned OK without a job") != std::string::npos);
    BOOST_TEST(faults("script") == 1u);
    BOOST_TEST(reason("run", R"({"script":"d"})") == "");
}

BOOST_AUTO_TEST_CASE(the_window_holds_at_its_edges) {
    const auto at = from_unix_ms(1'700'000'000'000);
    const Acceptance acceptance{at, Millis(1000), Millis(500), "", {}};
    BOOST_TEST(!check_window(acceptance, at + Millis(1000)));
    BOOST_TEST(check_window(acceptance, at + Millis(1001))->code == "timestamp_too_old");
    BOOST_TEST(!check_window(acceptance, at - Millis(500)));
    BOOST_TEST(check_window(acceptance, at - Millis(501))->code == "timestamp_in_future");
    BOOST_TEST(!check_window({}, at));
}

BOOST_AUTO_TEST_CASE(a_source_that_floods_the_log_is_held_back) {
    for (int i = 0; i < 1000; ++i) verify("nothing");
    BOOST_TEST(faults("script") == 1000u);
    BOOST_TEST(lines.count("plugin misbehaving") < 200u);
}

BOOST_AUTO_TEST_SUITE_END()
