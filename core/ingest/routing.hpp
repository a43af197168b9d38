// Which source and route a request path belongs to. One immutable table per generation, swapped in whole.
#pragma once

#include "core/base/metrics.hpp"
#include "core/base/rate.hpp"
#include "core/config/config.hpp"
#include "core/delivery/routes.hpp"
#include "core/http/message.hpp"
#include "core/plugin/host.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace gh::ingest {

/// Counters of one source, looked up once (`outcome` is the metric's label), and how fast its quarantine may fill.
struct SourceCounters {
    SourceCounters(Metrics&, const std::string& source, double quarantine_rate);
    Counter &accepted, &duplicate, &conflict, &refused, &responded, &unavailable;
    mutable TokenBucket quarantine;
};

class WorkQueue;
/// The queue for requests of a source.
using QueueOf = std::function<WorkQueue&(const plugin::Source&)>;

/// A place that answers: an open source with one of its routes. Lives as long as its table, which keeps the generation alive.
struct Place {
    std::shared_ptr<plugin::Source> source;
    plugin::Route route;
    std::shared_ptr<const SourceCounters> counters;
    bool fetch_back; ///< the source's config wants documents fetched
    WorkQueue& queue;
};

/// What a path led to.
struct NotFound {};
struct MethodNotAllowed {
    std::string allow; ///< for the Allow field
};
/// Configured, but its plugin is missing or refused: our fault.
struct SourceClosed {
    std::string source;
    std::shared_ptr<const SourceCounters> counters;
};
using Lookup = std::variant<NotFound, MethodNotAllowed, SourceClosed, const Place*>;

class RoutingTable {
public:
    RoutingTable(std::shared_ptr<const config::Config>, std::shared_ptr<const plugin::Generation>, Metrics&, const QueueOf&);

    Lookup find(std::string_view method, std::string_view path) const;
    const delivery::Routes& routes() const { return routes_; }

private:
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    };

    std::shared_ptr<const plugin::Generation> generation_;
    delivery::Routes routes_;
    std::unordered_map<std::string, std::vector<Place>, Hash, std::equal_to<>> places_;
    std::vector<std::pair<std::string, SourceClosed>> closed_; ///< by the source's path
};

} // namespace gh::ingest
