#include "identity.hpp"

#include <gatehouse/encoding.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace sns_sim {

namespace {

constexpr const char* k_authority = "Simulated SNS Authority";
constexpr int64_t k_day = 86'400;

template <class T>
T* checked(T* p, const char* what) {
    if (!p) throw command_error(GATEHOUSE_FAILED, std::string("OpenSSL could not ") + what);
    return p;
}

void set_name(X509_NAME* n, const std::string& text) {
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
}

void extend(X509* x, int id, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> e(
        checked(X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str()), "make an extension"), X509_EXTENSION_free);
    X509_add_ext(x, e.get(), -1);
}

template <class F>
std::string pem(F write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(checked(BIO_new(BIO_s_mem()), "allocate"), BIO_free_all);
    if (write(out.get()) != 1) throw command_error(GATEHOUSE_FAILED, "OpenSSL could not write PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return std::string(data, static_cast<size_t>(size));
}

/// from, until: days from `now`. A leaf names its host twice, as those of AWS do; an authority has no such name.
std::string certificate(const key_pair& key, const std::string& name, const key_pair& by, bool authority, time_point now, int64_t from,
                        int64_t until, const std::string& serial) {
    const std::unique_ptr<X509, decltype(&X509_free)> x(checked(X509_new(), "allocate"), X509_free);
    const int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    X509_set_version(x.get(), 2);
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, serial.c_str());
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x.get()));
    BN_free(number);
    ASN1_TIME_set(X509_getm_notBefore(x.get()), static_cast<time_t>(seconds + from * k_day));
    ASN1_TIME_set(X509_getm_notAfter(x.get()), static_cast<time_t>(seconds + until * k_day));
    X509_set_pubkey(x.get(), key.get());
    set_name(X509_get_subject_name(x.get()), name);
    set_name(X509_get_issuer_name(x.get()), k_authority);
    extend(x.get(), NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (authority) {
        extend(x.get(), NID_key_usage, "critical,keyCertSign");
    } else {
        extend(x.get(), NID_ext_key_usage, "serverAuth");
        extend(x.get(), NID_subject_alt_name, "DNS:" + name);
    }
    if (X509_sign(x.get(), by.get(), EVP_sha256()) == 0) throw command_error(GATEHOUSE_FAILED, "OpenSSL could not sign a certificate");
    return pem([&](BIO* out) { return PEM_write_bio_X509(out, x.get()); });
}

std::string certificate_path(const simulator_host& host) {
    return "/SimpleNotificationService-" + hex(host, 32) + ".pem";
}

std::string serial(const simulator_host& host) {
    return "1" + hex(host, 15);
}

} // namespace

key_pair::key_pair(evp_pkey_st* k) : key_(checked(k, "make a key"), EVP_PKEY_free) {}
key_pair key_pair::rsa() {
    return key_pair(EVP_RSA_gen(2048));
}
key_pair key_pair::ec() {
    return key_pair(EVP_EC_gen("P-256"));
}

std::string key_pair::sign(std::string_view text, const char* digest) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(checked(EVP_MD_CTX_new(), "allocate"), EVP_MD_CTX_free);
    std::string out(512, '\0');
    size_t size = out.size();
    if (EVP_DigestSignInit_ex(ctx.get(), nullptr, digest, nullptr, nullptr, key_.get(), nullptr) != 1 ||
        EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size, reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) != 1)
        throw command_error(GATEHOUSE_FAILED, std::string("OpenSSL could not sign with ") + digest);
    out.resize(size);
    return gatehouse::to_base64(out);
}

std::string key_pair::public_pem() const {
    return pem([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key_.get()); });
}

identity::identity(simulator_host host, std::string certificate_name)
    : host_(host),
      name_(std::move(certificate_name)),
      authority_(key_pair::ec()),
      authority_pem_(certificate(authority_, k_authority, authority_, true, host.wall_now(), -365, 3650, serial(host))) {
    for (int i = 0; i < 4; ++i) paths_.push_back(certificate_path(host));
}

const key_pair& identity::key() {
    if (!key_) key_ = key_pair::rsa();
    return *key_;
}

std::string identity::make(kind k) {
    const std::string number = serial(host_);
    switch (k) {
        case kind::good:
            return certificate(key(), name_, authority_, false, host_.wall_now(), -30, 335, number);
        case kind::other_name:
            return certificate(key(), "notifications.example", authority_, false, host_.wall_now(), -30, 335, number);
        case kind::expired:
            return certificate(key(), name_, authority_, false, host_.wall_now(), -365, -1, number);
        case kind::wrapped:
            break;
    }
    return "<ErrorResponse><Error><Message>" + certificate(key(), name_, authority_, false, host_.wall_now(), -30, 335, number) +
           "</Message></Error></ErrorResponse>";
}

std::optional<std::string> identity::document(std::string_view path) {
    if (const auto known = served_.find(path); known != served_.end()) return known->second;
    const auto found = std::find(paths_.begin(), paths_.end(), path);
    if (found == paths_.end()) return std::nullopt;
    return served_[std::string(path)] = make(static_cast<kind>(found - paths_.begin()));
}

std::string identity::sign(std::string_view version, std::string_view text, bool foreign) {
    if (foreign && !foreign_) foreign_ = key_pair::rsa();
    return (foreign ? *foreign_ : key()).sign(text, version == "1" ? "SHA1" : "SHA256");
}

void identity::rotate() {
    for (const std::string& path : paths_) document(path);
    key_.reset();
    for (std::string& path : paths_) path = certificate_path(host_);
}

} // namespace sns_sim
