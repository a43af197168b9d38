// The APIs of the simulated Wicket and iVvy, with the documented answers.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <boost/test/unit_test.hpp>

#include "ivvy/fetch_api.hpp"
#include "tests/plugins/simulator_bench.hpp"

using namespace gh;
using namespace gh::test;

namespace {

struct Wicket : SimulatorBench {
    Wicket() : SimulatorBench(WICKET_SIMULATOR, R"({"api_key":"k"})") { BOOST_REQUIRE_MESSAGE(opened(), reason()); }
    Answer post(const std::string& path, const std::string& body, const std::string& key = "k") {
        return call("POST", "/b2b/" + path, {{"x-api-key", key}}, body);
    }
    std::string user(const std::string& member) {
        const std::string state = command("state");
        return std::string(json::parse(state)->find("users")->items.at(0).text_of(member));
    }
};

struct Ivvy : SimulatorBench {
    explicit Ivvy(const std::string& more = "")
        : SimulatorBench(IVVY_SIMULATOR, R"({"api_key":"key","api_secret":"my secret key","subscribe":false)" + more + "}") {
        BOOST_REQUIRE_MESSAGE(opened(), reason());
    }
    /// Signed as the plugin does, by the same documented rule; `wrong` is put behind the signature.
    Answer post(const std::string& what, const std::string& body, const std::string& wrong = "", Millis late = Millis(0)) {
        const std::string md5 = ivvy::hex_digest("MD5", body);
        std::string date = to_rfc3339(time() - late).substr(0, 19);
        date[10] = ' ';
        const std::string text = ivvy::iws_text(md5, "application/json", "/api/1.0/" + what, date);
        uint8_t mac[64];
        const std::string_view parts[] = {text};
        const size_t size = hmac(HashAlgorithm::sha1, "my secret key", parts, mac);
        return call("POST", "/api/1.0/" + what,
                    {{"Content-Type", "application/json"},
                     {"Content-MD5", md5},
                     {"IVVY-Date", date},
                     {"X-Api-Version", "1.0"},
                     {"X-Api-Authorization", "IWS key:" + ivvy::hex_of({reinterpret_cast<const char*>(mac), size}) + wrong}},
                    body);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(simulated_providers)

BOOST_AUTO_TEST_CASE(wicket_answers_as_documented) {
    Wicket w;
    const std::string sub = w.user("application_user_sub"), email = w.user("email");
    const auto read = w.post("user-data/read", R"({"application_user_sub":")" + sub + "\"}");
    BOOST_TEST(read.status == 200);
    BOOST_TEST(read.json.find("user_data")->text_of("is_club") == "true");
    BOOST_TEST(w.post("user-data/read", "{}").body == R"({"status":400,"message":"BAD_REQUEST"})");
    BOOST_TEST(w.post("user-data/read", "{}", "guess").body == R"({"message":"Forbidden"})");
    BOOST_TEST(w.post("user-data/read", R"({"application_user_sub":"00"})").body == R"({"status":404,"error_fields":"USER_NOT_FOUND"})");
    const auto subs = w.post("vendor/user-subs/get", R"({"application_id":"serwis-www","email":")" + email + "\"}");
    BOOST_TEST(subs.json.find("data")->text_of("application_user_sub") == sub);
    const std::pair<const char*, const char*> errors[] = {
        {R"({"email":"a@b"})", "MISSING_PARAMETERS"},
        {R"({"application_id":"x","email":"a@b"})", "VENDOR_NOT_FOUND"},
        {R"({"application_id":"another-application","email":"a@b"})", "UNAUTHORIZED"},
        {R"({"application_id":"serwis-www","email":"nobody"})", "INCORRECT_EMAIL"},
        {R"({"application_id":"serwis-www","email":"a@b"})", "EMAIL_NOT_FOUND"},
        {R"({"application_id":"serwis-www","application_user_sub":"00"})", "USER_NOT_FOUND"}};
    for (const auto& [body, code] : errors) BOOST_TEST(w.post("vendor/user-subs/get", body).json.text_of("error_fields") == code);
    w.command("delete-user", R"({"user":")" + sub + "\"}");
    BOOST_TEST(w.post("user-data/read", R"({"application_user_sub":")" + sub + "\"}").status == 404);
}

BOOST_AUTO_TEST_CASE(ivvy_checks_every_signature) {
    Ivvy i;
    BOOST_TEST(i.post("test?action=ping", "").status == 200);
    BOOST_TEST(i.post("test?action=ping", "", "0").json.integer_of("errorCode") == 401);
    const auto stale = i.post("test?action=ping", "", "", std::chrono::minutes(6));
    BOOST_TEST(stale.json.integer_of("specificCode") == 23005);
    BOOST_TEST(i.post("test?action=ping", "", "", std::chrono::minutes(4)).status == 200);
    BOOST_TEST(i.call("POST", "/api/1.0/test?action=ping").json.integer_of("errorCode") == 400); // no Content-MD5
    BOOST_TEST(i.call("GET", "/api/1.0/test?action=ping").json.integer_of("errorCode") == 405);
}

BOOST_AUTO_TEST_CASE(ivvy_reads_and_lists) {
    Ivvy i;
    i.command("send", R"({"type":"CompanyAdded"})");
    BOOST_TEST(i.post("contact?action=getCompany", R"({"id":100})").json.text_of("businessName").starts_with("Company 100"));
    BOOST_TEST(i.post("contact?action=getCompany", R"({"id":"100"})").status == 200);
    const auto missing = i.post("contact?action=getCompany", R"({"id":7})");
    BOOST_TEST(missing.json.integer_of("specificCode") == 24153);
    BOOST_TEST(i.post("contact?action=getCompany", "{}").json.integer_of("specificCode") == 23017);
    i.command("send", R"({"type":"OpportunityAdded","count":60})");
    const auto page = i.post("crm?action=getOpportunityList", R"({"venueIds":[9],"perPage":100,"start":0})");
    BOOST_TEST(page.json.find("meta")->integer_of("count") == 50); // fewer than asked for, without saying so
    BOOST_TEST(page.json.find("meta")->integer_of("totalResults") == 60);
    BOOST_TEST(i.post("crm?action=getOpportunityList", R"({"venueIds":[9],"start":50})").json.find("results")->items.size() == 10u);
}

BOOST_AUTO_TEST_CASE(ivvy_tells_what_became_of_subscriptions) {
    Ivvy i;
    const std::string body = R"({"companiesEndpoint":"https://h.example/a","venuesEndpoint":"https://h.example/a"})";
    const auto made = i.post("account?action=subscribeToNotifications", body);
    BOOST_TEST(made.json.text_of("companiesTopicId").ends_with("_NotifCompanies"));
    BOOST_TEST(made.json.find("contactsSuccess")->raw == "false");
    BOOST_TEST(!made.json.find("ariSuccess"));
    BOOST_TEST(i.outbox().size() == 2u); // two topics ask for confirmation
    const auto ended = i.post("account?action=unsubscribeFromNotifications", body);
    BOOST_TEST(ended.json.integer_of("companiesResult") == 6);
    BOOST_TEST(ended.json.integer_of("contactsResult") == 2);
    const auto confirmation = json::parse(i.outbox().front().body);
    const std::string url(confirmation->text_of("SubscribeURL"));
    BOOST_TEST(i.call("GET", url.substr(url.find('/', 8))).status == 200);
    i.command("disown");
    BOOST_TEST(i.post("account?action=unsubscribeFromNotifications", body).json.integer_of("companiesResult") == 5);
    i.post("account?action=subscribeToNotifications", body);
    BOOST_TEST(i.post("account?action=unsubscribeFromNotifications", body).json.integer_of("companiesResult") == 1);
    BOOST_TEST(i.post("account?action=unsubscribeFromNotifications", body).json.integer_of("companiesResult") == 4);
    Ivvy other(R"(,"may_subscribe":false)");
    BOOST_TEST(other.post("account?action=subscribeToNotifications", body).status == 403);
}

BOOST_AUTO_TEST_SUITE_END()
