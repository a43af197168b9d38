#include "core/store/store_file.hpp"

#include "core/store/file_lock.hpp"
#include "core/store/schema.hpp"

#include <sqlite3.h>

namespace gh::store {

namespace {

constexpr int k_writer_cache_kib = 16'000;
constexpr int k_busy_ms = 100; // for readers at a checkpoint that waits; they hold on for some milliseconds

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

Result<std::unique_ptr<Database>> open_durably(const std::string& path, const std::string& vfs) {
    try {
        auto db = std::make_unique<Database>(path, vfs, true);
        if (auto checked = check_file(*db, path, schema_steps().size()); !checked) return checked.error();
        configure_connection(*db, k_writer_cache_kib);
        if (const auto mode = db->word("PRAGMA journal_mode = WAL"); mode != "wal")
            return Error{"store: " + path + ": write-ahead logging is not possible here (journal mode " + mode +
                         "); put the file on a local file system"};
        if (auto migrated = migrate(*db, path, schema_steps()); !migrated) return migrated.error();
        trial_commit(*db);
        if (checkpoint(*db, Checkpoint::empty) != 0)
            return Error{"store: " + path + " is being read by another program that does not let go; end it and start again"};
        if (auto synced = sync_directory_of(path); !synced) return synced.error();
        return db;
    } catch (const SqlError& e) {
        return Error{"store: " + path + " cannot be opened for writing: " + e.what() +
                     "; check the disk, its free space and the file's permissions"};
    }
}

} // namespace gh::store
