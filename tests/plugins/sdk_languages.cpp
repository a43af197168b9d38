// The same provider in C++, C and Rust (sdk/examples): every request gets the same answer from each.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/plugins/fake_host.hpp"

namespace {

std::vector<std::string> names() {
    std::vector<std::string> out(1);
    for (const char c : std::string_view(PARCELS)) {
        if (c == ',')
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}
const std::vector<std::string> k_names = names();

const fake::Plugin& plugin(const std::string& name) {
    static std::map<std::string, fake::Plugin> all;
    auto i = all.find(name);
    if (i == all.end()) i = all.emplace(name, fake::Plugin(std::string(PARCEL_DIR) + "/" + name + ".so")).first;
    return i->second;
}

constexpr const char* k_settings = R"({"secret": ["old", "new"], "api_key": "k"})";
const std::string k_body = "id=n-1&type=parcel.sent&parcel=p-17";

fake::Request signed_with(const std::string& secret, const std::string& body) {
    uint8_t digest[64];
    const std::string_view parts[] = {body};
    const size_t size = gh::hmac(gh::HashAlgorithm::sha256, secret, parts, digest);
    fake::Request r;
    r.body = body;
    return r.set("x-parcel-signature", gh::to_hex({reinterpret_cast<const char*>(digest), size}));
}

struct Parcel {
    explicit Parcel(const std::string& name) : source(plugin(name), k_settings) {}
    std::string verify(fake::Request r) {
        const fake::Answer a = source.verify(r);
        BOOST_TEST(a.calls == 1);
        return a.kind == "refuse" ? std::to_string(a.http_status) + " " + a.code : a.kind;
    }
    fake::Answer handle(fake::Request r) {
        const fake::Answer a = source.verify(r);
        BOOST_REQUIRE(a.kind == "accept");
        return source.handle(r, a);
    }
    std::unique_ptr<fake::Job> fetch(const std::string& subject = "p-17") {
        fake::Request r = signed_with("new", k_body);
        return source.fetch(r, "parcel.sent", subject);
    }
    /// How a job ends that got this reply: "document …", "gone", "retry 5000", "refused", "invalid".
    std::string end(const fake::Reply& reply) {
        const auto job = fetch();
        BOOST_TEST(job->start() == GATEHOUSE_OK);
        BOOST_TEST(job->reply(reply) == GATEHOUSE_OK);
        BOOST_TEST(job->asks == 1);
        if (job->result == GATEHOUSE_RESULT_DOCUMENT) return "document " + job->body;
        if (job->result == GATEHOUSE_RESULT_GONE) return "gone";
        if (job->failure == GATEHOUSE_FAIL_RETRY) return "retry " + std::to_string(job->retry_after);
        return job->failure == GATEHOUSE_FAIL_REFUSED ? "refused" : "invalid";
    }
    fake::Source source;
};

fake::Reply status(int code) {
    fake::Reply r;
    r.status = code;
    r.body = "{\"parcel\":1}";
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_languages)

BOOST_DATA_TEST_CASE(the_samples_end_as_they_say, k_names, name) {
    BOOST_TEST(fake::text(plugin(name)->name) == name);
    BOOST_TEST(plugin(name)->sample_count == 3u);
    for (size_t i = 0; i < plugin(name)->sample_count; ++i) BOOST_TEST(fake::check(plugin(name), *plugin(name)->samples[i]) == "");
}

BOOST_DATA_TEST_CASE(what_is_enrolled, k_names, name) {
    Parcel p(name);
    BOOST_REQUIRE(p.source.enrolled == GATEHOUSE_OK);
    BOOST_REQUIRE(p.source.egress.size() == 1);
    BOOST_TEST(p.source.egress[0].host == "api.parcel.example");
    BOOST_TEST(p.source.egress[0].path_prefix == "/v1/");
    BOOST_REQUIRE(p.source.routes.size() == 1);
    BOOST_TEST(p.source.routes[0].method == "POST");
    BOOST_TEST(p.source.routes[0].verifier == "signature");
    BOOST_REQUIRE(p.source.fetches.size() == 1);
    BOOST_TEST(p.source.fetches[0].pattern == "parcel.*");
    BOOST_REQUIRE(p.source.operations.size() == 1);
    BOOST_TEST(p.source.operations[0].name == "status");
}

BOOST_DATA_TEST_CASE(signatures, k_names, name) {
    Parcel p(name);
    const fake::Request good = signed_with("new", k_body);
    BOOST_TEST(p.verify(good) == "accept");
    BOOST_TEST(p.verify(signed_with("old", k_body)) == "accept");
    BOOST_TEST(p.verify(signed_with("new", "")) == "accept");
    BOOST_TEST(p.verify(signed_with("other", k_body)) == "401 signature_mismatch");
    fake::Request r = good;
    std::string upper = good.headers[0].second;
    for (char& c : upper)
        if (c >= 'a') c = static_cast<char>(c - 32);
    BOOST_TEST(p.verify(r.set("x-parcel-signature", upper)) == "accept");
    for (const std::string& bad :
         {std::string(), upper.substr(1), upper.substr(2), upper + "00", std::string(63, '0') + "g", std::string(64, ' ')})
        BOOST_TEST(p.verify(r.set("x-parcel-signature", bad)) == "401 signature_malformed");
    BOOST_TEST(p.verify(r.set("x-parcel-signature", std::string(64, '0'))) == "401 signature_mismatch");
    r = good;
    r.headers.emplace_back("X-PARCEL-SIGNATURE", upper);
    BOOST_TEST(p.verify(r) == "401 header_malformed");
    r.headers.clear();
    BOOST_TEST(p.verify(r) == "401 header_missing");
    r.set("x-parcel-signatures", upper).set("parcel-signature", upper);
    BOOST_TEST(p.verify(r) == "401 header_missing");
}

BOOST_DATA_TEST_CASE(a_secret_that_is_no_key_is_our_fault, k_names, name) {
    Parcel p(name);
    p.source.host.hmac_broken = true;
    fake::Request r = signed_with("new", k_body);
    const fake::Answer a = p.source.verify(r);
    BOOST_TEST(a.status == GATEHOUSE_FAILED);
    BOOST_TEST(a.calls == 0);
    BOOST_TEST(p.source.host.reason.find("secret") != std::string::npos);
}

BOOST_DATA_TEST_CASE(events, k_names, name) {
    Parcel p(name);
    auto e = p.handle(signed_with("new", k_body));
    BOOST_TEST(e.calls == 1);
    BOOST_TEST(e.dedupe_key == "n-1");
    BOOST_TEST(e.type == "parcel.sent");
    BOOST_TEST(e.subject == "p-17");
    BOOST_TEST(e.occurred_at == GATEHOUSE_NO_TIME);
    const fake::Request empty = signed_with("new", "");
    e = p.handle(empty);
    BOOST_TEST(e.dedupe_key == empty.headers[0].second);
    BOOST_TEST(e.type == "unknown");
    BOOST_TEST(e.subject == "");
    // What could reach another path of the API is no subject; the first field of a name counts.
    for (const std::string& bad : {std::string("../x"), std::string(".."), std::string("."), std::string("a%2fb"), std::string(41, 'a'),
                                   std::string("\xff"), std::string("a\0b", 3)})
        BOOST_TEST(p.handle(signed_with("new", "parcel=" + bad + "&parcel=p-1")).subject == "");
    BOOST_TEST(p.handle(signed_with("new", "&&xparcel=a&parcel&parcel=" + std::string(40, 'a') + "&parcel=b")).subject ==
               std::string(40, 'a'));
}

BOOST_DATA_TEST_CASE(the_parcel_is_fetched, k_names, name) {
    Parcel p(name);
    const auto job = p.fetch();
    BOOST_TEST(job->start() == GATEHOUSE_OK);
    BOOST_REQUIRE(job->asked == "http");
    BOOST_TEST(job->requests[0].method == "GET");
    BOOST_TEST(job->requests[0].url == "https://api.parcel.example/v1/parcels/p-17");
    BOOST_TEST(job->requests[0].header("Authorization") == "Bearer {api_key}");
    BOOST_TEST(p.end(status(200)) == "document {\"parcel\":1}");
    BOOST_TEST(p.end(status(404)) == "gone");
    for (const int code : {408, 425, 429, 500, 503, 599}) BOOST_TEST(p.end(status(code)) == "retry 0");
    for (const int code : {401, 403}) BOOST_TEST(p.end(status(code)) == "refused");
    for (const int code : {201, 302, 400, 410}) BOOST_TEST(p.end(status(code)) == "invalid");
    fake::Reply busy = status(429);
    busy.headers = {{"Retry-After", "5"}};
    BOOST_TEST(p.end(busy) == "retry 5000");
    BOOST_TEST(p.end(fake::Reply::lost(GATEHOUSE_NET_TIMEOUT)) == "retry 0");
    BOOST_TEST(p.end(fake::Reply::lost(GATEHOUSE_NET_NOT_ALLOWED)) == "refused");
}

BOOST_DATA_TEST_CASE(a_notification_without_a_parcel_fetches_nothing, k_names, name) {
    Parcel p(name);
    const auto job = p.fetch("");
    BOOST_TEST(job->start() == GATEHOUSE_OK);
    BOOST_TEST(job->failure == GATEHOUSE_FAIL_INVALID);
}

BOOST_DATA_TEST_CASE(the_operation, k_names, name) {
    Parcel p(name);
    const auto job = p.source.operation("status", "{}");
    BOOST_REQUIRE(job);
    BOOST_TEST(job->start() == GATEHOUSE_OK);
    BOOST_REQUIRE(job->asked == "http");
    BOOST_TEST(job->requests[0].url == "https://api.parcel.example/v1/status");
    BOOST_TEST(job->reply(status(200)) == GATEHOUSE_OK);
    BOOST_TEST(job->body == "{\"parcel\":1}");
}

BOOST_DATA_TEST_CASE(jobs_may_be_dropped_at_any_time, k_names, name) {
    Parcel p(name);
    p.fetch();
    const auto waiting = p.fetch();
    waiting->start();
}

BOOST_AUTO_TEST_SUITE_END()
