// Plugins come, change and go while the real server runs and takes requests.
#include "core/base/json.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <iterator>
#include <set>

#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"

using namespace gh;
using namespace gh::test;

namespace {

namespace fs = std::filesystem;

const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string config_text(const std::string& settings = "") {
    return "server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
           "store: {sqlite: store.db, retention: 30d}\n"
           "plugins: {directory: plugins}\n"
           "sources:\n"
           "  bank:\n"
           "    plugin: basiq\n"
           "    path: /hooks/bank\n"
           "    settings: {secret: " +
           k_secret + ", api_key: key" + settings +
           "}\n"
           "    fetch_back: {mode: off}\n"
           "destinations: {}\n"
           "routes: []\n";
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// One connection for many requests: a new one for each would use up the machine's ports.
class Sender {
public:
    explicit Sender(uint16_t port) : port_(port) {}
    ~Sender() { close(); }
    Sender(const Sender&) = delete;

    Answer send(const std::string& id) {
        const std::string body = body_of(id);
        std::string bytes = "POST /hooks/bank HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
        for (const auto& [name, value] : sign(k_secret, id, body)) bytes += name + ": " + value + "\r\n";
        bytes += "\r\n" + body;
        if (fd_ < 0) connect();
        Answer answer;
        if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) return close(), answer;
        const auto begun = std::chrono::steady_clock::now();
        std::string all;
        char buffer[16384];
        for (size_t end = 0; (end = all.find("\r\n\r\n")) == all.npos || all.size() < end + 4 + length(answer, all, end);) {
            const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
            // A stopped and continued process hears EINTR where a socket has a time limit (signal(7)).
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) {
                answer = {};
                answer.head = std::string(n == 0 ? "the server closed the connection" : std::strerror(errno)) + " after " +
                              std::to_string(
                                  std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count()) +
                              " ms and " + std::to_string(all.size()) + " bytes of the answer";
                return close(), answer;
            }
            all.append(buffer, static_cast<size_t>(n));
        }
        answer.status = std::atoi(all.c_str() + 9);
        answer.body = all.substr(answer.head.size() + 2);
        if (answer.field("Connection") == "close") close();
        return answer;
    }
    static std::string body_of(const std::string& id) {
        return "{\"eventTypeId\":\"user.created\",\"eventId\":\"" + id + "\",\"links\":{}}";
    }

private:
    static size_t length(Answer& answer, const std::string& all, size_t end) {
        answer.head = all.substr(0, end + 2);
        return static_cast<size_t>(std::atol(answer.field("Content-Length").c_str()));
    }
    void connect() {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port_);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const timeval limit{60, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) close();
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    const uint16_t port_;
    int fd_ = -1;
};

struct Running {
    Running() {
        fs::create_directory(plugins);
        fs::create_directory(gateway.dir() / "incoming");
    }
    void start() { BOOST_REQUIRE_MESSAGE(gateway.start(), gateway.log()); }

    /// As operators should: written elsewhere, then moved in. `more` makes it another build of the same plugin.
    void drop(const std::string& bytes, const std::string& as = "basiq.so") {
        const auto aside = gateway.dir() / "incoming" / as;
        write_file(aside, bytes);
        fs::rename(aside, plugins / as);
    }
    static std::string build(const std::string& more = "") { return read_file(fs::path(GATEHOUSE_PLUGINS_DIR) / "basiq.so") + more; }

    Answer send(const std::string& id) {
        const std::string body = Sender::body_of(id);
        return request(gateway.port(), "POST", "/hooks/bank", sign(k_secret, id, body), body);
    }
    int status() { return send("msg_" + std::to_string(++sent_)).status; }
    std::string list() { return request(gateway.admin_port(), "GET", "/api/v1/plugins").body; }
    /// Since which generation the plugin has its code; 0 when it is not loaded.
    int64_t generation() {
        const std::string text = list();
        const auto parsed = json::parse(text);
        if (!parsed.ok()) return 0;
        for (const auto& p : parsed->find("items")->items)
            if (p.text_of("name") == "basiq" && p.text_of("state") == "loaded") return p.integer_of("generation");
        return 0;
    }

    Gateway gateway{config_text()};
    fs::path plugins = gateway.dir() / "plugins";

private:
    std::atomic<int> sent_{0};
};

constexpr std::chrono::seconds k_promised{2};

/// Mapped files of the staging folder, and resident memory in KiB.
struct Footprint {
    size_t libraries = 0, mappings = 0;
    long resident = 0;
};
Footprint footprint(pid_t pid) {
    Footprint out;
    const std::string proc = "/proc/" + std::to_string(pid);
    std::istringstream maps(read_file(proc + "/maps"));
    std::set<std::string> files;
    for (std::string line; std::getline(maps, line); ++out.mappings)
        if (const size_t at = line.find("store.db.plugins/"); at != line.npos) files.insert(line.substr(at));
    out.libraries = files.size();
    const std::string status = read_file(proc + "/status");
    if (const size_t at = status.find("VmRSS:"); at != status.npos) out.resident = std::atol(status.c_str() + at + 6);
    return out;
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_file_dropped_in_opens_its_sources, Running) {
    start();
    const Answer before = send("early");
    BOOST_TEST(before.status == 503);
    BOOST_TEST(!before.field("Retry-After").empty());
    drop(build());
    BOOST_TEST((eventually([&] { return status() == 202; }, k_promised) || (BOOST_TEST_MESSAGE(gateway.log()), false)));
    BOOST_TEST(has(list(), "\"sources\":[\"bank\"]"));
    BOOST_TEST(!gateway.line_with(0, "a source serves").empty());
}

BOOST_FIXTURE_TEST_CASE(a_file_written_in_place_is_taken_once_it_is_whole, Running) {
    start();
    const std::string bytes = build();
    write_file(plugins / "basiq.so", bytes.substr(0, bytes.size() / 2));
    BOOST_TEST(eventually([&] { return has(list(), "truncated"); }, k_promised));
    write_file(plugins / "basiq.so", bytes);
    BOOST_TEST(eventually([&] { return status() == 202; }, k_promised));
}

BOOST_FIXTURE_TEST_CASE(other_files_change_nothing, Running) {
    drop(build());
    start();
    write_file(plugins / "README", "notes");
    drop(build("other"));
    BOOST_REQUIRE(eventually([&] { return generation() == 2; }, k_promised));
    write_file(plugins / "README", "more notes");
    drop(build());
    BOOST_TEST(eventually([&] { return generation() == 3; }, k_promised));
}

BOOST_FIXTURE_TEST_CASE(a_directory_made_later_is_watched_too, Running) {
    fs::remove(plugins);
    start();
    BOOST_TEST(status() == 503);
    fs::create_directory(plugins);
    drop(build());
    BOOST_TEST((eventually([&] { return status() == 202; }, 2 * k_promised) || (BOOST_TEST_MESSAGE(gateway.log()), false))); // found by the look at intervals
}

BOOST_FIXTURE_TEST_CASE(the_target_of_a_link_may_change, Running) {
    const auto releases = gateway.dir() / "releases";
    fs::create_directory(releases);
    write_file(releases / "1.so", build());
    write_file(releases / "2.so", build("two"));
    fs::create_symlink(releases / "1.so", releases / "now.so");
    fs::create_symlink(releases / "now.so", plugins / "basiq.so");
    start();
    BOOST_TEST(status() == 202);
    fs::create_symlink(releases / "2.so", releases / "next.so");
    fs::rename(releases / "next.so", releases / "now.so");
    BOOST_TEST(eventually([&] { return generation() == 2; }, 2 * k_promised));
    BOOST_TEST(status() == 202);
}

BOOST_FIXTURE_TEST_CASE(a_bad_file_leaves_the_old_one_serving_and_says_why, Running) {
    drop(build());
    start();
    drop("no library at all");
    BOOST_REQUIRE(eventually([&] { return has(list(), "\"refused\""); }, k_promised));
    BOOST_TEST(has(list(), "not_elf"));
    BOOST_TEST(generation() == 1);
    BOOST_TEST(status() == 202);
    BOOST_TEST(has(gateway.line_with(0, "a plugin file is refused"), "not_elf"));
    drop(build("mended"));
    BOOST_TEST(eventually([&] { return !has(list(), "\"refused\"") && generation() > 1; }, k_promised));
    BOOST_TEST(status() == 202);
}

BOOST_FIXTURE_TEST_CASE(a_removed_file_takes_its_sources_along_until_it_is_back, Running) {
    drop(build());
    start();
    BOOST_TEST(status() == 202);
    fs::remove(plugins / "basiq.so");
    BOOST_REQUIRE(eventually([&] { return status() == 503; }, k_promised));
    BOOST_TEST(!send("later").field("Retry-After").empty());
    BOOST_TEST(has(gateway.line_with(0, "a source is not available"), "put its .so file into the plugin directory"));
    drop(build());
    BOOST_TEST(eventually([&] { return status() == 202; }, k_promised));
}

BOOST_FIXTURE_TEST_CASE(a_reload_moves_the_watch_to_another_directory, Running) {
    drop(build());
    start();
    const auto other = gateway.dir() / "others";
    fs::create_directory(other);
    write_file(other / "basiq.so", build());
    std::string config = config_text();
    config.replace(config.find("directory: plugins"), 18, "directory: others ");
    write_file(gateway.dir() / "gatehouse.yaml", config);
    gateway.child().signal(SIGHUP);
    BOOST_REQUIRE(eventually([&] { return !gateway.line_with(0, "\"message\":\"reloaded\"").empty(); }));
    drop(build("moved"), "aside.so");
    fs::rename(plugins / "aside.so", other / "basiq.so");
    BOOST_TEST(eventually([&] { return generation() > 1; }, k_promised));
}

/// GATEHOUSE_LONG_TESTS=1: a thousand times.
BOOST_FIXTURE_TEST_CASE(replacing_the_file_under_load_fails_and_loses_no_request, Running) {
    const bool long_run = std::getenv("GATEHOUSE_LONG_TESTS") != nullptr;
    const int swaps = long_run ? 1'000 : 20;
    const std::string builds[] = {build(), build("another build")};
    drop(builds[0]);
    start();
    std::atomic<bool> stop{false};
    std::atomic<size_t> failed{0};
    std::mutex mutex;
    std::set<std::string> acknowledged;
    std::string failures;
    std::vector<std::thread> senders;
    for (int t = 0; t < 2; ++t)
        senders.emplace_back([&, t] {
            Sender sender(gateway.port());
            for (int i = 0; !stop; ++i) {
                std::this_thread::sleep_for(std::chrono::milliseconds(2)); // a steady stream, not all that goes
                const Answer answer = sender.send("load_" + std::to_string(t) + "_" + std::to_string(i));
                const std::lock_guard lock(mutex);
                if (answer.status == 202) {
                    acknowledged.insert(answer.field("Gatehouse-Event-Id"));
                    continue;
                }
                if (failed++ < 20)
                    failures += "\nload_" + std::to_string(t) + "_" + std::to_string(i) + ": " + std::to_string(answer.status) + " " +
                                answer.head + answer.body;
            }
        });
    const auto answered = [&] {
        const std::lock_guard lock(mutex);
        return acknowledged.size();
    };
    Footprint early;
    int done = 0;
    for (; done < swaps; ++done) {
        const auto before = generation();
        drop(builds[(done + 1) % 2]);
        if (!eventually([&] { return generation() > before; }, std::chrono::seconds(60))) break;
        const auto seen = answered();
        if (!eventually([&] { return answered() > seen + 5 || failed > 0; }, std::chrono::seconds(60)))
            break; // the new generation takes requests
        if (done == 10) early = footprint(gateway.child().pid());
    }
    stop = true;
    for (auto& sender : senders) sender.join();
    BOOST_TEST(done == swaps, gateway.log().substr(gateway.log().size() - std::min<size_t>(gateway.log().size(), 2000)));
    BOOST_TEST(failed == 0u, failures);

    // What was acknowledged is there.
    std::set<std::string> stored;
    std::string next;
    do {
        const std::string page =
            request(gateway.admin_port(), "GET", "/api/v1/events?limit=500" + (next.empty() ? "" : "&cursor=" + next)).body;
        const auto parsed = json::parse(page);
        BOOST_REQUIRE_MESSAGE(parsed.ok() && parsed->find("items"), page.substr(0, 500));
        for (const auto& e : parsed->find("items")->items) stored.emplace(e.text_of("id"));
        next = parsed->text_of("next");
    } while (!next.empty());
    std::vector<std::string> lost;
    std::set_difference(acknowledged.begin(), acknowledged.end(), stored.begin(), stored.end(), std::back_inserter(lost));
    BOOST_TEST(lost.empty(), lost.size() << " acknowledged events are not there");
    if (failed == 0) BOOST_TEST(stored.size() == acknowledged.size());

    // Two builds, each loaded once; isolated ones are not loaded into the server.
    const auto late = footprint(gateway.child().pid());
    BOOST_TEST(late.libraries == (std::getenv("GATEHOUSE_TEST_ISOLATION") ? 0u : 2u));
    BOOST_TEST(late.mappings < early.mappings + 100);
    BOOST_TEST(late.resident < early.resident + 64 * 1024);
    BOOST_TEST_MESSAGE(done << " swaps, " << acknowledged.size() << " requests, " << failed << " failed; resident " << early.resident
                            << " -> " << late.resident << " KiB, mappings " << early.mappings << " -> " << late.mappings << ", libraries "
                            << late.libraries);
}
