#include "plugin_samples.hpp"

#include <gatehouse/verify/sns/sample_request.hpp>

#include "plugin_samples_data.hpp"

using namespace gatehouse;

namespace wicket {

namespace {

const time_point k_at = at_seconds(1'772'366'400);
constexpr std::string_view k_topic = "arn:aws:sns:ap-southeast-2:123456789012:orders";
constexpr std::string_view k_name = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

/// Basic credentials stand for the path that nobody can guess.
std::string settings(std::string_view delivery) {
    return json::object({{"topic_arns", json::array({k_topic})},
                         {"subscription_arns", json::array({std::string(k_topic) + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"})},
                         {"delivery", delivery},
                         {"basic_user", "wicket"},
                         {"basic_password", "sample"},
                         {"signing_certificates", json::array({json::object({{"name", k_name}, {"pem", wicket_data::k_certificate}})})}})
        .text();
}

constexpr std::string_view k_credentials = "Authorization: Basic d2lja2V0OnNhbXBsZQ==\n";

std::string raw(std::string_view body, std::string_view more = {}, std::string_view topic = k_topic) {
    return "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: text/plain; charset=UTF-8\nx-amz-sns-message-type: Notification\n"
           "x-amz-sns-message-id: 22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nx-amz-sns-topic-arn: " +
           std::string(topic) + "\nx-amz-sns-subscription-arn: " + std::string(k_topic) +
           ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55\nContent-Length: " + std::to_string(body.size()) + "\n" + std::string(more) + "\n" +
           std::string(body);
}

} // namespace

std::vector<sample> samples() {
    using sns::sample_request, sns::with;
    namespace data = wicket_data;
    const std::string raw_settings = settings("raw"), enveloped = settings("enveloped"), credentials(k_credentials);
    const std::string marked = credentials + "x-amz-sns-rawdelivery: true\n";
    std::vector<sample> out;
    out.push_back(sample::accept("raw", raw_settings, k_at, raw(data::k_raw, marked), "data_update"));
    out.push_back(sample::accept("enveloped", enveloped, k_at, sample_request(data::k_enveloped, credentials), "data_update"));
    out.push_back(sample::accept("confirmation", raw_settings, k_at, sample_request(data::k_confirmation, credentials),
                                 "sns.subscription_confirmation"));

    const auto refuse = [&](std::string_view name, const std::string& with_settings, const std::string& request, std::string_view code) {
        out.push_back(sample::refuse(name, with_settings, k_at, request, code));
    };
    refuse("raw without credentials", raw_settings, raw(data::k_raw, "x-amz-sns-rawdelivery: true\n"), "credentials_missing");
    refuse("raw without its mark", raw_settings, raw(data::k_raw, credentials), "envelope_refused");
    refuse("raw of another topic", raw_settings, raw(data::k_raw, marked, "arn:aws:sns:ap-southeast-2:123456789012:other"),
           "topic_not_pinned");
    refuse("raw with one member more", raw_settings, raw(with(data::k_raw, "{", "{\"x\":1,"), marked), "body_malformed");
    refuse("raw with a strange user", raw_settings, raw(with(data::k_raw, "0123456789abcdef0", "../../../../etc/x"), marked),
           "body_malformed");
    refuse("raw from another day", raw_settings, raw(with(data::k_raw, "2026-03-01", "2026-02-01"), marked), "date_too_old");
    refuse("raw on an enveloped source", enveloped, raw(data::k_raw, marked), "raw_refused");
    refuse("envelope on a raw source", raw_settings, sample_request(data::k_enveloped, credentials), "envelope_refused");
    refuse("changed message", enveloped, sample_request(with(data::k_enveloped, "data_update", "data_upgate"), credentials),
           "signature_mismatch");
    refuse("changed confirmation", raw_settings, sample_request(with(data::k_confirmation, "You have", "You had "), credentials),
           "signature_mismatch");
    return out;
}

} // namespace wicket
