#include "core/store/operations.hpp"

#include "core/base/crypto.hpp"

#include <algorithm>

namespace gh::store {

namespace {

std::array<uint8_t, 16> first_half(const std::array<uint8_t, 32>& hash) {
    std::array<uint8_t, 16> half;
    std::copy_n(hash.begin(), half.size(), half.begin());
    return half;
}

size_t bytes_of(const StoredRequest& r) {
    return r.method.size() + r.target.size() + r.head.size() + r.body.size() + r.remote.size();
}

size_t bytes_of(const std::vector<StateChange>& changes) {
    size_t bytes = 0;
    for (const auto& change : changes) bytes += change.key.size() + (change.value ? change.value->size() : 0);
    return bytes;
}

constexpr size_t k_row = 256; // of an event or delivery without its long values

Cost cost(const FetchOutcome& o) {
    return {1 + o.deliveries.size(), k_row * (1 + o.deliveries.size()) + (o.document ? o.document->body.size() : 0) + bytes_of(o.state)};
}
Cost cost(const NewAttempt& a) {
    return {1, k_row + a.error.size() + a.response.size()};
}
Cost cost(const AddDeliveries& a) {
    return {a.deliveries.size(), k_row * a.deliveries.size()};
}
Cost cost(const RetryDeliveries& r) {
    return {r.deliveries.size(), k_row * r.deliveries.size()};
}
Cost cost(const PutState& s) {
    return {s.changes.size(), bytes_of(s.changes)};
}
Cost cost(const NewRefused& r) {
    return {1, k_row + bytes_of(r.request)};
}

Cost cost(const Write& write) {
    return std::visit([](const auto& what) { return cost(what); }, write.what);
}

Cost cost(const Append& append) {
    Cost sum;
    for (const auto& prepared : append.events) {
        const auto& e = prepared.event;
        sum.events += 1 + e.deliveries.size();
        sum.bytes += k_row * (1 + e.deliveries.size()) + bytes_of(e.request) + bytes_of(e.state);
    }
    return sum;
}

void call(Append& append, const Error* failure) {
    if (!append.done) return;
    if (failure || append.results.size() != append.events.size()) {
        Appended failed;
        failed.error = failure ? failure->message : "store: the event was not carried out";
        append.results.assign(append.events.size(), failed);
    }
    append.done(append.results);
}

void call(Write& write, const Error* failure) {
    if (write.done) write.done(failure ? Status(*failure) : write.result);
}

} // namespace

PreparedEvent prepare(NewEvent event, const std::string& salt) {
    PreparedEvent prepared;
    prepared.body_hash = first_half(sha256(event.request.body));
    if (!event.dedupe_key.empty()) prepared.key = first_half(sha256_parts({salt, event.source, event.dedupe_key}));
    prepared.event = std::move(event);
    return prepared;
}

DedupeKey conflict_key(const NewEvent& event, const std::string& salt) {
    return first_half(sha256_parts({salt, event.source, event.dedupe_key, event.request.body}));
}

Cost cost_of(const Operation& operation) {
    return std::visit([](const auto& o) { return cost(o); }, operation);
}

std::string answer(Operation& operation, const Error* failure) {
    try {
        std::visit([failure](auto& o) { call(o, failure); }, operation);
        return {};
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an unknown exception";
    }
}

} // namespace gh::store
