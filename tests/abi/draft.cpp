// A draft interface loads only into the host it was made for: the simulators' (gatehouse/simulator.h) is the one there is.
#include "core/sandbox/library.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;

namespace {

std::string reason(const std::string& name) {
    const auto loaded = sandbox::Library::load(std::string(DRAFTS) + "/" + name + ".so");
    return loaded.ok() ? "" : loaded.error().message;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(abi_draft)

BOOST_AUTO_TEST_CASE(another_revision_is_refused_with_the_fix) {
    BOOST_TEST(has(reason("next_revision"), "was built for revision 2 of the draft simulator interface, this program has 1"),
               reason("next_revision"));
    BOOST_TEST(has(reason("next_revision"), "build it again with this version's SDK"));
}

BOOST_AUTO_TEST_CASE(another_size_or_interface_is_refused) {
    BOOST_TEST(has(reason("other_size"), "draft simulator interface"), reason("other_size"));
    BOOST_TEST(has(reason("other_id"), "has another interface than gatehouse.simulator/1"), reason("other_id"));
}

BOOST_AUTO_TEST_CASE(the_same_revision_is_looked_at_further) {
    BOOST_TEST(has(reason("this_revision"), "leaves out a function"), reason("this_revision"));
}

BOOST_AUTO_TEST_SUITE_END()
