// One process at a time per store file.
#pragma once

#include "core/base/result.hpp"

#include <string>

namespace gh::store {

/// Holds flock(2) on `<file>.lock` until it ends. The kernel drops the lock with the process, so a crash leaves nothing to clean up; the
/// lock file itself stays.
class FileLock {
public:
    FileLock() = default;
    FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    FileLock& operator=(FileLock&&) noexcept;
    FileLock(const FileLock&) = delete;
    ~FileLock();

    static Result<FileLock> take(const std::string& file);

private:
    int fd_ = -1;
};

/// Makes missing parent directories (0700) and the file itself (0600, empty); an existing file stays as it is. Returns its real path, so
/// that two names of one file meet at one lock.
Result<std::string> prepare_file(const std::string& path);

/// Makes the names in the file's directory durable.
Status sync_directory_of(const std::string& path);

} // namespace gh::store
