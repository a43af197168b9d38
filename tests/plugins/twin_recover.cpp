// Recovery from ledger histories and sticker lists, against the simulator and against answers of other shapes.
#include <set>

#include "tests/plugins/twin_loop.hpp"

using namespace twin_test;
using nlohmann::json;

namespace {

/// All pages, with their cursors followed as the host does.
struct Pages {
    std::vector<json> events, lost;
    int count = 0;

    explicit Pages(Loop& loop, const std::string& since = "2026-01-31T00:00:00.000Z",
                   const std::string& until = "2026-02-28T00:00:00.000Z") {
        json cursor = nullptr;
        do {
            const auto job = loop.operation("recover", {{"since", since}, {"until", until}, {"cursor", cursor}, {"limit", 50}});
            BOOST_REQUIRE_MESSAGE(job->result == GATEHOUSE_RESULT_DOCUMENT, job->reason);
            const json page = json::parse(job->body);
            for (const auto& e : page["events"]) events.push_back(e);
            for (const auto& l : page["unrecoverable"]) lost.push_back(l);
            cursor = page.contains("cursor") ? page["cursor"] : json(nullptr);
            BOOST_REQUIRE(++count < 100);
        } while (!cursor.is_null());
    }
    bool says(const std::string& what) const {
        return std::any_of(lost.begin(), lost.end(), [&](const json& l) { return l.dump().find(what) != std::string::npos; });
    }
};

std::unique_ptr<fake::Job> page(Opened& s, const json& cursor = nullptr) {
    auto job = s.operation(
        "recover",
        json{{"since", "2026-03-01T00:00:00.000Z"}, {"until", "2026-03-02T00:00:00.000Z"}, {"cursor", cursor}, {"limit", 50}}.dump());
    job->start();
    return job;
}

fake::Reply answer(int status, const std::string& body) {
    fake::Reply r;
    r.status = status, r.body = body;
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(twin_recover)

BOOST_AUTO_TEST_CASE(twins_seen_so_far_are_asked_and_found_events_can_be_read_back) {
    Loop loop;
    const std::string twin = loop.command("send", {{"type", "ledger.entry.updated"}})["messages"][0]["twin"];
    loop.fetched();
    const std::string before = gh::to_rfc3339(loop.bench.time() + gh::Millis{1000}); // changes of one instant are told a millisecond apart
    loop.tick(std::chrono::minutes(5));
    loop.command("send", {{"type", "ledger.entry.updated"}, {"twin", twin}, {"entries", 1}});
    loop.command("send", {{"type", "sticker.put"}, {"twin", twin}});
    loop.bench.outbox().clear(); // missed
    const Pages pages(loop, before);
    BOOST_REQUIRE(pages.events.size() == 2u);
    BOOST_TEST(pages.events[0]["type"] == "ledger.entry.updated");
    BOOST_TEST(pages.events[0]["subject"] == twin);
    BOOST_TEST(pages.events[0]["ordering_key"] == twin);
    BOOST_TEST(pages.events[0]["dedupe_key"].get<std::string>().find("history:" + twin + ":personal:temperature:17698") == 0u);
    BOOST_TEST(pages.events[1]["type"] == "sticker.put");
    BOOST_TEST(pages.events[1]["dedupe_key"].get<std::string>().find("sticker:") == 0u);
    for (const auto& e : pages.events) {
        fake::Request r = post(e["body"].get<std::string>());
        auto job = loop.source->fetch(r, e["type"], e["subject"]);
        loop.run(*job);
        BOOST_REQUIRE_MESSAGE(job->result == GATEHOUSE_RESULT_DOCUMENT, job->reason);
        BOOST_TEST(json::parse(job->body)["hash_verified"] == false);
    }
    // Asking again finds the same keys.
    const Pages again(loop, before);
    BOOST_TEST(again.events == pages.events);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_recovered_is_said_once) {
    Loop loop;
    const Pages none(loop);
    for (const char* what : {"ids of missed messages", "deleted entries", "twins not known here (known: 0)", "other ledgers", "1000 changes"})
        BOOST_TEST(none.says(what), what);
    BOOST_TEST(none.count == 1);
    Loop configured(json{{"twins", 3}}, json{{"twins", {"00000000-0000-4000-8000-000000000000"}}});
    const Pages pages(configured);
    BOOST_TEST(pages.says("ledger changes of twin 00000000"));
    BOOST_TEST(pages.says("subcode 404001"));
    BOOST_TEST(pages.count == 2);
    BOOST_TEST(
        std::count_if(pages.lost.begin(), pages.lost.end(), [](const json& l) { return l["what"] == "the ids of missed messages"; }) == 1);
}

BOOST_AUTO_TEST_CASE(many_stickers_take_several_pages) {
    Loop loop;
    loop.command("send", {{"type", "sticker.put"}, {"count", 250}});
    loop.bench.outbox().clear();
    const Pages pages(loop);
    BOOST_TEST(pages.events.size() == 250u);
    std::set<std::string> keys;
    for (const auto& e : pages.events) keys.insert(e["dedupe_key"]);
    BOOST_TEST(keys.size() == 250u);
}

BOOST_AUTO_TEST_CASE(a_history_may_have_several_shapes) {
    for (const char* records : {R"({"1772366399.120":21.5,"1772280000.000":1})", R"([[1772366399.120,21.5],["1772280000.000",1]])",
                                R"([{"value":21.5,"value_changed_ts":1772366399.120},{"value":1,"timestamp":1772280000}])"}) {
        Opened s(settings({{"twins", {k_twin}}}));
        auto job = page(s);
        BOOST_TEST(job->requests.at(0).url == "https://rest.trustedtwin.com/twins/" + k_twin +
                                                  "/ledgers/personal/history?ge=1772323200.000&le=1772409600.000&limit=100");
        job->reply(answer(200, R"({"entries":{"temperature":)" + std::string(records) + "}}"));
        const json d = json::parse(job->body);
        BOOST_REQUIRE_MESSAGE(d["events"].size() == 1u, records);
        BOOST_TEST(d["events"][0]["dedupe_key"] == "history:" + k_twin + ":personal:temperature:1772366399.120");
        BOOST_TEST(d["events"][0]["occurred_at"] == "2026-03-01T11:59:59.120Z");
        BOOST_TEST(d["cursor"] == "stickers:0");
    }
    Opened s(settings({{"twins", {k_twin}}}));
    auto job = page(s);
    job->reply(answer(200, R"({"entries":{"temperature":{"yesterday":1}}})"));
    BOOST_TEST(job->body.find("its history has an unknown form") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stickers_may_be_grouped) {
    Opened s;
    auto job = page(s, "stickers:0");
    job->reply(
        answer(200, R"({"stickers":{")" + k_account + R"(":{")" + k_twin + R"(":{"red":{"note":"n","created_ts":1772366399.120}}}}})"));
    const json d = json::parse(job->body);
    BOOST_REQUIRE(d["events"].size() == 1u);
    BOOST_TEST(d["events"][0]["dedupe_key"] == "sticker:" + k_account + ":" + k_twin + ":red:1772366399.120");
}

BOOST_AUTO_TEST_CASE(trouble_is_passed_on) {
    Opened s(settings({{"twins", {k_twin}}}));
    auto job = page(s);
    fake::Reply busy = answer(429, "{}");
    busy.headers.emplace_back("Retry-After", "7");
    job->reply(busy);
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_RETRY);
    BOOST_TEST(job->retry_after == 7000);
    job = page(s);
    job->reply(answer(401, R"({"subcode":401001})"));
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_REFUSED);
    for (const char* cursor : {"x", "twin:", "twin:-1", "stickers:9999999999"})
        BOOST_TEST(page(s, cursor)->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_AUTO_TEST_SUITE_END()
