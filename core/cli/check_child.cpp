#include "core/cli/check_child.hpp"

#include "core/cli/check_confine.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <unistd.h>

namespace gh::cli {

namespace {

constexpr int k_most_children = 8;
constexpr int k_pipe = 3;
constexpr size_t k_most_record = 1u << 20;

void put_text(std::string& out, std::string_view text) {
    const auto size = static_cast<uint32_t>(std::min(text.size(), k_most_record / 4));
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    out.append(text.substr(0, size));
}

/// The child's end: records 'R' (a result), 'S' (a step begins) and 'E' (all done) through the pipe.
class PipeReport final : public Report {
public:
    PipeReport(BlameNote& note, size_t skip) : note_(note), skip_(skip) {}

    void add(RuleResult r) override {
        std::string record = "R";
        record += static_cast<char>(r.state);
        put_text(record, std::to_string(r.rule));
        put_text(record, r.check);
        put_text(record, r.detail);
        send(record);
    }
    bool step(std::string_view what) override {
        if (steps_++ < skip_) return false;
        note_.set("");
        std::string record = "S";
        put_text(record, what);
        send(record);
        return true;
    }
    void at(std::string_view what) override { note_.set(what); }
    void end() { send("E"); }

private:
    static void send(std::string_view record) {
        while (!record.empty()) {
            const auto n = ::write(k_pipe, record.data(), record.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) ::_exit(1);
            record.remove_prefix(static_cast<size_t>(n));
        }
    }
    BlameNote& note_;
    const size_t skip_;
    size_t steps_ = 0;
};

void limit(__rlimit_resource what, rlim_t value) {
    const struct rlimit both { value, value };
    ::setrlimit(what, &both);
}

[[noreturn]] void child(const Check& check, int pipe, pid_t parent, BlameNote& note, size_t skip, const std::string& scratch) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nowhere, fd);
    if (pipe != k_pipe) ::dup2(pipe, k_pipe);
    ::close_range(k_pipe + 1, ~0u, 0);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    limit(RLIMIT_CORE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    limit(RLIMIT_AS, 4ul << 30);
#endif
    ::setenv("TMPDIR", scratch.c_str(), 1);
    watch_forbidden_calls(note);
    PipeReport report(note, skip);
    try {
        check.run(report);
    } catch (const std::exception& error) {
        report.fail(k_rule_comes_back, check.name, std::string("the check could not go on: ") + error.what());
    }
    report.end();
    // No destructors: a plugin's own must not change what was found.
    ::_exit(0);
}

/// What came through the pipe, taken apart.
class Reader {
public:
    Reader(int pipe, Millis step_limit) : pipe_(pipe), step_limit_(step_limit) {}

    /// Until the child has closed its end, said it is done, or was too slow.
    void listen() {
        auto until = Steady::now() + step_limit_;
        char buffer[16384];
        for (;;) {
            const auto left = std::chrono::ceil<Millis>(until - Steady::now()).count();
            pollfd waiting{pipe_, POLLIN, 0};
            const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
            if (ready < 0 && errno == EINTR) continue;
            late = ready == 0;
            if (ready <= 0) return;
            const auto n = ::read(pipe_, buffer, sizeof buffer);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return;
            pending_.append(buffer, static_cast<size_t>(n));
            while (take()) until = Steady::now() + step_limit_;
            if (done) return;
        }
    }

    std::vector<RuleResult> results;
    size_t steps = 0; ///< begun in this child
    std::string step;
    bool done = false, late = false;

private:
    bool text(size_t& at, std::string& out) const {
        uint32_t size = 0;
        if (pending_.size() - at < sizeof size) return false;
        std::memcpy(&size, pending_.data() + at, sizeof size);
        at += sizeof size;
        if (pending_.size() - at < size) return false;
        out.assign(pending_, at, size);
        at += size;
        return true;
    }
    bool take() {
        if (pending_.empty()) return false;
        size_t at = 1;
        switch (pending_[0]) {
            case 'R': {
                if (pending_.size() < 2) return false;
                RuleResult r;
                r.state = static_cast<RuleResult::State>(pending_[at++]);
                std::string rule;
                if (!text(at, rule) || !text(at, r.check) || !text(at, r.detail)) return false;
                r.rule = std::atoi(rule.c_str());
                results.push_back(std::move(r));
                break;
            }
            case 'S':
                if (!text(at, step)) return false;
                ++steps;
                break;
            default:
                done = true;
        }
        pending_.erase(0, at);
        return true;
    }

    int pipe_;
    Millis step_limit_;
    std::string pending_;
};

std::string how_it_ended(int status) {
    if (!WIFSIGNALED(status)) return "it ended the process with exit status " + std::to_string(WEXITSTATUS(status));
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return "it crashed: signal " + std::to_string(WTERMSIG(status)) + (name ? " (SIG" + std::string(name) + ")" : "");
}

} // namespace

std::string_view to_text(RuleResult::State s) {
    return s == RuleResult::State::passed ? "ok" : s == RuleResult::State::warned ? "warning" : "failed";
}

std::vector<RuleResult> run_apart(const Check& check, Millis step_limit, const std::string& scratch) {
    std::vector<RuleResult> out;
    size_t skip = 0;
    const SharedNote note;
    for (int children = 0; children < k_most_children; ++children) {
        note->clear();
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("no pipe for a check: ") + std::strerror(errno));
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid == 0) child(check, ends[1], parent, *note, skip, scratch);
        ::close(ends[1]);
        if (pid < 0) {
            ::close(ends[0]);
            throw std::runtime_error(std::string("no process for a check: ") + std::strerror(errno));
        }
        Reader reader(ends[0], step_limit);
        reader.listen();
        ::close(ends[0]);
        ::kill(-pid, SIGKILL);
        if (!reader.done && reader.late) ::kill(pid, SIGKILL);
        int status = 0;
        while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        for (auto& r : reader.results) out.push_back(std::move(r));
        if (reader.done) return out;

        std::string where = reader.step;
        if (const auto at = note->text(); !at.empty()) where += (where.empty() ? "" : ": ") + at;
        const std::string named = check.name + (where.empty() ? "" : ": " + where);
        if (const auto call = note->forbidden(); !call.empty())
            out.push_back(
                {k_rule_no_io, named, RuleResult::State::failed, "it called " + call + ": a plugin computes, the host does the rest"});
        else if (reader.late)
            out.push_back({k_rule_comes_back, named, RuleResult::State::failed, "it had not come back after " + gh::to_text(step_limit)});
        else
            out.push_back({k_rule_comes_back, named, RuleResult::State::failed, how_it_ended(status)});
        if (reader.steps == 0) return out; // it would end there again
        skip += reader.steps;
    }
    out.push_back({k_rule_comes_back, check.name, RuleResult::State::failed,
                   "it ended " + std::to_string(k_most_children) + " processes; the rest of this check was not run"});
    return out;
}

} // namespace gh::cli
