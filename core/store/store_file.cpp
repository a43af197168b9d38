#include "core/store/store_file.hpp"

#include "core/store/file_lock.hpp"
#include "core/store/joining_vfs.hpp"
#include "core/store/schema.hpp"

#include <sqlite3.h>

#include <thread>

namespace gh::store {

namespace {

constexpr int k_writer_cache_kib = 16'000;
constexpr int k_busy_ms = 100; // for readers at a checkpoint that waits; they hold on for some milliseconds
constexpr auto k_wait_for_others = Millis(1'000);

} // namespace

int checkpoint(Database& db, Checkpoint kind) {
    const int mode = kind == Checkpoint::passive   ? SQLITE_CHECKPOINT_PASSIVE
                     : kind == Checkpoint::restart ? SQLITE_CHECKPOINT_RESTART
                                                   : SQLITE_CHECKPOINT_TRUNCATE;
    int frames = 0, copied = 0;
    sqlite3_busy_timeout(db.handle(), k_busy_ms);
    const int code = sqlite3_wal_checkpoint_v2(db.handle(), nullptr, mode, &frames, &copied);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) throw SqlError(code, sqlite3_errmsg(db.handle()));
    return frames - copied;
}

void trial_commit(Database& db) {
    Transaction transaction(db);
    db.prepared("UPDATE meta SET value = value + 1 WHERE key = 'probe'").run();
    transaction.commit();
}

namespace {

// In exclusive mode, set before the log is touched, SQLite lets nobody else in and reads the log anew into memory of its own: it then
// copies all of it, whatever an earlier process noted as copied.
Status make_durable(const std::string& path, const std::string& vfs) {
    Database db(path, vfs, true);
    db.exec("PRAGMA locking_mode = EXCLUSIVE");
    if (auto checked = check_file(db, path, schema_steps().size()); !checked) return checked;
    configure_connection(db, k_writer_cache_kib);
    if (const auto mode = db.word("PRAGMA journal_mode = WAL"); mode != "wal")
        return Error{"store: " + path + ": write-ahead logging is not possible here (journal mode " + mode +
                     "); put the file on a local file system"};
    if (auto migrated = migrate(db, path, schema_steps()); !migrated) return migrated;
    trial_commit(db);
    if (checkpoint(db, Checkpoint::empty) != 0) return Error{"store: " + path + ": the write-ahead log could not be emptied; start again"};
    return sync_directory_of(path);
}

// Others hold the file for as long as a query takes, or for good.
Status make_durable_when_alone(const std::string& path, const std::string& vfs) {
    for (auto until = Steady::now() + k_wait_for_others;; std::this_thread::sleep_for(Millis(20))) {
        try {
            return make_durable(path, vfs);
        } catch (const SqlError& e) {
            if (e.code() != SQLITE_BUSY && e.code() != SQLITE_LOCKED) throw;
            if (Steady::now() >= until)
                return Error{"store: " + path + " is open in another program (a database shell, a backup); end that one"};
        }
    }
}

} // namespace

Result<std::unique_ptr<Database>> open_durably(const std::string& path, const std::string& base_vfs) {
    const auto vfs = joining_vfs(base_vfs);
    try {
        if (auto durable = make_durable_when_alone(path, vfs); !durable) return durable.error();
        auto db = std::make_unique<Database>(path, vfs, false);
        configure_connection(*db, k_writer_cache_kib);
        trial_commit(*db);
        return db;
    } catch (const SqlError& e) {
        return Error{"store: " + path + " cannot be opened for writing: " + e.what() +
                     "; check the disk, its free space and the file's permissions"};
    }
}

} // namespace gh::store
