// The ABI against every released minor: nothing but an append may happen.
#include <gatehouse/abi.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <regex>
#include <set>

#include "tests/abi/table.hpp"

using namespace gh::test;

namespace {

std::string file(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::string header() {
    return file(ABI_HEADER);
}
std::string released(int minor) {
    return file(ABI_RELEASED "/1." + std::to_string(minor) + ".txt");
}
AbiStruct& named(AbiTable& table, const std::string& name) {
    return *std::find_if(table.structs.begin(), table.structs.end(), [&](const auto& s) { return s.name == name; });
}

} // namespace

BOOST_AUTO_TEST_SUITE(baseline)

BOOST_AUTO_TEST_CASE(no_released_minor_is_broken) {
    for (int minor = 0; minor <= GATEHOUSE_ABI_MINOR; ++minor)
        for (const auto& sentence : abi_breaks(parse_abi(released(minor)), current_abi(header())))
            BOOST_ERROR("against 1." << minor << ": " << sentence << "; see sdk/abi/README.md");
}

BOOST_AUTO_TEST_CASE(a_released_minor_does_not_even_grow) {
    BOOST_TEST(to_text(current_abi(header())) == released(GATEHOUSE_ABI_MINOR),
               "abi.h differs from the released 1." << GATEHOUSE_ABI_MINOR << ": an addition is a new minor, see sdk/abi/README.md");
}

BOOST_AUTO_TEST_CASE(no_struct_and_no_member_is_left_out) {
    const AbiTable now = current_abi(header());
    std::set<std::string> listed;
    for (const auto& s : now.structs) {
        listed.insert(s.name);
        size_t end = 0;
        // The header has no padding (-Wpadded), so a member that is not listed leaves a hole.
        for (const auto& m : s.members) {
            BOOST_TEST(m.offset == end, s.name << "." << m.name);
            end = m.offset + m.size;
        }
        BOOST_TEST(end == s.size, s.name);
    }
    const std::string text = header();
    const std::regex structure("typedef struct (gatehouse_[a-z_]+) \\{");
    size_t count = 0;
    for (std::sregex_iterator i(text.begin(), text.end(), structure), end; i != end; ++i, ++count) BOOST_TEST(listed.count((*i)[1]) == 1u);
    BOOST_TEST(count == listed.size());
    BOOST_TEST(now.constants.size() > 40u);
    BOOST_TEST(now.constants.at("GATEHOUSE_PLUGIN_SYMBOL") == "\"gatehouse_plugin_v1\"");
    BOOST_TEST(now.constants.at("GATEHOUSE_NO_TIME") == "INT64_MIN");
}

BOOST_AUTO_TEST_CASE(appends_are_allowed) {
    const AbiTable was = parse_abi(released(0));
    AbiTable now = was;
    auto& host = named(now, "gatehouse_host");
    host.members.push_back({host.size, 8, "more", "void*"});
    host.size += 8;
    now.structs.push_back({"gatehouse_new", true, 8, {{0, 8, "x", "long"}}});
    now.constants["GATEHOUSE_NEW"] = "7";
    BOOST_TEST(abi_breaks(was, now).empty());
}

BOOST_AUTO_TEST_CASE(whatever_is_no_append_is_found) {
    const AbiTable was = parse_abi(released(0));
    const auto breaks = [&](const std::function<void(AbiTable&)>& change) {
        AbiTable now = was;
        change(now);
        const auto found = abi_breaks(was, now);
        return found.empty() ? "nothing" : found[0];
    };
    BOOST_TEST(breaks([](AbiTable&) {}) == "nothing");
    BOOST_TEST(breaks([](AbiTable& t) { std::swap(named(t, "gatehouse_host").members[3], named(t, "gatehouse_host").members[4]); }) ==
               "gatehouse_host.log moved, changed or is gone");
    BOOST_TEST(breaks([](AbiTable& t) { named(t, "gatehouse_event").members.pop_back(); }) ==
               "gatehouse_event.trust moved, changed or is gone");
    BOOST_TEST(breaks([](AbiTable& t) { named(t, "gatehouse_event").members.back().type = "int"; }) ==
               "gatehouse_event.trust moved, changed or is gone");
    BOOST_TEST(breaks([](AbiTable& t) { named(t, "gatehouse_text").size = 24; }) == "gatehouse_text is FROZEN and grew");
    BOOST_TEST(breaks([](AbiTable& t) { named(t, "gatehouse_text").frozen = false; }) == "gatehouse_text is growing and was not");
    BOOST_TEST(breaks([](AbiTable& t) { t.structs.erase(t.structs.begin()); }) == "gatehouse_text is gone");
    BOOST_TEST(breaks([](AbiTable& t) { t.constants["GATEHOUSE_FAILED"] = "9"; }) == "GATEHOUSE_FAILED is no longer 1");
    BOOST_TEST(breaks([](AbiTable& t) { t.constants.erase("GATEHOUSE_MISUSE"); }) == "GATEHOUSE_MISUSE is no longer 5");
}

BOOST_AUTO_TEST_SUITE_END()
