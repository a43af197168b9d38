#include "core/dispatch/retry.hpp"

#include <algorithm>
#include <random>
#include <span>

namespace gh::dispatch {

namespace {

using namespace std::chrono_literals;
constexpr Millis k_best_effort[] = {5s, 30s, 2min, 10min};
constexpr Millis k_required[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
constexpr Millis k_refused_least = 5min;
constexpr Millis k_longest = 24h;

} // namespace

std::optional<Millis> retry_wait(config::FetchBackMode mode, int attempts, const plugin::JobFailure& failure) {
    if (failure.kind == plugin::JobFailure::Kind::invalid) return std::nullopt;
    const std::span<const Millis> waits =
        mode == config::FetchBackMode::required ? std::span<const Millis>(k_required) : std::span<const Millis>(k_best_effort);
    const auto at = static_cast<size_t>(std::max(0, attempts - 1));
    if (at >= waits.size()) return std::nullopt;
    Millis wait = waits[at];
    if (failure.kind == plugin::JobFailure::Kind::refused) wait = std::max(wait, k_refused_least);

    thread_local std::minstd_rand random(std::random_device{}());
    wait += Millis(std::uniform_int_distribution<int64_t>(-wait.count() / 10, wait.count() / 10)(random));
    return std::max(wait, std::min(failure.retry_after, k_longest));
}

} // namespace gh::dispatch
