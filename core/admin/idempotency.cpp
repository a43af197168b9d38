#include "core/admin/idempotency.hpp"

#include "core/base/crypto.hpp"

namespace gh::admin {

namespace {

constexpr std::chrono::hours k_age{24};
constexpr size_t k_key_bytes = 255;

} // namespace

void Idempotency::forget_old(Time now) {
    while (!order_.empty()) {
        const auto at = entries_.find(order_.front());
        const bool due = at == entries_.end() || order_.size() > limit_ || at->second.at + k_age < now;
        if (!due) return;
        // Forgetting one under way would let it be done twice; it goes when it is finished.
        if (at != entries_.end()) {
            if (!at->second.answer) return;
            entries_.erase(at);
        }
        order_.pop_front();
    }
}

std::optional<http::Response> Idempotency::begin(const std::string& key, const http::Request& request, Time now) {
    if (key.empty() || key.size() > k_key_bytes) return http::problem(400, "Bad Idempotency-Key", "Give 1 to 255 characters.");
    const auto fingerprint = sha256_parts({request.method, request.target, request.body});
    const std::lock_guard lock(mutex_);
    forget_old(now);
    const auto [at, fresh] = entries_.try_emplace(key, Entry{fingerprint, now, std::nullopt});
    if (fresh) {
        order_.push_back(key);
        return std::nullopt;
    }
    if (at->second.fingerprint != fingerprint)
        return http::problem(422, "Idempotency-Key used before", "This key came with another request. Use a new key for a new request.");
    if (!at->second.answer) return http::problem(409, "Under way", "The first request with this Idempotency-Key is still worked on.");
    return at->second.answer;
}

void Idempotency::finish(const std::string& key, const http::Response& answer) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(key);
    if (at == entries_.end()) return;
    if (answer.status >= 500)
        entries_.erase(at);
    else
        at->second.answer = answer;
}

} // namespace gh::admin
