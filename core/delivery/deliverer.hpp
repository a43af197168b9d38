// Delivers events to the operator's destinations: signed by Standard Webhooks 1.0, with retries, throttling and a dead state at the end.
// What is due is read from the store; nothing that matters lives only here. One slow destination never holds up another.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/egress/client.hpp"
#include "core/store/store.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gh::delivery {

/// A destination as operators see it.
struct DestinationState {
    std::string name;
    std::string url; ///< without user info
    bool disabled = false;       ///< it answered 410 Gone, or an operator did: its deliveries wait
    bool paused = false;         ///< by an operator: deliveries wait, capture goes on
    std::string reason;
    std::optional<Time> throttled_until; ///< 429, 502, 504 or Retry-After
    size_t in_flight = 0;
};

class Deliverer {
public:
    Deliverer(store::Store&, egress::Client&, const Clock&, Log&, Metrics&);
    /// Stops.
    ~Deliverer();

    /// Takes over a new config; deliveries under way end as they began. Pending deliveries of destinations that are gone stay pending.
    void configure(std::shared_ptr<const config::Config>);
    void start();
    /// Starts no more attempts, waits at most `limit` for those under way.
    void stop(Millis limit);
    /// There may be new deliveries. Any thread, cheap.
    void wake();

    std::vector<DestinationState> destinations() const;
    /// Enables after 410, pauses, resumes: kept in the store. The error says that no destination has this name.
    Status set_disabled(const std::string& name, bool);
    Status set_paused(const std::string& name, bool);

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace gh::delivery
