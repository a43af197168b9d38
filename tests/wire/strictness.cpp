// The strictness table: for each row the raw request, the status and the reason counted. Each is sent whole and byte by byte, nothing of it
// may reach the handler, the answer must be readable and the connection must close.
#include <boost/test/unit_test.hpp>

#include "kit.hpp"

using namespace wire;
using namespace std::string_literals;

namespace {

struct Row {
    const char* name;
    std::string request;
    int status;
    const char* reason;
};

const std::string k_line = "POST / HTTP/1.1\r\n";
const std::string k_host = "Host: t\r\n";
const std::string k_chunked = k_line + k_host + "Transfer-Encoding: chunked\r\n\r\n";

std::vector<Row> rows() {
    return {
        {"no_host", "GET / HTTP/1.1\r\n\r\n", 400, "host"},
        {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "host"},
        {"two_hosts_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "host"},
        {"empty_host", "GET / HTTP/1.1\r\nHost: \r\n\r\n", 400, "host"},
        {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host"},
        {"host_with_user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "host"},
        {"host_differs_from_target", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, "host"},
        {"length_list", k_line + k_host + "Content-Length: 3,3\r\n\r\nabc", 400, "content_length"},
        {"length_plus", k_line + k_host + "Content-Length: +3\r\n\r\nabc", 400, "content_length"},
        {"length_minus", k_line + k_host + "Content-Length: -3\r\n\r\nabc", 400, "content_length"},
        {"length_hex", k_line + k_host + "Content-Length: 0x3\r\n\r\nabc", 400, "content_length"},
        {"length_inner_blank", k_line + k_host + "Content-Length: 3 3\r\n\r\nabc", 400, "content_length"},
        {"length_empty", k_line + k_host + "Content-Length:\r\n\r\nabc", 400, "content_length"},
        {"length_twice_different", k_line + k_host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, "content_length"},
        {"length_twice_equal", k_line + k_host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "content_length"},
        {"length_over_64_bit", k_line + k_host + "Content-Length: 99999999999999999999999\r\n\r\n", 413, "body_too_large"},
        {"length_over_route", k_line + k_host + "Content-Length: 1048577\r\n\r\n", 413, "body_too_large"},
        {"length_then_coding", k_line + k_host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "framing"},
        {"coding_then_length", k_line + k_host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400, "framing"},
        {"coding_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "framing"},
        {"coding_gzip", k_line + k_host + "Transfer-Encoding: gzip\r\n\r\n", 501, "transfer_encoding"},
        {"coding_gzip_chunked", k_line + k_host + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "transfer_encoding"},
        {"coding_identity", k_line + k_host + "Transfer-Encoding: identity\r\n\r\n", 501, "transfer_encoding"},
        {"coding_twice", k_line + k_host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501, "transfer_encoding"},
        {"coding_xchunked", k_line + k_host + "Transfer-Encoding: xchunked\r\n\r\n", 501, "transfer_encoding"},
        {"coding_quoted", k_line + k_host + "Transfer-Encoding: \"chunked\"\r\n\r\n", 501, "transfer_encoding"},
        {"coding_vertical_tab",
         k_line + k_host +
             "Transfer-Encoding: \x0b"
             "chunked\r\n\r\n",
         400, "control_byte"},
        {"fold", k_line + k_host + "A: b\r\n c\r\n\r\n", 400, "obs_fold"},
        {"fold_tab", k_line + k_host + "A: b\r\n\tc\r\n\r\n", 400, "obs_fold"},
        {"blank_before_first_field", k_line + " Host: t\r\n\r\n", 400, "obs_fold"},
        {"bare_lf_request_line", "GET / HTTP/1.1\nHost: t\r\n\r\n", 400, "bare_lf"},
        {"bare_lf_field", k_line + "Host: t\n\r\n", 400, "bare_lf"},
        {"bare_lf_end", k_line + k_host + "\n", 400, "bare_lf"},
        {"bare_cr_in_field", k_line + k_host + "A: b\rc\r\n\r\n", 400, "control_byte"},
        {"space_before_colon", k_line + "Host : t\r\n\r\n", 400, "field_name"},
        {"tab_before_colon", k_line + "Host\t: t\r\n\r\n", 400, "field_name"},
        {"no_colon", k_line + k_host + "nonsense\r\n\r\n", 400, "field_name"},
        {"empty_name", k_line + k_host + ": x\r\n\r\n", 400, "field_name"},
        {"name_not_token", k_line + k_host + "A(b): x\r\n\r\n", 400, "field_name"},
        {"nul_in_value", k_line + k_host + "A: b\0c\r\n\r\n"s, 400, "control_byte"},
        {"nul_in_name", k_line + k_host + "A\0: c\r\n\r\n"s, 400, "control_byte"},
        {"escape_in_value", k_line + k_host + "A: \x1b[2J\r\n\r\n", 400, "control_byte"},
        {"del_in_value", k_line + k_host + "A: \x7f\r\n\r\n", 400, "control_byte"},
        {"nul_in_target", "GET /\0 HTTP/1.1\r\nHost: t\r\n\r\n"s, 400, "control_byte"},
        {"high_byte_in_target", "GET /\xff HTTP/1.1\r\nHost: t\r\n\r\n", 400, "target"},
        {"fragment_in_target", "GET /a#b HTTP/1.1\r\nHost: t\r\n\r\n", 400, "target"},
        {"target_without_slash", "GET a HTTP/1.1\r\nHost: t\r\n\r\n", 400, "target"},
        {"target_other_scheme", "GET ftp://t/ HTTP/1.1\r\nHost: t\r\n\r\n", 400, "target"},
        {"star_for_get", "GET * HTTP/1.1\r\nHost: t\r\n\r\n", 400, "target"},
        {"space_in_target", "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"two_blanks", "GET  / HTTP/1.1\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"blank_after_version", "GET / HTTP/1.1 \r\nHost: t\r\n\r\n", 400, "request_line"},
        {"lower_case_version", "GET / http/1.1\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"long_version", "GET / HTTP/1.10\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"method_not_token", "GE T/ / HTTP/1.1\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"two_empty_lines_first", "\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n", 400, "request_line"},
        {"trace", "TRACE / HTTP/1.1\r\nHost: t\r\n\r\n", 405, "method"},
        {"connect", "CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n", 405, "method"},
        {"long_method", std::string(40, 'M') + " / HTTP/1.1\r\nHost: t\r\n\r\n", 501, "method"},
        {"http_0_9", "GET /\r\n", 505, "version"},
        {"http_2_0", "GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505, "version"},
        {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version"},
        {"expectation", k_line + k_host + "Expect: the-unexpected\r\nContent-Length: 1\r\n\r\n", 417, "expectation"},
        {"target_too_long", "GET /" + std::string(8192, 'a') + " HTTP/1.1\r\nHost: t\r\n\r\n", 414, "target_too_long"},
        {"endless_target", "GET /" + std::string(17'000, 'a'), 414, "target_too_long"},
        {"endless_field", k_line + k_host + "A: " + std::string(17'000, 'a'), 431, "head_too_long"},
        {"long_head", k_line + k_host + "A: " + std::string(17'000, 'a') + "\r\n\r\n", 431, "head_too_long"},
        {"chunk_size_missing", k_chunked + "\r\nabc", 400, "chunk"},
        {"chunk_size_not_hex", k_chunked + "g\r\n", 400, "chunk"},
        {"chunk_size_prefix", k_chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_size_minus", k_chunked + "-1\r\n", 400, "chunk"},
        {"chunk_size_overflow", k_chunked + "10000000000000003\r\nabc\r\n", 400, "chunk"},
        {"chunk_size_blank", k_chunked + "3 \r\nabc\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_bare_lf", k_chunked + "3\nabc\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_too_long", k_chunked + "3\r\nabcd\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_too_short", k_chunked + "4\r\nabc\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_data_bare_lf", k_chunked + "3\r\nabc\n0\r\n\r\n", 400, "chunk"},
        {"chunk_extension_lf", k_chunked + "3;a\nabc\r\n0\r\n\r\n", 400, "chunk"},
        {"chunk_extension_long", k_chunked + "3;" + std::string(300, 'a') + "\r\nabc\r\n0\r\n\r\n", 400, "chunk_extension"},
        {"chunk_leading_zeros", k_chunked + std::string(300, '0') + "\r\n\r\n", 400, "chunk_extension"},
        {"chunk_over_route", k_chunked + "100001\r\n", 413, "body_too_large"},
        {"trailer_no_colon", k_chunked + "0\r\nGET /smuggled HTTP/1.1\r\n\r\n", 400, "trailer"},
        {"trailer_fold", k_chunked + "0\r\nA: b\r\n c\r\n\r\n", 400, "trailer"},
        {"trailer_bare_lf", k_chunked + "0\r\nA: b\n\r\n", 400, "trailer"},
        {"trailer_nul", k_chunked + "0\r\nA: \0\r\n\r\n"s, 400, "trailer"},
        {"trailer_long", k_chunked + "0\r\nA: " + std::string(9000, 'a') + "\r\n\r\n", 431, "trailer_too_long"},
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(strictness)

BOOST_AUTO_TEST_CASE(each_row_is_refused_answered_and_closed) {
    Fixture f;
    for (const auto& row : rows()) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto before = f.refused(row.reason);
            Client client(f.port());
            client.send(row.request);
            client.send("GET /second HTTP/1.1\r\nHost: t\r\n\r\n");
            const auto answer = client.read();
            BOOST_TEST(answer.status == row.status);
            BOOST_TEST(answer.complete);
            BOOST_TEST(answer.fields.at("connection") == "close");
            BOOST_TEST(answer.fields.at("content-type") == "application/problem+json");
            BOOST_TEST(client.ended());
            BOOST_TEST(f.refused(row.reason) == before + 1);
        }
    }
    BOOST_TEST(f.echo.seen().empty());
}

BOOST_AUTO_TEST_CASE(each_row_is_refused_when_it_drips) {
    Fixture f;
    for (const auto& row : rows()) {
        if (row.request.size() > 2000) continue;
        BOOST_TEST_CONTEXT(row.name) {
            Client client(f.port());
            for (const char c : row.request)
                if (!client.send(std::string_view(&c, 1))) break;
            const auto answer = client.read();
            BOOST_TEST(answer.status == row.status);
            BOOST_TEST(answer.complete);
        }
    }
    BOOST_TEST(f.echo.seen().empty());
}

BOOST_AUTO_TEST_CASE(too_many_fields_are_431) {
    Fixture f;
    const auto with = [](int fields) {
        std::string request = "GET / HTTP/1.1\r\nHost: t\r\n";
        for (int i = 1; i < fields; ++i) request += "A: b\r\n";
        return request + "\r\n";
    };
    BOOST_TEST(Client(f.port()).ask(with(100)).status == 200);
    BOOST_TEST(Client(f.port()).ask(with(101)).status == 431);
    BOOST_TEST(f.refused("fields") == 1);
}

BOOST_AUTO_TEST_CASE(heads_at_the_limit_are_served) {
    Fixture f;
    const std::string begin = "GET / HTTP/1.1\r\nHost: t\r\nA: ";
    const auto with = [&](size_t size) { return begin + std::string(size - begin.size() - 4, 'a') + "\r\n\r\n"; };
    BOOST_TEST(Client(f.port()).ask(with(16 * 1024)).status == 200);
    BOOST_TEST(Client(f.port()).ask(with(16 * 1024 + 1)).status == 431);
}

BOOST_AUTO_TEST_CASE(what_is_unusual_but_right_is_served) {
    Fixture f;
    const std::pair<std::string, std::string> rows[] = {
        {"\r\nGET /a HTTP/1.1\r\nHost: t\r\n\r\n", "GET /a "},
        {"GET http://t:80/b?c HTTP/1.1\r\nHost: t:80\r\n\r\n", "GET /b?c "},
        {"GET http://t HTTP/1.1\r\nHost: T\r\n\r\n", "GET / "},
        {"GET http://t?q HTTP/1.1\r\nHost: t\r\n\r\n", "GET /?q "},
        {"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", "OPTIONS * "},
        {"GET /c HTTP/1.1\r\nhOST:t\r\n\r\n", "GET /c "},
        {"GET /d HTTP/1.1\r\nHost: [::1]:8080\r\nEmpty:\r\nA: \xe4\tb\r\n\r\n", "GET /d "},
        {"POST /e HTTP/1.1\r\nHost: t\r\nContent-Length:  003 \r\n\r\nabc", "POST /e abc"},
        {"POST /f HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: CHUNKED\r\n\r\n03\r\nabc\r\n00\r\n\r\n", "POST /f abc"},
        {"X-ODD! /g HTTP/1.1\r\nHost: t\r\n\r\n", "X-ODD! /g "},
    };
    for (const auto& [request, echoed] : rows) {
        const auto answer = Client(f.port()).ask(request);
        BOOST_TEST(answer.status == 200, request);
        BOOST_TEST(answer.body == echoed);
    }
}

BOOST_AUTO_TEST_CASE(a_405_says_what_is_allowed) {
    Fixture f;
    BOOST_TEST(Client(f.port()).ask("TRACE / HTTP/1.1\r\nHost: t\r\n\r\n").fields.contains("allow"));
}

BOOST_AUTO_TEST_CASE(refusals_are_logged_but_not_without_end) {
    Fixture f;
    for (int i = 0; i < 200; ++i) BOOST_TEST(Client(f.port()).ask("GET / HTTP/1.1\r\n\r\n").status == 400);
    const auto text = f.log_text();
    BOOST_TEST(text.find("client sent no Host field") != std::string::npos);
    BOOST_TEST(text.find("\"remote\":\"127.0.0.1\"") != std::string::npos);
    const auto lines = std::count(text.begin(), text.end(), '\n');
    BOOST_TEST(lines >= 10);
    BOOST_TEST(lines < 150);
    BOOST_TEST(f.refused("host") == 200);
}

BOOST_AUTO_TEST_SUITE_END()
