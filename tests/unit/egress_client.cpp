// The egress client against peers that behave, drip, cut, redirect, flood and lie.
#include "core/egress/client.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdlib>
#include <future>

#include "tests/support/peer.hpp"
#include "tests/support/slowness.hpp"

using namespace gh;
using namespace gh::egress;
using namespace std::chrono_literals;
using gh::test::answer;
using gh::test::Peer;
using gh::test::PeerConnection;
using gh::test::PeerRequest;

namespace {

struct Fixture {
    Log log{Level::error, [](std::string_view) {}};
    Client client{Client::Options{}, log};

    static std::shared_ptr<const Policy> open_to(const std::string& url) {
        return std::make_shared<Policy>(std::vector<Rule>{*rule_for(url)});
    }
    static Request get(const std::string& url, Millis timeout = Millis(20'000)) {
        Request r;
        r.url = url;
        r.timeout = timeout;
        return r;
    }
    Response fetch(const std::string& url, Millis timeout = Millis(20'000)) {
        return client.send_and_wait(get(url, timeout), open_to(url));
    }
};

std::string outcome(const Response& r) {
    return std::string(to_text(r.failure)) + ' ' + std::to_string(r.status);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(egress_client, Fixture)

BOOST_AUTO_TEST_CASE(request_and_answer_pass_unchanged) {
    Peer peer(answer(201, "{\"a\":1}", "Content-Type: application/json\r\nX-Two: one\r\nX-Two: two\r\nX-Empty:\r\n"));
    Request r = get(peer.url("/path?q=%20a#fragment"));
    r.method = "POST";
    r.body = std::string("bytes \0 and \xff", 13);
    r.fields = {
        {"Content-Type", "text/plain"}, {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"X-Empty", ""}};
    const auto a = client.send_and_wait(r, open_to(peer.url()));
    BOOST_TEST(outcome(a) == "none 201");
    BOOST_TEST(a.error == "");
    BOOST_TEST(a.body == "{\"a\":1}");
    BOOST_REQUIRE(a.fields.size() == 5u);
    BOOST_TEST(a.field("content-type").value_or("") == "application/json");
    BOOST_TEST(a.fields[3].value == "two");
    BOOST_TEST(a.fields[4].value == "");
    BOOST_REQUIRE(peer.wait_for_requests(1));
    const auto got = peer.requests()[0];
    BOOST_TEST(got.method == "POST");
    BOOST_TEST(got.target == "/path?q=%20a");
    BOOST_TEST(got.body == r.body);
    BOOST_TEST(got.field("content-type") == "text/plain");
    BOOST_TEST(got.field("traceparent") == r.fields[1].value);
    BOOST_TEST(got.count("x-empty") == 1u);
    BOOST_TEST(got.field("user-agent") == "Gatehouse/1.0");
    BOOST_TEST(got.field("accept-encoding") == "identity");
    BOOST_TEST(got.count("expect") == 0u);
}

BOOST_AUTO_TEST_CASE(methods_are_sent_as_given) {
    Peer peer([](const PeerRequest& r, PeerConnection& c) {
        c.send(r.method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" : answer(200, "x"));
    });
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        Request r = get(peer.url());
        r.method = method;
        BOOST_TEST(outcome(client.send_and_wait(r, open_to(r.url))) == "none 200", method);
        BOOST_REQUIRE(peer.count() > 0u);
        const auto got = peer.requests().back();
        BOOST_TEST(got.method == method);
        BOOST_TEST(got.count("content-type") == 0u, method);
        const bool announces = r.method == "POST" || r.method == "PUT" || r.method == "PATCH";
        BOOST_TEST(got.field("content-length") == (announces ? "0" : ""), method);
    }
    Request r = get(peer.url());
    r.method = "DELETE";
    r.body = "why";
    BOOST_TEST(outcome(client.send_and_wait(r, open_to(r.url))) == "none 200");
    BOOST_TEST(peer.requests().back().body == "why");
}

BOOST_AUTO_TEST_CASE(redirects_are_answers) {
    Peer other(answer(200, "secret"));
    Peer peer(answer(302, "", "Location: " + other.url() + "\r\n"));
    const auto a = fetch(peer.url());
    BOOST_TEST(outcome(a) == "none 302");
    BOOST_TEST(a.field("location").value_or("") == other.url());
    BOOST_TEST(other.count() == 0u);
}

BOOST_AUTO_TEST_CASE(connections_are_reused) {
    Peer peer(answer(200, "x"));
    for (int i = 0; i < 20; ++i) BOOST_REQUIRE(outcome(fetch(peer.url())) == "none 200");
    BOOST_TEST(peer.connections() == 1u);
    BOOST_TEST(peer.count() == 20u);
}

BOOST_AUTO_TEST_CASE(a_reused_connection_that_has_gone_is_replaced) {
    Peer peer([](const PeerRequest&, PeerConnection& c) {
        c.send(answer(200, "x"));
        c.close();
    });
    for (int i = 0; i < 10; ++i) BOOST_REQUIRE(outcome(fetch(peer.url())) == "none 200");
    BOOST_TEST(peer.connections() == 10u);
}

BOOST_AUTO_TEST_CASE(cookies_are_not_kept) {
    Peer peer(answer(200, "", "Set-Cookie: session=1; Path=/\r\n"));
    fetch(peer.url());
    fetch(peer.url());
    BOOST_TEST(peer.requests()[1].count("cookie") == 0u);
}

BOOST_AUTO_TEST_CASE(proxies_from_the_environment_are_not_used) {
    Peer proxy(answer(200, "from the proxy"));
    Peer peer(answer(200, "direct"));
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
    const auto a = fetch(peer.url());
    ::unsetenv("http_proxy");
    ::unsetenv("ALL_PROXY");
    BOOST_TEST(a.body == "direct");
    BOOST_TEST(proxy.count() == 0u);
}

BOOST_AUTO_TEST_CASE(cut_bodies_are_truncated) {
    for (const char* bytes :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}) {
        Peer peer([&](const PeerRequest&, PeerConnection& c) {
            c.send(bytes);
            c.close();
        });
        const auto a = fetch(peer.url());
        BOOST_TEST(outcome(a) == "truncated 200", bytes);
        BOOST_TEST(a.body == "");
    }
}

BOOST_AUTO_TEST_CASE(no_answer_at_all_is_truncated) {
    Peer closing([](const PeerRequest&, PeerConnection& c) { c.close(); });
    BOOST_TEST(outcome(fetch(closing.url())) == "truncated 0");
    Peer resetting([](const PeerRequest&, PeerConnection& c) {
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12");
        c.reset();
    });
    BOOST_TEST(to_text(fetch(resetting.url()).failure) == "truncated");
}

BOOST_AUTO_TEST_CASE(close_without_length_ends_an_answer) {
    Peer peer([](const PeerRequest&, PeerConnection& c) {
        c.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
        c.close();
    });
    const auto a = fetch(peer.url());
    BOOST_TEST(outcome(a) == "none 200");
    BOOST_TEST(a.body == "all of it");
}

BOOST_AUTO_TEST_CASE(answers_that_are_not_http_are_protocol_failures) {
    for (const char* bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/9.9 banana\r\n\r\n", "200 OK\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Encoding: unheard-of\r\n\r\nx",
                              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        Peer peer([&](const PeerRequest&, PeerConnection& c) {
            c.send(bytes);
            c.close();
        });
        const auto failure = to_text(fetch(peer.url()).failure);
        BOOST_TEST((failure == "protocol" || failure == "truncated"), bytes << " " << failure);
    }
}

BOOST_AUTO_TEST_CASE(informational_answers_are_skipped_and_trailers_ignored) {
    Peer peer(
        std::string("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: "
                    "1\r\n\r\n2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n"));
    const auto a = fetch(peer.url());
    BOOST_TEST(outcome(a) == "none 200");
    BOOST_TEST(a.body == "ok");
    BOOST_TEST(!a.field("link"));
    BOOST_TEST(a.field("x-a").value_or("") == "1");
    BOOST_TEST(!a.field("x-late"));
}

BOOST_AUTO_TEST_CASE(the_limit_of_an_answer_is_exact) {
    Peer peer([](const PeerRequest& r, PeerConnection& c) {
        if (r.target == "/length")
            c.send(answer(200, std::string(1000, 'x')));
        else
            c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n");
    });
    for (const char* path : {"/length", "/chunked"}) {
        Request r = get(peer.url(path));
        r.max_response = 1000;
        BOOST_TEST(client.send_and_wait(r, open_to(r.url)).body.size() == 1000u, path);
        r.max_response = 999;
        BOOST_TEST(outcome(client.send_and_wait(r, open_to(r.url))) == "too_large 200", path);
        r.max_response = 0;
        BOOST_TEST(outcome(client.send_and_wait(r, open_to(r.url))) == "too_large 200", path);
    }
}

BOOST_AUTO_TEST_CASE(an_endless_answer_is_left_while_it_comes) {
    std::promise<size_t> sent;
    Peer peer([&](const PeerRequest&, PeerConnection& c) {
        c.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
        size_t total = 0;
        while (c.send(chunk)) total += chunk.size();
        sent.set_value(total);
    });
    Request r = get(peer.url(), Millis(20'000));
    r.max_response = 1u << 20;
    const auto a = client.send_and_wait(r, open_to(r.url));
    BOOST_TEST(outcome(a) == "too_large 200");
    BOOST_TEST(sent.get_future().get() < 64u << 20); // what the sockets buffered on top
}

BOOST_AUTO_TEST_CASE(compressed_answers_are_decoded_and_the_limit_counts_decoded_bytes) {
    // A small stored block, so that the test does not depend on a compressor: "hello".
    const std::string stored("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x05\x00\xfa\xffhello\x86\xa6\x10\x36\x05\x00\x00\x00", 28);
    Peer peer(answer(200, stored, "Content-Encoding: gzip\r\n"));
    const auto a = fetch(peer.url());
    BOOST_TEST(outcome(a) == "none 200");
    BOOST_TEST(a.body == "hello");
    BOOST_TEST(!a.field("content-encoding"));
    Request r = get(peer.url());
    r.max_response = 28; // the coded length passes, and so does the decoded one
    BOOST_TEST(outcome(client.send_and_wait(r, open_to(r.url))) == "none 200");
    r.max_response = 4;
    BOOST_TEST(to_text(client.send_and_wait(r, open_to(r.url)).failure) == "too_large");
}

BOOST_AUTO_TEST_CASE(an_endless_head_is_left) {
    for (const char* line :
         {"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"}) {
        Peer peer([&](const PeerRequest&, PeerConnection& c) {
            if (line[0] == 'X') c.send("HTTP/1.1 200 OK\r\n");
            while (c.send(line)) {
            }
        });
        BOOST_TEST(to_text(fetch(peer.url(), Millis(20'000)).failure) == "too_large", line);
    }
}

BOOST_AUTO_TEST_CASE(a_dripping_peer_does_not_hold_longer_than_the_deadline) {
    Peer head([](const PeerRequest&, PeerConnection& c) { c.drip("HTTP/1.1 200 OK\r\nX-Slow: " + std::string(1000, 'x'), Millis(20)); });
    Peer body([](const PeerRequest&, PeerConnection& c) {
        c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        c.drip(std::string(1000, 'x'), Millis(20));
    });
    Peer silent([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    for (const Peer* peer : {&head, &body, &silent}) {
        const auto begun = Steady::now();
        const auto a = fetch(peer->url(), Millis(500));
        const auto took = std::chrono::duration_cast<Millis>(Steady::now() - begun);
        BOOST_TEST(to_text(a.failure) == "timeout");
        BOOST_TEST(took.count() >= 500);
        BOOST_TEST(took.count() < 10'000); // the drips last 20 s, the silence for ever
        BOOST_TEST(a.elapsed.count() >= 500);
    }
}

BOOST_AUTO_TEST_CASE(time_in_the_queue_counts) {
    Client::Options options;
    options.connections_per_host = 1;
    Client narrow(options, log);
    Peer silent([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    std::promise<Response> first;
    narrow.send(get(silent.url(), Millis(2'000) * test::k_slowness), open_to(silent.url()),
                [&](Response r) { first.set_value(std::move(r)); });
    auto first_ended = first.get_future();
    BOOST_REQUIRE(silent.wait_for_requests(1));
    const auto a = narrow.send_and_wait(get(silent.url(), Millis(300)), open_to(silent.url()));
    BOOST_TEST(to_text(a.failure) == "timeout");
    BOOST_TEST(a.error.find("free connection") != std::string::npos);
    BOOST_TEST((first_ended.wait_for(0s) == std::future_status::timeout));
    BOOST_TEST(silent.count() == 1u);
    BOOST_TEST(to_text(first_ended.get().failure) == "timeout");
}

BOOST_AUTO_TEST_CASE(connections_per_host_are_limited_and_other_hosts_are_not_held_up) {
    Client::Options options;
    options.connections_per_host = 3;
    Client narrow(options, log);
    Peer slow([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    Peer quick(answer(200, "x"));
    std::atomic<int> ended{0};
    for (int i = 0; i < 50; ++i) narrow.send(get(slow.url(), Millis(60'000)), open_to(slow.url()), [&](const Response&) { ++ended; });
    BOOST_REQUIRE(slow.wait_for_requests(3));
    for (int i = 0; i < 20; ++i) BOOST_REQUIRE(outcome(narrow.send_and_wait(get(quick.url()), open_to(quick.url()))) == "none 200");
    BOOST_TEST(slow.connections() == 3u);
    BOOST_TEST(slow.most_at_once() == 3u);
    BOOST_TEST(ended == 0);
}

BOOST_AUTO_TEST_CASE(hundreds_in_parallel) {
    constexpr int k_count = 400;
    Client::Options options;
    options.connections_per_host = k_count;
    options.connections = k_count;
    Client wide(options, log);
    std::mutex mutex;
    std::condition_variable all;
    int here = 0;
    Peer peer([&](const PeerRequest&, PeerConnection& c) {
        std::unique_lock lock(mutex);
        if (++here == k_count) all.notify_all();
        const bool together = all.wait_for(lock, std::chrono::seconds(20), [&] { return here == k_count; });
        lock.unlock();
        c.send(answer(together ? 200 : 500));
    });
    std::vector<std::promise<Response>> answers(k_count);
    for (auto& p : answers)
        wide.send(get(peer.url(), Millis(30'000)), open_to(peer.url()), [&p](Response r) { p.set_value(std::move(r)); });
    for (auto& p : answers) BOOST_REQUIRE(outcome(p.get_future().get()) == "none 200");
    BOOST_TEST(peer.most_at_once() == static_cast<size_t>(k_count));
}

BOOST_AUTO_TEST_CASE(failures_to_connect_are_told_apart) {
    uint16_t closed_port = 0;
    {
        const Peer gone(answer(200));
        closed_port = gone.port();
    }
    const std::string url = "http://127.0.0.1:" + std::to_string(closed_port) + "/secret?token=1";
    const auto a = fetch(url);
    BOOST_TEST(to_text(a.failure) == "connect");
    BOOST_TEST(a.error.find("127.0.0.1:") == 0u);
    BOOST_TEST(a.error.find("secret") == std::string::npos);
    BOOST_TEST(a.error.find("token") == std::string::npos);
    BOOST_TEST(to_text(fetch("http://no-such-name.invalid/").failure) == "resolve");
}

BOOST_AUTO_TEST_CASE(what_no_rule_allows_is_not_sent) {
    Peer peer(answer(200));
    const auto elsewhere = open_to("http://127.0.0.1:1/");
    BOOST_TEST(to_text(client.send_and_wait(get(peer.url()), elsewhere).failure) == "not_allowed");
    BOOST_TEST(to_text(client.send_and_wait(get(peer.url()), nullptr).failure) == "not_allowed");
    BOOST_TEST(to_text(client.send_and_wait(get("gopher://127.0.0.1/"), open_to(peer.url())).failure) == "not_allowed");
    BOOST_TEST(peer.connections() == 0u);
}

BOOST_AUTO_TEST_CASE(header_injection_is_refused) {
    Peer peer(answer(200));
    const std::vector<http::Field> bad = {{"X-A", "1\r\nX-B: 2"},
                                          {"X-A", "1\nX-B: 2"},
                                          {"X-A", std::string("1\0", 2)},
                                          {"X-A\r\nX-B", "1"},
                                          {"X A", "1"},
                                          {"X-A:", "1"},
                                          {"", "1"},
                                          {"Host", "evil.test"},
                                          {"content-length", "0"},
                                          {"Transfer-Encoding", "chunked"},
                                          {"Connection", "close"},
                                          {"Expect", "100-continue"},
                                          {"X-A", "\x7f"}};
    for (const auto& field : bad) {
        Request r = get(peer.url());
        r.fields = {field};
        BOOST_TEST(to_text(client.send_and_wait(r, open_to(r.url)).failure) == "not_allowed", field.name << '=' << field.value);
    }
    for (const char* method : {"GET / HTTP/1.1\r\nX: y", "", "G T", "CONNECT"}) {
        Request r = get(peer.url());
        r.method = method;
        BOOST_TEST(to_text(client.send_and_wait(r, open_to(r.url)).failure) == "not_allowed", method);
    }
    BOOST_TEST(peer.connections() == 0u);
}

BOOST_AUTO_TEST_CASE(the_end_answers_cancelled) {
    Peer silent([](const PeerRequest&, PeerConnection& c) { c.hang(); });
    std::atomic<int> cancelled{0}, other{0};
    {
        Client::Options options;
        options.connections_per_host = 2;
        Client ending(options, log);
        const auto policy = open_to(silent.url());
        for (int i = 0; i < 10; ++i)
            ending.send(get(silent.url()), policy, [&, policy](const Response& r) {
                ++(r.failure == Failure::cancelled ? cancelled : other);
                // Sent from a callback at the end: answered too.
                ending.send(get(silent.url()), policy,
                            [&](const Response& late) { ++(late.failure == Failure::cancelled ? cancelled : other); });
            });
        BOOST_REQUIRE(silent.wait_for_requests(2));
    }
    BOOST_TEST(cancelled == 20);
    BOOST_TEST(other == 0);
}

BOOST_AUTO_TEST_CASE(waiting_on_the_clients_own_thread_is_refused) {
    Peer peer(answer(200));
    std::promise<Response> inner;
    client.send(get(peer.url()), open_to(peer.url()), [&](const Response&) { inner.set_value(fetch(peer.url())); });
    BOOST_TEST(to_text(inner.get_future().get().failure) == "cancelled");
}

BOOST_AUTO_TEST_CASE(many_threads_may_send) {
    Peer peer(answer(200, "x"));
    std::atomic<int> good{0};
    std::vector<std::thread> senders;
    for (int t = 0; t < 4; ++t)
        senders.emplace_back([&] {
            for (int i = 0; i < 50; ++i) good += fetch(peer.url()).failure == Failure::none;
        });
    for (auto& t : senders) t.join();
    BOOST_TEST(good == 200);
    BOOST_TEST(peer.connections() <= 4u);
}

BOOST_AUTO_TEST_SUITE_END()
