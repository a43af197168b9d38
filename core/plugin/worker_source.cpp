#include "core/plugin/worker_source.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <poll.h>
#include <unistd.h>

namespace gh::plugin {

namespace {

constexpr size_t k_most_line = 4000, k_most_reason = 4000;
constexpr uint64_t k_memory = 512u << 20; // beyond what the process has before it loads the plugin
constexpr CallLimits k_start_limits{Millis{5'000}, Millis{30'000}};
constexpr CallLimits k_close_limits{Millis{1'000}, Millis{2'000}};
constexpr int k_idle_look_ms = 2'000;
constexpr Millis k_first_pause{100}, k_longest_pause{30'000};
constexpr Millis k_settled{60'000}; // who has lived so long begins a new count

std::string settings_message(const Services& services, const gatehouse_settings& settings) {
    wire::Writer out;
    for (const auto& part : {settings.name, settings.path, settings.json}) out.text(view(part));
    const auto secrets = services.secrets().counts();
    out.u32(static_cast<uint32_t>(secrets.size()));
    for (const auto& [name, count] : secrets) {
        out.text(name);
        out.u32(count);
    }
    out.u8(services.explain() ? 1 : 0);
    for (const auto level : {Level::debug, Level::info, Level::warning, Level::error}) out.u8(services.logs(level) ? 1 : 0);
    return out.bytes();
}

} // namespace

Result<std::shared_ptr<WorkerProcess>> start_loaded(const WorkerCode& code, const std::string& shown, std::string& descriptor) {
    auto process = WorkerProcess::start(code.program, code.file, shown);
    if (!process) return Error{"worker_failed\n" + process.error().message};
    wire::Writer load(wire::Kind::load);
    load.text(code.file.string());
    load.u64(k_memory);
    const auto nothing = [](wire::Kind, wire::Reader&, wire::Writer&) { return false; };
    if (!(*process)->call("loading", load.bytes(), descriptor, nothing, k_start_limits)) {
        (*process)->kill("it did not load");
        return Error{"crashes\nthe worker process that loads it " + (*process)->reap()};
    }
    wire::Reader in(descriptor);
    const auto kind = static_cast<wire::Kind>(in.u8());
    if (kind == wire::Kind::load) return process;
    const auto refused = in.text(), reason = in.text();
    if (kind != wire::Kind::failed || !in.done() || !is_word(refused, "_", 60) || !sane(text(reason), 2000))
        return Error{"crashes\nthe worker process that loads it sent what makes no sense"};
    return Error{std::string(refused) + "\n" + std::string(reason)};
}

Remote::Remote(WorkerCode code, const CrashMark& mark, const Services& services, const gatehouse_settings& settings)
    : code_(std::move(code)),
      mark_(mark),
      services_(services),
      shown_(code_.plugin + "/" + std::string(view(settings.name))),
      settings_message_(settings_message(services, settings)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    status_.state = "starting";
}

Remote::~Remote() {
    {
        const std::lock_guard lock(tasks_mutex_);
        tasks_end_ = true;
        tasks_ready_.notify_one();
    }
    runner_.join();
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (starting_) starting_->kill("the source is closed");
        const uint64_t one = 1;
        (void)!::write(wake_, &one, sizeof one);
    }
    supervisor_.join();
    ::close(wake_);
}

gatehouse_status Remote::open() {
    auto opened = opened_.get_future();
    supervisor_ = NamedThread("isolate-" + shown_, [this] { supervise(); });
    runner_ = NamedThread("jobs-" + shown_, [this] { run_tasks(); });
    const auto failure = opened.get();
    if (!failure) return GATEHOUSE_OK;
    // As in this process: opening went well, and enroll() says what is wrong.
    if (failure->why == OpenSource::NotOpened::Why::enrolling) return enroll_fault_ = failure->reason, GATEHOUSE_OK;
    Frame::set_fail_text(failure->reason);
    return failure->why == OpenSource::NotOpened::Why::settings ? GATEHOUSE_FAILED : k_told;
}

void Remote::post(std::function<void()> task) {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
    tasks_ready_.notify_one();
}

void Remote::run_tasks() {
    std::unique_lock lock(tasks_mutex_);
    for (;;) {
        tasks_ready_.wait(lock, [&] { return tasks_end_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

WorkerStatus Remote::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

Remote::Current Remote::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

bool Remote::serve(wire::Kind kind, wire::Reader& in, wire::Writer& answer) const {
    switch (kind) {
        case wire::Kind::secret: {
            const auto name = in.text();
            const auto count = services_.secrets().count(name);
            answer.u32(count);
            for (uint32_t i = 0; i < count; ++i) answer.text(services_.secrets().value(name, i)->reveal());
            return true;
        }
        case wire::Kind::state: {
            const auto key = in.text();
            answer.u64(services_.state()->version()); // before the value is read: it may be newer than that, never older
            const auto value = services_.state()->get(key);
            answer.u8(value ? 1 : 0);
            answer.text(value ? std::string_view(*value) : std::string_view());
            return true;
        }
        case wire::Kind::log: {
            const auto level = std::clamp<uint32_t>(in.u32(), GATEHOUSE_LOG_DEBUG, GATEHOUSE_LOG_ERROR);
            const auto line = in.text();
            services_.log(static_cast<Level>(level), line.substr(0, k_most_line));
            return true;
        }
        case wire::Kind::fault: {
            const auto function = in.u8() == 0 ? "drop" : "close_source";
            const auto what = in.text();
            if (in.ok()) services_.fault(function, what.substr(0, k_most_line));
            return true;
        }
        case wire::Kind::say: {
            const auto title = in.text(), detail = in.text();
            if (services_.explain() && in.ok()) services_.say(title, detail);
            return true;
        }
        default:
            return false;
    }
}

bool Remote::call(const Current& current, const char* function, const std::string& request, wire::Kind expected, std::string& reply) {
    if (!current.process) {
        const std::lock_guard lock(mutex_);
        Frame::set_fail_text("the plugin's process is being started again: it " + status_.last_crash);
        return false;
    }
    const auto serving = [this](wire::Kind kind, wire::Reader& in, wire::Writer& answer) { return serve(kind, in, answer); };
    if (!current.process->call(function, request, reply, serving)) {
        Frame::set_fail_text(request.size() > wire::k_most_message ? "what is to be told to the plugin's process is larger than 80 MiB"
                                                                   : std::string("the plugin's process was lost in ") + function);
        return false;
    }
    wire::Reader in(reply);
    if (static_cast<wire::Kind>(in.u8()) == expected) return true;
    lied(current, function);
    return false;
}

gatehouse_status Remote::lied(const Current& current, const char* about) {
    current.process->kill(std::string("what it answered to ") + about + " makes no sense");
    Frame::set_fail_text(std::string("the plugin's process answered to ") + about + " what makes no sense");
    return k_away;
}

std::shared_ptr<WorkerProcess> Remote::launch(Failure& failure) {
    auto& reason = failure.reason;
    std::string descriptor, reply;
    auto started = start_loaded(code_, shown_, descriptor);
    if (!started) {
        reason = started.error().message;
        std::replace(reason.begin(), reason.end(), '\n', ' ');
        return nullptr;
    }
    const auto process = *started;
    {
        const std::lock_guard lock(mutex_);
        starting_ = process;
        if (stopping_) process->kill("the source is closed");
    }
    const auto serving = [this](wire::Kind kind, wire::Reader& in, wire::Writer& answer) { return serve(kind, in, answer); };
    wire::Writer open(wire::Kind::open);
    open.i64(now());
    open.u64(services_.state()->version());
    open.text(settings_message_);
    const bool answered = process->call("open_source or enroll", open.bytes(), reply, serving, k_start_limits);
    {
        const std::lock_guard lock(mutex_);
        starting_ = nullptr;
    }
    if (!answered) {
        process->kill("it did not open the source");
        reason = "its process " + process->reap();
        return nullptr;
    }
    wire::Reader in(reply);
    const auto kind = static_cast<wire::Kind>(in.u8());
    if (kind == wire::Kind::open) {
        reply.erase(0, 1);
        if (enrolled_.empty()) enrolled_ = reply; // before open() returns; compared only from then on
        if (reply == enrolled_) return process;
        reason = "it enrolls other things with the same settings than it did the first time";
        return nullptr;
    }
    const auto why = in.u8();
    reason = in.text().substr(0, k_most_reason);
    if (kind == wire::Kind::failed && in.done() && why <= static_cast<uint8_t>(OpenSource::NotOpened::Why::enrolling))
        failure.why = static_cast<OpenSource::NotOpened::Why>(why);
    else
        reason = "the plugin's process answered what makes no sense";
    return nullptr;
}

void Remote::crashed(const std::string& how) {
    {
        const std::lock_guard lock(mutex_);
        current_.process = nullptr;
        status_.state = "restarting";
        status_.pid = 0;
        ++status_.crashes;
        status_.last_crash = how;
    }
    services_.fault("its process", how);
}

/// False when the source is to be closed.
bool Remote::wait_for_end(WorkerProcess& process) {
    pollfd waiting[] = {{process.descriptor(), POLLIN, 0}, {wake_, POLLIN, 0}};
    for (int ready = 0; ready <= 0;) {
        ready = ::poll(waiting, 2, k_idle_look_ms);
        if (ready == 0) process.look_idle();
    }
    return waiting[1].revents == 0;
}

/// As above.
bool Remote::wait_for(Millis pause) {
    pollfd waiting{wake_, POLLIN, 0};
    const auto until = Steady::now() + pause;
    for (;;) {
        const auto left = std::chrono::ceil<Millis>(until - Steady::now()).count();
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(0, left)));
        if (ready > 0) return false;
        if (ready == 0) return true;
    }
}

void Remote::supervise() {
    for (int streak = 0;;) {
        Failure failure;
        auto process = launch(failure);
        auto& reason = failure.reason;
        if (!process && started_ == 0) return opened_.set_value(std::move(failure));
        const auto began = Steady::now();
        if (process) {
            {
                const std::lock_guard lock(mutex_);
                current_ = {process, ++started_};
                status_.state = "running";
                status_.pid = process->pid();
            }
            if (started_ == 1)
                opened_.set_value(std::nullopt);
            else
                services_.log(Level::info, "its process runs again, pid " + std::to_string(process->pid()));
            if (!wait_for_end(*process)) {
                std::string reply;
                process->call(
                    "close_source", wire::Writer(wire::Kind::close).bytes(), reply,
                    [this](wire::Kind kind, wire::Reader& in, wire::Writer& answer) { return serve(kind, in, answer); }, k_close_limits);
                process->kill("the source is closed");
                process->reap();
                return;
            }
            reason = process->reap();
        } else {
            reason = "could not be started again: " + reason;
        }
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
        }
        crashed(reason);
        if (process && Steady::now() - began >= k_settled) streak = 0;
        const auto pause = streak == 0 ? Millis{0} : std::min(k_longest_pause, k_first_pause * (1 << std::min(streak - 1, 10)));
        ++streak;
        if (!wait_for(pause)) return;
    }
}

} // namespace gh::plugin
