// What verifiers and routes answer with. Builders: set what differs from the default, return the object.
#pragma once

#include <gatehouse/job.hpp>
#include <gatehouse/json.hpp>

namespace gatehouse {

namespace detail {

/// What the host takes: UTF-8 of so many bytes. Anything else becomes empty, since a fault would make the sender try for ever what will
/// never do.
inline std::string_view fitting(std::string_view s, size_t most) {
    return s.size() <= most && json::is_utf8(s) ? s : std::string_view();
}
inline constexpr size_t k_most_key = 1024, k_most_type = 200;

} // namespace detail

/// The request is genuine.
class acceptance {
public:
    acceptance() {}
    /// The signed time and how far it may lie from now; the host enforces the window.
    acceptance signed_at(time_point t, milliseconds past, milliseconds future) && {
        signed_at_ = t;
        past_ = past;
        future_ = future;
        return std::move(*this);
    }
    /// Unique id of the signed message: the dedupe key of an event that is given none. One that is no UTF-8 or over 1024 bytes is left out.
    acceptance replay_id(std::string_view id) && {
        replay_id_ = detail::fitting(id, detail::k_most_key);
        return std::move(*this);
    }
    /// Nothing but an unguessable address, or an equally weak proof: the mark stays with the event.
    acceptance unverified_origin() && {
        trust_ = GATEHOUSE_TRUST_UNVERIFIED_ORIGIN;
        return std::move(*this);
    }

    explicit acceptance(const gatehouse_acceptance& a)
        : trust_(a.trust),
          signed_at_(from_abi_time(a.signed_at)),
          past_(a.tolerance_past),
          future_(a.tolerance_future),
          replay_id_(to_view(a.replay_id)) {}
    std::optional<time_point> signed_at() const { return signed_at_; }
    const std::string& replay_id() const { return replay_id_; }
    uint32_t trust() const { return trust_; }
    gatehouse_acceptance abi() const {
        return {sizeof(gatehouse_acceptance), trust_, to_abi(signed_at_), past_.count(), future_.count(), to_text(replay_id_)};
    }

private:
    uint32_t trust_ = GATEHOUSE_TRUST_VERIFIED;
    std::optional<time_point> signed_at_;
    milliseconds past_{0}, future_{0};
    std::string replay_id_;
};

/// The request is not genuine, or genuine and unusable. Our own faults are not refusals: throw, and the sender hears 503.
class refusal {
public:
    /// code: lower-case words joined by "_", for operators and metrics. hint: what to look at; never sent, never a secret.
    refusal(std::string_view code, std::string_view hint, int http_status = 401) : code_(code), hint_(hint), http_status_(http_status) {}
    /// Sent to the sender, e.g. WWW-Authenticate.
    refusal header(std::string_view name, std::string_view value) && {
        headers_.emplace_back(name, value);
        return std::move(*this);
    }
    const std::string& code() const { return code_; }
    const std::string& hint() const { return hint_; }
    int http_status() const { return http_status_; }
    template <class F>
    auto with_abi(F&& f) const {
        const auto headers = to_abi(headers_);
        const gatehouse_refusal r{sizeof(gatehouse_refusal), http_status_, to_text(code_), to_text(hint_), headers.data(), headers.size()};
        return f(&r);
    }

private:
    std::string code_, hint_;
    int http_status_;
    std::vector<gatehouse::header> headers_;
};

/// An event that a genuine request announces. Texts that are no UTF-8 or over the host's limits are left out: dedupe key, subject and
/// ordering key of more than 1024 bytes; a type that is empty or has more than 200 becomes "unknown".
class event {
public:
    /// dedupe_key: equal on every resend of the same notification, unique within the source. type: the provider's own spelling.
    event(std::string_view dedupe_key, std::string_view type)
        : dedupe_key_(detail::fitting(dedupe_key, detail::k_most_key)), type_(detail::fitting(type, detail::k_most_type)) {
        if (type_.empty()) type_ = "unknown";
    }
    event subject(std::string_view s) && {
        subject_ = detail::fitting(s, detail::k_most_key);
        return std::move(*this);
    }
    /// Jobs and ordered deliveries with the same key run one at a time, in order.
    event ordering_key(std::string_view s) && {
        ordering_key_ = detail::fitting(s, detail::k_most_key);
        return std::move(*this);
    }
    event occurred_at(std::optional<time_point> t) && {
        occurred_at_ = t;
        return std::move(*this);
    }
    /// What the sender wants to hear once it is stored; without it 202.
    event answer(int http_status) && {
        http_status_ = http_status;
        return std::move(*this);
    }
    /// A resend may differ in its bytes: equal keys with different bodies are no conflict.
    event body_may_vary() && {
        flags_ |= GATEHOUSE_EVENT_BODY_MAY_VARY;
        return std::move(*this);
    }
    event unverified_origin() && {
        trust_ = GATEHOUSE_TRUST_UNVERIFIED_ORIGIN;
        return std::move(*this);
    }
    gatehouse_event abi() const {
        return {sizeof(gatehouse_event),
                flags_,
                to_text(dedupe_key_),
                to_text(type_),
                to_text(subject_),
                to_text(ordering_key_),
                to_abi(occurred_at_),
                http_status_,
                trust_};
    }

private:
    std::string dedupe_key_, type_, subject_, ordering_key_;
    std::optional<time_point> occurred_at_;
    uint32_t flags_ = 0, trust_ = GATEHOUSE_TRUST_VERIFIED;
    int http_status_ = 0;
};

/// A verifier's answer. A job fetches what is missing (a signing key); then the request is verified once more.
using verdict = std::variant<acceptance, refusal, job<result>>;

/// A route's answer to a genuine request. A job must end with response(…): the sender waits for it.
using outcome = std::variant<event, response, job<result>, refusal>;

} // namespace gatehouse
