// Promise 1 and 2 under kill -9: acknowledged is a subset of stored, nothing is stored twice, deliveries resume.
// GATEHOUSE_KILLS sets the number of kills (default 20).
#include "core/store/store.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <set>

using namespace gh;
using namespace gh::test;

namespace {

int kills() {
    const char* text = std::getenv("GATEHOUSE_KILLS");
    return text ? std::atoi(text) : 20;
}

std::string config_text(const Receiver& receiver) {
    return "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
           "store: {sqlite: store.db, retention: 30d}\n"
           "plugins: {directory: " GATEHOUSE_PLUGINS_DIR "}\n"
           "sources:\n"
           "  bank:\n"
           "    plugin: basiq\n"
           "    path: /hooks/bank\n"
           "    settings: {secret: \"${env:BANK_SECRET}\", api_key: \"${env:BANK_KEY}\"}\n"
           "    fetch_back: {mode: off}\n"
           "destinations:\n"
           "  app: {url: " + receiver.url() + ", secret: \"${env:APP_SECRET}\", retry: [1s, 1s, 1s, 1s, 1s, 1s]}\n"
           "routes:\n"
           "  - {from: bank, to: app}\n";
}

std::set<std::string> lines(const std::filesystem::path& file) {
    std::set<std::string> out;
    std::ifstream in(file);
    // A line without its end was being written when the generator stopped.
    for (std::string line; std::getline(in, line) && !in.eof();) out.insert(line);
    return out;
}

size_t line_count(const std::filesystem::path& file) {
    const std::string text = read_file(file);
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::map<std::string, int> stored_keys(const std::filesystem::path& file) {
    Log log(Level::error);
    Metrics metrics;
    const SystemClock clock;
    store::Options options;
    options.path = file.string();
    const auto store = store::make_sqlite_store(options, clock, log, metrics);
    const auto started = store->start();
    BOOST_REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error().message));
    std::map<std::string, int> keys;
    store::EventQuery query;
    query.limit = 1000;
    do {
        const auto page = store->events(query);
        BOOST_REQUIRE(page.ok());
        for (const auto& event : page->items) ++keys[event.dedupe_key];
        query.cursor = page->next;
    } while (!query.cursor.empty());
    store->stop();
    return keys;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_was_acknowledged_survives_kill_9_and_is_delivered) {
    Receiver receiver;
    Gateway gateway(config_text(receiver), {{"BANK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
                                       {"BANK_KEY", "key"},
                                       {"APP_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}});
    const auto accepted_file = gateway.dir() / "accepted";
    std::mt19937 random(std::random_device{}());
    for (int round = 0; round < kills(); ++round) {
        BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
        const size_t before = line_count(accepted_file);
        Child load({LOAD_BINARY, "--port", std::to_string(gateway.port()), "--requests", "50000", "--connections", "32", "--accepted",
                    accepted_file.string(), "--prefix", "r" + std::to_string(round) + "_" + std::to_string(::getpid())},
                   {}, {}, {});
        const size_t enough = before + std::uniform_int_distribution<size_t>(1, 1500)(random);
        BOOST_REQUIRE(eventually([&] { return line_count(accepted_file) >= enough; }));
        gateway.stop(SIGKILL);
        load.wait();
    }
    BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log());
    const auto accepted = lines(accepted_file);
    BOOST_TEST_MESSAGE(accepted.size() << " acknowledged over " << kills() << " kills");
    BOOST_REQUIRE(accepted.size() >= static_cast<size_t>(kills()));

    // Deliveries resume from the store alone: each acknowledged event arrives.
    const bool all_delivered = eventually(
        [&] {
            std::set<std::string> arrived;
            for (const auto& delivery : receiver.deliveries()) {
                const auto& body = delivery.request.body;
                const size_t at = body.find("\"eventId\":\"") + 11;
                arrived.insert(body.substr(at, body.find('"', at) - at));
            }
            return std::includes(arrived.begin(), arrived.end(), accepted.begin(), accepted.end());
        },
        std::chrono::seconds(120));
    BOOST_TEST(all_delivered);
    gateway.stop();

    const auto stored = stored_keys(gateway.dir() / "store.db");
    size_t missing = 0, doubled = 0;
    for (const auto& id : accepted) missing += !stored.contains(id);
    for (const auto& [id, count] : stored) doubled += count > 1;
    BOOST_TEST(missing == 0u);
    BOOST_TEST(doubled == 0u);
}
