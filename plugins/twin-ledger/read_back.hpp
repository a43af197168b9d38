// Fetch-back: what a notification was about, as Trusted Twin's API has it now.
#pragma once

#include "api.hpp"

namespace twin_ledger {

/// Reads twin, ledger and stickers (for a sticker event also that one sticker) in parallel and makes one document:
///
///     {"trigger": original spelling, "type": …, "twin_id": …, "sent_ts": …, "hash_verified": …, "event": {…},
///      "twin": {…}, "twin_status": 200, "ledger": {…}, "ledger_status": 200, "ledger_id": "personal",
///      "stickers": {…}, "stickers_status": 200, "sticker": {…}, "sticker_status": 200, "removal_confirmed": true | false | null}
///
/// Answers stand in it byte for byte; null where the status is not 200. What the event is about must be answered 200 or 404 (gone, or not
/// yet visible), the rest may also be 403: a role that reads ledgers need not read stickers. A twin that is not there (404) ends as gone.
/// The message's subscription is left out: its URLs are capabilities.
gatehouse::job<gatehouse::result> read_back(workshop w, const gatehouse::stored_event& e);

} // namespace twin_ledger
