// The file: created, locked, migrated, refused.
#include "core/store/schema.hpp"
#include "core/store/state_view.hpp"
#include "core/store/store_file.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "store_fixture.hpp"

using namespace gh;
using namespace gh::store_test;
namespace fs = std::filesystem;

namespace {

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string start_error(const Options& options) {
    TestStore store(options, false);
    const auto started = store->start();
    return started ? std::string() : started.error().message;
}

mode_t mode_of(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

// Version 1 as it was released. Never changed: what a later version does with such a file is tested from it.
constexpr const char* k_version_1_file =
#include "store_version_1.sql"
    ;

} // namespace

BOOST_AUTO_TEST_SUITE(store_files)

BOOST_AUTO_TEST_CASE(file_and_missing_directories_are_made_for_the_owner_only) {
    const Directory directory;
    Options options;
    options.path = directory / "a/b/gatehouse.db";
    TestStore store(options);
    store.append(make_event("k"));
    BOOST_TEST(mode_of(options.path) == 0600u);
    BOOST_TEST(mode_of(options.path + "-wal") == 0600u);
    BOOST_TEST(mode_of(options.path + ".lock") == 0600u);
    BOOST_TEST(mode_of(directory / "a/b") == 0700u);
}

BOOST_AUTO_TEST_CASE(second_store_on_one_file_is_refused_also_under_another_name) {
    const Directory directory;
    TestStore store(directory);
    const auto error = start_error(TestStore::options_for(directory));
    BOOST_TEST(error.find("in use by another gatehouse (process " + std::to_string(::getpid()) + ")") != std::string::npos, error);
    Options alias;
    alias.path = directory / "alias.db";
    fs::create_symlink(directory / "gatehouse.db", alias.path);
    BOOST_TEST(start_error(alias).find("in use") != std::string::npos);
    BOOST_TEST((store.append(make_event("k")).outcome == Outcome::stored));
    store->stop();
    BOOST_TEST(start_error(alias) == "");
}

BOOST_AUTO_TEST_CASE(what_is_not_our_database_is_refused_and_left_alone) {
    const Directory directory;
    const auto options = TestStore::options_for(directory);
    const auto refused_untouched = [&](const std::string& expected) {
        const auto before = content(options.path);
        const auto error = start_error(options);
        BOOST_TEST(error.find(expected) != std::string::npos, error);
        BOOST_TEST(error.find(options.path) != std::string::npos, error);
        BOOST_TEST((content(options.path) == before));
    };
    write_file(options.path, std::string(8192, 'x'));
    refused_untouched("not a database");
    fs::remove(options.path);

    sqlite3* db = nullptr;
    sqlite3_open(options.path.c_str(), &db);
    sqlite3_exec(db, "CREATE TABLE theirs(a)", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    refused_untouched("another program");
    fs::remove(options.path);

    BOOST_TEST(start_error(options) == "");
    sqlite3_open(options.path.c_str(), &db);
    sqlite3_exec(db, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
    sqlite3_close(db);
    refused_untouched("newer Gatehouse (schema version 99");
}

BOOST_AUTO_TEST_CASE(damaged_file_is_refused) {
    const Directory directory;
    const auto options = TestStore::options_for(directory);
    {
        TestStore store(options);
        std::vector<NewEvent> events;
        for (int i = 0; i < 500; ++i) events.push_back(make_event("k" + std::to_string(i), std::string(300, 'x')));
        store.append(std::move(events));
    }
    const auto good = content(options.path);
    write_file(options.path, good.substr(0, good.size() / 2));
    BOOST_TEST(start_error(options).find("damaged") != std::string::npos);
    auto holed = good;
    for (size_t i = 3 * 4096; i < good.size(); i += 3 * 4096) holed.replace(i, 4096, std::string(4096, '\xab'));
    write_file(options.path, holed);
    BOOST_TEST(start_error(options).find("damaged") != std::string::npos);
    write_file(options.path, good);
    BOOST_TEST(start_error(options) == "");
}

BOOST_AUTO_TEST_CASE(unusable_path_says_why) {
    const Directory directory;
    Options options;
    BOOST_TEST(start_error(options).find("store.sqlite") != std::string::npos);
    options.path = directory / "";
    BOOST_TEST(!start_error(options).empty());
    write_file(directory / "file", "x");
    options.path = directory / "file/gatehouse.db";
    BOOST_TEST(!start_error(options).empty());
}

BOOST_AUTO_TEST_CASE(version_1_file_opens_with_its_content) {
    const Directory directory;
    const auto options = TestStore::options_for(directory);
    sqlite3* db = nullptr;
    sqlite3_open(options.path.c_str(), &db);
    char* error = nullptr;
    sqlite3_exec(db, k_version_1_file, nullptr, nullptr, &error);
    BOOST_REQUIRE_MESSAGE(!error, error);
    sqlite3_close(db);

    TestStore store(options);
    const auto id = *Uuid::parse("019b76da-a800-7000-8000-000000000001");
    const auto e = store.event(id);
    BOOST_TEST((e.source == "bank" && e.status == EventStatus::received && e.seq == 7));
    BOOST_TEST(e.request.body == "{}");
    BOOST_TEST(store.pending(at(0)).size() == 1u);
    auto again = make_event("k"); // stored under the salt that is in the file
    const auto result = store.append(again);
    BOOST_TEST((result.outcome == Outcome::duplicate && result.id == id));
    BOOST_TEST((store.append(make_event("new")).seq == 8));
}

BOOST_AUTO_TEST_CASE(migration_applies_missing_steps_and_a_failing_step_changes_nothing) {
    const Directory directory;
    const auto path = directory / "gatehouse.db";
    const auto first = schema_steps().front();
    {
        Database db(path, "", true);
        BOOST_REQUIRE(migrate(db, path, std::vector<SchemaStep>{first}).ok());
        db.exec("INSERT INTO state VALUES('s', 'k', 'v')");
    }
    const std::vector<SchemaStep> with_bad{first, {"CREATE TABLE added(a); INSERT INTO added VALUES(1); CREATE TABLE added(a);"}};
    {
        Database db(path, "", false);
        BOOST_TEST(!migrate(db, path, with_bad).ok());
        BOOST_TEST(db.number("PRAGMA user_version") == 1);
        BOOST_TEST(db.number("SELECT count(*) FROM sqlite_schema WHERE name = 'added'") == 0);
    }
    const std::vector<SchemaStep> more{first, {"CREATE TABLE added(a); INSERT INTO added SELECT value FROM state;"}, {"DROP TABLE state;"}};
    Database db(path, "", false);
    BOOST_REQUIRE(check_file(db, path, more.size()).ok());
    BOOST_REQUIRE(migrate(db, path, more).ok());
    BOOST_TEST(db.number("PRAGMA user_version") == 3);
    BOOST_TEST(db.word("SELECT a FROM added") == "v");
    BOOST_TEST(!check_file(db, path, 2).ok());
}

BOOST_AUTO_TEST_CASE(version_1_is_what_this_version_makes) {
    Database made(":memory:", "", true), released(":memory:", "", true);
    BOOST_REQUIRE(migrate(made, "made", schema_steps().first(1)).ok());
    released.exec(k_version_1_file);
    const std::string schema = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    BOOST_TEST(made.word(schema) == released.word(schema));
}

BOOST_AUTO_TEST_CASE(clean_stop_leaves_a_complete_file_without_its_log) {
    const Directory directory;
    const auto e = make_event("k");
    {
        TestStore store(directory);
        store.append(e);
    }
    fs::remove(directory / "gatehouse.db-wal");
    TestStore store(directory);
    BOOST_TEST(store.has_event(e.id));
}

BOOST_AUTO_TEST_CASE(state_can_be_seen_from_beside_and_nothing_else) {
    const Directory directory;
    const auto view = make_state_view(directory / "gatehouse.db");
    BOOST_TEST(!view->state("source:a").ok());
    BOOST_TEST(!fs::exists(directory / "gatehouse.db"));
    {
        TestStore store(directory);
        BOOST_TEST(store.put_state("source:a", {{"k", "v"}, {"gone", std::nullopt}}) == "");
        BOOST_TEST(store.put_state("source:b", {{"k", "other"}}) == "");
        const auto seen = view->state("source:a");
        BOOST_REQUIRE(seen.ok());
        BOOST_REQUIRE(seen->size() == 1u);
        BOOST_TEST(seen->front().key == "k");
        BOOST_TEST(seen->front().value.value_or("") == "v");
        // What is written while it looks is seen the next time, and the writer does not notice.
        BOOST_TEST(store.put_state("source:a", {{"k", "w"}}) == "");
        BOOST_TEST(view->state("source:a")->front().value.value_or("") == "w");
        std::string error;
        view->put_state("source:a", {{"k", "x"}}, [&](const Status& s) { error = s.ok() ? "" : s.error().message; });
        BOOST_TEST(!error.empty());
        BOOST_TEST(!view->append({make_event("a")}, [](auto) {}));
        BOOST_TEST(!view->events({}).ok());
        BOOST_TEST(view->state("source:a")->front().value.value_or("") == "w");
    }
    BOOST_TEST(view->state("source:b")->front().value.value_or("") == "other");
    TestStore again(directory); // nobody holds the file
    BOOST_TEST(again.put_state("source:a", {{"k", "y"}}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
