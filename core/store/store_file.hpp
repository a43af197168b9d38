// Opening the database file so that everything that can be read in it is on disk, and the checkpoints.
//
// Why opening is more than open(): after a failed fsync the kernel may mark the pages clean, so a later fsync says nothing about them
// (https://wiki.postgresql.org/wiki/Fsync_Errors). A WAL left by a process that died can thus hold a transaction that was never
// acknowledged, is valid, and lives in the page cache only. SQLite recovers it; answering "duplicate" for one of its events would be a 2xx
// for something that a power cut removes. So before the first write everything in the WAL is copied into the database file with fresh
// writes, that file is fsynced, and the WAL is emptied.
//
// While running:
// - A commit that failed is not in the WAL index; the next one overwrites its frames, and their running checksum makes what remains of them
//   unreadable. The writer makes such a commit before it opens the file anew.
// - A checkpoint that failed must copy everything again: SQLite remembers in the WAL index how far it has copied, also for copies it has
// not
//   synced yet. It forgets that when nobody has the file open, hence the opening anew, alone. While another program holds the file open
//   then, nothing is accepted. The WAL itself is intact: its commits were synced.
#pragma once

#include "core/base/result.hpp"
#include "core/store/sqlite.hpp"

#include <memory>
#include <string>

namespace gh::store {

/// Opens, checks, migrates, makes everything durable. The file exists (prepare_file). The error is for the operator.
Result<std::unique_ptr<Database>> open_durably(const std::string& path, const std::string& vfs);

enum class Checkpoint {
    passive, ///< what can be copied without waiting for readers
    restart, ///< waits a moment for readers, so that the WAL begins anew
    empty    ///< the same, and cuts the WAL to zero bytes
};
/// Returns the frames that are left to copy. Throws SqlError when copying or syncing failed; readers in the way are no error.
int checkpoint(Database&, Checkpoint);

/// A small real commit.
void trial_commit(Database&);

} // namespace gh::store
