// The ways of hashing against Python's own: numbers, dictionaries, digests, keys.
#include <boost/test/unit_test.hpp>

#include "plugins/twin-ledger/hash_form.hpp"
#include "plugins/twin-ledger/message.hpp"

using namespace twin_ledger;
namespace json = gatehouse::json;

BOOST_AUTO_TEST_SUITE(twin_hash)

BOOST_AUTO_TEST_CASE(numbers_are_written_as_python_writes_them) {
    const std::pair<const char*, const char*> cases[] = {
        {"1608592501.123", "1608592501.123"},
        {"1608592501.100", "1608592501.1"},
        {"1608592501.000", "1608592501.0"},
        {"1e16", "1e+16"},
        {"1e22", "1e+22"},
        {"123456789012345680.0", "1.2345678901234568e+17"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"-0.0", "-0.0"},
        {"-1.5e-7", "-1.5e-07"},
        {"100.0", "100.0"},
        {"5e-324", "5e-324"},
        {"12345678901234567890", "12345678901234567890"},
        {"-0", "0"},
        {"9007199254740993.0", "9007199254740992.0"},
        {"1E3", "1000.0"},
    };
    for (const auto& [written, python] : cases) BOOST_TEST(python_number(written) == python);
    BOOST_TEST(number_text("1608592501.1", number_form::fixed3) == "1608592501.100");
    BOOST_TEST(number_text("1608592501", number_form::fixed3) == "1608592501.000");
    BOOST_TEST(number_text("1.10", number_form::raw) == "1.10");
}

BOOST_AUTO_TEST_CASE(dictionaries_are_written_as_python_writes_them) {
    const auto d = json::parse(R"~({"b":1.50,"a":["x",null,true,false],"r\u00fcn":"it's \"\ud83d\ude00\" \n\u007f","z":{}})~");
    const auto text = [&](dictionary_form f) { return dictionary_text(d.root(), f); };
    BOOST_TEST(text(dictionary_form::raw) ==
               R"~({"b":1.50,"a":["x",null,true,false],"r\u00fcn":"it's \"\ud83d\ude00\" \n\u007f","z":{}})~");
    BOOST_TEST(text(dictionary_form::json) ==
               R"~({"b": 1.5, "a": ["x", null, true, false], "r\u00fcn": "it's \"\ud83d\ude00\" \n\u007f", "z": {}})~");
    BOOST_TEST(text(dictionary_form::json_sorted) ==
               R"~({"a": ["x", null, true, false], "b": 1.5, "r\u00fcn": "it's \"\ud83d\ude00\" \n\u007f", "z": {}})~");
    BOOST_TEST(text(dictionary_form::json_utf8) ==
               "{\"b\": 1.5, \"a\": [\"x\", null, true, false], \"r\xc3\xbcn\": \"it's \\\"\xf0\x9f\x98\x80\\\" \\n\x7f\", \"z\": {}}");
    BOOST_TEST(text(dictionary_form::json_compact) ==
               R"~({"b":1.5,"a":["x",null,true,false],"r\u00fcn":"it's \"\ud83d\ude00\" \n\u007f","z":{}})~");
    BOOST_TEST(text(dictionary_form::json_compact_sorted) ==
               R"~({"a":["x",null,true,false],"b":1.5,"r\u00fcn":"it's \"\ud83d\ude00\" \n\u007f","z":{}})~");
    BOOST_TEST(text(dictionary_form::json_compact_utf8) ==
               "{\"b\":1.5,\"a\":[\"x\",null,true,false],\"r\xc3\xbcn\":\"it's \\\"\xf0\x9f\x98\x80\\\" \\n\x7f\",\"z\":{}}");
    BOOST_TEST(text(dictionary_form::python) ==
               "{'b': 1.5, 'a': ['x', None, True, False], 'r\xc3\xbcn': 'it\\'s \"\xf0\x9f\x98\x80\" \\n\\x7f', 'z': {}}");
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_python_and_keys_have_a_limit) {
    const std::string_view parts[] = {"a", "", "bc"};
    // hashlib.blake2b(b"abc", digest_size=32, key=b"0123456789abcdef").hexdigest()
    BOOST_TEST(encoded(blake2b_key("0123456789abcdef").digest(parts), digest_form::hex) ==
               "66b4857d42c644c61fca8c0bcea243e0e75088582c7964bbac6b92c02381d9c7");
    BOOST_CHECK_NO_THROW(blake2b_key(std::string(64, 'k')));
    BOOST_CHECK_THROW(blake2b_key(std::string(65, 'k')), std::runtime_error);
    BOOST_CHECK_THROW(blake2b_key(""), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(digests_are_read_with_and_without_padding_and_nothing_else_is) {
    const std::string bytes(32, '\xfb');
    const std::string base64 = gatehouse::to_base64(bytes);
    std::string url = base64;
    for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
    BOOST_TEST((decoded(base64, digest_form::base64) == bytes));
    BOOST_TEST((decoded(base64.substr(0, 43), digest_form::base64) == bytes));
    BOOST_TEST((decoded(url, digest_form::base64url) == bytes));
    BOOST_TEST((decoded(url.substr(0, 43), digest_form::base64url) == bytes));
    BOOST_TEST(!decoded(url, digest_form::base64));
    BOOST_TEST(!decoded(base64, digest_form::base64url));
    std::string hex, upper;
    for (int i = 0; i < 32; ++i) hex += "fb", upper += "FB";
    BOOST_TEST((decoded(hex, digest_form::hex) == bytes));
    BOOST_TEST((decoded(upper, digest_form::hex) == bytes));
    for (const auto f : {digest_form::hex, digest_form::base64, digest_form::base64url})
        for (const char* bad : {"", "=", "==", "zz", "AAAA"}) BOOST_TEST(!decoded(bad, f));
}

BOOST_AUTO_TEST_CASE(times_are_exact_and_triggers_have_one_name) {
    BOOST_TEST(parse_ts("1608592501.123")->time_since_epoch().count() == 1608592501123);
    BOOST_TEST(parse_ts("1608592501.1")->time_since_epoch().count() == 1608592501100);
    BOOST_TEST(parse_ts("1608592501.9999")->time_since_epoch().count() == 1608592501999);
    BOOST_TEST(parse_ts("1608592501")->time_since_epoch().count() == 1608592501000);
    for (const char* bad : {"", ".5", "1.", "-1", "1e9", "1.5e1", "123456789012"}) BOOST_TEST(!parse_ts(bad));
    BOOST_TEST(ts_text(*parse_ts("1608592501.007")) == "1608592501.007");
    const std::pair<const char*, const char*> spellings[] = {{"ledger.entry.added", "ledger.entry.added"},
                                                             {"ledger.entry.created", "ledger.entry.added"},
                                                             {"ledger.entry.updated", "ledger.entry.updated"},
                                                             {"ledger. entry.updated", "ledger.entry.updated"},
                                                             {"ledger.entry.deleted", "ledger.entry.deleted"},
                                                             {"sticker.put", "sticker.put"},
                                                             {"sticker.removed", "sticker.removed"},
                                                             {"sticker.remove", "sticker.removed"},
                                                             {"sticker.expired", "sticker.expired"},
                                                             {"sticker.expire", "sticker.expired"},
                                                             {"twin.born", "twin.born"},
                                                             {"", "unknown"},
                                                             {"a\nb", "unknown"},
                                                             {"subscription.confirmation", "unknown"}};
    for (const auto& [from, to] : spellings) BOOST_TEST(canonical_trigger(from) == to);
}

BOOST_AUTO_TEST_SUITE_END()
