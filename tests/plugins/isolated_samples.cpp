// Every shipped plugin says the same of its samples, and of thousands of changed ones, from a process of its own as from this one.
#include "core/cli/mutants.hpp"
#include "core/cli/offline.hpp"
#include "core/cli/raw_request.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/temp_dir.hpp"

using namespace gh;

namespace {

std::vector<std::string> plugins() {
    std::vector<std::string> out;
    std::string_view rest = PLUGINS;
    while (!rest.empty()) {
        const auto one = rest.substr(0, rest.find(','));
        out.emplace_back(one);
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    }
    return out;
}

struct Side {
    explicit Side(config::Isolation isolation) : host(clock, nullptr, log, metrics, folder.path() / "staging") {
        host.isolate(isolation, GATEHOUSE_BINARY);
    }
    test::TempDir folder;
    ManualClock clock{Time{}};
    Log log{Level::error, [](std::string_view) {}};
    Metrics metrics;
    plugin::Host host;
};

std::string told(const cli::Offer& o) {
    const auto& e = o.event;
    std::string out = std::to_string(static_cast<int>(o.result)) + "|" + std::to_string(o.http_status);
    for (const auto* part : {&o.code, &o.hint, &e.dedupe_key, &e.type, &e.subject, &e.ordering_key, &o.acceptance.replay_id})
        out += "|" + *part;
    out +=
        "|" + (e.occurred_at ? to_rfc3339(*e.occurred_at) : "") + "|" + (o.acceptance.signed_at ? to_rfc3339(*o.acceptance.signed_at) : "");
    return out + "|" + std::to_string(o.acceptance.tolerance_past.count()) + (o.verified ? "|verified" : "");
}

} // namespace

BOOST_DATA_TEST_CASE(a_process_of_its_own_changes_no_answer, plugins(), name) {
    const auto file = std::filesystem::path(PLUGINS_DIR) / (name + ".so");
    Side here(config::Isolation::none), apart(config::Isolation::process);
    const auto samples = here.host.samples(file), same = apart.host.samples(file);
    BOOST_REQUIRE_MESSAGE(samples.ok(), (samples.ok() ? "" : samples.error().message));
    BOOST_REQUIRE_MESSAGE(same.ok(), (same.ok() ? "" : same.error().message));
    BOOST_REQUIRE(samples->size() == same->size());
    BOOST_REQUIRE(!samples->empty());
    size_t compared = 0;
    for (size_t i = 0; i < samples->size(); ++i) {
        const auto& sample = samples.value()[i];
        BOOST_TEST_CONTEXT(sample.name) {
            BOOST_TEST(same.value()[i].request == sample.request);
            here.clock.set(sample.at);
            apart.clock.set(sample.at);
            const auto source = here.host.open_sample(file, sample), other = apart.host.open_sample(file, same.value()[i]);
            BOOST_REQUIRE_MESSAGE(source.ok(), (source.ok() ? "" : source.error().message));
            BOOST_REQUIRE_MESSAGE(other.ok(), (other.ok() ? "" : other.error().message));
            BOOST_TEST((*other)->isolated());
            BOOST_TEST((*other)->operations().size() == (*source)->operations().size());
            BOOST_TEST((*other)->policy()->rules().size() == (*source)->policy()->rules().size());
            auto raw = cli::parse_raw_request(sample.request);
            BOOST_REQUIRE(raw.ok());
            auto& request = raw->request;
            request.received_at = sample.at;
            const auto* route = cli::find_route(**source, request);
            const auto* other_route = cli::find_route(**other, request);
            BOOST_REQUIRE(route);
            BOOST_REQUIRE(other_route);
            request.path = route->path;
            const auto compare = [&](const http::Request& one) {
                BOOST_TEST(told(cli::offer(**other, *other_route, one, sample.at)) == told(cli::offer(**source, *route, one, sample.at)));
                ++compared;
            };
            compare(request);
            size_t mutants = 0;
            for (const auto& mutant : cli::mutants(request))
                if (mutants++ % 7 == 0) compare(mutant.request); // enough of them, and soon
            BOOST_TEST((*other)->worker()->crashes == 0u);
        }
    }
    BOOST_TEST_MESSAGE(name << ": " << compared << " answers compared");
}
