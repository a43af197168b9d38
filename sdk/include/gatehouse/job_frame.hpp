// A job as the ABI sees it: an opaque object with step and drop. Plugin authors never use this directly.
#pragma once

#include <gatehouse/job.hpp>

namespace gatehouse::detail {

class job_frame {
public:
    explicit job_frame(gatehouse::host h) : host_(h) {}
    virtual ~job_frame() = default;
    job_frame(const job_frame&) = delete;
    job_frame& operator=(const job_frame&) = delete;

    /// Hands ownership to the host: it comes back through drop.
    static gatehouse_job release(std::unique_ptr<job_frame> f) { return {f.release(), &step, &drop}; }

protected:
    void start(job<result> j) {
        job_.emplace(std::move(j));
        root_ = job_->prepare(&run_, nullptr);
        run_.suspended = root_;
    }
    /// Before anything that the job refers to.
    void destroy_job() { job_.reset(); }

private:
    static gatehouse_status step(void* state, const gatehouse_job_input* input, const gatehouse_turn* turn) noexcept {
        return static_cast<job_frame*>(state)->step(input, turn);
    }
    static void drop(void* state) noexcept { delete static_cast<job_frame*>(state); }

    gatehouse_status step(const gatehouse_job_input* input, const gatehouse_turn* turn) noexcept {
        if (ended_) return misuse("a job was stepped after its end");
        if (!input || !turn || !fits(*input)) {
            ended_ = true;
            return misuse("a job was stepped with an input that it did not wait for");
        }
        run_.input = input;
        run_.turn = turn;
        run_.next = std::exchange(run_.suspended, nullptr);
        while (run_.next) std::exchange(run_.next, nullptr).resume();
        if (!root_.done()) return GATEHOUSE_OK;
        ended_ = true;
        return end(*turn);
    }

    bool fits(const gatehouse_job_input& input) const {
        if (input.kind != run_.expected || input.struct_size < offsetof(gatehouse_job_input, flags) + sizeof(input.flags)) return false;
        if (run_.expected != GATEHOUSE_INPUT_HTTP && run_.expected != GATEHOUSE_INPUT_HTTP_ALL) return true;
        if (input.response_count != run_.expected_responses || !input.responses) return false;
        for (size_t i = 0; i < input.response_count; ++i) {
            const gatehouse_http_response* r = input.responses[i];
            if (!r || r->struct_size < offsetof(gatehouse_http_response, body) + sizeof(r->body)) return false;
            if (r->header_count > 0 && !r->headers) return false;
        }
        return true;
    }

    gatehouse_status misuse(const char* what) const noexcept {
        host_.fail(what);
        return GATEHOUSE_MISUSE;
    }

    gatehouse_status end(const gatehouse_turn& turn) noexcept {
        const auto fail = [&](failure::kind kind, std::string_view text, milliseconds after = milliseconds(0)) {
            return turn.fail(turn.context, static_cast<int32_t>(kind), to_text(text), after.count());
        };
        gatehouse_status status = GATEHOUSE_FAILED;
        try {
            status = job_->take().with_abi([&](const gatehouse_result* r) { return turn.finish(turn.context, r); });
        } catch (const failure& f) {
            status = fail(f.type(), f.text(), f.retry_after());
        } catch (const std::bad_alloc&) {
            status = fail(failure::kind::retry, "out of memory");
        } catch (const std::exception& e) {
            status = fail(failure::kind::invalid, e.what());
        } catch (...) {
            status = fail(failure::kind::invalid, "an exception of unknown type");
        }
        if (status != GATEHOUSE_OK) host_.fail("the host did not take the job's end");
        return status;
    }

    gatehouse::host host_;
    runner run_;
    std::optional<job<result>> job_;
    std::coroutine_handle<> root_;
    bool ended_ = false;
};

/// A job with nothing beside it.
class plain_frame final : public job_frame {
public:
    plain_frame(gatehouse::host h, job<result> j) : job_frame(h) { start(std::move(j)); }
    ~plain_frame() override { destroy_job(); }
};

/// A job and what it was given by reference.
template <class Argument>
class argument_frame final : public job_frame {
public:
    template <class F, class... A>
    argument_frame(gatehouse::host h, const F& f, A&&... a) : job_frame(h), argument_(std::forward<A>(a)...) {
        start(f(static_cast<const Argument&>(argument_)));
    }
    ~argument_frame() override { destroy_job(); }

private:
    Argument argument_;
};

} // namespace gatehouse::detail
