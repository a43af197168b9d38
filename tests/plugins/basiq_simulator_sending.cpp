// Notifications of the simulated Basiq: form, signature, attempts.
#include <set>

#include "plugins/basiq/simulator_text.hpp"
#include "tests/plugins/basiq_simulator_support.hpp"

using namespace gh;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(basiq_simulator_sending)

BOOST_AUTO_TEST_CASE(signatures_agree_with_known_ones) {
    const std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek", at = "1614265330";
    const auto sign = [&](const char* secret, std::string_view body) { return basiq::sim::sign(secret, id, at, body); };
    BOOST_TEST(sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{\"test\": 2432232314}") ==
               "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    BOOST_TEST(sign("rfiuheo43934", "{\"test\": 2432232314}") == "v1,Ptatz6HEbqvDFQDPERVlPE/XJD54TqWF1nt0y/qE/wI=");
    const char* documented = "whsec_MA4V6bD7rB0Hcm2aw8ghgDeQ5UAak24DwnX0rX6";
    BOOST_TEST(sign(documented, R"({"eventTypeId":"user.created","eventId":"44a85f64-5717-4562-b3fc-2c963f66af44","links":{)"
                                R"("event":"https://au-api.basiq.io/events/44a85f64-5717-4562-b3fc-2c963f66af44",)"
                                R"("eventEntity":"https://au-api.basiq.io/users/88a85f64-5717-4562-b3fc-2c963f66af88"}})") ==
               "v1,Fnmy99TA2odjHPQRUuVR+Lmg+r5hYD4mse9Cbs4SJ+Q=");
}

BOOST_AUTO_TEST_CASE(notifications_have_the_documented_form) {
    Basiq b;
    b.command("send", R"({"type":"user.created"})");
    BOOST_REQUIRE(b.outbox().size() == 1u);
    const auto sent = b.reply(200);
    BOOST_TEST(sent.method == "POST");
    BOOST_TEST(sent.url == "http://127.0.0.1:1/hooks/s");
    BOOST_TEST(b.genuine(sent));
    const auto body = json::parse(sent.body);
    BOOST_REQUIRE(body.ok());
    BOOST_REQUIRE(body->members.size() == 3u);
    BOOST_TEST(body->members[0].first == "eventTypeId");
    BOOST_TEST(body->members[1].first == "eventId");
    BOOST_TEST(body->members[2].first == "links");
    BOOST_TEST(body->members[2].second.members[0].first == "event");
    BOOST_TEST(body->members[2].second.members[1].first == "eventEntity");
    BOOST_TEST(sent.field("webhook-timestamp") == std::to_string(to_unix_ms(b.time()) / 1000));
    BOOST_TEST(sent.field("webhook-id").starts_with("msg_"));
    BOOST_TEST(sent.field("webhook-id").find('.') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_printed_layout_is_the_documentations) {
    Basiq b(R"({"layout":"printed"})");
    b.command("send", R"({"type":"user.created"})");
    const auto sent = b.reply(200);
    BOOST_TEST(sent.body.starts_with("{\n    \"eventTypeId\": \"user.created\",\n    \"eventId\": \""));
    BOOST_TEST(sent.body.ends_with("\"\n    }\n}\n"));
    BOOST_TEST(sent.body.find(",\n    \"links\": {\n      \"event\": \"http://") != std::string::npos);
    BOOST_TEST(json::is_json(sent.body));
    BOOST_TEST(b.genuine(sent));
}

BOOST_AUTO_TEST_CASE(every_type_can_be_sent_and_read_back) {
    Basiq b;
    const std::string described = b.describe();
    const auto types = json::parse(described);
    BOOST_REQUIRE(types->find("types")->items.size() == 15u);
    for (const auto& type : types->find("types")->items) {
        b.command("send", R"({"type":")" + type.text + R"("})");
        const auto sent = b.reply(200);
        const auto body = json::parse(sent.body);
        BOOST_TEST(body->text_of("eventTypeId") == type.text);
        const auto event = b.get(Basiq::target_of(body->find("links")->text_of("event")));
        BOOST_TEST(event.status == 200);
        BOOST_TEST(std::string(event.json.text_of("entity")) + "." + std::string(event.json.text_of("eventType")) == type.text);
        BOOST_TEST((event.json.find("data")->kind == json::Kind::object));
        const auto entity = b.get(Basiq::target_of(body->find("links")->text_of("eventEntity")));
        BOOST_TEST(entity.status == (type.text.ends_with(".deleted") ? 404 : 200), type.text);
    }
}

BOOST_AUTO_TEST_CASE(transactions_have_another_id_and_an_unescaped_filter) {
    Basiq b;
    b.command("send", R"({"type":"transactions.updated","transactions":13})");
    const auto sent = b.reply(200);
    const auto body = json::parse(sent.body);
    const std::string link(body->find("links")->text_of("event")), entity(body->find("links")->text_of("eventEntity"));
    BOOST_TEST(body->text_of("eventId").size() == 64u);
    BOOST_TEST(link.find(body->text_of("eventId")) == std::string::npos);
    BOOST_TEST(entity.find("/transactions?filter=connection.id.eq('") != std::string::npos);
    const auto event = b.get(Basiq::target_of(link));
    BOOST_TEST(event.json.find("data")->text_of("count") == "13"); // a text
    BOOST_TEST((event.json.find("data")->find("count")->kind == json::Kind::string));
    const auto list = b.get(Basiq::target_of(entity));
    BOOST_TEST(list.json.integer_of("count") == 25); // 12 from the beginning
}

BOOST_AUTO_TEST_CASE(attempts_follow_the_schedule_and_then_the_webhook_is_disabled) {
    Basiq b;
    b.command("send", R"({"type":"user.updated"})");
    const auto first = b.reply(500);
    std::set<std::string> signatures = {first.field("webhook-signature")};
    for (const Millis wait : {Millis(5s), Millis(5min), Millis(30min), Millis(2h), Millis(5h), Millis(10h), Millis(10h)}) {
        b.advance(wait - 1ms);
        BOOST_REQUIRE(b.outbox().empty());
        b.advance(1ms);
        BOOST_REQUIRE(b.outbox().size() == 1u);
        const auto again = b.reply(wait == Millis(2h) ? 0 : 503);
        BOOST_TEST(again.field("webhook-id") == first.field("webhook-id"));
        BOOST_TEST(again.body == first.body);
        BOOST_TEST(again.field("webhook-timestamp") == std::to_string(to_unix_ms(b.time()) / 1000));
        BOOST_TEST(b.genuine(again));
        BOOST_TEST(signatures.insert(again.field("webhook-signature")).second);
    }
    b.advance(48h);
    BOOST_TEST(b.outbox().empty());
    BOOST_TEST(b.command("state").find("\"status\":\"disabled\"") != std::string::npos);
    BOOST_TEST(b.command("send", R"({"type":"user.updated"})").find("\"sent\":0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_success_ends_the_attempts) {
    Basiq b;
    b.command("send", R"({"type":"user.updated"})");
    b.reply(500);
    b.advance(5s);
    b.reply(204);
    b.advance(72h);
    BOOST_TEST(b.outbox().empty());
    BOOST_TEST(b.command("state").find(R"("messages":{"pending":0,"succeeded":1,"failed":0})") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(forgeries_are_refused_and_not_sent_again) {
    for (const char* tamper : {"altered-body", "wrong-secret", "stale-timestamp", "future-timestamp", "missing-header"}) {
        Basiq b;
        b.command("send", std::string(R"({"type":"user.created","tamper":")") + tamper + "\"}");
        const auto sent = b.reply(401);
        BOOST_TEST(!b.genuine(sent), tamper);
        BOOST_TEST(json::is_json(sent.body));
        b.advance(48h);
        BOOST_TEST(b.outbox().empty(), tamper);
        BOOST_TEST(b.command("state").find("\"status\":\"active\"") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(strange_but_genuine_ones_are_genuine) {
    for (const char* tamper : {"replayed-id", "second-signature", "foreign-link-host", "unknown-type"}) {
        Basiq b;
        b.command("send", std::string(R"({"type":"user.created","tamper":")") + tamper + "\"}");
        const auto sent = b.reply(200);
        BOOST_TEST(b.genuine(sent), tamper);
        const std::string name = tamper;
        if (name == "replayed-id") {
            BOOST_REQUIRE(b.outbox().size() == 1u);
            const auto again = b.reply(200);
            BOOST_TEST(again.field("webhook-id") == sent.field("webhook-id"));
            BOOST_TEST(again.body == sent.body);
        }
        if (name == "second-signature") {
            const std::string header = sent.field("webhook-signature");
            BOOST_TEST(std::count(header.begin(), header.end(), ' ') == 2);
        }
        if (name == "foreign-link-host") BOOST_TEST(sent.body.find("https://au-api.basiq.example/events/") != std::string::npos);
        if (name == "unknown-type") BOOST_TEST(sent.body.find("payout.created") != std::string::npos);
        BOOST_TEST(b.outbox().empty());
    }
}

BOOST_AUTO_TEST_CASE(raw_bodies_go_out_byte_for_byte) {
    Basiq b;
    b.command("raw", R"({"body":"\u0000 not json \n","id":"msg_1"})");
    const auto sent = b.reply(200);
    BOOST_TEST(sent.body == std::string("\0 not json \n", 12));
    BOOST_TEST(sent.field("webhook-id") == "msg_1");
    BOOST_TEST(b.genuine(sent));
    b.command("raw", R"({"body":"x","secret":""})");
    BOOST_TEST(b.reply(200).field("webhook-signature") == "");
}

BOOST_AUTO_TEST_CASE(secrets_come_in_the_documented_styles) {
    BOOST_TEST(Basiq().secret.size() == 45u); // "whsec_" and 39, not a multiple of 4
    BOOST_TEST(Basiq(R"({"secret_style":"short"})").secret.size() == 12u);
    BOOST_TEST(Basiq(R"({"secret_style":"standard"})").secret.size() == 38u);
    for (const char* style : {"documented", "short", "standard"}) {
        Basiq b(std::string(R"({"secret_style":")") + style + "\"}");
        b.command("send", R"({"type":"user.created"})");
        BOOST_TEST(b.genuine(b.reply(200)), style);
    }
}

BOOST_AUTO_TEST_CASE(wrong_settings_and_arguments_are_named) {
    BOOST_TEST(!Basiq(R"({"secret_style":"long"})").opened());
    BOOST_TEST(!Basiq(R"({"sceret":1})").opened());
    BOOST_TEST(!Basiq("[]").opened());
    Basiq b;
    std::string out;
    BOOST_TEST(b.try_command("dance", "{}", out) == GATEHOUSE_NOT_FOUND);
    for (const char* arguments : {"{}", R"({"type":""})", R"({"type":1})", R"({"type":"user.created","count":0})",
                                  R"({"type":"user.created","count":"2"})", R"({"type":"user.created","tamper":"x"})",
                                  R"({"type":"user.created","cuont":1})", R"({"type":"user.updated","user":"x"})", "nonsense", "[]"})
        BOOST_TEST(b.try_command("send", arguments, out) == GATEHOUSE_INVALID, arguments);
    BOOST_TEST(b.outbox().empty());
}

BOOST_AUTO_TEST_SUITE_END()
