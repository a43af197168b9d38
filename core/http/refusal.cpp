#include "core/http/refusal.hpp"

namespace gh::http {

RefusalReport::RefusalReport(std::string server, Log& log, Metrics& metrics) : server_(std::move(server)), log_(log), metrics_(metrics) {}

void RefusalReport::add(const Refusal& refusal, std::string_view remote, Steady::time_point now, std::string_view detail) {
    auto& counter = counters_[refusal.reason];
    if (!counter)
        counter = &metrics_.counter("gatehouse_http_refused_total", "Requests and connections that the HTTP server itself refused.",
                                    {{"server", server_}, {"reason", std::string(refusal.reason)}});
    counter->add();
    if (now - window_ >= std::chrono::seconds(1)) {
        window_ = now;
        lines_ = 0;
    }
    if (lines_ >= k_lines_per_second) {
        ++left_out_;
        return;
    }
    ++lines_;
    std::string message = "client sent " + std::string(refusal.text);
    if (!detail.empty()) message.append(": ").append(detail);
    if (left_out_ > 0)
        log_.info(
            "http", message,
            {{"server", server_}, {"remote", remote}, {"reason", refusal.reason}, {"status", refusal.status}, {"left_out", left_out_}});
    else
        log_.info("http", message, {{"server", server_}, {"remote", remote}, {"reason", refusal.reason}, {"status", refusal.status}});
    left_out_ = 0;
}

} // namespace gh::http
