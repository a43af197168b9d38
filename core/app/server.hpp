// The running gateway: builds every module in the order of the arrows, reloads as a whole or not at all, drains in the reverse order.
#pragma once

#include "core/base/result.hpp"
#include "core/config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace gh::app {

class Server {
public:
    explicit Server(std::filesystem::path config_file);
    /// Drains.
    ~Server();

    /// Loads the config, opens store, plugins and sources, listens. The error is for the operator; nothing keeps running after one.
    Status start();
    /// Reads the config again and swaps sources, routes and destinations in one step. On failure everything stays as it was. Addresses and
    /// the store cannot change while running: that is said in the log.
    Status reload();
    /// Stops listening, answers what is under way, lets deliveries end; at most the configured time.
    void drain();

    std::vector<uint16_t> ports() const;
    uint16_t admin_port() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// `gatehouse serve`: runs until SIGTERM or SIGINT; SIGHUP reloads. Returns the exit code.
int serve(const std::filesystem::path& config_file);

} // namespace gh::app
