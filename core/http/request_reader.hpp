// Bytes of one connection in, requests out. Pure: no socket and no clock, so it is what the fuzzer and the mutation test drive.
//
// For each request: consume() until Step::head; then admit() and again consume() (also with no bytes) until Step::complete; reset().
#pragma once

#include "core/http/chunked_decoder.hpp"
#include "core/http/head_check.hpp"
#include "core/http/message.hpp"

#include <string_view>

namespace gh::http {

class RequestReader {
public:
    /// `limits` outlives the reader.
    explicit RequestReader(const Limits& limits) : check_(limits) {}

    enum class Step { more, head, complete, refused };
    struct Progress {
        Step step;
        size_t consumed; ///< bytes that belong to what was read; the rest is given again with the next call
    };
    /// A head is consumed only when it is whole; body bytes as they come, so memory grows with what has arrived, not with what was
    /// announced.
    Progress consume(std::string_view available);

    /// After Step::head: lets the body in. Null, or why it cannot be.
    const Refusal* admit(size_t max_body);

    Request& request() { return request_; }
    const Refusal& refusal() const { return *refusal_; } ///< after Step::refused
    bool http_1_0() const { return check_.http_1_0(); }
    bool keep_alive() const { return keep_alive_; }
    bool expects_continue() const { return check_.expects_continue(); }
    bool has_body() const { return check_.chunked() || check_.content_length().value_or(0) > 0; }

    void reset();

private:
    bool split_head(std::string_view head);
    Progress refuse(const Refusal& refusal, size_t consumed) {
        refusal_ = &refusal;
        return {Step::refused, consumed};
    }

    HeadCheck check_;
    ChunkedDecoder chunks_;
    Request request_;
    const Refusal* refusal_ = nullptr;
    uint64_t left_ = 0; ///< of a body with Content-Length
    bool in_body_ = false;
    bool keep_alive_ = false;
};

} // namespace gh::http
