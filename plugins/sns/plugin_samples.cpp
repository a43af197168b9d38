#include "plugin_samples.hpp"

#include <gatehouse/verify/sns/sample_request.hpp>

#include "plugin_samples_data.hpp"

using namespace gatehouse;

namespace sns_samples {

namespace {

constexpr std::string_view k_name = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
constexpr std::string_view k_topic = "arn:aws:sns:ap-southeast-2:123456789012:orders";
const time_point k_at = at_seconds(1'772'366'400);

std::string settings(std::string_view topic = k_topic) {
    return json::object({{"topic_arns", json::array({topic})},
                         {"signing_certificates", json::array({json::object({{"name", k_name}, {"pem", sns_data::k_certificate}})})}})
        .text();
}

} // namespace

std::vector<sample> samples() {
    using sns::sample_request, sns::with;
    namespace data = sns_data;
    std::vector<sample> out;
    const std::string plain = settings();
    const auto accept = [&](std::string_view name, std::string_view body, std::string_view type) {
        out.push_back(sample::accept(name, plain, k_at, sample_request(body), type));
    };
    const auto refuse = [&](std::string_view name, const std::string& body, std::string_view code) {
        out.push_back(sample::refuse(name, plain, k_at, sample_request(body), code));
    };
    accept("version 1, with a subject", data::k_notification, "order.paid");
    accept("version 2, without", data::k_notification_2, "sns.notification");
    accept("confirmation of a pinned topic", data::k_confirmation, "sns.subscription_confirmation");
    accept("end of a subscription", data::k_end, "sns.unsubscribe_confirmation");

    refuse("signed with another key", std::string(data::k_foreign), "signature_mismatch");
    refuse("changed message", with(data::k_notification_2, "plain text", "other text"), "signature_mismatch");
    refuse("changed subject", with(data::k_notification, "order.paid", "order.sent"), "signature_mismatch");
    refuse("version 3", with(data::k_notification, "\"SignatureVersion\" : \"1\"", "\"SignatureVersion\" : \"3\""),
           "signature_version_unknown");
    refuse("version changed", with(data::k_notification, "\"SignatureVersion\" : \"1\"", "\"SignatureVersion\" : \"2\""),
           "signature_mismatch");
    out.push_back(sample::refuse(
        "two messages in one", plain, k_at,
        sample_request(with(data::k_notification, "\"Subject\"", "\"Message\" : \"x\",\n  \"Subject\""), {}, data::k_notification),
        "body_malformed"));
    refuse("certificate in a bucket", with(data::k_notification, "https://sns.ap-southeast-2.", "https://sns.s3-ap-southeast-2."),
           "certificate_url_refused");
    refuse("certificate of another region", with(data::k_notification, "https://sns.ap-southeast-2.", "https://sns.us-east-1."),
           "certificate_url_refused");
    refuse("subscribe URL elsewhere", with(data::k_confirmation, "https://sns.ap-southeast-2.amazonaws.com/?", "https://sns.example/?"),
           "subscribe_url_mismatch");
    out.push_back(sample::refuse("another topic", settings("arn:aws:sns:ap-southeast-2:123456789012:invoices"), k_at,
                                 sample_request(data::k_notification), "topic_not_pinned"));
    out.push_back(sample::refuse("raw in place of an envelope", plain, k_at,
                                 sample_request(data::k_notification, "x-amz-sns-rawdelivery: true\n"), "raw_refused"));
    out.push_back(
        sample::refuse("too old", plain, k_at + std::chrono::hours(5), sample_request(data::k_notification), "timestamp_too_old"));
    return out;
}

} // namespace sns_samples
