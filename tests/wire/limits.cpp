// Deadlines and limits, with small values.
#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <sys/socket.h>

#include <thread>
#include <unistd.h>

#include "kit.hpp"

using namespace wire;

namespace {

using Clock = std::chrono::steady_clock;

const std::string k_begin = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_slow_head_is_408) {
    http::Limits limits;
    limits.head_deadline = Millis(150);
    Fixture f(limits);
    Client client(f.port());
    const auto before = Clock::now();
    client.send("GET / HT");
    const auto answer = client.read();
    BOOST_TEST(answer.status == 408);
    BOOST_TEST((Clock::now() - before >= Millis(140)));
    BOOST_TEST(client.ended());
    BOOST_TEST(f.refused("slow_head") == 1u);
}

BOOST_AUTO_TEST_CASE(dripping_does_not_extend_the_head_deadline) {
    http::Limits limits;
    limits.head_deadline = Millis(200);
    Fixture f(limits);
    Client client(f.port());
    std::atomic<bool> stop = false;
    std::thread dripper([&] {
        client.send("GET / HTTP/1.1\r\nA: ");
        while (!stop) {
            client.send("a");
            std::this_thread::sleep_for(Millis(10));
        }
    });
    const auto answer = client.read();
    stop = true;
    dripper.join();
    BOOST_TEST(answer.status == 408);
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
    http::Limits limits;
    limits.idle = Millis(150);
    Fixture f(limits);
    Client fresh(f.port());
    Client used(f.port());
    BOOST_TEST(used.ask(k_get).status == 200);
    BOOST_TEST(fresh.ended());
    BOOST_TEST(used.ended());
}

BOOST_AUTO_TEST_CASE(a_stalled_body_is_408) {
    http::Limits limits;
    limits.body_grace = Millis(150);
    Fixture f(limits);
    Client never(f.port());
    never.send(k_begin);
    BOOST_TEST(never.read().status == 408);
    Client stalled(f.port());
    stalled.send(k_begin + std::string(5000, 'x'));
    BOOST_TEST(stalled.read().status == 408);
    BOOST_TEST(f.refused("slow_body") == 2u);
    BOOST_TEST(f.echo.seen().empty());
}

BOOST_AUTO_TEST_CASE(a_body_above_the_least_rate_is_served) {
    http::Limits limits;
    limits.body_grace = Millis(200);
    limits.body_rate = 10;
    Fixture f(limits);
    Client client(f.port());
    client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 80\r\n\r\n");
    // Four windows at ten times the least rate.
    for (int i = 0; i < 80; ++i) {
        BOOST_REQUIRE(client.send("x"));
        std::this_thread::sleep_for(Millis(10));
    }
    BOOST_TEST(client.read().status == 200);
}

BOOST_AUTO_TEST_CASE(who_never_reads_the_answer_is_closed) {
    http::Limits limits;
    limits.write_deadline = Millis(200);
    Fixture f(limits);
    f.echo.on_exchange = [](http::Exchange e) {
        http::Response r;
        r.body.assign(32 << 20, 'x');
        e.respond(std::move(r));
    };
    Client client(f.port());
    client.send(k_get);
    BOOST_TEST(eventually([&] { return f.refused("slow_reader") == 1; }));
    BOOST_TEST(eventually([&] { return f.server->counts().connections == 0; }));
}

BOOST_AUTO_TEST_CASE(a_slow_reader_that_keeps_reading_gets_everything) {
    http::Limits limits;
    limits.write_deadline = Millis(500);
    Fixture f(limits);
    const size_t size = 24 << 20;
    f.echo.on_exchange = [&](http::Exchange e) {
        http::Response r;
        r.body.assign(size, 'x');
        e.respond(std::move(r));
    };
    Client client(f.port());
    client.send(k_get);
    // A megabyte every 40 ms: slower than one write deadline in all.
    std::string all;
    std::vector<char> buffer(1 << 20);
    while (all.size() < size) {
        const auto n = ::recv(client.fd(), buffer.data(), buffer.size(), MSG_WAITALL);
        if (n <= 0) break;
        all.append(buffer.data(), static_cast<size_t>(n));
        if (all.size() >= size) break;
        std::this_thread::sleep_for(Millis(40));
    }
    BOOST_TEST(all.size() >= size);
    BOOST_TEST(f.refused("slow_reader") == 0u);
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_are_told_and_closed) {
    http::Limits limits;
    limits.connections = 3;
    Fixture f(limits);
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(f.port());
        BOOST_TEST(clients.back().ask(k_get).status == 200);
    }
    Client beyond(f.port());
    BOOST_TEST(beyond.read().status == 503);
    BOOST_TEST(beyond.ended());
    BOOST_TEST(clients[0].ask(k_get).status == 200);
    clients.pop_back();
    BOOST_TEST(eventually([&] { return f.server->counts().connections == 2; }));
    BOOST_TEST(Client(f.port()).ask(k_get).status == 200);
    BOOST_TEST(f.refused("connections") == 1u);
}

BOOST_AUTO_TEST_CASE(connections_of_one_address_are_limited) {
    http::Limits limits;
    limits.connections_per_address = 2;
    Fixture f(limits);
    Client a(f.port()), b(f.port());
    BOOST_TEST(a.ask(k_get).status == 200);
    BOOST_TEST(b.ask(k_get).status == 200);
    BOOST_TEST(Client(f.port()).read().status == 503);
    BOOST_TEST(f.refused("connections_per_address") == 1u);
}

BOOST_AUTO_TEST_CASE(bodies_under_way_are_limited_together) {
    http::Limits limits;
    limits.body_bytes_total = 1 << 20;
    Fixture f(limits);
    f.echo.max_body = 1 << 20;
    std::mutex mutex;
    std::vector<http::Exchange> kept;
    f.echo.on_exchange = [&](http::Exchange e) {
        const std::lock_guard lock(mutex);
        kept.push_back(std::move(e));
    };
    const auto drop_one = [&] {
        return eventually([&] {
            const std::lock_guard lock(mutex);
            if (kept.empty()) return false;
            kept.clear();
            return true;
        });
    };
    const auto kept_one = [&] {
        const std::lock_guard lock(mutex);
        return kept.size() == 1;
    };
    const auto request = post(std::string(600'000, 'x'));
    Client first(f.port());
    first.send(request);
    BOOST_TEST(eventually(kept_one));
    Client second(f.port());
    second.send(request);
    const auto answer = second.read();
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.fields.contains("retry-after"));
    BOOST_TEST(drop_one());
    BOOST_TEST(first.read().status == 500);
    // All of it was given back.
    for (int i = 0; i < 5; ++i) {
        Client again(f.port());
        again.send(request);
        BOOST_TEST(drop_one());
        BOOST_TEST(again.read().status == 500);
    }
}

BOOST_AUTO_TEST_CASE(a_cut_body_gives_its_memory_back) {
    http::Limits limits;
    limits.body_bytes_total = 100'000;
    Fixture f(limits);
    for (int i = 0; i < 5; ++i) {
        Client client(f.port());
        client.send(k_begin + std::string(60'000, 'x'));
        client.half_close();
        BOOST_TEST(client.read().status == 400);
    }
    BOOST_TEST(Client(f.port()).ask(post(std::string(90'000, 'x'))).status == 200);
}

// The announced length must not become memory: thousands of heads with a gigabyte each would do for the machine.
BOOST_AUTO_TEST_CASE(an_announced_length_allocates_nothing) {
    http::Limits limits;
    Fixture f(limits);
    f.echo.max_body = size_t{1} << 40;
    std::vector<Client> clients;
    for (int i = 0; i < 100; ++i) {
        clients.emplace_back(f.port());
        clients.back().send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000000\r\n\r\nx");
    }
    BOOST_TEST(eventually([&] { return f.server->counts().active == 100; }));
    BOOST_TEST(Client(f.port()).ask(k_get).status == 200);
}

BOOST_AUTO_TEST_CASE(running_out_of_descriptors_neither_spins_nor_kills) {
    Fixture f;
    std::vector<Client> clients;
    clients.emplace_back(f.port());
    BOOST_TEST(clients.back().ask(k_get).status == 200);
    // One descriptor is left, and the client takes it.
    const int next = ::dup(clients.back().fd());
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(next + 1);
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    Client starved(f.port());
    starved.send(k_get);
    BOOST_TEST(eventually([&] { return f.log_text().find("LimitNOFILE") != std::string::npos; }));
    timespec cpu_before{}, cpu_after{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
    BOOST_TEST(starved.quiet(Millis(300)));
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
    const auto spent = (cpu_after.tv_sec - cpu_before.tv_sec) * 1000 + (cpu_after.tv_nsec - cpu_before.tv_nsec) / 1'000'000;
    BOOST_TEST(spent < 150);
    BOOST_TEST(clients[0].ask(k_get).status == 200);
    ::setrlimit(RLIMIT_NOFILE, &before);
    BOOST_TEST(starved.read().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
