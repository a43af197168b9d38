// iVvy against the real server: two signatures, the record read back with signed requests, deletions that need no read.
#include <future>

#include "tests/e2e/world.hpp"

using namespace gh;
using namespace gh::test;

namespace {

std::string settings(const std::string& more = "") {
    return std::string("{") + k_patient + (more.empty() ? "" : "," + more) + "}";
}

int64_t calls(World& w, const std::string& what) {
    const auto state = w.command("ivvy", "state");
    return state.find("calls")->find(what) ? state.find("calls")->integer_of(what) : 0;
}

} // namespace

BOOST_AUTO_TEST_CASE(every_kind_of_notification_is_confirmed_verified_and_read_back) {
    World w({{"ivvy", settings()}});
    for (const std::string subject : {"CompanyAdded", "ContactNoteAdded", "OpportunityAdded", "InvoiceUpdated",
                                      "BookingRoomReservationAdded", "RoomInventoryUpdated", "RoomRatesUpdated"}) {
        BOOST_TEST_CONTEXT(subject) {
            const auto id = w.send("ivvy", subject).at(0);
            BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
            BOOST_TEST(w.document(id) != "null");
        }
    }
    BOOST_TEST(calls(w, "contact?action=getCompany") == 1);
    BOOST_TEST(calls(w, "venue?action=getBookingRoomReservationList") == 1);
    BOOST_TEST(w.count("ivvy", "certificate_reads") == 1);
    BOOST_TEST(w.command("ivvy", "state").integer_of("key_reads") == 1);
}

BOOST_AUTO_TEST_CASE(a_deletion_needs_no_read) {
    World w({{"ivvy", settings()}});
    w.settle("ivvy", "CompanyAdded");
    const auto company = w.send("ivvy", "CompanyDeleted").at(0), note = w.send("ivvy", "BookingNoteDeleted").at(0);
    BOOST_REQUIRE(w.reaches(company, "delivered"));
    BOOST_REQUIRE(w.reaches(note, "delivered"));
    BOOST_TEST(w.event(company).text_of("type") == "Company.deleted");
    BOOST_TEST(calls(w, "contact?action=getCompany") == 1); // of the first one only
    BOOST_TEST(calls(w, "venue?action=getBookingNoteList") == 0);
    BOOST_TEST(w.document(company) == "null");
}

BOOST_AUTO_TEST_CASE(each_spoiled_message_is_refused_with_its_own_reason) {
    World w({{"ivvy", settings()}});
    w.check_tampers("ivvy", "CompanyAdded");
    const auto unknown = w.send("ivvy", "CompanyAdded", R"("tamper":"unknown-subject")").at(0);
    BOOST_TEST(w.reaches(unknown, "delivered"));
    BOOST_TEST(w.event(unknown).text_of("type") == "LoyaltyCardPrinted");
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_had_is_our_trouble_and_passes) {
    World w({{"ivvy", settings()}});
    w.command("ivvy", "faults", R"({"mode":"status","status":500,"path":"/accountnotifications","count":2})");
    const auto id = w.send("ivvy", "CompanyAdded").at(0);
    BOOST_REQUIRE(w.reaches(id, "delivered"));
    BOOST_TEST(w.answers("ivvy", "503") == 2);
    BOOST_TEST(w.refused("ivvy", "inner_signature_mismatch") == 0);
}

BOOST_AUTO_TEST_CASE(errors_are_told_by_the_body_whatever_the_status) {
    World w({{"ivvy", settings(R"("error_status":"ok")")}},
            [](std::string& yaml) { replace(yaml, "\"mode\":\"required\"", "\"mode\":\"best-effort\""); });
    w.settle("ivvy", "CompanyAdded");
    w.command(
        "ivvy", "faults",
        R"({"mode":"status","status":200,"path":"/api","count":1,"body":"{\"errorCode\":400,\"message\":\"no\",\"specificCode\":23016}"})");
    const auto id = w.send("ivvy", "CompanyUpdated").at(0);
    BOOST_REQUIRE(w.reaches(id, "delivered"));
    BOOST_TEST(std::string(w.event(id).text_of("reason")).find("23016") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_subscribe_calls_at_the_same_instant_are_both_remembered) {
    World w(
        {{"ivvy", settings()}}, [](std::string& yaml) { replace(yaml, "\"reconcile\":\"auto\"", "\"reconcile\":\"manual\""); }, true);
    w.command("ivvy", "faults", R"({"mode":"late","milliseconds":700,"path":"/api"})");
    const std::string base = "http://127.0.0.1:" + std::to_string(w.gateway().port()) + "/hooks/ivvy";
    const auto subscribe = [&](const std::string& url) {
        return request(w.gateway().admin_port(), "POST", "/api/v1/subscriptions/ivvy/operations/subscribe",
                       {{"Content-Type", "application/json"}}, R"({"arguments":{"url":")" + url + R"(","events":["companies"]}})");
    };
    auto other = std::async(std::launch::async, [&] { return subscribe(base + "?second"); });
    const auto one = subscribe(base);
    BOOST_TEST(one.status == 200, one.body);
    const auto two = other.get();
    BOOST_TEST(two.status == 200, two.body);
    const std::string listed = w.operate({"--json", "subscriptions", "call", "ivvy", "subscriptions"});
    BOOST_TEST(listed.find("account/14/1") != std::string::npos, listed);
    BOOST_TEST(listed.find("account/14/2") != std::string::npos, listed);
}

BOOST_AUTO_TEST_CASE(what_changed_is_found_in_the_lists_and_stored_once) {
    World w({{"ivvy", settings()}});
    w.settle("ivvy", "CompanyAdded");
    w.settle("ivvy", "BookingAdded");
    const std::string said = w.operate({"recover", "--source", "ivvy", "--since", "1h"});
    BOOST_TEST(said.find("deletions") != std::string::npos, said);
    for (const std::string type : {"Company", "Booking"}) {
        BOOST_REQUIRE_MESSAGE(w.reaches("modified:" + type, "delivered"), said);
        const auto event = w.event("modified:" + type);
        BOOST_TEST(event.text_of("type") == type + ".updated");
        BOOST_TEST(std::string(event.text_of("subject")).starts_with(type + "/"));
        BOOST_TEST(event.find("recovered")->boolean);
        BOOST_TEST(w.document("modified:" + type) != "null");
    }
    const auto again = w.operate({"recover", "--source", "ivvy", "--since", "1h"});
    BOOST_TEST(again.find(" 0 stored") != std::string::npos, again);
}
