// A signed notification comes in, is stored, acknowledged and delivered; a bad one is refused with its own reason, which the operator finds
// in `gatehouse events`, in the log and in the metrics.
#include <boost/test/unit_test.hpp>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

using namespace gh;
using namespace gh::test;

namespace {

const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string k_app_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

std::string config_text(const std::string& app_url) {
    return "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
           "store: {sqlite: store.db, retention: 30d}\n"
           "plugins: {directory: " GATEHOUSE_PLUGINS_DIR
           "}\n"
           "sources:\n"
           "  bank:\n"
           "    plugin: basiq\n"
           "    path: /hooks/bank\n"
           "    settings: {secret: \"${env:BANK_SECRET}\", api_key: \"${env:BANK_KEY}\"}\n"
           "    fetch_back: {mode: off}\n"
           "  lost: {plugin: no-such-plugin, path: /hooks/lost, settings: {}}\n"
           "destinations:\n"
           "  app: {url: " +
           app_url +
           ", secret: \"${env:APP_SECRET}\", retry: [1s, 1s]}\n"
           "routes:\n"
           "  - {from: bank, types: [\"user.*\"], to: app}\n";
}

struct Running {
    Running() { BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log()); }

    Answer send(const Fields& fields, const std::string& body) { return request(gateway.port(), "POST", "/hooks/bank", fields, body); }
    std::string cli(std::vector<std::string> arguments, int expected = 0) {
        const auto out = gateway.dir() / "cli.out";
        std::filesystem::remove(out);
        arguments.insert(arguments.begin(), {GATEHOUSE_BINARY, "--config", (gateway.dir() / "gatehouse.yaml").string(), "--admin",
                                             "http://127.0.0.1:" + std::to_string(gateway.admin_port()), "--json"});
        Child child(arguments, environment, out, out);
        const int code = child.wait();
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << read_file(out));
        return read_file(out);
    }
    std::string metrics() { return request(gateway.admin_port(), "GET", "/metrics").body; }

    Receiver receiver;
    Child::Environment environment{{"BANK_SECRET", k_secret}, {"BANK_KEY", "key"}, {"APP_SECRET", k_app_secret}};
    Gateway gateway{config_text(receiver.url()), environment};
};

const std::string k_body = "{\"eventTypeId\":\"user.created\",\"eventId\":\"e1\",\"links\":{}}";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_notification_is_stored_acknowledged_and_delivered_signed, Running) {
    const Answer answer = send(sign(k_secret, "msg_1", k_body), k_body);
    BOOST_TEST(answer.status == 202);
    const std::string id = answer.field("Gatehouse-Event-Id");
    BOOST_TEST(id.size() == 36u);
    BOOST_REQUIRE(eventually([&] { return receiver.count() == 1; }));
    const auto delivery = receiver.deliveries().at(0);
    BOOST_TEST(delivery.webhook_id == id);
    BOOST_TEST(delivery.request.body == k_body);
    const auto timestamp = static_cast<std::time_t>(std::stoll(std::string(delivery.request.field("webhook-timestamp").value_or("0"))));
    BOOST_TEST(delivery.request.field("webhook-signature").value_or("") == sign(k_app_secret, id, k_body, timestamp).back().second);
    BOOST_TEST(eventually([&] { return has(cli({"events", "show", id}), "\"status\":\"delivered\""); }));
}

BOOST_FIXTURE_TEST_CASE(each_bad_request_is_refused_with_its_own_reason, Running) {
    struct Case {
        std::string name, reason;
        Fields fields;
        std::string body;
    };
    auto missing = sign(k_secret, "msg_missing", k_body);
    missing.pop_back();
    const std::vector<Case> cases = {
        {"tampered body", "signature_mismatch", sign(k_secret, "msg_tampered", k_body), "{\"eventTypeId\":\"user.deleted\"}"},
        {"wrong secret", "signature_mismatch", sign(k_app_secret, "msg_wrong", k_body), k_body},
        {"stale timestamp", "timestamp_too_old", sign(k_secret, "msg_stale", k_body, std::time(nullptr) - 600), k_body},
        {"timestamp ahead", "timestamp_in_future", sign(k_secret, "msg_ahead", k_body, std::time(nullptr) + 600), k_body},
        {"missing header", "header_missing", missing, k_body},
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            const Answer answer = send(one.fields, one.body);
            BOOST_TEST((answer.status == 401 || answer.status == 403 || answer.status == 400));
            BOOST_TEST(!has(answer.body, one.reason)); // the reason is the operator's, not the sender's
            const size_t at = answer.body.find("urn:uuid:");
            BOOST_REQUIRE(at != std::string::npos);
            const std::string id = answer.body.substr(at + 9, 36);
            BOOST_TEST(eventually([&] { return has(cli({"events", "--status", "refused"}), id); }));
            BOOST_TEST(has(cli({"events", "show", id}), one.reason));
            BOOST_TEST(has(gateway.line_with(0, id), "\"reason\":\"" + one.reason + "\""));
            BOOST_TEST(has(metrics(), "gatehouse_quarantine_total{source=\"bank\",reason=\"" + one.reason + "\"}"));
        }
    }
    BOOST_TEST(receiver.count() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_reload_is_refused_while_the_server_ends, Running) {
    // A request that is not complete keeps the server from ending at once.
    const int waiting = connect_to(gateway.port());
    const std::string_view head = "POST /hooks/bank HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    BOOST_REQUIRE(::send(waiting, head.data(), head.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(head.size()));
    BOOST_REQUIRE(eventually([&] { return has(metrics(), "gatehouse_connections{server=\"http\",state=\"active\"} 1"); }));
    gateway.child().signal(SIGTERM);
    BOOST_REQUIRE(eventually([&] { return request(gateway.port(), "GET", "/healthz").status == 0; }));
    const Answer reload = request(gateway.admin_port(), "POST", "/api/v1/reload");
    BOOST_TEST(reload.status == 422);
    BOOST_TEST(has(reload.body, "the server is ending"));
    ::close(waiting);
    BOOST_TEST(gateway.child().wait() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_resend_makes_no_second_event_also_across_a_restart, Running) {
    const std::string id = send(sign(k_secret, "msg_again", k_body), k_body).field("Gatehouse-Event-Id");
    const Answer resend = send(sign(k_secret, "msg_again", k_body, std::time(nullptr) - 1), k_body);
    BOOST_TEST(resend.status == 202);
    BOOST_TEST(resend.field("Gatehouse-Event-Id") == id);
    gateway.stop(SIGKILL);
    BOOST_REQUIRE(gateway.start());
    BOOST_TEST(send(sign(k_secret, "msg_again", k_body), k_body).field("Gatehouse-Event-Id") == id);
    BOOST_TEST(has(metrics(), "gatehouse_ingest_requests_total{source=\"bank\",outcome=\"duplicate\"} 1"));
    const std::string shown = cli({"events", "show", id});
    BOOST_TEST(has(shown, "\"duplicates\":2"));
}

BOOST_FIXTURE_TEST_CASE(the_same_id_with_another_body_is_kept_as_conflict_and_not_delivered, Running) {
    BOOST_TEST(send(sign(k_secret, "msg_twice", k_body), k_body).status == 202);
    BOOST_REQUIRE(eventually([&] { return receiver.count() == 1; }));
    const std::string other = "{\"eventTypeId\":\"user.created\",\"eventId\":\"e2\",\"links\":{}}";
    BOOST_TEST(send(sign(k_secret, "msg_twice", other), other).status == 202);
    BOOST_TEST(has(cli({"events", "--status", "conflict"}), "msg_twice"));
    const std::string third = "{\"eventTypeId\":\"user.created\",\"eventId\":\"e3\",\"links\":{}}";
    BOOST_TEST(send(sign(k_secret, "msg_third", third), third).status == 202);
    BOOST_REQUIRE(eventually([&] { return receiver.count() == 2; }));
    BOOST_TEST(has(receiver.deliveries().at(1).request.body, "e3"));
}

BOOST_FIXTURE_TEST_CASE(a_source_without_its_plugin_answers_503_and_an_unknown_path_404, Running) {
    const Answer lost = request(gateway.port(), "POST", "/hooks/lost", {}, "x");
    BOOST_TEST(lost.status == 503);
    BOOST_TEST(!lost.field("Retry-After").empty());
    BOOST_TEST(request(gateway.port(), "POST", "/hooks/nowhere", {}, "x").status == 404);
    const Answer wrong_method = request(gateway.port(), "GET", "/hooks/bank");
    BOOST_TEST(wrong_method.status == 405);
    BOOST_TEST(wrong_method.field("Allow") == "POST");
}

BOOST_FIXTURE_TEST_CASE(a_broken_config_leaves_the_running_one_in_place, Running) {
    const auto file = gateway.dir() / "gatehouse.yaml";
    const std::string good = read_file(file);
    write_file(file, good + "colour: blue\n");
    gateway.child().signal(SIGHUP);
    BOOST_TEST(eventually([&] { return has(gateway.log(), "not reloaded"); }));
    BOOST_TEST(send(sign(k_secret, "msg_still", k_body), k_body).status == 202);

    std::string more = good;
    more.replace(more.find("/hooks/bank"), 11, "/hooks/money");
    write_file(file, more);
    gateway.child().signal(SIGHUP);
    BOOST_REQUIRE(eventually([&] { return has(gateway.log(), "\"message\":\"reloaded\""); }));
    BOOST_TEST(request(gateway.port(), "POST", "/hooks/money", sign(k_secret, "msg_moved", k_body), k_body).status == 202);
    BOOST_TEST(send(sign(k_secret, "msg_old", k_body), k_body).status == 404);
}

BOOST_FIXTURE_TEST_CASE(secrets_reach_neither_log_nor_answers, Running) {
    send(sign(k_secret, "msg_a", k_body), k_body);
    send(sign(k_app_secret, "msg_b", k_body), k_body);
    cli({"sources"});
    cli({"destinations"});
    for (const std::string& text : {gateway.log(), cli({"sources"}), cli({"destinations"}), metrics()}) {
        BOOST_TEST(!has(text, k_secret.substr(6)));
        BOOST_TEST(!has(text, k_app_secret.substr(6)));
    }
}

BOOST_FIXTURE_TEST_CASE(sigterm_drains_and_ends_with_zero, Running) {
    BOOST_TEST(gateway.stop(SIGTERM) == 0);
}
