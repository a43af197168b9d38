#include "core/sandbox/runner.hpp"

#include "core/base/crypto.hpp"

#include <cstring>
#include <future>

namespace gh::sandbox {

namespace {

constexpr size_t k_most_body = 4u << 20;
constexpr Millis k_send_timeout{15'000};
constexpr int64_t k_most_slow_sends = 1'000'000;

std::string_view view(gatehouse_text t) {
    return t.data ? std::string_view(t.data, t.size) : std::string_view();
}
std::string_view view(gatehouse_bytes b) {
    return b.data ? std::string_view(reinterpret_cast<const char*>(b.data), b.size) : std::string_view();
}
gatehouse_text text(std::string_view s) {
    return {s.data(), s.size()};
}
gatehouse_bytes bytes(std::string_view s) {
    return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

std::vector<gatehouse_header> headers(const std::vector<http::Field>& fields) {
    std::vector<gatehouse_header> out;
    out.reserve(fields.size());
    for (const auto& f : fields) out.push_back({text(f.name), text(f.value)});
    return out;
}

gatehouse_sink sink(std::string& out) {
    return {&out, [](void* context, const void* data, size_t size) {
                static_cast<std::string*>(context)->append(static_cast<const char*>(data), size);
            }};
}

/// The same stream for the same seed and provider, whatever else runs.
std::mt19937_64 generator(uint64_t seed, const std::string& name) {
    const auto digest = sha256_parts({std::to_string(seed), name});
    uint64_t first = 0;
    std::memcpy(&first, digest.data(), sizeof first);
    return std::mt19937_64(first);
}

http::Response internal(std::string_view detail) {
    return http::problem(500, "Simulator fault", detail);
}

} // namespace

struct Runner::HostCalls {
    static Runner& self(void* context) { return *static_cast<Runner*>(context); }

    static void log(void* context, int32_t level, gatehouse_text message) {
        auto& r = self(context);
        const Level levels[] = {Level::debug, Level::info, Level::warning, Level::error};
        r.log_.write(levels[std::clamp<int32_t>(level, 0, 3)], "sandbox", view(message), {{"plugin", r.library_.name()}});
    }
    static void fail(void* context, gatehouse_text reason) { self(context).reason_ = view(reason); }
    static int64_t now(void* context) { return to_unix_ms(self(context).clock_.now()); }
    static int64_t wall_now(void* context) { return to_unix_ms(self(context).clock_.wall_now()); }
    static void random(void* context, uint8_t* out, size_t size) {
        auto& generator = self(context).random_;
        for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(generator() >> 24);
    }
    static gatehouse_status send(void* context, const gatehouse_simulator_request* request, uint64_t token) {
        if (!request || request->struct_size < sizeof(gatehouse_simulator_request)) return GATEHOUSE_INVALID;
        self(context).send(*request, token);
        return GATEHOUSE_OK;
    }
    static gatehouse_status wake_at(void* context, int64_t time, uint64_t token) {
        auto& r = self(context);
        r.wake_at(from_unix_ms(time), [&r, token] { r.library_.descriptor().woken(r.simulator_, token); });
        return GATEHOUSE_OK;
    }
    static const void* get_interface(void*, gatehouse_text) { return nullptr; }
};

Runner::Runner(Library library, RunnerOptions options, egress::Client& client, const ScaledClock& clock, Log& log, Metrics& metrics)
    : library_(library),
      options_(std::move(options)),
      client_(client),
      clock_(clock),
      log_(log),
      server_("sim-" + library_.name(), {config::Listen{"127.0.0.1", options_.port, {}}}, {}, *this, log, metrics),
      random_(generator(options_.seed, library_.name())) {}

Runner::~Runner() {
    stop();
}

Status Runner::start() {
    if (auto started = server_.start(); !started.ok()) return Error{"sandbox " + library_.name() + ": " + started.error().message};
    base_url_ = "http://127.0.0.1:" + std::to_string(server_.ports().at(0));
    host_ = std::make_unique<gatehouse_simulator_host>(
        gatehouse_simulator_host{sizeof(gatehouse_simulator_host), options_.fresh ? GATEHOUSE_SIMULATOR_FRESH : 0, this, &HostCalls::log,
                                 &HostCalls::fail, &HostCalls::now, &HostCalls::wall_now, &HostCalls::random, &HostCalls::send,
                                 &HostCalls::wake_at, text(base_url_), text(options_.target), &HostCalls::get_interface});
    std::promise<Status> opened;
    thread_ = NamedThread("run-" + library_.name(), [this, &opened] {
        const auto& d = library_.descriptor();
        void* simulator = nullptr;
        if (d.open(host_.get(), text(options_.settings), &simulator) != GATEHOUSE_OK) {
            opened.set_value(Error{"sandbox " + library_.name() + ": " + take_reason()});
            return;
        }
        simulator_ = simulator;
        const auto out = sink(description_);
        if (d.describe(simulator_, &out) != GATEHOUSE_OK || !json::is_json(description_)) {
            opened.set_value(Error{"sandbox " + library_.name() + ": does not describe itself: " + take_reason()});
        } else {
            opened.set_value(Done{});
            run();
        }
        d.close(std::exchange(simulator_, nullptr));
    });
    return opened.get_future().get();
}

void Runner::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
    tasks_.clear();
    timers_.clear();
    server_.drain(Millis(0));
}

void Runner::post(Task task) {
    post_at(Steady::time_point::min(), std::move(task));
}

void Runner::post_at(Steady::time_point when, Task task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        tasks_.emplace(when, std::move(task));
    }
    changed_.notify_one();
}

void Runner::wake_at(Time when, Task task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        timers_.emplace(when, std::move(task));
    }
    changed_.notify_one();
}

void Runner::clock_moved() {
    // Under the lock, so that the move cannot fall between a look at the timers and the wait.
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
}

void Runner::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        auto when = Steady::time_point::max();
        if (!tasks_.empty()) when = tasks_.begin()->first;
        const bool timer = !timers_.empty() && clock_.real(timers_.begin()->first) < when;
        if (timer) when = clock_.real(timers_.begin()->first);
        if (when > Steady::now()) {
            if (when == Steady::time_point::max())
                changed_.wait(lock);
            else
                changed_.wait_until(lock, when);
            continue;
        }
        Task task = timer ? std::move(timers_.begin()->second) : std::move(tasks_.begin()->second);
        if (timer)
            timers_.erase(timers_.begin());
        else
            tasks_.erase(tasks_.begin());
        lock.unlock();
        task();
        task = nullptr;
        lock.lock();
    }
}

std::string Runner::take_reason() {
    std::string out = std::exchange(reason_, {});
    return out.empty() ? "it failed without a reason" : out;
}

http::Admission Runner::admit(const http::Request&) {
    return http::Admitted{k_most_body, nullptr};
}

void Runner::handle(std::vector<http::Exchange> exchanges) {
    for (auto& incoming : exchanges) {
        Mishap mishap;
        {
            const std::lock_guard lock(mutex_);
            mishap = faults_.next(incoming.request().path);
        }
        // Tasks are copyable, an exchange is not.
        const auto exchange = std::make_shared<http::Exchange>(std::move(incoming));
        const auto when = mishap.delay.count() > 0 ? Steady::now() + mishap.delay : Steady::time_point::min();
        post_at(when, [this, exchange, mishap] {
            if (mishap.hang) return exchange->respond({.status = 504, .fields = {}, .body = {}, .close = true});
            auto answer = std::make_shared<http::Response>(mishap.instead ? *mishap.instead : serve(exchange->request()));
            answer->cut |= mishap.cut;
            const auto respond = [exchange, answer] { exchange->respond(std::move(*answer)); };
            if (mishap.late.count() == 0) return respond();
            post_at(Steady::now() + mishap.late, respond);
        });
    }
}

http::Response Runner::serve(const http::Request& r) {
    const auto fields = headers(r.fields);
    const gatehouse_request request = {sizeof request,
                                       0,
                                       text(r.method),
                                       text(r.target),
                                       text(r.path),
                                       text(r.query),
                                       fields.data(),
                                       fields.size(),
                                       bytes(r.body),
                                       text(r.remote),
                                       to_unix_ms(clock_.now())};
    std::optional<http::Response> response;
    gatehouse_simulator_answer answer{};
    answer.struct_size = sizeof answer;
    answer.context = &response;
    answer.respond = [](void* context, const gatehouse_response* given) -> gatehouse_status {
        auto& out = *static_cast<std::optional<http::Response>*>(context);
        if (out) return GATEHOUSE_MISUSE;
        if (given->http_status < 200 || given->http_status > 599) return GATEHOUSE_INVALID;
        out.emplace();
        out->status = given->http_status;
        out->body = view(given->body);
        for (size_t i = 0; i < given->header_count; ++i)
            out->fields.push_back({std::string(view(given->headers[i].name)), std::string(view(given->headers[i].value))});
        return GATEHOUSE_OK;
    };
    reason_.clear();
    const auto status = library_.descriptor().serve(simulator_, &request, &answer);
    if (status != GATEHOUSE_OK || !response) {
        const std::string reason = take_reason();
        log_.warning("sandbox", "a simulator could not answer: " + reason, {{"plugin", library_.name()}});
        return internal(reason);
    }
    return std::move(*response);
}

void Runner::send(const gatehouse_simulator_request& given, uint64_t token) {
    egress::Request request;
    request.method = view(given.method);
    request.body = view(given.body);
    request.timeout = given.timeout > 0 ? Millis(given.timeout) : k_send_timeout;
    for (size_t i = 0; i < given.header_count; ++i)
        request.fields.push_back({std::string(view(given.headers[i].name)), std::string(view(given.headers[i].value))});

    const auto deliver = [this, token](egress::Response answer) {
        post([this, token, answer = std::move(answer)] {
            const auto fields = headers(answer.fields);
            const gatehouse_http_response abi = {
                sizeof abi,        static_cast<int32_t>(answer.failure), answer.status, 0, text(answer.error), fields.data(), fields.size(),
                bytes(answer.body)};
            library_.descriptor().sent(simulator_, token, &abi);
        });
    };
    const std::string url(view(given.url));
    const auto where = options_.redirect ? options_.redirect(url) : std::optional(url);
    const auto rule = where ? egress::rule_for(*where) : Result<egress::Rule>(Error{"the sandbox does not send there"});
    if (!rule.ok()) {
        egress::Response refused;
        refused.failure = egress::Failure::not_allowed;
        refused.error = rule.error().message;
        return deliver(std::move(refused));
    }
    request.url = *where;
    client_.send(std::move(request), std::make_shared<egress::Policy>(std::vector{*rule}), deliver);
}

void Runner::command(std::string name, std::string arguments, CommandDone done) {
    post([this, name = std::move(name), arguments = std::move(arguments), done = std::move(done)] {
        if (name == "send") {
            const auto parsed = json::parse(arguments);
            if (parsed.ok() && parsed->find("rate")) return send_slowly(*parsed, done);
        }
        done(run_command(name, arguments));
    });
}

CommandResult Runner::run_command(const std::string& name, const std::string& arguments) {
    if (name == "faults") {
        const auto parsed = json::parse(arguments);
        if (!parsed.ok()) return {GATEHOUSE_INVALID, "arguments: " + parsed.error().message};
        const std::lock_guard lock(mutex_);
        if (const auto added = faults_.add(*parsed); !added.ok()) return {GATEHOUSE_INVALID, added.error().message};
        return {GATEHOUSE_OK, R"({"faults":)" + faults_.describe() + "}"};
    }
    reason_.clear();
    CommandResult result;
    const auto out = sink(result.text);
    result.status = library_.descriptor().command(simulator_, text(name), text(arguments), &out);
    if (result.status != GATEHOUSE_OK) result.text = take_reason();
    return result;
}

void Runner::send_slowly(const json::Value& arguments, const CommandDone& done) {
    const json::Value& rate_value = *arguments.find("rate");
    const double rate = rate_value.kind == json::Kind::number ? std::strtod(rate_value.text.c_str(), nullptr) : 0;
    if (!(rate > 0) || rate > 100'000) return done({GATEHOUSE_INVALID, "rate: give notifications per second, up to 100000"});
    const int64_t count = arguments.find("count") ? arguments.integer_of("count") : 1;
    if (count < 1 || count > k_most_slow_sends)
        return done({GATEHOUSE_INVALID, "count: give a whole number from 1 to " + std::to_string(k_most_slow_sends)});
    json::Writer one;
    one.object();
    for (const auto& [name, value] : arguments.members)
        if (name != "rate" && name != "count") one.name(name).raw(value.raw);
    const std::string each = one.end().take();
    // The first goes at once, so that wrong arguments are answered as such.
    const auto first = run_command("send", each);
    if (first.status != GATEHOUSE_OK) return done(first);
    const auto begin = Steady::now();
    for (int64_t i = 1; i < count; ++i)
        post_at(begin + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(static_cast<double>(i) / rate)),
                [this, each] { run_command("send", each); });
    done({GATEHOUSE_OK, R"({"scheduled":)" + std::to_string(count) + "}"});
}

std::string Runner::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_.describe();
}

} // namespace gh::sandbox
