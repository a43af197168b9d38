// Trusted Twin's API: https://trustedtwin.com/docs/reference/
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/http.hpp>

#include "authenticity.hpp"
#include "twins_seen.hpp"

namespace twin_ledger {

/// What the jobs of one source share. Outlives them.
struct workshop {
    gatehouse::host host;
    const config& settings;
    const subscription_memory& memory;
    const authenticity& proof;
    twins_seen& seen;
};

/// A call with the User Secret: `Authorization` holds it without a scheme word (docs, account-and-access/authentication).
gatehouse::http::request authorized(gatehouse::http::request r);

/// What an unwanted answer means. The provider's error body {"subcode", "trace", "description"} is shown to the operator. `what` without
/// tokens. 404 is invalid like other 4xx: callers for whom it means something look first.
gatehouse::failure unwanted(const gatehouse::http::response& answer, const std::string& what, gatehouse::time_point now);

/// A subscription in an answer: the members under "subscription", or (in the client's sample) at the top.
gatehouse::json::value subscription_in(const gatehouse::json::document& answer);

} // namespace twin_ledger
