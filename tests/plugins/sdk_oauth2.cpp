// The SDK's API client with a cached token.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

struct Fixture {
    fake::Plugin plugin{&gatehouse_plugin_v1};
    fake::Source source{plugin, R"({"key": "k"})"};
    std::unique_ptr<fake::Job> call() {
        auto j = source.operation("api", R"({"url": "https://api.example/x"})");
        BOOST_REQUIRE_EQUAL(j->start(), GATEHOUSE_OK);
        return j;
    }
    static fake::Reply token(const std::string& text, const std::string& expires = "3600") {
        return {
            .body = R"({"access_token":")" + text + R"(","token_type":"Bearer","expires_in":)" + expires + "}", .headers = {}, .error = ""};
    }
    static fake::Reply status(int s, std::string body = "") { return {.status = s, .body = std::move(body), .headers = {}, .error = ""}; }
    static std::string authorization(const fake::Job& j) { return j.requests.at(0).header("Authorization"); }
    bool asks_token(const fake::Job& j) { return j.requests.size() == 1 && j.requests[0].url == "https://api.example/token"; }
};

using Replies = std::vector<fake::Reply>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(oauth2, Fixture)

BOOST_AUTO_TEST_CASE(a_token_is_fetched_once_and_kept_until_shortly_before_it_expires) {
    auto j = call();
    BOOST_TEST(asks_token(*j));
    BOOST_TEST(j->requests[0].share_key == "oauth2.token");
    BOOST_TEST(authorization(*j) == "Basic {key}");
    BOOST_TEST(j->requests[0].body == "scope=all+it");
    j->reply(token("t1"));
    BOOST_TEST(authorization(*j) == "Bearer t1");
    j->reply(Replies{status(200, "ok")});
    BOOST_TEST(j->body == "200 ok");

    source.host.now += 3'539'000;
    BOOST_TEST(authorization(*call()) == "Bearer t1");
    source.host.now += 1'000;
    BOOST_TEST(asks_token(*call()));
}

BOOST_AUTO_TEST_CASE(a_stale_token_is_replaced_once) {
    auto j = call();
    j->reply(token("t1"));
    j->reply(Replies{status(401)});
    BOOST_TEST(asks_token(*j));
    j->reply(token("t2"));
    BOOST_TEST(authorization(*j) == "Bearer t2");
    j->reply(Replies{status(401, "still")});
    BOOST_TEST(j->body == "401 still");
    // The refused token is not kept.
    BOOST_TEST(asks_token(*call()));
}

BOOST_AUTO_TEST_CASE(a_late_401_does_not_throw_away_the_new_token) {
    auto a = call(), b = call();
    a->reply(token("t1"));
    b->reply(token("t1"));
    a->reply(Replies{status(401)});
    a->reply(token("t2"));
    b->reply(Replies{status(401)});
    BOOST_TEST(authorization(*b) == "Bearer t2");
}

BOOST_AUTO_TEST_CASE(answers_of_the_token_endpoint) {
    const auto end = [&](const fake::Reply& r) {
        auto j = call();
        j->reply(r);
        return j->failure;
    };
    BOOST_TEST(end(status(500)) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(end(status(401)) == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(end(status(302)) == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(end(fake::Reply::lost(GATEHOUSE_NET_CONNECT)) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(end(fake::Reply::lost(GATEHOUSE_NET_NOT_ALLOWED)) == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(end(status(200, "<html>")) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(end(status(200, R"({"access_token":""})")) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(end(status(200, R"({"access_token":"a\r\nX: y"})")) == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(end(status(200, R"({"access_token":7})")) == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(expires_in_may_be_text_absurd_or_missing) {
    const auto kept = [&](const std::string& expires, int64_t later) {
        fake::Source fresh(plugin, R"({"key": "k"})");
        auto j = fresh.operation("api", R"({"url": "https://api.example/x"})");
        j->start();
        j->reply(token("t1", expires));
        BOOST_TEST(j->requests.at(0).header("Authorization") == "Bearer t1");
        fresh.host.now += later;
        auto again = fresh.operation("api", R"({"url": "https://api.example/x"})");
        again->start();
        return !asks_token(*again);
    };
    BOOST_TEST(kept("\"3600\"", 3'500'000));
    BOOST_TEST(kept("null", 200'000));
    BOOST_TEST(!kept("null", 300'000));
    BOOST_TEST(!kept("30", 0));
    BOOST_TEST(kept("-5", 200'000));
    BOOST_TEST(kept("99999999999999999999", 200'000));
}

BOOST_AUTO_TEST_CASE(several_requests_share_the_refresh) {
    auto j = source.operation("api all", "{}");
    j->start();
    j->reply(token("t1"));
    BOOST_TEST(j->requests.size() == 2u);
    j->reply(Replies{status(200, "a"), status(401)});
    j->reply(token("t2"));
    BOOST_TEST(j->requests.size() == 2u);
    BOOST_TEST(j->requests[1].header("Authorization") == "Bearer t2");
    j->reply(Replies{status(200, "a"), status(200, "b")});
    BOOST_TEST(j->body == "ab");
}

BOOST_AUTO_TEST_SUITE_END()
