// The control API of the sandbox.
#pragma once

#include "core/sandbox/sandbox.hpp"

namespace gh::sandbox {

class Sandbox::Control final : public http::Handler {
public:
    /// The runners outlive it.
    Control(const std::vector<std::unique_ptr<Runner>>& runners, config::Listen listen, Log& log, Metrics& metrics)
        : runners_(runners), server_("sandbox", {std::move(listen)}, {}, *this, log, metrics) {}

    Status start() { return server_.start(); }
    void stop() { server_.drain(Millis(200)); }
    uint16_t port() const { return server_.ports().at(0); }

    http::Admission admit(const http::Request&) override;
    void handle(std::vector<http::Exchange>) override;

private:
    void answer(http::Exchange);
    Runner* find(std::string_view name) const;

    const std::vector<std::unique_ptr<Runner>>& runners_;
    http::Server server_;
};

} // namespace gh::sandbox
