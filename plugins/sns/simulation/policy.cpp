#include "policy.hpp"

#include <cmath>

namespace sns_sim {

namespace {

constexpr std::chrono::seconds k_longest{3600};

/// Where between the least and the greatest delay the step lies, 0 to 1.
double curve(const std::string& kind, int step, int steps) {
    if (steps <= 1) return 0;
    const double n = steps - 1;
    if (kind == "arithmetic") return step * (step + 1) / (n * (n + 1));
    if (kind == "exponential") return (std::pow(2.0, step) - 1) / (std::pow(2.0, n) - 1);
    return step / n;
}

} // namespace

delivery_policy delivery_policy::read(json::value v) {
    only(v, {"numRetries", "numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries", "minDelayTarget", "maxDelayTarget",
             "backoffFunction"});
    delivery_policy p;
    p.retries = static_cast<int>(integer(v["numRetries"], "numRetries", 0, 100, 3));
    p.no_delay = static_cast<int>(integer(v["numNoDelayRetries"], "numNoDelayRetries", 0, 100, 0));
    p.min_delay = static_cast<int>(integer(v["numMinDelayRetries"], "numMinDelayRetries", 0, 100, 0));
    p.max_delay = static_cast<int>(integer(v["numMaxDelayRetries"], "numMaxDelayRetries", 0, 100, 0));
    p.greatest = std::chrono::seconds(integer(v["maxDelayTarget"], "maxDelayTarget", 1, 3600, 20));
    p.least = std::chrono::seconds(
        integer(v["minDelayTarget"], "minDelayTarget", 1, p.greatest.count(), std::min<int64_t>(20, p.greatest.count())));
    p.backoff = choice(v["backoffFunction"], "backoffFunction", {"linear", "arithmetic", "geometric", "exponential"});
    if (p.no_delay + p.min_delay + p.max_delay > p.retries)
        throw command_error::invalid("numRetries: the retries of the phases are more than all of them together");
    return p;
}

std::optional<gatehouse::milliseconds> delivery_policy::wait(int retry) const {
    if (retry < 1 || retry > retries) return std::nullopt;
    gatehouse::milliseconds all{0}, last{0};
    const int growing = retries - no_delay - min_delay - max_delay;
    for (int r = 0; r < retry; ++r) {
        const int step = r - no_delay - min_delay;
        if (r < no_delay) {
            last = gatehouse::milliseconds(0);
        } else if (step < 0) {
            last = least;
        } else if (step >= growing) {
            last = greatest;
        } else if (backoff == "geometric") {
            const double factor = std::pow(static_cast<double>(greatest.count()) / static_cast<double>(least.count()),
                                           growing > 1 ? step / static_cast<double>(growing - 1) : 0);
            last = gatehouse::milliseconds(std::llround(static_cast<double>(least.count()) * 1000 * factor));
        } else {
            last = least + gatehouse::milliseconds(
                               std::llround(static_cast<double>((greatest - least).count()) * 1000 * curve(backoff, step, growing)));
        }
        all += last;
    }
    return all > k_longest ? std::nullopt : std::optional(last);
}

} // namespace sns_sim
