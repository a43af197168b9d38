// The requests that the load generator sends, signed beforehand.
#pragma once

#include <memory>
#include <string>

namespace bench {

struct Prepared {
    std::string id; ///< what makes the event unique
    std::string bytes;
};

/// Makes signed requests, each with another id. One thread.
class Messages {
public:
    virtual ~Messages() = default;
    virtual Prepared make(size_t number) const = 0;
};

/// Standard Webhooks 1.0 (HMAC-SHA256), in Basiq's form. The id is "<prefix>_<number>".
std::unique_ptr<Messages> hmac_messages(std::string path, std::string prefix, const std::string& secret);

/// Amazon SNS notifications (RSA-2048, SignatureVersion 1 or 2) with a random MessageId, signed by the key that sns_identity() wrote. A
/// signature takes about a millisecond: make them before the clock starts.
std::unique_ptr<Messages> sns_messages(std::string path, const std::string& key_file, std::string version);

inline constexpr const char* k_sns_topic = "arn:aws:sns:ap-southeast-2:123456789012:orders";
inline constexpr const char* k_sns_certificate = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";

/// Writes key.pem and the certificate, under its name at SNS, into the folder. False when that fails.
bool sns_identity(const std::string& folder);

} // namespace bench
