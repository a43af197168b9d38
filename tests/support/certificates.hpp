// A certificate authority made at test time, in a directory that is removed with the object.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace gh::test {

class Authority {
public:
    struct Files {
        std::string certificate, key;
    };

    explicit Authority(const std::string& name = "Test Authority") {
        std::string pattern = (std::filesystem::temp_directory_path() / "gatehouse-ca-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
        directory_ = pattern;
        key_.reset(EVP_EC_gen("P-256"));
        certificate_ = make(name, name, key_.get(), key_.get(), -3600, 86'400, nullptr, true);
        write_certificate(file(), certificate_.get());
    }
    ~Authority() {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
    }
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    /// PEM file of the root.
    std::string file() const { return (directory_ / "ca.pem").string(); }

    /// `names`: as in subjectAltName, "DNS:example.test,IP:127.0.0.1". Times in seconds from now.
    Files issue(const std::string& names, long valid_from = -3600, long valid_until = 86'400) {
        const std::string base = (directory_ / std::to_string(++count_)).string();
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
        const auto certificate = make("leaf", "Test Authority", key.get(), key_.get(), valid_from, valid_until, names.c_str(), false);
        write_certificate(base + ".pem", certificate.get());
        std::FILE* out = std::fopen((base + ".key").c_str(), "w");
        if (!out || PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
            throw std::runtime_error("cannot write a key");
        std::fclose(out);
        return {base + ".pem", base + ".key"};
    }

private:
    struct X509Deleter {
        void operator()(X509* c) const { X509_free(c); }
    };
    using Certificate = std::unique_ptr<X509, X509Deleter>;

    Certificate make(const std::string& subject, const std::string& issuer, EVP_PKEY* key, EVP_PKEY* signer, long from, long until,
                     const char* names, bool authority) {
        Certificate c(X509_new());
        X509_set_version(c.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(c.get()), 1000 + count_);
        X509_gmtime_adj(X509_getm_notBefore(c.get()), from);
        X509_gmtime_adj(X509_getm_notAfter(c.get()), until);
        const auto add_name = [](X509_NAME* to, const std::string& text) {
            X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
        };
        add_name(X509_get_subject_name(c.get()), subject);
        add_name(X509_get_issuer_name(c.get()), issuer);
        X509_set_pubkey(c.get(), key);
        const auto extend = [&](int id, const char* value) {
            X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
            if (!extension) throw std::runtime_error("bad certificate extension");
            X509_add_ext(c.get(), extension, -1);
            X509_EXTENSION_free(extension);
        };
        extend(NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (names) extend(NID_subject_alt_name, names);
        if (X509_sign(c.get(), signer, EVP_sha256()) == 0) throw std::runtime_error("cannot sign a certificate");
        return c;
    }

    static void write_certificate(const std::string& path, X509* certificate) {
        std::FILE* out = std::fopen(path.c_str(), "w");
        if (!out || PEM_write_X509(out, certificate) != 1) throw std::runtime_error("cannot write a certificate");
        std::fclose(out);
    }

    std::filesystem::path directory_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_{nullptr, EVP_PKEY_free};
    Certificate certificate_;
    int count_ = 0;
};

} // namespace gh::test
