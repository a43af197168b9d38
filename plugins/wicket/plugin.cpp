// Wicket by TISA Group: "user data changed" over Amazon SNS, the data read back from Wicket's API
// (docs.tisagroup.ch/wicket/integration/notifications).
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/sns.hpp>

#include "fetch.hpp"
#include "notification.hpp"
#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_own_settings = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "delivery": {"enum": ["raw", "enveloped"], "default": "raw",
      "description": "Wicket subscribes with raw delivery, which is not signed; ask for enveloped delivery where you can"},
    "api_url": {"type": "string", "format": "uri", "description": "Wicket's back-end API, with /b2b: https://.../b2b"},
    "api_key": {"type": "string", "minLength": 1, "writeOnly": true, "description": "Key of your application, sent as x-api-key"},
    "application_id": {"type": "string", "maxLength": 200, "description": "Your application at Wicket, for the operation user_subs"},
    "date_zone": {"type": "string", "pattern": "^(unknown|[+-][0-9]{2}:[0-9]{2})$", "default": "unknown",
      "description": "Zone of date_time, which the message does not tell: unknown widens the window to every zone there is, +00:00 is UTC"},
    "check_date": {"type": "boolean", "default": true, "description": "Refuse raw messages whose date_time lies outside the window"},)";
constexpr std::string_view k_end = "}}";
constexpr std::string_view k_schema = joined<k_own_settings, sns::k_settings, sns::k_raw_settings, k_end>;

class wicket_source {
public:
    wicket_source(host h, const settings& s)
        : host_(h),
          sns_(h, s, s["delivery"].text() == "enveloped" ? sns::delivery::enveloped : sns::delivery::raw),
          window_(s["date_zone"].text(), sns_.config().window()),
          check_date_(s["check_date"].boolean().value_or(true)) {
        const bool url = static_cast<bool>(s["api_url"]), key = h.secret_count("api_key") > 0;
        if (url != key) throw setting_error(url ? "api_key" : "api_url", "is not set: the two go together");
        if (url)
            api_.emplace(h, s);
        else
            h.warning("api_url and api_key are not set: notifications are stored, but the user's data is not read from Wicket");
    }

    void enroll(registry& r) {
        sns_.enroll(r);
        r.verifier("sns", [this](const request& in) {
            return sns_.verify(in, {}, [this](const request& raw, acceptance yes) { return check_raw(raw, std::move(yes)); });
        });
        r.route(
            "POST", "", "sns", [this](const request& in, const acceptance&) { return notified(in); }, sns::k_max_body);
        if (!api_) return;
        r.egress_setting("api_url");
        r.fetch_back("*", [this](const stored_event& e) { return api_->user_data(e); });
        r.operation("user_subs", "Look up a user's application_user_sub by e-mail, or check one", wicket::k_user_subs_schema, "",
                    [this](const json::document& a) { return api_->user_subs(a); });
    }

private:
    /// Nothing signs a raw message, so at least its form must be exactly the documented one.
    verdict check_raw(const request& in, acceptance yes) const {
        const auto n = wicket::notification::read(in.body());
        if (!n)
            return refusal("body_malformed", "the body is not the three members application_user_sub, date_time and operation_type", 400);
        if (!check_date_) return yes;
        const auto fault = window_.fault(n->date, host_.now());
        if (fault.empty()) return yes;
        return refusal(fault, "date_time is " + clock_text(n->date, 'T') + " in zone \"date_zone\"; is the setting right?", 403);
    }

    outcome notified(const request& in) const {
        if (auto handshake = sns_.handshake(in)) return std::move(*handshake);
        std::optional<sns::envelope> e;
        if (!sns_.raw()) e = sns::receiver::envelope_of(in);
        const auto n = wicket::notification::read(e ? e->message() : in.body());
        const std::string id = sns::receiver::message_id_of(in);
        // Signed by SNS for this topic, and not what is documented: kept, for a person to look at.
        if (!n) return event(id, "unknown").answer(200).occurred_at(e ? std::optional(e->timestamp()) : std::nullopt).body_may_vary();
        event out = event(id, n->operation).subject(n->user).ordering_key(n->user).answer(200).occurred_at(window_.utc(n->date));
        if (e) out = std::move(out).body_may_vary();
        return out;
    }

    host host_;
    sns::receiver sns_;
    wicket::date_window window_;
    bool check_date_;
    std::optional<wicket::api> api_;
};

} // namespace

GATEHOUSE_PLUGIN(wicket_source, {.name = "wicket",
                                 .version = "1.0.0",
                                 .summary = "Wicket fan accounts: changes announced over SNS, user data read back",
                                 .settings_schema = k_schema,
                                 .samples = wicket::samples})
