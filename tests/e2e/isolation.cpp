// A real server whose plugins have processes of their own: what one does, or has done to it, hurts its own source alone, and nothing that
// was acknowledged is lost.
#include "core/base/json.hpp"
#include "core/store/store.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <fstream>
#include <set>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/receiver.hpp"

using namespace gh;
using namespace gh::test;

namespace {

namespace fs = std::filesystem;

const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string config_text(const std::string& plugins, const std::string& rest = "") {
    return "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
           "store: {sqlite: store.db, retention: 30d}\n"
           "plugins: {directory: plugins, " +
           plugins +
           "}\n"
           "sources:\n"
           "  bank:\n"
           "    plugin: basiq\n"
           "    path: /hooks/bank\n"
           "    settings: {secret: \"${env:BANK_SECRET}\", api_key: \"${env:BANK_KEY}\"}\n"
           "    fetch_back: {mode: off}\n" +
           rest;
}
const std::string k_wild =
    "  bad:\n"
    "    plugin: wild\n"
    "    path: /hooks/bad\n"
    "    fetch_back: {mode: off}\n"
    "  worse:\n"
    "    plugin: wild\n"
    "    path: /hooks/worse\n"
    "    fetch_back: {mode: off}\n";
const std::string k_no_routes = "destinations: {}\nroutes: []\n";

struct Running {
    explicit Running(const std::string& config)
        : gateway(config, {{"BANK_SECRET", k_secret}, {"BANK_KEY", "very-secret-key"}, {"APP_SECRET", k_secret}}) {
        fs::create_directory(gateway.dir() / "plugins");
        fs::copy_file(fs::path(GATEHOUSE_PLUGINS_DIR) / "basiq.so", gateway.dir() / "plugins" / "basiq.so");
        fs::copy_file(WILD_PLUGIN, gateway.dir() / "plugins" / "wild.so");
        for (const auto& file : fs::directory_iterator(gateway.dir() / "plugins"))
            fs::permissions(file, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove);
    }
    void start() { BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log()); }

    Answer bank(const std::string& id) {
        const std::string body = "{\"eventTypeId\":\"user.created\",\"eventId\":\"" + id + "\",\"links\":{}}";
        return request(gateway.port(), "POST", "/hooks/bank", sign(k_secret, id, body), body);
    }
    Answer bad(const std::string& what, const std::string& path = "/hooks/bad") {
        return request(gateway.port(), "POST", path, {{"x-do", what}}, "{}");
    }
    /// A member of the worker of a source, as the API shows it.
    std::string worker(const std::string& source, const std::string& member) {
        const std::string text = request(gateway.admin_port(), "GET", "/api/v1/plugins").body;
        const auto parsed = json::parse(text);
        if (!parsed.ok()) return {};
        for (const auto& p : parsed->find("items")->items)
            if (const auto* all = p.find("workers"))
                for (const auto& w : all->items)
                    if (w.text_of("source") == source) return w.find(member)->text;
        return {};
    }
    pid_t pid(const std::string& source) {
        const auto text = worker(source, "pid");
        return text.empty() ? 0 : static_cast<pid_t>(std::stol(text));
    }

    Gateway gateway;
};

struct Isolated : Running {
    Isolated() : Running(config_text("isolation: process", k_wild + k_no_routes)) {}
};

std::string status_of(pid_t pid, const std::string& member) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(member + ":")) return line.substr(line.find_first_not_of(" \t", member.size() + 1));
    return {};
}

bool ended(pid_t pid) {
    const auto state = status_of(pid, "State");
    return state.empty() || state[0] == 'Z';
}

size_t descriptors(pid_t pid) {
    size_t n = 0;
    for ([[maybe_unused]] const auto& one : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) ++n;
    return n;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(each_source_has_a_process_with_next_to_nothing, Isolated) {
    start();
    BOOST_TEST(bank("msg_1").status == 202);
    const auto process = pid("bank");
    BOOST_REQUIRE(process > 0);
    BOOST_TEST(process != pid("bad"));
    BOOST_TEST(pid("bad") != pid("worse"));
    BOOST_TEST(status_of(process, "Seccomp") == "2");
    BOOST_TEST(status_of(process, "NoNewPrivs") == "1");
    BOOST_TEST(status_of(process, "CapEff") == "0000000000000000");
    if (::geteuid() == 0) BOOST_TEST(status_of(process, "Uid").starts_with("65534"));
    if (::geteuid() == 0) {
        BOOST_TEST(descriptors(process) == 11u); // null three times, four lanes of two
        BOOST_TEST(read_file("/proc/" + std::to_string(process) + "/environ").empty());
    }
    const auto line = read_file("/proc/" + std::to_string(process) + "/cmdline");
    BOOST_TEST(has(line, "basiq/bank"));
    BOOST_TEST(!has(line, "secret"));
    const auto shown = gateway.operate({"plugins"});
    BOOST_TEST(has(shown.text, "bank running " + std::to_string(process)), shown.text);
    BOOST_TEST(has(gateway.operate({"plugins", "show", "basiq"}).text, "crashes 0"));
}

BOOST_FIXTURE_TEST_CASE(a_secret_that_is_not_asked_for_never_gets_there, Isolated) {
    if (::geteuid() != 0) return; // nobody else may look into it
    start();
    BOOST_REQUIRE(bank("msg_1").status == 202);
    const auto holds = [&](pid_t process, const std::string& text) {
        std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
        std::ifstream memory("/proc/" + std::to_string(process) + "/mem", std::ios::binary);
        std::string part;
        for (std::string line; std::getline(maps, line);) {
            unsigned long begin = 0, end = 0;
            char rights[5] = {};
            if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3 || rights[0] != 'r' || line.find("[v") != line.npos)
                continue;
            part.resize(end - begin);
            memory.clear();
            memory.seekg(static_cast<std::streamoff>(begin));
            memory.read(part.data(), static_cast<std::streamsize>(part.size()));
            if (has(part.substr(0, static_cast<size_t>(memory.gcount())), text)) return true;
        }
        return false;
    };
    BOOST_TEST(holds(gateway.child().pid(), "very-secret-key")); // or this test could not fail
    BOOST_TEST(holds(pid("bank"), "/hooks/bank"));
    BOOST_TEST(!holds(pid("bank"), "very-secret-key"));
}

BOOST_FIXTURE_TEST_CASE(a_crash_costs_one_503_with_retry_after, Isolated) {
    start();
    const auto before = pid("bad"), bank_before = pid("bank"), other = pid("worse");
    const auto answer = bad("crash");
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(!answer.field("Retry-After").empty());
    BOOST_TEST(eventually([&] { return bad("").status == 202; }));
    BOOST_TEST(pid("bad") != before);
    BOOST_TEST(pid("bank") == bank_before);
    BOOST_TEST(pid("worse") == other); // the same plugin, another source
    BOOST_TEST(worker("bad", "crashes") == "1");
    BOOST_TEST(has(worker("bad", "last_crash"), "SIGILL"));
    BOOST_TEST(has(request(gateway.admin_port(), "GET", "/metrics").body, "gatehouse_plugin_faults_total{plugin=\"wild\"} 1\n"));
    BOOST_TEST(has(gateway.operate({"plugins"}).text, "(crashes: 1)"));
}

BOOST_FIXTURE_TEST_CASE(while_one_spins_others_are_served, Isolated) {
    start();
    BOOST_REQUIRE(bank("msg_0").status == 202);
    std::atomic<int> waiting{0}, unavailable{0};
    std::vector<std::thread> spinning;
    for (int i = 0; i < 6; ++i)
        spinning.emplace_back([&] {
            ++waiting;
            unavailable += bad("spin").status == 503;
        });
    BOOST_REQUIRE(eventually([&] { return waiting == 6 && has(read_file("/proc/" + std::to_string(pid("bad")) + "/stat"), " R "); }));
    int served = 0;
    std::vector<double> took;
    for (int i = 1; i <= 20; ++i) {
        const auto began = std::chrono::steady_clock::now();
        served += bank("msg_" + std::to_string(i)).status == 202;
        served += bad("", "/hooks/worse").status == 202;
        took.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    std::sort(took.begin(), took.end());
    BOOST_TEST(served == 40);
    BOOST_TEST(took[10] < 0.5); // a spinning call is let go on for two seconds
    for (auto& one : spinning) one.join();
    BOOST_TEST(unavailable == 6);
    BOOST_TEST(eventually([&] { return bad("").status == 202; }, std::chrono::seconds(40)));
}

BOOST_FIXTURE_TEST_CASE(workers_end_with_the_server, Isolated) {
    start();
    const auto killed = pid("bank");
    gateway.stop(SIGKILL);
    BOOST_TEST(eventually([&] { return ended(killed); }));
    start();
    const auto stopped = pid("bank");
    BOOST_TEST(gateway.stop() == 0);
    BOOST_TEST(ended(stopped));
}

BOOST_FIXTURE_TEST_CASE(a_new_build_gets_a_new_process_and_the_old_one_ends, Isolated) {
    start();
    const auto before = pid("bank");
    const auto file = gateway.dir() / "plugins" / "basiq.so", aside = gateway.dir() / "basiq.new";
    write_file(aside, read_file(file) + "more");
    fs::rename(aside, file);
    BOOST_TEST(eventually([&] { return pid("bank") != before && pid("bank") > 0; }));
    BOOST_TEST(bank("msg_1").status == 202);
    BOOST_TEST(eventually([&] { return ended(before); }));
}

BOOST_FIXTURE_TEST_CASE(a_wrong_setting_is_told_as_without_isolation, Isolated) {
    auto config = read_file(gateway.dir() / "gatehouse.yaml");
    config.replace(config.find("api_key:"), 8, "api_kex:");
    write_file(gateway.dir() / "gatehouse.yaml", config);
    const auto checked = Child({GATEHOUSE_BINARY, "--config", (gateway.dir() / "gatehouse.yaml").string(), "check"},
                               {{"BANK_SECRET", k_secret}, {"BANK_KEY", "k"}}, gateway.dir() / "out", gateway.dir() / "out")
                             .wait();
    BOOST_TEST(checked == 2);
    BOOST_TEST(has(read_file(gateway.dir() / "out"), "did you mean \"api_key\"?"), read_file(gateway.dir() / "out"));
}

namespace {

std::set<std::string> lines_of(const fs::path& file) {
    std::set<std::string> out;
    std::ifstream in(file);
    // A line without its end was being written when the generator stopped.
    for (std::string line; std::getline(in, line) && !in.eof();) out.insert(line);
    return out;
}

std::set<std::string> stored_keys(const fs::path& file) {
    Log log(Level::error);
    Metrics metrics;
    const SystemClock clock;
    store::Options options;
    options.path = file.string();
    const auto store = store::make_sqlite_store(options, clock, log, metrics);
    BOOST_REQUIRE(store->start().ok());
    std::set<std::string> keys;
    store::EventQuery query;
    query.limit = 1000;
    do {
        const auto page = store->events(query);
        BOOST_REQUIRE(page.ok());
        for (const auto& event : page->items) keys.insert(event.dedupe_key);
        query.cursor = page->next;
    } while (!query.cursor.empty());
    store->stop();
    return keys;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_worker_killed_under_load_loses_nothing_acknowledged) {
    Receiver receiver;
    Running running(config_text("overrides: {basiq: process, wild: none}", "destinations:\n  app: {url: " + receiver.url() +
                                                                               ", secret: \"${env:APP_SECRET}\", retry: [1s, 1s, 1s]}\n"
                                                                               "routes:\n  - {from: bank, to: app}\n"));
    running.start();
    const auto accepted_file = running.gateway.dir() / "accepted";
    constexpr int kills = 8;
    for (int round = 0; round < kills; ++round) {
        Child load({LOAD_BINARY, "--port", std::to_string(running.gateway.port()), "--requests", "1500", "--connections", "16",
                    "--accepted", accepted_file.string(), "--prefix", "r" + std::to_string(round)},
                   {}, {}, {});
        const size_t before = lines_of(accepted_file).size();
        BOOST_REQUIRE(eventually([&] { return lines_of(accepted_file).size() >= before + 50; }));
        const auto victim = running.pid("bank");
        if (victim > 0) ::kill(victim, SIGKILL);
        load.wait();
        BOOST_REQUIRE(eventually([&] { return running.bank("after_" + std::to_string(round)).status == 202; }, std::chrono::seconds(40)));
    }
    const auto accepted = lines_of(accepted_file);
    BOOST_TEST_MESSAGE(accepted.size() << " acknowledged over " << kills << " kills");
    BOOST_TEST(std::stoi(running.worker("bank", "crashes")) >= 1);
    BOOST_TEST(eventually(
        [&] {
            std::set<std::string> arrived;
            for (const auto& delivery : receiver.deliveries()) {
                const auto& body = delivery.request.body;
                const size_t at = body.find("\"eventId\":\"") + 11;
                arrived.insert(body.substr(at, body.find('"', at) - at));
            }
            return std::includes(arrived.begin(), arrived.end(), accepted.begin(), accepted.end());
        },
        std::chrono::seconds(60)));
    running.gateway.stop();
    const auto stored = stored_keys(running.gateway.dir() / "store.db");
    BOOST_TEST(std::includes(stored.begin(), stored.end(), accepted.begin(), accepted.end()));
}
