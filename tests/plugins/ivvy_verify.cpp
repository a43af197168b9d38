// The iVvy plugin as a file: the inner signature, its key, Subjects, samples.
#include <boost/test/unit_test.hpp>

#include "ivvy/message.hpp"
#include "ivvy/subjects.hpp"
#include "tests/plugins/ivvy_message.hpp"

using namespace sns_test;

namespace {

const fake::Plugin& plugin() {
    static const fake::Plugin p(std::string(IVVY_PLUGIN));
    return p;
}

struct Fixture {
    fake::Source source{plugin(), nlohmann::json{{"topic_arns", {k_topic}}, {"account_id", "14"}}.dump()};
    IvvyMessage message;
    std::string certificate = signer().certificate(), key = other_signer().public_key();
    Fixture() { source.host.now = k_now; }

    fake::Request wrap(const nlohmann::json& inner) { return Message::notification(inner.dump()).sign().request(); }
    fake::Request genuine() { return wrap(message.json(other_signer())); }
    fake::Answer verify(fake::Request& r) { return verify_in(source, r, key); }
    /// Serves both keys as they are asked for, in one job: a host grants no second one.
    fake::Answer verify_in(fake::Source& s, fake::Request& r, const std::string& inner) {
        fake::Answer a = s.verify(r);
        if (a.status != GATEHOUSE_OK || a.kind != "job") return a;
        a.job->start();
        while (a.job->asked == "http")
            a.job->reply(reply(200, a.job->requests[0].url.find("notifcert") != std::string::npos ? inner : certificate));
        BOOST_TEST(a.job->result == GATEHOUSE_RESULT_DONE);
        return s.verify(r);
    }
    std::string judge(fake::Request r) { return outcome(verify(r)); }
    fake::Answer event_of() {
        auto r = genuine();
        const auto a = verify(r);
        BOOST_REQUIRE_EQUAL(outcome(a), "accept");
        return source.handle(r, a);
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ivvy_verify, Fixture)

BOOST_AUTO_TEST_CASE(the_documented_text_to_sign) {
    // The shape of the documentation's CompanyAdded sample; only its Body is of ours.
    message.region = "stage";
    message.timestamp = 1710115244;
    const auto m = ivvy::message::read(message.json(other_signer()).dump());
    BOOST_REQUIRE(m);
    BOOST_TEST(m->text_to_sign() ==
               "b898c04362bcbfe984f1867ce7db5599:stage:1710115244:14:companyadded:" + hex_digest(EVP_sha1(), message.body));
    message.timestamp = "1710115244";
    BOOST_TEST(ivvy::message::read(message.json(other_signer()).dump())->text_to_sign() == m->text_to_sign());
    auto with_null = message.json(other_signer());
    with_null["TxnId"] = nullptr;
    BOOST_TEST(ivvy::message::read(with_null.dump())->text_to_sign().rfind(":stage:", 0) == 0u);
    BOOST_TEST(ivvy::hex_digest("SHA1", "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    BOOST_TEST(ivvy::hex_digest("MD5", "") == "d41d8cd98f00b204e9800998ecf8427e");
}

BOOST_AUTO_TEST_CASE(both_signatures_and_both_keys) {
    auto r = genuine();
    auto a = source.verify(r);
    BOOST_REQUIRE_EQUAL(a.kind, "job");
    a.job->start();
    BOOST_TEST(a.job->requests[0].url == k_cert_url);
    a.job->reply(reply(200, certificate));
    BOOST_REQUIRE_EQUAL(a.job->asked, "http"); // one job for both: a host grants no second one
    BOOST_TEST(a.job->requests[0].url ==
               "https://s3-ap-southeast-2.amazonaws.com/accountnotifications.ap-southeast-2.ivvy.com/accounts/14/1710115000/notifcert.txt");
    BOOST_TEST(a.job->requests[0].max_response == 16u * 1024);
    BOOST_TEST(!a.job->requests[0].share_key.empty());
    a.job->reply(reply(200, key));
    BOOST_TEST(a.job->result == GATEHOUSE_RESULT_DONE);
    BOOST_TEST(outcome(source.verify(r)) == "accept");
}

BOOST_AUTO_TEST_CASE(every_covered_member_altered) {
    auto j = message.json(other_signer());
    const auto altered = [&](const char* name, const nlohmann::json& value) {
        auto k = j;
        k[name] = value;
        return judge(wrap(k));
    };
    BOOST_TEST(judge(wrap(j)) == "accept");
    BOOST_TEST(altered("TxnId", "b898c04362bcbfe984f1867ce7db5590") == "inner_signature_mismatch");
    BOOST_TEST(altered("Timestamp", 1772366397) == "inner_signature_mismatch");
    BOOST_TEST(altered("Subject", "CompanyDeleted") == "inner_signature_mismatch");
    BOOST_TEST(altered("Body", "{}") == "inner_signature_mismatch");
    BOOST_TEST(altered("Signature", "AAAA") == "inner_signature_malformed");
    BOOST_TEST(altered("SourceType", 1) == "accept"); // not covered inside, only by SNS's signature
    BOOST_TEST(altered("AccountId", "15") == "account_not_pinned");
}

BOOST_AUTO_TEST_CASE(the_key_lies_only_where_iVvy_keeps_keys) {
    for (const char* region : {"x.evil/", "us-east-1", "", "AP-SOUTHEAST-2", "ap-southeast-2.evil.example/", "stage/../x"}) {
        auto m = message;
        m.region = region;
        BOOST_TEST(judge(wrap(m.json(other_signer()))) == "key_region_refused", region);
    }
    for (const char* path :
         {"accounts/14/1/notifcert.txt", "/accounts/15/1/notifcert.txt", "/accounts/14/1/notifcert.txt?x", "/accounts/14/x/notifcert.txt",
          "/accounts/14/../15/notifcert.txt", "/accounts/14/1/other.txt", "/accounts/14//notifcert.txt",
          ".evil.example/accounts/14/1/notifcert.txt", "/accounts/14/1/notifcert.txt\n", "//accounts/14/1/notifcert.txt", ""}) {
        auto m = message;
        m.path = path;
        BOOST_TEST(judge(wrap(m.json(other_signer()))) == "key_path_refused", path);
    }
    auto m = message;
    m.region = "stage";
    auto r = wrap(m.json(other_signer()));
    auto a = source.verify(r);
    a.job->start();
    if (a.job->requests[0].url == k_cert_url) a.job->reply(reply(200, certificate));
    BOOST_TEST(
        a.job->requests[0].url ==
        "https://s3-ap-southeast-2.amazonaws.com/notifications.stageau.ap-southeast-2.ivvy.com/accounts/14/1710115000/notifcert.txt");
}

BOOST_AUTO_TEST_CASE(keys_in_every_usual_form_and_nothing_else) {
    for (const auto& good : {other_signer().public_key(), other_signer().certificate()}) {
        fake::Source s(plugin(), nlohmann::json{{"topic_arns", {k_topic}}, {"account_id", "14"}}.dump());
        s.host.now = k_now;
        auto r = genuine();
        BOOST_TEST(outcome(verify_in(s, r, good)) == "accept");
    }
    for (const auto& bad : {"<x>" + key + "</x>", key + key, key + other_signer().certificate(), Signer(1024).public_key()}) {
        fake::Source s(plugin(), nlohmann::json{{"topic_arns", {k_topic}}, {"account_id", "14"}}.dump());
        s.host.now = k_now;
        auto r = genuine();
        BOOST_TEST(outcome(verify_in(s, r, bad)) == "key_malformed");
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_fetched_is_our_trouble) {
    auto r = genuine();
    auto first = source.verify(r);
    first.job->start();
    first.job->reply(reply(200, certificate));
    first.job->reply(reply(503));
    BOOST_TEST(first.job->failure == GATEHOUSE_FAIL_RETRY);
    for (const auto& answer : {reply(404), reply(403), reply(500), reply(200, "<html/>"), fake::Reply::lost(GATEHOUSE_NET_TIMEOUT)}) {
        auto a = source.verify(r);
        BOOST_REQUIRE_EQUAL(a.kind, "job");
        a.job->start();
        a.job->reply(answer);
        BOOST_TEST(a.job->failure == GATEHOUSE_FAIL_RETRY);
    }
    BOOST_TEST(outcome(verify_with(source, r, key)) == "accept");
}

BOOST_AUTO_TEST_CASE(the_outer_signature_comes_first) {
    auto r = Message::notification(message.json(other_signer()).dump()).sign(other_signer()).request();
    BOOST_TEST(judge(r) == "signature_mismatch");
}

BOOST_AUTO_TEST_CASE(what_is_no_message_of_iVvy) {
    for (const char* text : {"hello", "{}", "[]", R"({"TxnId":5})"})
        BOOST_TEST(judge(Message::notification(text).sign().request()) == "inner_malformed", text);
    auto j = message.json(other_signer()).dump();
    j.insert(1, R"("Subject":"CompanyDeleted",)");
    BOOST_TEST(judge(Message::notification(j).sign().request()) == "inner_malformed");
}

BOOST_AUTO_TEST_CASE(the_inner_signature_can_be_left_out_by_the_operator) {
    fake::Source s(plugin(), nlohmann::json{{"topic_arns", {k_topic}}, {"account_id", "14"}, {"inner_signature", "off"}}.dump());
    s.host.now = k_now;
    auto r = wrap(message.json(signer()));
    BOOST_TEST(outcome(verify_with(s, r, certificate)) == "accept");
    message.account = "15";
    r = wrap(message.json(signer()));
    BOOST_TEST(outcome(verify_with(s, r, certificate)) == "account_not_pinned");
}

BOOST_AUTO_TEST_CASE(events_name_entity_action_and_id) {
    auto e = event_of();
    BOOST_TEST(e.type == "Company.added");
    BOOST_TEST(e.subject == "Company/70");
    BOOST_TEST(e.ordering_key == "Company/70");
    BOOST_TEST(e.dedupe_key == "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324");
    BOOST_TEST(e.occurred_at == 1772366396000);
    BOOST_TEST(e.http_status == 200);
    for (const auto& [subject, body, type, about] : std::vector<std::array<std::string, 4>>{
             {"CompanyDeleted", R"({"companyId":70})", "Company.deleted", "Company/70"},
             {"ContactNoteAdded", R"({"data":{"id":"5"}})", "ContactNote.added", "ContactNote/5"},
             {"BookingMoved", R"({"data":{"id":9},"previousData":{}})", "Booking.moved", "Booking/9"},
             {"BookingSessionDeleted", R"({"venueId":1,"bookingId":2,"sessionId":3})", "BookingSession.deleted", "BookingSession/3"},
             {"BookingRoomReservationCancelled", R"({"data":{"id":4},"bookingStatus":1})", "BookingRoomReservation.cancelled",
              "BookingRoomReservation/4"},
             {"BookingDocumentGenerated", R"({"data":{"id":4},"previousData":{}})", "BookingDocument.generated", "BookingDocument/4"},
             {"VenueGuestAnonymised", R"({"guestContactId":8})", "VenueGuest.anonymised", "VenueGuest/8"},
             {"RoomInventoryUpdated", R"({"data":[{"date":"2026-03-02","roomId":7},{"date":"2026-03-01","roomId":6}]})",
              "RoomInventory.updated", "RoomInventory/2026-03-01/2026-03-02//6,7,"},
             {"InvoiceDeleted", R"({"invoiceId":1})", "InvoiceDeleted", ""},
             {"SomethingNew", R"({"data":{"id":1}})", "SomethingNew", ""},
             {"CompanyAdded", "not JSON", "Company.added", ""},
             {"companyAdded", R"({"data":{"id":1}})", "companyAdded", ""}}) {
        message.subject = subject;
        message.body = body;
        e = event_of();
        BOOST_TEST(e.type == type);
        BOOST_TEST(e.subject == about);
    }
}

BOOST_AUTO_TEST_CASE(subjects_of_the_table) {
    BOOST_TEST(ivvy::readable_types().size() == 37u);
    size_t fetches = 0;
    fake::Source s(plugin(), nlohmann::json{{"account_id", "14"}, {"api_key", "k"}, {"api_secret", "s"}}.dump());
    for (const auto& f : s.fetches) {
        BOOST_TEST(f.pattern.find("deleted") == std::string::npos);
        fetches += f.pattern.rfind("sns.", 0) != 0;
    }
    BOOST_TEST(fetches == 37u);
    BOOST_TEST(ivvy::parse_subject("Companydded").of == nullptr);
    BOOST_TEST(ivvy::parse_subject("CompanyAdded ").of == nullptr);
    BOOST_TEST(ivvy::parse_subject("Company").of == nullptr);
    BOOST_TEST(ivvy::parse_subject("").type == "unknown");
    BOOST_TEST(ivvy::parse_subject("New\nLine").type == "New_Line");
}

BOOST_AUTO_TEST_CASE(only_the_keys_folders_and_sns_can_be_reached) {
    std::vector<std::string> hosts;
    for (const auto& e : source.egress) hosts.push_back(e.host + e.path_prefix);
    BOOST_TEST(hosts.size() == 5u);
    BOOST_TEST(hosts[0] == "sns.ap-southeast-2.amazonaws.com");
    BOOST_TEST(hosts[1] == "s3-ap-southeast-2.amazonaws.com/accountnotifications.ap-southeast-2.ivvy.com/accounts");
}

BOOST_AUTO_TEST_CASE(every_sample_ends_as_it_says) {
    BOOST_TEST(plugin()->sample_count >= 8u);
    for (size_t i = 0; i < plugin()->sample_count; ++i) {
        const std::string wrong = fake::check(plugin(), *plugin()->samples[i]);
        BOOST_TEST(wrong.empty(), fake::text(plugin()->samples[i]->name) << ": " << wrong);
    }
}

BOOST_AUTO_TEST_SUITE_END()
