// Carries out operations within the writer's transactions, and says what the next commit makes visible.
#pragma once

#include "core/store/event_writer.hpp"
#include "core/store/quarantine.hpp"
#include "core/store/source_log.hpp"
#include "core/store/store.hpp"

namespace gh::store {

/// Everything that works on one writing connection; made anew with it. On the writer thread.
class Executor {
public:
    Executor(Database&, const Clock&, uint64_t quarantine_bytes);

    /// Carries the operation out and puts its results into it. An SqlError about a value is thrown, unless `careful`: then every event and
    /// write has a savepoint of its own (which costs a third of the speed) and only what brought the value fails.
    void run(Operation&, bool careful);
    /// Before the commit of a group.
    void finish_group();
    Committed committed();
    void rolled_back();

    const std::string& salt() const { return events_.salt(); }
    /// Events before this were deleted.
    void set_oldest_seq(int64_t seq) { oldest_seq_ = seq; }
    Quarantine& quarantine() { return quarantine_; }

private:
    void run(Append&, bool careful);
    void run(Write&, bool careful);
    Status run(const FetchOutcome&);
    Status run(const NewAttempt&);
    Status run(const AddDeliveries&);
    Status run(const RetryDeliveries&);
    Status run(const PutState&);
    Status run(const NewRefused&);
    template <class F>
    std::optional<Error> within_savepoint(bool careful, F);

    Database& db_;
    DedupeIndex dedupe_;
    DeliveryWriter deliveries_;
    EventWriter events_;
    Quarantine quarantine_;
    SourceLog source_log_;
    Committed effects_;
    int64_t oldest_seq_ = 0;
};

} // namespace gh::store
