// Sends what is in the queues of the subscriptions: one delivery at a time and in order for each, with a token where the subscription asks
// for one (docs: subscribers/subscriber-webhook.md, "OAuth 2.0"), and the few, fast retries that the documentation's sample shows.
#pragma once

#include <map>

#include "simulator_model.hpp"

namespace axway::sim {

struct sending {
    int retries = 1;              ///< the documentation's sample shows one
    milliseconds retry_wait{200}; ///< and about this long before it
    bool renew_on_401 = true;     ///< whether a refused token is fetched anew: not documented
    bool encode_basic = true;     ///< RFC 6749 section 2.3.1 asks for it; clients that do not are common
};

class sender {
public:
    sender(simulator_host host, model& m, sending s) : host_(host), model_(m), sending_(s) {}

    /// Sends what waits, everywhere.
    void pump();
    void sent(uint64_t token, const gatehouse::sent_outcome&);
    void woken(uint64_t token);
    /// Sent once and outside the order, as soon as there is a token; what comes back is only counted.
    void send_aside(subscription&, const delivery&);

    void forget_tokens();
    uint64_t token_requests() const { return token_requests_; }
    uint64_t token_failures() const { return token_failures_; }
    uint64_t aside_refused() const { return aside_refused_; }
    uint64_t aside_accepted() const { return aside_accepted_; }
    std::string last_token_error() const { return last_token_error_; }

private:
    enum class kind { token, delivery, aside };
    struct request {
        kind what;
        std::string subscription;
        time_point began;
    };

    void pump(subscription&);
    bool has_token(const subscription& s) const { return !s.authorization || (!s.token.empty() && host_.now() < s.token_expires); }
    void fetch_token(subscription&);
    void token_came(subscription&, const gatehouse::sent_outcome&);
    /// There is a token, or none is needed.
    void go_on(subscription&);
    void deliver(subscription&);
    void delivered(subscription&, const gatehouse::sent_outcome&, time_point began);
    void failed(subscription&);
    gatehouse::outgoing message(const subscription&, const delivery&);
    uint64_t begin(kind, const subscription&);

    simulator_host host_;
    model& model_;
    sending sending_;
    std::map<uint64_t, request> requests_;
    uint64_t next_ = 1, token_requests_ = 0, token_failures_ = 0, aside_refused_ = 0, aside_accepted_ = 0;
    std::string last_token_error_;
};

} // namespace axway::sim
