// The filter is classic BPF as seccomp(2) and <linux/seccomp.h> describe it.
#include "core/cli/check_confine.hpp"

#include "core/cli/check_child.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <signal.h>
#include <stdexcept>
#include <unistd.h>

namespace gh::cli {

namespace {

struct Named {
    long number;
    const char* name;
};

constexpr Named k_forbidden[] = {
    {SYS_socket, "socket()"},
    {SYS_connect, "connect()"},
    {SYS_execve, "execve()"},
    {SYS_clone, "clone() (a thread or a process)"},
    {SYS_clone3, "clone3() (a thread or a process)"},
#ifdef SYS_fork
    {SYS_fork, "fork()"},
    {SYS_vfork, "vfork()"},
#endif
    {SYS_nanosleep, "nanosleep()"},
    {SYS_clock_nanosleep, "clock_nanosleep()"},
    {SYS_kill, "kill()"},
    {SYS_unlinkat, "unlinkat()"},
    {SYS_renameat2, "renameat2()"},
    {SYS_mkdirat, "mkdirat()"},
};
/// Calls that are forbidden when they open for writing, and where their flags are.
struct Opening {
    long number;
    size_t flags;
};
constexpr Opening k_opening[] = {{SYS_openat, offsetof(seccomp_data, args[2])},
#ifdef SYS_open
                                 {SYS_open, offsetof(seccomp_data, args[1])}
#endif
};

BlameNote* g_note = nullptr;

void end_of_the_forbidden(int, siginfo_t* info, void*) {
    if (g_note) g_note->set_forbidden(info->si_syscall);
    ::_exit(1);
}

} // namespace

void BlameNote::clear() {
    forbidden_ = 0;
    text_[0] = 0;
}

void BlameNote::set(std::string_view text) {
    const size_t size = std::min(text.size(), sizeof text_ - 1);
    std::memcpy(text_, text.data(), size);
    text_[size] = 0;
}

std::string BlameNote::text() const {
    return std::string(text_, ::strnlen(text_, sizeof text_));
}

std::string BlameNote::forbidden() const {
    if (forbidden_ == 0) return {};
    for (const auto& [number, name] : k_forbidden)
        if (number == forbidden_ - 1) return name;
    for (const auto& opening : k_opening)
        if (opening.number == forbidden_ - 1) return "open() for writing";
    return "system call " + std::to_string(forbidden_ - 1);
}

SharedNote::SharedNote() {
    void* page = ::mmap(nullptr, sizeof(BlameNote), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::runtime_error("no shared memory for a check");
    note_ = new (page) BlameNote;
}

SharedNote::~SharedNote() {
    ::munmap(note_, sizeof(BlameNote));
}

void watch_forbidden_calls(BlameNote& note) {
    g_note = &note;
    struct sigaction action {};
    action.sa_sigaction = end_of_the_forbidden;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(SIGSYS, &action, nullptr);
}

void confine() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    constexpr auto load = [](size_t offset) { return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)); };
    const sock_filter trap = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP), allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    std::vector<sock_filter> program = {load(offsetof(seccomp_data, nr))};
    for (const auto& [number, name] : k_forbidden) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 1));
        program.push_back(trap);
    }
    for (const auto& [number, flags] : k_opening) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0, 4));
        program.push_back(load(flags)); // the argument's low half: little-endian machines
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_WRONLY | O_RDWR | O_CREAT, 0, 1));
        program.push_back(trap);
        program.push_back(allow);
    }
    program.push_back(allow);
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#endif
}

} // namespace gh::cli
