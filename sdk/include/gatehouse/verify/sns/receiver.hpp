// Everything a source on Amazon SNS does apart from its provider's own messages.
#pragma once

#include <gatehouse/explain.hpp>
#include <gatehouse/verify/key_cache.hpp>
#include <gatehouse/verify/sns/confirmation.hpp>
#include <gatehouse/verify/sns/settings.hpp>
#include <gatehouse/verify/sns/topics.hpp>

namespace gatehouse::sns {

inline constexpr std::string_view k_confirmation_type = "sns.subscription_confirmation";
inline constexpr std::string_view k_unsubscribe_type = "sns.unsubscribe_confirmation";
/// max_body for the route: JSON escapes can make an envelope several times as large as its 256 KiB message.
inline constexpr uint64_t k_max_body = 2u << 20;

/// A member of the source object. Any thread. See verify/sns.hpp for what it promises.
class receiver {
public:
    /// What the provider's plugin adds to an accepted Notification: its own checks of the signed envelope, or of a raw request.
    using envelope_check = std::function<verdict(const envelope&, acceptance)>;
    using raw_check = std::function<verdict(const request&, acceptance)>;

    /// Throws setting_error. `default_regions`: where the settings name neither topics nor regions; empty = all known.
    receiver(host h, const settings& s, delivery d, std::vector<std::string> default_regions = {})
        : host_(h),
          settings_(h, s, d, std::move(default_regions)),
          topics_(h),
          explain_(h),
          keys_(h, "signing certificate of SNS", [this](const std::string& body) { return read_certificate(body); }) {
        if (!settings_.other_origin().empty())
            h.warning("signing_cert_host is set: whoever answers at " + settings_.other_origin() + " can vouch for any SNS message");
    }
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;

    /// Enrolls egress, the two handshake fetch-backs and the operations "approve" (kind confirm), "subscriptions" (kind list) and "forget".
    /// Call it before enrolling fetch-backs of your own: the first match counts. own_list: the plugin enrolls an operation of kind list
    /// itself, because its provider has subscriptions of another kind around the topics; see records().
    enum class own_list { no, yes };
    void enroll(registry& r, own_list own = own_list::no);

    /// Every topic known, and every one that topic_arns names.
    std::vector<topic_entry> records() const;

    verdict verify(const request& in, const envelope_check& more = {}, const raw_check& more_raw = {}) const;

    /// For handle(): what becomes of a verified request that is no Notification; nothing when it is one.
    std::optional<outcome> handshake(const request& in) const;

    /// The envelope of a request that verify() accepted. Throws when it is none.
    static envelope envelope_of(const request& in) {
        auto read = envelope::read(in.body());
        if (auto* e = std::get_if<envelope>(&read)) return std::move(*e);
        throw failure::invalid("not an SNS envelope: " + std::get<refusal>(read).hint());
    }
    static std::string message_id_of(const request& in) { return std::string(in.header("x-amz-sns-message-id").value_or("")); }

    bool raw() const { return settings_.form() == delivery::raw; }
    const sns_settings& config() const { return settings_; }
    const topic_table& topics() const { return topics_; }
    bool pinned(std::string_view arn) const {
        if (settings_.names_topic(arn)) return true;
        const auto known = topics_.find(arn);
        return (known && known->pinned()) || topics_.being_pinned(arn);
    }

    /// Pins a topic that a provider's own API has named. When its confirmation has come first and waits for approval, it is confirmed now.
    /// For operations; `arn` by value, as in every job.
    job<void> pin(topic_arn arn, std::string detail) const;

    /// Visits the rebuilt confirmation URL and remembers the subscription. Repeating it is harmless.
    job<result> confirm(topic_arn topic, std::string token) const;

private:
    using certificates = verify::key_cache<certificate>;

    certificates::entry read_certificate(const std::string& body) const;
    verdict verify_envelope(const request& in, const message_headers& headers, const envelope_check& more) const;
    std::optional<refusal> check_origin(const envelope& e) const;
    std::optional<refusal> check_certificate(const certificate& c, const envelope& e) const;
    verdict verify_raw(const request& in, const message_headers& headers, const raw_check& more) const;
    bool confirmed_subscription(const topic_arn& topic, std::string_view given, bool& any) const;

    job<result> confirm_event(const stored_event& e) const;
    job<result> unsubscribed(const stored_event& e) const;
    job<result> approve(const json::document& arguments) const;
    job<result> list(const json::document& arguments) const;
    job<result> forget(const json::document& arguments) const;

    host host_;
    sns_settings settings_;
    mutable topic_table topics_;
    explainer explain_;
    mutable certificates keys_;
};

} // namespace gatehouse::sns

#include <gatehouse/verify/sns/receiver_jobs.hpp>
#include <gatehouse/verify/sns/receiver_verify.hpp>
