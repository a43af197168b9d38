// Routes, signatures, formats and verdicts: what a delivery looks like and what follows from its answer.
#include "core/base/encoding.hpp"
#include "core/base/json.hpp"
#include "core/delivery/message.hpp"
#include "core/delivery/routes.hpp"
#include "core/delivery/verdict.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::delivery;
using namespace std::chrono_literals;

namespace {

const Time k_now = *parse_rfc3339("2026-03-01T12:00:00.500Z");

store::Event event(std::string body = "{\"n\": 1.0 }", std::string type = "application/json") {
    store::Event e;
    e.id = *Uuid::parse("0195a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b");
    e.source = "bank";
    e.type = "user.created";
    e.subject = "users/1";
    e.received_at = *parse_rfc3339("2026-03-01T11:59:59.000Z");
    e.request.head = "Host: x\r\nContent-Type:  " + type + " \r\nX-Sign: secret\r\n";
    e.request.body = std::move(body);
    return e;
}

store::Document document(std::string body, std::string type = "application/json", bool gone = false) {
    return {std::move(type), std::move(body), k_now, gone};
}

config::Destination destination(config::Format format = config::Format::raw, config::Payload payload = config::Payload::notification) {
    config::Destination d;
    d.name = "app";
    d.url = "http://127.0.0.1:3000/events";
    d.format = format;
    d.payload = payload;
    return d;
}

Signer signer(std::initializer_list<const char*> texts) {
    std::vector<Secret> secrets;
    for (const char* text : texts) secrets.emplace_back(text);
    auto opened = Signer::open(secrets);
    BOOST_REQUIRE(opened.ok());
    return std::move(opened).value();
}

std::string field(const egress::Request& r, std::string_view name) {
    for (const auto& f : r.fields)
        if (f.name == name) return f.value;
    return "-";
}

egress::Response answered(int status, std::vector<http::Field> fields = {}) {
    egress::Response r;
    r.status = status;
    r.fields = std::move(fields);
    return r;
}

const std::vector<Millis> k_schedule = {5s, 5min, 2h};

} // namespace

BOOST_AUTO_TEST_CASE(type_patterns) {
    BOOST_TEST(type_matches("*", ""));
    BOOST_TEST(type_matches("*", "user.created"));
    BOOST_TEST(type_matches("user.*", "user.created"));
    BOOST_TEST(type_matches("user.*", "user.a.b"));
    BOOST_TEST(type_matches("user.created", "user.created"));
    BOOST_TEST(!type_matches("user.*", "user"));
    BOOST_TEST(!type_matches("user.*", "users.created"));
    BOOST_TEST(!type_matches("user.created", "user.created.now"));
    BOOST_TEST(!type_matches("", "user"));
    BOOST_TEST(!type_matches("User.*", "user.created"));
}

BOOST_AUTO_TEST_CASE(routes_name_each_destination_once_in_config_order) {
    auto c = std::make_shared<config::Config>();
    for (const char* name : {"a", "b", "c"}) {
        auto d = std::make_shared<config::Destination>();
        d->name = name;
        c->destinations.push_back(d);
    }
    c->routes = {{{"bank"}, {"user.*"}, {"c", "a"}, {}}, {{"fans", "bank"}, {}, {"a"}, {}}, {{"fans"}, {"*"}, {"b", "unknown"}, {}}};
    const Routes routes(c);
    using Names = std::vector<std::string>;
    BOOST_TEST((routes.destinations("bank", "user.created") == Names{"a", "c"}));
    BOOST_TEST((routes.destinations("bank", "other") == Names{"a"}));
    BOOST_TEST((routes.destinations("fans", "x") == Names{"a", "b"}));
    BOOST_TEST(routes.destinations("none", "x").empty());
}

BOOST_AUTO_TEST_CASE(signature_of_the_published_example) {
    // Standard Webhooks reference libraries use this one in their tests.
    const auto s = signer({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
    const char* expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    BOOST_TEST(s.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}") == expected);
    BOOST_TEST(signer({"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}") ==
               expected);
    BOOST_TEST(s.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\":2432232314}") != expected);
}

BOOST_AUTO_TEST_CASE(every_secret_signs) {
    const auto s = signer({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "c2Vjb25k"});
    const std::string both = s.sign("id", "1", "body");
    BOOST_TEST(both.find(' ') != std::string::npos);
    BOOST_TEST(both.substr(0, both.find(' ')) == signer({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}).sign("id", "1", "body"));
    BOOST_TEST(both.substr(both.find(' ') + 1) == signer({"c2Vjb25k"}).sign("id", "1", "body"));
    BOOST_TEST(signer({}).sign("id", "1", "body") == "");
}

BOOST_AUTO_TEST_CASE(a_bad_secret_is_named_by_its_place_only) {
    std::vector<Secret> secrets;
    secrets.emplace_back("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    secrets.emplace_back("whsec_not base64!");
    const auto opened = Signer::open(secrets);
    BOOST_REQUIRE(!opened.ok());
    BOOST_TEST(opened.error().message.find("secret 2") == 0u);
    BOOST_TEST(opened.error().message.find("not base64!") == std::string::npos);
    for (const char* text : {"", "whsec_"}) {
        std::vector<Secret> empty;
        empty.emplace_back(text);
        BOOST_TEST(!Signer::open(empty).ok());
    }
}

BOOST_AUTO_TEST_CASE(raw_carries_the_body_unchanged) {
    const std::string body("\0 not \xff json {", 15);
    auto e = event(body, "text/x-odd; charset=latin1");
    const auto s = signer({"c2VjcmV0"});
    const auto r = message_for(e, destination(), s, k_now);
    BOOST_TEST(r.method == "POST");
    BOOST_TEST(r.body == body);
    BOOST_TEST(field(r, "content-type") == "text/x-odd; charset=latin1");
    BOOST_TEST(field(r, "webhook-id") == e.id.text());
    BOOST_TEST(field(r, "webhook-timestamp") == "1772366400");
    BOOST_TEST(field(r, "webhook-signature") == s.sign(e.id.text(), "1772366400", body));
    BOOST_TEST(field(r, "gatehouse-source") == "bank");
    BOOST_TEST(field(r, "gatehouse-event-type") == "user.created");
    BOOST_TEST(field(r, "gatehouse-trust") == "-");
    BOOST_TEST(field(r, "gatehouse-document") == "-");
    BOOST_TEST(field(r, "X-Sign") == "-"); // the provider's own fields stay inside
    e.request.head = "Host: x\r\n";
    e.trust = store::Trust::unverified_origin;
    e.type = "odd type\r\n\xc3\xa4";
    const auto untyped = message_for(e, destination(), s, k_now);
    BOOST_TEST(field(untyped, "content-type") == "application/octet-stream");
    BOOST_TEST(field(untyped, "gatehouse-trust") == "unverified-origin");
    BOOST_TEST(field(untyped, "gatehouse-event-type") == "odd%20type%0D%0A%C3%A4");
}

BOOST_AUTO_TEST_CASE(payload_document_falls_back_to_the_notification) {
    const auto d = destination(config::Format::raw, config::Payload::document);
    const auto s = signer({});
    auto e = event("note", "text/plain");
    auto r = message_for(e, d, s, k_now);
    BOOST_TEST(r.body == "note");
    BOOST_TEST(field(r, "content-type") == "text/plain");
    BOOST_TEST(field(r, "gatehouse-document") == "absent");
    BOOST_TEST(field(r, "webhook-signature") == "-");
    e.document = document("{\"full\":true}", "application/vnd.x+json");
    r = message_for(e, d, s, k_now);
    BOOST_TEST(r.body == "{\"full\":true}");
    BOOST_TEST(field(r, "content-type") == "application/vnd.x+json");
    BOOST_TEST(field(r, "gatehouse-document") == "fetched");
    e.document = document("USER_NOT_FOUND", "text/plain", true);
    r = message_for(e, d, s, k_now);
    BOOST_TEST(r.body == "note");
    BOOST_TEST(field(r, "gatehouse-document") == "gone");
}

BOOST_AUTO_TEST_CASE(payload_both_splices_json_byte_for_byte) {
    const auto d = destination(config::Format::raw, config::Payload::both);
    auto e = event();
    BOOST_TEST(content_of(e, d).body == "{\"notification\":{\"n\": 1.0 },\"document\":null,\"gone\":false}");
    e.document = document("[18446744073709551616]");
    BOOST_TEST(content_of(e, d).body == "{\"notification\":{\"n\": 1.0 },\"document\":[18446744073709551616],\"gone\":false}");
    BOOST_TEST(content_of(e, d).type == "application/json");
    e.document->gone = true;
    BOOST_TEST(content_of(e, d).body == "{\"notification\":{\"n\": 1.0 },\"document\":null,\"gone\":true}");
    e = event("a=1&b=2", "application/x-www-form-urlencoded");
    e.document = document("\xff\xfe", "application/octet-stream");
    BOOST_TEST(content_of(e, d).body == "{\"notification_base64\":\"YT0xJmI9Mg==\",\"document_base64\":\"//4=\",\"gone\":false}");
}

BOOST_AUTO_TEST_CASE(cloudevents_binary) {
    const auto d = destination(config::Format::cloudevents_binary);
    auto e = event();
    e.subject = "a \"b\" 100% \xc3\xa4";
    e.ordering_key = "k1";
    const auto r = message_for(e, d, signer({}), k_now);
    BOOST_TEST(r.body == e.request.body);
    BOOST_TEST(field(r, "content-type") == "application/json");
    BOOST_TEST(field(r, "ce-specversion") == "1.0");
    BOOST_TEST(field(r, "ce-id") == e.id.text());
    BOOST_TEST(field(r, "ce-source") == "/sources/bank");
    BOOST_TEST(field(r, "ce-type") == "user.created");
    BOOST_TEST(field(r, "ce-time") == "2026-03-01T11:59:59.000Z");
    BOOST_TEST(field(r, "ce-subject") == "a%20%22b%22%20100%25%20%C3%A4");
    BOOST_TEST(field(r, "ce-partitionkey") == "k1");
    BOOST_TEST(field(r, "ce-gatehousetrust") == "-");
}

BOOST_AUTO_TEST_CASE(cloudevents_structured) {
    const auto d = destination(config::Format::cloudevents_structured);
    auto e = event();
    e.occurred_at = *parse_rfc3339("2026-03-01T10:00:00Z");
    const auto c = content_of(e, d);
    BOOST_TEST(c.type == "application/cloudevents+json; charset=UTF-8");
    BOOST_TEST(
        c.body ==
        "{\"specversion\":\"1.0\",\"id\":\"" + e.id.text() +
            "\",\"source\":\"/sources/bank\",\"type\":\"user.created\",\"time\":\"2026-03-01T10:00:00.000Z\",\"subject\":\"users/1\","
            "\"datacontenttype\":\"application/json\",\"data\":{\"n\": 1.0 }}");
    BOOST_TEST(json::is_json(c.body));
    // JSON posted as text/plain is JSON all the same; anything else is carried as bytes.
    BOOST_TEST(content_of(event("{\"a\":1}", "text/plain; charset=UTF-8"), d)
                   .body.ends_with("\"datacontenttype\":\"application/json\",\"data\":{\"a\":1}}"));
    BOOST_TEST(content_of(event("12", "text/plain"), d).body.ends_with("\"datacontenttype\":\"text/plain\",\"data_base64\":\"MTI=\"}"));
    BOOST_TEST(content_of(event("{\"a\":1", "application/json"), d)
                   .body.ends_with("\"datacontenttype\":\"application/json\",\"data_base64\":\"eyJhIjox\"}"));
    BOOST_TEST(content_of(event("\"\xff\"", "application/json"), d).body.ends_with("\"data_base64\":\"Iv8i\"}"));
    BOOST_TEST(content_of(event("[1]", "application/problem+json"), d)
                   .body.ends_with("\"datacontenttype\":\"application/problem+json\",\"data\":[1]}"));
    BOOST_TEST(content_of(event("", "application/json"), d).body.ends_with("\"data_base64\":\"\"}"));
    const auto deep = std::string(200, '[') + std::string(200, ']');
    BOOST_TEST(content_of(event(deep), d).body.find("data_base64") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(trace_context_passes_when_it_is_one) {
    auto e = event();
    const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    e.request.head += "TraceParent: " + good + "\r\ntracestate: a=1,b=2\r\n";
    auto r = message_for(e, destination(), signer({}), k_now);
    BOOST_TEST(field(r, "traceparent") == good);
    BOOST_TEST(field(r, "tracestate") == "a=1,b=2");
    for (const char* bad :
         {"x", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
        e.request.head = std::string("traceparent: ") + bad + "\r\ntracestate: a=1\r\n";
        r = message_for(e, destination(), signer({}), k_now);
        BOOST_TEST(field(r, "traceparent") == "-", bad);
        BOOST_TEST(field(r, "tracestate") == "-", bad);
    }
}

BOOST_AUTO_TEST_CASE(fields_of_a_stored_head) {
    BOOST_TEST(field_of("A: 1\r\nB:2 \r\nb: 3\r\n", "b") == "2");
    BOOST_TEST(field_of("A: 1\r\nB:\r\n", "B") == "");
    BOOST_TEST(field_of("nonsense\r\nA: 1", "a") == "1");
    BOOST_TEST(field_of("", "a") == "");
}

BOOST_AUTO_TEST_CASE(verdicts) {
    using Kind = Verdict::Kind;
    const auto kind = [](const egress::Response& r, int made = 0) { return judge(r, made, k_schedule, k_now, 0).kind; };
    for (const int status : {200, 201, 202, 204, 299}) BOOST_TEST((kind(answered(status)) == Kind::delivered));
    for (const int status : {301, 304, 400, 401, 404, 408, 429, 500, 502, 503, 504, 599}) {
        BOOST_TEST((kind(answered(status)) == Kind::retry));
        BOOST_TEST((kind(answered(status), 3) == Kind::dead));
    }
    BOOST_TEST((kind(answered(410)) == Kind::gone));
    BOOST_TEST((kind(answered(410), 99) == Kind::gone));
    egress::Response failed;
    failed.failure = egress::Failure::timeout;
    failed.error = "host:1: slow";
    BOOST_TEST((kind(failed) == Kind::retry));
    BOOST_TEST(judge(failed, 0, k_schedule, k_now, 0).outcome == "timeout");
    BOOST_TEST(judge(answered(503), 0, k_schedule, k_now, 0).outcome == "http_503");
    BOOST_TEST(judge(answered(503), 0, k_schedule, k_now, 0).family == "http_5xx");
    // A status that came with a broken body is no success; one with too long a body is.
    failed.status = 200;
    failed.failure = egress::Failure::truncated;
    BOOST_TEST((kind(failed) == Kind::retry));
    failed.failure = egress::Failure::too_large;
    BOOST_TEST((kind(failed) == Kind::delivered));
    failed.status = 0;
    BOOST_TEST((kind(failed) == Kind::retry));
    for (const int status : {429, 502, 504}) BOOST_TEST(judge(answered(status), 0, k_schedule, k_now, 0).throttle);
    for (const int status : {400, 410, 500, 503}) BOOST_TEST(!judge(answered(status), 0, k_schedule, k_now, 0).throttle);
}

BOOST_AUTO_TEST_CASE(waits_follow_the_schedule_with_a_tenth_of_jitter) {
    const auto wait = [](int made, double jitter, std::vector<http::Field> fields = {}) {
        return *judge(answered(500, std::move(fields)), made, k_schedule, k_now, jitter).next - k_now;
    };
    BOOST_TEST((wait(0, 0) == 5s));
    BOOST_TEST((wait(1, 0) == 5min));
    BOOST_TEST((wait(2, 0) == 2h));
    BOOST_TEST((wait(0, 1) == 5500ms));
    BOOST_TEST((wait(0, -1) == 4500ms));
    BOOST_TEST((wait(0, 0, {{"Retry-After", "120"}}) == 120s));
    BOOST_TEST((wait(1, 0, {{"retry-after", "120"}}) == 5min)); // the schedule waits longer
    BOOST_TEST((wait(0, 0, {{"Retry-After", "soon"}}) == 5s));
    BOOST_TEST(!judge(answered(500), 3, k_schedule, k_now, 0).next);
    BOOST_TEST((judge(answered(500), 0, {}, k_now, 0).kind == Verdict::Kind::dead));
}

BOOST_AUTO_TEST_CASE(retry_after_in_all_its_forms) {
    const auto wait = [](const char* text) -> std::optional<Millis> {
        const auto until = parse_retry_after(text, k_now);
        return until ? std::optional(*until - k_now) : std::nullopt;
    };
    BOOST_TEST((wait("0") == 0ms));
    BOOST_TEST((wait("7") == 7s));
    BOOST_TEST((wait("86400") == 24h));
    BOOST_TEST((wait("86401") == 24h));
    BOOST_TEST((wait("99999999999999999999999999") == 24h));
    BOOST_TEST((wait("Sun, 01 Mar 2026 12:01:00 GMT") == 59500ms));
    BOOST_TEST((wait("Sunday, 01-Mar-26 12:01:00 GMT") == 59500ms));
    BOOST_TEST((wait("Sun Mar  1 12:01:00 2026") == 59500ms));
    BOOST_TEST((wait("Sat, 28 Feb 2026 12:01:00 GMT") == 0ms));
    BOOST_TEST((wait("Fri, 01 Mar 2030 12:01:00 GMT") == 24h));
    for (const char* text : {"", "-1", "+5", "1.5", "5s", "tomorrow", "Sun, 01 Mar 2026 12:01:00", "0x10"}) BOOST_TEST(!wait(text), text);
}
