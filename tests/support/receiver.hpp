// A receiving application of a test: answers every delivery and keeps what came.
#pragma once

#include "core/http/server.hpp"

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace gh::test {

class Receiver final : public http::Handler {
public:
    struct Delivery {
        std::string webhook_id;
        http::Request request;
    };

    Receiver() : server_("receiver", {config::Listen{"127.0.0.1", 0, {}}}, {}, *this, log_, metrics_) {
        if (const auto started = server_.start(); !started.ok()) throw std::runtime_error(started.error().message);
    }
    ~Receiver() override { server_.drain(Millis(100)); }

    uint16_t port() const { return server_.ports().at(0); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/events"; }
    /// What the next deliveries hear.
    void answer(int status) {
        const std::lock_guard lock(mutex_);
        status_ = status;
    }
    std::vector<Delivery> deliveries() const {
        const std::lock_guard lock(mutex_);
        return deliveries_;
    }
    size_t count() const {
        const std::lock_guard lock(mutex_);
        return deliveries_.size();
    }

    http::Admission admit(const http::Request&) override { return http::Admitted{8u << 20, nullptr}; }
    void handle(std::vector<http::Exchange> exchanges) override {
        for (auto& exchange : exchanges) {
            http::Response response;
            {
                const std::lock_guard lock(mutex_);
                response.status = status_;
                auto request = exchange.take_request();
                const std::string id(request.field("webhook-id").value_or(""));
                deliveries_.push_back({id, std::move(request)});
            }
            exchange.respond(std::move(response));
        }
    }

private:
    mutable std::mutex mutex_;
    std::vector<Delivery> deliveries_;
    int status_ = 200;
    Log log_{Level::error};
    Metrics metrics_;
    http::Server server_;
};

} // namespace gh::test
