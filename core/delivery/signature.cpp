#include "core/delivery/signature.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"

#include <openssl/crypto.h>

namespace gh::delivery {

Result<Signer> Signer::open(const std::vector<Secret>& secrets) {
    Signer signer;
    for (size_t i = 0; i < secrets.size(); ++i) {
        std::string_view text = secrets[i].reveal();
        if (text.starts_with("whsec_")) text.remove_prefix(6);
        auto key = from_base64_lenient(text);
        if (!key || key->empty())
            return Error{"secret " + std::to_string(i + 1) +
                         " is not base64 (Standard Webhooks: whsec_ and base64); make one with: echo whsec_$(openssl rand -base64 32)"};
        signer.keys_.emplace_back(*key);
        OPENSSL_cleanse(key->data(), key->size());
    }
    return signer;
}

std::string Signer::sign(std::string_view id, std::string_view timestamp, std::string_view body) const {
    const std::string_view parts[] = {id, ".", timestamp, ".", body};
    std::string out;
    for (const auto& key : keys_) {
        uint8_t digest[64];
        const size_t size = hmac(HashAlgorithm::sha256, key.reveal(), parts, digest);
        if (!out.empty()) out += ' ';
        out += "v1," + to_base64({reinterpret_cast<const char*>(digest), size});
    }
    return out;
}

} // namespace gh::delivery
