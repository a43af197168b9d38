// The control API of the sandbox.
#pragma once

#include "core/sandbox/sandbox.hpp"

namespace gh::sandbox {

class Sandbox::Control final : public http::Handler {
public:
    /// Runners and clock outlive it.
    Control(const std::vector<std::unique_ptr<Runner>>& runners, ScaledClock& clock, config::Listen listen, Log& log, Metrics& metrics)
        : runners_(runners), clock_(clock), server_("sandbox", {std::move(listen)}, {}, *this, log, metrics) {}

    Status start() { return server_.start(); }
    void stop() { server_.drain(Millis(200)); }
    uint16_t port() const { return server_.ports().at(0); }

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

private:
    void answer(http::Exchange);
    http::Response clock(const http::Request&);
    Runner* find(std::string_view name) const;

    const std::vector<std::unique_ptr<Runner>>& runners_;
    ScaledClock& clock_;
    http::Server server_;
};

} // namespace gh::sandbox
