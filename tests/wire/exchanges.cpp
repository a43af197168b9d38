// The Exchange: answers from any thread, once; what happens without one; draining.
#include <boost/test/unit_test.hpp>

#include <thread>

#include "kit.hpp"

using namespace wire;

BOOST_AUTO_TEST_SUITE(exchanges)

BOOST_AUTO_TEST_CASE(an_unanswered_exchange_is_500_and_the_connection_lives) {
    Fixture f;
    f.echo.on_exchange = [n = 0](http::Exchange e) mutable {
        if (n++ > 0) e.respond({});
    };
    Client client(f.port());
    BOOST_TEST(client.ask(k_get).status == 500);
    BOOST_TEST(client.ask(k_get).status == 200);
}

BOOST_AUTO_TEST_CASE(only_the_first_answer_counts) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        e.respond(text("first"));
        e.respond(text("second"));
        auto s = e.stream(text(""));
        BOOST_TEST(!s.write("third"));
    };
    Client client(f.port());
    BOOST_TEST(client.ask(k_get).body == "first");
    BOOST_TEST(client.ask(k_get).body == "first");
}

BOOST_AUTO_TEST_CASE(assigning_over_an_exchange_answers_the_old_one) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client a(f.port()), b(f.port());
    a.send(k_get);
    auto first = kept.take();
    b.send(k_get);
    first = kept.take();
    BOOST_TEST(a.read().status == 500);
    first.respond(text("b"));
    BOOST_TEST(b.read().body == "b");
}

BOOST_AUTO_TEST_CASE(what_admit_attached_travels_with_the_exchange) {
    Fixture f;
    f.echo.on_admit = [](const http::Request& head) -> http::Admission {
        BOOST_TEST(head.body.empty());
        return http::Admitted{100, std::make_shared<const std::string>("for " + head.path)};
    };
    f.echo.on_exchange = [](http::Exchange e) { e.respond(text(*std::static_pointer_cast<const std::string>(e.context()))); };
    BOOST_TEST(Client(f.port()).ask(post("abc", "/p")).body == "for /p");
}

BOOST_AUTO_TEST_CASE(exceptions_of_the_handler_cost_one_request) {
    Fixture f;
    f.echo.on_admit = [](const http::Request& r) -> http::Admission {
        if (r.path == "/admit") throw std::runtime_error("admit");
        return http::Admitted{100, nullptr};
    };
    f.echo.on_exchange = [](http::Exchange e) {
        if (e.request().path == "/handle") throw std::runtime_error("handle");
        e.respond({});
    };
    Client client(f.port());
    BOOST_TEST(client.ask("GET /admit HTTP/1.1\r\nHost: t\r\n\r\n").status == 503);
    BOOST_TEST(client.ask("GET /handle HTTP/1.1\r\nHost: t\r\n\r\n").status == 500);
    BOOST_TEST(client.ask(k_get).status == 200);
}

BOOST_AUTO_TEST_CASE(alive_turns_false_when_the_peer_is_gone) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client client(f.port());
    client.send(post("x"));
    auto e = kept.take();
    BOOST_TEST(e.alive());
    client.reset();
    BOOST_TEST(eventually([&] { return !e.alive(); }));
    e.respond({});
    Client other(f.port());
    other.send(k_get);
    kept.take().respond({});
    BOOST_TEST(other.read().status == 200);
}

BOOST_AUTO_TEST_CASE(exchanges_may_outlive_the_server) {
    auto f = std::make_unique<Fixture>();
    Kept kept;
    kept.attach(*f);
    Client a(f->port()), b(f->port()), c(f->port());
    for (auto* client : {&a, &b, &c}) client->send(post("body"));
    auto answered = kept.take();
    auto dropped = std::make_unique<http::Exchange>(kept.take());
    auto streamed = kept.take();
    auto stream = streamed.stream({});
    f.reset();
    BOOST_TEST(!answered.alive());
    answered.respond({});
    dropped.reset();
    BOOST_TEST(!stream.write("x"));
    stream.end();
}

BOOST_AUTO_TEST_CASE(many_threads_answer_many_connections) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    constexpr int k_clients = 16, k_each = 100;
    std::atomic<int> left = k_clients * k_each;
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i)
        workers.emplace_back([&] {
            while (left.fetch_sub(1) > 0) {
                auto e = kept.take();
                auto body = e.take_request().body;
                e.respond(text(std::move(body)));
            }
        });
    std::vector<std::thread> clients;
    std::atomic<int> right = 0;
    for (int c = 0; c < k_clients; ++c)
        clients.emplace_back([&, c] {
            Client client(f.port());
            for (int i = 0; i < k_each; ++i) {
                const auto body = std::to_string(c) + "-" + std::to_string(i);
                if (client.ask(post(body)).body == body) ++right;
            }
        });
    for (auto& t : clients) t.join();
    for (auto& t : workers) t.join();
    BOOST_TEST(right == k_clients * k_each);
    BOOST_TEST(eventually([&] { return f.server->counts().requests == k_clients * k_each; }));
}

BOOST_AUTO_TEST_CASE(drain_answers_what_is_under_way_and_closes_the_rest) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client idle(f.port()), busy(f.port()), half(f.port()), streaming(f.port());
    busy.send(post("x"));
    auto e = kept.take();
    streaming.send(k_get);
    auto s = kept.take().stream({});
    BOOST_TEST(s.write("1"));
    half.send(post("yz").substr(0, post("yz").size() - 1));
    BOOST_TEST(eventually([&] { return f.server->counts().active == 3 && f.server->counts().connections == 4; }));
    const uint16_t port = f.port();
    std::thread drainer([&] { f.server->drain(Millis(10'000)); });
    BOOST_TEST(idle.ended());
    BOOST_TEST(streaming.read_to_end().ends_with("0\r\n\r\n"));
    BOOST_TEST(eventually([&] { return !s.write("2"); }));
    BOOST_CHECK_THROW(Client refused(port), std::runtime_error);
    e.respond(text("done"));
    const auto answer = busy.read();
    BOOST_TEST(answer.body == "done");
    BOOST_TEST(answer.fields.at("connection") == "close");
    half.send("z");
    kept.take().respond(text("late"));
    BOOST_TEST(half.read().body == "late");
    drainer.join();
    BOOST_TEST(eventually([&] { return f.server->counts().connections == 0; }));
}

BOOST_AUTO_TEST_CASE(drain_is_bounded) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client busy(f.port());
    busy.send(k_get);
    auto e = kept.take();
    const auto before = std::chrono::steady_clock::now();
    f.server->drain(Millis(50));
    const auto took = std::chrono::steady_clock::now() - before;
    BOOST_TEST((took >= Millis(50) && took < Millis(5000)));
    e.respond(text("after"));
    BOOST_TEST(busy.read().body == "after");
}

BOOST_AUTO_TEST_CASE(requests_of_one_round_come_together) {
    Fixture f;
    // Keep the loop busy in the first request, so that the others gather.
    std::mutex gate;
    gate.lock();
    std::atomic<bool> entered = false;
    f.echo.on_exchange = [&](http::Exchange e) {
        if (!entered.exchange(true)) {
            const std::lock_guard wait(gate);
        }
        e.respond({});
    };
    std::vector<Client> clients;
    for (int i = 0; i < 9; ++i) clients.emplace_back(f.port());
    clients[0].send(k_get);
    BOOST_TEST(eventually([&] { return entered.load(); }));
    for (size_t i = 1; i < clients.size(); ++i) clients[i].send(k_get);
    gate.unlock();
    for (auto& c : clients) BOOST_TEST(c.read().status == 200);
    const auto batches = f.echo.batches();
    BOOST_REQUIRE(batches.size() == 2u);
    BOOST_TEST(batches[1] == 8u);
}

BOOST_AUTO_TEST_CASE(gauges_show_connections_by_state) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client idle(f.port()), busy(f.port());
    busy.send(k_get);
    auto e = kept.take();
    const auto shows = [&](const std::string& state, const std::string& value) {
        return eventually([&] {
            return f.metrics.render().find("gatehouse_connections{server=\"test\",state=\"" + state + "\"} " + value + "\n") !=
                   std::string::npos;
        });
    };
    BOOST_TEST(shows("active", "1"));
    BOOST_TEST(shows("idle", "1"));
    e.respond({});
    BOOST_TEST(shows("active", "0"));
    BOOST_TEST(shows("idle", "2"));
}

BOOST_AUTO_TEST_SUITE_END()
