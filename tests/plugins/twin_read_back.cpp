// What is read back from the provider, and what is made of its answers.
#include "tests/plugins/twin_support.hpp"

using namespace twin_test;
using nlohmann::json;

namespace {

const std::string k_api = "https://rest.trustedtwin.com/";

struct Reading : Opened {
    using Opened::Opened;
    std::unique_ptr<fake::Job> begin(const Message& m, const std::string& type) {
        fake::Request r = post(m.body());
        auto job = fetch(r, type, k_twin);
        BOOST_REQUIRE(job);
        BOOST_REQUIRE(job->start() == GATEHOUSE_OK);
        return job;
    }
};

const fake::Reply k_twin_answer{200, R"({"owner":"o"})", {}, GATEHOUSE_NET_OK, ""};
const fake::Reply k_ledger_answer{200, R"({"entries":{"temperature":{"value":21.50},"on":{"value":true}}})", {}, GATEHOUSE_NET_OK, ""};
const fake::Reply k_stickers_answer{200, R"({"stickers":{}})", {}, GATEHOUSE_NET_OK, ""};

fake::Reply status(int code, const std::string& body = "{}") {
    fake::Reply r;
    r.status = code;
    r.body = body;
    return r;
}

Message sticker(const std::string& trigger) {
    Message m;
    m.trigger = trigger;
    m.event = R"({"color":"red","note":"n","validity_ts":1772452800.000})";
    return m;
}

} // namespace

BOOST_AUTO_TEST_SUITE(twin_read_back)

BOOST_AUTO_TEST_CASE(a_ledger_event_reads_twin_ledger_and_stickers_into_one_document) {
    Reading s(settings({{"ledger", "0b1c2d3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e"}}));
    auto job = s.begin(Message{}, "ledger.entry.updated");
    BOOST_REQUIRE(job->requests.size() == 3u);
    BOOST_TEST(job->requests[0].url == k_api + "twins/" + k_twin);
    BOOST_TEST(job->requests[1].url == k_api + "twins/" + k_twin + "/ledgers/0b1c2d3e-4f5a-4b6c-8d7e-9f0a1b2c3d4e");
    BOOST_TEST(job->requests[2].url == k_api + "twins/" + k_twin + "/stickers");
    for (const auto& r : job->requests) BOOST_TEST(r.header("Authorization") == "{user_secret}");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
    BOOST_REQUIRE(job->result == GATEHOUSE_RESULT_DOCUMENT);
    const json d = json::parse(job->body);
    BOOST_TEST(d["trigger"] == "ledger.entry.updated");
    BOOST_TEST(d["hash_verified"] == true);
    BOOST_TEST(d["twin"]["owner"] == "o");
    BOOST_TEST(d["ledger_status"] == 200);
    BOOST_TEST(d["removal_confirmed"].is_null());
    // Byte for byte, also where a parser would write another number.
    BOOST_TEST(job->body.find("\"temperature\":{\"value\":21.50}") != std::string::npos);
    BOOST_TEST(job->body.find("\"sent_ts\":1772366399.500") != std::string::npos);
    BOOST_TEST(job->body.find("token") == std::string::npos);
    BOOST_TEST(!d.contains("subscription"));
}

BOOST_AUTO_TEST_CASE(the_newest_capabilities_of_a_verified_message_are_kept) {
    Reading s;
    auto job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
    s.commit(*job);
    json urls = json::parse(s.host.state.at("twin.urls.line-4"));
    BOOST_TEST(urls["refresh_url"] == k_webhooks + "?token=refresh-cg");
    BOOST_TEST(urls["unsubscribe_url"] == k_webhooks + "?token=end-cg");
    BOOST_TEST(urls["valid_until"] == "2026-03-08T12:00:00.000Z");
    // A subscription that somebody made by hand is known from then on, and can be refreshed.
    auto list = s.operation("subscriptions", "{}");
    list->start();
    const json records = json::parse(list->body);
    BOOST_REQUIRE(records.size() == 1u);
    BOOST_TEST(records[0]["state"] == "active");
    BOOST_TEST(records[0]["from_memory"] == true);
    auto renew = s.operation("renew", json{{"id", records[0]["id"]}}.dump());
    renew->start();
    renew->written();
    BOOST_REQUIRE(renew->asked == "http");
    BOOST_TEST(renew->requests[0].url == k_webhooks + "?token=refresh-cg");
    const auto refresh_after = [&](const Message& m) {
        auto later = s.begin(m, "ledger.entry.updated");
        later->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
        s.commit(*later);
        return json::parse(s.host.state.at("twin.urls.line-4"))["refresh_url"].get<std::string>();
    };
    Message older;
    older.sent = "1772366390.000", older.token = "older";
    BOOST_TEST(refresh_after(older) == k_webhooks + "?token=refresh-cg");
    Message forged;
    forged.sent = "1772366399.900", forged.token = "forged", forged.key = "x";
    BOOST_TEST(refresh_after(forged) == k_webhooks + "?token=refresh-cg");
    Message shorter; // sent later, of a subscription before the refresh
    shorter.sent = "1772366399.900", shorter.token = "shorter", shorter.validity = "1772900000.000";
    BOOST_TEST(refresh_after(shorter) == k_webhooks + "?token=refresh-cg");
    Message newer;
    newer.sent = "1772366399.900", newer.token = "newer";
    BOOST_TEST(refresh_after(newer) == k_webhooks + "?token=refresh-newer");
}

BOOST_AUTO_TEST_CASE(unproved_messages_change_no_capability) {
    Reading s(settings({{"hash", nullptr}}), k_secret_path);
    auto job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
    BOOST_REQUIRE(job->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(json::parse(job->body)["hash_verified"] == false);
    BOOST_TEST(job->state.count("twin.urls.line-4") == 0u);
}

BOOST_AUTO_TEST_CASE(a_removed_sticker_that_answers_404_is_confirmed_in_the_document) {
    Reading s;
    for (const char* trigger : {"sticker.remove", "sticker.expired"}) {
        auto job = s.begin(sticker(trigger), trigger[8] == 'r' ? "sticker.removed" : "sticker.expired");
        BOOST_REQUIRE(job->requests.size() == 4u);
        BOOST_TEST(job->requests[3].url == k_api + "twins/" + k_twin + "/stickers/red");
        job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer, status(404)});
        const json d = json::parse(job->body);
        BOOST_TEST(d["removal_confirmed"] == true);
        BOOST_TEST(d["trigger"] == trigger);
        BOOST_TEST(d["sticker"].is_null());
        BOOST_TEST(d["sticker_status"] == 404);
        BOOST_TEST(d["event"]["note"] == "n");
    }
    auto job = s.begin(sticker("sticker.removed"), "sticker.removed");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer, status(200)});
    BOOST_TEST(json::parse(job->body)["removal_confirmed"] == false);
}

BOOST_AUTO_TEST_CASE(a_deleted_entry_that_is_not_there_is_confirmed) {
    Reading s;
    Message m;
    m.trigger = "ledger.entry.deleted";
    m.event = R"({"pressure":{"new_value":null,"old_value":1}})";
    auto job = s.begin(m, "ledger.entry.deleted");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
    BOOST_TEST(json::parse(job->body)["removal_confirmed"] == true);
    m.event = R"({"pressure":{},"temperature":{}})";
    job = s.begin(m, "ledger.entry.deleted");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, k_stickers_answer});
    BOOST_TEST(json::parse(job->body)["removal_confirmed"] == false);
    job = s.begin(m, "ledger.entry.deleted");
    job->reply(std::vector<fake::Reply>{k_twin_answer, status(404), k_stickers_answer});
    const json d = json::parse(job->body);
    BOOST_TEST(d["removal_confirmed"] == true);
    BOOST_TEST(d["ledger"].is_null());
    BOOST_TEST(d["ledger_status"] == 404);
}

BOOST_AUTO_TEST_CASE(a_twin_that_is_not_there_is_gone) {
    Reading s;
    auto job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{status(404), status(404), status(404)});
    BOOST_TEST(job->result == GATEHOUSE_RESULT_GONE);
    BOOST_TEST(job->reason.find(k_twin) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(errors_show_the_providers_subcode_and_only_what_the_event_is_about_must_be_allowed) {
    Reading s;
    const auto denied = status(403, R"({"subcode":403017,"trace":"t-1","description":"no permission get_stickers"})");
    auto job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, denied});
    BOOST_TEST(job->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(json::parse(job->body)["stickers_status"] == 403);
    job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{k_twin_answer, denied, k_stickers_answer});
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_REFUSED);
    for (const char* part : {"403", "subcode 403017", "trace t-1", "no permission get_stickers", "role"})
        BOOST_TEST(job->reason.find(part) != std::string::npos, job->reason);
    job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{status(401), status(401), status(401)});
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(job->reason.find("user_secret") != std::string::npos);
    for (const auto& passing : {status(500), status(503), status(429), fake::Reply::lost(GATEHOUSE_NET_TIMEOUT)}) {
        job = s.begin(Message{}, "ledger.entry.updated");
        job->reply(std::vector<fake::Reply>{k_twin_answer, k_ledger_answer, passing});
        BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
    }
    job = s.begin(Message{}, "ledger.entry.updated");
    job->reply(std::vector<fake::Reply>{k_twin_answer, status(200, "<html>"), k_stickers_answer});
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
}

BOOST_AUTO_TEST_CASE(without_a_user_secret_nothing_is_read_but_confirmations_are_followed) {
    Opened s(settings({{"user_secret", nullptr}}));
    fake::Request r = post(Message{}.body());
    BOOST_TEST(!s.fetch(r, "ledger.entry.updated", k_twin));
    Message m;
    m.confirmation_url = k_webhooks + "?token=YQ==";
    fake::Request c = post(m.body());
    BOOST_TEST(s.fetch(c, "subscription.confirmation", "line-4").get());
}

BOOST_AUTO_TEST_SUITE_END()
