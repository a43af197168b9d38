// Sources without a server: for check, verify and plugins check.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/cli/command.hpp"
#include "core/plugin/host.hpp"
#include "core/plugin/offline_job.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace gh::cli {

/// A plugin host with a clock that stands still, its own staging folder and no network.
class Offline {
public:
    /// `remembered`: where the sources' state is read from; null: they remember nothing.
    explicit Offline(Time now, std::unique_ptr<store::Store> remembered = nullptr);
    ~Offline();
    Offline(const Offline&) = delete;
    Offline& operator=(const Offline&) = delete;

    ManualClock& clock() { return clock_; }
    plugin::Host& host() { return *host_; }
    /// What plugins and host logged, for a person who asks why.
    const std::vector<std::string>& lines() const { return lines_; }

private:
    std::filesystem::path staging_;
    std::unique_ptr<store::Store> remembered_;
    ManualClock clock_;
    std::vector<std::string> lines_;
    Log log_;
    Metrics metrics_;
    std::unique_ptr<plugin::Host> host_;
};

/// What became of a request: verifier, window and handler together.
struct Offer {
    enum class Result { event, answer, refused, needs_job, fault } result = Result::fault;
    plugin::EventDraft event; ///< with event; dedupe key filled in
    plugin::Acceptance acceptance;
    int http_status = 0;    ///< with answer or refused
    std::string code, hint; ///< with refused; hint alone with needs_job and fault
    bool verified = false;  ///< the verifier accepted it and its time was inside the window
};
/// `keys` answers the requests of verifier jobs; without it a verifier that needs one leaves the request undecided.
Offer offer(const plugin::Source&, const plugin::Route&, const http::Request&, Time now, const plugin::Answerer& keys = {});

} // namespace gh::cli
