// Watches the plugin directory, so that dropping a file in, replacing it or removing it takes effect while the server runs.
#pragma once

#include "core/base/log.hpp"
#include "core/base/thread.hpp"
#include "core/base/time.hpp"

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace gh::plugin {

struct WatchTimes {
    Millis quiet{150};  ///< so long nothing may happen before a change is told
    Millis most{1'000}; ///< but no later than this after the first notice
    Millis rescan{2'000};
};

/// Says that the *.so files of a directory, or their signatures, are not what they were. The kernel's notices (inotify) make it quick; a
/// look at the directory every `rescan` finds what they miss: network file systems, a symbolic link whose target changes, a directory that
/// was itself replaced or is made later. What decides is the comparison of names, inodes, sizes and times, so notices about other files,
/// and several about one, cost nothing.
class Watch {
public:
    /// Takes down what is in the directory now: make this before the directory is loaded for the first time. `changed` is called on the
    /// thread "plugin-watch", one call at a time; changes during a call bring another one.
    Watch(std::filesystem::path directory, std::function<void()> changed, const Log&, WatchTimes = {});
    /// Waits for a call under way.
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void start();
    /// Another directory from now on, as after a reload; any thread. What is in it counts as known already.
    void look_at(std::filesystem::path directory);

private:
    /// By file name: what stat(2) tells of it. A second entry, "", is the directory itself.
    using Picture = std::map<std::string, std::string>;
    static Picture look(const std::filesystem::path& directory);

    void work();
    /// False when it is time to end. `limit`: how long to wait for a notice; `noticed` says whether one came.
    bool wait(Millis limit, bool& noticed);
    /// Puts the kernel's watch on the directory, if it is not the one that has it.
    void attach(const std::filesystem::path& directory, const std::string& identity);
    std::filesystem::path directory() const;

    const std::function<void()> changed_;
    const Log& log_;
    const WatchTimes times_;
    mutable std::mutex mutex_;
    std::filesystem::path directory_;
    Picture known_;
    int notices_ = -1, wake_ = -1; ///< inotify(7), eventfd(2)
    int attached_ = -1;
    std::string attached_to_; ///< thread's own
    bool stopping_ = false;
    NamedThread thread_; ///< last: uses the others
};

} // namespace gh::plugin
