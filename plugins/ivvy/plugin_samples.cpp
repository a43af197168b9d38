#include "plugin_samples.hpp"

#include <gatehouse/verify/sns/sample_request.hpp>

#include "plugin_samples_data.hpp"

using namespace gatehouse;

namespace ivvy {

namespace {

const time_point k_at = at_seconds(1'772'366'400);
constexpr std::string_view k_name = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

std::string settings(std::string_view account = "14") {
    return json::object(
               {{"account_id", account},
                {"topic_arns", json::array({"arn:aws:sns:ap-southeast-2:123456789012:orders"})},
                {"signing_certificates", json::array({json::object({{"name", k_name}, {"pem", ivvy_data::k_certificate}})})},
                {"signing_keys",
                 json::array({json::object({{"path", "/accounts/14/1710115000/notifcert.txt"}, {"pem", ivvy_data::k_inner_key}})})}})
        .text();
}

} // namespace

std::vector<sample> samples() {
    using sns::sample_request, sns::with;
    namespace data = ivvy_data;
    std::vector<sample> out;
    const std::string plain = settings();
    out.push_back(sample::accept("company added", plain, k_at, sample_request(data::k_company), "Company.added"));
    out.push_back(sample::accept("booking deleted", plain, k_at, sample_request(data::k_deleted), "Booking.deleted"));
    const auto refuse = [&](std::string_view name, const std::string& body, std::string_view code) {
        out.push_back(sample::refuse(name, plain, k_at, sample_request(body), code));
    };
    refuse("genuine outside, forged inside", std::string(data::k_forged_inside), "inner_signature_mismatch");
    refuse("changed inside", with(data::k_company, "CompanyAdded", "CompanyUpdated"), "signature_mismatch");
    refuse("changed outside", with(data::k_company, "2026-03-01T11:59:58.000Z", "2026-03-01T11:59:59.000Z"), "signature_mismatch");
    refuse("certificate in a bucket", with(data::k_company, "https://sns.ap-southeast-2.", "https://sns.s3-ap-southeast-2."),
           "certificate_url_refused");
    out.push_back(sample::refuse("another account", settings("15"), k_at, sample_request(data::k_company), "account_not_pinned"));
    out.push_back(sample::refuse("too old", plain, k_at + std::chrono::hours(5), sample_request(data::k_company), "timestamp_too_old"));
    return out;
}

} // namespace ivvy
