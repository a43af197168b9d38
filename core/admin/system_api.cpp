#include "core/admin/api.hpp"

namespace gh::admin {

void Api::set_draining() {
    draining_ = true;
    replays_.stop();
}

http::Response Api::front(Call&) {
    return {200,
            {{"Content-Type", "text/plain; charset=utf-8"}},
            "Gatehouse " + services_.version +
                "\n\n"
                "API description   /api/v1/openapi.json\n"
                "Stored events     /api/v1/events\n"
                "Live events       /api/v1/events/stream\n"
                "Metrics           /metrics\n"
                "On a terminal     gatehouse --help\n"};
}

http::Response Api::document(Call&) {
    return {200, {{"Content-Type", "application/json"}}, openapi(services_.version)};
}

http::Response Api::healthz(Call&) {
    return {200, {{"Content-Type", "text/plain; charset=utf-8"}}, "ok\n"};
}

http::Response Api::readyz(Call&) {
    if (draining_) return http::unavailable(5, "The server is ending.");
    if (!services_.store.writable()) return http::unavailable(5, "The store cannot commit; the server's log says why.");
    return {200, {{"Content-Type", "text/plain; charset=utf-8"}}, "ready\n"};
}

void Api::set_gauges() {
    Metrics& m = services_.metrics;
    m.gauge("gatehouse_build_info", "Always 1; the version is in the label.", {{"version", services_.version}}).set(1);
    const auto counts = services_.store.counts();
    if (!counts) {
        services_.log.error("admin", "the store cannot be counted", {{"reason", counts.error().message}});
        return;
    }
    const auto depth = [&](const char* stage, int64_t n) {
        m.gauge("gatehouse_queue_depth", "What waits in each stage.", {{"stage", stage}}).set(static_cast<double>(n));
    };
    depth("fetch", counts->events_waiting);
    depth("delivery", counts->deliveries_pending);
    depth("dead", counts->deliveries_dead);
    depth("quarantine", counts->quarantined);
    const Time now = services_.clock.now();
    const auto age = [&](const char* stage, const std::optional<Time>& oldest) {
        const double seconds = oldest && *oldest < now ? static_cast<double>((now - *oldest).count()) / 1000 : 0;
        m.gauge("gatehouse_queue_oldest_age_seconds", "Age of the oldest that waits in each stage.", {{"stage", stage}}).set(seconds);
    };
    age("fetch", counts->oldest_waiting);
    age("delivery", counts->oldest_pending);
}

http::Response Api::metrics(Call&) {
    set_gauges();
    return {200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, services_.metrics.render()};
}

} // namespace gh::admin
