// Amazon SNS over HTTPS: docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html. Link OpenSSL::Crypto.
//
//     sns::receiver sns_;                                    a member, made with (host, settings, sns::delivery::enveloped)
//     void enroll(registry& r) {
//         sns_.enroll(r);                                    egress, handshake, operations
//         r.verifier("sns", [this](const request& in) { return sns_.verify(in); });
//         r.route("POST", "", "sns", [this](const request& in, const acceptance&) { return notified(in); }, sns::k_max_body);
//     }
//     outcome notified(const request& in) {
//         if (auto handshake = sns_.handshake(in)) return std::move(*handshake);
//         const sns::envelope e = sns::receiver::envelope_of(in);
//         return event(e.message_id(), "acme.changed").occurred_at(e.timestamp()).answer(200);
//     }
//
// What is trusted, and why:
//   - A message is genuine when its signature (version 1: RSA with SHA-1, 2: with SHA-256) fits the text that AWS documents, made from the
//     decoded strings, under the key of the certificate that its SigningCertURL names.
//   - That URL must be the one of the topic's own region: https, exactly that host, exactly SNS's kind of path, nothing else. It is looked
//     up in the cache only after that. What is downloaded must be one PEM certificate and nothing else, for the name that SNS uses in that
//     region, valid at the message's Timestamp.
//   - By default trust in the certificate rests on the TLS connection to that host, as in every validator that AWS publishes: SNS serves
//   the
//     certificate without its chain. With the setting signing_ca it must also chain to the certificates given there.
//   - A signature by SNS says nothing of whose topic it is. Only pinned topics are accepted: those of topic_arns, those an operator
//     approved, those a provider's API named (pin). Another topic's confirmation that verifies is kept, waiting for approval.
//   - Confirming visits a URL built from the checked parts, as a job after the message is stored. UnsubscribeURL and MessageAttributes are
//     not signed and never looked at; the SubscribeURL of an UnsubscribeConfirmation would subscribe again and is never followed.
//   - Raw delivery has no signature: Basic credentials or an unguessable path prove the sender, and topic and subscription ARN in the
//     headers must be those of a subscription that this source confirmed. Without Basic credentials the event is marked as of unverified
//     origin: path and headers could be known to whoever once saw a request.
//
// Refusal codes: credentials_missing (401), credentials_malformed, credentials_mismatch; header_missing, header_malformed, header_mismatch;
// raw_refused, envelope_refused; body_malformed, field_missing, field_not_text, field_malformed; region_not_allowed, topic_not_pinned,
// subscription_mismatch; signature_version_unknown, signature_version_refused, signature_malformed, signature_mismatch;
// certificate_url_refused, certificate_malformed, certificate_name_mismatch, certificate_expired, certificate_not_yet_valid,
// certificate_chain_refused; subscribe_url_mismatch. A certificate that cannot be fetched is our own trouble: 503.
#pragma once

#include <gatehouse/verify/sns/receiver.hpp>
