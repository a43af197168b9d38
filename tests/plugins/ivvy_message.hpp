// Messages of iVvy played by the tests, put together independently of the plugin.
#pragma once

#include "core/base/crypto.hpp"

#include <openssl/evp.h>

#include "tests/plugins/sns_sender.hpp"

namespace sns_test {

inline std::string hex_digest(const EVP_MD* md, const std::string& data) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(data.data(), data.size(), out, &size, md, nullptr);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", out[i]);
        hex += two;
    }
    return hex;
}

struct IvvyMessage {
    std::string transaction = "b898c04362bcbfe984f1867ce7db5599", region = "ap-southeast-2", account = "14", subject = "CompanyAdded",
                body = R"({"data":{"id":70,"businessName":"A & Sons"}})", path = "/accounts/14/1710115000/notifcert.txt";
    nlohmann::json timestamp = 1772366396;

    std::string text() const {
        const std::string stamp = timestamp.is_string() ? timestamp.get<std::string>() : timestamp.dump();
        std::string out = transaction + ":" + region + ":" + stamp + ":" + account + ":" + subject + ":" + hex_digest(EVP_sha1(), body);
        for (char& c : out)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        return out;
    }
    nlohmann::json json(const Signer& by) const {
        return {{"TxnId", transaction},
                {"Region", region},
                {"Timestamp", timestamp},
                {"AccountId", account},
                {"Subject", subject},
                {"Body", body},
                {"SourceType", 0},
                {"SourceInfo", nullptr},
                {"Signature", by.sign(text(), false)},
                {"SigningPublicKeyPath", path}};
    }
};

} // namespace sns_test
