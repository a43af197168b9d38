// One worker process, as the server sees it: started, called, watched, ended. What is said in the calls: worker_wire.hpp.
//
// It is this same program, run again with the verb "plugin-worker" (worker_main.hpp), with nothing but its sockets and the plugin's file
// open, an empty environment, and the server's death as its own.
#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/plugin/worker_lane.hpp"
#include "core/plugin/worker_wire.hpp"

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::plugin {

/// What a call may take before its process is killed. Processor time is what counts: on a machine that is busy with other things a call may
/// stand still for long without having done wrong.
struct CallLimits {
    Millis processor{2'000}; ///< of the whole process while the call is under way
    Millis wall{10'000};
};

/// Calls that can be under way in one worker at once, each on a thread of its own over there: two of ingest's, one of jobs', one for
/// people.
inline constexpr int k_lanes = 4;

class WorkerProcess {
public:
    /// Serves what the worker asks or tells during a call: fills the answer of `secret` and `state`. False when it makes no sense.
    using Serve = std::function<bool(wire::Kind, wire::Reader&, wire::Writer& answer)>;

    /// `shown`: for ps. The thread that calls this must live as long as the process: the kernel ends it with the thread.
    static Result<std::shared_ptr<WorkerProcess>> start(const std::filesystem::path& program, const std::filesystem::path& plugin_file,
                                                        const std::string& shown);
    /// Kills it if it still runs.
    ~WorkerProcess();
    WorkerProcess(const WorkerProcess&) = delete;
    WorkerProcess& operator=(const WorkerProcess&) = delete;

    /// Asks and waits for the answer; any thread. False: the process is lost (or is being killed, and will be), or the request is longer
    /// than k_most_message. `function`: static text that says what the plugin is doing meanwhile.
    bool call(const char* function, const std::string& request, std::string& reply, const Serve&, const CallLimits& = {});
    /// From any thread. The first reason counts.
    void kill(std::string reason);
    /// To be called every few seconds by the owner: a process in which no call has been under way since the last look, and which used the
    /// processor all the same, is killed.
    void look_idle();
    bool lost() const { return lost_.load(std::memory_order_relaxed); }

    pid_t pid() const { return pid_; }
    /// Readable once it has ended.
    int descriptor() const { return pidfd_; }
    /// Waits until it has ended and says how, as the end of a sentence: "was ended by signal 11 (SIGSEGV) in verify". Once, by the owner.
    std::string reap();

private:
    struct Seat {
        std::unique_ptr<Lane> lane;
        std::atomic<const char*> function{nullptr};
        bool taken = false;
    };
    class Sitting;
    class Watch;
    WorkerProcess() = default;
    bool send(Lane&, std::string_view, const Watch&);
    bool receive(Lane&, std::string_view&, const Watch&);
    void lose();
    Millis used() const; ///< processor time since its start

    pid_t pid_ = -1;
    int pidfd_ = -1;
    bool reaped_ = false;
    std::atomic<bool> lost_{false};
    std::mutex mutex_;
    std::condition_variable free_;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::string reason_;
    size_t calls_ = 0;       ///< under way
    uint64_t all_calls_ = 0; ///< ever begun
    uint64_t calls_at_look_ = 0;
    Millis used_at_look_{0};
};

} // namespace gh::plugin
