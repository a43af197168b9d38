// How SNS repeats a delivery that failed (docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).
#pragma once

#include "text.hpp"

namespace sns_sim {

/// The phases in order: retries without delay, at the least delay, with growing delay, at the greatest delay. The default is SNS's own:
/// three retries, 20 s apart. Not simulated: jitter, whose size is not documented, and maxReceivesPerSecond.
struct delivery_policy {
    int retries = 3; ///< numRetries: all of them
    int no_delay = 0, min_delay = 0, max_delay = 0;
    std::chrono::seconds least{20}, greatest{20};
    std::string backoff = "linear"; ///< linear, arithmetic, geometric, exponential; the exact curves are not documented

    /// The members of healthyRetryPolicy. Throws command_error.
    static delivery_policy read(json::value);
    /// The wait before that retry, 1 for the first; nothing when there is no such retry or all of them would take more than 3,600 s.
    std::optional<gatehouse::milliseconds> wait(int retry) const;
};

} // namespace sns_sim
