// An SQLite VFS over another one that joins neighbouring writes to the write-ahead log into one call.
//
// SQLite writes a group commit page by page, in two calls each (the frame's header, the page): some 40 calls for a group of 27 events, each
// a copy into up to two pages of the page cache. Here neighbouring writes wait in memory and go out as one call, at the latest before the
// next sync, read, change of size or close. What SQLite relies on stays as it is: a commit becomes visible (in the WAL index) only after a
// sync, and everything written before it is written once xSync returned OK. A write that fails is reported by the call before which it was
// due, and the writes that waited with it are forgotten. Locks do not hand on: SQLite does not look at what unlocking returns, so a failed
// write would be lost without a word. Writes to the database file itself go straight through: a checkpoint that readers cut short counts
// its pages as copied without a sync, and other readers then take them from the file.
//
// A sync of a file that was not changed through this VFS since its last good sync does nothing: only one connection may write.
#pragma once

#include <string>

namespace gh::store {

/// The name of the VFS that joins the writes to `base` ("" = SQLite's default). Registered at first use, for the life of the process. Any
/// thread.
std::string joining_vfs(const std::string& base);

} // namespace gh::store
