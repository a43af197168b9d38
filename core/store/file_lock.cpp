#include "core/store/file_lock.hpp"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace gh::store {

namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& what, const std::string& path) {
    return Error{"store: " + what + " " + path + ": " + std::strerror(errno)};
}

fs::path directory_of(const std::string& path) {
    const auto parent = fs::path(path).parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

Status make_directories(const fs::path& directory) {
    std::error_code ignored;
    if (directory.empty() || fs::exists(directory, ignored)) return Done{};
    if (auto made = make_directories(directory.parent_path()); !made) return made;
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return system_error("cannot create the directory", directory.string());
    return Done{};
}

// For the message only: who has it.
std::string holder(int fd) {
    char text[32] = {};
    const auto size = ::pread(fd, text, sizeof text - 1, 0);
    return size > 0 ? " (process " + std::string(text, std::strcspn(text, "\n")) + ")" : std::string();
}

} // namespace

FileLock& FileLock::operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

FileLock::~FileLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<FileLock> FileLock::take(const std::string& file) {
    const std::string path = file + ".lock";
    FileLock lock;
    lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock.fd_ < 0) return system_error("cannot open the lock file", path);
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error("cannot lock", path);
        return Error{"store: " + file + " is in use by another gatehouse" + holder(lock.fd_) +
                     "; stop that one, or name another file in store.sqlite"};
    }
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0) {
        // A full disk must not keep the server from starting: the number is only there to be shown.
    }
    return lock;
}

Result<std::string> prepare_file(const std::string& path) {
    if (path.empty()) return Error{"store: no file is named; set store.sqlite"};
    if (auto made = make_directories(directory_of(path)); !made) return made.error();
    // An existing file is only looked at: closing any descriptor of it would drop the locks SQLite holds in this process.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) return system_error("cannot create", path);
    if (fd >= 0) ::close(fd);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return system_error("cannot look at", path);
    if (!S_ISREG(info.st_mode)) return Error{"store: " + path + " is not a regular file; name another one in store.sqlite"};
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (error) return Error{"store: " + path + ": " + error.message()};
    return real.string();
}

Status sync_directory_of(const std::string& path) {
    const auto directory = directory_of(path).string();
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return system_error("cannot open the directory", directory);
    const bool ok = ::fsync(fd) == 0;
    auto result = ok ? Status(Done{}) : Status(system_error("cannot sync the directory", directory));
    ::close(fd);
    return result;
}

} // namespace gh::store
