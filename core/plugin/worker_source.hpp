// The stand-in of an isolated source in the server: it keeps the worker process that has the plugin's source alive, and takes each call of
// the C border there and back. OpenSource sees a plugin like any other, and checks what comes back by the same rules.
//
// While there is no process, calls return k_away at once. A process that ends unasked counts as a fault of the plugin
// (gatehouse_plugin_faults_total) and is started again: at once the first time, then after 100 ms, doubled each time up to 30 s, until one
// has lived for a minute. The new one opens the source with the same settings and must enroll the very same things. Jobs of the old one
// end with `retry`; events wait in the store meanwhile, and senders hear 503.
#pragma once

#include "core/base/thread.hpp"
#include "core/plugin/open_source.hpp"
#include "core/plugin/worker_process.hpp"

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace gh::plugin {

/// What a worker is started with.
struct WorkerCode {
    std::filesystem::path program; ///< this program, "/proc/self/exe" but in tests
    std::filesystem::path file;    ///< the private copy of the plugin
    std::string plugin;
};

/// Starts a process and has it load the plugin; the message that describes it (worker_library.hpp) goes to `descriptor`. The error is
/// "code\nreason".
Result<std::shared_ptr<WorkerProcess>> start_loaded(const WorkerCode&, const std::string& shown, std::string& descriptor);

class Remote {
public:
    /// Takes a copy of what it needs of `settings`; `services` must outlive it.
    Remote(WorkerCode, const CrashMark&, const Services& services, const gatehouse_settings& settings);
    /// Has the plugin close its source, and ends the process. After every job was dropped.
    ~Remote();
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;

    /// Starts the first process and opens the source in it. A status with Frame::set_fail_text. [control]
    gatehouse_status open();
    /// Enrolls here what was enrolled there, with functions that lead there. [control]
    gatehouse_status enroll(const gatehouse_registry&);

    WorkerStatus status() const;
    /// Runs the task on this source's own thread, in order. Any thread.
    void post(std::function<void()> task);
    /// Drops a job over there, if its process is still the one of that number. On the source's own thread.
    void drop(uint64_t process, uint64_t id);

private:
    friend class RemoteBatch;
    friend class RemoteJob;
    /// Something enrolled, as the plugin's `user` here.
    struct Entry {
        Remote* remote;
        uint32_t index;
    };
    /// A process and its number: what belongs to one does not to the next.
    struct Current {
        std::shared_ptr<WorkerProcess> process;
        uint64_t number = 0;
    };

    Current current() const;
    /// False with Frame::set_fail_text when the process is lost or answers what is none.
    bool call(const Current&, const char* function, const std::string& request, wire::Kind expected, std::string& reply);
    /// The plugin sent what it should not: kills the process and says so.
    gatehouse_status lied(const Current&, const char* about);
    bool serve(wire::Kind, wire::Reader&, wire::Writer& answer) const;
    int64_t now() const { return services_.host()->now(services_.host()->context); }

    static gatehouse_status verify(void* user, const gatehouse_request*, const gatehouse_verify_answer*);
    static gatehouse_status handle(void* user, const gatehouse_request*, const gatehouse_acceptance*, const gatehouse_handle_answer*);
    static gatehouse_status fetch_back(void* user, const gatehouse_stored_event*, gatehouse_job*);
    static gatehouse_status operation(void* user, gatehouse_text arguments, gatehouse_job*);

    void supervise();
    /// What a launch that failed leaves: the reason, and where the plugin was. Nothing where it was the plugin's process, not its answer.
    struct Failure {
        std::string reason;
        std::optional<OpenSource::NotOpened::Why> why;
    };
    /// A process with the source open, else null.
    std::shared_ptr<WorkerProcess> launch(Failure&);
    bool wait_for_end(WorkerProcess&);
    bool wait_for(Millis);
    void crashed(const std::string& how);
    void run_tasks();

    const CrashMark& mark() const { return mark_; }

    const WorkerCode code_;
    const CrashMark& mark_;
    const Services& services_;
    const std::string shown_, settings_message_;
    std::string enrolled_, enroll_fault_; ///< set before open() returns
    std::deque<Entry> entries_;

    mutable std::mutex mutex_;
    Current current_;
    std::shared_ptr<WorkerProcess> starting_;
    uint64_t started_ = 0;
    bool stopping_ = false;
    WorkerStatus status_;
    std::promise<std::optional<Failure>> opened_;
    int wake_; ///< eventfd(2): stopping

    std::mutex tasks_mutex_;
    std::condition_variable tasks_ready_;
    std::deque<std::function<void()>> tasks_;
    bool tasks_end_ = false;

    NamedThread supervisor_, runner_; ///< last: use the others
};

} // namespace gh::plugin
