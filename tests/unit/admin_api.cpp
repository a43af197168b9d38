// What the admin API tells and does.
#include "core/admin/render.hpp"

#include <set>

#include "tests/unit/admin_support.hpp"

using namespace gh;
using namespace gh::test;

namespace {

std::vector<std::string> texts(const json::Value& list, const std::string& member) {
    std::vector<std::string> out;
    for (const auto& item : list.items) out.emplace_back(item.text_of(member));
    return out;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(admin_api, AdminFixture)

BOOST_AUTO_TEST_CASE(events_come_in_pages_newest_first) {
    std::vector<std::string> added;
    for (int i = 0; i < 7; ++i) added.push_back(add("user.created", "s" + std::to_string(i)).text());
    std::vector<std::string> seen;
    std::string cursor;
    int pages = 0;
    do {
        const Parsed page(get("/api/v1/events?limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor)).body);
        for (const auto& id : texts(page["items"], "id")) seen.push_back(id);
        cursor = page["next"].text;
        ++pages;
    } while (!cursor.empty() && pages < 10);
    BOOST_TEST(pages == 3);
    std::reverse(seen.begin(), seen.end());
    BOOST_TEST(seen == added, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(filters_reach_the_store) {
    add("user.created", "one");
    const Time middle = clock.now();
    clock.advance(Millis(10));
    add("user.deleted", "two");
    add("other", "three");
    refuse("bad");
    const auto count = [&](const std::string& query) { return Parsed(get("/api/v1/events?" + query).body)["items"].items.size(); };
    BOOST_TEST(count("") == 4u);
    BOOST_TEST(count("type=user.*") == 2u);
    BOOST_TEST(count("type=other") == 1u);
    BOOST_TEST(count("search=thre") == 1u);
    BOOST_TEST(count("status=refused") == 1u);
    BOOST_TEST(count("source=bank&status=ready") == 3u);
    BOOST_TEST(count("source=nobody") == 0u);
    BOOST_TEST(count("until=" + to_rfc3339(middle + Millis(5))) == 1u);
    BOOST_TEST(count("since=2026-03-01T13:00:00%2B01:00&type=user.*") == 2u);
    BOOST_TEST(count("since=2026-03-01T13:00:00+01:00&type=user.*") == 2u); // "+" not encoded
    BOOST_TEST(Parsed(get("/api/v1/quarantine").body)["items"].items.size() == 1u);
}

BOOST_AUTO_TEST_CASE(one_event_has_all_members_and_no_secret) {
    store::NewEvent n = event("user.created", "u1");
    const Uuid id = add(n);
    store.finish_fetch({id,
                        "bank",
                        store::FetchOutcome::Kind::fetched,
                        store::Document{"application/json", "{\"n\":18446744073709551616}", clock.now()},
                        "",
                        {},
                        {},
                        {}},
                       [](const Status&) {});
    const Uuid delivery = Uuid::v7(clock.now());
    store.add_deliveries(id, {{delivery, "app", clock.now()}}, [](const Status&) {});
    store.record_attempt(
        {Uuid::v7(clock.now()), delivery, clock.now(), Millis(12), 500, "http_500", "", "oops", store::DeliveryStatus::dead, {}},
        [](const Status&) {});

    const Answer answer = get("/api/v1/events/" + id.text());
    BOOST_TEST(answer.status == 200);
    const Parsed e(answer.body);
    for (const char* name : {"id", "source", "plugin", "type", "subject", "dedupe_key", "received_at", "occurred_at", "status", "request",
                             "document", "deliveries"})
        BOOST_TEST(e.value.find(name) != nullptr, name);
    BOOST_TEST(e["document"].raw == "{\"n\":18446744073709551616}"); // not a bit of it changed
    BOOST_TEST(e["received_at"].text == to_rfc3339(n.received_at));
    const json::Value& r = e["request"];
    BOOST_TEST(r.text_of("body") == to_base64(n.request.body));
    BOOST_TEST(r.text_of("path") == "/hooks/${file:secrets/bank}/in?token=[redacted]&n=1");
    BOOST_TEST(r.text_of("remote") == "10.0.0.1");
    BOOST_TEST(r.find("headers")->items.at(0).text_of("value") == "[redacted]");
    BOOST_TEST(r.find("headers")->items.at(1).text_of("value") == "a b");
    BOOST_TEST(!has(answer.body, "s3cret"));
    const json::Value& d = e["deliveries"].items.at(0);
    BOOST_TEST(d.text_of("id") == delivery.text());
    BOOST_TEST(d.text_of("destination") == "app");
    BOOST_TEST(d.text_of("status") == "dead");
    BOOST_TEST(d.find("attempts")->items.at(0).integer_of("status") == 500);

    BOOST_TEST(get("/api/v1/events/" + Uuid::v7(clock.now()).text()).status == 404);
    BOOST_TEST(get("/api/v1/events/nonsense").status == 404);
    BOOST_TEST(get("/api/v1/events/%00").status == 404);
}

BOOST_AUTO_TEST_CASE(a_document_that_is_not_json_is_base64) {
    const Uuid id = add("user.created");
    store.finish_fetch(
        {id, "bank", store::FetchOutcome::Kind::fetched, store::Document{"application/xml", "<a>\xff</a>", clock.now()}, "", {}, {}, {}},
        [](const Status&) {});
    const Parsed e(get("/api/v1/events/" + id.text()).body);
    BOOST_TEST(e["document"].text == to_base64("<a>\xff</a>"));
    BOOST_TEST(e["document_info"].text_of("encoding") == "base64");
    BOOST_TEST(Parsed(get("/api/v1/events/" + add("x").text()).body)["document"].raw == "null");
}

BOOST_AUTO_TEST_CASE(an_old_path_of_a_source_is_not_shown) {
    config::Source now;
    now.path = "/hooks/new-secret";
    now.display_path = "/hooks/${file:p}";
    BOOST_TEST(admin::shown_target("/hooks/new-secret/in", &now) == "/hooks/${file:p}/in");
    BOOST_TEST(admin::shown_target("/hooks/new-secretive", &now) == "[redacted]");
    BOOST_TEST(admin::shown_target("/hooks/old-secret/in?a=1", &now) == "[redacted]?a=1");
    BOOST_TEST(admin::shown_target("/hooks/new-secret", nullptr) == "[redacted]");
    for (const char* name : {"authorization", "Cookie", "X-Api-Key", "PROXY-AUTHORIZATION", "X-Auth-Token", "X-Client-Secret"})
        BOOST_TEST(admin::sensitive_header(name), name);
    for (const char* name : {"Host", "Content-Type", "webhook-signature", "webhook-id"}) BOOST_TEST(!admin::sensitive_header(name), name);
}

BOOST_AUTO_TEST_CASE(retries_and_replays_by_id) {
    const Uuid id = add("user.created");
    const Parsed replayed(post("/api/v1/events/" + id.text() + "/replay").body);
    BOOST_REQUIRE(replayed["deliveries"].items.size() == 1u); // by the routes
    const std::string delivery(replayed["deliveries"].items[0].text_of("id"));
    store.record_attempt(
        {Uuid::v7(clock.now()), *Uuid::parse(delivery), clock.now(), Millis(1), 0, "timeout", "", "", store::DeliveryStatus::dead, {}},
        [](const Status&) {});
    BOOST_TEST(Parsed(get("/api/v1/deliveries?status=dead").body)["items"].items.size() == 1u);
    BOOST_TEST(Parsed(get("/api/v1/attempts?delivery=" + delivery).body)["items"].items.at(0).text_of("outcome") == "timeout");
    BOOST_TEST(Parsed(get("/api/v1/deliveries/" + delivery).body)["attempts"].items.size() == 1u);
    const Answer retried = post("/api/v1/deliveries/" + delivery + "/retry");
    BOOST_TEST(retried.status == 202);
    BOOST_TEST(Parsed(retried.body)["status"].text == "pending");
    const std::string unknown = Uuid::v7(clock.now()).text();
    BOOST_TEST(post("/api/v1/deliveries/" + unknown + "/retry").status == 404);

    store.record_attempt({Uuid::v7(clock.now()),
                          *Uuid::parse(delivery),
                          clock.now(),
                          Millis(1),
                          200,
                          "delivered",
                          "",
                          "",
                          store::DeliveryStatus::delivered,
                          {}},
                         [](const Status&) {});
    BOOST_TEST(post("/api/v1/deliveries/" + delivery + "/retry").status == 409);
    const Parsed many(post("/api/v1/retries", "{\"ids\":[\"" + delivery + "\",\"" + unknown + "\"]}").body);
    BOOST_TEST(many["items"].items[0].text_of("result") == "already_delivered");
    BOOST_TEST(many["items"].items[1].text_of("result") == "not_found");
    BOOST_TEST(many["retried"].text == "0");

    BOOST_TEST(post("/api/v1/events/" + id.text() + "/replay", "{\"to\":\"nowhere\"}").status == 422);
    BOOST_TEST(post("/api/v1/events/" + unknown + "/replay").status == 404);
    BOOST_TEST(post("/api/v1/events/" + refuse("bad").text() + "/replay", "{\"to\":\"app\"}").status == 409);
    auto waiting = event("user.created");
    waiting.status = store::EventStatus::received;
    BOOST_TEST(post("/api/v1/events/" + add(waiting).text() + "/replay", "{\"to\":\"app\"}").status == 409);
    BOOST_TEST(post("/api/v1/events/" + add("unrouted").text() + "/replay").status == 422);
}

BOOST_AUTO_TEST_CASE(a_replay_runs_in_the_background_and_spreads_by_its_rate) {
    for (int i = 0; i < 450; ++i) add("user.created");
    add("unrouted");
    refuse("bad");
    auto conflict = event("user.created");
    conflict.status = store::EventStatus::conflict;
    add(conflict);
    const auto finish = [&](const std::string& body) {
        const Answer a = post("/api/v1/replays", body);
        BOOST_REQUIRE_MESSAGE(a.status == 202, a.body);
        std::string text = a.body;
        const std::string id = Parsed(text)["id"].text;
        BOOST_TEST(a.field("Location") == "/api/v1/replays/" + id);
        for (int i = 0; i < 5'000; ++i) {
            text = get("/api/v1/replays/" + id).body;
            const std::string status = Parsed(text)["status"].text;
            if (status != "waiting" && status != "running") break;
        }
        return Parsed(text);
    };
    const Parsed dry = finish("{\"dry_run\":true,\"type\":\"user.*\"}");
    BOOST_TEST(dry["status"].text == "done");
    BOOST_TEST(dry["matched"].text == "450");
    BOOST_TEST(dry["created"].text == "0");
    BOOST_TEST(Parsed(get("/api/v1/deliveries").body)["items"].items.empty());

    clock.advance(Millis(1));
    const Parsed done = finish("{\"rate\":\"100/s\"}");
    BOOST_TEST(done["created"].text == "450");
    BOOST_TEST(done["skipped"].text == "3");
    store::DeliveryQuery all;
    all.limit = 1'000;
    const auto made = store.deliveries(all);
    BOOST_REQUIRE(made->items.size() == 450u);
    std::set<Time> due;
    for (const auto& d : made->items) due.insert(*d.next_attempt_at);
    BOOST_TEST(due.size() == 450u);
    BOOST_TEST((*due.rbegin() - *due.begin()).count() == 4'490);

    store.failing = true;
    const Parsed failed = finish("{}");
    BOOST_TEST(failed["status"].text == "failed");
    BOOST_TEST(has(failed["error"].text, "disk broken"));
    BOOST_TEST(Parsed(get("/api/v1/replays").body)["items"].items.size() == 3u);
    BOOST_TEST(get("/api/v1/replays/" + Uuid::v7(clock.now()).text()).status == 404);
}

BOOST_AUTO_TEST_CASE(the_quarantine_is_verified_again_as_of_its_time) {
    const Uuid good = refuse("gooduser.created"), bad = refuse("bad"), lost = refuse("goodx", "gone-source");
    const Time received = clock.now() - Millis(2);
    source->signed_at = clock.now();
    clock.advance(Millis(86'400'000)); // a day later the signature's time is still judged as of the receipt
    const Answer answer = post("/api/v1/quarantine/reverify", "{}");
    BOOST_TEST(answer.status == 200);
    const Parsed r(answer.body);
    BOOST_TEST(r["released"].text == "1");
    BOOST_TEST(r["refused"].text == "1");
    BOOST_TEST(r["failed"].text == "1");
    BOOST_TEST(r["more"].raw == "false");
    const Parsed released(get("/api/v1/events/" + good.text()).body);
    BOOST_TEST(released["status"].text == "received");
    BOOST_TEST(released["type"].text == "user.created");
    BOOST_TEST(released["dedupe_key"].text == "gooduser.created");
    BOOST_TEST(released["received_at"].text == to_rfc3339(received));
    BOOST_TEST(Parsed(get("/api/v1/events/" + bad.text()).body)["status"].text == "refused");
    BOOST_TEST(Parsed(get("/api/v1/events/" + lost.text()).body)["status"].text == "refused");
    BOOST_TEST(post("/api/v1/quarantine/reverify", "{\"source\":\"gone-source\"}").status == 422);
}

BOOST_AUTO_TEST_CASE(a_signature_that_was_stale_at_receipt_stays_refused) {
    source->signed_at = clock.now() - Millis(600'000);
    refuse("goodlate");
    const Parsed r(post("/api/v1/quarantine/reverify", "{\"source\":\"bank\"}").body);
    BOOST_TEST(r["released"].text == "0");
    BOOST_TEST(r["items"].items.at(0).text_of("code") == "timestamp_too_old");
}

BOOST_AUTO_TEST_CASE(a_large_quarantine_is_worked_through_page_by_page) {
    for (int i = 0; i < 130; ++i) refuse(i % 3 == 0 ? "goodtype" + std::to_string(i) : "bad");
    size_t released = 0, refused = 0;
    std::string cursor;
    for (int calls = 0; calls < 5; ++calls) {
        const Parsed r(post("/api/v1/quarantine/reverify", cursor.empty() ? "{}" : "{\"cursor\":\"" + cursor + "\"}").body);
        released += static_cast<size_t>(r.value.integer_of("released"));
        refused += static_cast<size_t>(r.value.integer_of("refused"));
        cursor = r["next"].text;
        if (!r["more"].boolean) break;
    }
    BOOST_TEST(released == 44u);
    BOOST_TEST(refused == 86u);
}

BOOST_AUTO_TEST_CASE(setup_is_shown_and_destinations_switched) {
    metrics.counter("gatehouse_ingest_requests_total", "x", {{"source", "bank"}, {"outcome", "stored"}}).add(12);
    metrics.counter("gatehouse_ingest_requests_total", "x", {{"source", "other"}, {"outcome", "stored"}}).add(99);
    const Answer sources = get("/api/v1/sources");
    const Parsed s(sources.body);
    const json::Value& bank = s["items"].items.at(0);
    BOOST_TEST(bank.text_of("state") == "open");
    BOOST_TEST(bank.text_of("path") == "/hooks/${file:secrets/bank}");
    BOOST_TEST(bank.find("routes")->items.at(0).text_of("path") == "/hooks/${file:secrets/bank}/in");
    BOOST_TEST(bank.find("counters")->find("requests")->integer_of("stored") == 12);
    BOOST_TEST(!has(sources.body, "s3cret"));
    BOOST_TEST(Parsed(get("/api/v1/routes").body)["items"].items.at(0).find("types")->items.at(0).text == "user.*");
    BOOST_TEST(Parsed(get("/api/v1/plugins").body)["items"].items.at(0).text_of("version") == "1.2.3");
    BOOST_TEST(Parsed(get("/api/v1/plugins/acme").body)["settings_schema"].raw == "{\"type\":\"object\"}");
    BOOST_TEST(get("/api/v1/plugins/other").status == 404);
    BOOST_TEST(!has(get("/api/v1/plugins").body, "s3cret"));

    BOOST_TEST(Parsed(post("/api/v1/destinations/app/pause").body)["state"].text == "paused");
    BOOST_TEST(Parsed(post("/api/v1/destinations/app/disable").body)["state"].text == "disabled");
    BOOST_TEST(Parsed(post("/api/v1/destinations/app/enable").body)["state"].text == "paused");
    BOOST_TEST(Parsed(post("/api/v1/destinations/app/resume").body)["state"].text == "active");
    BOOST_TEST(post("/api/v1/destinations/nowhere/pause").status == 404);
    BOOST_TEST(get("/api/v1/destinations/app/pause").status == 405);

    BOOST_TEST(Parsed(post("/api/v1/reload").body)["generation"].text == "7");
    reload_result = Error{"gatehouse.yaml:3: unknown key"};
    const Answer not_reloaded = post("/api/v1/reload");
    BOOST_TEST(not_reloaded.status == 422);
    BOOST_TEST(has(not_reloaded.body, "gatehouse.yaml:3"));
}

BOOST_AUTO_TEST_CASE(metrics_hold_depths_ages_and_the_build) {
    auto waiting = event("user.created");
    waiting.status = store::EventStatus::received;
    add(waiting);
    refuse("bad");
    clock.advance(Millis(2'500));
    const Answer a = get("/metrics");
    BOOST_TEST(has(a.field("Content-Type"), "text/plain; version=0.0.4"));
    for (const char* line : {"gatehouse_queue_depth{stage=\"fetch\"} 1\n", "gatehouse_queue_depth{stage=\"delivery\"} 0\n",
                             "gatehouse_queue_depth{stage=\"dead\"} 0\n", "gatehouse_queue_depth{stage=\"quarantine\"} 1\n",
                             "gatehouse_build_info{version=\"1.0.0\"} 1\n", "gatehouse_queue_oldest_age_seconds{stage=\"delivery\"} 0\n"})
        BOOST_TEST(has(a.body, line), line << " in " << a.body);
    BOOST_TEST(has(a.body, "gatehouse_queue_oldest_age_seconds{stage=\"fetch\"} 2.501\n"), a.body);
}

BOOST_AUTO_TEST_CASE(probes_and_front_page) {
    BOOST_TEST(get("/readyz").status == 200);
    BOOST_TEST(has(get("/").body, "/api/v1/openapi.json"));
    BOOST_TEST(get("/").field("X-Content-Type-Options") == "nosniff");
    const Answer head = request(port, "HEAD", "/healthz");
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.body.empty());
    side->set_draining();
    BOOST_TEST(get("/readyz").status == 503);
}

BOOST_AUTO_TEST_SUITE_END()
