// Signing keys that have to be fetched while senders wait: one request for a thousand of them, and a host that does not answer.
#include <future>

#include "tests/e2e/world.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_thousand_requests_on_a_cold_certificate_cost_one_fetch) {
    World w({{"sns", std::string("{") + k_patient + "}"}});
    w.settle("sns", "order.paid");
    w.command("sns", "rotate-certificate");
    const int64_t reads = w.count("sns", "certificate_reads");
    // Long enough for all of them to have come before the answer.
    w.command("sns", "faults", R"({"mode":"latency","milliseconds":1500,"path":"/SimpleNotificationService"})");
    const auto ids = w.send("sns", "order.paid", "\"count\":1000");
    BOOST_REQUIRE(ids.size() == 1000u);
    BOOST_TEST(eventually([&] { return w.metric("gatehouse_ingest_requests_total{source=\"sns\",outcome=\"accepted\"}") >= 1002; }, 60s));
    BOOST_TEST(w.count("sns", "certificate_reads") == reads + 1);
    BOOST_TEST(w.answers("sns", "503") == 0);
}

BOOST_AUTO_TEST_CASE(a_certificate_host_that_hangs_costs_its_own_source_503_in_time_and_others_nothing) {
    World w({{"sns", std::string("{") + k_patient + "}"}, {"basiq", "{}"}});
    w.settle("sns", "order.paid");
    w.command("sns", "rotate-certificate");
    w.command("sns", "faults", R"({"mode":"hang","path":"/SimpleNotificationService"})");
    const int64_t before = w.answers("sns", "503");
    const auto began = Steady::now();
    const auto ids = w.send("sns", "order.paid", "\"count\":200");
    // Meanwhile, the other source is as fast as ever.
    const auto described = w.description("basiq");
    const std::string secret(described.find("secrets")->text_of("secret")),
        body = R"({"eventTypeId":"user.created","eventId":"e","links":{}})";
    Millis slowest{0};
    size_t others = 0;
    while (w.answers("sns", "503") == before) {
        BOOST_REQUIRE((Steady::now() - began < 15s));
        const auto asked = Steady::now();
        const auto answer =
            request(w.gateway().port(), "POST", "/hooks/basiq", sign(secret, "msg_" + std::to_string(others++), body), body);
        BOOST_TEST(answer.status == 202);
        slowest = std::max(slowest, std::chrono::duration_cast<Millis>(Steady::now() - asked));
    }
    const auto waited = std::chrono::duration_cast<Millis>(Steady::now() - began);
    BOOST_TEST_MESSAGE("503 after " << waited.count() << " ms; " << others << " others, the slowest " << slowest.count() << " ms");
    BOOST_TEST(waited.count() < 10'000);
    BOOST_TEST(others > 20u);
    BOOST_TEST(slowest.count() < 1'000);
    // Once the host is back, what SNS repeats is accepted: the failure was not kept.
    w.command("sns", "faults", R"({"mode":"clear"})");
    for (const auto& id : {ids.front(), ids.back()}) BOOST_TEST(w.reaches(id, "delivered"));
}
