// What each endpoint answers. One method per row of the endpoint table; all run on Admin's workers and may wait for the store.
#pragma once

#include "core/admin/admin.hpp"
#include "core/admin/endpoint.hpp"
#include "core/admin/replays.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gh::admin {

class Api {
public:
    Api(Services& services, const Limits& limits) : services_(services), limits_(limits), replays_(services, limits.replays) {}

    http::Response list_events(Call&);
    http::Response show_event(Call&);
    http::Response replay_event(Call&);
    http::Response list_quarantine(Call&);
    http::Response reverify(Call&);

    http::Response list_deliveries(Call&);
    http::Response show_delivery(Call&);
    http::Response retry_delivery(Call&);
    http::Response retry_deliveries(Call&);
    http::Response list_attempts(Call&);

    http::Response start_replay(Call&);
    http::Response list_replays(Call&);
    http::Response show_replay(Call&);
    http::Response cancel_replay(Call&);

    http::Response list_sources(Call&);
    http::Response list_destinations(Call&);
    http::Response enable(Call&);
    http::Response disable(Call&);
    http::Response pause(Call&);
    http::Response resume(Call&);
    http::Response list_routes(Call&);
    http::Response list_plugins(Call&);
    http::Response show_plugin(Call&);
    http::Response reload(Call&);

    http::Response start_recovery(Call&);
    http::Response list_recoveries(Call&);
    http::Response show_recovery(Call&);
    http::Response cancel_recovery(Call&);

    http::Response list_subscriptions(Call&);
    http::Response plan_subscriptions(Call&);
    http::Response apply_subscriptions(Call&);
    http::Response list_operations(Call&);
    http::Response call_operation(Call&);

    http::Response front(Call&);
    http::Response document(Call&);
    http::Response metrics(Call&);
    http::Response healthz(Call&);
    http::Response readyz(Call&);

    /// Replays end, /readyz says no.
    void set_draining();

private:
    /// A failed read of the store: our fault, unless it was the cursor.
    http::Response store_failed(const Error&) const;
    http::Response events_page(store::EventQuery, Call&);
    http::Response views(Call&, const std::function<subscriptions::View(const std::shared_ptr<plugin::Source>&)>&);
    /// Those that a call is about; the answer when its source does not exist.
    std::optional<http::Response> subscribing(Call&, std::vector<std::shared_ptr<plugin::Source>>&);
    http::Response switched(Call&, const std::function<Status(const std::string&, bool)>&, bool);
    Result<std::vector<store::Delivery>> deliveries_of(Uuid event) const;
    Result<std::optional<store::Delivery>> delivery(Uuid) const;
    void set_gauges();

    Services& services_;
    const Limits& limits_;
    Replays replays_;
    std::mutex reverifying_;
    std::atomic<bool> draining_{false};
};

/// 200 (or another) with a JSON body.
http::Response answer(json::Writer&, int status = 200);
/// Waits for a write's callback, at most half a minute.
Status wait_for(const std::function<void(store::WriteDone)>& write);
/// The configured source of that name, or null.
std::shared_ptr<const config::Source> find_source(const config::Config&, std::string_view name);

} // namespace gh::admin
