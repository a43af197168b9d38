// The small receiving application of the demo: what a consumer of deliveries has to do, and nothing of the gateway's own code for it.
//
//     POST anything      a delivery: verified by Standard Webhooks 1.0, one line printed, duplicates counted
//     GET  /counters     {"received": n, "verified": n, "unverified": n, "duplicates": n, "refused": n, "by_source": {…}, "by_type": {…}}
#pragma once

#include "core/base/thread.hpp"
#include "core/http/server.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace gh::sandbox {

struct ReceiverOptions {
    config::Listen listen{"127.0.0.1", 0, {}};
    std::vector<std::string> secrets;             ///< "whsec_…"; any of them may have signed
    std::function<void(const std::string&)> line; ///< gets one line per delivery, without line end; empty: none
    int fail_first = 0;                           ///< answers `fail_status` to so many deliveries, then behaves
    int fail_status = 500;
    Millis delay{0}; ///< before each answer
};

struct Counters {
    uint64_t received = 0, verified = 0, unverified = 0, duplicates = 0, refused = 0;
    std::map<std::string, uint64_t> by_source, by_type; ///< of verified ones, duplicates left out
};

/// What a delivery says of itself, as far as it can be told.
struct DeliveryLabel {
    std::string type, source;
    std::string payload; ///< "notification", "document", "both" or "unknown"
};
/// From CloudEvents (binary or structured), from Gatehouse-* fields, else from the body's members.
DeliveryLabel label_of(const http::Request&);

/// Standard Webhooks 1.0: any v1 entry of webhook-signature made with any of the keys over id "." timestamp "." body, within 5 minutes.
bool is_genuine(const http::Request&, const std::vector<std::string>& secrets, Time now);

class Receiver final : public http::Handler {
public:
    Receiver(ReceiverOptions, Log&, Metrics&);
    ~Receiver() override;

    Status start();
    void stop();
    uint16_t port() const { return server_.ports().at(0); }
    Counters counters() const;
    std::string counters_json() const;

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

private:
    http::Response receive(const http::Request&);
    void answer_later();

    ReceiverOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Counters counters_;
    std::set<std::string> seen_;
    std::deque<std::string> seen_order_; ///< the oldest ids are forgotten
    int failures_left_;
    std::deque<std::pair<Steady::time_point, std::function<void()>>> later_;
    bool stopping_ = false;
    http::Server server_;
    NamedThread answerer_;
};

} // namespace gh::sandbox
