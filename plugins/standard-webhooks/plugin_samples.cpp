#include "plugin_samples.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_secret = R"({"secret": ["whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]})";
// The key pair of RFC 8032 section 7.1, test 1.
constexpr std::string_view k_public = R"({"public_keys": ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]})";
constexpr std::string_view k_svix =
    R"({"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "header_prefixes": ["webhook-", "svix-"], "tolerance": "1h",
        "type_pointer": "/data/account", "subject_pointer": "/data/id"})";
constexpr std::string_view k_body =
    R"({"type":"contact.created","timestamp":"2025-12-31T23:59:59.5Z","data":{"id":"c-1","account":"a-1"}})";
constexpr std::string_view k_v1 = "v1,+1REU+vMq/2kd62ZFFcBwv+cNACCFf4ICoeHCbPIDsA=";
constexpr std::string_view k_v1a = "v1a,XjbAubTOAr5Qh4rM0w097XdqHa6U45zL3cKxiw3ayjhpo/Z0PB6pWYisDTMNEtrO2Qt0A3BgYl5EEiQ+fxp8DA==";

std::string signed_with(std::string_view signatures, std::string_view body = k_body, std::string_view prefix = "webhook-") {
    const std::string p(prefix);
    return "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\n" + p + "id: msg_1\n" + p +
           "timestamp: 1767225600\n" + p + "signature: " + std::string(signatures) + "\nContent-Length: " + std::to_string(body.size()) +
           "\n\n" + std::string(body);
}

} // namespace

std::vector<sample> standard_webhooks_samples() {
    const time_point at = at_seconds(1767225600);
    const std::string both = "v1,AAAA v2,x " + std::string(k_v1a) + " " + std::string(k_v1);
    const std::string other(k_body.substr(0, k_body.size() - 1));
    return {
        sample::accept("shared secret", k_secret, at, signed_with(k_v1), "contact.created"),
        sample::accept("public key", k_public, at, signed_with(k_v1a), "contact.created"),
        sample::accept("several signatures, the old secret", k_secret, at, signed_with(both), "contact.created"),
        sample::accept("several signatures, the public key", k_public, at, signed_with(both), "contact.created"),
        sample::accept("other headers and pointers, half an hour later", k_svix, at + std::chrono::minutes(30),
                       signed_with(k_v1, k_body, "svix-"), "a-1"),
        sample::refuse("changed body", k_secret, at, signed_with(k_v1, other), "signature_mismatch"),
        sample::refuse("changed body under the public key", k_public, at, signed_with(k_v1a, other), "signature_mismatch"),
        sample::refuse("a shared-secret signature where a public key is expected", k_public, at, signed_with(k_v1), "signature_mismatch"),
        sample::refuse("a public-key signature where a shared secret is expected", k_secret, at, signed_with(k_v1a), "signature_malformed"),
        sample::refuse("ten minutes late", k_secret, at + std::chrono::minutes(10), signed_with(k_v1), "timestamp_too_old"),
        sample::refuse("ten minutes early", k_secret, at - std::chrono::minutes(10), signed_with(k_v1), "timestamp_in_future"),
        sample::refuse("headers of another prefix", k_secret, at, signed_with(k_v1, k_body, "svix-"), "header_missing"),
    };
}
