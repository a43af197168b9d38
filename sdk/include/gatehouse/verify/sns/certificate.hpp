// Signing certificates: reading, and what a message may demand of them.
#pragma once

#include <gatehouse/verify/rsa.hpp>
#include <gatehouse/verify/sns/names.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <mutex>

namespace gatehouse::sns {

/// The operator's certificate authorities: every certificate in a PEM text. Each is an anchor by itself, intermediates too, since SNS
/// serves the signing certificate alone. Any thread.
class authorities {
public:
    /// Throws setting_error: no certificate in it, or one that cannot be read.
    authorities(std::string_view setting, std::string_view pem) : store_(X509_STORE_new()) {
        if (!store_) throw std::bad_alloc();
        X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
        const verify::detail::owned<BIO, BIO_free_all> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        size_t count = 0;
        for (;; ++count) {
            const verify::detail::owned<X509, X509_free> one(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
            if (!one) break;
            if (X509_STORE_add_cert(store_.get(), one.get()) != 1) throw std::bad_alloc();
        }
        const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        ERR_clear_error();
        if (count == 0 || !at_end) throw setting_error(setting, "is not a text of PEM certificates");
    }
    X509_STORE* store() const { return store_.get(); }

private:
    verify::detail::owned<X509_STORE, X509_STORE_free> store_;
};

/// A certificate as it was downloaded: immutable, any thread.
class certificate {
public:
    /// The text must be exactly one PEM certificate with an RSA key of 2048 bits or more. Null and a reason otherwise.
    static std::pair<std::shared_ptr<const certificate>, std::string> read(std::string_view pem, const authorities* trusted) {
        const auto der = verify::der_of_single_pem(pem, "CERTIFICATE");
        if (!der) return {nullptr, "what was downloaded is not exactly one PEM certificate and nothing else"};
        const auto* p = reinterpret_cast<const unsigned char*>(der->data());
        const auto* const end = p + der->size();
        const verify::detail::owned<X509, X509_free> x(d2i_X509(nullptr, &p, static_cast<long>(der->size())));
        ERR_clear_error();
        if (!x || p != end) return {nullptr, "what was downloaded is not an X.509 certificate"};
        auto out = std::shared_ptr<certificate>(new certificate);
        out->key_ = verify::rsa_key::from(X509_get0_pubkey(x.get()));
        if (!out->key_) return {nullptr, "the certificate has no RSA key of 2048 bits or more"};
        const auto from = to_time(X509_get0_notBefore(x.get())), until = to_time(X509_get0_notAfter(x.get()));
        if (!from || !until) return {nullptr, "the certificate's dates cannot be read"};
        out->from_ = *from;
        out->until_ = *until;
        out->read_names(x.get());
        if (trusted) out->build_chain(x.get(), *trusted);
        return {std::move(out), {}};
    }

    const verify::rsa_key& key() const { return *key_; }
    /// The first second of its life and the last.
    time_point valid_from() const { return from_; }
    time_point valid_until() const { return until_; }
    /// Exactly this DNS name among the alternative names; where there are none, as common name (RFC 9525: no wildcards here).
    bool is_for(std::string_view name) const {
        return std::any_of(names_.begin(), names_.end(), [&](const auto& n) { return equals_ignoring_case(n, name); });
    }
    std::string names() const {
        std::string out;
        for (const auto& n : names_) out += (out.empty() ? "" : ", ") + printable(n, 80);
        return out.empty() ? "none" : printable(out, 300);
    }
    /// With authorities given at read(): why the chain is not trusted at that time; empty when it is.
    std::string chain_fault(time_point at) const {
        if (!chain_fault_.empty()) return chain_fault_;
        if (at < chain_from_ || at > chain_until_) return "a certificate of the chain was not valid then";
        return {};
    }

private:
    certificate() = default;

    static std::optional<time_point> to_time(const ASN1_TIME* t) {
        std::tm tm{};
        if (!t || ASN1_TIME_to_tm(t, &tm) != 1) return std::nullopt;
        return time_point(std::chrono::seconds(timegm(&tm)));
    }

    void read_names(X509* x) {
        const auto add = [&](const ASN1_STRING* s) {
            names_.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<size_t>(ASN1_STRING_length(s)));
        };
        const auto* alternatives = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr));
        const verify::detail::owned<GENERAL_NAMES, GENERAL_NAMES_free> owner(const_cast<GENERAL_NAMES*>(alternatives));
        for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
            const GENERAL_NAME* n = sk_GENERAL_NAME_value(alternatives, i);
            if (n->type == GEN_DNS) add(n->d.dNSName);
        }
        ERR_clear_error();
        if (!names_.empty()) return;
        const X509_NAME* subject = X509_get_subject_name(x);
        const int last = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        if (last >= 0) add(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    }

    /// Once per certificate: the dates of the chain are compared with each message's time later.
    void build_chain(X509* x, const authorities& trusted) {
        const verify::detail::owned<X509_STORE_CTX, X509_STORE_CTX_free> ctx(X509_STORE_CTX_new());
        if (!ctx || X509_STORE_CTX_init(ctx.get(), trusted.store(), x, nullptr) != 1) throw std::bad_alloc();
        const bool good = X509_verify_cert(ctx.get()) == 1;
        if (!good) chain_fault_ = X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx.get()));
        ERR_clear_error();
        chain_from_ = from_;
        chain_until_ = until_;
        const STACK_OF(X509)* chain = good ? X509_STORE_CTX_get0_chain(ctx.get()) : nullptr;
        for (int i = 0; chain && i < sk_X509_num(chain); ++i) {
            const auto from = to_time(X509_get0_notBefore(sk_X509_value(chain, i)));
            const auto until = to_time(X509_get0_notAfter(sk_X509_value(chain, i)));
            chain_from_ = std::max(chain_from_, from.value_or(time_point::max()));
            chain_until_ = std::min(chain_until_, until.value_or(time_point::min()));
        }
    }

    std::shared_ptr<const verify::rsa_key> key_;
    time_point from_, until_, chain_from_, chain_until_;
    std::vector<std::string> names_;
    std::string chain_fault_;
};

} // namespace gatehouse::sns
