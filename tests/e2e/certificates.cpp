// Signing keys that have to be fetched while senders wait: one request for a thousand of them, and a host that does not answer.
#include "tests/e2e/world.hpp"
#include "tests/support/metronome.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

/// Milliseconds in which this process could run.
class Stopwatch {
public:
    Millis read() const {
        return std::max(Millis(0), std::chrono::duration_cast<Millis>(Steady::now() - began_) - (metronome_.lost() - lost_));
    }
    void restart() {
        lost_ = metronome_.lost();
        began_ = Steady::now();
    }
    Millis lost() const { return metronome_.lost() - lost_; }

private:
    Metronome metronome_;
    Millis lost_{0};
    Steady::time_point began_ = Steady::now();
};

} // namespace

BOOST_AUTO_TEST_CASE(a_thousand_requests_on_a_cold_certificate_cost_one_fetch) {
    World w({{"sns", std::string("{") + k_patient + "}"}});
    w.settle("sns", "order.paid");
    // Long enough for all of them to have come before the answer. Where the machine stands still for as long as a fetch may take, there
    // has to be a second one, and the round says nothing.
    w.command("sns", "faults", R"({"mode":"latency","milliseconds":1500,"path":"/SimpleNotificationService"})");
    Stopwatch watch;
    double accepted = w.metric("gatehouse_ingest_requests_total{source=\"sns\",outcome=\"accepted\"}");
    for (int round = 1;; ++round) {
        w.command("sns", "rotate-certificate");
        const int64_t reads = w.count("sns", "certificate_reads"), unavailable = w.answers("sns", "503");
        watch.restart();
        const auto ids = w.send("sns", "order.paid", "\"count\":1000");
        BOOST_REQUIRE(ids.size() == 1000u);
        accepted += 1000;
        BOOST_REQUIRE(
            eventually([&] { return w.metric("gatehouse_ingest_requests_total{source=\"sns\",outcome=\"accepted\"}") >= accepted; }, 60s));
        if (watch.lost() > 2s && round < 5) continue;
        BOOST_TEST(w.count("sns", "certificate_reads") == reads + 1);
        BOOST_TEST(w.answers("sns", "503") == unavailable);
        return;
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_host_that_hangs_costs_its_own_source_503_in_time_and_others_nothing) {
    World w({{"sns", std::string("{") + k_patient + "}"}, {"basiq", "{}"}});
    w.settle("sns", "order.paid");
    w.command("sns", "rotate-certificate");
    w.command("sns", "faults", R"({"mode":"hang","path":"/SimpleNotificationService"})");
    const int64_t before = w.answers("sns", "503");
    const Stopwatch watch;
    const auto ids = w.send("sns", "order.paid", "\"count\":200");
    // Meanwhile, the other source is as fast as ever.
    const auto described = w.description("basiq");
    const std::string secret(described.find("secrets")->text_of("secret")),
        body = R"({"eventTypeId":"user.created","eventId":"e","links":{}})";
    Millis slowest{0};
    size_t others = 0;
    Stopwatch one;
    while (w.answers("sns", "503") == before) {
        BOOST_REQUIRE((watch.read() < 30s * k_slowness));
        one.restart();
        const auto answer =
            request(w.gateway().port(), "POST", "/hooks/basiq", sign(secret, "msg_" + std::to_string(others++), body), body);
        BOOST_TEST(answer.status == 202);
        slowest = std::max(slowest, one.read());
    }
    const auto waited = watch.read();
    BOOST_TEST_MESSAGE("503 after " << waited.count() << " ms and " << watch.lost().count() << " ms lost; " << others
                                    << " others, the slowest " << slowest.count() << " ms");
    BOOST_TEST(waited.count() < 10'000 * k_slowness);
    BOOST_TEST(others > 20u);
    BOOST_TEST(slowest.count() < 1'000 * k_slowness);
    // Once the host is back, what SNS repeats is accepted: the failure was not kept.
    w.command("sns", "faults", R"({"mode":"clear"})");
    for (const auto& id : {ids.front(), ids.back()}) BOOST_TEST(w.reaches(id, "delivered"));
}
