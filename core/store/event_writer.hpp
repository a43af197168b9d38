// Events: appending with deduplication, and the outcome of their fetch-back. On the writer thread, within its transactions.
#pragma once

#include "core/base/result.hpp"
#include "core/store/delivery_writer.hpp"
#include "core/store/operations.hpp"

#include <string>

namespace gh::store {

/// Numbers stored in the column `flags` of events.
constexpr int k_flag_unverified_origin = 1;
constexpr int k_flag_recovered = 2;

class EventWriter {
public:
    EventWriter(Database&, DedupeIndex&, DeliveryWriter&);

    /// Reads the salt and where the log ends.
    void load();
    const std::string& salt() const { return salt_; }
    int64_t last_seq() const { return last_seq_; }

    /// stored, duplicate or conflict; never failed. Throws SqlError, after which the transaction (or its savepoint) must be rolled back.
    Appended append(const PreparedEvent&);
    /// True when it changed the event; false when that already is past fetching. The error says that there is no such event.
    Result<bool> finish_fetch(const FetchOutcome&);
    void put_state(const std::string& scope, const std::vector<StateChange>&);
    /// Adds deliveries to a stored event. The error says that there is no such event.
    Status add_deliveries(const Uuid& event, const std::vector<NewDelivery>&);

    /// What happened to the transaction in which the calls above were made.
    void committed() { committed_seq_ = last_seq_; }
    void rolled_back() { last_seq_ = committed_seq_; }

private:
    struct First {
        int64_t seq = 0;
        Uuid id;
        bool same_body = false;
        bool recovered = false;
    };
    std::optional<First> find_first(const DedupeKey&, const PreparedEvent&);
    Appended duplicate_of(const First&);
    Appended insert(const PreparedEvent&, const std::optional<DedupeKey>&, EventStatus);

    Database& db_;
    DedupeIndex& dedupe_;
    DeliveryWriter& deliveries_;
    Statement &select_first_, &count_duplicate_, &insert_event_, &insert_request_, &select_fetch_, &update_fetch_, &insert_document_,
        &put_state_, &drop_state_;
    std::string salt_;
    int64_t last_seq_ = 0, committed_seq_ = 0;
};

} // namespace gh::store
