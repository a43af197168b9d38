// The sandbox verbs against a sandbox that runs.
#include "core/base/json.hpp"
#include "core/sandbox/sandbox.hpp"

#include <atomic>
#include <thread>

#include "tests/support/child.hpp"
#include "tests/support/client.hpp"
#include "tests/support/receiver.hpp"
#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// A simulated Basiq that sends to a plain receiver.
struct Fixture {
    Fixture() {
        sandbox::Options o;
        o.directory = SIMULATORS;
        o.providers = {"basiq"};
        o.control.port = 0;
        o.targets["basiq"] = receiver.url();
        box = std::make_unique<sandbox::Sandbox>(std::move(o), log, metrics);
        const auto started = box->start();
        BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? std::string() : started.error().message));
    }
    Called operator()(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--control", "127.0.0.1:" + std::to_string(box->control_port())});
        return call(std::move(arguments));
    }

    Log log{Level::error};
    Metrics metrics;
    Receiver receiver;
    std::unique_ptr<sandbox::Sandbox> box;
    Caller call;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_sandbox, Fixture)

BOOST_AUTO_TEST_CASE(show_tells_the_providers_and_what_one_can_do) {
    const auto all = (*this)({"sandbox", "show"});
    BOOST_TEST(all.code == 0);
    BOOST_TEST(has(all.out, "PROVIDER"));
    BOOST_TEST(has(all.out, box->providers().at(0).base_url), all.out);
    const auto lines = (*this)({"--json", "sandbox", "show"});
    const auto line = json::parse(lines.out);
    BOOST_REQUIRE_MESSAGE(line.ok(), lines.out);
    BOOST_TEST(line->text_of("name") == "basiq");
    const auto one = (*this)({"sandbox", "show", "basiq"});
    BOOST_TEST(one.code == 0);
    BOOST_TEST(has(one.out, "\"user.created\""), one.out);
    BOOST_TEST(has(one.out, "wrong-secret"), one.out);
}

BOOST_AUTO_TEST_CASE(send_sends_as_many_as_were_asked_for) {
    const auto sent = (*this)({"sandbox", "send", "basiq", "user.created", "--count", "3", "--with", "{\"transactions\":5}"});
    BOOST_TEST(sent.code == 0, sent.err);
    BOOST_TEST(has(sent.out, "\"sent\":3"), sent.out);
    BOOST_TEST(eventually([&] { return receiver.count() == 3; }));
    const auto slowly = (*this)({"sandbox", "send", "basiq", "user.created", "--count", "2", "--rate", "50/s"});
    BOOST_TEST(has(slowly.out, "\"scheduled\":2"), slowly.out);
    BOOST_TEST(eventually([&] { return receiver.count() == 5; }));
    BOOST_TEST(receiver.deliveries().back().request.field("webhook-signature").has_value());
}

BOOST_AUTO_TEST_CASE(call_runs_a_command) {
    const auto state = (*this)({"sandbox", "call", "basiq", "state"});
    BOOST_TEST(state.code == 0, state.err);
    const auto parsed = json::parse(state.out);
    BOOST_REQUIRE_MESSAGE(parsed.ok(), state.out);
    BOOST_TEST(parsed->find("webhooks")->items.size() == 1u);
    BOOST_TEST((*this)({"sandbox", "call", "basiq", "subscribe", "{\"url\":\"http://127.0.0.1:9/x\"}"}).code == 0);
    BOOST_TEST(has((*this)({"sandbox", "call", "basiq", "state"}).out, "http://127.0.0.1:9/x"));
}

BOOST_AUTO_TEST_CASE(the_clock_is_moved_and_what_is_due_happens) {
    receiver.answer(503);
    BOOST_REQUIRE((*this)({"sandbox", "send", "basiq", "user.created"}).code == 0);
    BOOST_REQUIRE(eventually([&] { return receiver.count() == 1; }));
    receiver.answer(200);
    // The second attempt comes after five seconds (api.basiq.io/docs/webhooks): at once when time is moved.
    const auto before = Steady::now();
    const auto moved = (*this)({"sandbox", "clock", "--advance", "6s"});
    BOOST_TEST(moved.code == 0, moved.err);
    BOOST_TEST(has(moved.out, "\"ahead_ms\":6000"), moved.out);
    BOOST_TEST(eventually([&] { return receiver.count() == 2; }));
    BOOST_TEST((Steady::now() - before < std::chrono::seconds(4)));

    BOOST_TEST(has((*this)({"sandbox", "clock", "--skew", "-10m"}).out, "\"skew_ms\":-600000"));
    BOOST_REQUIRE((*this)({"sandbox", "send", "basiq", "user.created"}).code == 0);
    BOOST_REQUIRE(eventually([&] { return receiver.count() == 3; }));
    const auto stamp = [&](size_t i) {
        return std::stoll(std::string(receiver.deliveries().at(i).request.field("webhook-timestamp").value()));
    };
    BOOST_TEST(stamp(2) - stamp(1) <= -590);
    BOOST_TEST(has((*this)({"sandbox", "clock"}).out, "\"ahead_ms\":6000"));
    for (const char* wrong : {"soon", "-5m", "9999999d"}) BOOST_TEST((*this)({"sandbox", "clock", "--advance", wrong}).code == 2, wrong);
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_given_after_the_deed) {
    BOOST_REQUIRE((*this)({"sandbox", "call", "basiq", "faults", R"({"mode":"late","milliseconds":1500,"path":"/token"})"}).code == 0);
    const auto state = [&] { return (*this)({"sandbox", "call", "basiq", "state"}).out; };
    const std::string before = state();
    const std::string key(json::parse(before)->text_of("api_key"));
    const auto port = static_cast<uint16_t>(std::stoul(box->providers().at(0).base_url.substr(17)));
    std::atomic<int> status{0};
    std::thread caller([&] {
        status =
            request(port, "POST", "/token",
                    {{"basiq-version", "3.0"}, {"Authorization", "Basic " + key}, {"Content-Type", "application/x-www-form-urlencoded"}},
                    "scope=SERVER_ACCESS")
                .status;
    });
    BOOST_TEST(eventually([&] { return has(state(), "\"tokens\":1"); }, std::chrono::seconds(5)));
    BOOST_TEST(status == 0);
    caller.join();
    BOOST_TEST(status == 200);
}

BOOST_AUTO_TEST_CASE(mistakes_are_named) {
    const auto provider = (*this)({"sandbox", "send", "basic", "user.created"});
    BOOST_TEST(provider.code == 1);
    BOOST_TEST(has(provider.err, "did you mean basiq?"), provider.err);
    const auto command = (*this)({"sandbox", "call", "basiq", "dance"});
    BOOST_TEST(command.code == 1);
    BOOST_TEST(has(command.err, "there is no command \"dance\""), command.err);
    const auto tamper = (*this)({"sandbox", "send", "basiq", "user.created", "--tamper", "magic"});
    BOOST_TEST(tamper.code == 2);
    BOOST_TEST(has(tamper.err, "magic"), tamper.err);
    BOOST_TEST((*this)({"sandbox", "send", "basiq", "user.created", "--count", "0"}).code == 2);
    BOOST_TEST((*this)({"sandbox", "send", "basiq", "user.created", "--with", "[1]"}).code == 2);
    BOOST_TEST((*this)({"sandbox", "call", "basiq", "state", "{"}).code == 2);
    BOOST_TEST(receiver.count() == 0u);
    box->stop();
    const auto nobody = call({"sandbox", "show", "--control", "127.0.0.1:1"});
    BOOST_TEST(nobody.code == 3);
    BOOST_TEST(has(nobody.err, "gatehouse sandbox"), nobody.err);
}

BOOST_AUTO_TEST_SUITE_END()
