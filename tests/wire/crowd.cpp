// Thousands of connections that do nothing, or next to nothing, beside one that works.
#include <boost/test/unit_test.hpp>
#include <sys/resource.h>

#include <thread>

#include "kit.hpp"

using namespace wire;

BOOST_AUTO_TEST_SUITE(crowd)

BOOST_AUTO_TEST_CASE(idle_and_dripping_connections_leave_the_others_served) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    // Both ends of each connection are this process's. Where the limit of open files allows, it is the 10,000 that are promised.
    BOOST_REQUIRE(files.rlim_cur >= 6000);
    const size_t all = std::min<size_t>(10'000, (files.rlim_cur - 500) / 2), drips = all / 5;
    BOOST_TEST_MESSAGE(all << " connections");

    Fixture f;
    std::vector<Client> idle, dripping;
    for (size_t i = drips; i < all; ++i) idle.emplace_back(f.port());
    for (size_t i = 0; i < drips; ++i) {
        dripping.emplace_back(f.port());
        dripping.back().send(i % 2 ? "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n" : "GET / HTTP/1.1\r\nHost: ");
    }
    BOOST_TEST(eventually([&] { return f.server->counts().connections == all; }));
    std::atomic<bool> stop = false;
    std::thread dripper([&] {
        while (!stop)
            for (auto& client : dripping) client.send("t");
    });
    Client healthy(f.port());
    int served = 0;
    for (int i = 0; i < 500; ++i) served += healthy.ask(post("n" + std::to_string(i))).status == 200;
    stop = true;
    dripper.join();
    BOOST_TEST(served == 500);
    // The idle ones were not forgotten.
    for (size_t i = 0; i < idle.size(); i += 100) BOOST_TEST(idle[i].ask(k_get).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
