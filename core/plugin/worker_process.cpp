#include "core/plugin/worker_process.hpp"

#include "core/base/encoding.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <system_error>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr const char* k_closed = "it closed its connection"; // also what the end of a process looks like from here
constexpr Millis k_last_words{1'000};
constexpr Millis k_idle_use{200};
constexpr int k_slice_ms = 100; // how often a waiting call looks at the clock
constexpr int k_first = 3;      // in the worker: the plugin's file, then the lanes
constexpr int k_high = 64;      // descriptors are moved out of the way of those numbers

class Descriptor {
public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    /// A copy with a number of k_high or more.
    Descriptor high() const { return Descriptor(::fcntl(fd_, F_DUPFD_CLOEXEC, k_high)); }

private:
    int fd_;
};

Error failed(const char* what) {
    return Error{std::string(what) + ": " + std::generic_category().message(errno)};
}

/// posix_spawn: no code of this process runs in the child before the exec, whatever threads there are.
int spawn(const std::filesystem::path& program, const std::vector<Descriptor>& given, std::vector<std::string> arguments, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int next = k_first;
    for (const auto& one : given) posix_spawn_file_actions_adddup2(&actions, one.get(), next++);
    posix_spawn_file_actions_addclosefrom_np(&actions, next);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0); // the terminal's Ctrl-C is for the server, which then drains
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::vector<char*> argv;
    for (auto& one : arguments) argv.push_back(one.data());
    argv.push_back(nullptr);
    char* environment[] = {nullptr};
    const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// What a worker says of itself, for a log line.
std::string tame(std::string_view text) {
    text = text.substr(0, 500);
    return is_utf8(text) ? std::string(text) : "something that is not UTF-8";
}

} // namespace

Result<std::shared_ptr<WorkerProcess>> WorkerProcess::start(const std::filesystem::path& program, const std::filesystem::path& plugin_file,
                                                            const std::string& shown) {
    std::shared_ptr<WorkerProcess> process(new WorkerProcess);
    const Descriptor file(::open(plugin_file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() < 0) return failed("the private copy of the plugin cannot be read");
    std::vector<Descriptor> given;
    given.push_back(file.high());
    for (int i = 0; i < k_lanes; ++i) {
        int there[2], back[2]; // both: the server's end, the worker's end
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, there) != 0) return failed("no sockets for a worker process");
        Descriptor out(there[0]);
        const Descriptor their_in(there[1]);
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, back) != 0) return failed("no sockets for a worker process");
        const Descriptor their_out(back[1]);
        auto seat = std::make_unique<Seat>();
        seat->lane = std::make_unique<Lane>(back[0], out.release(), Lane::Side::server);
        seat->lane->set_wait(k_slice_ms);
        process->seats_.push_back(std::move(seat));
        given.push_back(their_in.high());
        given.push_back(their_out.high());
    }
    for (const auto& one : given)
        if (one.get() < 0) return failed("no descriptors for a worker process");
    errno =
        spawn(program, given, {"gatehouse", "plugin-worker", std::to_string(::getpid()), std::to_string(k_lanes), shown}, process->pid_);
    if (errno != 0) {
        process->pid_ = -1;
        return failed("the worker process cannot be started");
    }
    process->pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, process->pid_, 0));
    if (process->pidfd_ < 0) return failed("the worker process cannot be watched");
    return process;
}

WorkerProcess::~WorkerProcess() {
    if (pid_ > 0 && !reaped_) {
        ::kill(pid_, SIGKILL);
        reap();
    }
    if (pidfd_ >= 0) ::close(pidfd_);
}

void WorkerProcess::lose() {
    const std::lock_guard lock(mutex_);
    lost_ = true;
    free_.notify_all();
}

void WorkerProcess::kill(std::string reason) {
    {
        const std::lock_guard lock(mutex_);
        if (reason_.empty()) reason_ = std::move(reason);
    }
    lose();
    // Through the descriptor: the number may already belong to another process.
    ::syscall(SYS_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
}

std::string WorkerProcess::reap() {
    siginfo_t info{};
    while (::waitid(pidfd_ >= 0 ? P_PIDFD : P_PID, static_cast<id_t>(pidfd_ >= 0 ? pidfd_ : pid_), &info, WEXITED) != 0 && errno == EINTR) {
    }
    reaped_ = true;
    {
        // What it said at last is still on the way to who called it.
        std::unique_lock lock(mutex_);
        free_.wait_for(lock, k_last_words, [&] { return calls_ == 0; });
    }
    lose();
    const std::lock_guard lock(mutex_);
    std::string doing;
    for (const auto& seat : seats_)
        if (const char* function = seat->function.load())
            if (doing.find(function) == doing.npos) doing += (doing.empty() ? "" : " or ") + std::string(function);
    const auto where = doing.empty() ? std::string(" while it had nothing to do") : " in " + doing;
    if (!reason_.empty() && info.si_code != CLD_EXITED && info.si_status == SIGKILL) return "was killed" + where + ": " + reason_;
    if (info.si_code == CLD_EXITED) {
        const auto code = std::to_string(info.si_status);
        const bool only_closed = reason_.empty() || reason_.starts_with(k_closed);
        return only_closed ? "ended itself with exit status " + code + where : "was ended" + where + ": " + reason_;
    }
    // The filter's own signal was blocked, so nobody could say which call it was. Starting a thread blocks them all.
    if (info.si_status == SIGSYS)
        return "was ended" + where +
               ": it made a system call that is not for isolated plugins (sdk/RULES.md 10), as starting a thread or a process";
    const char* name = ::sigabbrev_np(info.si_status);
    return "was ended by signal " + std::to_string(info.si_status) + (name ? " (SIG" + std::string(name) + ")" : "") + where;
}

/// The lane of one call. Null when the process is lost.
class WorkerProcess::Sitting {
public:
    Sitting(WorkerProcess& process, const char* function) : process_(process) {
        std::unique_lock lock(process.mutex_);
        process.free_.wait(lock, [&] {
            if (process.lost_) return true;
            for (const auto& seat : process.seats_)
                if (!seat->taken) {
                    seat_ = seat.get();
                    return true;
                }
            return false;
        });
        if (process.lost_) seat_ = nullptr;
        if (!seat_) return;
        seat_->taken = true;
        seat_->function = function;
        ++process.calls_;
        ++process.all_calls_;
    }
    ~Sitting() {
        if (!seat_) return;
        const std::lock_guard lock(process_.mutex_);
        if (--process_.calls_ == 0) process_.free_.notify_all();
        // Of a process that was lost in it, what was under way stays to be told.
        if (!answered_) return;
        seat_->function = nullptr;
        seat_->taken = false;
        process_.free_.notify_one();
    }
    Sitting(const Sitting&) = delete;
    Sitting& operator=(const Sitting&) = delete;
    Lane* lane() const { return seat_ ? seat_->lane.get() : nullptr; }
    bool answered() { return answered_ = true; }

private:
    WorkerProcess& process_;
    Seat* seat_ = nullptr;
    bool answered_ = false;
};

/// The time of one call.
class WorkerProcess::Watch {
public:
    Watch(WorkerProcess& process, const CallLimits& limits) : process_(process), limits_(limits), began_(Steady::now()) {}

    /// False, and the process killed, when the time is up. Called every k_slice_ms at most, so that quick calls cost nothing.
    bool look() const {
        if (process_.lost()) return false;
        if (!used_at_first_) used_at_first_ = process_.used();
        if (process_.used() - *used_at_first_ > limits_.processor)
            process_.kill("it used more than " + to_text(limits_.processor) + " of processor time in one call");
        else if (Steady::now() - began_ > limits_.wall)
            process_.kill("it did not answer within " + to_text(limits_.wall));
        return !process_.lost();
    }

private:
    WorkerProcess& process_;
    const CallLimits& limits_;
    const Steady::time_point began_;
    mutable std::optional<Millis> used_at_first_;
};

Millis WorkerProcess::used() const {
    clockid_t clock;
    timespec time{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return Millis{0};
    return Millis(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
}

void WorkerProcess::look_idle() {
    bool moonlights = false;
    {
        const std::lock_guard lock(mutex_);
        const auto now = used();
        moonlights = calls_ == 0 && all_calls_ == calls_at_look_ && now - used_at_look_ > k_idle_use;
        calls_at_look_ = all_calls_;
        used_at_look_ = now;
    }
    if (moonlights) kill("it used the processor while nothing was asked of it");
}

bool WorkerProcess::send(Lane& lane, std::string_view message, const Watch& watch) {
    auto outcome = lane.send(message);
    while (outcome == Lane::Outcome::waiting && watch.look()) outcome = lane.send_more();
    if (outcome == Lane::Outcome::gone) kill(k_closed);
    return outcome == Lane::Outcome::done;
}

bool WorkerProcess::receive(Lane& lane, std::string_view& message, const Watch& watch) {
    auto outcome = lane.receive(message);
    while (outcome == Lane::Outcome::waiting && watch.look()) outcome = lane.receive(message);
    if (outcome == Lane::Outcome::gone) kill(std::string(k_closed) + ", or sent a message of more than 80 MiB");
    return outcome == Lane::Outcome::done;
}

bool WorkerProcess::call(const char* function, const std::string& request, std::string& reply, const Serve& serve,
                         const CallLimits& limits) {
    Sitting sitting(*this, function);
    if (!sitting.lane()) return false;
    auto& lane = *sitting.lane();
    const Watch watch(*this, limits);
    if (request.size() > wire::k_most_message) return false;
    if (!send(lane, request, watch)) return false;
    for (std::string_view message;;) {
        if (!receive(lane, message, watch)) return false;
        wire::Reader in(message);
        const auto kind = static_cast<wire::Kind>(in.u8());
        if (!in.ok()) return kill("it sent an empty message"), false;
        if (kind <= wire::Kind::failed) return reply.assign(message), sitting.answered();
        if (kind == wire::Kind::broke) {
            const auto why = in.text();
            return kill(tame(why)), false;
        }
        wire::Writer answer(kind);
        if (kind > wire::Kind::broke || !serve(kind, in, answer) || !in.done()) return kill("it sent what makes no sense"), false;
        const bool asks = kind == wire::Kind::secret || kind == wire::Kind::state;
        const bool sent = !asks || send(lane, answer.bytes(), watch);
        answer.wipe();
        if (!sent) return false;
    }
}

} // namespace gh::plugin
