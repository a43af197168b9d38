// iVvy's own message inside an SNS notification, and its own signature (developer.ivvy.com, "notifications"; the vendor's receiver:
// github.com/ivvycode/ivvy-subscriptions-net).
#pragma once

#include <gatehouse/json.hpp>
#include <gatehouse/time.hpp>
#include <gatehouse/verify/rsa.hpp>

#include <array>

namespace ivvy {

inline std::string hex_of(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}
/// name: of a digest of OpenSSL's, "SHA1" or "MD5". Lower-case hexadecimal digits.
inline std::string hex_digest(const char* name, std::string_view data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    size_t size = 0;
    if (EVP_Q_digest(nullptr, name, nullptr, data.data(), data.size(), out.data(), &size) != 1)
        throw gatehouse::failure::retry(std::string("this system's OpenSSL does not offer ") + name);
    return hex_of({reinterpret_cast<const char*>(out.data()), size});
}
inline std::string lower(std::string s) {
    for (char& c : s)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return s;
}

/// Ids come as numbers and as strings: either as text; "" for anything else.
inline std::string id_text(gatehouse::json::value v) {
    return std::string(v.is_string() ? v.text() : v.number());
}

/// The shape only; check the signature before anything is believed.
class message {
public:
    /// Nothing when it is no message of iVvy's: a member missing, or of another kind than string (Timestamp: or number).
    static std::optional<message> read(std::string_view text) {
        message m(gatehouse::json::parse(text));
        const auto stamp = m.json_["Timestamp"];
        for (const char* name : {"TxnId", "Region", "AccountId", "Subject", "Body", "Signature", "SigningPublicKeyPath"}) {
            const auto v = m.json_[name];
            if (!v || !(v.is_string() || v.is_null())) return std::nullopt;
        }
        if (!stamp || !(stamp.is_string() || stamp.is_null() || !stamp.number().empty())) return std::nullopt;
        return m;
    }

    std::string_view transaction() const { return json_["TxnId"].text(); }
    std::string_view region() const { return json_["Region"].text(); }
    std::string_view account() const { return json_["AccountId"].text(); }
    std::string_view subject() const { return json_["Subject"].text(); }
    std::string_view body() const { return json_["Body"].text(); }
    std::string_view signature() const { return json_["Signature"].text(); }
    std::string_view key_path() const { return json_["SigningPublicKeyPath"].text(); }
    std::string timestamp() const { return id_text(json_["Timestamp"]); }
    std::optional<gatehouse::time_point> occurred_at() const {
        const auto s = gatehouse::detail::parse_digits(timestamp(), 12);
        return s ? std::optional(gatehouse::time_point(std::chrono::seconds(*s))) : std::nullopt;
    }

    /// All of it in lower case; null is an empty text. SourceType, SourceInfo and SigningPublicKeyPath are not covered.
    std::string text_to_sign() const {
        std::string out;
        for (const auto part : {transaction(), region()}) out.append(part).append(":");
        out += timestamp() + ":";
        for (const auto part : {account(), subject()}) out.append(part).append(":");
        return lower(out + hex_digest("SHA1", body()));
    }

    /// /accounts/<this account>/<digits>/notifcert.txt: the first number must be the account's, and nothing else may stand there, since the
    /// path is put behind a host's name.
    bool key_path_fits() const {
        static constexpr std::string_view end = "/notifcert.txt";
        const std::string begin = "/accounts/" + std::string(account()) + "/";
        std::string_view p = key_path();
        if (!digits(account()) || p.size() <= begin.size() + end.size() || p.substr(0, begin.size()) != begin) return false;
        p.remove_prefix(begin.size());
        return p.substr(p.size() - end.size()) == end && digits(p.substr(0, p.size() - end.size()));
    }

private:
    explicit message(gatehouse::json::document d) : json_(std::move(d)) {}
    static bool digits(std::string_view s) { return gatehouse::detail::parse_digits(s, 18).has_value(); }
    gatehouse::json::document json_;
};

/// The public keys lie in one bucket per region. Nothing for a region that is not known: it would become part of a host's name.
inline std::optional<std::string> key_bucket_url(std::string_view region) {
    if (region == "stage") return "https://s3-ap-southeast-2.amazonaws.com/notifications.stageau.ap-southeast-2.ivvy.com";
    for (const std::string_view known : {"ap-southeast-2", "us-west-2", "eu-west-2"})
        if (region == known)
            return "https://s3-" + std::string(known) + ".amazonaws.com/accountnotifications." + std::string(known) + ".ivvy.com";
    return std::nullopt;
}

} // namespace ivvy
