// Full disk and failing fsync under a real server: 503 with Retry-After, nothing acknowledged that is not stored, recovery without restart.
#include "tests/support/client.hpp"
#include "tests/support/gateway.hpp"

#include <boost/test/unit_test.hpp>

using namespace gh;
using namespace gh::test;

namespace {

const std::string k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct FailingDisk {
    FailingDisk()
        : gateway("server: {listen: 127.0.0.1:0, admin: 127.0.0.1:0}\n"
                  "store: {sqlite: store.db, retention: 30d}\n"
                  "plugins: {directory: " GATEHOUSE_PLUGINS_DIR "}\n"
                  "sources:\n"
                  "  bank:\n"
                  "    plugin: basiq\n"
                  "    path: /hooks/bank\n"
                  "    settings: {secret: \"${env:BANK_SECRET}\", api_key: \"${env:BANK_KEY}\"}\n"
                  "    fetch_back: {mode: off}\n"
                  "destinations: {}\n"
                  "routes: []\n",
                  {{"BANK_SECRET", k_secret},
                   {"BANK_KEY", "key"},
                   {"LD_PRELOAD", FAILING_DISK_SHIM},
                   {"FAIL_NAME", "store.db"},
                   {"FAIL_SYNC", (switches / "sync").string()},
                   {"FAIL_WRITE", (switches / "write").string()}}) {}

    int send(const std::string& id) {
        const std::string body = "{\"eventTypeId\":\"user.created\",\"eventId\":\"" + id + "\"}";
        last = request(gateway.port(), "POST", "/hooks/bank", sign(k_secret, id, body), body);
        return last.status;
    }
    int ready() { return request(gateway.port(), "GET", "/readyz").status; }
    size_t stored(const std::string& id) {
        const std::string page = request(gateway.admin_port(), "GET", "/api/v1/events?search=" + id).body;
        size_t count = 0;
        for (size_t at = page.find("\"dedupe_key\""); at != std::string::npos; at = page.find("\"dedupe_key\"", at + 1)) ++count;
        return count;
    }

    TempDir switches;
    Gateway gateway;
    Answer last;
};

/// The same story for both faults.
void fails_and_recovers(FailingDisk& disk, const std::string& fault) {
    BOOST_REQUIRE_MESSAGE(disk.gateway.start(), disk.gateway.log());
    BOOST_TEST(disk.send("before") == 202);
    BOOST_TEST(disk.ready() == 200);

    write_file(disk.switches / fault, "");
    BOOST_TEST(disk.send("during") == 503);
    BOOST_TEST(!disk.last.field("Retry-After").empty());
    BOOST_TEST(eventually([&] { return disk.ready() == 503; }));
    BOOST_TEST(disk.send("during") == 503);

    std::filesystem::remove(disk.switches / fault);
    BOOST_TEST(eventually([&] { return disk.send("after") == 202; }));
    BOOST_TEST(eventually([&] { return disk.ready() == 200; }));
    BOOST_TEST(disk.send("during") == 202); // the sender's retry
    for (const char* id : {"before", "during", "after"}) BOOST_TEST(disk.stored(id) == 1u, id);

    disk.gateway.stop(SIGKILL);
    BOOST_REQUIRE_MESSAGE(disk.gateway.start(), disk.gateway.log());
    for (const char* id : {"before", "during", "after"}) BOOST_TEST(disk.stored(id) == 1u, id);
}

} // namespace

BOOST_FIXTURE_TEST_CASE(failing_fsync_acknowledges_nothing_and_recovers, FailingDisk) { fails_and_recovers(*this, "sync"); }
BOOST_FIXTURE_TEST_CASE(full_disk_acknowledges_nothing_and_recovers, FailingDisk) { fails_and_recovers(*this, "write"); }
