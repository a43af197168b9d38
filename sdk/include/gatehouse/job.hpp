// Jobs as coroutines. A job is `job<T> f(…)`; it starts suspended, and asks the host for one thing at a time:
//
//     co_await http::get(url)                  -> http::response
//     co_await http::all(request, request)     -> std::vector<http::response>, sent in parallel
//     co_await sleep(std::chrono::seconds(5))
//     co_await put_state(state_change("key", "value"))   on disk when it returns; throws failure::retry when it could not be written
//     co_await other_job(…)                    -> U of job<U>
//
// What the host runs is job<result>: co_return document(…), gone(…), done(), response(…) or failure::….  A failure in an awaited job is
// thrown at the co_await. Any other exception that leaves the outermost job ends it: std::bad_alloc to be tried again, others as invalid.
//
// The host may drop a job at any suspension: its frames are destroyed in place, destructors run, nothing else does.
//
// Lifetimes: a job outlives the call that made it. Take parameters by value, except what the SDK keeps alive for you (stored_event,
// the arguments of an operation) and the source itself, which outlives its jobs. A lambda that is a coroutine must not capture by
// reference; its captures live in the registry, as long as the source.
#pragma once

#include <gatehouse/host.hpp>
#include <gatehouse/http.hpp>
#include <gatehouse/result.hpp>

#include <concepts>
#include <coroutine>
#include <variant>

namespace gatehouse {

// ------------------------------------------------------------------------------------------------------------------------- effects

class sleep_request {
public:
    explicit sleep_request(milliseconds d) : duration_(d) {}
    milliseconds duration() const { return duration_; }

private:
    milliseconds duration_;
};
inline sleep_request sleep(milliseconds duration) {
    return sleep_request(duration);
}

class state_request {
public:
    explicit state_request(std::vector<state_change> c) : changes_(std::move(c)) {}
    const std::vector<state_change>& changes() const { return changes_; }

private:
    std::vector<state_change> changes_;
};
inline state_request put_state(std::vector<state_change> changes) {
    return state_request(std::move(changes));
}
/// put_state(state_change("key", "value"), state_change::remove("old"))
template <std::same_as<state_change>... C>
requires(sizeof...(C) > 0) state_request put_state(C... changes) {
    std::vector<state_change> list;
    list.reserve(sizeof...(C));
    (list.push_back(std::move(changes)), ...);
    return state_request(std::move(list));
}

template <class T = result>
class job;

namespace detail {

/// Where one running job stands. Frames are resumed from one loop (job_frame::step), never from within each other: the stack stays flat
/// however many jobs await each other.
struct runner {
    std::coroutine_handle<> next;      ///< to be resumed now
    std::coroutine_handle<> suspended; ///< waits for the host
    int32_t expected = GATEHOUSE_INPUT_START;
    size_t expected_responses = 0;
    const gatehouse_job_input* input = nullptr;
    const gatehouse_turn* turn = nullptr;

    /// Returns whether the coroutine really waits; when the host did not take the request, it goes on and throws.
    bool wait(std::coroutine_handle<> h, gatehouse_status status, int32_t kind, size_t responses = 0) {
        if (status != GATEHOUSE_OK) return false;
        suspended = h;
        expected = kind;
        expected_responses = responses;
        return true;
    }
};

/// An effect that the host turned down: nothing was asked for, so the job can still fail in order.
[[noreturn]] inline void throw_not_taken(const char* what, gatehouse_status status) {
    throw failure::invalid(std::string("the host did not take the job's request: ") + what + " (status " + std::to_string(status) + ")");
}

class promise_base;

class http_awaiter {
public:
    explicit http_awaiter(http::request r) : request_(std::move(r)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> h) {
        run_ = h.promise().run;
        status_ = request_.with_abi([&](const gatehouse_http_request* r) { return run_->turn->http(run_->turn->context, r); });
        return run_->wait(h, status_, GATEHOUSE_INPUT_HTTP, 1);
    }
    http::response await_resume() {
        if (status_ != GATEHOUSE_OK) throw_not_taken((request_.method() + " " + printable(request_.url())).c_str(), status_);
        return http::response(*run_->input->responses[0]);
    }

private:
    http::request request_;
    runner* run_ = nullptr;
    gatehouse_status status_ = GATEHOUSE_OK;
};

class http_all_awaiter {
public:
    explicit http_all_awaiter(http::request_list r) : list_(std::move(r)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> h) {
        run_ = h.promise().run;
        std::vector<const gatehouse_http_request*> abi;
        status_ = ask(0, abi);
        return run_->wait(h, status_, GATEHOUSE_INPUT_HTTP_ALL, list_.requests().size());
    }
    std::vector<http::response> await_resume() {
        if (status_ != GATEHOUSE_OK) throw_not_taken("several requests at once (1 to 64 are possible)", status_);
        std::vector<http::response> out;
        out.reserve(run_->input->response_count);
        for (size_t i = 0; i < run_->input->response_count; ++i) out.emplace_back(*run_->input->responses[i]);
        return out;
    }

private:
    // Each level keeps one request's ABI form alive; 64 levels at most.
    gatehouse_status ask(size_t i, std::vector<const gatehouse_http_request*>& abi) {
        if (list_.requests().empty() || list_.requests().size() > 64) return GATEHOUSE_INVALID;
        if (i == list_.requests().size()) return run_->turn->http_all(run_->turn->context, abi.data(), abi.size());
        return list_.requests()[i].with_abi([&](const gatehouse_http_request* r) {
            abi.push_back(r);
            return ask(i + 1, abi);
        });
    }

    http::request_list list_;
    runner* run_ = nullptr;
    gatehouse_status status_ = GATEHOUSE_OK;
};

class sleep_awaiter {
public:
    explicit sleep_awaiter(sleep_request r) : request_(r) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> h) {
        runner* run = h.promise().run;
        status_ = run->turn->sleep(run->turn->context, request_.duration().count());
        return run->wait(h, status_, GATEHOUSE_INPUT_SLEPT);
    }
    void await_resume() const {
        if (status_ != GATEHOUSE_OK) throw_not_taken("sleep", status_);
    }

private:
    sleep_request request_;
    gatehouse_status status_ = GATEHOUSE_OK;
};

class state_awaiter {
public:
    explicit state_awaiter(state_request r) : request_(std::move(r)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> h) {
        run_ = h.promise().run;
        const auto entries = to_abi(request_.changes());
        status_ = run_->turn->put_state(run_->turn->context, entries.data(), entries.size());
        return run_->wait(h, status_, GATEHOUSE_INPUT_STATE);
    }
    void await_resume() const {
        if (status_ != GATEHOUSE_OK) throw_not_taken("put_state", status_);
        if (run_->input->status != GATEHOUSE_OK) throw failure::retry("the source's state could not be written");
    }

private:
    state_request request_;
    runner* run_ = nullptr;
    gatehouse_status status_ = GATEHOUSE_OK;
};

class promise_base {
public:
    runner* run = nullptr;
    std::coroutine_handle<> continuation;

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class P>
        void await_suspend(std::coroutine_handle<P> h) const noexcept {
            h.promise().run->next = h.promise().continuation;
        }
        void await_resume() const noexcept {}
    };
    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }

    http_awaiter await_transform(http::request r) { return http_awaiter(std::move(r)); }
    http_all_awaiter await_transform(http::request_list r) { return http_all_awaiter(std::move(r)); }
    sleep_awaiter await_transform(sleep_request r) { return sleep_awaiter(r); }
    state_awaiter await_transform(state_request r) { return state_awaiter(std::move(r)); }
    template <class U>
    auto await_transform(job<U> j); // below
};

template <class T>
class promise : public promise_base {
public:
    job<T> get_return_object();
    void unhandled_exception() noexcept { outcome_.template emplace<2>(std::current_exception()); }
    template <class U>
    requires(std::convertible_to<U&&, T> && !std::same_as<std::remove_cvref_t<U>, failure>) void return_value(U&& value) {
        outcome_.template emplace<1>(std::forward<U>(value));
    }
    void return_value(failure f) { outcome_.template emplace<3>(std::move(f)); }
    T take() {
        if (outcome_.index() == 2) std::rethrow_exception(std::get<2>(outcome_));
        if (outcome_.index() == 3) throw std::get<3>(std::move(outcome_));
        return std::get<1>(std::move(outcome_));
    }

private:
    std::variant<std::monostate, T, std::exception_ptr, failure> outcome_;
};

template <>
class promise<void> : public promise_base {
public:
    job<void> get_return_object();
    void unhandled_exception() noexcept { error_ = std::current_exception(); }
    void return_void() noexcept {}
    void take() {
        if (error_) std::rethrow_exception(error_);
    }

private:
    std::exception_ptr error_;
};

} // namespace detail

/// Owns one coroutine. Movable; awaited at most once, by value. Destroying it destroys its frame and all that it awaits.
template <class T>
class [[nodiscard]] job {
public:
    using promise_type = detail::promise<T>;
    explicit job(std::coroutine_handle<promise_type> h) : handle_(h) {}
    job(job&& o) noexcept : handle_(std::exchange(o.handle_, nullptr)) {}
    job& operator=(job&& o) noexcept {
        if (this != &o) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(o.handle_, nullptr);
        }
        return *this;
    }
    ~job() {
        if (handle_) handle_.destroy();
    }

    /// For the SDK: who runs it, and who goes on when it has ended.
    std::coroutine_handle<promise_type> prepare(detail::runner* run, std::coroutine_handle<> continuation) {
        handle_.promise().run = run;
        handle_.promise().continuation = continuation;
        return handle_;
    }
    T take() { return handle_.promise().take(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
job<T> promise<T>::get_return_object() {
    return job<T>(std::coroutine_handle<promise>::from_promise(*this));
}
inline job<void> promise<void>::get_return_object() {
    return job<void>(std::coroutine_handle<promise>::from_promise(*this));
}

template <class U>
class job_awaiter {
public:
    explicit job_awaiter(job<U> j) : job_(std::move(j)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) {
        runner* run = h.promise().run;
        run->next = job_.prepare(run, h);
    }
    U await_resume() { return job_.take(); }

private:
    job<U> job_;
};

template <class U>
auto promise_base::await_transform(job<U> j) {
    return job_awaiter<U>(std::move(j));
}

} // namespace detail
} // namespace gatehouse
