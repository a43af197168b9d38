// iVvy: changes of an account over Amazon SNS, with iVvy's own signature inside (developer.ivvy.com, "notifications").
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/sns.hpp>

#include "content.hpp"
#include "fetch_entity.hpp"
#include "fetch_recover.hpp"
#include "fetch_subscription.hpp"
#include "inner_key.hpp"
#include "message.hpp"
#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_own_settings = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["account_id"],
  "properties": {
    "account_id": {"type": "string", "pattern": "^[0-9]{1,18}$", "description": "Your account at iVvy: messages of others are refused"},
    "api_url": {"type": "string", "format": "uri", "default": "https://api.ap-southeast-2.ivvy.com",
      "description": "API of your region: api.ap-southeast-2.ivvy.com, api.us-west-2.ivvy.com or api.eu-west-2.ivvy.com"},
    "api_key": {"type": "string", "minLength": 1, "writeOnly": true, "description": "API key; without it nothing is read back"},
    "api_secret": {"type": "string", "minLength": 1, "writeOnly": true, "description": "Secret of that key"},
    "inner_signature": {"enum": ["required", "off"], "default": "required",
      "description": "Whether iVvy's own signature inside the message is checked; SNS's is always"},
    "signing_keys": {"type": "array", "default": [], "items": {"type": "object", "additionalProperties": false,
        "required": ["path", "pem"], "properties": {"path": {"type": "string"}, "pem": {"type": "string"}}},
      "description": "Keys of iVvy known beforehand, by SigningPublicKeyPath: these are not fetched"},
    "signing_key_host": {"type": "string", "format": "uri",
      "description": "Where iVvy's keys are fetched in place of S3: a simulator or a proxy"},
    "venue_id": {"type": "string", "pattern": "^[0-9]{1,18}$",
      "description": "Venue to read where a notification names none: rates, availability, tasks"},
    "max_pages": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50,
      "description": "How many pages of a list are searched for one entity"},)";
constexpr std::string_view k_end = "}}";
constexpr std::string_view k_schema = joined<k_own_settings, sns::k_settings, k_end>;

class ivvy_source {
public:
    ivvy_source(host h, const settings& s)
        : host_(h),
          sns_(h, s, sns::delivery::enveloped, {"ap-southeast-2", "us-west-2", "eu-west-2"}),
          keys_(h, s),
          account_(s["account_id"].text()) {
        if (h.secret_count("api_key") > 0 || h.secret_count("api_secret") > 0)
            api_.emplace(h, s);
        else
            h.warning("api_key and api_secret are not set: notifications are stored as they come, and nothing is read from iVvy");
    }

    void enroll(registry& r) {
        sns_.enroll(r, sns::receiver::own_list::yes);
        keys_.enroll(r);
        r.operation("subscriptions", "The subscriptions made at iVvy, and topics that wait for approval", {}, "list",
                    [this](const json::document&) { return ivvy::list_subscriptions(host_, sns_); });
        r.verifier("sns", [this](const request& in) { return verify(in); });
        r.route(
            "POST", "", "sns", [this](const request& in, const acceptance&) { return notified(in); }, sns::k_max_body);
        if (!api_) return;
        r.egress_setting("api_url");
        for (const auto& type : ivvy::readable_types()) r.fetch_back(type, [this](const stored_event& e) { return api_->fetch(e); });
        r.operation("subscribe", "Subscribe an address at iVvy and pin the topics it answers with", ivvy::k_subscribe_schema, "subscribe",
                    [this](const json::document& a) { return api_->subscribe(a, sns_); });
        r.operation("update", "Change the address or the kinds of notification of a subscription", ivvy::k_update_schema, "update",
                    [this](const json::document& a) { return api_->update(a, sns_); });
        r.operation("unsubscribe", "End a subscription at iVvy", ivvy::k_unsubscribe_schema, "unsubscribe",
                    [this](const json::document& a) { return api_->unsubscribe(a); });
        r.operation("recover", "Ask the lists that know a date of modification for what was missed", ivvy::k_recover_schema, "recover",
                    [this](const json::document& a) { return api_->recover(a); });
        r.operation("ping", "Ask iVvy's API whether key, secret and clock are right", {}, "test",
                    [this](const json::document&) { return api_->ping(); });
    }

private:
    verdict verify(const request& in) const {
        verdict v = sns_.verify(in, [this](const sns::envelope& e, acceptance yes) { return check_inner(e, std::move(yes)); });
        auto* missing = std::get_if<job<result>>(&v);
        if (!missing) return v;
        const sns::envelope e = sns::receiver::envelope_of(in);
        if (e.type() != sns::message_type::notification) return v;
        const auto m = ivvy::message::read(e.message());
        if (!m || m->account() != account_) return v;
        return keys_.fetch_after(std::move(*missing), *m);
    }

    /// After SNS's signature, which is the only one that covers where iVvy's key is.
    verdict check_inner(const sns::envelope& e, acceptance yes) const {
        const auto m = ivvy::message::read(e.message());
        if (!m) return refusal("inner_malformed", "SNS delivered it, but Message is not one of iVvy's", 403);
        if (m->account() != account_)
            return refusal("account_not_pinned", "AccountId is \"" + printable(m->account(), 40) + "\", not the configured account_id",
                           403);
        if (!keys_.wanted()) return yes;
        return keys_.check(*m, std::move(yes));
    }

    outcome notified(const request& in) const {
        if (auto handshake = sns_.handshake(in)) return std::move(*handshake);
        const sns::envelope e = sns::receiver::envelope_of(in);
        const auto m = ivvy::message::read(e.message());
        if (!m) return refusal("inner_malformed", "Message is not one of iVvy's", 400);
        const ivvy::content c(m->body(), ivvy::parse_subject(m->subject()));
        const std::string about = c.about();
        return event(e.message_id(), c.subject().type)
            .subject(about)
            .ordering_key(about)
            .occurred_at(m->occurred_at().value_or(e.timestamp()))
            .answer(200)
            .body_may_vary();
    }

    host host_;
    sns::receiver sns_;
    ivvy::inner_keys keys_;
    std::string account_;
    std::optional<ivvy::fetcher> api_;
};

} // namespace

GATEHOUSE_PLUGIN(ivvy_source, {.name = "ivvy",
                               .version = "1.0.0",
                               .summary = "iVvy venues and events: changes over SNS with iVvy's own signature, read back from its API",
                               .settings_schema = k_schema,
                               .samples = ivvy::samples})
