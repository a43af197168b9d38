// Reading events. On one reading connection; throws SqlError.
#pragma once

#include "core/base/result.hpp"
#include "core/store/records.hpp"
#include "core/store/sqlite.hpp"

#include <span>

namespace gh::store {

std::optional<Event> read_event(Database&, const Uuid&);
/// The error says that the cursor is not one of ours.
Result<Page<EventSummary>> list_events(Database&, const EventQuery&);
std::vector<PendingEvent> read_pending_events(Database&, const std::string& source, Time now, size_t limit, std::span<const Uuid> except);
std::vector<PendingEvent> read_pending_behind(Database&, const PendingEvent&, size_t limit);
int64_t read_last_seq(Database&);
std::optional<Time> read_next_fetch_due(Database&, const std::string& source, Time now);
std::vector<StateChange> read_state(Database&, const std::string& scope);

} // namespace gh::store
