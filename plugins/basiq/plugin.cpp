// Basiq: notifications signed by Standard Webhooks (api.basiq.io/docs/webhooks-security), fetched back from Basiq's API.
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/standard_webhooks.hpp>

#include "fetch.hpp"
#include "notification.hpp"
#include "plugin_samples.hpp"
#include "recovery.hpp"
#include "webhooks.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_schema = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "secret": {
      "type": ["string", "array"], "minLength": 1, "minItems": 1, "items": {"type": "string", "minLength": 1},
      "writeOnly": true, "x-captured": true,
      "description": "Secret of the webhook, as the API returned it when the webhook was created; old and new during a change. Not needed where the gateway creates the webhook: it keeps the secret itself"
    },
    "api_key": {
      "type": "string", "minLength": 1, "writeOnly": true,
      "description": "API key exactly as issued (it is base64 already); without it nothing is fetched back"
    },
    "api_url": {"type": "string", "format": "uri", "default": "https://au-api.basiq.io", "description": "Basiq's API"},
    "tolerance": {
      "type": "integer", "minimum": 1, "maximum": 3600, "default": 300,
      "description": "How many seconds the signed time may lie in the past or future"
    },
    "svix_headers": {"type": "boolean", "default": false, "description": "Accept svix-id, svix-timestamp and svix-signature, too"},
    "max_pages": {
      "type": "integer", "minimum": 1, "maximum": 200, "default": 20,
      "description": "How many pages of a list (500 entries each) are fetched for one event"
    }
  }
})";

class basiq_source {
public:
    basiq_source(host h, const settings& s)
        : host_(h),
          verifier_(make_verifier(s)),
          api_(h, api_of(s)),
          fetcher_(api_, static_cast<size_t>(s["max_pages"].integer().value_or(20))),
          webhooks_(api_),
          recovery_(api_, webhooks_, s.path()) {
        // Without an API key nobody but the operator can bring the secret.
        if (h.secret_count("secret") > 0 || h.secret_count("api_key") == 0)
            verifier_.check_secret(h);
        else
            h.warning("secret is not set: until the webhook is created (gatehouse subscriptions apply), notifications are answered 503");
        if (h.secret_count("api_key") == 0)
            h.warning("api_key is not set: notifications are verified and stored, but nothing is fetched back from Basiq");
    }

    void enroll(registry& r) {
        r.egress_setting("api_url");
        r.verifier("signature", [this](const request& in) { return verifier_(host_, in); });
        r.route("POST", "", "signature", [this](const request& in, const acceptance&) { return announced(in); });
        if (host_.secret_count("api_key") == 0) return;
        r.fetch_back("*", [this](const stored_event& e) { return fetcher_.fetch(e); });
        webhooks_.enroll(r);
        recovery_.enroll(r);
    }

private:
    static verify::standard_webhooks make_verifier(const settings& s) {
        const milliseconds tolerance = std::chrono::seconds(s["tolerance"].integer().value_or(300));
        std::vector<std::string> prefixes = {"webhook-"};
        if (s["svix_headers"].boolean().value_or(false)) prefixes.emplace_back("svix-");
        return verify::standard_webhooks("secret").prefixes(std::move(prefixes)).tolerance(tolerance, tolerance);
    }
    static url api_of(const settings& s) {
        const auto u = url::parse(s["api_url"].text());
        if (!u || u->path_and_query() != u->path()) throw setting_error("api_url", "is not an http or https URL, without query");
        return *u;
    }

    outcome announced(const request& in) const {
        const basiq::notification n = basiq::read_notification(in.body());
        // A genuine request is stored whatever is in it: a refusal would be repeated by Basiq eight times, and then cost the endpoint.
        return event(verifier_.message_id(in), n.type).subject(basiq::subject_of(n));
    }

    host host_;
    verify::standard_webhooks verifier_;
    basiq::connection api_;
    basiq::fetcher fetcher_;
    basiq::webhooks webhooks_;
    basiq::recovery recovery_;
};

} // namespace

GATEHOUSE_PLUGIN(basiq_source, {.name = "basiq",
                                .version = "1.0.0",
                                .summary = "Basiq open banking: signed notifications, fetched back with the entity",
                                .settings_schema = k_schema,
                                .samples = basiq::samples})
