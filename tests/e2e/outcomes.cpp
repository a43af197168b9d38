// What a plugin says becomes what the sender hears: each outcome of the border, through the real server.
#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::test;

namespace {

struct Running {
    Running()
        : gateway("server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
                  "store: {sqlite: store.db, retention: 30d}\n"
                  "plugins: {directory: " OUTCOMES_DIR "}\n"
                  "sources:\n"
                  "  probe: {plugin: outcomes, path: /probe, settings: {}}\n"
                  "destinations: {}\n"
                  "routes: []\n") {
        BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
    }
    Answer post(const std::string& path, const std::string& body = "one") { return request(gateway.port(), "POST", "/probe" + path, {}, body); }

    Gateway gateway;
};

} // namespace

BOOST_FIXTURE_TEST_CASE(an_event_is_answered_with_the_status_its_plugin_asks_for, Running) {
    const Answer first = post("/event");
    BOOST_TEST(first.status == 200);
    BOOST_TEST(post("/event").field("Gatehouse-Event-Id") == first.field("Gatehouse-Event-Id"));
    BOOST_TEST(post("/event", "two").field("Gatehouse-Event-Id") != first.field("Gatehouse-Event-Id"));
}

BOOST_FIXTURE_TEST_CASE(a_verifier_that_needs_a_job_is_asked_again_after_it, Running) {
    BOOST_TEST(post("/key").status == 200);
    BOOST_TEST(post("/key", "two").status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_failing_verifier_job_is_our_fault, Running) {
    const Answer answer = post("/vain");
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(!answer.field("Retry-After").empty());
}

BOOST_FIXTURE_TEST_CASE(a_plugin_that_breaks_the_rules_is_our_fault, Running) {
    BOOST_TEST(post("/mute").status == 503);
    BOOST_TEST(post("/twice").status == 503);
    const std::string metrics = request(gateway.admin_port(), "GET", "/metrics").body;
    BOOST_TEST(metrics.find("gatehouse_plugin_faults_total{plugin=\"outcomes\"} 2") != std::string::npos);
    BOOST_TEST(post("/event").status == 200);
}

BOOST_FIXTURE_TEST_CASE(answers_without_an_event_come_at_once_or_from_a_job, Running) {
    const Answer now = post("/respond");
    BOOST_TEST(now.status == 200);
    BOOST_TEST(now.body == "hello");
    BOOST_TEST(now.field("Cache-Control") == "no-store");
    const Answer later = post("/later");
    BOOST_TEST(later.status == 201);
    BOOST_TEST(later.body == "later");
}

BOOST_FIXTURE_TEST_CASE(an_unusable_body_is_refused_and_quarantined, Running) {
    BOOST_TEST(post("/refuse").status == 400);
    BOOST_TEST(eventually([&] {
        return request(gateway.admin_port(), "GET", "/api/v1/quarantine").body.find("body_unusable") != std::string::npos;
    }));
}

BOOST_FIXTURE_TEST_CASE(a_body_over_the_routes_limit_is_413_and_leaves_nothing, Running) {
    BOOST_TEST(post("/event", std::string(1001, 'x')).status == 413);
    BOOST_TEST(post("/event", std::string(1000, 'x')).status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_crash_names_its_plugin_and_two_of_them_keep_it_out, Running) {
    BOOST_TEST(post("/crash").status == 0);
    gateway.child().wait();
    BOOST_TEST(gateway.log().find("outcomes") != std::string::npos);
    BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
    BOOST_TEST(post("/event").status == 200);
    BOOST_TEST(post("/crash").status == 0);
    gateway.child().wait();
    BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
    BOOST_TEST(post("/event").status == 503);
    BOOST_TEST(request(gateway.admin_port(), "GET", "/api/v1/plugins").body.find("quarantined") != std::string::npos);
}
