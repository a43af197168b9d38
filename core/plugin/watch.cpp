#include "core/plugin/watch.hpp"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace gh::plugin {

namespace {

namespace fs = std::filesystem;

constexpr uint32_t k_notices =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

std::string described(const struct stat& s) {
    std::string out;
    for (const auto number :
         {static_cast<int64_t>(s.st_dev), static_cast<int64_t>(s.st_ino), static_cast<int64_t>(s.st_size), static_cast<int64_t>(s.st_mode),
          static_cast<int64_t>(s.st_mtim.tv_sec), static_cast<int64_t>(s.st_mtim.tv_nsec), static_cast<int64_t>(s.st_ctim.tv_sec),
          static_cast<int64_t>(s.st_ctim.tv_nsec)})
        (out += std::to_string(number)) += ' ';
    return out;
}

bool matters(const fs::path& file) {
    return file.extension() == ".so" || (file.extension() == ".sig" && file.stem().extension() == ".so");
}

void drain(int fd) {
    alignas(inotify_event) char buffer[4096];
    while (::read(fd, buffer, sizeof buffer) > 0) {
    }
}

} // namespace

Watch::Watch(fs::path directory, std::function<void()> changed, const Log& log, WatchTimes times)
    : changed_(std::move(changed)),
      log_(log),
      times_(times),
      directory_(std::move(directory)),
      known_(look(directory_)),
      notices_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (notices_ < 0)
        log_.warning("plugin", "no notices from the kernel about the plugin directory (inotify): changes are found a little later",
                     {{"directory", directory_.string()}});
}

Watch::~Watch() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    (void)!::eventfd_write(wake_, 1);
    thread_.join();
    if (notices_ >= 0) ::close(notices_);
    if (wake_ >= 0) ::close(wake_);
}

void Watch::start() {
    // Before the thread runs: what is dropped in after this function is noticed.
    const auto picture = look(directory_);
    const auto self = picture.find("");
    attach(directory_, self == picture.end() ? "" : self->second);
    thread_ = NamedThread("plugin-watch", [this] { work(); });
}

void Watch::look_at(fs::path directory) {
    auto picture = look(directory);
    {
        const std::lock_guard lock(mutex_);
        if (directory == directory_) return;
        directory_ = std::move(directory);
        known_ = std::move(picture);
    }
    (void)!::eventfd_write(wake_, 1);
}

fs::path Watch::directory() const {
    const std::lock_guard lock(mutex_);
    return directory_;
}

Watch::Picture Watch::look(const fs::path& directory) {
    Picture out;
    struct stat info {};
    if (::stat(directory.c_str(), &info) != 0) return out;
    // Its times change with any file in it.
    out[""] = std::to_string(info.st_dev) + ' ' + std::to_string(info.st_ino);
    std::error_code error;
    for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
        if (!matters(at->path())) continue;
        out[at->path().filename().string()] = ::stat(at->path().c_str(), &info) == 0 ? described(info) : "dangling";
    }
    return out;
}

void Watch::attach(const fs::path& directory, const std::string& identity) {
    if (notices_ < 0 || (attached_ >= 0 && identity == attached_to_)) return;
    if (attached_ >= 0) ::inotify_rm_watch(notices_, attached_);
    attached_ = identity.empty() ? -1 : ::inotify_add_watch(notices_, directory.c_str(), k_notices | IN_ONLYDIR);
    attached_to_ = attached_ < 0 ? std::string() : identity;
}

bool Watch::wait(Millis limit, bool& noticed) {
    pollfd waiting[] = {{wake_, POLLIN, 0}, {notices_, POLLIN, 0}}; // a negative one is passed over
    const int ready = ::poll(waiting, 2, static_cast<int>(limit.count()));
    noticed = ready > 0;
    if (ready > 0 && waiting[1].revents) drain(notices_);
    if (ready > 0 && waiting[0].revents) {
        eventfd_t count = 0;
        (void)!::eventfd_read(wake_, &count);
    }
    const std::lock_guard lock(mutex_);
    return !stopping_;
}

void Watch::work() {
    for (bool noticed = false; wait(times_.rescan, noticed);) {
        const auto latest = Steady::now() + times_.most;
        while (noticed && Steady::now() < latest)
            if (!wait(times_.quiet, noticed)) return;
        const auto present = directory();
        auto picture = look(present);
        const auto self = picture.find("");
        attach(present, self == picture.end() ? "" : self->second);
        {
            const std::lock_guard lock(mutex_);
            if (present != directory_ || picture == known_) continue;
            known_ = std::move(picture);
        }
        try {
            changed_();
        } catch (const std::exception& error) {
            log_.error("plugin", "the change of the plugin directory was not taken over", {{"reason", error.what()}});
        }
    }
}

} // namespace gh::plugin
