// Deliveries, their attempts, and what they make of their event's status. On the writer thread, within its transactions.
#pragma once

#include "core/base/result.hpp"
#include "core/store/records.hpp"
#include "core/store/sqlite.hpp"

namespace gh::store {

class DeliveryWriter {
public:
    static constexpr int k_attempts_kept = 100; ///< per delivery, the newest

    DeliveryWriter(Database&, const Clock&);

    void insert(int64_t event, const NewDelivery&);
    /// The status of a `ready`, `delivered` or `dead` event that follows from its deliveries: ready while one is pending, else dead when
    /// one is dead, else delivered when one was delivered. Others, and events without deliveries, are left alone.
    void settle(int64_t event);
    /// The error says that there is no such delivery. An attempt that is stored already changes nothing; a delivered delivery stays
    /// delivered.
    Status record(const NewAttempt&);
    /// True when the delivery is pending now.
    bool retry(const Uuid&);

private:
    const Clock& clock_;
    Statement &insert_, &by_status_, &event_status_, &set_event_status_, &find_, &update_, &insert_attempt_, &trim_attempts_, &retry_;
    Database& db_;
};

} // namespace gh::store
