// One simulated provider: its library's object, its thread, its timers and its port.
#pragma once

#include "core/base/thread.hpp"
#include "core/egress/client.hpp"
#include "core/http/server.hpp"
#include "core/sandbox/clock.hpp"
#include "core/sandbox/faults.hpp"
#include "core/sandbox/library.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace gh::sandbox {

/// How a command ended.
struct CommandResult {
    gatehouse_status status = GATEHOUSE_OK;
    std::string text; ///< JSON, or the reason
};
using CommandDone = std::function<void(CommandResult)>;

struct RunnerOptions {
    std::string settings = "{}"; ///< JSON object for the simulator
    std::string target;          ///< URL of the gateway's source
    uint16_t port = 0;           ///< 0: any free one
    uint64_t seed = 0;
    bool fresh = false; ///< GATEHOUSE_SIMULATOR_FRESH
    /// Where requests of the simulator really go, e.g. never off this machine. Nothing: they are not sent.
    std::function<std::optional<std::string>(const std::string& url)> redirect;
};

/// All calls of the simulator happen on the runner's own thread. Client, clock, log and metrics outlive it.
class Runner final : public http::Handler {
public:
    Runner(Library, RunnerOptions, egress::Client&, const ScaledClock&, Log&, Metrics&);
    /// Stops.
    ~Runner() override;

    /// Binds the port and opens the simulator. The error names the provider.
    Status start();
    /// Ends the thread and closes the simulator. Outcomes that come later are dropped.
    void stop();

    const Library& library() const { return library_; }
    const std::string& base_url() const { return base_url_; }
    const std::string& target() const { return options_.target; }
    /// As the simulator described itself when it was opened.
    const std::string& description() const { return description_; }

    /// Any thread. `done` is called once, on the runner's thread. Beside the simulator's own: "faults" (see ApiFaults), and "send" with
    /// "rate" (per second of the real clock), which sends one by one.
    void command(std::string name, std::string arguments, CommandDone done);
    /// Simulated time has been moved: what is due by now runs at once. Any thread.
    void clock_moved();
    /// The rules that wait for requests. Any thread.
    std::string faults() const;

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

private:
    using Task = std::function<void()>;
    struct HostCalls; ///< the functions that the simulator calls

    void post(Task);
    void post_at(Steady::time_point, Task);
    void wake_at(Time, Task);
    void run();
    http::Response serve(const http::Request&);
    CommandResult run_command(const std::string& name, const std::string& arguments);
    void send_slowly(const json::Value& arguments, const CommandDone&);
    void send(const gatehouse_simulator_request&, uint64_t token);
    std::string take_reason();

    Library library_;
    RunnerOptions options_;
    egress::Client& client_;
    const ScaledClock& clock_;
    Log& log_;
    http::Server server_;
    std::string base_url_, description_;

    // The simulator's side: the runner's thread only.
    std::unique_ptr<gatehouse_simulator_host> host_;
    void* simulator_ = nullptr;
    std::mt19937_64 random_;
    std::string reason_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<Steady::time_point, Task> tasks_; ///< equal times in the order they came
    std::multimap<Time, Task> timers_;              ///< of the simulator, by simulated time
    ApiFaults faults_;
    bool stopping_ = false;
    NamedThread thread_;
};

} // namespace gh::sandbox
