// The conformance check of plugins, with one bad verifier per rule; and captured requests.
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/cli/check_rules.hpp"
#include "core/cli/conformance.hpp"
#include "core/cli/mutants.hpp"
#include "core/cli/raw_request.hpp"

#include <fstream>
#include <functional>
#include <set>

#include "tests/unit/cli_support.hpp"

using namespace gh;
using namespace gh::cli;

namespace {

using Verify = std::function<plugin::Verdict(const http::Request&)>;

plugin::Refusal refusal(const char* code) {
    return {403, code, "look", {}};
}

std::string signature(std::string_view body) {
    uint8_t digest[64];
    const std::string_view parts[] = {body};
    const size_t n = hmac(HashAlgorithm::sha256, "secret-key", parts, digest);
    return to_hex({reinterpret_cast<char*>(digest), n});
}

/// The type is the body's first word; the subject the second.
class Fake final : public plugin::Source {
public:
    explicit Fake(Verify v) : verify_(std::move(v)) { config_.path = "/sample"; }
    const std::string& name() const override { return config_.name; }
    const std::string& plugin_name() const override { return config_.plugin; }
    const config::Source& config() const override { return config_; }
    const std::vector<plugin::Route>& routes() const override { return routes_; }
    const std::vector<plugin::Operation>& operations() const override { return operations_; }
    const std::shared_ptr<const egress::Policy>& policy() const override { return policy_; }
    plugin::Verdict verify(const plugin::Route&, const http::Request& r) const override { return verify_(r); }
    plugin::Outcome handle(const plugin::Route&, const http::Request& r, const plugin::Acceptance&) const override {
        plugin::EventDraft d;
        const json::Value body = json::parse(r.body).ok() ? json::parse(r.body).value() : json::Value{};
        d.type = body.kind == json::Kind::object ? std::string(body.text_of("type")) : r.body.substr(0, r.body.find(' '));
        d.dedupe_key = "k";
        return d;
    }
    bool fetches(std::string_view) const override { return false; }
    std::optional<std::variant<plugin::Job, plugin::Fault>> fetch_back(const store::Event&, int) const override { return std::nullopt; }
    std::variant<plugin::Job, plugin::Fault> operation(const std::string&, const std::string&) const override {
        return plugin::Fault{"none"};
    }
    void apply_state(const std::vector<store::StateChange>&) override {}

private:
    Verify verify_;
    config::Source config_;
    std::vector<plugin::Route> routes_{{"POST", "/sample", 1u << 20, 0}, {"POST", "/sample/deeper", 1u << 20, 1}};
    std::vector<plugin::Operation> operations_;
    std::shared_ptr<const egress::Policy> policy_;
};

plugin::Sample sample(bool accept, const std::string& head, const std::string& body, const std::string& code) {
    plugin::Sample s;
    s.name = accept ? "good" : "bad";
    s.settings_json = "{\"api_key\":\"a-long-api-key\"}";
    s.request = "POST /sample HTTP/1.1\nHost: x\n" + head + "\n" + body;
    s.accept = accept;
    s.code = code;
    s.at = *parse_rfc3339("2026-01-01T00:00:00Z");
    return s;
}

std::vector<plugin::Sample> header_signed() {
    const std::string body = "user.created u1";
    return {sample(true, "X-Signature: " + signature(body) + "\n", body, "user.created"),
            sample(false, "X-Signature: " + signature("else") + "\n", body, "signature_mismatch")};
}

std::vector<RuleResult> run(const std::vector<plugin::Sample>& samples, Verify v) {
    ManualClock clock(Time{});
    const auto source = std::make_shared<Fake>(std::move(v));
    const Trial trial{samples, [&](const plugin::Sample&) { return Result<std::shared_ptr<plugin::Source>>(source); }, clock};
    ResultList found;
    check_samples(trial, found);
    check_changes(trial, found);
    check_threads(trial, found);
    FuzzPlan plan;
    plan.cases = 200;
    check_fuzz(trial, plan, found);
    return found.results;
}

/// "13 check: detail; 22 check: detail" of all that did not pass.
std::string bad(const std::vector<RuleResult>& results, RuleResult::State state = RuleResult::State::failed) {
    std::string out;
    for (const auto& r : results)
        if (r.state == state) out += std::to_string(r.rule) + " " + r.check + ": " + r.detail + "; ";
    return out;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

plugin::Verdict whole_body(const http::Request& r) {
    if (r.field("X-Signature").value_or("") != signature(r.body)) return refusal("signature_mismatch");
    return plugin::Acceptance{};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_conformance)

BOOST_AUTO_TEST_CASE(a_verifier_over_the_whole_body_passes) {
    const auto results = run(header_signed(), whole_body);
    BOOST_TEST(bad(results).empty(), bad(results));
    BOOST_TEST(bad(results, RuleResult::State::warned).empty(), bad(results, RuleResult::State::warned));
    BOOST_TEST(results.size() >= 8u);
}

BOOST_AUTO_TEST_CASE(one_that_always_says_yes_fails) {
    const auto results = run(header_signed(), [](const http::Request&) { return plugin::Acceptance{}; });
    BOOST_TEST(has(bad(results), "should be refused"), bad(results));
    BOOST_TEST(has(bad(results), "does not cover the body"), bad(results));
}

BOOST_AUTO_TEST_CASE(one_that_reads_only_a_part_of_the_body_fails) {
    const std::string body = "user.created u1";
    auto samples = header_signed();
    samples[0].request = "POST /sample HTTP/1.1\nHost: x\nX-Signature: " + signature(body.substr(0, 12)) + "\n\n" + body;
    const auto results = run(samples, [](const http::Request& r) -> plugin::Verdict {
        if (r.field("X-Signature").value_or("") != signature(std::string_view(r.body).substr(0, 12))) return refusal("signature_mismatch");
        return plugin::Acceptance{};
    });
    BOOST_TEST(has(bad(results), "does not cover the body"), bad(results));
}

BOOST_AUTO_TEST_CASE(one_that_encodes_the_body_anew_fails) {
    const std::string body = "{\"type\":\"a\"}";
    auto squeezed = [](std::string b) {
        std::erase(b, ' ');
        return b;
    };
    const std::vector<plugin::Sample> samples = {sample(true, "X-Signature: " + signature(body) + "\n", body, "a"),
                                                 sample(false, "X-Signature: 00\n", body, "signature_mismatch")};
    const auto results = run(samples, [&](const http::Request& r) -> plugin::Verdict {
        if (r.field("X-Signature").value_or("") != signature(squeezed(r.body))) return refusal("signature_mismatch");
        return plugin::Acceptance{};
    });
    BOOST_TEST(has(bad(results), "a space added to the body"), bad(results));
}

BOOST_AUTO_TEST_CASE(one_that_faults_on_strange_requests_fails) {
    const auto results = run(header_signed(), [](const http::Request& r) -> plugin::Verdict {
        if (!r.field("X-Signature")) return plugin::Fault{"crashed"};
        return whole_body(r);
    });
    BOOST_TEST(has(bad(results), "header X-Signature left out: crashed"), bad(results));
}

BOOST_AUTO_TEST_CASE(a_bearer_credential_proves_no_body_and_that_is_said) {
    const auto results = run({sample(true, "Authorization: Bearer t0ken\n", "a b", "a"), sample(false, "\n", "a b", "token_missing")},
                             [](const http::Request& r) -> plugin::Verdict {
                                 if (r.field("Authorization").value_or("") != "Bearer t0ken") return refusal("token_missing");
                                 return plugin::Acceptance{};
                             });
    BOOST_TEST(bad(results).empty(), bad(results));
    BOOST_TEST(has(bad(results, RuleResult::State::warned), "nothing proves the body"));
    // A header that nobody looks at is no proof.
    const auto ignored = run({sample(true, "Authorization: Bearer t0ken\n", "a b", "a"), sample(false, "X-Bad: 1\n", "a b", "x")},
                             [](const http::Request& r) -> plugin::Verdict {
                                 if (r.field("X-Bad")) return refusal("x");
                                 return plugin::Acceptance{};
                             });
    BOOST_TEST(has(bad(ignored), "does not cover the body"), bad(ignored));
}

BOOST_AUTO_TEST_CASE(a_signature_inside_the_body_may_leave_other_members_open_but_not_the_event) {
    const auto body = [](const std::string& type, const std::string& note) {
        return "{\"type\":\"" + type + "\",\"Signature\":\"" + signature(type) + "\",\"note\":\"" + note + "\"}";
    };
    const auto inside = [](const http::Request& r) -> plugin::Verdict {
        const auto v = json::parse(r.body);
        if (!v || v->text_of("Signature") != signature(v->text_of("type"))) return refusal("signature_mismatch");
        return plugin::Acceptance{};
    };
    const auto bad_sample = sample(false, "", "{\"type\":\"a\",\"Signature\":\"00\"}", "signature_mismatch");
    const auto few = run({sample(true, "", body("user.created", "n"), "user.created"), bad_sample}, inside);
    BOOST_TEST(bad(few).empty(), bad(few));
    BOOST_TEST(has(bad(few, RuleResult::State::warned), "bytes outside the signature"));
    const auto many = run({sample(true, "", body("user.created", std::string(400, 'n')), "user.created"), bad_sample}, inside);
    BOOST_TEST(has(bad(many), "bytes outside the signature"), bad(many));
    const auto other =
        run({sample(true, "", body("user.created", "n"), "user.created"), bad_sample}, [](const http::Request& r) -> plugin::Verdict {
            const auto v = json::parse(r.body);
            if (!v || v->text_of("Signature").size() < 10) return refusal("signature_mismatch");
            return plugin::Acceptance{};
        });
    BOOST_TEST(has(bad(other), "makes another event"), bad(other));
}

BOOST_AUTO_TEST_CASE(samples_must_be_there_and_keep_their_word) {
    BOOST_TEST(has(bad(run({}, whole_body)), "at least one sample"));
    BOOST_TEST(has(bad(run({header_signed()[0]}, whole_body)), "at least one sample"));
    auto wrong_type = header_signed();
    wrong_type[0].code = "user.deleted";
    BOOST_TEST(has(bad(run(wrong_type, whole_body)), "should have the type \"user.deleted\""));
    auto wrong_code = header_signed();
    wrong_code[1].code = "timestamp_too_old";
    BOOST_TEST(has(bad(run(wrong_code, whole_body)), "should be refused as \"timestamp_too_old\""));
    auto no_route = header_signed();
    no_route[0].request.replace(0, 5, "GET ");
    BOOST_TEST(has(bad(run(no_route, whole_body)), "no route takes"));
    const auto nothing = run(header_signed(), [](const http::Request&) { return refusal("signature_mismatch"); });
    BOOST_TEST(has(bad(nothing), "nothing could be changed"), bad(nothing));
}

BOOST_AUTO_TEST_CASE(another_answer_the_second_time_fails) {
    int asked = 0;
    const auto results = run(header_signed(), [&](const http::Request& r) -> plugin::Verdict {
        return ++asked == 2 ? plugin::Verdict(refusal("signature_mismatch")) : whole_body(r);
    });
    BOOST_TEST(has(bad(results), "12 same answer twice: good"), bad(results));
}

BOOST_AUTO_TEST_CASE(a_signed_time_that_is_not_reported_fails) {
    const std::string body = "user.created u1", at = "1767225600";
    const std::vector<plugin::Sample> samples = {
        sample(true, "X-Time: " + at + "\nX-Signature: " + signature(at + body) + "\n", body, "user.created"),
        sample(false, "X-Time: " + at + "\nX-Signature: 00\n", body, "signature_mismatch")};
    const auto verify = [](bool report) {
        return [report](const http::Request& r) -> plugin::Verdict {
            const std::string time(r.field("X-Time").value_or(""));
            if (r.field("X-Signature").value_or("") != signature(time + r.body)) return refusal("signature_mismatch");
            plugin::Acceptance yes;
            yes.tolerance_past = yes.tolerance_future = std::chrono::minutes(5);
            if (report) yes.signed_at = from_unix_ms(std::atoll(time.c_str()) * 1000);
            return yes;
        };
    };
    BOOST_TEST(bad(run(samples, verify(true))).empty(), bad(run(samples, verify(true))));
    BOOST_TEST(has(bad(run(samples, verify(false))), "17 a month later: good"), bad(run(samples, verify(false))));
}

BOOST_AUTO_TEST_CASE(a_time_that_nobody_signs_and_everybody_believes_fails) {
    const std::string body = "user.created u1";
    const std::vector<plugin::Sample> samples = {
        sample(true, "X-Time: 1767225600\nX-Signature: " + signature(body) + "\n", body, "user.created"),
        sample(false, "X-Time: 1767225600\nX-Signature: 00\n", body, "signature_mismatch")};
    const auto results = run(samples, [](const http::Request& r) -> plugin::Verdict {
        if (r.field("X-Signature").value_or("") != signature(r.body)) return refusal("signature_mismatch");
        plugin::Acceptance yes;
        yes.tolerance_past = yes.tolerance_future = std::chrono::minutes(5);
        yes.signed_at = from_unix_ms(std::atoll(std::string(r.field("X-Time").value_or("")).c_str()) * 1000);
        return yes;
    });
    BOOST_TEST(has(bad(results), "17 the time is signed: good"), bad(results));
}

BOOST_AUTO_TEST_CASE(the_signature_of_another_sample_is_tried) {
    auto samples = header_signed();
    samples.push_back(sample(true, "X-Signature: " + signature("user.created u2") + "\n", "user.created u2", "user.created"));
    samples.back().name = "second";
    const auto results = run(samples, whole_body);
    BOOST_TEST(bad(results).empty(), bad(results));
    const std::string passed = bad(results, RuleResult::State::passed);
    BOOST_TEST(has(passed, "13 another sample's signature is refused: good with that of second"), passed);
    BOOST_TEST(has(passed, "13 another sample's signature is refused: second with that of good"), passed);
}

BOOST_AUTO_TEST_CASE(random_requests_are_the_same_for_the_same_seed) {
    ManualClock clock(Time{});
    const auto source = std::make_shared<Fake>(whole_body);
    const Trial trial{header_signed(), [&](const plugin::Sample&) { return Result<std::shared_ptr<plugin::Source>>(source); }, clock};
    std::set<std::string> bodies;
    for (uint64_t i = 0; i < 50; ++i) {
        const auto a = fuzz_case(trial, 7, i), b = fuzz_case(trial, 7, i);
        BOOST_TEST(a.body == b.body);
        BOOST_TEST(a.fields.size() == b.fields.size());
        bodies.insert(a.body);
    }
    BOOST_TEST(bodies.size() > 10u);
    BOOST_TEST(fuzz_case(trial, 7, 3).body != fuzz_case(trial, 8, 3).body);
}

BOOST_AUTO_TEST_CASE(a_fault_on_a_random_request_is_found_and_can_be_found_again) {
    const Verify fragile = [](const http::Request& r) -> plugin::Verdict {
        if (r.body.find('\0') != std::string::npos || r.body.size() < 3) return plugin::Fault{"stumbled"};
        return whole_body(r);
    };
    const auto first = bad(run(header_signed(), fragile)), second = bad(run(header_signed(), fragile));
    BOOST_TEST(has(first, "14 random requests, seed 1: case "), first);
    BOOST_TEST(first == second);
}

BOOST_AUTO_TEST_CASE(the_rules_checked_are_those_of_the_book) {
    std::ifstream in(std::string(GATEHOUSE_SOURCE_DIR) + "/sdk/RULES.md");
    BOOST_REQUIRE(in);
    std::set<int> book, here;
    for (std::string line; std::getline(in, line);) {
        if (line.size() < 4 || line[0] != '|' || line[2] < '0' || line[2] > '9') continue;
        const size_t last = line.rfind(" | ");
        const std::string who = line.substr(last);
        const int number = std::atoi(line.c_str() + 2);
        const size_t check = who.find("check");
        if (check != std::string::npos && who.compare(check, 14, "check (by rule") != 0) BOOST_TEST(book.insert(number).second, number);
    }
    for (const auto& rule : checked_rules()) {
        BOOST_TEST(here.insert(rule.number).second, rule.number);
        BOOST_TEST(!rule.title.empty());
        BOOST_TEST(rule_title(rule.number) == rule.title);
    }
    BOOST_TEST(book == here, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(captured_requests_are_read_byte_for_byte) {
    const auto lf = parse_raw_request("POST /a/b?x=1 HTTP/1.1\nHost: h\nX-A:  v \n\nline\r\nend\n");
    const auto crlf = parse_raw_request("POST /a/b?x=1 HTTP/1.1\r\nHost: h\r\nX-A:  v \r\n\r\nline\r\nend\n");
    for (const auto* r : {&lf, &crlf}) {
        BOOST_REQUIRE(r->ok());
        const auto& request = (*r)->request;
        BOOST_TEST(request.method == "POST");
        BOOST_TEST(request.path == "/a/b");
        BOOST_TEST(request.query == "x=1");
        BOOST_TEST(*request.field("x-a") == "v");
        BOOST_TEST(request.body == "line\r\nend\n");
        BOOST_TEST((*r)->note.empty());
    }
    BOOST_TEST(has(parse_raw_request("POST / HTTP/1.1\nContent-Length: 2\n\nabc")->note, "has 3 bytes"));
    BOOST_TEST(parse_raw_request("GET / HTTP/1.1\nHost: h\n").ok());
    for (const char* text : {"", "POST /", "POST / HTTP/1.1", "POST x HTTP/1.1\n\n", "hello world\n\n", "POST / HTTP/1.1\nno colon\n\n",
                             "POST / HTTP/1.1\n: v\n\n", "POST / HTTP/1.1\nA : v\n\n", "POST / HTTP/1.1\nHost: h\nbody",
                             "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n0\n"})
        BOOST_TEST(!parse_raw_request(text).ok(), text);
}

BOOST_AUTO_TEST_CASE(mutants_are_bounded_and_each_differs) {
    http::Request r;
    r.fields = {{"A", std::string(4'000, 'x')}, {"B", ""}};
    r.body.assign(1u << 20, 'z');
    const auto all = mutants(r);
    BOOST_TEST(all.size() < 400u);
    for (const auto& m : all) {
        bool differs = m.request.body != r.body || m.request.fields.size() != r.fields.size();
        for (size_t i = 0; !differs && i < r.fields.size(); ++i) differs = m.request.fields[i].value != r.fields[i].value;
        BOOST_TEST(differs, m.what);
    }
    BOOST_TEST(!mutants(http::Request{}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
