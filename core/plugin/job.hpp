// Jobs: the only asynchronous thing in a plugin. The runner performs what each step asks for and calls the next step.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/time.hpp"
#include "core/egress/client.hpp"
#include "core/http/message.hpp"
#include "core/store/records.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct gatehouse_job;

namespace gh::store {
class Store;
}

namespace gh::plugin {

class Source;

/// Owns one job of a plugin; drops it when it ends. Keeps its source open.
class Job {
public:
    struct State;
    explicit Job(std::unique_ptr<State>);
    Job(Job&&) noexcept;
    Job& operator=(Job&&) noexcept;
    ~Job();
    const State& state() const { return *state_; }

private:
    friend class JobRunner;
    std::unique_ptr<State> state_;
};

/// How a job ended.
struct JobDocument {
    std::string content_type = "application/json";
    std::string body;
};
struct JobGone {
    std::string reason;
};
struct JobResponse {
    http::Response response;
};
struct JobDone {};
struct JobFailure {
    enum class Kind { retry, refused, invalid, fault, cancelled };
    Kind kind = Kind::fault;
    std::string text;
    Millis retry_after{0};
};
struct JobEnd {
    std::variant<JobDone, JobDocument, JobGone, JobResponse, JobFailure> value;
    std::vector<store::StateChange> state; ///< of finish(): the caller commits it together with the result, then calls Source::apply_state
};

/// Runs jobs on its own small pool of worker threads. HTTP goes through the egress client under the source's policy; secrets named in
/// request headers are filled in there; put_state waits for the commit.
class JobRunner {
public:
    JobRunner(egress::Client&, store::Store&, const Clock&, Log&, Metrics&, int threads = 1);
    /// What egress::Client::send does; calls the last argument exactly once, at any time, on any thread, also at once.
    using Send = std::function<void(egress::Request, std::shared_ptr<const egress::Policy>, egress::Done)>;
    JobRunner(Send, store::Store&, const Clock&, Log&, Metrics&, int threads = 1);
    /// Drops all jobs; their callbacks get `cancelled`.
    ~JobRunner();

    /// Any thread. `deadline` is total, over all steps and effects; a job that has not ended by then is dropped and fails with `retry` (a
    /// step that never returns cannot be taken from the plugin: it holds its worker). `done` is called exactly once, on a worker thread of
    /// the runner or, for an isolated source, on that source's own, after the job was dropped.
    void run(Job, Millis deadline, std::function<void(JobEnd)> done);
    /// Jobs under way, for /readyz, drain and tests.
    size_t running() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::plugin
