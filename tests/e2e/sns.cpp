// Amazon SNS against the real server: handshake, both signature versions, refusals with their reasons, what must never be visited.
#include "tests/e2e/world.hpp"

using namespace gh;
using namespace gh::test;

namespace {

std::string settings(const std::string& more = "") {
    return std::string("{") + k_patient + (more.empty() ? "" : "," + more) + "}";
}

} // namespace

BOOST_AUTO_TEST_CASE(a_named_topic_is_confirmed_and_its_messages_are_delivered) {
    for (const std::string version : {"1", "2"}) {
        World w({{"sns", settings("\"signature_version\":\"" + version + "\"")}});
        const auto id = w.send("sns", "order.paid").at(0);
        BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
        const auto e = w.event(id);
        BOOST_TEST(e.text_of("type") == "order.paid");
        BOOST_TEST(e.text_of("dedupe_key") == id);
        BOOST_TEST(w.count("sns", "confirmations") >= 1);
        BOOST_TEST(w.sns("sns").find("subscriptions")->items[0].text_of("state") == "confirmed");
        // The confirmation is an event, too; its document says what the subscription is.
        BOOST_TEST(eventually([&] { return w.receiver().count() >= 2; }));
        BOOST_TEST(eventually([&] { return w.answers("sns", "200") >= 2; }));
        BOOST_TEST(w.count("sns", "certificate_reads") == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_topic_that_nobody_named_waits_until_the_operator_names_it) {
    World w({{"sns", settings(R"("pinned":false)")}});
    const auto id = w.send("sns", "order.paid").at(0);
    BOOST_REQUIRE(eventually([&] { return w.gateway().log().find("waits for the operation") != std::string::npos; }));
    BOOST_TEST(w.count("sns", "confirmations") == 0);
    BOOST_TEST(w.sns("sns").find("subscriptions")->items[0].text_of("state") == "pending");

    const auto state = w.sns("sns");
    const std::string arn(state.find("topics")->items[0].text_of("topic_arn"));
    std::string yaml = w.yaml();
    replace(yaml, "\"type_pointer\"", "\"topic_arns\":[\"" + arn + "\"],\"type_pointer\"");
    w.reload(yaml);
    w.command("sns", "request-confirmation");
    BOOST_TEST(w.reaches(id, "delivered"));
}

BOOST_AUTO_TEST_CASE(a_topic_that_waits_is_approved_by_a_call) {
    World w({{"sns", settings(R"("pinned":false)")}});
    const auto id = w.send("sns", "order.paid").at(0);
    const auto topics = w.sns("sns");
    const std::string arn(topics.find("topics")->items[0].text_of("topic_arn"));
    const auto listed = [&] { return w.operate({"subscriptions", "list", "--source", "sns"}); };
    BOOST_REQUIRE_MESSAGE(eventually([&] { return listed().find("pending_approval") != std::string::npos; }), w.gateway().log());
    BOOST_TEST(w.count("sns", "confirmations") == 0);
    // Another topic is not approved by mistake.
    const std::string wrong = w.operate({"subscriptions", "call", "sns", "approve", "topic_arn=" + arn + "x"}, 1);
    BOOST_TEST(wrong.find("no confirmation of " + arn + "x waits here") != std::string::npos, wrong);
    w.operate({"subscriptions", "call", "sns", "approve", "topic_arn=" + arn});
    BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
    BOOST_TEST(w.count("sns", "confirmations") == 1);
    const std::string after = listed();
    BOOST_TEST(after.find("active") != std::string::npos, after);
    BOOST_TEST(after.find(arn) != std::string::npos, after);
}

BOOST_AUTO_TEST_CASE(a_bare_request_is_challenged_and_comes_again_with_credentials) {
    World w({{"sns", settings(R"("basic_user":"shop")")}});
    const auto id = w.send("sns", "order.paid").at(0);
    BOOST_REQUIRE_MESSAGE(w.reaches(id, "delivered"), w.gateway().log());
    BOOST_TEST(w.refused("sns", "credentials_missing") >= 2); // the confirmation and the message, each bare at first
    // Somebody without the password gets nowhere, whatever he knows.
    const auto bare = request(w.gateway().port(), "POST", "/hooks/sns", {{"x-amz-sns-message-type", "Notification"}}, "{}");
    BOOST_TEST(bare.status == 401);
    BOOST_TEST(bare.field("WWW-Authenticate").find("Basic") == 0u);
    const auto wrong = request(w.gateway().port(), "POST", "/hooks/sns", {{"Authorization", "Basic " + to_base64("shop:guess")}}, "{}");
    BOOST_TEST(wrong.status == 403);
    BOOST_TEST(w.refused("sns", "credentials_mismatch") == 1);
}

BOOST_AUTO_TEST_CASE(each_spoiled_message_is_refused_with_its_own_reason) {
    World w({{"sns", settings()}});
    w.check_tampers("sns", "order.paid");
    BOOST_TEST(w.answers("sns", "503") == 0);
}

BOOST_AUTO_TEST_CASE(each_spoiled_raw_message_is_refused_with_its_own_reason) {
    World w({{"sns", settings(R"("delivery":"raw","basic_user":"shop")")}});
    w.check_tampers("sns", "order.paid");
}

BOOST_AUTO_TEST_CASE(what_nobody_signed_is_neither_followed_nor_believed) {
    World w({{"sns", settings()}});
    w.settle("sns", "order.paid");
    const int64_t confirmations = w.count("sns", "confirmations");
    const auto trap = w.send("sns", "order.paid", R"("tamper":"unsubscribe-url")").at(0);
    const auto attributes = w.send("sns", "order.paid", R"("tamper":"unsigned-attributes")").at(0);
    BOOST_TEST(w.reaches(trap, "delivered"));
    BOOST_TEST(w.reaches(attributes, "delivered"));
    // A stranger's topic asks for confirmation with a good signature of SNS.
    w.send("sns", "order.paid", R"("tamper":"foreign-confirmation")");
    BOOST_TEST(eventually([&] { return w.gateway().log().find("999999999999") != std::string::npos; }));
    // The end of the subscription carries a link that would subscribe again.
    w.command("sns", "unsubscribe");
    BOOST_TEST(eventually([&] { return w.gateway().log().find("has ended") != std::string::npos; }));
    BOOST_TEST(w.count("sns", "confirmations") == confirmations);
    BOOST_TEST(w.count("sns", "foreign_confirmations") == 0);
    BOOST_TEST(w.count("sns", "trap_visits") == 0);
}

BOOST_AUTO_TEST_CASE(the_same_message_twice_is_one_event) {
    World w({{"sns", settings()}});
    w.settle("sns", "order.paid");
    const auto id = w.send("sns", "order.paid", R"("tamper":"duplicate-id")").at(0);
    BOOST_REQUIRE(w.reaches(id, "delivered"));
    BOOST_TEST(eventually([&] { return w.event(id).integer_of("duplicates") == 1; }));
    BOOST_TEST(w.read(w.api("/api/v1/events?search=" + id).body).find("items")->items.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_new_certificate_is_fetched_and_an_outage_of_ours_costs_no_message) {
    World w({{"sns", settings()}});
    w.settle("sns", "order.paid");
    const int64_t failed = w.count("sns", "failed");
    w.command("sns", "rotate-certificate");
    // The certificate cannot be had twice: 503, SNS repeats, nothing of the failure is kept.
    w.command("sns", "faults", R"({"mode":"status","status":500,"path":"/SimpleNotificationService","count":2})");
    const auto id = w.send("sns", "order.paid").at(0);
    BOOST_REQUIRE(w.reaches(id, "delivered"));
    BOOST_TEST(w.answers("sns", "503") == 2);
    BOOST_TEST(w.count("sns", "certificate_reads") == 2);
    BOOST_TEST(w.count("sns", "failed") == failed);
}
