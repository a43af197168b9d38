// Where one request ends and the next begins: chunks, trailers, bodies that nobody reads or that are cut short.
#include <boost/test/unit_test.hpp>

#include "kit.hpp"

using namespace wire;

namespace {

const std::string k_chunked = "POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
using Lines = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(chunks_are_joined_and_trailers_dropped) {
    Fixture f;
    Client client(f.port());
    const auto answer = client.ask(k_chunked + "3\r\nabc\r\n1 ;ext=\"a b\";x\r\nd\r\nA\r\n0123456789\r\n0\r\nX-T: 1\r\nY: 2\r\n\r\n");
    BOOST_TEST(answer.body == "POST /c abcd0123456789");
    BOOST_TEST(client.ask(k_get).status == 200);
}

BOOST_AUTO_TEST_CASE(a_chunked_body_over_the_limit_is_refused_not_cut) {
    Fixture f;
    f.echo.max_body = 1000;
    const auto in_chunks = [](size_t chunks) {
        std::string bytes = k_chunked;
        for (size_t i = 0; i < chunks; ++i) bytes += "64\r\n" + std::string(100, 'x') + "\r\n";
        return bytes + "0\r\n\r\n";
    };
    BOOST_TEST(Client(f.port()).ask(in_chunks(10)).status == 200);
    BOOST_TEST(Client(f.port()).ask(in_chunks(11)).status == 413);
    BOOST_TEST(f.echo.seen().size() == 1u);
}

BOOST_AUTO_TEST_CASE(unread_post_body_is_never_the_next_request) {
    Fixture f;
    f.echo.on_admit = [](const http::Request& r) -> http::Admission {
        if (r.path == "/refused") return http::problem(404, "Not Found");
        return http::Admitted{1 << 20, nullptr};
    };
    Client client(f.port());
    client.send(post("GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n", "/refused"));
    const auto answer = client.read();
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(answer.fields.at("connection") == "close");
    BOOST_TEST(client.ended());
    BOOST_TEST(f.echo.seen().empty());
    BOOST_TEST(f.echo.admitted() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_without_a_body_keeps_the_connection) {
    Fixture f;
    f.echo.on_admit = [](const http::Request&) { return http::problem(404, "Not Found"); };
    Client client(f.port());
    BOOST_TEST(client.ask(k_get).status == 404);
    BOOST_TEST(client.ask(k_get).status == 404);
}

BOOST_AUTO_TEST_CASE(second_trailer_line_is_never_a_request) {
    Fixture f;
    Client client(f.port());
    client.send(k_chunked + "1\r\na\r\n0\r\nX: y\r\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n");
    BOOST_TEST(client.read().status == 400);
    BOOST_TEST(client.ended());
    Client other(f.port());
    other.send(k_chunked + "1\r\na\r\n0\r\nX: y\r\nGET: /smuggled\r\nHost: t\r\n\r\n");
    BOOST_TEST(other.read().body == "POST /c a");
    BOOST_TEST(other.quiet(Millis(20)));
    BOOST_TEST(f.echo.seen() == Lines{"POST /c a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(body_cut_short_reaches_no_handler) {
    Fixture f;
    for (const auto& request : {post("whole").substr(0, post("whole").size() - 1), k_chunked + "3\r\nabc\r\n",
                                k_chunked + "3\r\nabc\r\n0\r\n", k_chunked + "5\r\nabc", std::string("GET / HTTP/1.1\r\nHost: t\r\n")}) {
        Client client(f.port());
        client.send(request);
        client.half_close();
        BOOST_TEST(client.read().status == 400);
        BOOST_TEST(client.ended());
        Client gone(f.port());
        gone.send(request);
        gone.reset();
    }
    BOOST_TEST(eventually([&] { return f.server->counts().connections == 0; }));
    BOOST_TEST(f.echo.seen().empty());
    BOOST_TEST(f.refused("truncated") == 5u);
}

BOOST_AUTO_TEST_CASE(half_closed_clients_get_their_answer) {
    Fixture f;
    Client client(f.port());
    client.send(post("x"));
    client.half_close();
    BOOST_TEST(client.read().body == "POST / x");
    BOOST_TEST(client.ended());
}

BOOST_AUTO_TEST_SUITE_END()
