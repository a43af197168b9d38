// The iVvy plugin's calls, with the API played by the test.
#include <boost/test/unit_test.hpp>

#include "ivvy/fetch_api.hpp"
#include "tests/plugins/ivvy_message.hpp"

using namespace sns_test;

namespace {

struct Fixture {
    fake::Plugin plugin{std::string(IVVY_PLUGIN)};
    fake::Source source{
        plugin,
        nlohmann::json{{"account_id", "14"}, {"api_key", "key"}, {"api_secret", "my secret key"}, {"venue_id", "7"}, {"max_pages", 3}}
            .dump()};
    IvvyMessage message;
    fake::Request request;
    Fixture() { source.host.now = 1333491804000; } // 2012-04-03 22:23:24

    std::unique_ptr<fake::Job> begin(const std::string& subject, const std::string& body, const std::string& type) {
        message.subject = subject;
        message.body = body;
        request = Message::notification(message.json(other_signer()).dump()).sign().request();
        auto j = source.fetch(request, type);
        BOOST_REQUIRE(j);
        j->start();
        return j;
    }
    std::unique_ptr<fake::Job> company(const fake::Reply& answer) {
        auto j = begin("CompanyUpdated", R"({"data":{"id":70},"previousData":{}})", "Company.updated");
        BOOST_REQUIRE_EQUAL(j->asked, "http");
        j->reply(answer);
        return j;
    }
    std::unique_ptr<fake::Job> call(const std::string& name, const std::string& arguments = "{}") {
        auto j = source.operation(name, arguments);
        j->start();
        return j;
    }
    static fake::Reply error(int status, const std::string& code, const std::string& specific = "0") {
        return reply(status, R"({"errorCode":)" + code + R"(,"message":"m","specificCode":)" + specific + "}");
    }
};

std::string hmac_hex(const std::string& key, const std::string& text) {
    uint8_t out[64];
    const std::string_view parts[] = {text};
    const size_t n = gh::hmac(gh::HashAlgorithm::sha1, key, parts, out);
    return ivvy::hex_of({reinterpret_cast<const char*>(out), n});
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(ivvy_api, Fixture)

BOOST_AUTO_TEST_CASE(the_documented_vectors) {
    BOOST_TEST(ivvy::hex_digest("MD5", R"({"example":"body"})") == "a09f600c77a6dbd947db24c61e8935ca");
    BOOST_TEST(ivvy::hex_digest("MD5", "string to hash\n") == "2fcc83d76f9b2d8ef372271d807a3364");
    const std::string text =
        ivvy::iws_text("a09f600c77a6dbd947db24c61e8935ca", "application/json", "/api/1.0/test?action=ping", "2012-04-03 22:23:24");
    BOOST_TEST(text == "posta09f600c77a6dbd947db24c61e8935caapplication/json/api/1.0/test?action=ping1.0ivvydate=2012-04-03 22:23:24");
    BOOST_TEST(hmac_hex("my secret key", "string to sign") == "a993876ea1218921a1c8551923473da7b310dfae");
    BOOST_TEST(hmac_hex("my secret key", text) == "74af7ec6fec55dc88543e05096c69cebaf391eb9");
}

BOOST_AUTO_TEST_CASE(a_request_carries_what_it_signs) {
    const auto j = call("ping");
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    const auto& r = j->requests[0];
    BOOST_TEST(r.method == "POST");
    BOOST_TEST(r.url == "https://api.ap-southeast-2.ivvy.com/api/1.0/test?action=ping");
    BOOST_TEST(r.body == "");
    BOOST_TEST(r.header("Content-MD5") == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(r.header("Content-Type") == "application/json");
    BOOST_TEST(r.header("IVVY-Date") == "2012-04-03 22:23:24");
    BOOST_TEST(r.header("X-Api-Version") == "1.0");
    BOOST_TEST(r.header("Date") == "");
    const std::string text = "postd41d8cd98f00b204e9800998ecf8427eapplication/json/api/1.0/test?action=ping1.0ivvydate=2012-04-03 22:23:24";
    BOOST_TEST(r.header("X-Api-Authorization") == "IWS key:" + hmac_hex("my secret key", text));
    j->reply(reply(200, R"({"ack":1})"));
    BOOST_TEST(j->body == R"({"ack":1})");
}

BOOST_AUTO_TEST_CASE(a_path_in_front_of_the_api_is_signed_too) {
    fake::Source s(
        plugin,
        nlohmann::json{{"account_id", "14"}, {"api_key", "key"}, {"api_secret", "s"}, {"api_url", "http://127.0.0.1:9/Proxy"}}.dump());
    auto j = s.operation("ping", "{}");
    j->start();
    BOOST_TEST(j->requests[0].url == "http://127.0.0.1:9/Proxy/api/1.0/test?action=ping");
    const std::string date = j->requests[0].header("IVVY-Date");
    BOOST_TEST(j->requests[0].header("X-Api-Authorization") ==
               "IWS key:" +
                   hmac_hex("s", "postd41d8cd98f00b204e9800998ecf8427eapplication/json/proxy/api/1.0/test?action=ping1.0ivvydate=" + date));
}

BOOST_AUTO_TEST_CASE(a_single_read) {
    auto j = begin("CompanyAdded", R"({"data":{"id":70}})", "Company.added");
    BOOST_TEST(j->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/contact?action=getCompany");
    BOOST_TEST(j->requests[0].body == R"({"id":70})");
    j->reply(reply(200, R"({"id":"70","businessName":"A"})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(j->body == R"({"id":"70","businessName":"A"})");
    for (const auto& [subject, type, url] :
         std::vector<std::array<std::string, 3>>{{"ContactUpdated", "Contact.updated", "contact?action=getContact"},
                                                 {"InvoiceUpdated", "Invoice.updated", "invoice?action=getInvoice"},
                                                 {"BookingMoved", "Booking.moved", "venue?action=getBooking"}})
        BOOST_TEST(begin(subject, R"({"data":{"id":"5"}})", type)->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/" + url);
}

BOOST_AUTO_TEST_CASE(errors_are_told_by_the_body) {
    for (int status : {200, 400, 404, 500}) {
        BOOST_TEST(company(error(status, "404"))->result == GATEHOUSE_RESULT_GONE);
        BOOST_TEST(company(error(status, "\"400\"", "\"24153\""))->result == GATEHOUSE_RESULT_GONE);
        for (const char* specific : {"24096", "24097", "24137"})
            BOOST_TEST(company(error(status, "400", specific))->result == GATEHOUSE_RESULT_GONE);
        BOOST_TEST(company(error(status, "429"))->failure == GATEHOUSE_FAIL_RETRY);
        BOOST_TEST(company(error(status, "400", "24299"))->failure == GATEHOUSE_FAIL_RETRY);
        BOOST_TEST(company(error(status, "500"))->failure == GATEHOUSE_FAIL_RETRY);
        BOOST_TEST(company(error(status, "401", "23005"))->failure == GATEHOUSE_FAIL_RETRY);
        for (const char* code : {"401", "403", "462", "\"463\""})
            BOOST_TEST(company(error(status, code))->failure == GATEHOUSE_FAIL_REFUSED);
        for (const char* code : {"400", "405", "406", "460", "501", "null"})
            BOOST_TEST(company(error(status, code))->failure == GATEHOUSE_FAIL_INVALID);
    }
    BOOST_TEST(company(reply(503, "<html/>"))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(company(reply(200, "<html/>"))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(company(reply(403, "<html/>"))->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(company(reply(503, "{}"))->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(company(fake::Reply::lost(GATEHOUSE_NET_TIMEOUT))->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(a_list_is_searched_by_id_and_advanced_by_what_came) {
    auto j = begin("BookingSessionUpdated", R"({"data":{"id":33,"venueId":"1","bookingId":2}})", "BookingSession.updated");
    BOOST_TEST(j->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/venue?action=getBookingSessionList");
    BOOST_TEST(j->requests[0].body == R"({"venueId":1,"bookingId":2,"perPage":100,"start":0})");
    j->reply(reply(200, R"({"meta":{"totalResults":3,"start":0,"perPage":2,"count":2},"results":[{"id":31},{"id":32}]})"));
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].body == R"({"venueId":1,"bookingId":2,"perPage":100,"start":2})");
    j->reply(reply(200, R"({"meta":{"totalResults":"3","start":2,"perPage":2,"count":1},"results":[{"id":"33","name":"x"}]})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(j->body == R"({"id":"33","name":"x"})");
}

BOOST_AUTO_TEST_CASE(what_is_not_in_its_list_is_gone) {
    auto j = begin("ContactNoteUpdated", R"({"data":{"id":33,"contactId":5}})", "ContactNote.updated");
    BOOST_TEST(j->requests[0].body == R"({"contactId":5,"perPage":100,"start":0})");
    j->reply(reply(200, R"({"meta":{"totalResults":1,"count":1},"results":[{"id":31}]})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_GONE);
    j = begin("ContactNoteUpdated", R"({"data":{"id":33,"contactId":5}})", "ContactNote.updated");
    j->reply(reply(200, R"({"meta":{},"results":[]})"));
    BOOST_TEST(j->result == GATEHOUSE_RESULT_GONE);
}

BOOST_AUTO_TEST_CASE(a_list_without_end_ends) {
    auto j = begin("ContactNoteUpdated", R"({"data":{"id":33,"contactId":5}})", "ContactNote.updated");
    int pages = 0;
    for (; j->asked == "http"; ++pages) j->reply(reply(200, R"({"meta":{"totalResults":1000000,"count":1},"results":[{"id":31}]})"));
    BOOST_TEST(pages == 3);
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(j->reason.find("max_pages") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(parents_come_from_the_message_or_the_settings) {
    BOOST_TEST(begin("OpportunityAdded", R"({"data":{"id":3,"venueId":9}})", "Opportunity.added")->requests[0].body ==
               R"({"venueIds":[9],"perPage":100,"start":0})");
    BOOST_TEST(begin("CrmEventTaskAdded", R"({"data":{"id":3}})", "CrmEventTask.added")->requests[0].body ==
               R"({"venueId":7,"perPage":100,"start":0})");
    // A lead is named nowhere: what was signed is the document.
    const auto j = begin("CrmLeadNoteAdded", R"({"data":{"id":3,"note":"n"}})", "CrmLeadNote.added");
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(j->body == R"({"id":3,"note":"n"})");
    BOOST_TEST(begin("CrmLeadNoteAdded", "{}", "CrmLeadNote.added")->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(rates_and_availability_by_dates) {
    const std::string rows =
        R"({"data":[{"barId":1,"roomId":6,"date":"2026-03-02","cost":1},{"barId":2,"roomId":6,"date":"2026-03-01","cost":2}]})";
    BOOST_TEST(begin("RoomInventoryUpdated", rows, "RoomInventory.updated")->requests[0].body ==
               R"({"venueId":7,"startDate":"2026-03-01","endDate":"2026-03-02","roomIds":[6]})");
    auto j = begin("RoomRatesUpdated", rows, "RoomRates.updated");
    BOOST_TEST(j->requests[0].body == R"({"venueId":7,"startDate":"2026-03-01","endDate":"2026-03-02","roomIds":[6],"barId":1})");
    j->reply(reply(200, R"({"a":1})"));
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    j->reply(reply(200, R"({"b":2})"));
    BOOST_TEST(j->body == R"([{"barId":1,"rates":{"a":1}},{"barId":2,"rates":{"b":2}}])");
}

BOOST_AUTO_TEST_CASE(deletions_and_unknown_subjects_have_nothing_to_read) {
    BOOST_TEST(!source.fetch(request, "Company.deleted"));
    BOOST_TEST(!source.fetch(request, "SomethingNew"));
    BOOST_TEST(!source.fetch(request, "VenueGuest.anonymised"));
}

BOOST_AUTO_TEST_CASE(subscribing_pins_the_topics_that_come_back) {
    auto j = call("subscribe", R"({"url":"https://hooks.example.com/ivvy","events":["companies","venues"]})");
    BOOST_TEST(j->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/account?action=subscribeToNotifications");
    BOOST_TEST(j->requests[0].body ==
               R"({"companiesEndpoint":"https://hooks.example.com/ivvy","venuesEndpoint":"https://hooks.example.com/ivvy"})");
    j->reply(reply(200, nlohmann::json{{"companiesSuccess", true},
                                       {"companiesTopicId", k_topic},
                                       {"venuesSuccess", false},
                                       {"venuesTopicId", nullptr},
                                       {"eventsSuccess", false},
                                       {"eventsTopicId", nullptr}}
                            .dump()));
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    commit(source, j->state);
    j->written();
    BOOST_TEST(j->result == GATEHOUSE_RESULT_DOCUMENT);
    commit(source, j->state);
    const auto out = nlohmann::json::parse(j->body);
    BOOST_TEST(out["id"] == "account/14/1");
    BOOST_TEST(out["state"] == "pending_confirmation");
    BOOST_TEST(out["ours"] == true);
    BOOST_TEST(out["subscription"]["url"] == "https://hooks.example.com/ivvy");
    // What was not given shows as a difference.
    BOOST_TEST(out["subscription"]["events"] == nlohmann::json({"companies"}));
    BOOST_TEST(out["detail"] == "iVvy did not subscribe venues");
    const auto list = nlohmann::json::parse(call("subscriptions")->body);
    BOOST_REQUIRE(list.size() == 1u);
    BOOST_TEST(list[0] == out);
    // The topic is pinned now: its confirmation is an event, not a question.
    source.host.now = k_now;
    auto c = Message::confirmation().sign().request();
    const auto a = verify_with(source, c, signer().certificate());
    BOOST_TEST(source.handle(c, a).type == "sns.subscription_confirmation");
}

BOOST_AUTO_TEST_CASE(a_confirmation_that_overtook_the_subscribe_answer_is_confirmed_by_it) {
    source.host.now = k_now;
    auto c = Message::confirmation().sign().request();
    const auto a = verify_with(source, c, signer().certificate());
    const auto waiting = source.handle(c, a);
    BOOST_TEST(waiting.kind == "respond");
    commit(source, waiting.state);
    auto j = call("subscribe", R"({"url":"https://hooks.example.com/ivvy","events":["companies"]})");
    j->reply(reply(200, nlohmann::json{{"companiesSuccess", true}, {"companiesTopicId", k_topic}}.dump()));
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].url.find("Action=ConfirmSubscription") != std::string::npos);
    j->reply(reply(200, confirmed_xml(k_subscription)));
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    commit(source, j->state);
    j->written();
    BOOST_TEST(nlohmann::json::parse(j->body)["state"] == "active");
    commit(source, j->state);
    BOOST_TEST(nlohmann::json::parse(call("subscriptions")->body)[0]["state"] == "active");
    // Again, and nothing is there twice.
    auto again = call("subscribe", R"({"url":"https://hooks.example.com/ivvy","events":["companies"]})");
    again->reply(reply(200, nlohmann::json{{"companiesSuccess", true}, {"companiesTopicId", k_topic}}.dump()));
    commit(source, again->state);
    BOOST_TEST(nlohmann::json::parse(call("subscriptions")->body).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_confirmation_that_is_not_committed_yet_is_confirmed_and_its_late_commit_unpins_nothing) {
    source.host.now = k_now;
    auto c = Message::confirmation().sign().request();
    const auto a = verify_with(source, c, signer().certificate());
    const auto waiting = source.handle(c, a);
    BOOST_TEST(waiting.kind == "respond");
    auto j = call("subscribe", R"({"url":"https://hooks.example.com/ivvy","events":["companies"]})");
    j->reply(reply(200, nlohmann::json{{"companiesSuccess", true}, {"companiesTopicId", k_topic}}.dump()));
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].url.find("Action=ConfirmSubscription") != std::string::npos);
    j->reply(reply(200, confirmed_xml(k_subscription)));
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    commit(source, j->state);
    commit(source, waiting.state);
    j->written();
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    commit(source, j->state);
    j->written();
    BOOST_TEST(nlohmann::json::parse(j->body)["state"] == "active");
    commit(source, j->state);
    BOOST_TEST(nlohmann::json::parse(call("subscriptions")->body).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_confirmation_that_comes_while_the_pin_is_being_committed_is_that_of_a_pinned_topic) {
    source.host.now = k_now;
    auto j = call("subscribe", R"({"url":"https://hooks.example.com/ivvy","events":["companies"]})");
    j->reply(reply(200, nlohmann::json{{"companiesSuccess", true}, {"companiesTopicId", k_topic}}.dump()));
    BOOST_REQUIRE_EQUAL(j->asked, "put_state");
    auto c = Message::confirmation().sign().request();
    const auto a = verify_with(source, c, signer().certificate());
    BOOST_TEST(source.handle(c, a).type == "sns.subscription_confirmation");
    commit(source, j->state);
    j->written();
    commit(source, j->state);
    BOOST_TEST(nlohmann::json::parse(j->body)["state"] == "pending_confirmation");
}

BOOST_AUTO_TEST_CASE(an_update_keeps_the_id_and_ends_what_is_not_wanted_any_more) {
    const auto answered = [](const std::vector<std::string>& kinds) {
        nlohmann::json out;
        for (const auto& k : kinds) {
            out[k + "Success"] = true;
            out[k + "TopicId"] = std::string(k_topic) + "_" + k;
        }
        return reply(200, out.dump());
    };
    const auto run = [&](std::unique_ptr<fake::Job>& j) {
        while (j->asked == "put_state" && j->failure < 0 && j->body.empty()) {
            commit(source, j->state);
            j->written();
        }
    };
    auto j = call("subscribe", R"({"url":"https://a.example/ivvy","events":["companies","venues"]})");
    j->reply(answered({"companies", "venues"}));
    run(j);
    commit(source, j->state);
    j = call("update", R"({"id":"account/14/1","url":"https://a.example/ivvy","events":["companies","crm"]})");
    j->reply(answered({"companies", "crm"}));
    run(j);
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].body == R"({"venuesEndpoint":"https://a.example/ivvy"})");
    j->reply(reply(200, R"({"venuesResult":1})"));
    const auto out = nlohmann::json::parse(j->body);
    BOOST_TEST(out["id"] == "account/14/1");
    BOOST_TEST(out["subscription"]["events"] == nlohmann::json({"companies", "crm"}));
    BOOST_TEST(call("update", R"({"id":"account/14/9","url":"https://a.example/ivvy"})")->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_CASE(unsubscribing_explains_each_result) {
    const std::string url = R"({"url":"https://hooks.example.com/ivvy"})";
    const auto answered = [&](const std::string& body) {
        auto j = call("unsubscribe", url);
        BOOST_TEST(j->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/account?action=unsubscribeFromNotifications");
        j->reply(reply(200, body));
        return j;
    };
    // Ended, never asked for, not there (any more): all is well.
    BOOST_TEST(answered(R"({"eventsResult":1,"venuesResult":2,"paymentsResult":4})")->result == GATEHOUSE_RESULT_DONE);
    auto j = answered(R"({"eventsResult":1,"contactsResult":5})");
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(j->reason.find("contacts: another API key") != std::string::npos);
    j = answered(R"({"paymentsResult":3})");
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(j->reason.find("contact iVvy") != std::string::npos);
    BOOST_TEST(answered(R"({"paymentsResult":9})")->reason.find("not document") != std::string::npos);
    // It will be possible, or needless, later.
    j = answered(R"({"companiesResult":6})");
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(j->reason.find("companies: not confirmed yet") != std::string::npos);
    auto refused = call("unsubscribe", url);
    refused->reply(error(403, "403"));
    BOOST_TEST(refused->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(call("subscribe", R"({"url":"not a URL"})")->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(call("unsubscribe", "{}")->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(call("unsubscribe", R"({"id":"account/14/7"})")->failure == GATEHOUSE_FAIL_INVALID);
}

namespace {

/// What one page of recovery is, after the answers of the API.
nlohmann::json recovered(Fixture& f, const std::string& cursor, const std::string& call, const std::string& filter,
                         const std::string& answer) {
    auto j =
        f.call("recover", R"({"since":"2012-04-03T10:00:00.500Z","until":"2012-04-03T11:00:00Z","limit":1000,"cursor":)" + cursor + "}");
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].url == "https://api.ap-southeast-2.ivvy.com/api/1.0/" + call);
    BOOST_TEST(j->requests[0].body == filter);
    j->reply(reply(200, answer));
    BOOST_REQUIRE_MESSAGE(j->result == GATEHOUSE_RESULT_DOCUMENT, j->reason);
    return nlohmann::json::parse(j->body);
}

} // namespace

BOOST_AUTO_TEST_CASE(what_changed_is_found_in_the_lists_that_know_when) {
    const std::string window = R"("2012-04-03 10:00:00","toModifiedDate":"2012-04-03 11:00:00"},"perPage":100,"start":)";
    const auto page = recovered(*this, "null", "contact?action=getCompanyList", R"({"filter":{"fromModifiedDate":)" + window + "0}",
                                R"({"meta":{"totalResults":4,"start":0,"perPage":3,"count":3},"results":[
        {"id":"70","modifiedDate":"2012-04-03 10:30:00 UTC","name":"a"},{"id":71,"modifiedDate":"2012-04-03 09:59:59"},{"id":72}]})");
    BOOST_REQUIRE(page["events"].size() == 1u);
    const auto& event = page["events"][0];
    BOOST_TEST(event["dedupe_key"] == "modified:Company:70:2012-04-03T10:30:00");
    BOOST_TEST(event["type"] == "Company.updated");
    BOOST_TEST(event["subject"] == "Company/70");
    BOOST_TEST(event["ordering_key"] == "Company/70");
    BOOST_TEST(event["occurred_at"] == "2012-04-03T10:30:00.000Z");
    BOOST_TEST(page["unrecoverable"].dump().find("deletions") != std::string::npos);
    BOOST_TEST(page["unrecoverable"].dump().find("1 entries of contact?action=getCompanyList") != std::string::npos);
    BOOST_TEST(page["cursor"] == "0:3");
    // Cut at fewer than were asked for; then the next list. What cannot be found is said once.
    const auto rest = recovered(*this, R"("0:3")", "contact?action=getCompanyList", R"({"filter":{"fromModifiedDate":)" + window + "3}",
                                R"({"meta":{"totalResults":"4","count":1},"results":[{"id":73,"modifiedDate":"2012-04-03 11:00:00"}]})");
    BOOST_TEST(rest["events"].size() == 1u);
    BOOST_TEST(rest["unrecoverable"].empty());
    BOOST_TEST(rest["cursor"] == "1:0");
    for (const auto& [cursor, call, next] :
         {std::array<std::string, 3>{"1:0", "contact?action=getContactList", "2:0"}, {"2:0", "invoice?action=getInvoiceList", "3:0"}})
        BOOST_TEST(recovered(*this, '"' + cursor + '"', call, R"({"filter":{"fromModifiedDate":)" + window + "0}",
                             R"({"meta":{},"results":[]})")["cursor"] == next);
    const auto last = recovered(
        *this, R"("3:0")", "venue?action=getBookingListForAccount",
        R"({"filter":{"modifiedDateAfter":"2012-04-03 10:00:00","modifiedDateBefore":"2012-04-03 11:00:00"},"perPage":100,"start":0})",
        R"({"meta":{"totalResults":0},"results":[]})");
    BOOST_TEST(!last.contains("cursor"));
}

BOOST_AUTO_TEST_CASE(a_recovered_event_is_read_back_and_an_envelope_is_never_taken_for_one) {
    request = fake::Request();
    request.body = R"({"recovered":true,"Subject":"CompanyUpdated","Body":"{\"data\":{\"id\":70}}"})";
    auto j = source.fetch(request, "Company.updated");
    j->start();
    BOOST_REQUIRE_EQUAL(j->asked, "http");
    BOOST_TEST(j->requests[0].body == R"({"id":70})");
    j->reply(reply(200, R"({"id":70,"name":"now"})"));
    BOOST_TEST(j->body == R"({"id":70,"name":"now"})");
    // Members that nothing signs.
    message.subject = "CompanyUpdated";
    message.body = R"({"data":{"id":70}})";
    auto forged = Message::notification(message.json(other_signer()).dump()).sign();
    forged.set("Body", R"({"data":{"id":666}})");
    request = forged.request();
    request.body.insert(1, R"("recovered":true,)");
    j = source.fetch(request, "Company.updated");
    j->start();
    BOOST_TEST(j->requests.at(0).body == R"({"id":70})");
}

BOOST_AUTO_TEST_CASE(recovery_that_cannot_be_done_says_why) {
    BOOST_TEST(call("recover", R"({"since":"x","until":"2012-04-03T11:00:00Z"})")->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(call("recover", R"({"since":"2012-04-03T10:00:00Z","until":"2012-04-03T11:00:00Z","cursor":"9:0"})")->failure ==
               GATEHOUSE_FAIL_INVALID);
    auto j = call("recover", R"({"since":"2012-04-03T10:00:00Z","until":"2012-04-03T11:00:00Z"})");
    j->reply(error(429, "429"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_RETRY);
    j = call("recover", R"({"since":"2012-04-03T10:00:00Z","until":"2012-04-03T11:00:00Z"})");
    j->reply(reply(200, "{}"));
    BOOST_TEST(j->failure == GATEHOUSE_FAIL_INVALID);
    // No more pages than the settings allow.
    j = call("recover", R"({"since":"2012-04-03T10:00:00Z","until":"2012-04-03T11:00:00Z","cursor":"0:299"})");
    j->reply(reply(200, R"({"meta":{"totalResults":1000,"count":1},"results":[{"id":1,"modifiedDate":"2012-04-03 10:10:10"}]})"));
    BOOST_TEST(nlohmann::json::parse(j->body)["cursor"] == "1:0");
    BOOST_TEST(j->body.find("max_pages") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
