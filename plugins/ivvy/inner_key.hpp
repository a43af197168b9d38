// iVvy's public keys: where they are, fetching them, checking with them.
#pragma once

#include <gatehouse/explain.hpp>
#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>
#include <gatehouse/verify/key_cache.hpp>

#include <map>

#include "message.hpp"

namespace ivvy {

/// RSASSA-PKCS1-v1_5 with SHA-1 over message::text_to_sign(). The documentation calls the file a key and names it notifcert.txt; what is in
/// it could not be seen, so a public key ("PUBLIC KEY", "RSA PUBLIC KEY") and a certificate are both taken, as long as the file is exactly
/// one of them. Refusals: key_region_refused, key_path_refused, key_malformed, inner_signature_malformed, inner_signature_mismatch (403).
class inner_keys {
public:
    /// Throws setting_error.
    inner_keys(gatehouse::host h, const gatehouse::settings& s)
        : wanted_(s["inner_signature"].text() != "off"),
          explain_(h),
          cache_(h, "public key of iVvy", [](const std::string& body) { return read(body); }) {
        for (const auto v : s["signing_keys"].elements()) {
            const auto e = read_text(v["pem"].text());
            if (!e)
                throw gatehouse::setting_error("signing_keys",
                                               gatehouse::printable(v["path"].text()) + " is not one RSA key of 2048 bits or more");
            known_[std::string(v["path"].text())] = e;
        }
        if (!s["signing_key_host"]) return;
        const auto u = gatehouse::url::parse(s["signing_key_host"].text());
        if (!u || u->path_and_query() != "/")
            throw gatehouse::setting_error("signing_key_host", "is not the address of a server, such as http://127.0.0.1:4101");
        origin_ = u->origin();
        h.warning("signing_key_host is set: whoever answers at " + origin_ + " can vouch for iVvy's signature");
    }

    bool wanted() const { return wanted_; }

    void enroll(gatehouse::registry& r) const {
        if (!wanted_) return;
        if (!origin_.empty()) return r.egress_setting("signing_key_host");
        for (const char* region : {"ap-southeast-2", "us-west-2", "eu-west-2"})
            r.egress_host(std::string("s3-") + region + ".amazonaws.com", 0,
                          std::string("/accountnotifications.") + region + ".ivvy.com/accounts");
        r.egress_host("s3-ap-southeast-2.amazonaws.com", 0, "/notifications.stageau.ap-southeast-2.ivvy.com/accounts");
    }

    gatehouse::verdict check(const message& m, gatehouse::acceptance yes) const {
        using gatehouse::refusal;
        if (explain_.listens()) explain_.say("text that iVvy signs", m.text_to_sign());
        const auto bucket = key_bucket_url(m.region());
        if (!bucket)
            return refusal("key_region_refused",
                           "Region is \"" + gatehouse::printable(m.region(), 40) + "\", where no key of iVvy's is known to be", 403);
        if (!m.key_path_fits())
            return refusal("key_path_refused", "SigningPublicKeyPath is not /accounts/<AccountId>/<number>/notifcert.txt", 403);
        const auto preset = known_.find(m.key_path());
        std::shared_ptr<const gatehouse::verify::rsa_key> key = preset == known_.end() ? nullptr : preset->second;
        if (!key) {
            const std::string url = *bucket + std::string(m.key_path());
            const auto cached = cache_.find(url);
            if (!cached) return cache_.fetch(url, from(url));
            if (!cached->key()) return refusal("key_malformed", cached->fault(), 403);
            key = cached->key();
        }
        const auto signature = gatehouse::from_base64(m.signature());
        if (!signature || signature->size() < 256)
            return refusal("inner_signature_malformed", "Signature inside Message is not base64 of an RSA signature", 403);
        if (key->verify(gatehouse::verify::digest::sha1, m.text_to_sign(), *signature)) return yes;
        return refusal("inner_signature_mismatch", "SNS delivered it, but iVvy's own signature inside does not fit", 403);
    }

    /// The job that fetches SNS's certificate, and this message's key after it where that is missing, too: the host runs one job for a
    /// request. Nothing says yet that the message is genuine; its key can lie in iVvy's folders only.
    gatehouse::job<gatehouse::result> fetch_after(gatehouse::job<gatehouse::result> first, const message& m) const {
        const auto bucket = key_bucket_url(m.region());
        const std::string url = bucket.value_or("") + std::string(m.key_path());
        if (!wanted_ || !bucket || !m.key_path_fits() || known_.count(m.key_path()) > 0 || cache_.find(url)) return first;
        return both(std::move(first), url, from(url));
    }

private:
    using cache = gatehouse::verify::key_cache<gatehouse::verify::rsa_key>;

    gatehouse::job<gatehouse::result> both(gatehouse::job<gatehouse::result> first, std::string url, std::string from) const {
        co_await std::move(first);
        co_return co_await cache_.fetch(std::move(url), std::move(from));
    }

    std::string from(const std::string& url) const {
        const size_t path = url.find('/', std::string_view("https://").size());
        return origin_.empty() ? url : origin_ + url.substr(path);
    }

    static std::shared_ptr<const gatehouse::verify::rsa_key> read_text(std::string_view text) {
        namespace v = gatehouse::verify;
        if (const auto der = v::der_of_single_pem(text, "PUBLIC KEY")) return v::rsa_key::from_der(*der);
        if (const auto der = v::der_of_single_pem(text, "RSA PUBLIC KEY")) {
            const auto* p = reinterpret_cast<const unsigned char*>(der->data());
            const v::detail::owned<EVP_PKEY, EVP_PKEY_free> key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &p, static_cast<long>(der->size())));
            ERR_clear_error();
            return v::rsa_key::from(key.get());
        }
        if (const auto der = v::der_of_single_pem(text, "CERTIFICATE")) {
            const auto* p = reinterpret_cast<const unsigned char*>(der->data());
            const v::detail::owned<X509, X509_free> x(d2i_X509(nullptr, &p, static_cast<long>(der->size())));
            ERR_clear_error();
            return x ? v::rsa_key::from(X509_get0_pubkey(x.get())) : nullptr;
        }
        return nullptr;
    }
    static cache::entry read(const std::string& body) {
        if (body.find("-----BEGIN") == std::string::npos)
            throw gatehouse::failure::retry("public key of iVvy: what was downloaded is no key");
        auto key = read_text(body);
        return key ? cache::entry(std::move(key))
                   : cache::entry(std::string("what was downloaded is not exactly one RSA key of 2048 bits or more"));
    }

    bool wanted_;
    gatehouse::explainer explain_;
    mutable cache cache_;
    std::map<std::string, std::shared_ptr<const gatehouse::verify::rsa_key>, std::less<>> known_;
    std::string origin_;
};

} // namespace ivvy
