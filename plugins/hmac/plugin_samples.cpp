#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

/// Settings as README.md gives them. The signatures are computed anew by tests/plugins/hmac_senders.cpp.
struct sender {
    std::string_view name, settings, target, head, body, type;
};

// clang-format off
constexpr sender k_senders[] = {
    {"github",
     R"({"secret": "github-sample-secret", "signature_header": "X-Hub-Signature-256", "signature_prefix": "sha256=", "type_header": "X-GitHub-Event", "dedupe_header": "X-GitHub-Delivery", "subject_pointer": "/repository/full_name"})",
     "/sample",
     "X-GitHub-Event: issues\n"
     "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\n"
     "X-Hub-Signature-256: sha256=1e3ca0fa339a864e482ab559c0268c621d6c00dbbc9a94b9bc4399b07baf4b5b\n",
     R"({"action":"opened","issue":{"number":7},"repository":{"full_name":"acme/shop"}})", "issues"},
    {"stripe",
     R"({"secret": ["whsec_stripe_sample_old", "whsec_stripe_sample"], "signature_header": "Stripe-Signature", "signature_separator": ",", "signature_prefix": "v1=", "timestamp_prefix": "t=", "signed": "{timestamp}.{body}", "dedupe_pointer": "/id", "type_pointer": "/type", "subject_pointer": "/data/object/id", "occurred_at_pointer": "/created"})",
     "/sample",
     "Stripe-Signature: t=1767225600,v1=0000000000000000000000000000000000000000000000000000000000000000,v1=c7907e169a50f0725357b49dce53a8c5f79c3d74d96611a18787ea30c6143bae,v0=1111111111111111111111111111111111111111111111111111111111111111\n",
     R"({"id":"evt_1","object":"event","type":"invoice.paid","created":1767225599,"data":{"object":{"id":"in_1","object":"invoice"}}})", "invoice.paid"},
    {"shopify",
     R"({"secret": "shopify-sample-secret", "signature_header": "X-Shopify-Hmac-Sha256", "encoding": "base64", "type_header": "X-Shopify-Topic", "dedupe_header": "X-Shopify-Webhook-Id", "subject_pointer": "/id", "occurred_at_pointer": "/updated_at"})",
     "/sample",
     "X-Shopify-Topic: orders/paid\n"
     "X-Shopify-Webhook-Id: b54557e4-bdd9-4b37-8a5f-bf7d70bcd043\n"
     "X-Shopify-Hmac-Sha256: KZF1SNewBelS4ljBso0aC4EtWmgn570IDQ53kOYIJcY=\n",
     R"({"id":820982911946154508,"updated_at":"2026-01-01T02:00:00+02:00","name":"#9999"})", "orders/paid"},
    {"slack",
     R"({"secret": "slack-sample-secret", "signature_header": "X-Slack-Signature", "signature_prefix": "v0=", "signed": "v0:{timestamp}:{body}", "timestamp_header": "X-Slack-Request-Timestamp", "type_pointer": "/event/type", "dedupe_pointer": "/event_id", "occurred_at_pointer": "/event_time", "challenge_pointer": "/challenge"})",
     "/sample",
     "X-Slack-Request-Timestamp: 1767225600\n"
     "X-Slack-Signature: v0=4bc6bb4a03a61439b469652e9542308fb53c90f14ff2f2e8450bebd555134177\n",
     R"({"type":"event_callback","event_id":"Ev01","event_time":1767225598,"event":{"type":"app_mention","channel":"C01"}})", "app_mention"},
    {"standard webhooks",
     R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key": "whsec", "signature_header": "webhook-signature", "signature_separator": " ", "signature_prefix": "v1,", "encoding": "base64", "timestamp_header": "webhook-timestamp", "signed": "{header:webhook-id}.{timestamp}.{body}", "dedupe_header": "webhook-id", "type_pointer": "/type", "subject_pointer": "/data/id"})",
     "/sample",
     "webhook-id: msg_1\n"
     "webhook-timestamp: 1767225600\n"
     "webhook-signature: v1a,AAAA v1,zo46nR5lJoxS5LQZRQ5Tooa7Fd787pgpYRIYZcMzlm8=\n",
     R"({"type":"contact.created","timestamp":"2026-01-01T00:00:00Z","data":{"id":"c-1"}})", "contact.created"},
    {"every part",
     R"({"secret": "000102030405060708090a0b0c0d0e0f", "key": "hex", "algorithm": "sha512", "signature_header": "X-Mac", "encoding": "base64url", "signed": "{method} {path}\n{target}\n{timestamp}\n{body}", "timestamp_header": "X-Time", "timestamp_format": "rfc3339", "type_pointer": "/kind"})",
     "/sample?a=1",
     "X-Time: 2026-01-01T00:00:00Z\n"
     "X-Mac: mark6rGjhJSsqQ-68HJh4AA_R1eU0zci41igPeQZ6QQJYanMVU1w136FDd2aFhXXlSIRf_AkQbxzf7BD98GsrQ\n",
     R"({"kind":"tick"})", "tick"},
};
// clang-format on

std::string request_of(const sender& s, std::string_view body) {
    return "POST " + std::string(s.target) + " HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\n" + std::string(s.head) +
           "Content-Length: " + std::to_string(body.size()) + "\n\n" + std::string(body);
}

} // namespace

std::vector<sample> hmac_samples() {
    const time_point at = at_seconds(1767225600);
    std::vector<sample> out;
    for (const sender& s : k_senders) {
        const std::string name(s.name);
        out.push_back(sample::accept(name, s.settings, at, request_of(s, s.body), s.type));
        out.push_back(
            sample::refuse(name + ", a changed body", s.settings, at, request_of(s, std::string(s.body) + " "), "signature_mismatch"));
        sender bare = s;
        bare.head = {};
        out.push_back(sample::refuse(name + ", no signature", s.settings, at, request_of(bare, s.body), "header_missing"));
        if (s.settings.find("{timestamp}") == std::string_view::npos) continue;
        out.push_back(
            sample::refuse(name + ", an hour later", s.settings, at + std::chrono::hours(1), request_of(s, s.body), "timestamp_too_old"));
    }
    return out;
}
