// One open source: a configured instance of a plugin, as the rest of the core sees it. No ABI type above this header.
#pragma once

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/config/config.hpp"
#include "core/egress/client.hpp"
#include "core/http/message.hpp"
#include "core/plugin/job.hpp"
#include "core/store/records.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace gh::plugin {

/// The plugin broke a rule or failed: logged and counted by the host already; the sender hears 503.
struct Fault {
    std::string reason;
};

struct Acceptance {
    std::optional<Time> signed_at;
    Millis tolerance_past{}, tolerance_future{};
    std::string replay_id;
    store::Trust trust = store::Trust::verified;
};

struct Refusal {
    int http_status = 403;
    std::string code;
    std::string hint;
    std::vector<http::Field> fields; ///< for the sender, e.g. WWW-Authenticate
};

/// Accepted, refused, a job first (then verify again), or a fault.
using Verdict = std::variant<Acceptance, Refusal, Job, Fault>;

struct EventDraft {
    std::string dedupe_key, type, subject, ordering_key;
    std::optional<Time> occurred_at;
    int http_status = 202;
    store::Trust trust = store::Trust::verified;
    bool body_may_vary = false;
};

struct DirectResponse {
    http::Response response;
    std::vector<store::StateChange> state; ///< to be stored before answering
};

using Outcome = std::variant<EventDraft, DirectResponse, Job, Refusal, Fault>;

/// What became of one request of receive(): `outcome` only where the verdict is an acceptance within its window.
struct Received {
    Verdict verdict;
    std::optional<Outcome> outcome;
};

/// The process in which an isolated source's plugin runs.
struct WorkerStatus {
    std::string state; ///< "running", "starting", "restarting" (crashed, waits for its next start)
    int64_t pid = 0;   ///< 0 while there is none
    uint64_t crashes = 0;
    std::string last_crash; ///< why the last one ended; empty: none did
};

/// A route of a source, as the routing table holds it.
struct Route {
    std::string method;
    std::string path; ///< full: the source's path and the plugin's part
    size_t max_body = 1u << 20;
    size_t index = 0; ///< within the source
};

struct Operation {
    std::string name, summary, arguments_schema, kind;
};

/// The `subscription:` block of a source, for the reconciler.
struct SubscriptionBlock {
    std::string json;                   ///< checked against the arguments of the operation of kind subscribe, defaults filled in
    std::vector<std::string> addresses; ///< members that hold a URL ("format": "uri"): where the provider sends to
    std::vector<std::string> hidden;    ///< members that came by reference: never shown
    std::string fault;                  ///< why it cannot be used, "file:line: …"; json is empty then
};

struct Arrival {
    const Route* route;
    const http::Request* request;
};

/// Life: opened by the Host, shared by whoever works with it; the last owner closes it (on the host's control thread).
class Source {
public:
    virtual ~Source() = default;

    virtual const std::string& name() const = 0;
    virtual const std::string& plugin_name() const = 0;
    virtual const config::Source& config() const = 0;
    virtual const std::vector<Route>& routes() const = 0;
    virtual const std::vector<Operation>& operations() const = 0;
    virtual const std::shared_ptr<const egress::Policy>& policy() const = 0;

    /// Worker threads, several at once. `path` below the source's path is worked out by the source. `now`: the clock for plugin and window.
    virtual Verdict verify(const Route&, const http::Request&) const = 0;
    virtual Outcome handle(const Route&, const http::Request&, const Acceptance&) const = 0;
    /// verify, check_window and handle for each. Behind a process all of them take one way there and back.
    virtual std::vector<Received> receive(std::span<const Arrival>, Time now) const;
    /// Whether the plugin runs in a process of its own: its calls can be lost, and may take as long as its watchdog lets them, so they are
    /// made on threads that nobody else needs.
    virtual bool isolated() const { return false; }
    virtual std::optional<WorkerStatus> worker() const { return std::nullopt; }
    /// Whether events of this type have something to fetch.
    virtual bool fetches(std::string_view type) const = 0;
    /// The job that fetches the document of a stored event; none when nothing is enrolled for its type.
    virtual std::optional<std::variant<Job, Fault>> fetch_back(const store::Event&, int attempt) const = 0;
    virtual std::variant<Job, Fault> operation(const std::string& name, const std::string& arguments_json) const = 0;
    /// The arguments with the schema's defaults, or one line per fault ("arguments.url: …"). The operation must be there.
    virtual Result<std::string> check_arguments(const std::string&, const std::string& arguments_json) const { return arguments_json; }

    /// Null without a block.
    virtual const SubscriptionBlock* subscription() const { return nullptr; }
    /// Secret settings whose values the provider gives when something is subscribed ("x-captured" in the plugin's schema).
    virtual std::vector<std::string> captured_settings() const { return {}; }
    /// Whether the secret setting has a value.
    virtual bool has_secret(const std::string&) const { return true; }
    /// The values that the configuration gives for a setting, named as Vault::fingerprints does.
    virtual std::vector<std::string> configured_fingerprints(const std::string&) const { return {}; }
    /// When an old secret stops being accepted: the source should be opened again then.
    virtual std::optional<Time> secrets_change_at() const { return std::nullopt; }

    /// The plugin's state of this source, in memory. Loaded before open, changed by the job runner after the commit.
    virtual void apply_state(const std::vector<store::StateChange>&) = 0;
};

/// The host's window around the signed time; a refusal ("timestamp_too_old", "timestamp_in_future") when outside.
std::optional<Refusal> check_window(const Acceptance&, Time now);

} // namespace gh::plugin
