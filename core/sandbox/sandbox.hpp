// The sandbox: simulated providers on loopback, each on a port of its own, and a small control API.
//
//     GET  /_control                        the providers
//     GET  /_control/<provider>             what it can do, its address, its faults
//     POST /_control/<provider>/<command>   runs a command; the body is a JSON object (empty: {}), so is the answer
//     GET  /_control/clock                  simulated time, and what the providers hold for the real one
//     POST /_control/clock                  {"advance": "6h"} moves simulated time ahead: what is due until then happens now;
//                                           {"skew": "-4m"} makes the clock wrong that providers sign messages with
//
// Commands of every provider: send {type, count, rate, tamper, …} and faults (see ApiFaults); others as it describes them.
#pragma once

#include "core/egress/client.hpp"
#include "core/http/server.hpp"
#include "core/sandbox/clock.hpp"

#include <filesystem>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gh::sandbox {

class Runner;

struct Options {
    std::filesystem::path directory;               ///< of the simulators (*.so)
    std::vector<std::string> providers;            ///< empty: all that are there
    std::string gateway = "http://127.0.0.1:8080"; ///< where the gateway listens; a source's path is /hooks/<provider>
    std::map<std::string, std::string> targets;    ///< by provider, where its source has another URL
    std::map<std::string, std::string> settings;   ///< by provider, JSON for its simulator
    std::map<std::string, uint16_t> ports;         ///< by provider; others get any free one
    config::Listen control{"127.0.0.1", 8090, {}}; ///< loopback only
    double time_scale = 1;                         ///< simulated seconds per real one, 0.001 to 1,000,000
    bool fresh = false;                            ///< accounts begin without the subscriptions that the gateway can make itself
    uint64_t seed = 1;                             ///< the same seed, the same ids and secrets

    // For the configuration that is shown and written.
    std::filesystem::path plugins = "plugins";
    std::string application = "http://127.0.0.1:3000/events"; ///< where events are delivered
    std::string application_secret;                           ///< empty: one is made from the seed
};

/// A provider under way.
struct Provider {
    std::string name, version, summary, base_url, target;
    std::string description; ///< JSON, see gatehouse_simulator.describe
};

class Sandbox {
public:
    Sandbox(Options, Log&, Metrics&);
    /// Stops.
    ~Sandbox();

    /// Loads, opens and serves all; if one fails, none is left running. The error says which and why.
    Status start();
    void stop();

    std::vector<Provider> providers() const;
    uint16_t control_port() const;
    /// Runs a command and waits: JSON, or the reason. Not from a simulator's thread.
    Result<std::string> command(const std::string& provider, const std::string& name, const std::string& arguments = "{}");

    /// A configuration for the gateway that fits: YAML, with secrets as ${file:secrets/…} relative to it.
    std::string suggested_config() const;
    /// Writes it, and the secrets (mode 0600) beside it. An existing file is overwritten only when the sandbox wrote it.
    Status write_config(const std::filesystem::path&) const;
    /// Addresses and a first command to try, for a person.
    std::string summary() const;

private:
    class Control;
    struct Suggestion {
        std::string yaml;
        std::map<std::string, std::string> secrets; ///< by file name
    };
    Suggestion suggestion() const;
    /// Never off this machine: another host in a subscription stands for the gateway.
    std::optional<std::string> redirect(const std::string& url) const;

    Options options_;
    Log& log_;
    Metrics& metrics_;
    ScaledClock clock_;
    std::unique_ptr<egress::Client> client_;
    std::vector<std::unique_ptr<Runner>> runners_;
    std::unique_ptr<Control> control_;
};

/// Runs a sandbox until SIGINT or SIGTERM: prints the summary to `out`, writes the configuration when a file is named. Returns the exit
/// code: 0, or 1 when it cannot start (the reason goes to `err`).
int run(Options, const std::filesystem::path& write_config, std::ostream& out, std::ostream& err);

} // namespace gh::sandbox
