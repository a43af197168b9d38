#include "core/ingest/routing.hpp"

namespace gh::ingest {

namespace {

Counter& outcome(Metrics& metrics, const std::string& source, const char* name) {
    return metrics.counter("gatehouse_ingest_requests_total", "Requests received for a source, by what became of them.",
                           {{"source", source}, {"outcome", name}});
}

bool is_at_or_below(std::string_view path, std::string_view base) {
    return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

} // namespace

SourceCounters::SourceCounters(Metrics& metrics, const std::string& source, double quarantine_rate)
    : accepted(outcome(metrics, source, "accepted")),
      duplicate(outcome(metrics, source, "duplicate")),
      conflict(outcome(metrics, source, "conflict")),
      refused(outcome(metrics, source, "refused")),
      responded(outcome(metrics, source, "responded")),
      unavailable(outcome(metrics, source, "unavailable")),
      quarantine(quarantine_rate, quarantine_rate) {}

RoutingTable::RoutingTable(std::shared_ptr<const config::Config> config, std::shared_ptr<const plugin::Generation> generation,
                           Metrics& metrics, const QueueOf& queue_of)
    : generation_(std::move(generation)), routes_(config) {
    for (const auto& slot : generation_->slots) {
        const auto counters = std::make_shared<const SourceCounters>(metrics, slot.config->name, config->store.quarantine_rate);
        if (!slot.source) {
            closed_.push_back({slot.config->path, SourceClosed{slot.config->name, counters}});
            continue;
        }
        const bool fetch_back = slot.config->fetch_back.mode != config::FetchBackMode::off;
        for (const auto& route : slot.source->routes())
            places_[route.path].push_back(Place{slot.source, route, counters, fetch_back, queue_of(*slot.source)});
    }
}

Lookup RoutingTable::find(std::string_view method, std::string_view path) const {
    const auto found = places_.find(path);
    if (found != places_.end()) {
        std::string allow;
        for (const auto& place : found->second) {
            if (place.route.method == method) return &place;
            allow += (allow.empty() ? "" : ", ") + place.route.method;
        }
        return MethodNotAllowed{allow};
    }
    for (const auto& [base, closed] : closed_)
        if (is_at_or_below(path, base)) return closed;
    return NotFound{};
}

} // namespace gh::ingest
