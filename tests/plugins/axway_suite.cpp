// The public conformance cases of JSON Patch, github.com/json-patch/json-patch-tests, as the npm package json-patch-test-suite carries
// them. Nothing of it is in this repository: see GATEHOUSE_PUBLIC_SUITES in CMakeLists.txt beside this file.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

#include "plugins/axway/document_patch.hpp"

using namespace axway;

namespace {

struct tally {
    int applied = 0, refused = 0;
};

/// Every record of the file. One has a name twice in one object, which this reader lets through and ours refuses; the suite disables it.
tally run(const std::string& file) {
    std::ifstream in(file);
    BOOST_REQUIRE_MESSAGE(in, file + " cannot be read");
    tally out;
    for (const auto& record : nlohmann::json::parse(in)) {
        if (!record.contains("patch") || record.value("disabled", false)) continue;
        const json::document doc = json::parse(record["doc"].dump()), patch = json::parse(record["patch"].dump());
        BOOST_TEST_CONTEXT(record.dump()) {
            node_ptr tree = make_tree(doc.root());
            const auto refused = apply_patch(tree, patch.root());
            if (record.contains("error")) {
                BOOST_TEST(refused.has_value(), to_text(*tree));
            } else {
                BOOST_TEST(!refused, refused.value_or(""));
                const json::document expected = json::parse(record.value("expected", record["doc"]).dump());
                BOOST_TEST(equal(*tree, *make_tree(expected.root())), to_text(*tree));
            }
            ++(refused ? out.refused : out.applied);
        }
    }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(axway_suite)

BOOST_AUTO_TEST_CASE(every_case_of_the_suite) {
    const tally t = run(JSON_PATCH_SUITE "/tests.json");
    BOOST_TEST(t.applied == 56);
    BOOST_TEST(t.refused == 19);
}

BOOST_AUTO_TEST_CASE(every_example_of_rfc_6902) {
    const tally t = run(JSON_PATCH_SUITE "/spec_tests.json");
    BOOST_TEST(t.applied == 12);
    BOOST_TEST(t.refused == 4);
}

BOOST_AUTO_TEST_SUITE_END()
