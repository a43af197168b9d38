// A plugin binary of each released minor, loaded and driven by this core: everything it enrolls, answers and asks for still works.
#include "core/plugin/source.hpp"

#include <gatehouse/abi.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

struct Frozen : test::Fixture {
    std::shared_ptr<Source> source;

    /// Null when it does not load; the reason is then the test's failure.
    void load(int minor) {
        install("1." + std::to_string(minor) + "/plugin", "frozen");
        const auto slot = open("frozen", R"({"secret":["old","new"],"key":"k3y"})");
        BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
        source = slot.source;
    }
    static http::Request request(const std::string& name, const std::string& value) {
        http::Request r;
        r.method = "POST";
        r.path = r.target = "/hooks/one";
        r.fields = {{name, value}};
        r.body = "{}";
        return r;
    }
    Verdict verify(const std::string& how) { return source->verify(source->routes()[0], request("x-verify", how)); }
    Outcome handle(const std::string& how) { return source->handle(source->routes()[0], request("x-handle", how), {}); }

    JobEnd run(const std::string& script) {
        const auto send = [](const egress::Request&, std::shared_ptr<const egress::Policy>, egress::Done done) {
            egress::Response reply;
            reply.status = 200;
            reply.body = "reply";
            done(std::move(reply));
        };
        JobRunner runner(send, store, clock, log, metrics, 1);
        auto job = source->operation("run", R"({"script":")" + script + R"(","url":"http://127.0.0.1:9/x"})");
        BOOST_REQUIRE(std::holds_alternative<Job>(job));
        std::promise<JobEnd> end;
        runner.run(std::get<Job>(std::move(job)), std::chrono::seconds(20), [&](JobEnd e) { end.set_value(std::move(e)); });
        return end.get_future().get();
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(frozen)

BOOST_DATA_TEST_CASE_F(Frozen, a_plugin_of_an_earlier_minor_still_works, boost::unit_test::data::xrange(GATEHOUSE_ABI_MINOR + 1), minor) {
    load(minor);
    const auto& info = generation->plugins.at(0);
    BOOST_TEST(info.state == "loaded");
    BOOST_TEST(info.summary == "frozen at ABI 1." + std::to_string(minor));
    BOOST_TEST(source->routes().size() == 2u);
    BOOST_TEST(source->operations().size() == 2u);
    BOOST_TEST(source->fetches("thing.changed"));
    BOOST_TEST(!source->fetches("other"));

    const auto yes = verify("");
    BOOST_REQUIRE(std::holds_alternative<Acceptance>(yes));
    BOOST_TEST(std::get<Acceptance>(yes).replay_id == "replay-1");
    BOOST_TEST(to_unix_ms(std::get<Acceptance>(yes).signed_at.value()) == 1'700'000'000'000);
    const auto no = verify("hmac"); // through secrets and the host's HMAC
    BOOST_REQUIRE(std::holds_alternative<Refusal>(no));
    BOOST_TEST(std::get<Refusal>(no).code == "signature_mismatch");
    BOOST_TEST(std::get<Refusal>(no).fields.at(0).name == "WWW-Authenticate");
    BOOST_TEST(std::holds_alternative<Job>(verify("need")));

    const auto event = handle("");
    BOOST_REQUIRE(std::holds_alternative<EventDraft>(event));
    BOOST_TEST(std::get<EventDraft>(event).type == "thing.changed");
    BOOST_TEST(std::get<EventDraft>(event).dedupe_key == "key-1");
    BOOST_TEST(std::get<EventDraft>(event).ordering_key == "7");
    BOOST_TEST(std::holds_alternative<Refusal>(handle("refuse")));
    BOOST_TEST(std::holds_alternative<Job>(handle("job")));
    BOOST_TEST(!std::holds_alternative<Fault>(handle("respond")));

    const auto end = run("hsapPd");
    BOOST_REQUIRE(std::holds_alternative<JobDocument>(end.value));
    BOOST_TEST(std::get<JobDocument>(end.value).body ==
               "start;http 0 200 reply;slept;all 0 200 reply;all 0 200 reply;all 0 200 reply;state 0;state 0;");
    BOOST_TEST(std::holds_alternative<JobDone>(run("o").value));
    BOOST_TEST(std::get<JobGone>(run("g").value).reason == "no longer there");
    BOOST_TEST(std::get<JobResponse>(run("r").value).response.status == 201);
    BOOST_TEST(std::get<JobFailure>(run("f").value).retry_after.count() == 1500);
    BOOST_TEST(faults("frozen") == 0u);
    source.reset();
    generation.reset();
}

BOOST_DATA_TEST_CASE_F(Frozen, its_samples_are_read, boost::unit_test::data::xrange(GATEHOUSE_ABI_MINOR + 1), minor) {
    const auto file = install("1." + std::to_string(minor) + "/plugin", "frozen");
    const auto samples = host.samples(file);
    BOOST_REQUIRE(samples.ok());
    BOOST_REQUIRE(samples->size() == 2);
    BOOST_TEST((*samples)[0].name == "genuine");
    BOOST_TEST((*samples)[1].code == "signature_mismatch");
}

BOOST_AUTO_TEST_SUITE_END()
