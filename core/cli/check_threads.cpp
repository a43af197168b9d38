#include "core/cli/conformance.hpp"

#include <mutex>
#include <thread>

namespace gh::cli {

namespace {

constexpr size_t k_threads = 4;
constexpr int k_rounds = 50;

} // namespace

void check_threads(const Trial& trial, Report& report) {
    for (const auto& sample : trial.samples) {
        if (!report.step(sample.name)) continue;
        const auto r = ready(trial, sample);
        if (!r) continue;
        const Offer alone = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
        std::mutex mutex;
        std::string other;
        std::vector<std::thread> threads;
        for (size_t t = 0; t < k_threads; ++t)
            threads.emplace_back([&] {
                for (int round = 0; round < k_rounds; ++round) {
                    const Offer o = offer(*r->source, *r->route, r->request, sample.at, trial.keys);
                    if (same_offer(alone, o)) continue;
                    const std::lock_guard lock(mutex);
                    other = told(o);
                    return;
                }
            });
        for (auto& thread : threads) thread.join();
        const std::string check = "four threads at once: " + sample.name;
        if (other.empty())
            report.pass(20, check);
        else
            report.fail(20, check, "alone it is " + told(alone) + ", together " + other);
    }
}

} // namespace gh::cli
