// Subscriptions at Trusted Twin: subscribing, following the confirmation, refreshing, ending.
// https://trustedtwin.com/docs/reference/notifications/: webhook-subscribe, webhook-confirm-subscription, webhook-refresh-subscription,
// webhook-unsubscribe.
#pragma once

#include "api.hpp"

namespace twin_ledger {

/// Enrolls the operations subscribe, update, renew, unsubscribe, subscriptions (kind "list") and expect (kind "confirm"). The id of a
/// subscription is ours, since the provider gives none. `w` is copied into each.
void enroll_subscriptions(gatehouse::registry& r, workshop w);

/// The fetch-back of a confirmation: visits confirmation_url, when a subscribe call of ours waits for it. Repeating it is harmless. The
/// document is {"topic", "account", "state", "expires_at"}: no URL.
gatehouse::job<gatehouse::result> follow_confirmation(workshop w, const gatehouse::stored_event& e);

} // namespace twin_ledger
