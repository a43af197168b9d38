#include "core/admin/api.hpp"
#include "core/admin/endpoint.hpp"

namespace gh::admin {

namespace {

const Parameter k_limit{"limit", Type::integer, "Items per page, 1 to 500; 50 when not given."};
const Parameter k_cursor{"cursor", Type::text, "\"next\" of the page before."};
const Parameter k_source{"source", Type::text, "Name of a source."};
const Parameter k_type{"type", Type::text, "Event type; \"user.*\" stands for all that begin with \"user.\"."};
const Parameter k_since{"since", Type::time, "Received at this time or later."};
const Parameter k_until{"until", Type::time, "Received before this time."};
const Parameter k_search{"search", Type::text, "Part of an id, subject, dedupe key or type."};
const Parameter k_to{"to", Type::text, "Name of a destination; without it, wherever the routes lead."};
const Parameter k_prune{"prune", Type::boolean, "Also removes subscriptions of ours that are not wanted; never those of others."};
constexpr std::string_view k_text = "text/plain";
constexpr std::string_view k_json = "application/json";
constexpr std::string_view k_stream = "text/event-stream";

std::vector<Endpoint> table() {
    using E = Endpoint;
    return {
        E{"GET",
          "/api/v1/events",
          "listEvents",
          "Stored events, newest first. Quarantined requests are among them with status refused.",
          {k_source, k_type, {"status", Type::event_status, "Status of the event."}, k_since, k_until, k_search, k_limit, k_cursor},
          {},
          200,
          "*EventSummary",
          &Api::list_events},
        E{"GET",
          "/api/v1/events/stream",
          "streamEvents",
          "New events as server-sent events: one EventSummary as data, its seq as id. Goes on after the header Last-Event-ID.",
          {k_source, k_type},
          {},
          200,
          k_stream,
          nullptr},
        E{"GET",
          "/api/v1/events/{id}",
          "getEvent",
          "One event with its request, document, deliveries and attempts.",
          {},
          {},
          200,
          "Event",
          &Api::show_event},
        E{"POST",
          "/api/v1/events/{id}/replay",
          "replayEvent",
          "Delivers one event once more.",
          {},
          {k_to},
          202,
          "EventReplay",
          &Api::replay_event},
        E{"GET",
          "/api/v1/deliveries",
          "listDeliveries",
          "Deliveries, newest first.",
          {{"event", Type::uuid, "Id of an event."},
           {"destination", Type::text, "Name of a destination."},
           k_source,
           k_type,
           {"status", Type::delivery_status, "Status of the delivery; dead ones are the dead letters."},
           {"since", Type::time, "Created at this time or later."},
           {"until", Type::time, "Created before this time."},
           k_limit,
           k_cursor},
          {},
          200,
          "*Delivery",
          &Api::list_deliveries},
        E{"GET", "/api/v1/deliveries/{id}", "getDelivery", "One delivery with its attempts.", {}, {}, 200, "Delivery", &Api::show_delivery},
        E{"POST",
          "/api/v1/deliveries/{id}/retry",
          "retryDelivery",
          "Makes a delivery pending again, now.",
          {},
          {},
          202,
          "Delivery",
          &Api::retry_delivery},
        E{"GET",
          "/api/v1/attempts",
          "listAttempts",
          "The attempts of one delivery, oldest first.",
          {{"delivery", Type::uuid, "Id of a delivery.", true}},
          {},
          200,
          "*Attempt",
          &Api::list_attempts},
        E{"POST",
          "/api/v1/retries",
          "retryDeliveries",
          "Makes deliveries pending again, now. Delivered ones are left alone.",
          {},
          {{"ids", Type::uuids, "Ids of deliveries, at most 1000.", true}},
          202,
          "Retries",
          &Api::retry_deliveries},
        E{"POST",
          "/api/v1/replays",
          "startReplay",
          "Delivers stored events once more, in the background.",
          {},
          {k_source,
           k_type,
           k_since,
           k_until,
           k_to,
           {"dry_run", Type::boolean, "Only counts."},
           {"rate", Type::rate, "Deliveries per second, for example \"20/s\"; without it all at once."}},
          202,
          "Replay",
          &Api::start_replay},
        E{"GET",
          "/api/v1/replays",
          "listReplays",
          "Replays since the server's start, newest first.",
          {},
          {},
          200,
          "*Replay",
          &Api::list_replays},
        E{"GET", "/api/v1/replays/{id}", "getReplay", "Progress of one replay.", {}, {}, 200, "Replay", &Api::show_replay},
        E{"POST",
          "/api/v1/replays/{id}/cancel",
          "cancelReplay",
          "Ends a replay; what it has created stays.",
          {},
          {},
          200,
          "Replay",
          &Api::cancel_replay},
        E{"GET",
          "/api/v1/sources",
          "listSources",
          "Configured sources with state, routes and counters since the server's start.",
          {},
          {},
          200,
          "*Source",
          &Api::list_sources},
        E{"GET",
          "/api/v1/destinations",
          "listDestinations",
          "Configured destinations with state and counters.",
          {},
          {},
          200,
          "*Destination",
          &Api::list_destinations},
        E{"POST",
          "/api/v1/destinations/{name}/enable",
          "enableDestination",
          "Delivers again after 410 Gone or disable.",
          {},
          {},
          200,
          "Destination",
          &Api::enable},
        E{"POST",
          "/api/v1/destinations/{name}/disable",
          "disableDestination",
          "Its deliveries wait until it is enabled.",
          {},
          {},
          200,
          "Destination",
          &Api::disable},
        E{"POST",
          "/api/v1/destinations/{name}/pause",
          "pauseDestination",
          "Its deliveries wait; capture goes on.",
          {},
          {},
          200,
          "Destination",
          &Api::pause},
        E{"POST", "/api/v1/destinations/{name}/resume", "resumeDestination", "Ends a pause.", {}, {}, 200, "Destination", &Api::resume},
        E{"GET",
          "/api/v1/routes",
          "listRoutes",
          "Which events go to which destinations, in the order of the configuration.",
          {},
          {},
          200,
          "*Route",
          &Api::list_routes},
        E{"GET",
          "/api/v1/plugins",
          "listPlugins",
          "Plugin files, the refused ones with a reason.",
          {},
          {},
          200,
          "*Plugin",
          &Api::list_plugins},
        E{"GET", "/api/v1/plugins/{name}", "getPlugin", "One plugin with its settings schema.", {}, {}, 200, "Plugin", &Api::show_plugin},
        E{"GET",
          "/api/v1/quarantine",
          "listQuarantine",
          "Requests that could not be verified, newest first.",
          {k_source, k_since, k_until, k_search, k_limit, k_cursor},
          {},
          200,
          "*EventSummary",
          &Api::list_quarantine},
        E{"POST",
          "/api/v1/quarantine/reverify",
          "reverify",
          "Verifies up to 100 quarantined requests again, as of the time at which they were received, and releases the genuine ones. Call "
          "again with \"next\" as cursor while \"more\" is true.",
          {},
          {k_source, k_since, k_until, k_cursor},
          200,
          "Reverification",
          &Api::reverify},
        E{"POST",
          "/api/v1/recoveries",
          "startRecovery",
          "Asks a source's provider for what was missed, in the background. What is there already is not stored again.",
          {},
          {{"source", Type::text, "Name of a source.", true},
           {"since", Type::time, "From this time on; without it, where the last run was cut off, else since the last outage, else a day."},
           {"until", Type::time, "Before this time; without it, now."},
           {"dry_run", Type::boolean, "Only counts."}},
          202,
          "Recovery",
          &Api::start_recovery},
        E{"GET",
          "/api/v1/recoveries",
          "listRecoveries",
          "Recoveries since the server's start, newest first.",
          {},
          {},
          200,
          "*Recovery",
          &Api::list_recoveries},
        E{"GET", "/api/v1/recoveries/{id}", "getRecovery", "Progress of one recovery.", {}, {}, 200, "Recovery", &Api::show_recovery},
        E{"POST",
          "/api/v1/recoveries/{id}/cancel",
          "cancelRecovery",
          "Ends a recovery after the page under way; what it has stored stays.",
          {},
          {},
          200,
          "Recovery",
          &Api::cancel_recovery},
        E{"GET",
          "/api/v1/subscriptions",
          "listSubscriptions",
          "Subscriptions at the providers as last seen; a provider that was never asked is asked now.",
          {k_source, {"refresh", Type::boolean, "Asks every provider now."}},
          {},
          200,
          "*Subscription",
          &Api::list_subscriptions,
          false,
          true},
        E{"POST",
          "/api/v1/subscriptions/plan",
          "planSubscriptions",
          "Asks the providers, and tells what is there, what differs and what apply would do. Changes nothing.",
          {},
          {k_source, k_prune},
          200,
          "*SubscriptionPlan",
          &Api::plan_subscriptions,
          false,
          true},
        E{"POST",
          "/api/v1/subscriptions/apply",
          "applySubscriptions",
          "Makes the subscriptions at the providers what the configuration wants, and tells what was done.",
          {},
          {k_source, k_prune},
          200,
          "*SubscriptionPlan",
          &Api::apply_subscriptions,
          false,
          true},
        E{"GET",
          "/api/v1/subscriptions/{source}/operations",
          "listOperations",
          "What can be asked of the provider by hand, with the JSON Schema of the arguments.",
          {},
          {},
          200,
          "*Operation",
          &Api::list_operations},
        E{"POST",
          "/api/v1/subscriptions/{source}/operations/{name}",
          "callOperation",
          "Runs one operation of a source's plugin and waits for its result. Secrets in the result are taken out and kept by the gateway: "
          "\"captured\" names their settings.",
          {},
          {{"arguments", Type::object, "Checked against the operation's schema; without it none."}},
          200,
          "OperationResult",
          &Api::call_operation,
          false,
          true},
        E{"POST",
          "/api/v1/reload",
          "reload",
          "Reads the configuration again. All of it is applied, or nothing.",
          {},
          {},
          200,
          "Reload",
          &Api::reload},
        E{"GET", "/api/v1/openapi.json", "getOpenApi", "This description.", {}, {}, 200, k_json, &Api::document},
        E{"GET", "/metrics", "getMetrics", "Prometheus text format 0.0.4.", {}, {}, 200, k_text, &Api::metrics},
        E{"GET", "/healthz", "getHealth", "The process answers.", {}, {}, 200, k_text, &Api::healthz, true},
        E{"GET", "/readyz", "getReady", "Events can be stored durably; 503 when not.", {}, {}, 200, k_text, &Api::readyz, true},
        E{"GET", "/", "getFront", "Where to find what.", {}, {}, 200, k_text, &Api::front, true},
    };
}

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> out;
    for (size_t begin = 1; begin <= path.size();) {
        const size_t end = std::min(path.find('/', begin), path.size());
        out.push_back(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

/// The segments that stand for {…}, or none when the path does not fit.
std::optional<std::vector<std::string>> fit(std::string_view pattern, const std::vector<std::string_view>& given) {
    const auto wanted = split(pattern);
    if (wanted.size() != given.size()) return std::nullopt;
    std::vector<std::string> out;
    for (size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i].starts_with('{')) {
            if (wanted[i] != given[i]) return std::nullopt;
            continue;
        }
        auto decoded = url_decode(given[i], false);
        if (!decoded || decoded->empty()) return std::nullopt;
        out.push_back(std::move(*decoded));
    }
    return out;
}

} // namespace

const std::vector<Endpoint>& endpoints() {
    static const std::vector<Endpoint> k_table = table();
    return k_table;
}

Match match(std::string_view method, std::string_view path) {
    Match out;
    const auto given = split(path);
    for (const auto& endpoint : endpoints()) {
        auto segments = fit(endpoint.path, given);
        if (!segments) continue;
        // RFC 9110 section 9.3.2; a stream has no end, so its head alone is not served.
        const bool head = method == "HEAD" && endpoint.method == "GET" && endpoint.run;
        if (endpoint.method == method || head) {
            out.endpoint = &endpoint;
            out.segments = std::move(*segments);
            return out;
        }
        if (out.allow.find(endpoint.method) == std::string::npos) (out.allow += out.allow.empty() ? "" : ", ") += endpoint.method;
    }
    return out;
}

} // namespace gh::admin
