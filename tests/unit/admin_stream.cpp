// The event stream, over a real socket.
#include <poll.h>

#include "tests/unit/admin_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

/// A subscriber that reads when it is asked to.
class Listener {
public:
    Listener(uint16_t port, const std::string& target, const std::string& fields = "")
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        BOOST_REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
        const std::string bytes = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" + fields + "\r\n";
        BOOST_REQUIRE(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    ~Listener() { ::close(fd_); }

    /// Reads until the text has come; false after 10 s or at the end.
    bool until(const std::string& text) {
        while (!has(all_, text))
            if (!more()) return false;
        return true;
    }
    /// The last chunk (RFC 9112 section 7.1), or the connection's end.
    bool until_end() {
        while (!has(all_, "\r\n0\r\n\r\n") && more()) {
        }
        return ended_ || has(all_, "\r\n0\r\n\r\n");
    }
    const std::string& all() const { return all_; }

private:
    bool more() {
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, 10'000) <= 0) return false;
        char buffer[65536];
        const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
        ended_ = n <= 0;
        if (n > 0) all_.append(buffer, static_cast<size_t>(n));
        return n > 0;
    }
    int fd_;
    std::string all_;
    bool ended_ = false;
};

size_t count(const std::string& text, const std::string& part) {
    size_t n = 0;
    for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

struct Impatient : AdminFixture {
    Impatient()
        : AdminFixture("", [] {
              admin::Limits l;
              l.heartbeat = Millis(20);
              l.streams = 2;
              return l;
          }()) {}
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_stream, AdminFixture)

BOOST_AUTO_TEST_CASE(a_new_subscriber_gets_what_comes_from_now_on) {
    for (int i = 0; i < 37; ++i) add("old");
    Listener listener(port, "/api/v1/events/stream");
    BOOST_REQUIRE(listener.until("retry: "));
    const std::string id = add("user.created", "u1").text();
    BOOST_REQUIRE(listener.until(id));
    BOOST_TEST(has(listener.all(), "text/event-stream"));
    BOOST_TEST(has(listener.all(), "id: 38\ndata: {\"id\":\"" + id + "\""));
    BOOST_TEST(!has(listener.all(), "\"type\":\"old\""));
}

BOOST_AUTO_TEST_CASE(it_goes_on_behind_the_last_event_id_without_gap_or_repetition) {
    for (int i = 0; i < 350; ++i) add("user.created", "s" + std::to_string(i));
    Listener listener(port, "/api/v1/events/stream", "Last-Event-ID: 100\r\n");
    BOOST_REQUIRE(listener.until("id: 350\n"));
    const std::string last = add("user.created", "last").text();
    BOOST_REQUIRE(listener.until(last));
    BOOST_TEST(count(listener.all(), "\ndata: ") == 251u);
    for (int seq = 101; seq <= 351; ++seq) BOOST_REQUIRE_MESSAGE(count(listener.all(), "id: " + std::to_string(seq) + "\n") == 1, seq);
    Listener all(port, "/api/v1/events/stream", "Last-Event-ID: 0\r\n");
    BOOST_TEST(all.until("id: 351\n"));
    BOOST_TEST(count(all.all(), "\ndata: ") == 351u);
}

BOOST_AUTO_TEST_CASE(filters_apply_and_do_not_hide_what_follows) {
    Listener listener(port, "/api/v1/events/stream?type=user.*&source=bank", "Last-Event-ID: 0\r\n");
    BOOST_REQUIRE(listener.until("retry: "));
    for (int i = 0; i < 250; ++i) add("other");
    const std::string wanted = add("user.created").text();
    auto foreign = event("user.created");
    foreign.source = "fans";
    add(foreign);
    BOOST_REQUIRE(listener.until(wanted));
    const std::string second = add("user.deleted").text();
    BOOST_REQUIRE(listener.until(second));
    BOOST_TEST(count(listener.all(), "\ndata: ") == 2u);
}

BOOST_AUTO_TEST_CASE(refused_requests_are_not_in_it) {
    Listener listener(port, "/api/v1/events/stream", "Last-Event-ID: 0\r\n");
    const std::string refused = refuse("bad").text();
    const std::string id = add("x").text();
    BOOST_REQUIRE(listener.until(id));
    BOOST_TEST(!has(listener.all(), refused));
}

BOOST_AUTO_TEST_CASE(a_bad_last_event_id_is_refused) {
    for (const std::string bad : {"x", "-1", "1x", "99999999999999999999"})
        BOOST_TEST(get("/api/v1/events/stream", {{"Last-Event-ID", bad}}).status == 400, bad);
    BOOST_TEST(get("/api/v1/events/stream?status=dead").status == 400);
    BOOST_TEST(post("/api/v1/events/stream").status == 405);
}

BOOST_AUTO_TEST_CASE(draining_ends_the_streams) {
    Listener listener(port, "/api/v1/events/stream");
    BOOST_REQUIRE(listener.until("retry: "));
    side->set_draining();
    BOOST_TEST(listener.until_end());
    BOOST_TEST(get("/api/v1/events/stream").status == 503);
}

BOOST_AUTO_TEST_CASE(one_that_does_not_read_is_cut_off_and_the_others_go_on) {
    Listener slow(port, "/api/v1/events/stream"), fast(port, "/api/v1/events/stream");
    BOOST_REQUIRE(slow.until("retry: "));
    BOOST_REQUIRE(fast.until("retry: "));
    const std::string subject(100'000, 'x');
    std::string last;
    for (int i = 0; i < 200; ++i) {
        last = add("big", subject).text();
        BOOST_REQUIRE_MESSAGE(fast.until(last), i);
    }
    BOOST_TEST(slow.until_end());
    BOOST_TEST(!has(slow.all(), last));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(silence_is_broken_by_comments_and_places_are_given_back, Impatient) {
    {
        Listener one(port, "/api/v1/events/stream"), two(port, "/api/v1/events/stream");
        BOOST_REQUIRE(one.until("\n:\n"));
        BOOST_REQUIRE(two.until("\n:\n"));
        BOOST_TEST(get("/api/v1/events/stream").status == 503);
    }
    // Both are gone: the next heartbeats notice it.
    int status = 0;
    for (int i = 0; i < 500 && status != 200; ++i) {
        Listener again(port, "/api/v1/events/stream");
        if (again.until("\r\n")) status = std::atoi(again.all().c_str() + 9);
    }
    BOOST_TEST(status == 200);
}
