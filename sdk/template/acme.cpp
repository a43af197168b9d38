// Acme: notifications signed by Standard Webhooks; the full order is fetched back from Acme's API.
#include <gatehouse/plugin.hpp>
#include <gatehouse/verify/standard_webhooks.hpp>

using namespace gatehouse;

namespace {

constexpr std::string_view k_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["secret", "api_key"],
  "properties": {
    "secret":  {"type": ["string", "array"], "items": {"type": "string"}, "writeOnly": true,
                "description": "Signing secret of the endpoint; several during a rotation"},
    "api_key": {"type": "string", "writeOnly": true, "description": "Key for Acme's API"},
    "api_url": {"type": "string", "format": "uri", "default": "https://api.acme.example", "description": "Acme's API"}
  }
})";

class acme_source {
public:
    acme_source(host h, const settings& s) : host_(h), verifier_("secret") {
        verifier_.check_secret(h);
        const auto api = url::parse(s["api_url"].text());
        if (!api) throw setting_error("api_url", "is not an http or https URL");
        orders_ = api->join("v1/orders/");
    }

    void enroll(registry& r) {
        r.egress_setting("api_url");
        r.verifier("signature", [this](const request& in) { return verifier_(host_, in); });
        r.route("POST", "", "signature", [this](const request& in, const acceptance&) { return announced(in); });
        r.fetch_back("order.*", [this](const stored_event& e) { return order(e); });
    }

private:
    // {"type": "order.paid", "data": {"id": "o-17"}}: a hint, not yet the order.
    outcome announced(const request& in) const {
        const json::document body = json::parse(in.body());
        const std::string_view type = body["type"].text();
        // It is genuine: keep even what we do not understand.
        return event(verifier_.message_id(in), type.empty() ? "unknown" : type).subject(body["data"]["id"].text());
    }

    job<result> order(const stored_event& e) const {
        const auto id = path_segment(e.subject());
        if (!id) co_return failure::invalid("the notification names no order (data.id)");
        const auto answer = co_await http::get(orders_ + *id).secret_header("Authorization", "Bearer ", "api_key");
        if (answer.status() == 404) co_return gone("order " + e.subject() + " is not there any more");
        if (answer.status() != 200) co_return http::to_failure(answer, "GET order " + e.subject(), host_.now());
        co_return document(answer.body());
    }

    host host_;
    verify::standard_webhooks verifier_;
    std::string orders_;
};

// What `gatehouse plugins check` sends through it: signed with the secret below over id.timestamp.body; the second has another body.
constexpr std::string_view k_settings = R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "api_key": "k"})";
constexpr std::string_view k_head =
    "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\nwebhook-id: msg_1\n"
    "webhook-timestamp: 1767225600\nwebhook-signature: v1,tCMROj1HXC+X3Xzoxsx4BTLaRl088+Xpgq9hao02INI=\n";

std::vector<sample> samples() {
    const std::string head(k_head);
    const time_point at = at_seconds(1767225600);
    return {sample::accept("paid", k_settings, at, head + "Content-Length: 42\n\n{\"type\":\"order.paid\",\"data\":{\"id\":\"o-17\"}}",
                           "order.paid"),
            sample::refuse("changed body", k_settings, at,
                           head + "Content-Length: 42\n\n{\"type\":\"order.paid\",\"data\":{\"id\":\"o-18\"}}", "signature_mismatch")};
}

} // namespace

GATEHOUSE_PLUGIN(acme_source, {.name = "acme", .version = "1.0.0", .summary = "Acme orders", .settings_schema = k_schema, .samples = samples})
