// The Wicket plugin's calls, with the API played by the test.
#include <boost/test/unit_test.hpp>

#include "tests/plugins/sns_sender.hpp"

using namespace sns_test;

namespace {

const std::string k_user = "0123456789abcdef0123456789abcdef0123456789abcdef01";

struct Fixture {
    fake::Plugin plugin{std::string(WICKET_PLUGIN)};
    fake::Source source{plugin,
                        R"({"topic_arns":["arn:aws:sns:eu-west-1:123456789012:users"],"api_url":"https://wicket.example/b2b/","api_key":"k",
                                    "application_id":"shop"})",
                        GATEHOUSE_OK, "/hooks/Zx8yQk2LmP0aRt5VbN7c"};
    fake::Request request;

    std::unique_ptr<fake::Job> read(const fake::Reply& answer) {
        auto j = source.fetch(request, "data_update", k_user);
        j->start();
        BOOST_REQUIRE_EQUAL(j->asked, "http");
        last = std::make_unique<fake::Ask>(j->requests[0]);
        j->reply(answer);
        BOOST_TEST(j->ended());
        return j;
    }
    std::unique_ptr<fake::Job> subs(const std::string& arguments, const fake::Reply& answer) {
        auto j = source.operation("user_subs", arguments);
        j->start();
        if (j->asked == "http") {
            last = std::make_unique<fake::Ask>(j->requests[0]);
            j->reply(answer);
        }
        return j;
    }
    std::unique_ptr<fake::Ask> last;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(wicket_fetch, Fixture)

BOOST_AUTO_TEST_CASE(the_user_is_read_with_the_key_in_its_header) {
    const std::string answer =
        R"({"application_user_sub":")" + k_user + R"(","user_data":{"is_club":"true","club_id":"41"},"user_agreements":[]})";
    const auto j = read(reply(200, answer));
    BOOST_TEST(last->method == "POST");
    BOOST_TEST(last->url == "https://wicket.example/b2b/user-data/read");
    BOOST_TEST(last->header("x-api-key") == "{api_key}");
    BOOST_TEST(last->header("Content-Type") == "application/json");
    BOOST_TEST(last->body == R"({"application_user_sub":")" + k_user + "\"}");
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(j->body == answer);
}

BOOST_AUTO_TEST_CASE(every_documented_answer_has_its_outcome) {
    auto j = read(reply(404, R"({"status":404,"error_fields":"USER_NOT_FOUND"})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_GONE);
    BOOST_TEST(j->reason == "USER_NOT_FOUND");
    BOOST_TEST(read(reply(400, R"({"status":400,"message":"BAD_REQUEST"})"))->failure == GATEHOUSE_FAIL_INVALID);
    j = read(reply(403, R"({"message":"Forbidden"})"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(j->reason.find("Forbidden") != std::string::npos);
    BOOST_TEST(read(reply(404, "<html/>"))->failure == GATEHOUSE_FAIL_REFUSED); // the address, not the user
    fake::Reply busy = reply(429);
    busy.headers = {{"Retry-After", "7"}};
    j = read(busy);
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(j->retry_after == 7000);
    for (int status : {500, 502, 503, 504}) BOOST_TEST(read(reply(status))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(read(fake::Reply::lost(GATEHOUSE_NET_TIMEOUT))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(read(fake::Reply::lost(GATEHOUSE_NET_NOT_ALLOWED))->failure == GATEHOUSE_FAIL_REFUSED);
}

BOOST_AUTO_TEST_CASE(a_good_status_with_another_body_is_no_document) {
    for (const char* body : {"", "[]", "{}", R"({"application_user_sub":"other","user_data":{}})", "<html/>"})
        BOOST_TEST(read(reply(200, body))->failure == GATEHOUSE_FAIL_INVALID, body);
}

BOOST_AUTO_TEST_CASE(nothing_is_fetched_without_an_api) {
    fake::Source bare(plugin, R"({"delivery":"enveloped"})");
    BOOST_TEST(bare.enrolled == GATEHOUSE_OK);
    BOOST_TEST(!bare.fetch(request, "data_update", k_user));
    BOOST_TEST(fake::Source(plugin, R"({"delivery":"enveloped","api_key":"k"})").opened == GATEHOUSE_FAILED);
    BOOST_TEST(fake::Source(plugin, R"({"delivery":"enveloped","api_url":"https://x/b2b"})").opened == GATEHOUSE_FAILED);
}

BOOST_AUTO_TEST_CASE(a_user_is_looked_up) {
    auto j = subs(R"({"email":"a@example.org"})", reply(200, R"({"status":200,"data":{"fan_sub":"f","application_user_sub":"u"}})"));
    BOOST_TEST(last->url == "https://wicket.example/b2b/vendor/user-subs/get");
    BOOST_TEST(last->body == R"({"application_id":"shop","email":"a@example.org"})");
    BOOST_TEST(j->body == R"({"fan_sub":"f","application_user_sub":"u"})");
    subs(R"({"application_user_sub":"u","application_id":"other"})", reply(200, R"({"data":{}})"));
    BOOST_TEST(last->body == R"({"application_id":"other","application_user_sub":"u"})");
    BOOST_TEST(subs("{}", reply(200))->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(subs(R"({"email":"a","application_user_sub":"u"})", reply(200))->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(the_code_decides_and_not_the_status) {
    for (const auto& [code, kind] : std::map<std::string, int>{{"VENDOR_NOT_FOUND", GATEHOUSE_FAIL_INVALID},
                                                               {"USER_NOT_FOUND", GATEHOUSE_FAIL_INVALID},
                                                               {"EMAIL_NOT_FOUND", GATEHOUSE_FAIL_INVALID},
                                                               {"INCORRECT_EMAIL", GATEHOUSE_FAIL_INVALID},
                                                               {"MISSING_PARAMETERS", GATEHOUSE_FAIL_INVALID},
                                                               {"UNAUTHORIZED", GATEHOUSE_FAIL_REFUSED}})
        for (int status : {400, 401, 404, 406}) {
            const auto j = subs(R"({"email":"a"})", reply(status, R"({"status":400,"error_fields":")" + code + "\"}"));
            BOOST_TEST(j->failure == kind, code);
            BOOST_TEST(j->reason.find(code) != std::string::npos);
        }
    BOOST_TEST(subs(R"({"email":"a"})", reply(503))->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_SUITE_END()
