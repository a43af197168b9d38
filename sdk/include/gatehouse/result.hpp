// How a job ends well, and what a route answers at once.
#pragma once

#include <gatehouse/types.hpp>

namespace gatehouse {

/// Fetch-back: the full document; an operation: its result. `state` changes are committed together with it.
class document {
public:
    explicit document(std::string body, std::string_view content_type = "application/json")
        : body_(std::move(body)), content_type_(content_type) {}
    document state(std::vector<state_change> changes) && {
        state_ = std::move(changes);
        return std::move(*this);
    }

private:
    friend class result;
    std::string body_, content_type_;
    std::vector<state_change> state_;
};

/// Fetch-back: the entity no longer exists; the provider's reason.
class gone {
public:
    explicit gone(std::string reason) : reason_(std::move(reason)) {}

private:
    friend class result;
    std::string reason_;
};

/// Nothing to hand over.
class done {
public:
    done() {}
    explicit done(std::vector<state_change> state) : state_(std::move(state)) {}

private:
    friend class result;
    std::vector<state_change> state_;
};

/// An answer to the sender: of a route at once (with state stored durably before it is sent), or of a route's job.
class response {
public:
    explicit response(int http_status, std::string body = {}, std::string_view content_type = {})
        : http_status_(http_status), body_(std::move(body)) {
        if (!content_type.empty()) headers_.emplace_back("Content-Type", content_type);
    }
    response header(std::string_view name, std::string_view value) && {
        headers_.emplace_back(name, value);
        return std::move(*this);
    }
    response state(std::vector<state_change> changes) && {
        state_ = std::move(changes);
        return std::move(*this);
    }
    template <class F>
    auto with_abi(F&& f) const {
        const auto headers = to_abi(headers_);
        const auto state = to_abi(state_);
        const gatehouse_response r{
            sizeof(gatehouse_response), http_status_, headers.data(), headers.size(), to_bytes(body_), state.data(), state.size()};
        return f(&r);
    }

private:
    friend class result;
    int http_status_;
    std::string body_;
    std::vector<gatehouse::header> headers_;
    std::vector<state_change> state_;
};

/// How a job ended well.
class result {
public:
    result(document d)
        : kind_(GATEHOUSE_RESULT_DOCUMENT),
          body_(std::move(d.body_)),
          content_type_(std::move(d.content_type_)),
          state_(std::move(d.state_)) {}
    result(gone g) : kind_(GATEHOUSE_RESULT_GONE), text_(std::move(g.reason_)) {}
    result(done d) : kind_(GATEHOUSE_RESULT_DONE), state_(std::move(d.state_)) {}
    result(response r)
        : kind_(GATEHOUSE_RESULT_RESPONSE),
          body_(std::move(r.body_)),
          http_status_(r.http_status_),
          headers_(std::move(r.headers_)),
          state_(std::move(r.state_)) {}

    template <class F>
    auto with_abi(F&& f) const {
        const auto headers = to_abi(headers_);
        const auto state = to_abi(state_);
        const gatehouse_result r{sizeof(gatehouse_result),
                                 kind_,
                                 to_bytes(body_),
                                 to_text(content_type_),
                                 to_text(text_),
                                 http_status_,
                                 0,
                                 headers.data(),
                                 headers.size(),
                                 state.data(),
                                 state.size()};
        return f(&r);
    }

private:
    int32_t kind_;
    std::string body_, content_type_, text_;
    int32_t http_status_ = 0;
    std::vector<gatehouse::header> headers_;
    std::vector<state_change> state_;
};

} // namespace gatehouse
