// URLs, encodings and dates of the SDK.
#include <gatehouse/answer.hpp>
#include <gatehouse/encoding.hpp>
#include <gatehouse/http.hpp>
#include <gatehouse/time.hpp>
#include <gatehouse/url.hpp>

#include <boost/test/unit_test.hpp>

using namespace gatehouse;
using namespace std::chrono_literals;

namespace {

std::string normal(std::string_view s) {
    const auto u = url::parse(s);
    return u ? u->text() : "refused";
}

time_point utc(std::chrono::year_month_day d, std::chrono::seconds t) {
    return time_point(std::chrono::sys_days(d)) + t;
}

} // namespace

BOOST_AUTO_TEST_CASE(urls_take_one_normal_form) {
    BOOST_TEST(normal("https://au-api.basiq.io/events/1") == "https://au-api.basiq.io/events/1");
    BOOST_TEST(normal("HTTPS://AU-API.example.IO:443") == "https://au-api.example.io/");
    BOOST_TEST(normal("http://127.0.0.1:8080/x?") == "http://127.0.0.1:8080/x?");
    BOOST_TEST(normal("http://[::1]:8080/x") == "http://[::1]:8080/x");
    BOOST_TEST(normal("https://h/p?filter=connection.id.eq('c-1')") == "https://h/p?filter=connection.id.eq%28%27c-1%27%29");
    BOOST_TEST(normal("https://h/p?filter=connection.id.eq%28%27c-1%27%29") == "https://h/p?filter=connection.id.eq%28%27c-1%27%29");
    BOOST_TEST(normal("https://h/a b/é?q=\"x\"&y=<1>") == "https://h/a%20b/%C3%A9?q=%22x%22&y=%3C1%3E");
    BOOST_TEST(normal("https://h/a..b/...?/../") == "https://h/a..b/...?/../");
    BOOST_TEST(normal("https://h?x") == "https://h/?x");
}

BOOST_AUTO_TEST_CASE(urls_that_parsers_read_differently_are_refused) {
    for (const char* s : {"",
                          "/x",
                          "//h/x",
                          "h/x",
                          "ftp://h/",
                          "file:///etc/passwd",
                          "javascript:alert(1)",
                          "https:/h",
                          "https://",
                          "https:///x",
                          "https://u@h/",
                          "https://u:p@h/",
                          "https://good.example@evil.example/",
                          "https://good.example\\@evil.example/",
                          "https://h\\x/",
                          "https://h:0/",
                          "https://h:65536/",
                          "https://h:/",
                          "https://h:8x/",
                          "https://h:+80/",
                          "https://h h/",
                          " https://h/",
                          "https://h/ ",
                          "https://h/\n",
                          "https://h/a\tb",
                          "https://h\t/",
                          "https://h/x#f",
                          "https://h#@evil/",
                          "https://h/%",
                          "https://h/%2",
                          "https://h/%zz",
                          "https://h/../x",
                          "https://h/a/..",
                          "https://h/./x",
                          "https://h/%2e%2E/x",
                          "https://h/.%2e",
                          "https://é.example/",
                          "https://h%2eexample/",
                          "https://[::1",
                          "https://[::1]x/",
                          "https://[]/",
                          "https://[g::1]/",
                          "https://.h/",
                          "https://a..b/"})
        BOOST_TEST(normal(s) == "refused", s);
    BOOST_TEST(normal("https://h/" + std::string(9000, 'a')) == "refused");
    BOOST_TEST(normal(std::string_view("https://h\0/", 11)) == "refused");
}

BOOST_AUTO_TEST_CASE(under_compares_origin_and_path_boundaries) {
    const auto base = *url::parse("https://api.example/v1"), root = *url::parse("https://api.example");
    const auto is = [](const url& b, const char* s) { return url::parse(s)->under(b); };
    BOOST_TEST(is(root, "https://api.example/x?y"));
    BOOST_TEST(is(root, "https://API.example:443/"));
    BOOST_TEST(is(base, "https://api.example/v1"));
    BOOST_TEST(is(base, "https://api.example/v1/x"));
    BOOST_TEST(is(base, "https://api.example/v1?x"));
    BOOST_TEST(!is(base, "https://api.example/v10"));
    BOOST_TEST(!is(base, "https://api.example/"));
    BOOST_TEST(!is(root, "http://api.example/x"));
    BOOST_TEST(!is(root, "https://api.example:444/x"));
    BOOST_TEST(!is(root, "https://api.example.evil.example/x"));
    BOOST_TEST(!is(root, "https://evil-api.example/x"));
    BOOST_TEST(base.join("/token") == "https://api.example/v1/token");
    BOOST_TEST(root.join("token") == "https://api.example/token");
}

BOOST_AUTO_TEST_CASE(base64_is_strict) {
    const std::pair<const char*, const char*> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        BOOST_TEST(to_base64(plain) == coded);
        BOOST_TEST((from_base64(coded) == std::string(plain)));
    }
    for (const char* s : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "====", "=", "Zm9v=", "Zm 9v", "Zm9v\n", "Zm-_", "Zg==Zg==", "A==="})
        BOOST_TEST(!from_base64(s), s);
    BOOST_TEST((from_hex("00fF") == std::string("\0\xff", 2)));
    for (const char* s : {"0", "0g", "g0", " 0", "0x", "/0", ":0", "@0", "`0"}) BOOST_TEST(!from_hex(s), s);
}

BOOST_AUTO_TEST_CASE(percent_and_form_encoding) {
    BOOST_TEST(percent_encode("a/b c~é?'") == "a%2Fb%20c~%C3%A9%3F%27");
    BOOST_TEST(form_encode("a b&c=d~*é") == "a+b%26c%3Dd%7E*%C3%A9");
    for (const char* id : {"o-17", "...", "a b", "ä", "a?b#c;d=e", "..a"}) BOOST_TEST((path_segment(id) == percent_encode(id)), id);
    for (const std::string& id :
         {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("%2e%2e"), std::string("a%00"),
          std::string("a\\b"), std::string("a\tb"), std::string("a\0b", 3), std::string("\x7f")})
        BOOST_TEST(!path_segment(id), id);
    BOOST_TEST(http::segment("id", "o 17") == "o%2017");
    BOOST_CHECK_THROW(http::segment("id", ".."), failure);
    BOOST_TEST(equal_constant_time("abc", "abc"));
    BOOST_TEST(!equal_constant_time("abc", "abd"));
    BOOST_TEST(!equal_constant_time("abc", "ab"));
}

BOOST_AUTO_TEST_CASE(an_event_never_holds_what_the_host_would_refuse) {
    const std::string most(1024, 'x'), over(1025, 'x'), broken = "a\xff";
    const auto text = [](gatehouse_text t) { return std::string(to_view(t)); };
    const event fits = event(most, std::string(200, 't')).subject(most).ordering_key(most);
    BOOST_TEST(text(fits.abi().dedupe_key) == most);
    BOOST_TEST(text(fits.abi().subject) == most);
    BOOST_TEST(text(fits.abi().type).size() == 200u);
    for (const auto& odd : {over, broken}) {
        const event e = event(odd, odd).subject(odd).ordering_key(odd);
        BOOST_TEST(text(e.abi().dedupe_key) == "");
        BOOST_TEST(text(e.abi().type) == "unknown");
        BOOST_TEST(text(e.abi().subject) == "");
        BOOST_TEST(text(e.abi().ordering_key) == "");
        BOOST_TEST(acceptance().replay_id(odd).replay_id() == "");
    }
    BOOST_TEST(text(event("k", "").abi().type) == "unknown");
    BOOST_TEST(text(event("k", std::string(201, 't')).abi().type) == "unknown");
}

BOOST_AUTO_TEST_CASE(http_dates_of_rfc_9110) {
    using namespace std::chrono;
    const gatehouse::time_point expected = utc(1994y / November / 6, 8h + 49min + 37s);
    const gatehouse::time_point now = utc(2026y / January / 1, 0s);
    BOOST_TEST((parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", now) == expected));
    BOOST_TEST((parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now) == expected));
    BOOST_TEST((parse_http_date("Sun Nov  6 08:49:37 1994", now) == expected));
    BOOST_TEST((parse_http_date("Sunday, 06-Nov-30 08:49:37 GMT", now) == utc(2030y / November / 6, 8h + 49min + 37s)));
    for (const char* s :
         {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08-49-37 GMT", ", ", "Sunday, 06-Nov-9x 08:49:37 GMT", "1994-11-06T08:49:37Z"})
        BOOST_TEST(!parse_http_date(s, now), s);
}

BOOST_AUTO_TEST_CASE(retry_after_is_seconds_or_a_date_within_a_day) {
    using namespace std::chrono;
    const gatehouse::time_point now = utc(2026y / January / 1, 12h);
    BOOST_TEST((parse_retry_after("120", now) == 120s));
    BOOST_TEST((parse_retry_after("0", now) == 0s));
    BOOST_TEST((parse_retry_after("999999999999", now) == 24h));
    BOOST_TEST((parse_retry_after("Thu, 01 Jan 2026 12:01:30 GMT", now) == 90s));
    BOOST_TEST((parse_retry_after("Thu, 01 Jan 2026 11:00:00 GMT", now) == 0s));
    BOOST_TEST((parse_retry_after("Thu, 01 Jan 2099 11:00:00 GMT", now) == 24h));
    for (const char* s : {"", "-1", "1.5", "soon", "12 s", "99999999999999999999999"}) BOOST_TEST(!parse_retry_after(s, now), s);
}
