#include "messages.hpp"

#include "core/base/crypto.hpp"
#include "core/base/encoding.hpp"
#include "core/base/time.hpp"
#include "core/base/uuid.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace bench {

namespace {

class HmacMessages final : public Messages {
public:
    HmacMessages(std::string path, std::string prefix, const std::string& secret)
        : path_(std::move(path)), prefix_(std::move(prefix)), timestamp_(std::to_string(std::time(nullptr))) {
        std::string_view coded = secret;
        if (coded.starts_with("whsec_")) coded.remove_prefix(6);
        key_ = gh::from_base64_lenient(coded).value_or("");
    }
    Prepared make(size_t number) const override {
        char digits[32];
        std::snprintf(digits, sizeof digits, "_%08zx", number);
        Prepared out{prefix_ + digits, {}};
        const std::string body = "{\"eventTypeId\":\"user.created\",\"eventId\":\"" + out.id +
                                 "\",\"links\":{\"event\":\"https://au-api.basiq.io/events/" + out.id +
                                 "\",\"eventEntity\":\"https://au-api.basiq.io/users/88a85f64-5717-4562-b3fc-2c963f66af88\"}}";
        uint8_t digest[64];
        const std::string_view parts[] = {out.id, ".", timestamp_, ".", body};
        const size_t size = gh::hmac(gh::HashAlgorithm::sha256, key_, parts, digest);
        out.bytes = "POST " + path_ +
                    " HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: application/json\r\nUser-Agent: load\r\nwebhook-id: " + out.id +
                    "\r\nwebhook-timestamp: " + timestamp_ + "\r\nwebhook-signature: v1," +
                    gh::to_base64({reinterpret_cast<char*>(digest), size}) + "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body;
        return out;
    }

private:
    std::string path_, prefix_, timestamp_, key_;
};

struct Free {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(X509* p) const { X509_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

class SnsMessages final : public Messages {
public:
    SnsMessages(std::string path, const std::string& key_file, std::string version)
        : path_(std::move(path)), version_(std::move(version)), timestamp_(gh::to_rfc3339(gh::SystemClock().now())) {
        std::FILE* file = std::fopen(key_file.c_str(), "r");
        if (file) key_.reset(PEM_read_PrivateKey(file, nullptr, nullptr, nullptr));
        if (file) std::fclose(file);
        if (!key_) throw std::runtime_error(key_file + ": no private key in PEM");
    }
    Prepared make(size_t number) const override {
        Prepared out{gh::Uuid::v7(gh::SystemClock().now()).text(), {}};
        const std::string order = R"({"type":"order.paid","order":"A-)" + std::to_string(number) + R"(","note":"paid in full"})";
        std::string quoted;
        for (const char c : order) quoted += c == '"' ? "\\\"" : std::string(1, c);
        const std::string topic(k_sns_topic);
        const std::string signature = sign("Message\n" + order + "\nMessageId\n" + out.id + "\nTimestamp\n" + timestamp_ + "\nTopicArn\n" +
                                           topic + "\nType\nNotification\n");
        const std::string host = "https://sns.ap-southeast-2.amazonaws.com/";
        const std::string subscription = topic + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55";
        const std::string body = "{\n  \"Type\" : \"Notification\",\n  \"MessageId\" : \"" + out.id + "\",\n  \"TopicArn\" : \"" + topic +
                                 "\",\n  \"Message\" : \"" + quoted + "\",\n  \"Timestamp\" : \"" + timestamp_ +
                                 "\",\n  \"SignatureVersion\" : \"" + version_ + "\",\n  \"Signature\" : \"" + signature +
                                 "\",\n  \"SigningCertURL\" : \"" + host + k_sns_certificate + "\",\n  \"UnsubscribeURL\" : \"" + host +
                                 "?Action=Unsubscribe&SubscriptionArn=" + subscription + "\"\n}";
        out.bytes = "POST " + path_ +
                    " HTTP/1.1\r\nHost: gateway.example\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                    "User-Agent: Amazon Simple Notification Service Agent\r\nx-amz-sns-message-type: Notification\r\n"
                    "x-amz-sns-message-id: " +
                    out.id + "\r\nx-amz-sns-topic-arn: " + topic + "\r\nx-amz-sns-subscription-arn: " + subscription +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        return out;
    }

private:
    std::string sign(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, Free> ctx(EVP_MD_CTX_new());
        unsigned char out[512];
        size_t size = sizeof out;
        if (EVP_DigestSignInit(ctx.get(), nullptr, version_ == "1" ? EVP_sha1() : EVP_sha256(), nullptr, key_.get()) != 1 ||
            EVP_DigestSign(ctx.get(), out, &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
            throw std::runtime_error("cannot sign");
        return gh::to_base64({reinterpret_cast<char*>(out), size});
    }

    std::string path_, version_, timestamp_;
    Key key_;
};

} // namespace

std::unique_ptr<Messages> hmac_messages(std::string path, std::string prefix, const std::string& secret) {
    return std::make_unique<HmacMessages>(std::move(path), std::move(prefix), secret);
}

std::unique_ptr<Messages> sns_messages(std::string path, const std::string& key_file, std::string version) {
    return std::make_unique<SnsMessages>(std::move(path), key_file, std::move(version));
}

bool sns_identity(const std::string& folder) {
    const Key key(EVP_RSA_gen(2048));
    const std::unique_ptr<X509, Free> x(X509_new());
    if (!key || !x) return false;
    X509_set_version(x.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -86'400);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), 86'400);
    X509_set_pubkey(x.get(), key.get());
    const auto* name = reinterpret_cast<const unsigned char*>("sns.amazonaws.com");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x.get()), "CN", MBSTRING_ASC, name, -1, -1, 0);
    if (X509_sign(x.get(), key.get(), EVP_sha256()) == 0) return false;
    const auto write = [](const std::string& file, auto put) {
        std::FILE* out = std::fopen(file.c_str(), "w");
        const bool good = out && put(out) == 1;
        return (!out || std::fclose(out) == 0) && good;
    };
    return write(folder + "/key.pem",
                 [&](std::FILE* f) { return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }) &&
           write(folder + "/" + k_sns_certificate, [&](std::FILE* f) { return PEM_write_X509(f, x.get()); });
}

} // namespace bench
