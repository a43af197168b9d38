// What a process of its own costs a plugin: Standard Webhooks (HMAC-SHA256) verified and handled in this process and behind a worker, in
// batches as ingest takes them, and what a single request costs. The figure is the ratio within one run: isolation/none.
//
//     build/bin/isolation [seconds per measurement [batch]]
#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/abi/fixture.hpp"

using namespace gh;

namespace {

constexpr int k_threads = 2; // as ingest has for one isolated source
constexpr int k_rounds = 3;
constexpr const char* k_key = "a secret of usual length, 32 byte";

struct Side {
    explicit Side(config::Isolation isolation) {
        fixture.config.plugins.isolation = isolation;
        fixture.host.isolate(isolation, GATEHOUSE_BINARY);
        fixture.install("standard-webhooks");
        const auto slot = fixture.open("standard-webhooks", "{\"secret\":\"whsec_" + to_base64(k_key) + "\"}");
        if (!slot.source) {
            std::fprintf(stderr, "%s\n", slot.reason.c_str());
            std::exit(1);
        }
        source = slot.source;
    }
    test::Fixture fixture;
    std::shared_ptr<plugin::Source> source;
};

http::Request signed_request(Time now) {
    http::Request request;
    request.method = "POST";
    request.path = request.target = "/hooks/one";
    request.body =
        R"({"type":"invoice.paid","timestamp":"2026-01-01T00:00:00Z","data":{"id":"in_1","note":")" + std::string(400, 'x') + "\"}}";
    const std::string id = "msg_1", at = std::to_string(to_unix_ms(now) / 1000);
    const std::string head = id + "." + at + ".";
    const std::string_view parts[] = {head, request.body};
    uint8_t digest[64];
    hmac(HashAlgorithm::sha256, k_key, parts, digest);
    for (const auto* name : {"Host", "User-Agent", "Content-Type", "Content-Length", "Accept", "traceparent"})
        request.fields.push_back({name, "a value of usual length"});
    request.fields.push_back({"webhook-id", id});
    request.fields.push_back({"webhook-timestamp", at});
    request.fields.push_back({"webhook-signature", "v1," + to_base64({reinterpret_cast<const char*>(digest), 32})});
    request.received_at = now;
    return request;
}

/// Requests a second.
double measure(const Side& side, size_t batch, double seconds) {
    const auto request = signed_request(side.fixture.clock.now());
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> total{0}, wrong{0};
    std::vector<std::thread> threads;
    const auto began = Steady::now();
    for (int i = 0; i < k_threads; ++i)
        threads.emplace_back([&] {
            const std::vector<plugin::Arrival> arrivals(batch, {&side.source->routes()[0], &request});
            uint64_t done = 0, bad = 0;
            while (!stop) {
                for (const auto& one : side.source->receive(arrivals, side.fixture.clock.now()))
                    bad += !one.outcome || !std::holds_alternative<plugin::EventDraft>(*one.outcome);
                done += batch;
            }
            total += done;
            wrong += bad;
        });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop = true;
    for (auto& thread : threads) thread.join();
    if (wrong > 0) {
        std::fprintf(stderr, "%llu requests were not accepted\n", static_cast<unsigned long long>(wrong.load()));
        std::exit(1);
    }
    return static_cast<double>(total) / std::chrono::duration<double>(Steady::now() - began).count();
}

} // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
    const Side none(config::Isolation::none), process(config::Isolation::process);
    std::vector<size_t> batches{1, 8, 32, 64};
    if (argc > 2) batches = {static_cast<size_t>(std::max(1, std::atoi(argv[2])))};
    for (const size_t batch : batches) {
        // In turns, so that what else the machine does meets both; the medians count.
        std::vector<double> here, apart;
        for (int round = 0; round < k_rounds; ++round) {
            here.push_back(measure(none, batch, seconds));
            apart.push_back(measure(process, batch, seconds));
        }
        std::sort(here.begin(), here.end());
        std::sort(apart.begin(), apart.end());
        const double a = here[k_rounds / 2], b = apart[k_rounds / 2];
        std::printf("batches of %2zu: none %8.0f/s (%5.2f us)  process %8.0f/s (%5.2f us)  ratio %.2f\n", batch, a, 1e6 / a, b, 1e6 / b,
                    b / a);
    }
    return 0;
}
