#include "core/plugin/worker_jail.hpp"

#include "core/plugin/worker_wire.hpp"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <grp.h>
#include <system_error>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

namespace gh::plugin::jail {

namespace {

constexpr uid_t k_nobody = 65534;

#if defined(__x86_64__)
constexpr uint32_t k_machine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t k_machine = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t k_machine = 0;
#endif

constexpr long k_allowed[] = {
    SYS_read,         SYS_write,     SYS_readv,   SYS_writev,          SYS_close,           SYS_futex,
    SYS_brk,          SYS_munmap,    SYS_mremap,  SYS_madvise,         SYS_clock_gettime,   SYS_clock_getres,
    SYS_gettimeofday, SYS_getrandom, SYS_exit,    SYS_exit_group,      SYS_rt_sigreturn,    SYS_rt_sigprocmask,
    SYS_sched_yield,  SYS_getpid,    SYS_gettid,  SYS_restart_syscall, SYS_set_robust_list, SYS_sched_getaffinity,
    SYS_recvfrom,     SYS_getuid,    SYS_geteuid, SYS_getgid,          SYS_getegid,         SYS_sysinfo,
    SYS_uname,        SYS_fstat,     SYS_lseek,   SYS_pread64,         SYS_seccomp, // the loader's, and for seal()
#if defined(__x86_64__)
    SYS_time,
#endif
};
/// Harmless questions of the C library, which goes on when they fail.
constexpr long k_denied[] = {SYS_ioctl, SYS_fcntl, SYS_prctl, SYS_prlimit64, SYS_sigaltstack};
/// Looking for files: finds nothing while the plugin is loaded, ends the worker later.
constexpr long k_file_calls[] = {
    SYS_openat, SYS_newfstatat, SYS_readlinkat, SYS_faccessat, SYS_statfs,   SYS_statx, SYS_getcwd,
#if defined(__x86_64__)
    SYS_open,   SYS_stat,       SYS_lstat,      SYS_access,    SYS_readlink,
#endif
};

// A signal handler has no other way to these than static storage.
char g_file[PATH_MAX];
int g_descriptor = -1;
volatile sig_atomic_t g_loading = 0;
thread_local int t_tell = -1;

struct Called {
    long arguments[3]; ///< the first three
    static Called of(const ucontext_t* context) {
#if defined(__x86_64__)
        const auto* r = context->uc_mcontext.gregs;
        return {{static_cast<long>(r[REG_RDI]), static_cast<long>(r[REG_RSI]), static_cast<long>(r[REG_RDX])}};
#elif defined(__aarch64__)
        const auto* r = context->uc_mcontext.regs;
        return {{static_cast<long>(r[0]), static_cast<long>(r[1]), static_cast<long>(r[2])}};
#else
        (void)context;
        return {};
#endif
    }
    static void answer(ucontext_t* context, long value) {
#if defined(__x86_64__)
        context->uc_mcontext.gregs[REG_RAX] = value;
#elif defined(__aarch64__)
        context->uc_mcontext.regs[0] = static_cast<unsigned long long>(value);
#else
        (void)context;
        (void)value;
#endif
    }
};

const char* name_of(long call) {
    switch (call) {
        case SYS_socket:
        case SYS_connect:
        case SYS_sendto:
        case SYS_sendmsg:
            return "the network";
        case SYS_openat:
            return "opening a file";
        case SYS_clone:
        case SYS_clone3:
            return "starting a thread or a process";
        case SYS_execve:
        case SYS_execveat:
            return "running a program";
        case SYS_ptrace:
        case SYS_process_vm_readv:
        case SYS_process_vm_writev:
            return "looking into another process";
        case SYS_kill:
        case SYS_pidfd_send_signal:
            return "signals to other processes";
        case SYS_mmap:
        case SYS_mprotect:
            return "making memory executable";
        case SYS_nanosleep:
        case SYS_clock_nanosleep:
        case SYS_ppoll:
            return "waiting";
        default:
#if defined(__x86_64__)
            if (call == SYS_open || call == SYS_creat) return "opening a file";
            if (call == SYS_fork || call == SYS_vfork) return "starting a thread or a process";
            if (call == SYS_poll || call == SYS_select) return "waiting";
#endif
            return "this";
    }
}

/// One frame of wire::Kind::broke, and the end. Async-signal-safe but for snprintf of numbers and short texts, which allocates nothing.
[[noreturn]] void tell(long call) {
    char text[160];
    const int length =
        std::snprintf(text, sizeof text, "it made system call %ld; %s is not for isolated plugins (sdk/RULES.md 10)", call, name_of(call));
    char frame[256];
    const auto size = static_cast<uint32_t>(length), whole = size + 5;
    std::memcpy(frame, &whole, 4);
    frame[4] = static_cast<char>(wire::Kind::broke);
    std::memcpy(frame + 5, &size, 4);
    std::memcpy(frame + 9, text, size);
    if (t_tell >= 0) (void)!::write(t_tell, frame, 9 + size);
    ::_exit(1);
}

void on_trap(int, siginfo_t* info, void* given) {
    auto* context = static_cast<ucontext_t*>(given);
    const long call = info->si_syscall;
    const auto called = Called::of(context);
    // fstat(2) as newer C libraries spell it: a file that is open already.
    if (call == SYS_newfstatat && *reinterpret_cast<const char*>(called.arguments[1]) == '\0') {
        const long told = ::syscall(SYS_fstat, called.arguments[0], called.arguments[2]);
        return Called::answer(context, told == 0 ? 0 : -errno);
    }
    bool file = false;
    for (const long one : k_file_calls) file = file || one == call;
    if (!file || !g_loading) tell(call);
    const char* wanted = nullptr;
    if (call == SYS_openat) wanted = reinterpret_cast<const char*>(called.arguments[1]);
#if defined(__x86_64__)
    if (call == SYS_open) wanted = reinterpret_cast<const char*>(called.arguments[0]);
#endif
    if (wanted && g_descriptor >= 0 && std::strcmp(wanted, g_file) == 0) {
        Called::answer(context, g_descriptor); // the loader closes it when it has mapped it
        g_descriptor = -1;
        return;
    }
    Called::answer(context, -ENOENT);
}

std::string failed(const char* what) {
    return std::string(what) + ": " + std::generic_category().message(errno);
}

bool set_limit(__rlimit_resource what, rlim_t value) {
    const rlimit both{value, value};
    return ::setrlimit(what, &both) == 0;
}

using Program = std::vector<sock_filter>;

constexpr uint32_t k_call = offsetof(seccomp_data, nr), k_arch = offsetof(seccomp_data, arch);
// Lower halves; both processors are little-endian.
constexpr uint32_t k_first_argument = offsetof(seccomp_data, args), k_protection = k_first_argument + 2 * sizeof(uint64_t);

void load(Program& p, uint32_t offset) {
    p.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}
void give(Program& p, uint32_t action) {
    p.push_back(BPF_STMT(BPF_RET | BPF_K, action));
}
void give_if(Program& p, long call, uint32_t action) {
    p.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1));
    give(p, action);
}
/// mmap and mprotect: `executable` when the pages are to become code, else allowed.
void judge_protection(Program& p, uint32_t executable) {
    for (const long call : {SYS_mmap, SYS_mprotect}) {
        p.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 4));
        load(p, k_protection);
        p.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
        give(p, executable);
        give(p, SECCOMP_RET_ALLOW);
    }
}
/// abort(3) and raise(3). Other workers may have the same user.
void allow_signals_to_itself(Program& p) {
    p.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4));
    load(p, k_first_argument);
    p.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(::getpid()), 0, 1));
    give(p, SECCOMP_RET_ALLOW);
    give(p, SECCOMP_RET_TRAP);
}
void check_machine(Program& p) {
    load(p, k_arch);
    p.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k_machine, 1, 0));
    give(p, SECCOMP_RET_KILL_PROCESS);
    load(p, k_call);
#if defined(__x86_64__)
    p.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1)); // the x32 numbers are the same calls again
    give(p, SECCOMP_RET_KILL_PROCESS);
#endif
}

std::string install(Program& program, const char* what) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    // For all threads of the process.
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0) return failed(what);
    return {};
}

} // namespace

std::string unavailable() {
    if (k_machine == 0) return "isolation: process is available on x86-64 and arm64";
    const uint32_t action = SECCOMP_RET_TRAP;
    if (::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) != 0) return failed("the kernel has no system call filters (seccomp)");
    return {};
}

std::string enter(pid_t parent) {
    if (::geteuid() == 0) {
        if (::setgroups(0, nullptr) != 0 || ::setresgid(k_nobody, k_nobody, k_nobody) != 0 ||
            ::setresuid(k_nobody, k_nobody, k_nobody) != 0)
            return failed("cannot become another user");
    }
    // After the change of user, which clears both.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("cannot be tied to the server");
    if (::getppid() != parent) ::_exit(0);
    if (::chdir("/") != 0) return failed("cannot leave the server's folder");
    if (::prctl(PR_SET_DUMPABLE, 0) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("cannot give up privileges");
    if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_FSIZE, 0)) return failed("cannot set limits");
    return {};
}

std::string limit(uint64_t memory) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // sanitizers map terabytes
    unsigned long pages = 0;
    FILE* file = std::fopen("/proc/self/statm", "re");
    if (!file || std::fscanf(file, "%lu", &pages) != 1) return "cannot tell how much memory it has";
    std::fclose(file);
    if (!set_limit(RLIMIT_AS, pages * static_cast<unsigned long>(::sysconf(_SC_PAGESIZE)) + memory)) return failed("cannot limit memory");
#else
    (void)memory;
#endif
    if (!set_limit(RLIMIT_NPROC, 0) || !set_limit(RLIMIT_NOFILE, 0) || !set_limit(RLIMIT_MEMLOCK, 0)) return failed("cannot set limits");
    return {};
}

std::string lock(const std::string& file, int descriptor) {
    if (file.size() >= sizeof g_file) return "the plugin's path is too long";
    std::memcpy(g_file, file.c_str(), file.size() + 1);
    g_descriptor = descriptor;
    g_loading = 1;
    struct sigaction action {};
    action.sa_sigaction = on_trap;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    if (::sigaction(SIGSYS, &action, nullptr) != 0) return failed("cannot handle trapped calls");

    Program program;
    check_machine(program);
    for (const long call : k_allowed) give_if(program, call, SECCOMP_RET_ALLOW);
    for (const long call : k_denied) give_if(program, call, SECCOMP_RET_ERRNO | EPERM);
    judge_protection(program, SECCOMP_RET_ALLOW);
    allow_signals_to_itself(program);
    give(program, SECCOMP_RET_TRAP);
    return install(program, "the system call filter cannot be set");
}

std::string seal() {
    g_loading = 0;
    if (g_descriptor >= 0) ::close(g_descriptor);
    Program program;
    check_machine(program);
    judge_protection(program, SECCOMP_RET_TRAP);
    give_if(program, SYS_seccomp, SECCOMP_RET_TRAP);
    give(program, SECCOMP_RET_ALLOW);
    return install(program, "the system call filter cannot be tightened");
}

void tell_on(int socket) {
    t_tell = socket;
}

} // namespace gh::plugin::jail
