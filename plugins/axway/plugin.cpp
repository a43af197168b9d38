// Axway Amplify Streams: notifications of topics to a webhook, protected by OAuth 2.0 with this source as token endpoint, or by a fixed
// secret header; snapshots and patches become the current document (github.com/Axway/streams-open-docs, content/en/docs/subscribers).
#include "plugin_endpoint.hpp"
#include "plugin_operations.hpp"
#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

/// Streams publishes up to 1 MB; the rest is for the operations of a patch around the values.
constexpr uint64_t k_most_body = 2u << 20;
constexpr uint64_t k_most_token_request = 16u << 10;

class axway_source {
public:
    axway_source(host h, const settings& s)
        : configuration_(axway::configuration::read(h, s)),
          tokens_(h, configuration_),
          endpoint_(h, configuration_, tokens_),
          sender_(h, configuration_, tokens_),
          documents_(h, configuration_.recreate ? [this](std::string id) { return operations_.recreate(std::move(id)); }
                                                : axway::document_keeper::recreate()),
          operations_(h, configuration_, tokens_, documents_) {
        if (configuration_.subscriptions.empty() && configuration_.topics.empty() && !h.get_state(axway::k_pinned))
            h.warning(
                "no subscription is pinned: whoever has the secret may speak for any; set subscriptions, or create it by the operation "
                "subscribe");
    }

    void enroll(registry& r) {
        r.verifier("sender", [this](const request& in) { return sender_.verify(in); });
        r.route(
            "POST", "", "sender", [this](const request& in, const acceptance&) { return outcome(sender_.announce(in)); }, k_most_body);
        if (!configuration_.clients.empty()) {
            // Who asks for a token proves itself to the endpoint, whose refusals need a body (RFC 6749 section 5.2); a verifier's have
            // none, and would put what may be a secret into quarantine.
            r.verifier("token-request", [](const request&) { return verdict(acceptance().unverified_origin()); });
            r.route(
                "POST", "/oauth/token", "token-request",
                [this](const request& in, const acceptance&) { return outcome(endpoint_.answer(in)); }, k_most_token_request);
        }
        for (const char* type : {"snapshot", "patch", "error"})
            r.fetch_back(type, [this](const stored_event& e) { return documents_.keep(e); });
        if (configuration_.api) r.egress_setting("api_url");
        operations_.enroll(r);
    }

private:
    axway::configuration configuration_;
    axway::token_store tokens_;
    axway::token_endpoint endpoint_;
    axway::sender sender_;
    axway::document_keeper documents_;
    axway::operations operations_;
};

} // namespace

GATEHOUSE_PLUGIN(axway_source, {.name = "axway",
                                .version = "1.0.0",
                                .summary = "Axway Amplify Streams: OAuth 2.0 token endpoint, snapshots and patches kept as documents",
                                .settings_schema = axway::k_settings_schema,
                                .samples = axway::samples})
