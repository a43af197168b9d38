#include "core/plugin/crash.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <unistd.h>

namespace gh::plugin {

namespace {

thread_local const CrashMark* t_mark = nullptr;

// A signal handler has no other way to its configuration than static storage.
char g_directory[PATH_MAX];

/// Appends as much as fits; only async-signal-safe code.
size_t append(char* buffer, size_t size, size_t at, const char* text, size_t length) {
    const size_t take = std::min(length, size - at);
    std::memcpy(buffer + at, text, take);
    return at + take;
}

void on_crash(int signal_number) {
    if (const CrashMark* mark = t_mark) {
        char line[256];
        size_t n = append(line, sizeof line, 0, "plugin ", 7);
        n = append(line, sizeof line, n, mark->plugin.data(), mark->plugin.size());
        n = append(line, sizeof line, n, " crashed\n", 9);
        [[maybe_unused]] auto written = ::write(STDERR_FILENO, line, n);

        char path[PATH_MAX + 256];
        n = append(path, sizeof path - 1, 0, g_directory, std::strlen(g_directory));
        n = append(path, sizeof path - 1, n, "/", 1);
        n = append(path, sizeof path - 1, n, mark->file.data(), mark->file.size());
        path[n] = '\0';
        const int file = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (file >= 0) {
            written = ::write(file, "crash\n", 6);
            ::close(file);
        }
    }
    // SA_RESETHAND restored the default action, so this ends the process with the right signal, core file included.
    ::raise(signal_number);
}

} // namespace

CrashScope::CrashScope(const CrashMark& mark) noexcept : outer_(t_mark) {
    t_mark = &mark;
}
CrashScope::~CrashScope() {
    t_mark = outer_;
}

void install_crash_handler(const std::filesystem::path& directory) {
    const std::string text = std::filesystem::absolute(directory).string();
    std::strncpy(g_directory, text.c_str(), sizeof g_directory - 1);
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(number, &action, nullptr);
}

int crashes(const std::filesystem::path& directory, const CrashMark& mark) {
    std::ifstream file(directory / mark.file, std::ios::binary);
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n'));
}

} // namespace gh::plugin
