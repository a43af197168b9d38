// A notification of Streams: who proves it, and what it is (docs: subscribers/subscriber-webhook.md, "Webhook headers").
#pragma once

#include "plugin_token.hpp"

namespace axway {

/// What the headers tell; the event's identity stands nowhere else. A member is empty when its header is missing or no id.
struct identity {
    std::string subscription, topic, event, type;

    static identity of(const gatehouse::request&);
    /// Whether it can be told apart from all others: subscription and event are there, and the type is one of Streams'.
    bool complete() const;
};

/// State: "pin/<subscription>" is there for each subscription that our own operation created, "pinned" once there was one. While an
/// operation creates a subscription, "creating" says until when (ms) unknown ids are accepted: its first snapshot may come before the
/// answer that names it.
inline std::string pin_key(std::string_view subscription) {
    return "pin/" + std::string(subscription);
}
inline constexpr std::string_view k_pinned = "pinned";
inline constexpr std::string_view k_creating = "creating";
/// The callback address last asked for, written before Streams is asked: a subscription with it is ours though its id is not known.
inline constexpr std::string_view k_callback = "callback";

/// Verifies notifications. Refusals: header_missing, header_malformed, token_unknown, token_expired (RFC 6750 section 3), secret_mismatch,
/// subscription_foreign, topic_foreign.
class sender {
public:
    sender(gatehouse::host h, const configuration& c, const token_store& tokens) : host_(h), configuration_(c), tokens_(tokens) {}

    gatehouse::verdict verify(const gatehouse::request&) const;
    /// Genuine: becomes an event whatever is in it.
    gatehouse::event announce(const gatehouse::request&) const;

private:
    std::optional<gatehouse::refusal> check_token(const gatehouse::request&) const;
    std::optional<gatehouse::refusal> check_header(const gatehouse::request&) const;
    std::optional<gatehouse::refusal> check_identity(const gatehouse::request&) const;
    std::string digest(std::string_view) const;

    gatehouse::host host_;
    const configuration& configuration_;
    const token_store& tokens_;
};

} // namespace axway
