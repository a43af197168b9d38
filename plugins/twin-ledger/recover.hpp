// Recovery: what Trusted Twin still tells of the time in which messages were missed. There is no replay call; ledger histories and sticker
// lists are asked for instead (docs/reference/history, docs/reference/stickers).
#pragma once

#include "api.hpp"

namespace twin_ledger {

/// Enrolls the operation recover. One call asks for the history of one twin's ledger, or for one page of stickers. `w` is copied.
///
/// Found events carry keys made from the change ("history:<twin>:<ledger>:<entry>:<time>", "sticker:<account>:<twin>:<color>:<time>"): the
/// id of the message that was missed is told nowhere, so a change that did arrive is found a second time. Each page says what cannot be
/// found at all.
void enroll_recovery(gatehouse::registry& r, workshop w);

} // namespace twin_ledger
