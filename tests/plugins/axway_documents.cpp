// The kept document: snapshots, patches, errors, and what happens when one of them does not fit.
#include "tests/plugins/axway_support.hpp"

using namespace axway_test;

namespace {

struct Kept {
    std::string body, content_type;
    std::map<std::string, std::optional<std::string>> state;
};

struct Documents {
    explicit Documents(const std::string& settings = k_header) : source(plugin(), settings) {
        BOOST_REQUIRE(source.enrolled == GATEHOUSE_OK);
    }

    /// One notification as the host settles it; without commit it is as if the process ended before.
    Kept run(const std::string& type, const std::string& body, const std::string& event, bool committed = true,
             const std::string& subscription = "sub-1") {
        auto r = notification(type, body, event, subscription);
        auto job = source.fetch(r, type);
        BOOST_REQUIRE(job);
        BOOST_REQUIRE_MESSAGE(job->start() == GATEHOUSE_OK, source.host.reason);
        BOOST_REQUIRE_MESSAGE(job->asked == "finish", job->asked + " " + job->reason);
        BOOST_TEST(job->result == GATEHOUSE_RESULT_DOCUMENT);
        if (committed) commit(source, job->state);
        return {job->body, job->content_type, job->state};
    }
    nlohmann::json meta(const std::string& subscription = "sub-1") {
        const auto found = source.host.state.find("meta/" + subscription);
        return found == source.host.state.end() ? nlohmann::json() : nlohmann::json::parse(found->second);
    }
    std::string document() { return source.host.state["doc/sub-1"]; }
    size_t warnings() const { return source.host.logs.size() - 1; } // one at open: nothing is pinned

    fake::Source source;
};

constexpr const char* k_problem = "application/problem+json";

} // namespace

BOOST_AUTO_TEST_SUITE(axway_documents)

BOOST_AUTO_TEST_CASE(a_snapshot_is_the_document_byte_for_byte_and_a_patch_changes_it) {
    Documents d;
    const std::string snapshot = " { \"baz\" : \"qux\",\n \"n\":18446744073709551616.10 } ";
    const auto first = d.run("snapshot", snapshot, "t#1");
    BOOST_TEST(first.body == "{ \"baz\" : \"qux\",\n \"n\":18446744073709551616.10 }");
    BOOST_TEST(first.content_type == "application/json");
    const auto second = d.run("patch", R"([{"op":"replace","path":"/baz","value":[1.50]}])", "t#2");
    BOOST_TEST(second.body == R"({"baz":[1.50],"n":18446744073709551616.10})");
    BOOST_TEST(d.document() == second.body);
    BOOST_TEST(d.run("patch", R"({"op":"remove","path":"/baz"})", "t#3").body == R"({"n":18446744073709551616.10})");
    BOOST_TEST(d.run("snapshot", "[1,2]", "t#4").body == "[1,2]");
    BOOST_TEST(d.meta()["version"] == 4);
    BOOST_TEST(d.meta()["topic"] == "t-1");
    BOOST_TEST(d.source.host.state["known"] == R"(["sub-1"])");
    BOOST_TEST(d.warnings() == 0u);
}

BOOST_AUTO_TEST_CASE(a_job_that_runs_again_applies_nothing_twice) {
    Documents d;
    const std::string patch = R"([{"op":"add","path":"/-","value":"x"}])";
    d.run("snapshot", "[]", "t#1");
    // The process ended before the commit: the same job, from the same state.
    d.run("patch", patch, "t#2", false);
    BOOST_TEST(d.document() == "[]");
    const auto again = d.run("patch", patch, "t#2");
    BOOST_TEST(again.body == R"(["x"])");
    // The commit was there, the job comes once more (fetched again by an operator, or the outcome's note was lost).
    const auto third = d.run("patch", patch, "t#2");
    BOOST_TEST(third.body == R"(["x"])");
    BOOST_TEST(third.state.empty());
    BOOST_TEST(d.run("snapshot", "[7]", "t#1").body == R"(["x"])");
    for (int i = 3; i < 40; ++i) d.run("patch", patch, "t#" + std::to_string(i));
    BOOST_TEST(d.meta()["applied"].size() == 16u);
    BOOST_TEST(d.meta()["version"] == 39);
}

BOOST_AUTO_TEST_CASE(a_patch_that_does_not_apply_makes_the_document_stale_until_a_snapshot) {
    Documents d;
    d.run("snapshot", R"({"a":1})", "t#1");
    const auto failed = d.run("patch", R"([{"op":"replace","path":"/a","value":2},{"op":"remove","path":"/b"}])", "t#2");
    BOOST_TEST(failed.content_type == k_problem);
    const auto problem = nlohmann::json::parse(failed.body);
    BOOST_TEST(problem["title"] == "The document is stale");
    BOOST_TEST(problem["detail"].get<std::string>().find("patch t#2 does not apply: operation 1 (remove /b)") == 0u);
    BOOST_TEST(d.document() == R"({"a":1})"); // whole or not at all
    BOOST_REQUIRE(d.warnings() == 1u);
    BOOST_TEST(d.source.host.logs.back().find("sub-1") != std::string::npos);

    // It would apply, but not to what it was made for.
    BOOST_TEST(d.run("patch", R"([{"op":"replace","path":"/a","value":3}])", "t#3").content_type == k_problem);
    BOOST_TEST(d.document() == R"({"a":1})");
    BOOST_TEST(d.meta()["kept"] == 2);
    BOOST_TEST(d.meta()["state"] == "stale");
    BOOST_TEST(d.warnings() == 1u);
    auto listed = d.source.operation("documents", "{}");
    listed->start();
    BOOST_TEST(listed->body.find(R"("state":"stale")") != std::string::npos);
    BOOST_TEST(listed->body.find("does not apply") != std::string::npos);

    BOOST_TEST(d.run("snapshot", R"({"a":9})", "t#4").body == R"({"a":9})");
    BOOST_TEST(d.meta()["state"] == "current");
    BOOST_TEST(!d.meta().contains("reason"));
    BOOST_TEST(d.run("patch", R"([{"op":"remove","path":"/a"}])", "t#5").body == "{}");
    BOOST_TEST(d.warnings() == 2u); // it is told that all is well again
}

BOOST_AUTO_TEST_CASE(a_patch_before_the_first_snapshot_is_kept) {
    Documents d;
    const auto early = d.run("patch", "[]", "t#1");
    BOOST_TEST(early.content_type == k_problem);
    BOOST_TEST(nlohmann::json::parse(early.body)["title"] == "There is no document yet");
    BOOST_TEST(d.warnings() == 1u);
    BOOST_TEST(d.run("patch", "[]", "t#2").content_type == k_problem);
    BOOST_TEST(d.warnings() == 1u);
    BOOST_TEST(d.run("snapshot", "{}", "t#3").body == "{}");
}

BOOST_AUTO_TEST_CASE(an_error_keeps_the_document_and_its_code_is_remembered) {
    Documents d;
    BOOST_TEST(d.run("error", R"({"code":40404,"category":"subscription"})", "t#0").content_type == k_problem);
    d.run("snapshot", R"({"a":1})", "t#1");
    const auto e =
        d.run("error", R"({"datetime":"2018-09-03T13:16:02.120Z","code":70408,"category":"publication","message":"secret"})", "t#2");
    BOOST_TEST(e.body == R"({"a":1})");
    BOOST_TEST(d.meta()["error"]["code"] == 70408);
    BOOST_TEST(d.meta()["error"]["category"] == "publication");
    BOOST_TEST(d.meta().dump().find("secret") == std::string::npos);
    BOOST_TEST(d.meta()["version"] == 1);
    BOOST_TEST(d.run("error", "no json at all", "t#3").body == R"({"a":1})");
    BOOST_TEST(d.run("patch", R"([{"op":"remove","path":"/a"}])", "t#4").body == "{}");
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_kept_as_notification_only) {
    Documents d;
    d.run("snapshot", R"({"a":1})", "t#1");
    BOOST_TEST(d.run("snapshot", R"({"a":1,"a":2})", "t#2").content_type == k_problem);
    BOOST_TEST(d.meta()["reason"].get<std::string>().find("a snapshot is not JSON: offset") == 0u);
    d.run("snapshot", "{}", "t#3");
    auto r = notification("patch", "\x1f\x8b gzip", "t#4");
    r.set("Content-Encoding", "gzip");
    auto job = d.source.fetch(r, "patch");
    job->start();
    BOOST_TEST(job->content_type == k_problem);
    BOOST_TEST(d.source.host.logs.back().find("Content-Encoding gzip") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(documents_have_a_size_that_is_said_when_it_is_passed) {
    Documents d;
    const auto text = [](size_t size) { return '"' + std::string(size - 2, 'x') + '"'; };
    BOOST_TEST(d.run("snapshot", text(1 << 20), "t#1").body.size() == 1u << 20);
    const auto more = d.run("snapshot", text((1 << 20) + 1), "t#2");
    BOOST_TEST(more.content_type == k_problem);
    BOOST_TEST(more.body.find("1048577 bytes; at most 1 MiB") != std::string::npos);
    BOOST_TEST(d.document().size() == 1u << 20); // the last one that was good, marked as stale
    BOOST_TEST(d.meta()["state"] == "stale");
    d.run("snapshot", "[" + text((1 << 20) - 10) + "]", "t#3");
    const auto grown = d.run("patch", R"([{"op":"add","path":"/-","value":"0123456789"}])", "t#4");
    BOOST_TEST(grown.body.find("at most 1 MiB") != std::string::npos);

    Documents many;
    for (int i = 0; i < 15; ++i)
        BOOST_TEST(many.run("snapshot", text(1 << 20), "t#1", true, "s" + std::to_string(i)).content_type == "application/json");
    BOOST_TEST(many.run("snapshot", text(100), "t#1", true, "s15").body.find("more than 15 MiB") != std::string::npos);
    BOOST_TEST(many.run("snapshot", text(100), "t#2", true, "s3").content_type == "application/json");
    BOOST_TEST(many.run("snapshot", text(100), "t#2", true, "s15").content_type == "application/json");
    size_t bytes = 0;
    for (const auto& [key, value] : many.source.host.state) bytes += key.size() + value.size();
    BOOST_TEST(bytes < 16u << 20);
}

BOOST_AUTO_TEST_CASE(each_subscription_has_its_own_document) {
    Documents d;
    d.run("snapshot", "[1]", "t#1", true, "sub-1");
    d.run("snapshot", "[2]", "t#1", true, "sub-2");
    BOOST_TEST(d.run("patch", R"([{"op":"add","path":"/-","value":3}])", "t#2", true, "sub-2").body == "[2,3]");
    BOOST_TEST(d.document() == "[1]");
    BOOST_TEST(d.source.host.state["known"] == R"(["sub-1","sub-2"])");
}

BOOST_AUTO_TEST_CASE(a_delivery_that_recovery_found_lost_makes_the_document_stale) {
    Documents d;
    d.run("snapshot", "[]", "t#1");
    d.source.host.state["suspect/sub-1"] = "a patch of 2026-01-31 was not delivered";
    const auto p = d.run("patch", R"([{"op":"add","path":"/-","value":3}])", "t#3");
    BOOST_TEST(p.body.find("was not delivered") != std::string::npos);
    BOOST_TEST(d.document() == "[]");
    BOOST_TEST(d.run("snapshot", "[3]", "t#4").body == "[3]");
    BOOST_TEST(!d.source.host.state.contains("suspect/sub-1"));
    BOOST_TEST(d.run("patch", R"([{"op":"add","path":"/-","value":4}])", "t#5").body == "[3,4]");
}

BOOST_AUTO_TEST_CASE(what_is_let_in_late_neither_replaces_nor_changes_a_newer_document) {
    Documents d;
    d.run("snapshot", "[1]", "t#1");
    d.source.host.now += 3'600'000;
    d.run("snapshot", "[2]", "t#2");
    d.source.host.now -= 3'600'000; // received an hour ago, refused, let in now
    BOOST_TEST(d.run("snapshot", "[0]", "t#0").body == "[2]");
    BOOST_TEST(d.document() == "[2]");
    const auto late = d.run("patch", R"([{"op":"add","path":"/-","value":9}])", "t#9");
    BOOST_TEST(late.body.find("came after later ones") != std::string::npos);
    BOOST_TEST(d.document() == "[2]");
    d.source.host.now += 3'600'000;
    BOOST_TEST(d.run("snapshot", "[3]", "t#3").body == "[3]");
    d.source.host.now -= 59'000; // a clock that was set right
    BOOST_TEST(d.run("patch", R"([{"op":"add","path":"/-","value":4}])", "t#4").body == "[3,4]");
}

BOOST_AUTO_TEST_CASE(state_that_cannot_be_read_counts_as_stale) {
    Documents d;
    d.run("snapshot", "[1]", "t#1");
    d.source.host.state["doc/sub-1"] = "[1";
    BOOST_TEST(d.run("patch", "[]", "t#2").body.find("cannot be read") != std::string::npos);
    d.source.host.state["meta/sub-1"] = "{";
    BOOST_TEST(d.run("patch", "[]", "t#3").content_type == k_problem);
    BOOST_TEST(d.run("snapshot", "[2]", "t#4").body == "[2]");
}

BOOST_AUTO_TEST_CASE(events_as_published_have_nothing_to_fetch) {
    Documents d;
    auto r = notification("event", "{}");
    BOOST_TEST(!d.source.fetch(r, "event"));
    BOOST_TEST(!d.source.fetch(r, "unknown"));
}

BOOST_AUTO_TEST_SUITE_END()
