// Where an outgoing request may go: URLs, rules, addresses.
#include "core/egress/address.hpp"
#include "core/egress/client.hpp"
#include "core/egress/url.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>

using namespace gh;
using namespace gh::egress;

namespace {

Policy policy(std::string host, std::string prefix = {}, uint16_t port = 443, std::string scheme = "https") {
    return Policy({Rule{std::move(scheme), std::move(host), port, std::move(prefix), false}});
}

AddressKind kind(const char* text) {
    sockaddr_in6 v6{};
    sockaddr_in v4{};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        return classify(reinterpret_cast<sockaddr&>(v4));
    }
    BOOST_REQUIRE(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    v6.sin6_family = AF_INET6;
    return classify(reinterpret_cast<sockaddr&>(v6));
}

} // namespace

BOOST_AUTO_TEST_CASE(urls_are_taken_apart) {
    const auto url = parse_url("HTTPS://API.Example.com/a/./b/../c?x=1&y=[2]#part");
    BOOST_REQUIRE(url.ok());
    BOOST_TEST(url->text() == "https://api.example.com/a/c?x=1&y=[2]");
    BOOST_TEST(url->authority() == "api.example.com:443");
    BOOST_TEST(parse_url("http://127.0.0.1:8080")->text() == "http://127.0.0.1:8080/");
    BOOST_TEST(parse_url("https://example.com:443/")->text() == "https://example.com/");
    BOOST_TEST(parse_url("http://[2001:DB8:0:0::1]:81/x")->text() == "http://[2001:db8::1]:81/x");
    BOOST_TEST(parse_url("http://my_app:3000/events?")->text() == "http://my_app:3000/events?");
    BOOST_TEST(parse_url("http://example.com#x")->text() == "http://example.com/");
    BOOST_TEST(parse_url("https://xn--bcher-kva.example/")->host == "xn--bcher-kva.example");
    BOOST_TEST(parse_url("https://example.com/../../x")->path == "/x");
    BOOST_TEST(parse_url("https://1e100.net/")->host == "1e100.net");
}

BOOST_AUTO_TEST_CASE(urls_that_can_be_read_in_two_ways_are_refused) {
    for (const char* text : {"",
                             "https://",
                             "https:///path",
                             "https:/example.com/",
                             "https:example.com",
                             "//example.com/",
                             "ftp://example.com/",
                             "file:///etc/passwd",
                             "https://user@example.com/",
                             "https://user:pass@example.com/",
                             "https://@example.com/",
                             "https://example.com@evil.test/",
                             "https://example.com\\@evil.test/",
                             "https://example.com\\.evil.test/",
                             "https://evil.test\\/example.com",
                             "https://exa mple.com/",
                             "https://example.com/a b",
                             "https://example.com/\t",
                             " https://example.com/",
                             "https://example.com/\r\nHost: evil",
                             "https://example.com/\x01",
                             "https://b\xc3\xbc"
                             "cher.example/",
                             "https://example.com/\xc3\xbc",
                             "https://example.com./",
                             "https://.example.com/",
                             "https://a..b/",
                             "https://-a.example/",
                             "https://a-.example/",
                             "https://exa%6dple.com/",
                             "https://example.com%2f@evil.test/",
                             "https://127.1/",
                             "https://2130706433/",
                             "https://0x7f000001/",
                             "https://0x7f.0.0.1/",
                             "https://0177.0.0.1/",
                             "https://127.0.0.01/",
                             "https://127.0.0.1.2/",
                             "https://256.1.1.1/",
                             "https://127.0.0.1./",
                             "https://1.2.3.0x4/",
                             "https://[::1/",
                             "https://::1/",
                             "https://[fe80::1%25eth0]/",
                             "https://[::1]x/",
                             "https://[1.2.3.4]/",
                             "https://[]/",
                             "https://example.com:/",
                             "https://example.com:0/",
                             "https://example.com:65536/",
                             "https://example.com:080/",
                             "https://example.com:+80/",
                             "https://example.com:80:80/",
                             "https://example.com:80a/",
                             "https://example.com/%",
                             "https://example.com/%4",
                             "https://example.com/%zz",
                             "https://example.com/%00",
                             "https://example.com/<x>",
                             "https://example.com/a|b",
                             "https://example.com/[x]",
                             "https://example.com/?{x}",
                             "https://ex[ample.com/",
                             "https://example.com,evil.test/",
                             "https://example.com;evil.test/",
                             "https://example.com!/",
                             "https://a\xe3\x80\x82"
                             "b/"}) {
        BOOST_TEST(!parse_url(text).ok(), text);
        BOOST_TEST(!policy("*.test").match(std::string(text)), text);
    }
    const std::string nul("https://example.com/\0x", 22);
    BOOST_TEST(!parse_url(nul).ok());
    BOOST_TEST(!parse_url("https://example.com/" + std::string(20'000, 'a')).ok());
    BOOST_TEST(!parse_url("https://" + std::string(64, 'a') + ".com/").ok());
}

BOOST_AUTO_TEST_CASE(errors_about_urls_do_not_repeat_the_path_or_user_info) {
    for (const char* text : {"https://user:hunter2@example.com/hunter2", "https://example.com:x/hunter2", "https://127.1/hunter2?hunter2"})
        BOOST_TEST(parse_url(text).error().message.find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_rule_needs_scheme_host_and_port) {
    const Policy p = policy("api.example.com");
    BOOST_TEST(p.match("https://api.example.com/x"));
    BOOST_TEST(p.match("https://API.example.COM:443/x"));
    BOOST_TEST(p.match("https://api.example.com"));
    for (const char* text :
         {"http://api.example.com/x", "http://api.example.com:443/x", "https://api.example.com:8443/x", "https://example.com/",
          "https://x.api.example.com/", "https://api.example.com.evil.test/", "https://evil.test/api.example.com",
          "https://evil.test#api.example.com", "https://evil.test?api.example.com/"})
        BOOST_TEST(!p.match(std::string(text)), text);
    BOOST_TEST(!Policy({}).match("https://api.example.com/"));
}

BOOST_AUTO_TEST_CASE(a_star_stands_for_exactly_one_label) {
    const Policy p = policy("*.example.com");
    BOOST_TEST(p.match("https://a.example.com/"));
    for (const char* text : {"https://example.com/", "https://a.b.example.com/", "https://aexample.com/", "https://.example.com/",
                             "https://a.example.com.evil.test/"})
        BOOST_TEST(!p.match(std::string(text)), text);
}

BOOST_AUTO_TEST_CASE(a_path_prefix_ends_at_a_slash) {
    for (const char* prefix : {"/v1", "/v1/"}) {
        const Policy p = policy("h.test", prefix);
        for (const char* text : {"https://h.test/v1", "https://h.test/v1/", "https://h.test/v1/a", "https://h.test/v1?x=1",
                                 "https://h.test/v1/a%20b", "https://h.test/x/../v1/a", "https://h.test/v1/a.b", "https://h.test/v1/a%2eb",
                                 "https://h.test/v1/100%25", "https://h.test/v1/..a"})
            BOOST_TEST(p.match(std::string(text)), text);
        for (const char* text :
             {"https://h.test/", "https://h.test/v10", "https://h.test/v1x/a", "https://h.test/V1/a", "https://h.test/v1/../admin",
              "https://h.test/v1/..", "https://h.test/v1/%2e%2e/admin", "https://h.test/v1/.%2E/admin", "https://h.test/v1/..%2fadmin",
              "https://h.test/v1%2f..%2fadmin", "https://h.test/v1/a%2Fb", "https://h.test/v1/%5c..%5cadmin", "https://h.test/v1/%2e/a",
              "https://h.test/v1/..;x/admin", "https://h.test/v1/%252e%252e/admin", "https://h.test/v1/a%252fb", "https://h.test/%761/a"})
            BOOST_TEST(!p.match(std::string(text)), text);
    }
    BOOST_TEST(policy("h.test", "/").match("https://h.test/any%2fthing"));
    BOOST_TEST(policy("h.test", "/q/%2f").match("https://h.test/q/%2f/x")); // written so by the operator
}

BOOST_AUTO_TEST_CASE(the_operators_rule_goes_before_a_strict_one) {
    const Policy p({Rule{"https", "*.example.com", 443, "", false}, *rule_for("https://api.example.com/v1")});
    BOOST_TEST(p.match("https://api.example.com/v1/x")->private_addresses);
    BOOST_TEST(!p.match("https://api.example.com/v2/x")->private_addresses);
}

BOOST_AUTO_TEST_CASE(rule_for_an_operators_url) {
    const auto rule = rule_for("http://[::1]:3000/events/?a=1");
    BOOST_REQUIRE(rule.ok());
    BOOST_TEST(rule->scheme == "http");
    BOOST_TEST(rule->host == "::1");
    BOOST_TEST(rule->port == 3000);
    BOOST_TEST(rule->path_prefix == "/events/");
    BOOST_TEST(rule->private_addresses);
    BOOST_TEST(Policy({*rule}).match("http://[0:0::1]:3000/events/?a=1"));
    BOOST_TEST(rule_for("https://example.com")->path_prefix == "");
    BOOST_TEST(!rule_for("example.com").ok());
}

BOOST_AUTO_TEST_CASE(addresses_outside_the_public_internet_are_known) {
    for (const char* text :
         {"8.8.8.8",    "1.1.1.1",         "9.255.255.255",   "11.0.0.0",     "100.63.255.255", "100.128.0.0",      "126.255.255.255",
          "128.0.0.1",  "169.253.255.255", "172.15.255.255",  "172.32.0.0",   "192.0.3.0",      "192.167.255.255",  "198.17.255.255",
          "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:4860:4860::8888"})
        BOOST_TEST((kind(text) == AddressKind::global), text);
    for (const char* text : {"127.0.0.1",
                             "127.255.255.255",
                             "10.0.0.1",
                             "10.255.255.255",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.0.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "100.127.255.255",
                             "192.0.0.1",
                             "192.0.2.1",
                             "198.18.0.1",
                             "198.19.255.255",
                             "198.51.100.1",
                             "203.0.113.1",
                             "192.88.99.1",
                             "::1",
                             "fc00::1",
                             "fdff::1",
                             "fe80::1",
                             "febf::1",
                             "fec0::1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.1.2.3",
                             "::ffff:0:127.0.0.1",
                             "64:ff9b::127.0.0.1",
                             "64:ff9b::a9fe:a9fe",
                             "64:ff9b:1::1",
                             "2002:7f00:1::",
                             "2002:808:808::",
                             "2001::1",
                             "2001:0:4136:e378::",
                             "2001:db8::1",
                             "3fff::1",
                             "100::1",
                             "::7f00:1",
                             "::8.8.8.8",
                             "4000::1",
                             "5f00::1"})
        BOOST_TEST((kind(text) == AddressKind::internal), text);
    for (const char* text : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "ff02::1",
                             "::ffff:0.0.0.0", "::ffff:255.255.255.255", "64:ff9b::e000:1", "64:ff9b::"})
        BOOST_TEST((kind(text) == AddressKind::never), text);
    sockaddr other{};
    other.sa_family = AF_UNIX;
    BOOST_TEST((classify(other) == AddressKind::never));
}
