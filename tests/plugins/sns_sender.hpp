// Amazon SNS played by the tests: a key and its certificate, messages in every form, signed as AWS documents it. Independent of the SDK:
// what is signed is put together here once more.
#pragma once

#include "core/base/encoding.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/plugins/fake_host.hpp"

namespace sns_test {

inline constexpr const char* k_topic = "arn:aws:sns:ap-southeast-2:123456789012:orders";
inline constexpr const char* k_cert_url =
    "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
inline constexpr int64_t k_now = 1'772'366'400'000; // 2026-03-01T12:00:00Z
inline constexpr const char* k_stamp = "2026-03-01T11:59:58.000Z";
inline const std::string k_token(256, 'a');

struct CertificateOptions {
    std::string name = "sns.amazonaws.com", alternative = "DNS:sns.amazonaws.com";
    int64_t from = k_now / 1000 - 30 * 86'400, until = k_now / 1000 + 300 * 86'400;
    int bits = 2048;
};

/// A key pair with certificates of its own making.
class Signer {
public:
    explicit Signer(int bits = 2048) : key_(EVP_RSA_gen(static_cast<unsigned>(bits)), EVP_PKEY_free) {}

    EVP_PKEY* key() const { return key_.get(); }

    /// Self-signed, or signed by `issuer`.
    std::string certificate(const CertificateOptions& o = {}, const Signer* issuer = nullptr, const std::string& issuer_name = "") const {
        const std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), X509_free);
        X509_set_version(x.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x.get()), ++serial());
        ASN1_TIME_set(X509_getm_notBefore(x.get()), static_cast<time_t>(o.from));
        ASN1_TIME_set(X509_getm_notAfter(x.get()), static_cast<time_t>(o.until));
        X509_set_pubkey(x.get(), key_.get());
        set_name(X509_get_subject_name(x.get()), o.name);
        set_name(X509_get_issuer_name(x.get()), issuer ? issuer_name : o.name);
        if (!o.alternative.empty()) add(x.get(), NID_subject_alt_name, o.alternative);
        if (o.alternative.empty() && !issuer) add(x.get(), NID_basic_constraints, "critical,CA:TRUE");
        X509_sign(x.get(), issuer ? issuer->key() : key_.get(), EVP_sha256());
        return pem([&](BIO* out) { return PEM_write_bio_X509(out, x.get()); });
    }
    std::string public_key() const {
        return pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key_.get()); });
    }
    /// Base64.
    std::string sign(const std::string& text, bool sha256) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        size_t size = 0;
        const auto* data = reinterpret_cast<const unsigned char*>(text.data());
        if (EVP_DigestSignInit(ctx.get(), nullptr, sha256 ? EVP_sha256() : EVP_sha1(), nullptr, key_.get()) != 1 ||
            EVP_DigestSign(ctx.get(), nullptr, &size, data, text.size()) != 1)
            throw std::runtime_error("cannot sign");
        std::string out(size, '\0');
        if (EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size, data, text.size()) != 1)
            throw std::runtime_error("cannot sign");
        out.resize(size);
        return gh::to_base64(out);
    }

private:
    static int& serial() {
        static int n = 0;
        return n;
    }
    static void set_name(X509_NAME* n, const std::string& text) {
        X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
    }
    static void add(X509* x, int nid, const std::string& value) {
        X509V3_CTX ctx;
        X509V3_set_ctx(&ctx, x, x, nullptr, nullptr, 0);
        X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
        if (!e) throw std::runtime_error("cannot make an extension");
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    template <class F>
    static std::string pem(F write) {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
        if (write(out.get()) != 1) throw std::runtime_error("cannot write PEM");
        char* data = nullptr;
        const long size = BIO_get_mem_data(out.get(), &data);
        return std::string(data, static_cast<size_t>(size));
    }
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// One for the whole run: making RSA keys is slow.
inline const Signer& signer() {
    static const Signer s;
    return s;
}
inline const Signer& other_signer() {
    static const Signer s;
    return s;
}

/// The fields of a message in the order in which they are written; values are decoded.
class Message {
public:
    static Message notification(const std::string& message = "hello", const std::string& subject = "") {
        Message m("Notification");
        m.set("MessageId", "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324").set("TopicArn", k_topic);
        if (!subject.empty()) m.set("Subject", subject);
        return m.set("Message", message).set("Timestamp", k_stamp);
    }
    static Message confirmation(const std::string& topic = k_topic, const std::string& type = "SubscriptionConfirmation") {
        Message m(type);
        return m.set("MessageId", "165545c9-2a5c-472c-8df2-7ff2be2b3b1b")
            .set("Token", k_token)
            .set("TopicArn", topic)
            .set("Message",
                 "You have chosen to subscribe to the topic " + topic + ".\nTo confirm the subscription, visit the SubscribeURL.")
            .set("SubscribeURL",
                 "https://sns." + region(topic) + ".amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + topic + "&Token=" + k_token)
            .set("Timestamp", k_stamp);
    }
    static std::string region(const std::string& topic) {
        const size_t begin = topic.find("sns:") + 4;
        return topic.substr(begin, topic.find(':', begin) - begin);
    }

    Message& set(const std::string& name, const std::string& value) {
        for (auto& [n, v] : fields_)
            if (n == name) return v = value, *this;
        fields_.emplace_back(name, value);
        return *this;
    }
    Message& remove(const std::string& name) {
        std::erase_if(fields_, [&](const auto& f) { return f.first == name; });
        return *this;
    }
    std::string get(const std::string& name) const {
        for (const auto& [n, v] : fields_)
            if (n == name) return v;
        return "";
    }
    std::string canonical() const {
        const bool notification = get("Type") == "Notification";
        const std::vector<std::string> keys =
            notification ? std::vector<std::string>{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}
                         : std::vector<std::string>{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"};
        std::string out;
        for (const auto& k : keys)
            for (const auto& [n, v] : fields_)
                if (n == k) out += k + "\n" + v + "\n";
        return out;
    }
    Message& sign(const Signer& by = signer(), const std::string& version = "1", const std::string& url = k_cert_url) {
        set("SignatureVersion", version);
        set("Signature", by.sign(canonical(), version == "2"));
        return set("SigningCertURL", url);
    }
    /// As SNS writes it: "Key" : "value", two spaces, everything beyond ASCII escaped.
    std::string body() const {
        std::string out = "{\n";
        for (const auto& [n, v] : fields_)
            out += std::string(out.size() > 2 ? ",\n" : "") + "  \"" + n + "\" : " + nlohmann::json(v).dump(-1, ' ', true);
        return out + "\n}";
    }
    fake::Request request() const { return request_with(body()); }
    fake::Request request_with(std::string body) const {
        fake::Request r;
        r.body = std::move(body);
        r.set("x-amz-sns-message-type", get("Type"))
            .set("x-amz-sns-message-id", get("MessageId"))
            .set("x-amz-sns-topic-arn", get("TopicArn"));
        if (get("Type") != "SubscriptionConfirmation")
            r.set("x-amz-sns-subscription-arn", get("TopicArn") + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55");
        r.set("Content-Type", "text/plain; charset=UTF-8").set("User-Agent", "Amazon Simple Notification Service Agent");
        return r;
    }

private:
    explicit Message(const std::string& type) { set("Type", type); }
    std::vector<std::pair<std::string, std::string>> fields_;
};

inline fake::Reply reply(int status, std::string body = "") {
    fake::Reply r;
    r.status = status;
    r.body = std::move(body);
    return r;
}

inline std::string confirmed_xml(const std::string& subscription) {
    return "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n  <ConfirmSubscriptionResult>\n    "
           "<SubscriptionArn>" +
           subscription +
           "</SubscriptionArn>\n  </ConfirmSubscriptionResult>\n  <ResponseMetadata>\n    "
           "<RequestId>075ecce8-8dac-11e1-bf80-f781d96e9307</RequestId>\n  </ResponseMetadata>\n</ConfirmSubscriptionResponse>\n";
}
inline const std::string k_subscription = std::string(k_topic) + ":2bcfbf39-05c3-41de-beaa-fcfcc21c8f55";

/// Puts what a job finished with, or a response carried, into the source's state, as a host does after the commit.
inline void commit(fake::Source& s, const std::map<std::string, std::optional<std::string>>& changes) {
    for (const auto& [key, value] : changes) {
        if (value)
            s.host.state[key] = *value;
        else
            s.host.state.erase(key);
    }
}

/// Verifies; when a key is missing, serves `pem` for it and verifies again, as a host does.
inline fake::Answer verify_with(fake::Source& source, fake::Request& r, const std::string& pem) {
    fake::Answer a = source.verify(r);
    if (a.status != GATEHOUSE_OK || a.kind != "job") return a;
    if (a.job->start() != GATEHOUSE_OK) throw std::runtime_error("the verifier's job did not start");
    if (a.job->asked == "http") a.job->reply(reply(200, pem));
    if (a.job->failure >= 0) {
        fake::Answer failed;
        failed.kind = "503";
        failed.hint = a.job->reason;
        return failed;
    }
    return source.verify(r);
}

/// "accept", the refusal's code, or "503".
inline std::string outcome(const fake::Answer& a) {
    if (a.status != GATEHOUSE_OK) return "503";
    return a.kind == "refuse" ? a.code : a.kind;
}

} // namespace sns_test
