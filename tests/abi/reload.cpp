// Swapping plugins and settings while sources of earlier generations live.
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <set>
#include <unistd.h>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

namespace {

std::string event_type(const Source& source) {
    http::Request request;
    request.method = "POST";
    request.path = request.target = source.config().path;
    const auto outcome = source.handle(source.routes().at(0), request, {});
    const auto* event = std::get_if<EventDraft>(&outcome);
    return event ? event->type : "(no event)";
}

size_t mapped_libraries(const std::filesystem::path& staging) {
    std::ifstream maps("/proc/self/maps");
    std::set<std::string> files;
    for (std::string line; std::getline(maps, line);)
        if (const auto at = line.find(staging.string()); at != line.npos) files.insert(line.substr(at));
    return files.size();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(reload, test::Fixture)

BOOST_AUTO_TEST_CASE(a_replaced_file_at_the_same_path_runs_its_new_code) {
    install("tiny");
    const auto before = open("tiny", "{}").source;
    BOOST_REQUIRE(before);
    install("second", "tiny");
    const auto after = open("tiny", "{}").source;
    BOOST_REQUIRE(after);
    BOOST_TEST(event_type(*after) == "second");
    BOOST_TEST(event_type(*before) == "tiny"); // the old one serves its requests to the end
    BOOST_TEST(generation->plugins.at(0).version == "2.0.0");
    BOOST_TEST(generation->plugins.at(0).generation == 2u);
    BOOST_TEST(metrics.gauge("gatehouse_plugin_generation", "", {{"plugin", "tiny"}}).value() == 2);
}

BOOST_AUTO_TEST_CASE(writing_over_the_loaded_file_changes_no_running_code) {
    const auto file = install("tiny");
    const auto source = open("tiny", "{}").source;
    BOOST_REQUIRE(source);
    BOOST_REQUIRE(::truncate(file.c_str(), 0) == 0); // a mapping of this very file would now raise SIGBUS
    BOOST_TEST(event_type(*source) == "tiny");
}

BOOST_AUTO_TEST_CASE(an_unchanged_file_keeps_its_library_and_its_generation) {
    install("tiny");
    open("tiny", "{}");
    open("tiny", "{}");
    BOOST_TEST(generation->number == 2u);
    BOOST_TEST(generation->plugins.at(0).generation == 1u);
    BOOST_TEST(mapped_libraries(folder.path() / "staging") == 1u);
}

BOOST_AUTO_TEST_CASE(a_thousand_swaps_cost_two_libraries) {
    for (int i = 0; i < 500; ++i) {
        install("tiny");
        open("tiny", "{}");
        install("second", "tiny");
        const auto slot = open("tiny", "{}");
        BOOST_REQUIRE(slot.source);
    }
    BOOST_TEST(generation->number == 1000u);
    BOOST_TEST(mapped_libraries(folder.path() / "staging") == 2u);
}

BOOST_AUTO_TEST_CASE(a_refused_new_version_leaves_the_old_one_serving) {
    install("tiny");
    open("tiny", "{}");
    install("needs_newer", "tiny");
    const auto slot = open("tiny", "{}");
    BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
    BOOST_TEST(event_type(*slot.source) == "tiny");
    BOOST_REQUIRE(generation->plugins.size() == 2);
    BOOST_TEST(generation->plugins[0].state == "refused");
    BOOST_TEST(generation->plugins[0].code == "needs_newer");
    BOOST_TEST(generation->plugins[1].state == "loaded");
    BOOST_TEST(generation->plugins[1].generation == 1u);
    // And once it is put right, the new one comes.
    install("second", "tiny");
    BOOST_TEST(event_type(*open("tiny", "{}").source) == "second");
}

BOOST_AUTO_TEST_CASE(new_code_that_opens_no_source_is_refused_and_the_old_serves_on) {
    const auto file = install("tiny");
    config.sources = {source_config("one", "tiny", "{}"), source_config("two", "tiny", "{}")};
    const auto before = host.load(config);
    BOOST_REQUIRE(before->slots.at(0).source);
    install("stricter", "tiny");
    for (const auto unchanged : {Unchanged::keep, Unchanged::reopen}) {
        const auto after = host.load(config, before.get(), unchanged);
        for (const auto& slot : after->slots) {
            BOOST_REQUIRE_MESSAGE(slot.source, slot.reason);
            BOOST_TEST(event_type(*slot.source) == "tiny");
        }
        BOOST_REQUIRE(after->plugins.size() == 2);
        BOOST_TEST(after->plugins[0].version == "1.0.0");
        BOOST_TEST(after->plugins[0].sources.size() == 2u);
        BOOST_TEST(after->plugins[1].code == "source_not_open");
        BOOST_TEST(after->plugins[1].reason.find("source one would no longer open") == 0u, after->plugins[1].reason);
    }
    // With settings for it, the new one comes.
    config.sources = {source_config("one", "tiny", R"({"token":"t"})")};
    const auto after = host.load(config, before.get());
    BOOST_TEST(event_type(*after->slots.at(0).source) == "stricter");
}

BOOST_AUTO_TEST_CASE(a_drop_in_leaves_other_sources_as_they_are) {
    install("tiny");
    install("script");
    config.sources = {source_config("one", "tiny", "{}"), source_config("other", "script", R"({"secret":"s","key":"k"})")};
    const auto before = host.load(config);
    install("second", "tiny");
    const auto after = host.load(config, before.get(), Unchanged::keep);
    BOOST_TEST(after->slots.at(0).source != before->slots.at(0).source);
    BOOST_TEST(event_type(*after->slots.at(0).source) == "second");
    BOOST_TEST(after->slots.at(1).source == before->slots.at(1).source);
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_read_closes_nothing) {
    install("tiny");
    config.sources = {source_config("one", "tiny", "{}")};
    const auto before = host.load(config);
    std::filesystem::rename(plugins, folder.path() / "elsewhere");
    const auto after = host.load(config, before.get(), Unchanged::keep);
    BOOST_REQUIRE(after->slots.at(0).source);
    BOOST_TEST(event_type(*after->slots.at(0).source) == "tiny");
    BOOST_TEST(lines.has("the plugin directory cannot be read"));
}

BOOST_AUTO_TEST_CASE(a_removed_file_closes_its_sources_after_the_last_user) {
    const auto file = install("tiny");
    auto source = open("tiny", "{}").source;
    BOOST_REQUIRE(source);
    std::filesystem::remove(file);
    BOOST_TEST(!open("tiny", "{}").source);
    BOOST_TEST(!lines.has("closed"));
    BOOST_TEST(event_type(*source) == "tiny");
    source.reset();
    BOOST_TEST(lines.wait("closed"));
}

BOOST_AUTO_TEST_CASE(state_is_one_across_generations) {
    store.put_state("source:one", {{"k", "stored"}}, [](const Status&) {});
    auto first = open_script();
    const auto second = open_script();
    first->apply_state({{"k", "changed"}, {"l", "new"}});
    JobRunner runner([](egress::Request, auto, egress::Done) {}, store, clock, log, metrics);
    std::promise<std::string> document;
    runner.run(std::get<Job>(second->operation("run", R"({"script":"k"})")), std::chrono::seconds(20),
               [&](JobEnd end) { document.set_value(std::get<JobDocument>(end.value).body); });
    BOOST_TEST(document.get_future().get() == "start;k=changed;");
}

BOOST_AUTO_TEST_CASE(unreadable_state_keeps_the_source_shut) {
    install("tiny");
    store.unreadable = true;
    const auto slot = open("tiny", "{}");
    BOOST_TEST(!slot.source);
    BOOST_TEST(slot.reason.find("state cannot be read: the disk is gone") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
