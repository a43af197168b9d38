#include "core/http/server.hpp"

#include "core/http/loop.hpp"

#include <system_error>

namespace gh::http {

class Server::Impl {
public:
    std::string name;
    std::vector<config::Listen> listen;
    Limits limits;
    Handler& handler;
    Log& log;
    Metrics& metrics;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::unique_ptr<Loop> loop; ///< ends before the listeners
};

Server::Server(std::string name, std::vector<config::Listen> listeners, Limits limits, Handler& handler, Log& log, Metrics& metrics)
    : impl_(new Impl{std::move(name), std::move(listeners), limits, handler, log, metrics, {}, {}}) {}

Server::~Server() = default;

Status Server::start() {
    if (impl_->loop) return Error{"the server " + impl_->name + " runs already"};
    std::vector<std::unique_ptr<Listener>> opened;
    std::vector<Listener*> raw;
    for (const auto& listen : impl_->listen) {
        auto listener = Listener::open(listen);
        if (!listener) return listener.error();
        opened.push_back(std::move(listener).value());
        raw.push_back(opened.back().get());
    }
    impl_->listeners = std::move(opened);
    try {
        auto loop = std::make_unique<Loop>(impl_->name, impl_->limits, impl_->handler, impl_->log, impl_->metrics, std::move(raw));
        loop->start();
        impl_->loop = std::move(loop);
    } catch (const std::system_error& e) {
        impl_->listeners.clear();
        return Error{"the server " + impl_->name + " cannot start its event loop: " + e.what() + " (is the limit of open files reached?)"};
    }
    return Done{};
}

std::vector<uint16_t> Server::ports() const {
    std::vector<uint16_t> ports;
    for (const auto& listener : impl_->listeners) ports.push_back(listener->port());
    return ports;
}

void Server::drain(Millis limit) {
    if (impl_->loop) impl_->loop->drain(limit);
}

Status Server::reload_certificates() {
    std::vector<std::pair<Listener*, std::shared_ptr<const TlsContext>>> loaded;
    for (const auto& listener : impl_->listeners) {
        if (!listener->secure()) continue;
        auto tls = listener->load_certificates();
        if (!tls) return Error{"listener " + listener->text() + " keeps its certificates: " + tls.error().message};
        loaded.emplace_back(listener.get(), std::move(tls).value());
    }
    for (auto& [listener, tls] : loaded) listener->use_certificates(std::move(tls));
    return Done{};
}

Server::Counts Server::counts() const {
    return impl_->loop ? impl_->loop->counts() : Counts{};
}

} // namespace gh::http
