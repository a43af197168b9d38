// The plugin against the simulated provider.
#include "tests/plugins/twin_loop.hpp"

using namespace twin_test;
using nlohmann::json;

namespace {

const json k_without_subscription = {{"subscribe", false}};
const json k_block = {{"url", "http://127.0.0.1:1" + k_secret_path}};

} // namespace

BOOST_AUTO_TEST_SUITE(twin_simulator)

BOOST_AUTO_TEST_CASE(every_type_is_verified_and_read_back) {
    Loop loop;
    for (const auto& type : loop.described["types"]) {
        const json sent = loop.command("send", {{"type", type}, {"entries", 3}});
        BOOST_TEST(sent["sent"] == 1);
        const auto job = loop.fetched();
        BOOST_REQUIRE_MESSAGE(job->result == GATEHOUSE_RESULT_DOCUMENT, job->reason);
        BOOST_TEST(loop.type == type.get<std::string>());
        const json d = json::parse(job->body);
        BOOST_TEST(d["hash_verified"] == true);
        BOOST_TEST(d["twin_status"] == 200);
        BOOST_TEST(d["twin_id"] == sent["messages"][0]["twin"]);
        const bool removal = type == "ledger.entry.deleted" || type == "sticker.removed" || type == "sticker.expired";
        BOOST_TEST(d["removal_confirmed"] == (removal ? json(true) : json(nullptr)), type);
        if (type == "ledger.entry.updated") BOOST_TEST(d["event"].size() == 3u);
        if (type == "sticker.put") BOOST_TEST(d["sticker_status"] == 200);
    }
    for (const char* spelling : {"ledger. entry.updated", "ledger.entry.created", "sticker.remove", "sticker.expire", "twin.unheard.of"}) {
        loop.command("send", {{"type", spelling}});
        const auto job = loop.fetched();
        BOOST_REQUIRE(job->result == GATEHOUSE_RESULT_DOCUMENT);
        BOOST_TEST(json::parse(job->body)["trigger"] == spelling);
    }
}

BOOST_AUTO_TEST_CASE(every_tampering_ends_as_announced) {
    Loop loop;
    for (const auto& tamper : loop.described["tampers"]) {
        const bool confirmation = tamper["name"] == "foreign-url";
        if (confirmation)
            loop.command("confirm", {{"tamper", tamper["name"]}});
        else
            loop.command("send", {{"type", "ledger.entry.updated"}, {"tamper", tamper["name"]}});
        const fake::Answer first = loop.receive();
        bool refused = first.kind == "refuse";
        if (refused) BOOST_TEST(first.code == tamper["reason"].get<std::string>(), tamper["name"]);
        // The window is the host's part.
        if (first.kind == "accept") refused = loop.source->host.now - first.signed_at > first.tolerance_past;
        BOOST_TEST(refused == tamper["refused"].get<bool>(), tamper["name"]);
        BOOST_TEST(refused == !tamper["reason"].get<std::string>().empty(), tamper["name"]);
        BOOST_TEST(first.calls == 1);
        if (tamper["name"] != "duplicate") continue;
        const std::string body = loop.body;
        BOOST_TEST(loop.receive().replay_id == first.replay_id);
        BOOST_TEST(loop.body == body);
    }
    BOOST_TEST(loop.bench.outbox().empty());
}

BOOST_AUTO_TEST_CASE(every_way_of_hashing_serves_both_sides) {
    for (const char* dictionaries : {"raw", "json", "json-compact-sorted", "python"})
        for (const char* numbers : {"raw", "python"})
            for (const char* layout : {"compact", "spaced"}) {
                Loop loop(json{{"layout", layout},
                               {"hash",
                                {{"order", {"message", "twin", "trigger", "type", "event", "sent_ts", "subscription"}},
                                 {"numbers", numbers},
                                 {"dictionaries", dictionaries},
                                 {"digest", "base64url"}}}});
                loop.command("send", {{"type", "ledger.entry.updated"}});
                const fake::Answer a = loop.receive();
                BOOST_TEST(a.kind == "accept", dictionaries << " " << numbers << " " << layout << ": " << a.hint);
            }
}

BOOST_AUTO_TEST_CASE(subscribe_confirm_notify_refresh_and_end) {
    for (const char* shape : {"nested", "flat"}) {
        json simulator = k_without_subscription;
        simulator["confirm_shape"] = shape;
        simulator["confirm_status"] = shape == std::string("flat") ? 201 : 200;
        Loop loop(simulator);
        BOOST_TEST(loop.command("send", {{"type", "sticker.put"}})["sent"] == 0);
        BOOST_TEST(loop.operation("subscribe", k_block)->result == GATEHOUSE_RESULT_DOCUMENT);
        BOOST_TEST(loop.state() == "pending_confirmation");
        BOOST_TEST(loop.command("send", {{"type", "sticker.put"}})["sent"] == 0);
        BOOST_REQUIRE(loop.fetched()->result == GATEHOUSE_RESULT_DOCUMENT);
        BOOST_TEST(loop.type == "subscription.confirmation");
        BOOST_TEST(loop.state() == "active");

        loop.command("send", {{"type", "sticker.put"}});
        const auto first = loop.fetched();
        BOOST_REQUIRE(first->result == GATEHOUSE_RESULT_DOCUMENT);

        // Half of the span later: a refresh. A message that was hashed before it is still fine.
        loop.tick(std::chrono::hours(84));
        loop.command("send", {{"type", "ledger.entry.updated"}});
        const auto renewed = loop.operation("renew", {{"id", "line-4"}});
        BOOST_REQUIRE_MESSAGE(renewed->result == GATEHOUSE_RESULT_DOCUMENT, renewed->reason);
        BOOST_TEST(loop.receive().kind == "accept");
        loop.command("send", {{"type", "ledger.entry.updated"}});
        BOOST_TEST(loop.fetched()->result == GATEHOUSE_RESULT_DOCUMENT);
        loop.tick(std::chrono::hours(24 * 6));
        BOOST_TEST(loop.state() == "active");
        BOOST_TEST(loop.command("send", {{"type", "sticker.put"}})["sent"] == 1);
        BOOST_TEST(loop.receive().kind == "accept");

        BOOST_TEST(loop.operation("unsubscribe", {{"id", "line-4"}})->result == GATEHOUSE_RESULT_DONE);
        BOOST_TEST(loop.command("state")["subscriptions"].empty());
        BOOST_TEST(loop.state() == "");
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_refreshed_lapses) {
    Loop loop(k_without_subscription);
    loop.operation("subscribe", {{"url", k_block["url"]}, {"expires", 3600}});
    loop.fetched();
    loop.tick(std::chrono::minutes(61));
    BOOST_TEST(loop.command("send", {{"type", "sticker.put"}})["sent"] == 0);
    BOOST_TEST(loop.state() == "suspended");
    const auto renewed = loop.operation("renew");
    BOOST_TEST(renewed->failure == GATEHOUSE_FAIL_INVALID);
    BOOST_TEST(renewed->reason.find("subcode 404002") != std::string::npos, renewed->reason);
    loop.operation("subscribe", k_block);
    loop.fetched();
    BOOST_TEST(loop.state() == "active");
}

BOOST_AUTO_TEST_CASE(subscribing_again_keeps_receiving_until_the_new_one_is_confirmed) {
    Loop loop;
    loop.operation("subscribe", k_block);
    BOOST_TEST(loop.command("state")["subscriptions"].size() == 2u);
    loop.command("send", {{"type", "sticker.put"}});
    const auto confirmation = loop.fetched();
    BOOST_TEST(loop.type == "subscription.confirmation");
    BOOST_TEST(confirmation->result == GATEHOUSE_RESULT_DOCUMENT);
    BOOST_TEST(loop.receive().kind == "accept"); // hashed with the secret of the old one
    BOOST_TEST(loop.command("state")["subscriptions"].size() == 1u);
    loop.command("send", {{"type", "sticker.put"}});
    BOOST_TEST(loop.fetched()->result == GATEHOUSE_RESULT_DOCUMENT);
}

BOOST_AUTO_TEST_CASE(an_unasked_confirmation_is_stored_and_not_followed) {
    Loop loop;
    loop.command("confirm");
    const auto job = loop.fetched();
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_REFUSED);
    BOOST_TEST(job->reason.find("no subscribe call of ours") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_client_secret_it_works_as_unverified_origin) {
    Loop loop(json{{"client_secret", ""}});
    BOOST_TEST(!loop.described["source"]["settings"].contains("hash"));
    loop.command("send", {{"type", "ledger.entry.updated"}});
    const auto job = loop.fetched();
    BOOST_TEST(json::parse(job->body)["hash_verified"] == false);
    loop.command("send", {{"type", "ledger.entry.updated"}});
    BOOST_TEST(loop.receive().trust == static_cast<uint32_t>(GATEHOUSE_TRUST_UNVERIFIED_ORIGIN));
}

BOOST_AUTO_TEST_CASE(explain_finds_the_simulators_choice) {
    Loop loop(json{{"layout", "spaced"},
                   {"hash",
                    {{"order", {"type", "trigger", "message", "twin", "sent_ts", "event", "subscription"}},
                     {"numbers", "python"},
                     {"dictionaries", "json-compact-sorted"},
                     {"digest", "base64"}}}},
              json{{"hash", nullptr}}, [](fake::Host& h) { h.listens = true; });
    loop.command("send", {{"type", "ledger.entry.updated"}, {"entries", 2}});
    BOOST_TEST(loop.receive().kind == "accept");
    std::string found;
    for (const auto& [title, detail] : loop.source->host.said)
        if (title == "setting that fits" || title == "fits as well") found += detail + "\n";
    BOOST_TEST(found.find("order: [type, trigger, message, twin, sent_ts, event, subscription]") != std::string::npos, found);
    BOOST_TEST(found.find("dictionaries: json-compact-sorted, digest: base64}") != std::string::npos, found);
}

BOOST_AUTO_TEST_CASE(the_api_refuses_as_documented) {
    Loop loop;
    const auto status = [&](const std::string& method, const std::string& path, const std::string& authorization) {
        const auto a = loop.bench.call(method, path, {{"Authorization", authorization}});
        const json d = json::parse(a.body);
        if (a.status >= 400) BOOST_TEST((d.contains("subcode") && d.contains("trace") && d.contains("description")));
        return a.status;
    };
    const std::string user = loop.described["secrets"]["user_secret"];
    const std::string twin = loop.command("state")["twins"][0]["id"];
    BOOST_TEST(user.size() == 64u);
    BOOST_TEST(status("GET", "/whoami", user) == 200);
    BOOST_TEST(status("GET", "/whoami", "Bearer " + user) == 401);
    BOOST_TEST(status("POST", "/notifications/webhooks", "") == 401);
    BOOST_TEST(status("POST", "/notifications/webhooks", user) == 400);
    for (const char* tail :
         {"", "/ledgers/personal", "/ledgers/owner", "/ledgers/personal/value", "/ledgers/personal/history?limit=5", "/stickers"})
        BOOST_TEST(status("GET", "/twins/" + twin + tail, user) == 200, tail);
    for (const char* tail : {"/ledgers/x", "/stickers/none", "/other"})
        BOOST_TEST(status("GET", "/twins/" + twin + tail, user) == 404, tail);
    BOOST_TEST(status("GET", "/twins/" + twin + "/ledgers/personal/history?limit=500", user) == 400);
    BOOST_TEST(status("GET", "/notifications/webhooks/" + loop.command("state")["account"].get<std::string>() + "?token=x", "") == 404);
    loop.command("fail", {{"status", 503}, {"path", "/twins"}});
    BOOST_TEST(status("GET", "/twins/" + twin, user) == 503);
    BOOST_TEST(status("GET", "/twins/" + twin, user) == 200);
    loop.command("remove-twin", {{"twin", twin}});
    BOOST_TEST(status("GET", "/twins/" + twin, user) == 404);
}

BOOST_AUTO_TEST_CASE(wrong_commands_and_settings_are_refused_with_the_reason) {
    Loop loop;
    std::string out;
    for (const auto& [name, arguments] :
         std::vector<std::pair<std::string, std::string>>{{"nonsense", "{}"},
                                                          {"send", "{}"},
                                                          {"send", R"({"type":"a","tamper":"no"})"},
                                                          {"send", R"({"type":"a","colour":1})"},
                                                          {"send", R"({"type":"a","tamper":"foreign-url"})"},
                                                          {"fail", R"({"status":200})"},
                                                          {"remove-twin", R"({"twin":"x"})"}}) {
        BOOST_TEST(loop.bench.try_command(name, arguments, out) != GATEHOUSE_OK, name + arguments);
        BOOST_TEST(!loop.bench.reason().empty());
    }
    gh::test::SimulatorBench unknown(TWIN_SIMULATOR, R"({"colour":"red"})");
    BOOST_TEST(!unknown.opened());
}

BOOST_AUTO_TEST_SUITE_END()
