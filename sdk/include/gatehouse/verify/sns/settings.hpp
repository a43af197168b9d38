// The settings that every source on SNS has: their schema text and their values.
#pragma once

#include <gatehouse/join.hpp>
#include <gatehouse/source.hpp>
#include <gatehouse/url.hpp>
#include <gatehouse/verify/basic.hpp>
#include <gatehouse/verify/secret_path.hpp>
#include <gatehouse/verify/sns/certificate.hpp>
#include <gatehouse/verify/sns/envelope.hpp>

#include <map>

namespace gatehouse::sns {

/// Members for "properties" of a plugin's settings schema; a comma goes before them:
///     constexpr std::string_view k_begin = R"({"type": "object", …, "properties": { …,)", k_end = "}}";
///     constexpr std::string_view k_schema = joined<k_begin, sns::k_settings, k_end>;
inline constexpr std::string_view k_settings = R"(
    "topic_arns": {"type": "array", "items": {"type": "string", "maxLength": 512}, "default": [],
      "description": "Topics whose messages are accepted. Others wait for approval when they ask for confirmation, and are refused otherwise"},
    "regions": {"type": "array", "items": {"type": "string", "maxLength": 32}, "default": [],
      "description": "AWS regions that messages may come from; without it those of topic_arns, and without these every region known"},
    "allow_signature_version_1": {"type": "boolean", "default": true,
      "description": "Accept SignatureVersion 1 (RSA with SHA-1), which topics use unless their owner chose 2"},
    "window": {"type": "string", "pattern": "^[0-9]{1,8}[smhd]$", "default": "4h",
      "description": "How old a message may be: SNS repeats for up to an hour by policy, and a throttled topic queues"},
    "basic_user": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^:]+$",
      "description": "User of the endpoint's URL (https://user:password@host/...): requests without these credentials are challenged"},
    "basic_password": {"type": ["string", "array"], "items": {"type": "string"}, "minLength": 1, "writeOnly": true,
      "description": "Password that goes with basic_user; old and new during a change"},
    "signing_ca": {"type": "string",
      "description": "PEM text of certificates to which a signing certificate must chain; without it trust rests on the TLS download"},
    "signing_certificates": {"type": "array", "default": [], "items": {"type": "object", "additionalProperties": false,
        "required": ["name", "pem"], "properties": {
          "name": {"type": "string", "pattern": "^SimpleNotificationService-[0-9a-f]{32}[.]pem$"}, "pem": {"type": "string"}}},
      "description": "Signing certificates known beforehand, by file name: these are not fetched"},
    "signing_cert_host": {"type": "string", "format": "uri",
      "description": "Where certificates are fetched and subscriptions confirmed in place of AWS: a simulator or a proxy. It can vouch for any message"})";

/// The same for sources that know raw delivery.
inline constexpr std::string_view k_raw_settings = R"(,
    "subscription_arns": {"type": "array", "items": {"type": "string", "maxLength": 600}, "default": [],
      "description": "Raw delivery: subscriptions confirmed by hand; those confirmed by this source are known without it"})";

enum class delivery { enveloped, raw };

/// Checked values; immutable after construction. Throws setting_error.
class sns_settings {
public:
    sns_settings(const host& h, const settings& s, delivery d, std::vector<std::string> default_regions) : delivery_(d) {
        read_topics(s);
        read_regions(s, std::move(default_regions));
        version_1_ = s["allow_signature_version_1"].boolean().value_or(true);
        const auto window = parse_duration(s["window"].text().empty() ? "4h" : s["window"].text());
        if (!window || *window < std::chrono::minutes(1)) throw setting_error("window", "must be a duration from 1m to 366d, such as 4h");
        window_ = *window;
        read_basic(h, s);
        if (s["signing_ca"]) authorities_ = std::make_unique<authorities>("signing_ca", s["signing_ca"].text());
        read_certificates(s);
        read_host(s);
        if (d == delivery::raw && !basic_ && !verify::has_unguessable_part(s.path()))
            throw setting_error("delivery",
                                "raw messages carry no signature: set basic_user and basic_password, or give the source a path "
                                "with a part of 16 random characters or more that nobody can guess");
    }

    delivery form() const { return delivery_; }
    milliseconds window() const { return window_; }
    bool version_1() const { return version_1_; }
    bool names_topic(std::string_view arn) const { return topics_.count(arn) > 0; }
    const std::map<std::string, topic_arn, std::less<>>& topics() const { return topics_; }
    bool names_region(std::string_view region) const { return std::find(regions_.begin(), regions_.end(), region) != regions_.end(); }
    const std::vector<std::string>& regions() const { return regions_; }
    const std::vector<std::string>& subscriptions() const { return subscriptions_; }
    const std::optional<verify::basic>& basic() const { return basic_; }
    const authorities* trusted() const { return authorities_.get(); }
    /// Known beforehand; null when it is not.
    std::shared_ptr<const certificate> certificate_named(std::string_view name) const {
        const auto found = certificates_.find(name);
        return found == certificates_.end() ? nullptr : found->second;
    }
    const std::string& other_origin() const { return origin_; } ///< of signing_cert_host; empty = AWS

private:
    void read_topics(const settings& s) {
        for (const auto v : s["topic_arns"].elements()) {
            const auto arn = topic_arn::parse(v.text());
            if (!arn) throw setting_error("topic_arns", "\"" + printable(v.text()) + "\" is not arn:aws:sns:<region>:<account>:<topic>");
            topics_.emplace(arn->text(), *arn);
        }
        for (const auto v : s["subscription_arns"].elements()) {
            const size_t tail = v.text().rfind(':');
            const auto arn = topic_arn::parse(v.text().substr(0, std::min(tail, v.text().size())));
            if (!arn || !arn->owns_subscription(v.text()))
                throw setting_error("subscription_arns", "\"" + printable(v.text()) + "\" is not <topic ARN>:<uuid>");
            subscriptions_.emplace_back(v.text());
        }
    }
    void read_regions(const settings& s, std::vector<std::string> defaults) {
        for (const auto v : s["regions"].elements()) {
            if (!is_region(v.text())) throw setting_error("regions", "\"" + printable(v.text()) + "\" is not a region such as eu-west-1");
            regions_.emplace_back(v.text());
        }
        const bool given = !regions_.empty();
        for (const auto& [text, arn] : topics_) {
            if (given && !names_region(arn.region())) throw setting_error("regions", "does not have the region of " + text);
            if (!names_region(arn.region())) regions_.push_back(arn.region());
        }
        if (regions_.empty()) regions_ = defaults.empty() ? known_regions() : std::move(defaults);
    }
    void read_basic(const host& h, const settings& s) {
        const bool user = static_cast<bool>(s["basic_user"]), password = h.secret_count("basic_password") > 0;
        if (user != password) throw setting_error(user ? "basic_password" : "basic_user", "is not set: the two go together");
        if (user) basic_.emplace(s["basic_user"].text(), "basic_password");
    }
    void read_certificates(const settings& s) {
        for (const auto v : s["signing_certificates"].elements()) {
            auto [read, fault] = certificate::read(v["pem"].text(), trusted());
            if (!read) throw setting_error("signing_certificates", printable(v["name"].text()) + ": " + fault);
            certificates_[std::string(v["name"].text())] = std::move(read);
        }
    }
    void read_host(const settings& s) {
        if (!s["signing_cert_host"]) return;
        const auto u = url::parse(s["signing_cert_host"].text());
        if (!u || u->path_and_query() != "/")
            throw setting_error("signing_cert_host", "is not the address of a server, such as http://127.0.0.1:4100");
        origin_ = u->origin();
    }

    delivery delivery_;
    milliseconds window_{};
    bool version_1_ = true;
    std::map<std::string, topic_arn, std::less<>> topics_;
    std::vector<std::string> regions_, subscriptions_;
    std::optional<verify::basic> basic_;
    std::unique_ptr<authorities> authorities_;
    std::map<std::string, std::shared_ptr<const certificate>, std::less<>> certificates_;
    std::string origin_;
};

} // namespace gatehouse::sns
