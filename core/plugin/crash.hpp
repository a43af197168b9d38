// Names the plugin whose code was running when the process crashed, and remembers it across restarts.
#pragma once

#include <filesystem>
#include <string>

namespace gh::plugin {

/// One plugin file for this purpose. `file` is the marker's name: it holds part of the content's hash, so a new build starts clean.
struct CrashMark {
    std::string plugin; ///< for people: "acme"
    std::string file;   ///< "acme-0123456789ab.crashed"
};

/// After this many crashes the plugin is refused at the next start.
inline constexpr int k_crashes_to_quarantine = 2;

/// While it lives, a crash of this thread is put down to `mark`, which must outlive it. Scopes nest.
class CrashScope {
public:
    explicit CrashScope(const CrashMark& mark) noexcept;
    ~CrashScope();
    CrashScope(const CrashScope&) = delete;
    CrashScope& operator=(const CrashScope&) = delete;

private:
    const CrashMark* outer_;
};

/// Handles SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT for the whole process: writes "plugin X crashed" to stderr and one line to the
/// marker in `directory` (the host's staging directory), then lets the signal do what it does without a handler. Call once, before threads
/// start. A stack overflow leaves no room for the handler: it ends the process without a marker.
void install_crash_handler(const std::filesystem::path& directory);

/// How often the marker says that this plugin file crashed. Remove the marker to lift the quarantine.
int crashes(const std::filesystem::path& directory, const CrashMark&);

} // namespace gh::plugin
