// The plain scheme many providers use: one header with the HMAC of the body, as hex or base64, sometimes after a prefix ("sha256=").
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>
#include <gatehouse/request.hpp>

#include <array>

namespace gatehouse::verify {

enum class text_form { hex, base64 };

/// Refusal codes: header_missing, header_malformed (there more than once), signature_malformed, signature_mismatch.
/// Such a signature covers no time and no id: a recorded request can be sent again, and the dedupe key is all that stops it.
class hmac_header {
public:
    /// `secret`: name of a secret setting; each of its values is tried.
    hmac_header(std::string_view header, std::string_view secret) : header_(header), secret_(secret) {}
    hmac_header prefix(std::string_view p) && {
        prefix_ = p;
        return std::move(*this);
    }
    hmac_header algorithm(hmac_algorithm a) && {
        algorithm_ = a;
        return std::move(*this);
    }
    hmac_header key(key_form f) && {
        key_ = f;
        return std::move(*this);
    }
    hmac_header form(text_form f) && {
        form_ = f;
        return std::move(*this);
    }

    verdict operator()(const host& h, const request& r) const {
        const auto value = r.header(header_);
        if (!value) return refusal("header_missing", header_ + " is missing");
        if (r.count(header_) != 1) return refusal("header_malformed", header_ + " is there more than once");
        if (value->substr(0, prefix_.size()) != prefix_)
            return refusal("signature_malformed", header_ + " does not begin with \"" + prefix_ + "\"");
        const auto given = decode(value->substr(prefix_.size()));
        const size_t size = algorithm_ == hmac_algorithm::sha1 ? 20 : algorithm_ == hmac_algorithm::sha256 ? 32 : 64;
        if (!given || given->size() != size)
            return refusal("signature_malformed", header_ + " is not " + std::to_string(size) + " bytes in " +
                                                      (form_ == text_form::hex ? "hexadecimal" : "base64"));
        const std::array<std::string_view, 1> parts = {r.body()};
        bool match = false, broken = false;
        const uint32_t count = h.secret_count(secret_);
        for (uint32_t i = 0; i < count; ++i) {
            const auto expected = h.hmac(algorithm_, key_, secret_, i, parts);
            if (!expected)
                broken = true;
            else
                match |= equal_constant_time(*expected, *given);
        }
        if (match) return acceptance();
        // Our own fault must not become a refusal: what the sender sent may well be genuine.
        if (count == 0 || broken) throw failure::retry("setting \"" + secret_ + "\" has no value, or one that is not a key");
        return refusal("signature_mismatch", "computed with " + std::to_string(count) + " secret(s) over " +
                                                 std::to_string(r.body().size()) + " bytes of body; is \"" + secret_ + "\" the sender's?");
    }

private:
    std::optional<std::string> decode(std::string_view s) const {
        if (form_ == text_form::base64) return from_base64(s);
        return from_hex(s);
    }

    std::string header_, secret_, prefix_;
    hmac_algorithm algorithm_ = hmac_algorithm::sha256;
    key_form key_ = key_form::raw;
    text_form form_ = text_form::hex;
};

} // namespace gatehouse::verify
