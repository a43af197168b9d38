#include "core/plugin/library.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr std::string_view k_fine = "fine";
constexpr int k_pipe = 3; // in the child

void limit(__rlimit_resource what, rlim_t value) {
    const struct rlimit both { value, value };
    ::setrlimit(what, &both);
}

/// More than the process has now. Sanitizers map terabytes: no limit under them.
void limit_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    unsigned long pages = 0;
    if (FILE* file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu", &pages) == 1)
            limit(RLIMIT_AS, pages * static_cast<unsigned long>(::sysconf(_SC_PAGESIZE)) + (1ul << 30));
        std::fclose(file);
    }
#endif
}

void close_everything_but_the_pipe(int pipe) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nowhere, fd);
    if (pipe != k_pipe) ::dup2(pipe, k_pipe);
    ::close_range(k_pipe + 1, ~0u, 0);
}

[[noreturn]] void child(int pipe, pid_t parent, const std::filesystem::path& staged, const CrashMark& mark, Millis time) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    // The server's handlers are not for this process: a crash here must end it, and leave no marker.
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    close_everything_but_the_pipe(pipe);
    limit_memory();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NPROC, 0);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_CPU, static_cast<rlim_t>(std::chrono::duration_cast<std::chrono::seconds>(time).count() + 2));

    const auto loaded = Library::load(staged, mark);
    const auto* refused = std::get_if<Refused>(&loaded);
    const std::string answer = refused ? refused->code + '\0' + refused->reason : std::string(k_fine) + '\0';
    [[maybe_unused]] const auto written = ::write(k_pipe, answer.data(), std::min<size_t>(answer.size(), 4000));
    ::_exit(0);
}

/// What the child wrote before it ended or the time was up; `late` when it was.
std::string listen(int pipe, Steady::time_point until, bool& late) {
    std::string answer;
    char buffer[4096];
    for (;;) {
        const auto left = std::chrono::duration_cast<Millis>(until - Steady::now()).count();
        pollfd waiting{pipe, POLLIN, 0};
        const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        late = ready == 0;
        if (ready <= 0) return answer;
        const auto n = ::read(pipe, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return answer;
        answer.append(buffer, static_cast<size_t>(n));
    }
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status)) {
        const char* name = ::sigabbrev_np(WTERMSIG(status));
        return "it was ended by signal " + std::to_string(WTERMSIG(status)) + (name ? " (SIG" + std::string(name) + ")" : "");
    }
    return "it ended the process with exit status " + std::to_string(WEXITSTATUS(status));
}

} // namespace

Check probe(const std::filesystem::path& staged, const CrashMark& mark, Millis time) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return Refused{"probe_failed", "no pipe for the trial load: " + std::string(std::strerror(errno))};
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) child(ends[1], parent, staged, mark, time);
    ::close(ends[1]);
    if (pid < 0) {
        ::close(ends[0]);
        return Refused{"probe_failed", "no process for the trial load: " + std::string(std::strerror(errno))};
    }
    bool late = false;
    const auto answer = listen(ends[0], Steady::now() + time, late);
    ::close(ends[0]);
    const size_t end = answer.find('\0');
    // Its whole group, before the number can belong to another; who has ended already keeps its status.
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (late)
        return Refused{"too_slow",
                       "loading did not end within " + to_text(time) + "; constructors and gatehouse_plugin_v1 must only set things up"};
    if (end == answer.npos)
        return Refused{"crashes", "loading it crashes: " + how_it_ended(status) + "; look at its constructors and gatehouse_plugin_v1"};
    if (answer.substr(0, end) == k_fine) return {};
    return Refused{answer.substr(0, end), answer.substr(end + 1)};
}

} // namespace gh::plugin
