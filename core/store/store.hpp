// The durable log of events and everything derived from it: documents, deliveries, attempts, quarantine, per-source state.
//
// One writer commits in groups: whoever waits while a commit runs goes into the next one. A callback with success means that the data is on
// disk (fsync). After a failed commit nothing of it is visible, and nothing is reported as stored until a later commit, which writes
// everything anew, succeeds. No SQL type above this header, and no assumption that this process is the only one.
#pragma once

#include "core/base/log.hpp"
#include "core/base/metrics.hpp"
#include "core/base/result.hpp"
#include "core/base/uuid.hpp"
#include "core/store/records.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gh::store {

/// All callbacks run on the writer thread after the commit (or its failure), in log order; they must be short and must not wait. Only what
/// is not even queued (the store is stopped; release() while it is not writable) is answered at once, on the calling thread.
using AppendDone = std::function<void(std::span<const Appended>)>;
/// ok, or why nothing was written.
using WriteDone = std::function<void(const Status&)>;

/// What a commit added.
struct Committed {
    bool events = false;     ///< any
    bool waiting = false;    ///< events that wait for dispatch
    bool deliveries = false; ///< pending ones
};

class Store {
public:
    virtual ~Store() = default;

    // ---- writing: any thread, returns at once ----

    /// Appends events in the given order with their dedupe keys, intended deliveries and state changes. One result per event, in order.
    /// False when the queue is full (nothing was taken, `done` will not be called): answer 503.
    virtual bool append(std::vector<NewEvent>, AppendDone done) = 0;
    /// Keeps a refused request, within the bounds of the quarantine (oldest go first).
    virtual void quarantine(NewRefused) = 0;
    /// Turns a quarantined request into an event (it verified after all): appends and removes it in one commit.
    virtual void release(Uuid quarantine_id, NewEvent, AppendDone) = 0;
    /// The outcome of a fetch-back: document, deliveries, state changes and the new status in one commit. Ignored when the event already is
    /// past fetching.
    virtual void finish_fetch(FetchOutcome, WriteDone) = 0;
    /// One delivery attempt and what follows from it. Also settles the event's status when its last delivery ends.
    virtual void record_attempt(NewAttempt, WriteDone) = 0;
    /// Adds deliveries to an existing event (replay, a dead one retried). Ids must be new.
    virtual void add_deliveries(Uuid event, std::vector<NewDelivery>, WriteDone) = 0;
    /// Makes deliveries pending again, now. Delivered and unknown ones are left alone.
    virtual void retry_deliveries(std::vector<Uuid>, WriteDone) = 0;
    /// State of one scope ("source:bank", "destination:app").
    virtual void put_state(std::string scope, std::vector<StateChange>, WriteDone) = 0;

    // ---- reading: any thread, may take milliseconds; sees everything committed ----

    virtual Result<std::optional<Event>> event(Uuid) = 0; ///< with request and document; a quarantined one too, as status refused
    virtual Result<Page<EventSummary>> events(const EventQuery&) = 0; ///< newest first; quarantined ones among them
    /// The newest position in the log, 0 while it is empty.
    virtual Result<int64_t> last_seq() = 0;
    /// Events of one source that wait for dispatch (status received or fetching) and are due, in log order, without those in `except` and
    /// without those behind an earlier waiting event of the same non-empty ordering key.
    virtual Result<std::vector<PendingEvent>> pending_events(const std::string& source, Time now, size_t limit,
                                                             std::span<const Uuid> except) = 0;
    /// The events that wait behind this one: of its source and its non-empty ordering key, later in the log, due or not, in log order.
    /// They may then share its fetch; a store that tells of none has each fetched by itself.
    virtual Result<std::vector<PendingEvent>> pending_behind(const PendingEvent&, size_t) { return std::vector<PendingEvent>(); }
    /// The earliest time after `now` at which a waiting event of a source becomes due.
    virtual Result<std::optional<Time>> next_fetch_due(const std::string& source, Time now) = 0;
    /// Deliveries of one destination that are due, oldest due first, without those in `except`.
    virtual Result<std::vector<DueDelivery>> due_deliveries(const std::string& destination, Time now, size_t limit,
                                                            std::span<const Uuid> except) = 0;
    /// The same for a destination with ordering by key: without those behind an earlier (in the log order of their events) pending delivery
    /// of the same destination and the same non-empty ordering key, whether that one is due or not, in `except` or not.
    virtual Result<std::vector<DueDelivery>> due_heads(const std::string&, Time, size_t, std::span<const Uuid>) {
        return Error{"this store cannot deliver in the order of keys: set ordering: none for the destination"};
    }
    /// The earliest next attempt among the pending deliveries of a destination.
    virtual Result<std::optional<Time>> next_due(const std::string& destination) = 0;
    virtual Result<Page<Delivery>> deliveries(const DeliveryQuery&) = 0;
    virtual Result<std::vector<Attempt>> attempts(Uuid delivery) = 0;
    virtual Result<std::vector<StateChange>> state(const std::string& scope) = 0; ///< all entries
    virtual Result<Counts> counts() = 0;

    // ---- life ----

    /// Called on the writer thread after each commit that added any of these. Set before start().
    virtual void on_commit(std::function<void(const Committed&)>) = 0;
    virtual Status start() = 0;
    /// Commits what is queued, then closes. Further writes fail.
    virtual void stop() = 0;
    /// True while commits succeed; false after a failed one until the next success. /readyz and ingest ask it.
    virtual bool writable() const = 0;
};

struct Options {
    std::string path;   ///< of the database file; created with mode 0600
    Millis retention{}; ///< 0 = for ever
    uint64_t quarantine_bytes = 64u << 20;
    size_t queue_events = 20'000; ///< waiting appends; beyond it append() returns false
    size_t queue_bytes = 128u << 20;
    std::string vfs; ///< SQLite VFS name; tests inject faults through it
};

/// SQLite, WAL, synchronous=FULL. start() opens, migrates the schema and makes everything readable durable (checkpoint) before any write.
std::unique_ptr<Store> make_sqlite_store(Options, const Clock&, Log&, Metrics&);

} // namespace gh::store
