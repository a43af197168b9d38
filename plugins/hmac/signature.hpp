// How one sender signs: what the settings say of it, and the verifier that follows from that.
#pragma once

#include <gatehouse/explain.hpp>
#include <gatehouse/source.hpp>

#include <string>
#include <vector>

namespace hmac_plugin {

/// Refusal codes, all 401: header_missing, header_malformed (there more than once), signature_malformed (no entry of the right prefix,
/// encoding and size), signature_mismatch, timestamp_missing, timestamp_malformed, part_missing (a header that is signed).
class signature {
public:
    /// Throws setting_error where settings contradict each other or the secret is no key.
    signature(gatehouse::host h, const gatehouse::settings& s);

    gatehouse::verdict verify(const gatehouse::request& in) const;

    bool signs_time() const { return signs(part::timestamp); }
    /// Whether the header's value is part of what is signed.
    bool signs_header(std::string_view name) const;

private:
    struct part {
        enum kind { literal, body, timestamp, method, target, path, header } what;
        std::string text; ///< literal: itself; header: its name
    };
    static std::vector<part> parse_template(std::string_view text);
    bool signs(decltype(part::what) what) const;
    std::vector<std::string_view> entries(std::string_view value, std::string_view prefix) const;
    std::optional<std::string> decode(std::string_view text) const;
    std::optional<gatehouse::time_point> read_time(std::string_view text) const;

    gatehouse::host host_;
    gatehouse::explainer explain_;
    gatehouse::hmac_algorithm algorithm_;
    gatehouse::key_form key_;
    size_t size_; ///< of a digest, bytes
    std::string header_, prefix_, separator_, encoding_;
    std::string time_header_, time_prefix_, time_format_;
    gatehouse::milliseconds tolerance_;
    std::vector<part> parts_;
};

} // namespace hmac_plugin
