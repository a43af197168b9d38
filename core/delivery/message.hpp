// What a delivery looks like on the wire.
//
// Payload (config `payload`), the bytes that are carried:
//   notification  the body as the provider sent it, with its Content-Type
//   document      the document that was fetched back, with its type. Without one (nothing to fetch, given up, or gone at the provider) the
//                 notification goes in its place; gatehouse-document says which
//   both          application/json: {"notification": N, "document": D, "gone": G}. N and D are the JSON texts byte for byte; D is null
//                 when there is none. One that is not JSON stands as "notification_base64" or "document_base64" instead of its member
//
// Format (config `format`), the envelope around them:
//   raw                     the payload alone
//   cloudevents-binary      the payload, attributes as ce-* fields (CloudEvents 1.0, HTTP binding)
//   cloudevents-structured  application/cloudevents+json; JSON stands as "data" byte for byte, anything else as "data_base64"
// Attributes: id = the event's id, source = "/sources/<name>", type, time = when it happened, else when it was received; subject when there
// is one; partitionkey = the ordering key when there is one; gatehousetrust = "unverified-origin" when the provider signs nothing.
//
// Fields always: webhook-id (the event's id, the same on every attempt, destination and replay), webhook-timestamp (seconds, of this
// attempt), webhook-signature (Standard Webhooks 1.0), gatehouse-source, gatehouse-event-type. Fields at times: gatehouse-trust:
// unverified-origin; gatehouse-document: fetched | gone | absent (payload document or both); traceparent and tracestate as the notification
// had them (W3C Trace Context).
#pragma once

#include "core/base/time.hpp"
#include "core/config/config.hpp"
#include "core/delivery/signature.hpp"
#include "core/egress/client.hpp"
#include "core/store/records.hpp"

namespace gh::delivery {

/// Content-Type and body to be signed and sent.
struct Content {
    std::string type;
    std::string body;
    std::vector<http::Field> fields; ///< ce-*
};
Content content_of(const store::Event&, const config::Destination&);

/// The whole request, signed for the time `now`.
egress::Request message_for(const store::Event&, const config::Destination&, const Signer&, Time now);

/// First field of that name in a stored field block, trimmed; empty when there is none.
std::string_view field_of(std::string_view head, std::string_view name);

} // namespace gh::delivery
