// Whole requests: keep-alive, pipelining, chunks, 100-continue, addresses.
#include <boost/test/unit_test.hpp>

#include <thread>

#include "kit.hpp"

using namespace wire;

namespace {

const std::string k_chunked = "POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(keep_alive_serves_one_after_the_other) {
    Fixture f;
    Client client(f.port());
    for (int i = 0; i < 50; ++i) {
        const auto answer = client.ask(post("n" + std::to_string(i)));
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.body == "POST / n" + std::to_string(i));
        BOOST_TEST(answer.fields.contains("date"));
        BOOST_TEST(!answer.fields.contains("connection"));
    }
    BOOST_TEST(f.server->counts().accepted == 1u);
}

BOOST_AUTO_TEST_CASE(date_is_an_imf_fixdate) {
    Fixture f;
    const auto date = Client(f.port()).ask(k_get).fields["date"];
    BOOST_TEST(date.size() == 29u);
    BOOST_TEST(date.substr(3, 2) == ", ");
    BOOST_TEST(date.substr(25) == " GMT");
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    Fixture f;
    // Answers come from other threads, the later ones sooner: order must not depend on it.
    std::vector<std::thread> threads;
    f.echo.on_exchange = [&](http::Exchange exchange) {
        threads.emplace_back([e = std::move(exchange)]() mutable {
            http::Response response;
            response.body = e.request().target;
            e.respond(std::move(response));
        });
    };
    Client client(f.port());
    std::string all;
    for (int i = 0; i < 100; ++i)
        all += i % 3 == 0 ? post(std::string(700, 'x'), "/" + std::to_string(i))
                          : "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
    client.send(all);
    for (int i = 0; i < 100; ++i) BOOST_TEST(client.read().body == "/" + std::to_string(i));
    f.server->drain(Millis(5000));
    for (auto& t : threads) t.join();
}

BOOST_AUTO_TEST_CASE(pipelined_requests_larger_than_one_read_are_answered) {
    Fixture f;
    Client client(f.port());
    std::string all;
    for (int i = 0; i < 40; ++i) all += post(std::string(9000, 'x'), "/" + std::to_string(i));
    std::thread sender([&] { client.send(all); });
    for (int i = 0; i < 40; ++i) BOOST_TEST((client.read().body == "POST /" + std::to_string(i) + " " + std::string(9000, 'x')));
    sender.join();
}

BOOST_AUTO_TEST_CASE(a_thousand_pipelined_requests_answered_in_admit_do_not_nest) {
    Fixture f;
    f.echo.on_admit = [](const http::Request&) { return http::problem(404, "Not Found"); };
    Client client(f.port());
    std::string all;
    for (int i = 0; i < 1000; ++i) all += "GET / HTTP/1.1\r\nHost: t\r\n\r\n";
    std::thread sender([&] { client.send(all); });
    for (int i = 0; i < 1000; ++i) BOOST_REQUIRE(client.read().status == 404);
    sender.join();
}

BOOST_AUTO_TEST_CASE(requests_dripping_byte_by_byte_are_whole) {
    Fixture f;
    Client client(f.port());
    const auto drip = [&](const std::string& bytes) {
        for (const char c : bytes) client.send(std::string_view(&c, 1));
        return client.read().body;
    };
    BOOST_TEST(drip(post("body")) == "POST / body");
    BOOST_TEST(drip(k_chunked + "3;x=\"y\"\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n") == "POST /c abcde");
    BOOST_TEST(drip(std::string(k_get)) == "GET /probe ");
}

BOOST_AUTO_TEST_CASE(fields_target_and_body_are_exact) {
    Fixture f;
    http::Request got;
    f.echo.on_exchange = [&](http::Exchange e) {
        got = e.take_request();
        BOOST_TEST(e.request().fields.empty());
        e.respond({});
    };
    const auto before = gh::SystemClock().now();
    const std::string body("\r\n\0\xff", 4);
    const auto head = "PUT /a%2Fb?q=1&r HTTP/1.1\r\nHost: t\r\nX-A:  one  two \r\nx-a: 3\r\nContent-Length: 4\r\n\r\n";
    BOOST_TEST(Client(f.port()).ask(head + body).status == 200);
    BOOST_TEST(got.method == "PUT");
    BOOST_TEST(got.target == "/a%2Fb?q=1&r");
    BOOST_TEST(got.path == "/a%2Fb");
    BOOST_TEST(got.query == "q=1&r");
    BOOST_TEST((got.body == body));
    BOOST_REQUIRE(got.fields.size() == 4u);
    BOOST_TEST(got.fields[1].name == "X-A");
    BOOST_TEST(got.fields[1].value == "one  two");
    BOOST_TEST(got.fields[2].name == "x-a");
    BOOST_TEST(got.remote == "127.0.0.1");
    BOOST_TEST(!got.secure);
    BOOST_TEST((got.received_at >= before - Millis(1000) && got.received_at <= gh::SystemClock().now()));
}

BOOST_AUTO_TEST_CASE(an_empty_line_behind_a_body_begins_no_request) {
    http::Limits limits;
    limits.head_deadline = Millis(50);
    Fixture f(limits);
    Client client(f.port());
    BOOST_TEST(client.ask(post("x") + "\r\n").status == 200);
    BOOST_TEST(client.quiet(Millis(150)));
    BOOST_TEST(client.ask(k_get).body == "GET /probe ");
}

BOOST_AUTO_TEST_CASE(http_1_0_is_answered_and_closed) {
    Fixture f;
    Client client(f.port());
    const auto answer = client.ask("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.fields.at("connection") == "close");
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(connection_close_is_obeyed) {
    Fixture f;
    Client client(f.port());
    const auto answer = client.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: x, Close\r\n\r\n");
    BOOST_TEST(answer.fields.at("connection") == "close");
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(a_response_with_close_closes) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        http::Response r;
        r.close = true;
        e.respond(std::move(r));
    };
    Client client(f.port());
    client.send(std::string(k_get) + std::string(k_get));
    BOOST_TEST(client.read().fields.at("connection") == "close");
    BOOST_TEST(client.ended());
    BOOST_TEST(f.echo.seen().size() == 1u);
}

BOOST_AUTO_TEST_CASE(head_gets_the_length_but_no_body) {
    Fixture f;
    Client client(f.port());
    client.send("HEAD /h HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto answer = client.read(true);
    BOOST_TEST(answer.fields.at("content-length") == std::to_string(std::string("HEAD /h ").size()));
    BOOST_TEST(client.ask(k_get).body == "GET /probe ");
}

BOOST_AUTO_TEST_CASE(a_204_has_neither_body_nor_length) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        http::Response r;
        r.status = 204;
        r.body = "never sent";
        e.respond(std::move(r));
    };
    Client client(f.port());
    BOOST_TEST(!client.ask(k_get).fields.contains("content-length"));
    BOOST_TEST(client.ask(k_get).status == 204);
}

BOOST_AUTO_TEST_CASE(a_response_field_cannot_end_its_line) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        http::Response r;
        r.fields = {{"X-A", "b\r\nX-Evil: 1"}, {"Bad Name", "x"}, {"Content-Length", "999"}, {"connection", "upgrade"}};
        e.respond(std::move(r));
    };
    Client client(f.port());
    const auto answer = client.ask(k_get);
    BOOST_TEST(answer.fields.at("x-a") == "b  X-Evil: 1");
    BOOST_TEST(!answer.fields.contains("x-evil"));
    BOOST_TEST(!answer.fields.contains("bad name"));
    BOOST_TEST(answer.fields.at("content-length") == "0");
    BOOST_TEST(!answer.fields.contains("connection"));
}

BOOST_AUTO_TEST_CASE(continue_is_said_after_admission) {
    Fixture f;
    Client client(f.port());
    client.send("POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    BOOST_TEST(client.read().status == 100);
    BOOST_TEST(f.echo.admitted() == 1u);
    BOOST_TEST(client.ask("abc").body == "POST / abc");
}

BOOST_AUTO_TEST_CASE(continue_is_not_said_without_need) {
    Fixture f;
    f.echo.on_admit = [](const http::Request& r) -> http::Admission {
        if (r.path == "/no") return http::problem(403, "Forbidden");
        return http::Admitted{10, nullptr};
    };
    const std::string expect = " HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\n";
    BOOST_TEST(Client(f.port()).ask("POST /no" + expect + "Content-Length: 3\r\n\r\n").status == 403);
    BOOST_TEST(Client(f.port()).ask("POST /big" + expect + "Content-Length: 11\r\n\r\n").status == 413);
    BOOST_TEST(Client(f.port()).ask("GET /none" + expect + "\r\n").status == 200);
    BOOST_TEST(Client(f.port()).ask("POST /here" + expect + "Content-Length: 3\r\n\r\nabc").status == 200);
    BOOST_TEST(Client(f.port()).ask("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc").status == 200);
}

BOOST_AUTO_TEST_CASE(large_bodies_and_answers_pass) {
    Fixture f;
    f.echo.max_body = 8 << 20;
    Client client(f.port());
    std::string body(5 << 20, 'x');
    for (size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
    const auto request = post(body);
    std::thread sender([&] { client.send(request); });
    const auto answer = client.read();
    sender.join();
    BOOST_TEST((answer.body == "POST / " + body));
}

BOOST_AUTO_TEST_CASE(the_answer_to_an_oversized_body_can_be_read_though_the_client_goes_on_sending) {
    Fixture f;
    Client client(f.port());
    client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 4000000\r\n\r\n");
    client.send(std::string(4'000'000, 'x'));
    const auto answer = client.read();
    BOOST_TEST(answer.status == 413);
    BOOST_TEST(answer.complete);
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_CASE(ipv6_is_served) {
    auto listen = loopback();
    listen.host = "::1";
    std::unique_ptr<Fixture> f;
    try {
        f = std::make_unique<Fixture>(http::Limits{}, std::vector{loopback(), listen});
    } catch (const std::exception& e) {
        BOOST_TEST_MESSAGE("no IPv6 here: " << e.what());
        return;
    }
    std::string remote;
    f->echo.on_exchange = [&](http::Exchange e) {
        remote = e.request().remote;
        e.respond({});
    };
    BOOST_REQUIRE(f->server->ports().size() == 2u);
    BOOST_TEST(Client(f->server->ports()[1], "::1").ask(k_get).status == 200);
    BOOST_TEST(remote == "::1");
    BOOST_TEST(Client(f->server->ports()[0]).ask(k_get).status == 200);
    BOOST_TEST(remote == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_an_error_that_names_the_address) {
    Fixture f;
    auto listen = loopback();
    listen.port = f.port();
    http::Server second("second", {listen}, {}, f.echo, f.log, f.metrics);
    const auto started = second.start();
    BOOST_REQUIRE(!started.ok());
    BOOST_TEST(started.error().message.find("127.0.0.1:" + std::to_string(listen.port)) != std::string::npos);
    BOOST_TEST(started.error().message.find("another program") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
