// HTTP Basic authentication (RFC 7617).
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>
#include <gatehouse/request.hpp>

namespace gatehouse::verify {

/// One user; each value of the password's secret setting is tried, all in constant time. Refusals: credentials_missing (401 with the
/// challenge: senders that begin without credentials repeat), credentials_malformed (400), credentials_mismatch (403: no new challenge,
/// which would only be asked again).
class basic {
public:
    /// `password`: name of the secret setting.
    basic(std::string_view user, std::string_view password) : user_(user), password_(password) {}

    /// Nothing when the credentials are right.
    std::optional<refusal> check(const host& h, const request& r) const {
        const auto given = r.header("Authorization");
        if (!given)
            return refusal("credentials_missing", "no Authorization header: the sender repeats the request with it after this answer", 401)
                .header("WWW-Authenticate", "Basic realm=\"gatehouse\", charset=\"UTF-8\"");
        const auto decoded = equals_ignoring_case(given->substr(0, 6), "Basic ") ? from_base64(given->substr(6)) : std::nullopt;
        if (!decoded || r.count("Authorization") != 1)
            return refusal("credentials_malformed", "Authorization is not one \"Basic\" and base64", 400);
        const uint32_t count = h.secret_count(password_);
        if (count == 0) throw failure::retry("setting \"" + password_ + "\" has no value");
        bool match = false;
        for (uint32_t i = 0; i < count; ++i) {
            const auto expected = h.secret(password_, i);
            match |= expected && !expected->empty() && equal_constant_time(user_ + ":" + *expected, *decoded);
        }
        if (match) return std::nullopt;
        return refusal("credentials_mismatch", "user or password differ from the settings; was the endpoint's URL registered with them?",
                       403);
    }

private:
    std::string user_, password_;
};

} // namespace gatehouse::verify
