// The JSON envelope of Amazon SNS, read strictly before anything of it is believed.
// docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
#pragma once

#include <gatehouse/answer.hpp>
#include <gatehouse/iso_time.hpp>
#include <gatehouse/request.hpp>
#include <gatehouse/verify/sns/names.hpp>

#include <variant>

namespace gatehouse::sns {

enum class message_type { notification, subscription_confirmation, unsubscribe_confirmation };

inline std::string_view to_text(message_type t) {
    return t == message_type::notification                ? "Notification"
           : t == message_type::subscription_confirmation ? "SubscriptionConfirmation"
                                                          : "UnsubscribeConfirmation";
}
inline std::optional<message_type> parse_message_type(std::string_view s) {
    for (const auto t : {message_type::notification, message_type::subscription_confirmation, message_type::unsubscribe_confirmation})
        if (s == to_text(t)) return t;
    return std::nullopt;
}

/// A body whose shape is right; nothing says yet that it is genuine. Every signed field is there once, is a string, and has a form in which
/// no newline fits (Message excepted), so that the text to sign can be split in one way only. Movable; the views stay valid.
class envelope {
public:
    /// Refusals: body_malformed, field_missing, field_not_text, field_malformed (400).
    static std::variant<envelope, refusal> read(std::string_view body) {
        envelope e(json::parse(body));
        if (!e.json_.root().is_object())
            return refusal("body_malformed", "the body is no JSON object an SNS message could be: " + e.json_.error(), 400);
        if (auto fault = e.read_fields()) return std::move(*fault);
        return e;
    }

    message_type type() const { return type_; }
    const topic_arn& topic() const { return *topic_; }
    time_point timestamp() const { return timestamp_; }
    /// Signed: Message, MessageId, Timestamp, TopicArn, Type; Subject of a notification; SubscribeURL and Token of the others.
    std::string_view message() const { return field("Message"); }
    std::string_view message_id() const { return field("MessageId"); }
    std::string_view token() const { return field("Token"); }
    std::string_view subscribe_url() const { return field("SubscribeURL"); }
    std::optional<std::string_view> subject() const {
        const auto v = json_["Subject"];
        return v && type_ == message_type::notification ? std::optional(v.text()) : std::nullopt;
    }
    /// The proof itself.
    std::string_view signature_version() const { return field("SignatureVersion"); }
    std::string_view signature() const { return field("Signature"); }
    std::string_view signing_cert_url() const { return field("SigningCertURL"); }

    /// The text that is signed: for each key in order the key, LF, the decoded value, LF. Nothing is normalised.
    std::string canonical() const {
        static constexpr std::string_view of_notification[] = {"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"};
        static constexpr std::string_view of_confirmation[] = {"Message", "MessageId", "SubscribeURL", "Timestamp",
                                                               "Token",   "TopicArn",  "Type"};
        std::string out;
        out.reserve(message().size() + 1024);
        const auto add = [&](std::string_view key) {
            const auto v = json_[key];
            if (!v) return; // Subject, where there is none
            out.append(key).append("\n").append(v.text()).append("\n");
        };
        if (type_ == message_type::notification)
            for (const auto key : of_notification) add(key);
        else
            for (const auto key : of_confirmation) add(key);
        return out;
    }

private:
    explicit envelope(json::document d) : json_(std::move(d)) {}
    std::string_view field(std::string_view name) const { return json_[name].text(); }

    static refusal malformed(std::string_view name, std::string_view expected) {
        return refusal("field_malformed", std::string(name) + " is not " + std::string(expected), 400);
    }

    std::optional<refusal> read_fields() {
        for (const auto name : {"Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"})
            if (auto fault = need(name)) return fault;
        const auto type = parse_message_type(field("Type"));
        if (!type) return malformed("Type", "a message type of SNS");
        type_ = *type;
        if (!is_uuid(message_id())) return malformed("MessageId", "a UUID");
        topic_ = topic_arn::parse(field("TopicArn"));
        if (!topic_) return malformed("TopicArn", "arn:aws:sns:<region>:<account>:<topic>");
        const std::string_view stamp = field("Timestamp");
        const auto at = stamp.size() <= 30 ? parse_utc_time(stamp) : std::nullopt;
        if (!at) return malformed("Timestamp", "YYYY-MM-DDTHH:MM:SS.mmmZ");
        timestamp_ = *at;
        if (message().size() > k_most_message) return malformed("Message", "at most 262144 bytes");
        if (type_ == message_type::notification) return read_subject();
        return read_token();
    }

    std::optional<refusal> need(const char* name) const {
        const auto v = json_[name];
        if (!v) return refusal("field_missing", std::string(name) + " is missing", 400);
        if (!v.is_string()) return refusal("field_not_text", std::string(name) + " is not a string", 400);
        return std::nullopt;
    }

    std::optional<refusal> read_subject() const {
        const auto v = json_["Subject"];
        if (!v) return std::nullopt;
        if (!v.is_string()) return refusal("field_not_text", "Subject is not a string", 400);
        for (char c : v.text())
            if (c == '\n' || c == '\r') return malformed("Subject", "a text in one line");
        return std::nullopt;
    }

    std::optional<refusal> read_token() const {
        for (const auto name : {"Token", "SubscribeURL"})
            if (auto fault = need(name)) return fault;
        // Seen: 224 and 256 digits.
        if (token().size() < 32 || token().size() > 1024 || !detail::all_of(token(), detail::is_lower_hex))
            return malformed("Token", "lower-case hexadecimal digits");
        for (char c : subscribe_url())
            if (c <= 0x20 || c >= 0x7f) return malformed("SubscribeURL", "a URL");
        return std::nullopt;
    }

    // docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html: what an HTTP subscriber can get.
    static constexpr size_t k_most_message = 262'144;

    json::document json_;
    message_type type_ = message_type::notification;
    std::optional<topic_arn> topic_;
    time_point timestamp_{};
};

/// The unsigned headers that SNS sends with every message. Each must be there exactly once.
class message_headers {
public:
    /// Refusals: header_missing, header_malformed (400).
    static std::variant<message_headers, refusal> read(const request& r) {
        message_headers h;
        for (auto [name, to] : {std::pair("x-amz-sns-message-type", &h.type_), std::pair("x-amz-sns-message-id", &h.id_),
                                std::pair("x-amz-sns-topic-arn", &h.topic_)}) {
            const auto value = r.header(name);
            if (!value) return refusal("header_missing", std::string(name) + " is missing: not a request of SNS", 400);
            if (r.count(name) != 1) return refusal("header_malformed", std::string(name) + " is there more than once", 400);
            *to = *value;
        }
        const auto kind = parse_message_type(h.type_);
        if (!kind) return refusal("header_malformed", "x-amz-sns-message-type is none of SNS's: " + printable(h.type_, 40), 400);
        h.kind_ = *kind;
        const auto raw = r.header("x-amz-sns-rawdelivery");
        if (r.count("x-amz-sns-rawdelivery") > 1 || (raw && *raw != "true" && *raw != "false"))
            return refusal("header_malformed", "x-amz-sns-rawdelivery is neither true nor false", 400);
        h.raw_ = raw == "true";
        return h;
    }
    message_type kind() const { return kind_; }
    std::string_view message_id() const { return id_; }
    std::string_view topic() const { return topic_; }
    bool raw() const { return raw_; }

    /// Which header differs from the signed body; empty when none does.
    std::string difference(const envelope& e) const {
        if (kind_ != e.type()) return "x-amz-sns-message-type differs from Type";
        if (id_ != e.message_id()) return "x-amz-sns-message-id differs from MessageId";
        if (topic_ != e.topic().text()) return "x-amz-sns-topic-arn differs from TopicArn";
        return {};
    }

private:
    std::string_view type_, id_, topic_;
    message_type kind_ = message_type::notification;
    bool raw_ = false;
};

} // namespace gatehouse::sns
