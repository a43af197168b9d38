// Part of receiver.hpp: what is decided while the sender waits.
#pragma once

#include <gatehouse/verify/sns/receiver.hpp>

namespace gatehouse::sns {

inline receiver::certificates::entry receiver::read_certificate(const std::string& body) const {
    // An error page is trouble on the way; something with a certificate in it that is not just a certificate is an attempt at one.
    if (body.find("-----BEGIN") == std::string::npos)
        throw failure::retry("signing certificate of SNS: what was downloaded (" + std::to_string(body.size()) +
                             " bytes) is no certificate");
    auto [read, fault] = certificate::read(body, settings_.trusted());
    return read ? certificates::entry(std::move(read)) : certificates::entry(std::move(fault));
}

inline verdict receiver::verify(const request& in, const envelope_check& more, const raw_check& more_raw) const {
    if (settings_.basic())
        if (auto no = settings_.basic()->check(host_, in)) return std::move(*no);
    auto read = message_headers::read(in);
    if (auto* no = std::get_if<refusal>(&read)) return std::move(*no);
    const auto& headers = std::get<message_headers>(read);
    if (headers.kind() == message_type::notification) {
        if (raw()) return verify_raw(in, headers, more_raw);
        if (headers.raw())
            return refusal("raw_refused", "the request says raw delivery, which nothing signs, and this source expects envelopes", 403);
    }
    return verify_envelope(in, headers, more);
}

inline verdict receiver::verify_envelope(const request& in, const message_headers& headers, const envelope_check& more) const {
    auto read = envelope::read(in.body());
    if (auto* no = std::get_if<refusal>(&read)) return std::move(*no);
    const auto& e = std::get<envelope>(read);
    // Whatever it is refused for.
    if (explain_.listens()) explain_.say("text that is signed", e.canonical());
    if (const auto difference = headers.difference(e); !difference.empty()) return refusal("header_mismatch", difference, 403);
    if (auto no = check_origin(e)) return std::move(*no);

    const std::string url(e.signing_cert_url());
    const std::string_view name = std::string_view(url).substr(url.rfind('/') + 1);
    std::shared_ptr<const certificate> signer = settings_.certificate_named(name);
    if (!signer) {
        const auto known = keys_.find(url);
        if (!known) return keys_.fetch(url, origin_of(e.topic().region(), settings_.other_origin()) + "/" + std::string(name));
        if (!known->key()) return refusal("certificate_malformed", known->fault() + " (" + printable(url, 300) + ")", 403);
        signer = known->key();
    }
    if (auto no = check_certificate(*signer, e)) return std::move(*no);

    const std::string text = e.canonical();
    const auto signature = from_base64(e.signature());
    if (!signature || signature->size() < 256 || signature->size() > 1024)
        return refusal("signature_malformed", "Signature is not base64 of an RSA signature of 2048 bits or more", 403);
    const auto digest = e.signature_version() == "1" ? verify::digest::sha1 : verify::digest::sha256;
    if (!signer->key().verify(digest, text, *signature))
        return refusal("signature_mismatch",
                       "SignatureVersion " + std::string(e.signature_version()) + " over " + std::to_string(text.size()) +
                           " bytes: a signed field differs from what SNS sent, or another key signed it",
                       403);
    acceptance yes = acceptance().signed_at(e.timestamp(), settings_.window(), std::chrono::minutes(5)).replay_id(e.message_id());
    if (more && e.type() == message_type::notification) return more(e, std::move(yes));
    return yes;
}

/// Everything that can be judged without the certificate: whose message it claims to be, and where its proof is.
inline std::optional<refusal> receiver::check_origin(const envelope& e) const {
    const topic_arn& topic = e.topic();
    if (!settings_.names_region(topic.region()))
        return refusal("region_not_allowed", "the topic is in region " + topic.region() + ", which is not among this source's regions",
                       403);
    // Any AWS customer can have SNS sign messages to this address: without the right topic, a signature proves nothing.
    if (e.type() != message_type::subscription_confirmation && !pinned(topic.text()))
        return refusal("topic_not_pinned", "topic " + topic.text() + " is neither in topic_arns nor approved", 403);
    const std::string_view version = e.signature_version();
    if (version != "1" && version != "2")
        return refusal("signature_version_unknown", "SignatureVersion is \"" + printable(version, 20) + "\"; 1 and 2 exist", 403);
    if (version == "1" && !settings_.version_1())
        return refusal("signature_version_refused", "SignatureVersion 1 (SHA-1) is switched off by allow_signature_version_1", 403);
    if (const auto fault = certificate_url_fault(e.signing_cert_url(), topic.region(), settings_.other_origin()); !fault.empty())
        return refusal("certificate_url_refused", "SigningCertURL: " + fault, 403);
    if (e.type() == message_type::notification) return std::nullopt;
    const bool rebuilt =
        e.subscribe_url() == confirmation_url(topic, e.token()) ||
        (!settings_.other_origin().empty() && e.subscribe_url() == confirmation_url(topic, e.token(), settings_.other_origin()));
    if (!rebuilt) return refusal("subscribe_url_mismatch", "SubscribeURL is not the one that TopicArn and Token make", 403);
    return std::nullopt;
}

inline std::optional<refusal> receiver::check_certificate(const certificate& c, const envelope& e) const {
    const std::string expected = certificate_name(e.topic().region());
    if (!c.is_for(expected)) {
        keys_.doubt(e.signing_cert_url());
        return refusal("certificate_name_mismatch", "the certificate is for " + c.names() + ", not for " + expected, 403);
    }
    // By the message's time and not by the clock: a message repeated after a change of certificates was signed with the old one.
    const time_point at = e.timestamp();
    if (at > c.valid_until())
        return refusal("certificate_expired", "at " + utc_text(at) + " the certificate had expired: it ended " + utc_text(c.valid_until()),
                       403);
    if (at < c.valid_from())
        return refusal("certificate_not_yet_valid",
                       "at " + utc_text(at) + " the certificate was not valid yet: it began " + utc_text(c.valid_from()), 403);
    if (!settings_.trusted()) return std::nullopt;
    if (const auto fault = c.chain_fault(at); !fault.empty()) {
        keys_.doubt(e.signing_cert_url());
        return refusal("certificate_chain_refused", "the certificate does not chain to signing_ca: " + fault, 403);
    }
    return std::nullopt;
}

inline verdict receiver::verify_raw(const request& in, const message_headers& headers, const raw_check& more) const {
    if (!headers.raw())
        return refusal("envelope_refused", "this source expects raw delivery, and the request does not say x-amz-sns-rawdelivery: true",
                       403);
    if (!is_uuid(headers.message_id())) return refusal("header_malformed", "x-amz-sns-message-id is not a UUID", 400);
    const auto topic = topic_arn::parse(headers.topic());
    if (!topic) return refusal("header_malformed", "x-amz-sns-topic-arn is not arn:aws:sns:<region>:<account>:<topic>", 400);
    if (!settings_.names_region(topic->region()))
        return refusal("region_not_allowed", "the topic is in region " + topic->region() + ", which is not among this source's regions",
                       403);
    if (!pinned(topic->text()))
        return refusal("topic_not_pinned", "topic " + topic->text() + " is neither in topic_arns nor approved", 403);
    const auto subscription = in.header("x-amz-sns-subscription-arn");
    if (!subscription) return refusal("header_missing", "x-amz-sns-subscription-arn is missing", 400);
    if (in.count("x-amz-sns-subscription-arn") != 1)
        return refusal("header_malformed", "x-amz-sns-subscription-arn is there more than once", 400);
    bool any = false;
    if (!confirmed_subscription(*topic, *subscription, any)) {
        // The confirmation may be a moment away from being stored: not the sender's fault.
        if (!any)
            throw failure::retry("no subscription of " + topic->text() + " is confirmed yet; approve it, or name it in subscription_arns");
        return refusal("subscription_mismatch", "x-amz-sns-subscription-arn is not the subscription that this source confirmed", 403);
    }
    if (in.body().size() > 262'144) return refusal("body_malformed", "a raw message is at most 262144 bytes long", 400);
    const json::document body = json::parse(in.body());
    if ((body["Type"] && body["Signature"]) || body["SigningCertURL"])
        return refusal("envelope_refused", "the body pretends to be a signed envelope, and a raw message has none", 403);
    acceptance yes = acceptance().replay_id(headers.message_id());
    if (!settings_.basic()) yes = std::move(yes).unverified_origin();
    if (more) return more(in, std::move(yes));
    return yes;
}

inline bool receiver::confirmed_subscription(const topic_arn& topic, std::string_view given, bool& any) const {
    bool match = false;
    const auto compare = [&](std::string_view expected) {
        any = true;
        match |= equal_constant_time(expected, given);
    };
    for (const auto& s : settings_.subscriptions())
        if (topic.owns_subscription(s)) compare(s);
    if (const auto known = topics_.find(topic.text()); known && !known->subscription().empty()) compare(known->subscription());
    return match;
}

inline std::optional<outcome> receiver::handshake(const request& in) const {
    if (in.header("x-amz-sns-message-type") == to_text(message_type::notification)) return std::nullopt;
    const envelope e = envelope_of(in);
    const std::string& topic = e.topic().text();
    if (e.type() == message_type::subscription_confirmation && !pinned(topic) && topics_.asks(topic, e.token())) {
        host_.warning("topic " + topic + " asks for confirmation and is not in topic_arns: it waits for the operation \"approve\"");
        topic_entry waiting(topic, topic_state::pending_approval, host_.now());
        waiting.token(e.token()).detail("approve it with the operation \"approve\", or forget it; the token is good for two days");
        std::vector<state_change> change;
        change.push_back(topics_.put(waiting));
        return response(200).state(std::move(change));
    }
    const auto type = e.type() == message_type::subscription_confirmation ? k_confirmation_type : k_unsubscribe_type;
    if (type == k_unsubscribe_type)
        host_.warning("SNS says that a subscription of topic " + topic + " has ended: nothing more will come from it");
    return event(e.message_id(), type).subject(topic).ordering_key("sns " + topic).occurred_at(e.timestamp()).answer(200).body_may_vary();
}

} // namespace gatehouse::sns
