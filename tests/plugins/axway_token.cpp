// The token endpoint (RFC 6749 sections 4.4 and 5.2) and what it leaves behind.
#include <set>

#include "tests/plugins/axway_support.hpp"

using namespace axway_test;

namespace {

const std::string k_grant = "grant_type=client_credentials";

std::string error_of(const fake::Answer& a) {
    const auto json = nlohmann::json::parse(a.body);
    return std::to_string(a.http_status) + " " + json.value("error", "none");
}

std::string token_of(fake::Source& s, const std::string& pair = "streams:old-secret-of-streams") {
    const auto a = ask_token(s, token_request(k_grant, basic(pair)));
    BOOST_REQUIRE(a.http_status == 200);
    return nlohmann::json::parse(a.body)["access_token"];
}

std::string verdict_of(fake::Source& s, const std::string& authorization, const std::string& query = "") {
    auto r = notification("snapshot", "{}");
    r.query = query;
    if (!authorization.empty()) r.set("Authorization", authorization);
    const auto v = s.verify(r);
    return v.kind == "accept" ? "accept" : std::to_string(v.http_status) + " " + v.code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(axway_token)

BOOST_AUTO_TEST_CASE(a_token_is_given_to_whoever_proves_a_client_in_either_way) {
    fake::Source s(plugin(), k_oauth);
    BOOST_REQUIRE(s.routes.size() == 2u);
    const std::pair<std::string, std::string> good[] = {
        {k_grant, basic("streams:old-secret-of-streams")},
        {k_grant, basic("streams:new-secret%3Awith%2Fodd%2Bchars%3D")}, // encoded, as the RFC asks
        {k_grant, basic("streams:new-secret:with/odd+chars=")},         // and raw
        {k_grant, basic("other+one:the-secret-of-the-other")},
        {k_grant, basic("other%20one:the-secret-of-the-other")},
        {k_grant, basic("other one:the-secret-of-the-other")},
        {k_grant, "basic " + gh::to_base64("streams:old-secret-of-streams")},
        {k_grant + "&client_id=streams", basic("streams:old-secret-of-streams")},
        {k_grant + "&client_id=streams&client_secret=old-secret-of-streams", ""},
        {k_grant + "&client_id=streams&client_secret=new-secret%3Awith%2fodd%2Bchars%3d", ""},
        {"client_secret=the-secret-of-the-other&client_id=other+one&" + k_grant + "&unknown=1&empty=&&", ""},
    };
    std::set<std::string> tokens;
    for (const auto& [body, authorization] : good) {
        const auto a = ask_token(s, token_request(body, authorization));
        BOOST_TEST(a.http_status == 200, body << " " << authorization << ": " << a.body);
        const auto json = nlohmann::json::parse(a.body);
        BOOST_TEST(json["token_type"] == "Bearer");
        BOOST_TEST(json["expires_in"] == 3600);
        BOOST_TEST(!json.contains("refresh_token"));
        BOOST_TEST(!json.contains("scope"));
        BOOST_TEST(json["access_token"].get<std::string>().size() == 64u);
        tokens.insert(json["access_token"].get<std::string>());
        BOOST_TEST(field(a.headers, "Cache-Control") == "no-store");
        BOOST_TEST(field(a.headers, "Pragma") == "no-cache");
        BOOST_TEST(field(a.headers, "Content-Type") == "application/json;charset=UTF-8");
    }
    BOOST_TEST(tokens.size() == std::size(good));
    auto charset = token_request(k_grant, basic("streams:old-secret-of-streams"));
    charset.set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    BOOST_TEST(ask_token(s, charset).http_status == 200);
}

BOOST_AUTO_TEST_CASE(the_scope_is_handed_back_as_it_came) {
    fake::Source s(plugin(), k_oauth);
    const auto a = ask_token(s, token_request(k_grant + "&scope=READ%2CWRITE+x", basic("streams:old-secret-of-streams")));
    BOOST_TEST(nlohmann::json::parse(a.body)["scope"] == "READ,WRITE x");
    BOOST_TEST(error_of(ask_token(s, token_request(k_grant + "&scope=%22", basic("streams:old-secret-of-streams")))) ==
               "400 invalid_scope");
}

BOOST_AUTO_TEST_CASE(errors_are_those_of_rfc_6749) {
    fake::Source s(plugin(), k_oauth);
    const std::string good = basic("streams:old-secret-of-streams"), in_body = "&client_id=streams&client_secret=old-secret-of-streams";
    struct {
        std::string about, body, authorization, expected;
    } cases[] = {
        {"wrong secret", k_grant, basic("streams:wrong"), "401 invalid_client"},
        {"unknown client", k_grant, basic("nobody:old-secret-of-streams"), "401 invalid_client"},
        {"another client's secret", k_grant, basic("streams:the-secret-of-the-other"), "401 invalid_client"},
        {"empty secret", k_grant, basic("streams:"), "401 invalid_client"},
        {"no colon", k_grant, basic("streams"), "401 invalid_client"},
        {"not base64", k_grant, "Basic %%%", "401 invalid_client"},
        {"another scheme", k_grant, "Bearer abc", "401 invalid_client"},
        {"nothing", k_grant, "", "401 invalid_client"},
        {"only the id", k_grant + "&client_id=streams", "", "401 invalid_client"},
        {"empty secret in the body", k_grant + "&client_id=streams&client_secret=", "", "401 invalid_client"},
        {"wrong secret in the body", k_grant + "&client_id=streams&client_secret=x", "", "401 invalid_client"},
        {"both ways", k_grant + in_body, good, "400 invalid_request"},
        {"two clients", k_grant + "&client_id=other", good, "400 invalid_request"},
        {"parameter twice", k_grant + "&" + k_grant, good, "400 invalid_request"},
        {"unknown parameter twice", k_grant + "&x=1&x=2", good, "400 invalid_request"},
        {"secret twice", k_grant + in_body + "&client_secret=x", "", "400 invalid_request"},
        {"broken encoding", k_grant + "&x=%zz", good, "400 invalid_request"},
        {"no grant type", "scope=x", good, "400 invalid_request"},
        {"empty grant type", "grant_type=", good, "400 invalid_request"},
        {"another grant type", "grant_type=password&username=u&password=p", good, "400 unsupported_grant_type"},
        {"empty body", "", good, "400 invalid_request"},
    };
    for (const auto& c : cases) {
        const auto a = ask_token(s, token_request(c.body, c.authorization));
        BOOST_TEST(error_of(a) == c.expected, c.about << ": " << a.body);
        BOOST_TEST(field(a.headers, "Cache-Control") == "no-store", c.about);
        // Section 5.2: whoever used Authorization is told its scheme.
        if (a.http_status == 401 && !c.authorization.empty())
            BOOST_TEST(field(a.headers, "WWW-Authenticate").starts_with("Basic "), c.about);
        BOOST_TEST(a.state.empty(), c.about);
    }
    auto in_uri = token_request(k_grant);
    in_uri.query = "client_id=streams&client_secret=old-secret-of-streams";
    BOOST_TEST(error_of(ask_token(s, in_uri)) == "400 invalid_request");
    auto json = token_request(R"({"grant_type":"client_credentials"})", good);
    json.set("Content-Type", "application/json");
    BOOST_TEST(error_of(ask_token(s, json)) == "400 invalid_request");
    auto twice = token_request(k_grant, good);
    twice.headers.emplace_back("authorization", good);
    BOOST_TEST(error_of(ask_token(s, twice)) == "400 invalid_request");
}

BOOST_AUTO_TEST_CASE(unknown_client_and_wrong_secret_are_answered_alike_and_logged_rarely) {
    fake::Source s(plugin(), k_oauth);
    const size_t before = s.host.logs.size();
    const auto a = ask_token(s, token_request(k_grant, basic("streams:wrong"))),
               b = ask_token(s, token_request(k_grant, basic("nobody:wrong")));
    BOOST_TEST(a.body == b.body);
    BOOST_TEST((a.headers == b.headers));
    for (int i = 0; i < 100; ++i) ask_token(s, token_request(k_grant, basic("streams:guess" + std::to_string(i))));
    BOOST_TEST(s.host.logs.size() == before + 1);
    s.host.now += 10'001;
    ask_token(s, token_request(k_grant, basic("streams:guess")));
    BOOST_REQUIRE(s.host.logs.size() == before + 2);
    BOOST_TEST(s.host.logs.back().find("101 more") != std::string::npos);
    for (const auto& line : s.host.logs) BOOST_TEST(line.find("guess") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(notifications_need_a_token_that_was_given) {
    fake::Source s(plugin(), k_oauth);
    const std::string token = token_of(s);
    BOOST_TEST(verdict_of(s, "Bearer " + token) == "accept");
    BOOST_TEST(verdict_of(s, "bearer " + token) == "accept");
    BOOST_TEST(verdict_of(s, "") == "401 header_missing");
    BOOST_TEST(verdict_of(s, "Bearer " + token + "0") == "401 token_unknown");
    BOOST_TEST(verdict_of(s, "Bearer " + std::string(64, '0')) == "401 token_unknown");
    BOOST_TEST(verdict_of(s, "Bearer old-secret-of-streams") == "401 token_unknown");
    BOOST_TEST(verdict_of(s, "Bearer ") == "401 header_malformed");
    BOOST_TEST(verdict_of(s, token) == "401 header_malformed");
    BOOST_TEST(verdict_of(s, "Bearer " + token, "access_token=" + token) == "400 header_malformed");
    auto twice = notification("snapshot", "{}");
    twice.headers.emplace_back("Authorization", "Bearer " + token);
    twice.headers.emplace_back("Authorization", "Bearer " + token);
    BOOST_TEST(s.verify(twice).http_status == 400);
}

BOOST_AUTO_TEST_CASE(the_challenge_is_that_of_rfc_6750) {
    fake::Source s(plugin(), k_oauth);
    auto r = notification("snapshot", "{}");
    BOOST_TEST(field(s.verify(r).headers, "WWW-Authenticate") == "Bearer realm=\"gatehouse\"");
    r.set("Authorization", "Bearer x");
    BOOST_TEST(field(s.verify(r).headers, "WWW-Authenticate").find("error=\"invalid_token\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_token_ends_after_its_life_and_grace) {
    fake::Source s(plugin(), R"({"clients": [{"id": "streams", "secret": "old-secret-of-streams"}], "token_life": 60, "token_grace": 10})");
    const std::string token = token_of(s);
    s.host.now += 69'999;
    BOOST_TEST(verdict_of(s, "Bearer " + token) == "accept");
    s.host.now += 1;
    BOOST_TEST(verdict_of(s, "Bearer " + token) == "401 token_expired");
}

BOOST_AUTO_TEST_CASE(tokens_are_stored_hashed_and_survive_a_restart) {
    fake::Source s(plugin(), k_oauth);
    const std::string token = token_of(s);
    for (const auto& [key, value] : s.host.state) BOOST_TEST((key + value).find(token) == std::string::npos);
    fake::Source again(plugin(), k_oauth);
    again.host.state = s.host.state;
    BOOST_TEST(verdict_of(again, "Bearer " + token) == "accept");
    // Its client's secret is gone: so is the token.
    fake::Source without(plugin(), R"({"clients": [{"id": "streams", "secret": "new-secret:with/odd+chars="}]})");
    without.host.state = s.host.state;
    BOOST_TEST(verdict_of(without, "Bearer " + token) == "401 token_unknown");
    // Another place in the list is no other client.
    fake::Source moved(
        plugin(),
        R"({"clients": [{"id": "x", "secret": "the-secret-of-nobody-x"}, {"id": "streams", "secret": "old-secret-of-streams"}]})");
    moved.host.state = s.host.state;
    BOOST_TEST(verdict_of(moved, "Bearer " + token) == "accept");
}

BOOST_AUTO_TEST_CASE(the_number_of_tokens_is_bounded_and_one_client_does_not_push_out_another) {
    fake::Source s(plugin(), k_oauth);
    const std::string other = token_of(s, "other one:the-secret-of-the-other");
    std::string last;
    for (int i = 0; i < 400; ++i) {
        last = token_of(s);
        s.host.now += 61'000; // beyond the time in which a slot counts as just taken
    }
    size_t tokens = 0;
    for (const auto& [key, value] : s.host.state) tokens += key.rfind("token/", 0) == 0;
    BOOST_TEST(tokens <= 128u);
    BOOST_TEST(verdict_of(s, "Bearer " + last) == "accept");
    s.host.now = 1'600'000'000'000;
    fake::Source t(
        plugin(),
        R"({"clients": [{"id": "streams", "secret": "old-secret-of-streams"}, {"id": "b", "secret": "the-secret-of-client-b"}], "token_life": 86400})");
    const std::string kept = token_of(t, "b:the-secret-of-client-b");
    for (int i = 0; i < 300; ++i) {
        token_of(t);
        t.host.now += 61'000;
    }
    BOOST_TEST(verdict_of(t, "Bearer " + kept) == "accept");
}

BOOST_AUTO_TEST_CASE(a_burst_beyond_the_bound_is_our_fault_and_not_the_end) {
    fake::Source s(plugin(), k_oauth);
    std::vector<fake::Answer> waiting; // none of them committed yet
    for (int i = 0; i < 128; ++i) {
        auto r = token_request(k_grant, basic("streams:old-secret-of-streams"));
        const auto v = s.verify(r, 1);
        waiting.push_back(s.handle(r, v, 1));
        BOOST_TEST(waiting.back().http_status == 200);
    }
    auto r = token_request(k_grant, basic("streams:old-secret-of-streams"));
    const auto v = s.verify(r, 1);
    BOOST_TEST(s.handle(r, v, 1).status == GATEHOUSE_FAILED); // 503: come again
    // Requests that came together did not overwrite each other.
    for (const auto& a : waiting) commit(s, a.state);
    for (const auto& a : waiting)
        BOOST_TEST(verdict_of(s, "Bearer " + nlohmann::json::parse(a.body)["access_token"].get<std::string>()) == "accept");
    s.host.now += 61'000;
    token_of(s);
}

BOOST_AUTO_TEST_CASE(tokens_can_be_revoked) {
    fake::Source s(plugin(), k_oauth);
    const std::string a = token_of(s), b = token_of(s, "other one:the-secret-of-the-other");
    const auto run = [&](const std::string& arguments) {
        auto job = s.operation("revoke-tokens", arguments);
        BOOST_REQUIRE(job->start() == GATEHOUSE_OK);
        BOOST_TEST(job->asked == "finish");
        commit(s, job->state);
        return job->body;
    };
    BOOST_TEST(run(R"({"client":"streams"})") == R"({"revoked":1})");
    BOOST_TEST(verdict_of(s, "Bearer " + a) == "401 token_unknown");
    BOOST_TEST(verdict_of(s, "Bearer " + b) == "accept");
    BOOST_TEST(run("{}") == R"({"revoked":1})");
    BOOST_TEST(verdict_of(s, "Bearer " + b) == "401 token_unknown");
    BOOST_TEST(s.host.state.empty());
}

BOOST_AUTO_TEST_SUITE_END()
