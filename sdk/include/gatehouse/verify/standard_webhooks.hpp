// Standard Webhooks 1.0: HMAC-SHA256 over "<id>.<timestamp>.<body>", base64 (version v1), and with asymmetric() ed25519 over the same text
// (version v1a).
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/host.hpp>
#include <gatehouse/request.hpp>

#include <array>
#include <functional>

namespace gatehouse::verify {

/// Over the raw bytes, before anything is parsed. Every value of the secret is tried against every "v1," entry of the list; entries of
/// other versions are passed over. Secrets with and without "whsec_", padded or not, are decoded by the host (GATEHOUSE_KEY_WHSEC).
/// The signed time and its window go to the host, which enforces it; the message id is reported as replay id.
///
/// Refusal codes, all 401:
///   header_missing       id, timestamp or signature is not there
///   header_malformed     one of them is there more than once
///   id_malformed         empty, longer than 256 bytes, not printable, or with a "." (the standard forbids it: the signed text would be
///                        ambiguous)
///   timestamp_malformed  anything but 1 to 12 digits
///   signature_malformed  no entry of version v1 that is base64 of 32 bytes (nor, with asymmetric(), one of v1a of 64 bytes)
///   signature_mismatch   there is one, and none fits
class standard_webhooks {
public:
    /// `secret`: name of a secret setting.
    explicit standard_webhooks(std::string_view secret) : secret_(secret) {}
    /// Header prefixes, tried in this order; the first of which any header is there counts. Without it: "webhook-".
    standard_webhooks prefixes(std::vector<std::string> p) && {
        prefixes_ = std::move(p);
        return std::move(*this);
    }
    /// Without it: 5 minutes both ways.
    standard_webhooks tolerance(milliseconds past, milliseconds future) && {
        past_ = past;
        future_ = future;
        return std::move(*this);
    }

    /// Accepts "v1a," entries too, of which `check(text, signature)` says yes: text "<id>.<timestamp>.<body>", signature 64 bytes. The
    /// secret may then be without a value. See ed25519.hpp.
    standard_webhooks asymmetric(std::function<bool(std::string_view, std::string_view)> check) && {
        asymmetric_ = std::move(check);
        return std::move(*this);
    }

    /// For the source's constructor: throws setting_error when the secret has no value, or one that gives no key ("", "whsec_", not
    /// base64).
    void check_secret(const host& h) const {
        const uint32_t count = h.secret_count(secret_);
        if (count == 0) throw setting_error(secret_, "is not set: it is the endpoint's secret, \"whsec_…\"");
        for (uint32_t i = 0; i < count; ++i) {
            const auto value = h.secret(secret_, i);
            const bool empty = !value || value->empty() || *value == "whsec_";
            const std::array<std::string_view, 1> nothing = {""};
            if (empty || !h.hmac(hmac_algorithm::sha256, key_form::whsec, secret_, i, nothing))
                throw setting_error(secret_, "value " + std::to_string(i + 1) + " is " + (empty ? "empty" : "not base64") +
                                                 ": copy it as the provider shows it, with or without \"whsec_\"");
        }
    }

    verdict operator()(const host& h, const request& r) const {
        const std::string& prefix = prefix_of(r);
        std::array<std::string_view, 3> values;
        for (size_t i = 0; i < 3; ++i) {
            const std::string name = prefix + std::string(k_names[i]);
            const auto value = r.header(name);
            if (!value) return refusal("header_missing", name + " is missing");
            if (r.count(name) != 1) return refusal("header_malformed", name + " is there more than once");
            values[i] = *value;
        }
        const auto [id, timestamp, signatures] = values;
        if (!good_id(id)) return refusal("id_malformed", prefix + "id is empty, too long, not printable or has a \".\" in it");
        const auto seconds = detail::parse_digits(timestamp, 12);
        if (!seconds) return refusal("timestamp_malformed", prefix + "timestamp is not seconds since 1970: " + printable(timestamp, 30));

        const auto accepted = [&, id = id] { return acceptance().signed_at(at_seconds(*seconds), past_, future_).replay_id(id); };
        const auto asymmetric = asymmetric_ ? entries(signatures, "v1a,", 64) : std::vector<std::string_view>();
        if (!asymmetric.empty()) {
            const std::string text = std::string(id) + "." + std::string(timestamp) + "." + std::string(r.body());
            for (std::string_view entry : asymmetric)
                if (asymmetric_(text, *from_base64(entry))) return accepted();
        }
        const auto candidates = entries(signatures, "v1,", 32);
        if (candidates.empty() && asymmetric.empty())
            return refusal("signature_malformed", prefix + "signature has no entry \"v1,<base64 of 32 bytes>\"");

        const std::array<std::string_view, 5> parts = {id, ".", timestamp, ".", r.body()};
        bool match = false, broken = false;
        const uint32_t count = h.secret_count(secret_);
        for (uint32_t i = 0; i < count; ++i) {
            const auto digest = h.hmac(hmac_algorithm::sha256, key_form::whsec, secret_, i, parts);
            if (!digest) {
                broken = true;
                continue;
            }
            const std::string expected = to_base64(*digest);
            for (std::string_view candidate : candidates) match |= equal_constant_time(expected, candidate);
        }
        if (match) return accepted();
        // Our own fault must not become a refusal: what the sender sent may well be genuine.
        if ((count == 0 && !asymmetric_) || broken)
            throw failure::retry("setting \"" + secret_ + "\" has no value, or one that is not a key");
        return refusal("signature_mismatch", std::to_string(candidates.size() + asymmetric.size()) + " signature(s) against " +
                                                 std::to_string(count) + " secret(s)" + (asymmetric_ ? " and the public keys" : "") +
                                                 ", body of " + std::to_string(r.body().size()) + " bytes: is \"" + secret_ +
                                                 "\" this endpoint's, and does nothing on the way change the body?");
    }

    /// The message id of a request that this verifier accepted.
    std::string_view message_id(const request& r) const { return r.header(prefix_of(r) + "id").value_or(std::string_view()); }

private:
    static constexpr std::array<std::string_view, 3> k_names = {"id", "timestamp", "signature"};
    static time_point at_seconds(int64_t s) { return time_point(std::chrono::seconds(s)); }

    const std::string& prefix_of(const request& r) const {
        for (const auto& prefix : prefixes_)
            for (std::string_view name : k_names)
                if (r.header(prefix + std::string(name))) return prefix;
        return prefixes_.front();
    }

    static bool good_id(std::string_view id) {
        if (id.empty() || id.size() > 256) return false;
        for (char c : id)
            if (c <= 0x20 || c >= 0x7f || c == '.') return false;
        return true;
    }

    /// The signatures of one version, of the right size, still in base64.
    static std::vector<std::string_view> entries(std::string_view list, std::string_view version, size_t size) {
        std::vector<std::string_view> out;
        while (!list.empty()) {
            const size_t space = std::min(list.find(' '), list.size());
            const std::string_view entry = list.substr(0, space);
            list.remove_prefix(std::min(space + 1, list.size()));
            if (entry.substr(0, version.size()) != version) continue;
            const auto bytes = from_base64(entry.substr(version.size()));
            if (bytes && bytes->size() == size) out.push_back(entry.substr(version.size()));
        }
        return out;
    }

    std::string secret_;
    std::vector<std::string> prefixes_ = {"webhook-"};
    std::function<bool(std::string_view, std::string_view)> asymmetric_;
    milliseconds past_ = std::chrono::minutes(5), future_ = std::chrono::minutes(5);
};

} // namespace gatehouse::verify
