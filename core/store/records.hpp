// What the store keeps, as plain values.
#pragma once

#include "core/base/time.hpp"
#include "core/base/uuid.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace gh::store {

/// received: stored, dispatch has not looked at it · fetching: fetch-back under way or waiting to be tried again · ready: deliveries exist
/// (or no route wants it) · delivered: all deliveries done · dead: a delivery, or a required fetch-back, gave up · conflict: same dedupe
/// key as an earlier event, different body: kept, not delivered · refused: quarantined, never verified.
enum class EventStatus { received, fetching, ready, delivered, dead, conflict, refused };
std::string_view to_text(EventStatus);
std::optional<EventStatus> parse_event_status(std::string_view);

enum class Trust { verified, unverified_origin };

/// pending: waits for next_attempt_at · delivered · dead: gave up · cancelled: its destination is no longer configured
enum class DeliveryStatus { pending, delivered, dead, cancelled };
std::string_view to_text(DeliveryStatus);
std::optional<DeliveryStatus> parse_delivery_status(std::string_view);

/// The received request. `head` is the field block as received: "Name: value\r\n" repeated.
struct StoredRequest {
    std::string method;
    std::string target; ///< as received; below a secret path it is shown redacted
    std::string head;
    std::string body;
    std::string remote;
};

struct StateChange {
    std::string key;
    std::optional<std::string> value; ///< none removes the key
};

struct NewDelivery {
    Uuid id;
    std::string destination;
    Time due{}; ///< first attempt
};

struct NewEvent {
    Uuid id; ///< Uuid::v7_of(received_at): lists, since and until, and retention go by it
    std::string source;
    std::string plugin;
    std::string type;
    std::string subject;
    std::string dedupe_key; ///< empty: never a duplicate
    std::string ordering_key;
    Time received_at{};
    std::optional<Time> occurred_at;
    Trust trust = Trust::verified;
    bool body_may_vary = false; ///< equal key with another body is a duplicate, not a conflict
    bool recovered = false;     ///< came from recovery, not from the sender
    StoredRequest request;
    EventStatus status = EventStatus::received; ///< received, or ready when nothing has to be fetched
    std::vector<NewDelivery> deliveries;        ///< with status ready
    std::vector<StateChange> state;             ///< of scope "source:<source>"
};

struct Appended {
    enum class Outcome { stored, duplicate, conflict, failed };
    Outcome outcome = Outcome::failed;
    Uuid id;           ///< of the stored event; for a duplicate, of the first one
    int64_t seq = 0;   ///< position in the log
    std::string error; ///< with failed
};

struct NewRefused {
    Uuid id; ///< Uuid::v7_of(received_at)
    std::string source;
    std::string plugin;
    std::string reason; ///< the refusal's code
    std::string hint;
    Time received_at{};
    StoredRequest request;
};

struct Document {
    std::string content_type;
    std::string body;
    Time fetched_at{};
    bool gone = false; ///< the provider says the entity no longer exists; body then is empty or its reason
};

/// fetched: document set · skipped: nothing to fetch · retry: try again at `due` · gave_up_deliver: best-effort, deliver without ·
/// gave_up_dead: required, event becomes dead
struct FetchOutcome {
    enum class Kind { fetched, skipped, retry, gave_up_deliver, gave_up_dead };
    Uuid event;
    std::string source;
    Kind kind = Kind::skipped;
    std::optional<Document> document;
    std::string error; ///< of the last failed try; shown with the event
    Time due{};        ///< with retry
    std::vector<NewDelivery> deliveries;
    std::vector<StateChange> state;
};

struct NewAttempt {
    Uuid id;
    Uuid delivery;
    Time started_at{};
    Millis duration{};
    int status = 0;      ///< HTTP status, 0 when there was no answer
    std::string outcome; ///< "delivered", "http_500", "timeout", "connect", …
    std::string error;
    std::string response; ///< first bytes of the answer's body
    DeliveryStatus delivery_status = DeliveryStatus::pending;
    std::optional<Time> next_attempt_at; ///< while pending
};

struct Attempt {
    Uuid id;
    Time started_at{};
    Millis duration{};
    int status = 0;
    std::string outcome;
    std::string error;
    std::string response;
};

struct EventSummary {
    Uuid id;
    int64_t seq = 0;
    std::string source, plugin, type, subject, dedupe_key, ordering_key;
    Time received_at{};
    std::optional<Time> occurred_at;
    EventStatus status = EventStatus::received;
    Trust trust = Trust::verified;
    bool recovered = false;
    int64_t duplicates = 0; ///< how many resends were answered without a new event
    int fetch_attempts = 0;
    std::string reason; ///< refused: the code · dead or fetching: the last fetch error
};

struct Event : EventSummary {
    std::string hint; ///< refused: what to look at
    StoredRequest request;
    std::optional<Document> document;
};

struct PendingEvent {
    Uuid id;
    int64_t seq = 0;
    std::string source, type, subject, ordering_key;
    Time received_at{};
    int fetch_attempts = 0;
};

struct Delivery {
    Uuid id;
    Uuid event;
    std::string source, type; ///< of the event
    std::string destination;
    DeliveryStatus status = DeliveryStatus::pending;
    int attempts = 0; ///< all that were made; the newest 100 are kept
    std::optional<Time> next_attempt_at;
    Time created_at{};
    std::optional<Time> finished_at;
    std::string last_outcome;
};

struct DueDelivery {
    Uuid id;
    Uuid event;
    std::string ordering_key;
    int attempts = 0; ///< made so far, since the last manual retry
    Time due{};
};

/// Keyset pages: `next` is the cursor for the following page, empty at the end.
template <class T>
struct Page {
    std::vector<T> items;
    std::string next;
};

struct EventQuery {
    std::string source, type, search; ///< empty = any; type may end in ".*"; search: substring of id, subject, dedupe key or type
    std::optional<EventStatus> status;
    std::optional<Time> since, until; ///< received_at, since <= t < until
    size_t limit = 50;                ///< at most 1000
    std::string cursor;
    bool oldest_first = false;
    /// To follow the log without gaps: stored events with a greater seq, in log order. Then `cursor` and `oldest_first` do not count, and
    /// `next` is empty: go on from the last item's seq.
    std::optional<int64_t> after_seq;
};

struct DeliveryQuery {
    std::optional<Uuid> id; ///< just this one
    std::optional<Uuid> event;
    std::string destination, source, type;
    std::optional<DeliveryStatus> status;
    std::optional<Time> since, until; ///< created_at
    size_t limit = 50;
    std::string cursor;
};

struct Counts {
    int64_t events_waiting = 0; ///< received or fetching
    std::optional<Time> oldest_waiting;
    int64_t deliveries_pending = 0;
    std::optional<Time> oldest_pending;
    int64_t deliveries_dead = 0;
    int64_t quarantined = 0;
    uint64_t quarantined_bytes = 0;
};

} // namespace gh::store
