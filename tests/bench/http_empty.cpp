// An HTTP server that answers an empty 202 from another thread, as the store's writer does after a commit: what the server itself costs.
// http_empty [PORT]; prints the port; ends on SIGINT or SIGTERM. Load: wrk -t1 -c64 -d5s http://127.0.0.1:PORT/
#include "core/base/thread.hpp"
#include "core/http/server.hpp"

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>

using namespace gh;

namespace {

class Answerer final : public http::Handler {
public:
    Answerer() : thread_("answers", [this] { run(); }) {}
    ~Answerer() override {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        filled_.notify_one();
        thread_.join();
    }
    http::Admission admit(const http::Request&) override { return http::Admitted{1 << 20, nullptr}; }
    void handle(std::vector<http::Exchange> batch) override {
        bool was_empty;
        {
            const std::lock_guard lock(mutex_);
            was_empty = waiting_.empty();
            for (auto& exchange : batch) waiting_.push_back(std::move(exchange));
        }
        if (was_empty) filled_.notify_one();
    }

private:
    void run() {
        std::vector<http::Exchange> batch;
        for (;;) {
            {
                std::unique_lock lock(mutex_);
                filled_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
                if (stop_) return;
                batch.swap(waiting_);
            }
            for (auto& exchange : batch) {
                http::Response response;
                response.status = 202;
                exchange.respond(std::move(response));
            }
            batch.clear();
        }
    }

    std::mutex mutex_;
    std::condition_variable filled_;
    std::vector<http::Exchange> waiting_;
    bool stop_ = false;
    NamedThread thread_;
};

} // namespace

int main(int argc, char** argv) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);

    Log log;
    Metrics metrics;
    Answerer answerer;
    config::Listen listen;
    listen.host = "127.0.0.1";
    listen.port = static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
    http::Server server("bench", {listen}, {}, answerer, log, metrics);
    const auto started = server.start();
    if (!started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    std::printf("%u\n", unsigned{server.ports().front()});
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
    server.drain(Millis(1000));
    const auto counts = server.counts();
    std::fprintf(stderr, "%llu requests on %llu connections\n", static_cast<unsigned long long>(counts.requests),
                 static_cast<unsigned long long>(counts.accepted));
    return 0;
}
