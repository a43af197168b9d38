// Any sender that follows Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), by
// configuration only: signatures by shared secret (v1) and by public key (v1a).
#include <gatehouse/event_fields.hpp>
#include <gatehouse/join.hpp>
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/ed25519.hpp>
#include <gatehouse/verify/standard_webhooks.hpp>

#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_own_settings = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "secret": {"type": ["string", "array"], "items": {"type": "string"}, "writeOnly": true,
      "description": "The endpoint's signing secret, whsec_...; old and new during a rotation"},
    "public_keys": {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 16, "default": [],
      "description": "The sender's public keys, whpk_..., where it signs with ed25519, version v1a"
},
    "header_prefixes": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,40}-$"}, "minItems": 1, "maxItems": 4,
      "default": ["webhook-"],
      "description": "What id, timestamp and signature begin with; the first of which any header is there counts. Svix sends svix-"},
    "tolerance": {"type": "string", "pattern": "^[0-9]{1,8}[smhd]$", "default": "5m",
      "description": "How far the signed time may lie from now, either way"},
    "type_pointer": {"type": "string", "maxLength": 500, "default": "/type", "description": "JSON Pointer to the event's type"},)";
constexpr std::string_view k_end = "}}";
constexpr std::string_view k_schema = joined<k_own_settings, k_event_fields, k_end>;

class standard_webhooks_source {
public:
    standard_webhooks_source(host h, const settings& s)
        : host_(h), keys_(keys(s)), verifier_(verifier(s)), type_(s, "type_pointer"), fields_(s) {
        if (keys_.empty() && h.secret_count("secret") == 0)
            throw setting_error("secret",
                                "is not set, and neither is public_keys: set the one that the sender shows, whsec_... or whpk_...");
        if (h.secret_count("secret") > 0) verifier_.check_secret(h);
    }

    void enroll(registry& r) {
        r.verifier("signature", [this](const request& in) { return verifier_(host_, in); });
        r.route("POST", "", "signature", [this](const request& in, const acceptance&) { return announced(in); });
    }

private:
    static std::vector<verify::ed25519_key> keys(const settings& s) {
        std::vector<verify::ed25519_key> out;
        for (const json::value text : s["public_keys"].elements()) {
            auto key = verify::ed25519_key::from_whpk(text.text());
            if (!key)
                throw setting_error("public_keys", "value " + std::to_string(out.size() + 1) + " is not whpk_ and base64 of 32 bytes");
            out.push_back(std::move(*key));
        }
        return out;
    }

    verify::standard_webhooks verifier(const settings& s) const {
        const auto tolerance = parse_duration(s["tolerance"].text());
        if (!tolerance) throw setting_error("tolerance", "is more than 366 days");
        std::vector<std::string> prefixes;
        for (const json::value prefix : s["header_prefixes"].elements()) prefixes.emplace_back(prefix.text());
        auto out = verify::standard_webhooks("secret").prefixes(std::move(prefixes)).tolerance(*tolerance, *tolerance);
        if (keys_.empty()) return out;
        return std::move(out).asymmetric([this](std::string_view text, std::string_view signature) {
            return std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) { return key.verify(text, signature); });
        });
    }

    outcome announced(const request& in) const {
        const json::document body = json::parse(in.body());
        return fields_.fill(event(verifier_.message_id(in), event_fields::type(type_.find(body.root()))), body.root());
    }

    host host_;
    std::vector<verify::ed25519_key> keys_;
    verify::standard_webhooks verifier_;
    pointer_setting type_;
    event_fields fields_;
};

} // namespace

GATEHOUSE_PLUGIN(standard_webhooks_source, {.name = "standard-webhooks",
                                            .version = "1.0.0",
                                            .summary = "Any sender that follows Standard Webhooks 1.0",
                                            .settings_schema = k_schema,
                                            .samples = standard_webhooks_samples})
