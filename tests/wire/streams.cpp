// Answers of unknown length: server-sent events.
#include <boost/test/unit_test.hpp>

#include <thread>

#include "kit.hpp"

using namespace wire;

BOOST_AUTO_TEST_SUITE(streams)

BOOST_AUTO_TEST_CASE(a_stream_arrives_piece_by_piece_and_ends) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client client(f.port());
    client.send(k_get);
    auto e = kept.take();
    http::Response head;
    head.fields = {{"Content-Type", "text/event-stream"}};
    auto stream = e.stream(std::move(head));
    const auto got = client.read_raw(1);
    BOOST_TEST(got.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    BOOST_TEST(got.find("text/event-stream") != std::string::npos);
    BOOST_TEST(got.find("Content-Length") == std::string::npos);
    BOOST_TEST(stream.write("data: 1\n\n"));
    BOOST_TEST(client.read_raw(14) == "9\r\ndata: 1\n\n\r\n");
    BOOST_TEST(stream.write("data: 22\n\n"));
    BOOST_TEST(client.read_raw(15) == "a\r\ndata: 22\n\n\r\n");
    stream.end();
    BOOST_TEST(client.read_raw(5) == "0\r\n\r\n");
    // The connection goes on.
    client.send(k_get);
    kept.take().respond(text("after"));
    BOOST_TEST(client.read().body == "after");
}

BOOST_AUTO_TEST_CASE(a_stream_to_http_1_0_has_no_chunks) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        auto s = e.stream({});
        s.write("one");
        s.write("two");
    };
    Client client(f.port());
    client.send("GET / HTTP/1.0\r\n\r\n");
    const auto all = client.read_to_end();
    BOOST_TEST(all.find("chunked") == std::string::npos);
    BOOST_TEST(all.ends_with("\r\n\r\nonetwo"));
}

BOOST_AUTO_TEST_CASE(a_stream_to_head_is_only_a_head) {
    Fixture f;
    f.echo.on_exchange = [](http::Exchange e) {
        auto s = e.stream({});
        s.write("unseen");
    };
    Client client(f.port());
    client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
    BOOST_TEST(client.read(true).status == 200);
    client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
    BOOST_TEST(client.read(true).status == 200);
    BOOST_TEST(client.quiet(Millis(20)));
}

BOOST_AUTO_TEST_CASE(a_stream_that_nobody_reads_pushes_back) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    Client client(f.port());
    client.send(k_get);
    auto e = kept.take();
    auto stream = e.stream({});
    const std::string piece(64 * 1024, 'x');
    size_t written = 0;
    BOOST_TEST(eventually([&] {
        for (int i = 0; i < 4; ++i) {
            if (!stream.write(piece)) return true;
            written += piece.size();
        }
        return false;
    }));
    BOOST_TEST(e.alive());
    BOOST_TEST(written < 64u << 20);
    // Once it reads, everything that was taken arrives, and there is room again.
    size_t got = 0;
    std::thread reader([&] {
        const auto answer = client.read();
        got = answer.complete ? answer.body.size() : 0;
    });
    BOOST_TEST(eventually([&] { return stream.write("y"); }));
    stream.end();
    reader.join();
    BOOST_TEST(got == written + 1);
}

BOOST_AUTO_TEST_CASE(a_stream_learns_that_its_reader_left) {
    Fixture f;
    Kept kept;
    kept.attach(f);
    auto client = std::make_unique<Client>(f.port());
    client->send(k_get);
    auto e = kept.take();
    auto stream = e.stream({});
    BOOST_TEST(stream.write("x"));
    client.reset();
    BOOST_TEST(eventually([&] { return !stream.write("x"); }));
    BOOST_TEST(!e.alive());
    BOOST_TEST(eventually([&] { return f.server->counts().connections == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
