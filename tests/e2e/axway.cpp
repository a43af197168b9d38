// Streams in the sandbox sends to a real gateway: documents stay what the publisher published, whatever happens in between.
#include <cstdlib>

#include "tests/e2e/axway_world.hpp"

using namespace gh;
using namespace gh::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

axway::node_ptr tree(const std::string& text) {
    const axway::json::document d = axway::json::parse(text);
    return axway::make_tree(d.root());
}

int64_t patches() {
    const char* text = std::getenv("GATEHOUSE_PATCHES");
    return text ? std::atoll(text) : 1000;
}

/// A simulator that goes on trying until the gateway is back.
constexpr const char* k_patient = R"({"retries":1000000,"retry_wait":20})";

} // namespace

// The long form: GATEHOUSE_PATCHES=10000.
BOOST_AUTO_TEST_CASE(patches_are_applied_once_each_and_in_order_though_the_gateway_is_killed) {
    AxwayWorld w(k_patient);
    const int64_t count = patches();
    const std::string subscription = w.subscription(0);
    w.send("snapshot");
    w.send("patch", "\"count\":" + std::to_string(count));
    const auto delivered = [&] { return w.state().find("subscriptions")->items.at(0).integer_of("delivered"); };
    for (const int64_t part : {4, 2}) {
        BOOST_REQUIRE(eventually([&] { return delivered() >= count / part; }, 300s));
        BOOST_TEST(w.gateway.stop(SIGKILL) == 128 + SIGKILL);
        w.start();
    }
    BOOST_REQUIRE(w.all_sent(300s));
    // Delivered in the order of the key: whoever gets the last one got all.
    BOOST_REQUIRE_MESSAGE(eventually([&] { return w.receiver.count() >= static_cast<size_t>(count) + 1; }, 60s),
                          w.receiver.count() << " deliveries; pending: " << w.admin("/api/v1/deliveries?status=pending&limit=5")
                                             << "; received: " << w.admin("/api/v1/events?status=received&limit=5")
                                             << "; conflict: " << w.admin("/api/v1/events?status=conflict&limit=5") << "; dead: "
                                             << w.admin("/api/v1/deliveries?status=dead&limit=5") << w.metrics_text() << w.gateway.log());
    const auto published = w.published();
    const auto is_last = [&](const auto& d) { return axway::equal(*tree(d.request.body), *published, axway::comparison::by_text); };
    const auto last_came = [&] {
        const auto all = w.receiver.deliveries();
        return std::any_of(all.begin(), all.end(), is_last); // one that a kill interrupted may come again after it
    };
    BOOST_TEST(eventually(last_came), "pending: " << w.admin("/api/v1/deliveries?status=pending&limit=5")
                                                  << "; received: " << w.admin("/api/v1/events?status=received&limit=5")
                                                  << "; fetching: " << w.admin("/api/v1/events?status=fetching&limit=5")
                                                  << "; conflict: " << w.admin("/api/v1/events?status=conflict&limit=5")
                                                  << "; dead: " << w.admin("/api/v1/deliveries?status=dead&limit=5")
                                                  << "; newest: " << w.admin("/api/v1/events?limit=2") << w.gateway.log());
    // Each event's document is the one after its own patch: none missing, none twice, none out of order (a kill may deliver one again).
    int64_t before = 0;
    // What became of the event that should have come: sequence n is the topic's n-th.
    const auto story = [&](int64_t sequence) {
        const auto found = json::parse(w.admin("/api/v1/events?search=%23" + std::to_string(sequence)));
        std::string all;
        for (const auto& e : found->find("items")->items) all += w.admin("/api/v1/events/" + std::string(e.text_of("id"))) + "\n";
        return all;
    };
    for (const auto& d : w.receiver.deliveries()) {
        const int64_t sequence = axway::json::parse(d.request.body)["sequence"].integer().value_or(-1);
        if (sequence != before + 1 && sequence > before)
            BOOST_FAIL(sequence << " came after " << before << " of " << w.receiver.count() << ": " << story(before + 1) << story(sequence)
                                << w.gateway.log());
        before = std::max(before, sequence);
    }
    BOOST_TEST(before == count + 1);
    BOOST_TEST(w.gateway.stop(SIGTERM) == 0);
    const auto stored = w.stored_state();
    BOOST_TEST(axway::equal(*tree(stored.at("doc/" + subscription)), *published, axway::comparison::by_text));
    const auto meta = json::parse(stored.at("meta/" + subscription));
    BOOST_TEST(meta->integer_of("version") == count + 1);
    BOOST_TEST(meta->text_of("state") == "current");
}

BOOST_AUTO_TEST_CASE(a_patch_that_does_not_apply_leaves_the_document_stale_until_a_snapshot) {
    AxwayWorld w;
    w.send("snapshot");
    w.send("patch");
    w.send("patch", R"("tamper":"broken-patch")");
    w.send("patch");
    w.send("snapshot");
    w.send("patch", R"("tamper":"bare-patch")");
    BOOST_REQUIRE(w.all_sent());
    const size_t bare = static_cast<size_t>(w.state().find("subscriptions")->items.at(0).integer_of("delivered"));
    BOOST_REQUIRE(eventually([&] { return w.receiver.count() == bare; }));
    const auto got = w.receiver.deliveries();
    const auto type = [&](size_t i) { return std::string(got.at(i).request.field("content-type").value_or("")); };
    BOOST_TEST(type(0) == "application/json");
    BOOST_TEST(type(1) == "application/json");
    for (const size_t i : {2u, 3u}) {
        BOOST_TEST(type(i) == "application/problem+json");
        BOOST_TEST(has(got.at(i).request.body, "operation 1 (remove /there/is/no/such/place)"));
    }
    BOOST_TEST(type(4) == "application/json");
    BOOST_TEST(axway::equal(*tree(got.back().request.body), *w.published(), axway::comparison::by_text));
    BOOST_TEST(has(w.gateway.line_with(0, "no current document"), "does not apply"));
    BOOST_TEST(!w.gateway.line_with(0, "the document is current again").empty());
}

BOOST_AUTO_TEST_CASE(a_stale_document_is_mended_by_a_new_subscription) {
    AxwayWorld w(k_patient, [](std::string& config) { config.insert(config.find("\"api_url\":"), "\"resync\":\"recreate\","); });
    // As the operation subscribe leaves it behind.
    const std::string old = w.subscription(0);
    const std::string url(w.state().find("subscriptions")->items.at(0).text_of("url"));
    w.gateway.stop(SIGTERM);
    w.stored_state({{"pin/" + old, R"({"url":")" + url + R"(","topic":"accounts","mode":"snapshot-patch"})"}, {"pinned", "1"}});
    w.start();
    w.send("snapshot");
    w.send("patch", "\"count\":3");
    w.send("patch", R"("tamper":"broken-patch")");
    const auto fresh = [&] { return w.subscription(1); }; // the new one comes last, the first is deleted
    BOOST_REQUIRE(eventually([&] { return w.state().find("subscriptions")->items.size() == 2 && w.subscription(0) != old; }));
    w.send("patch", "\"count\":3");
    BOOST_REQUIRE(w.all_sent());
    const auto published = w.published();
    BOOST_TEST(eventually([&] {
        const auto got = w.receiver.deliveries();
        return !got.empty() && axway::equal(*tree(got.back().request.body), *published, axway::comparison::by_text);
    }));
    const std::string id = fresh();
    w.gateway.stop(SIGTERM);
    const auto stored = w.stored_state();
    BOOST_TEST(axway::equal(*tree(stored.at("doc/" + id)), *published, axway::comparison::by_text));
    BOOST_TEST(!stored.contains("doc/" + old));
    BOOST_TEST(!stored.contains("pin/" + old));
    BOOST_TEST(!stored.contains("creating"));
    BOOST_TEST(has(stored.at("meta/" + old), "replaced by subscription " + id));
}

BOOST_AUTO_TEST_CASE(subscriptions_are_made_listed_and_ended_by_hand) {
    AxwayWorld w(R"({"subscribe":false})", [](std::string& config) {
        const std::string automatic = "\"reconcile\":\"auto\"";
        config.replace(config.find(automatic), automatic.size(), "\"reconcile\":\"manual\"");
    });
    const auto operate = [&](std::vector<std::string> arguments, int expected = 0) {
        const auto [code, text] = w.gateway.operate(std::move(arguments));
        BOOST_CHECK_MESSAGE(code == expected, "exit " << code << ": " << text);
        return text;
    };
    const std::string url = "url=http://127.0.0.1:" + std::to_string(w.gateway.port()) + "/hooks/axway";
    operate({"subscriptions", "call", "axway", "subscribe", url, "topic=accounts", "mode=snapshot-patch"});
    BOOST_REQUIRE(w.state().find("subscriptions")->items.size() == 1u);
    const std::string id = w.subscription(0);
    const std::string listed = operate({"subscriptions", "list", "--source", "axway"});
    BOOST_TEST(has(listed, id), listed);
    BOOST_TEST(has(listed, "active"), listed);
    BOOST_TEST(!has(listed, "foreign"), listed);
    BOOST_TEST(has(operate({"subscriptions", "call", "axway", "list"}), id));
    // What the configuration wants is there already.
    BOOST_TEST(has(operate({"subscriptions", "plan"}), "nothing to do"));
    w.send("snapshot");
    w.send("patch");
    BOOST_REQUIRE(w.all_sent());
    BOOST_REQUIRE(eventually([&] { return w.receiver.count() == 2; }));
    BOOST_TEST(axway::equal(*tree(w.receiver.deliveries().back().request.body), *w.published(), axway::comparison::by_text));
    const std::string documents = operate({"--json", "subscriptions", "call", "axway", "documents"});
    BOOST_TEST(has(documents, "\"received\":\"2"), documents);
    operate({"subscriptions", "call", "axway", "unsubscribe", "id=" + id});
    BOOST_TEST(w.state().find("subscriptions")->items.empty());
    BOOST_TEST(has(operate({"subscriptions", "plan"}), "would create"));
}

BOOST_AUTO_TEST_CASE(numbers_come_out_as_they_went_in) {
    AxwayWorld w;
    w.command("publish", R"({"payload":{"big":9223372036854775807,"precise":0.123456789012345678901234567890,"n":1}})");
    w.command("publish", R"({"payload":{"big":9223372036854775806,"precise":0.123456789012345678901234567890,"n":1,"e":1E400}})");
    BOOST_REQUIRE(eventually([&] { return w.receiver.count() == 2; }));
    BOOST_TEST(w.receiver.deliveries().at(1).request.body ==
               R"({"big":9223372036854775806,"precise":0.123456789012345678901234567890,"n":1,"e":1E400})");
}

BOOST_AUTO_TEST_CASE(forgeries_are_refused_and_change_nothing) {
    AxwayWorld w(R"({"protection":"both"})");
    w.send("snapshot");
    BOOST_REQUIRE(w.all_sent());
    const struct {
        const char *tamper, *reason;
    } cases[] = {{"wrong-token", "token_unknown"},
                 {"missing-token", "header_missing"},
                 {"wrong-header", "secret_mismatch"},
                 {"foreign-subscription", "subscription_foreign"}};
    int64_t refused = 0;
    for (const auto& c : cases) {
        w.send("patch", std::string(R"("tamper":")") + c.tamper + "\"");
        ++refused;
        BOOST_TEST(eventually([&] { return w.state().find("aside")->integer_of("refused") == refused; }));
        BOOST_TEST(has(w.metrics_text(), std::string("gatehouse_quarantine_total{source=\"axway\",reason=\"") + c.reason + "\"} 1"));
    }
    w.send("patch", R"("tamper":"duplicate-event-id")");
    BOOST_REQUIRE(w.all_sent());
    BOOST_REQUIRE(eventually([&] { return w.receiver.count() == 2; }));
    BOOST_TEST(axway::equal(*tree(w.receiver.deliveries().back().request.body), *w.published(), axway::comparison::by_text));
    BOOST_TEST(has(w.metrics_text(), "gatehouse_ingest_requests_total{source=\"axway\",outcome=\"duplicate\"} 1"));
}

BOOST_AUTO_TEST_CASE(what_fits_no_type_is_stored_and_answered_200) {
    AxwayWorld w;
    w.send("event");
    BOOST_REQUIRE(w.all_sent());
    w.send("event", R"("tamper":"test-call")");
    w.send("event", R"("tamper":"unknown-type")");
    BOOST_REQUIRE(eventually([&] { return w.receiver.count() == 3; }));
    BOOST_TEST(w.state().find("aside")->integer_of("accepted") == 1);
    BOOST_TEST(has(w.admin("/api/v1/events?type=unknown"), "\"unidentified "));
}

BOOST_AUTO_TEST_CASE(a_token_survives_a_restart_and_is_renewed_at_its_end) {
    AxwayWorld w(R"({"retries":200,"retry_wait":50})");
    w.send("snapshot");
    BOOST_REQUIRE(w.all_sent());
    BOOST_TEST(w.state().find("tokens")->integer_of("requested") == 1);
    w.gateway.stop(SIGKILL);
    w.start();
    w.send("patch");
    BOOST_REQUIRE(w.all_sent());
    BOOST_TEST(w.state().find("tokens")->integer_of("requested") == 1);

    AxwayWorld shorter(R"({"token_life":1,"oauth_mode":"body"})");
    shorter.send("snapshot");
    BOOST_REQUIRE(shorter.all_sent());
    const auto first = Steady::now();
    BOOST_REQUIRE(eventually([&] { return Steady::now() - first > 1100ms; }));
    shorter.send("patch", R"("tamper":"expired-token")");
    BOOST_TEST(eventually([&] { return shorter.state().find("aside")->integer_of("refused") == 1; }));
    BOOST_TEST(has(shorter.metrics_text(), "reason=\"token_expired\"} 1"));
    shorter.send("patch");
    BOOST_REQUIRE(shorter.all_sent());
    BOOST_TEST(shorter.state().find("tokens")->integer_of("requested") == 2);
    BOOST_TEST(shorter.state().find("tokens")->integer_of("refused") == 0);
}

BOOST_AUTO_TEST_CASE(no_file_holds_a_token_that_is_good) {
    AxwayWorld w;
    const std::string pair = to_base64("streams:" + w.secret("client_secret"));
    const auto token = json::parse(w.token({{"Authorization", "Basic " + pair}}, "grant_type=client_credentials").body);
    const std::string given(token->text_of("access_token"));
    const Fields fields = {{"Authorization", "Bearer " + given},
                           {"Cookie", "session=c00kie"},
                           {"X-Axway-Streams-Subscription-Id", w.subscription(0)},
                           {"X-Axway-Streams-Event-Id", "e#1"},
                           {"X-Axway-Streams-Event-Type", "snapshot"}};
    BOOST_TEST(request(w.gateway.port(), "POST", "/hooks/axway", fields, R"({"a":"the-body"})").status == 200);
    w.gateway.stop(SIGTERM);
    size_t files = 0;
    bool body = false;
    for (const auto& entry : std::filesystem::directory_iterator(w.gateway.dir())) {
        if (!entry.path().filename().string().starts_with("gatehouse.db") || !entry.is_regular_file()) continue;
        ++files;
        const std::string content = read_file(entry.path());
        body |= has(content, "the-body");
        BOOST_TEST(!has(content, given), entry.path());
        BOOST_TEST(!has(content, "c00kie"), entry.path());
        BOOST_TEST(!has(content, pair), entry.path());
    }
    BOOST_TEST(files > 0u);
    BOOST_TEST(body);
}

BOOST_AUTO_TEST_CASE(the_token_endpoint_speaks_rfc_6749_and_stores_no_event) {
    AxwayWorld w;
    const std::string secret = w.secret("client_secret");
    const auto form = [](const std::string& s) {
        std::string out;
        for (const char c : s) out += c == '+' ? "%2B" : c == '/' ? "%2F" : c == '=' ? "%3D" : std::string(1, c);
        return out;
    };
    const std::string body = "grant_type=client_credentials&client_id=streams&client_secret=" + form(secret);
    const Answer good = w.token({}, body + "&scope=READ,WRITE");
    BOOST_TEST(good.status == 200);
    BOOST_TEST(good.field("Cache-Control") == "no-store");
    BOOST_TEST(good.field("Content-Type") == "application/json;charset=UTF-8");
    const auto token = json::parse(good.body);
    BOOST_TEST(token->text_of("token_type") == "Bearer");
    BOOST_TEST(token->integer_of("expires_in") == 3600);
    BOOST_TEST(token->text_of("scope") == "READ,WRITE");
    // In the header, form-encoded as the RFC asks and raw as many clients send it.
    for (const std::string& pair : {"streams:" + form(secret), "streams:" + secret})
        BOOST_TEST(w.token({{"Authorization", "Basic " + to_base64(pair)}}, "grant_type=client_credentials").status == 200);

    const Answer wrong = w.token({{"Authorization", "Basic " + to_base64("streams:guess")}}, "grant_type=client_credentials");
    BOOST_TEST(wrong.status == 401);
    BOOST_TEST(wrong.field("WWW-Authenticate").starts_with("Basic "));
    BOOST_TEST(has(wrong.body, "\"error\":\"invalid_client\""));
    BOOST_TEST(w.token({}, body, "?x=1").status == 400);
    BOOST_TEST(w.token({}, std::string(20'000, 'a')).status == 413);
    BOOST_TEST(request(w.gateway.port(), "GET", "/hooks/axway/oauth/token").status == 405);
    BOOST_TEST(request(w.gateway.port(), "POST", "/hooks/axway/oauth/token", {{"Content-Type", "application/json"}}, "{}").status == 400);

    const Answer bearer = request(w.gateway.port(), "POST", "/hooks/axway", {{"Authorization", "Bearer nonsense"}}, "{}");
    BOOST_TEST(bearer.status == 401);
    BOOST_TEST(has(bearer.field("WWW-Authenticate"), "error=\"invalid_token\""));
    BOOST_TEST(eventually([&] { return has(w.admin("/api/v1/events"), "token_unknown"); }));

    const std::string given(token->text_of("access_token"));
    w.gateway.stop(SIGTERM);
    BOOST_TEST(!has(w.gateway.log(), given));
    BOOST_TEST(!has(w.gateway.log(), secret));
    size_t tokens = 0;
    for (const auto& [key, value] : w.stored_state()) {
        tokens += key.starts_with("token/");
        BOOST_TEST(!has(key + value, given));
    }
    BOOST_TEST(tokens == 3u);
}
