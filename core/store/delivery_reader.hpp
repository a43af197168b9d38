// Reading deliveries and what is waiting. On one reading connection; throws SqlError.
#pragma once

#include "core/base/result.hpp"
#include "core/store/records.hpp"
#include "core/store/sqlite.hpp"

#include <span>

namespace gh::store {

std::vector<DueDelivery> read_due_deliveries(Database&, const std::string& destination, Time now, size_t limit,
                                             std::span<const Uuid> except);
std::optional<Time> read_next_due(Database&, const std::string& destination);
/// The error says that the cursor is not one of ours.
Result<Page<Delivery>> list_deliveries(Database&, const DeliveryQuery&);
std::vector<Attempt> read_attempts(Database&, const Uuid& delivery);
Counts read_counts(Database&);

} // namespace gh::store
