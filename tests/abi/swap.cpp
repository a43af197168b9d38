// Verification on several threads while generations change and jobs run: for TSan above all.
#include "core/base/current.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>

#include "tests/abi/fixture.hpp"

using namespace gh;
using namespace gh::plugin;

BOOST_FIXTURE_TEST_SUITE(swap, test::Fixture)

BOOST_AUTO_TEST_CASE(swaps_under_load_lose_no_call) {
    install("script");
    constexpr int swaps = 30;
    config.sources = {source_config("one", "script", R"({"secret":"s","key":"k"})")};
    Current<const Generation> current(host.load(config));
    BOOST_REQUIRE(current.load()->slots[0].source);
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> accepted{0}, other{0}, ended{0}, started{0};
    {
        JobRunner runner([](egress::Request, auto, egress::Done done) { done({}); }, store, clock, log, metrics, 2);
        std::vector<std::thread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                http::Request request;
                request.method = "POST";
                request.path = request.target = "/hooks/one";
                request.body = "{}";
                while (!stop) {
                    const auto present = current.load();
                    const auto& source = *present->slots[0].source;
                    const auto verdict = source.verify(source.routes()[0], request);
                    const auto* acceptance = std::get_if<Acceptance>(&verdict);
                    const bool event =
                        acceptance && std::holds_alternative<EventDraft>(source.handle(source.routes()[0], request, *acceptance));
                    ++(event ? accepted : other);
                }
            });
        threads.emplace_back([&] {
            while (!stop) {
                auto job = current.load()->slots[0].source->operation("run", R"({"script":"hpskd"})");
                ++started;
                runner.run(std::get<Job>(std::move(job)), std::chrono::seconds(20), [&](JobEnd) { ++ended; });
                while (runner.running() > 50) std::this_thread::yield();
            }
        });
        for (int i = 0; i < swaps; ++i) {
            auto next = host.load(config);
            BOOST_REQUIRE(next->slots[0].source);
            current.store(std::move(next));
            const auto seen = accepted.load();
            while (accepted.load() < seen + 100) std::this_thread::yield(); // the new generation serves
        }
        stop = true;
        for (auto& thread : threads) thread.join();
        while (runner.running() > 0) std::this_thread::yield();
    }
    BOOST_TEST(other == 0u);
    BOOST_TEST(ended == started);
    BOOST_TEST(faults("script") == 0u);
    current.store(nullptr);
    BOOST_TEST(host.load({})->slots.empty());
}

BOOST_AUTO_TEST_SUITE_END()
