// A shared secret in a header: "Authorization: Bearer …", or a header of the provider's own.
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>
#include <gatehouse/request.hpp>

namespace gatehouse::verify {

/// Refusal codes: header_missing, header_malformed, token_mismatch. Each value of the secret is tried; compared in constant time (of the
/// length only). RFC 6750 section 2.1.
class bearer {
public:
    explicit bearer(std::string_view secret) : secret_(secret) {}
    /// Another header and prefix: bearer("token").in("X-Acme-Token", "").
    bearer in(std::string_view header, std::string_view prefix) && {
        header_ = header;
        prefix_ = prefix;
        return std::move(*this);
    }

    verdict operator()(const host& h, const request& r) const {
        const auto value = r.header(header_);
        if (!value) return deny("header_missing", header_ + " is missing");
        const std::string_view start = value->substr(0, prefix_.size());
        if (r.count(header_) != 1 || !equals_ignoring_case(start, prefix_))
            return deny("header_malformed", header_ + " is there more than once, or does not begin with \"" + prefix_ + "\"");
        const std::string_view given = value->substr(prefix_.size());
        const uint32_t count = h.secret_count(secret_);
        if (count == 0) throw failure::retry("setting \"" + secret_ + "\" has no value");
        bool match = false;
        for (uint32_t i = 0; i < count; ++i) {
            const auto expected = h.secret(secret_, i);
            match |= expected && !expected->empty() && equal_constant_time(*expected, given);
        }
        if (match) return acceptance();
        return deny("token_mismatch", "is \"" + secret_ + "\" what the sender was given?");
    }

private:
    verdict deny(std::string_view code, std::string_view hint) const {
        refusal r(code, hint, 401);
        // RFC 6750 section 3.
        if (equals_ignoring_case(header_, "Authorization")) return std::move(r).header("WWW-Authenticate", "Bearer");
        return r;
    }
    std::string secret_, header_ = "Authorization", prefix_ = "Bearer ";
};

} // namespace gatehouse::verify
