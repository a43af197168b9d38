// Signatures of outgoing deliveries by Standard Webhooks 1.0 (symmetric, "v1").
#pragma once

#include "core/base/result.hpp"
#include "core/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gh::delivery {

/// The signing keys of one destination; several while a secret is being changed. Immutable, any thread.
class Signer {
public:
    /// `secrets`: "whsec_" and base64, or base64 alone. The error names the secret by its place in the list, never its text.
    static Result<Signer> open(const std::vector<Secret>& secrets);

    /// Value of webhook-signature: "v1,<base64>" for each key, joined by spaces. Signed: id "." timestamp "." body (HMAC-SHA256).
    /// Empty when there are no keys.
    std::string sign(std::string_view id, std::string_view timestamp, std::string_view body) const;

private:
    std::vector<Secret> keys_;
};

} // namespace gh::delivery
