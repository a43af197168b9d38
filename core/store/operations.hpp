// What waits for the writer: one value per call of a writing function of Store, with its result once it was carried out.
#pragma once

#include "core/store/dedupe_index.hpp"
#include "core/store/store.hpp"

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gh::store {

/// An event with what the caller's thread worked out for the writer.
struct PreparedEvent {
    NewEvent event;
    std::optional<DedupeKey> key; ///< none: never a duplicate
    std::array<uint8_t, 16> body_hash{};
};

PreparedEvent prepare(NewEvent, const std::string& salt);
/// The key under which an event is kept whose own key belongs to another body.
DedupeKey conflict_key(const NewEvent&, const std::string& salt);

struct Append {
    std::vector<PreparedEvent> events;
    AppendDone done;
    std::optional<Uuid> quarantined; ///< release: leaves the quarantine in the same commit
    std::vector<Appended> results;   ///< one per event once carried out
};

struct AddDeliveries {
    Uuid event;
    std::vector<NewDelivery> deliveries;
};

struct RetryDeliveries {
    std::vector<Uuid> deliveries;
};

struct PutState {
    std::string scope;
    std::vector<StateChange> changes;
};

struct Write {
    std::variant<FetchOutcome, NewAttempt, AddDeliveries, RetryDeliveries, PutState, NewRefused> what;
    WriteDone done;
    Status result = Done{};
};

using Operation = std::variant<Append, Write>;

/// How much of a group an operation takes.
struct Cost {
    size_t events = 0; ///< events and other rows
    size_t bytes = 0;  ///< of the values, roughly
};
Cost cost_of(const Operation&);

/// Calls back with the result, or with `failure` when the group was not committed. What a callback throws is returned as text, else empty.
std::string answer(Operation&, const Error* failure);

} // namespace gh::store
