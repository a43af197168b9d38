// The keys of the simulated SNS: an authority of its own, the signing certificate below it, and certificates that must be refused.
#pragma once

#include <memory>

#include "text.hpp"

struct evp_pkey_st;

namespace sns_sim {

class key_pair {
public:
    static key_pair rsa(); ///< 2048 bits; takes a tenth of a second or more
    static key_pair ec();  ///< P-256
    /// RSASSA-PKCS1-v1_5, base64. digest: "SHA1" or "SHA256".
    std::string sign(std::string_view text, const char* digest) const;
    std::string public_pem() const; ///< "PUBLIC KEY"
    evp_pkey_st* get() const { return key_.get(); }

private:
    explicit key_pair(evp_pkey_st* k);
    std::shared_ptr<evp_pkey_st> key_;
};

/// RSA keys are made when they are first needed. What is signed and served is as in
/// docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html; the name in the certificate is the region's.
class identity {
public:
    /// good: what SNS serves. other_name: chains, but is for another host. expired: ended yesterday. wrapped: the good one inside XML.
    enum class kind { good, other_name, expired, wrapped };

    identity(simulator_host host, std::string certificate_name);

    const std::string& authority_pem() const { return authority_pem_; }
    /// "/SimpleNotificationService-<32 hex>.pem"
    const std::string& path_of(kind k) const { return paths_[static_cast<size_t>(k)]; }
    /// What is served there; nothing where there is nothing.
    std::optional<std::string> document(std::string_view path);
    /// version: "1" is SHA-1, all others SHA-256. foreign: with a key that no certificate has.
    std::string sign(std::string_view version, std::string_view text, bool foreign = false);
    /// A new key and certificate under a new path; the old certificate is still served.
    void rotate();

private:
    const key_pair& key();
    std::string make(kind k);

    simulator_host host_;
    std::string name_;
    key_pair authority_;
    std::string authority_pem_;
    std::vector<std::string> paths_;
    std::map<std::string, std::string, std::less<>> served_;
    std::optional<key_pair> key_, foreign_;
};

} // namespace sns_sim
