// Jobs over the real egress client, against a peer on loopback.
#include <boost/test/unit_test.hpp>

#include "tests/abi/fixture.hpp"
#include "tests/support/peer.hpp"

using namespace gh;
using namespace gh::plugin;

BOOST_FIXTURE_TEST_SUITE(job_http, test::Fixture)

BOOST_AUTO_TEST_CASE(a_job_reaches_its_declared_host_and_no_other) {
    test::Peer peer(test::answer(207, "hello")), other(test::answer(200, "secret"));
    const auto source = open_script(R"({"secret":"s","key":"k3y","api_url":")" + peer.url("/api") + "\"}");
    egress::Client client({}, log);
    JobRunner runner(client, store, clock, log, metrics);
    const auto document = [&](const std::string& url) {
        std::promise<std::string> body;
        runner.run(std::get<Job>(source->operation("run", R"({"script":"hd","url":")" + url + "\"}")), std::chrono::seconds(20),
                   [&](JobEnd end) { body.set_value(std::get<JobDocument>(end.value).body); });
        return body.get_future().get();
    };
    BOOST_TEST(document(peer.url("/api/users")) == "start;http 0 207 hello;");
    BOOST_REQUIRE(peer.count() == 1);
    const auto request = peer.requests()[0];
    BOOST_TEST(request.method == "POST");
    BOOST_TEST(request.target == "/api/users");
    BOOST_TEST(request.body == "body");
    BOOST_TEST(request.field("Authorization") == "Basic k3y");
    BOOST_TEST(document(peer.url("/elsewhere")) == "start;http 1 0 ;"); // GATEHOUSE_NET_NOT_ALLOWED
    BOOST_TEST(document(other.url("/api")) == "start;http 1 0 ;");
    BOOST_TEST(other.count() == 0u);
    BOOST_TEST(peer.count() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
