// Names at Amazon SNS: regions, ARNs, hosts, certificate names, and the two kinds of URL that messages carry.
// docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html; regions: docs.aws.amazon.com/general/latest/gr/sns.html.
#pragma once

#include <gatehouse/encoding.hpp>

#include <algorithm>
#include <array>

namespace gatehouse::sns {

namespace detail {

inline bool all_of(std::string_view s, bool (*f)(char)) {
    return !s.empty() && std::all_of(s.begin(), s.end(), f);
}
inline bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
inline bool is_lower_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

} // namespace detail

/// Two letters, one to three words, one or two digits, joined by "-": ap-southeast-2, us-gov-west-1. A bucket's host such as
/// "s3-ap-southeast-2" has not this shape.
inline bool is_region(std::string_view s) {
    std::array<std::string_view, 5> parts;
    size_t n = 0;
    while (n < parts.size()) {
        const size_t dash = std::min(s.find('-'), s.size());
        parts[n++] = s.substr(0, dash);
        if (dash == s.size()) break;
        s.remove_prefix(dash + 1);
        if (n == parts.size()) return false;
    }
    if (n < 3 || parts[0].size() != 2 || parts[n - 1].size() > 2 || !detail::all_of(parts[n - 1], detail::is_digit)) return false;
    for (size_t i = 0; i + 1 < n; ++i)
        if (!detail::all_of(parts[i], detail::is_lower)) return false;
    return true;
}

inline bool is_uuid(std::string_view s) {
    if (s.size() != 36) return false;
    for (size_t i = 0; i < s.size(); ++i)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !is_hex_digit(s[i])) return false;
    return true;
}

/// arn:<partition>:sns:<region>:<account, 12 digits>:<topic name>. Partitions aws, aws-cn and aws-us-gov, each with its own regions;
/// others are refused, since no signing certificate of theirs is documented.
class topic_arn {
public:
    static std::optional<topic_arn> parse(std::string_view s) {
        topic_arn a;
        a.text_ = s;
        std::array<std::string_view, 6> parts;
        for (size_t i = 0; i < parts.size(); ++i) {
            const size_t colon = i + 1 < parts.size() ? s.find(':') : s.size();
            if (colon == std::string_view::npos) return std::nullopt;
            parts[i] = s.substr(0, colon);
            s.remove_prefix(std::min(colon + 1, s.size()));
        }
        const auto [arn, partition, service, region, account, name] = parts;
        if (arn != "arn" || service != "sns" || !is_region(region) || partition != partition_of(region)) return std::nullopt;
        if (account.size() != 12 || !detail::all_of(account, detail::is_digit) || name.size() > 256) return std::nullopt;
        if (!detail::all_of(name, [](char c) { return is_unreserved(c) && c != '.' && c != '~'; })) return std::nullopt;
        a.region_ = region;
        a.account_ = account;
        return a;
    }
    const std::string& text() const { return text_; }
    const std::string& region() const { return region_; }
    const std::string& account() const { return account_; }

    /// Whether `arn` is a subscription of this topic: the topic's ARN, ":" and a UUID.
    bool owns_subscription(std::string_view arn) const {
        return arn.size() == text_.size() + 37 && arn.substr(0, text_.size()) == text_ && arn[text_.size()] == ':' &&
               is_uuid(arn.substr(text_.size() + 1));
    }

    static std::string_view partition_of(std::string_view region) {
        if (region.substr(0, 3) == "cn-") return "aws-cn";
        return region.substr(0, 7) == "us-gov-" ? "aws-us-gov" : "aws";
    }

private:
    std::string text_, region_, account_;
};

/// The region's host, of certificates and confirmations.
inline std::string host_of(std::string_view region) {
    return "sns." + std::string(region) + (region.substr(0, 3) == "cn-" ? ".amazonaws.com.cn" : ".amazonaws.com");
}

/// The name that the region's signing certificate must bear, as AWS's SDK for Java 2 expects it (aws/aws-sdk-java-v2, sns-message-manager,
/// SnsHostProvider). Only messages of the classic regions were seen with our own eyes.
inline std::string certificate_name(std::string_view region) {
    static constexpr std::string_view opt_in[] = {"ap-east-1",      "ap-east-2",      "ap-south-2",     "ap-southeast-3", "ap-southeast-4",
                                                  "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "me-south-1",     "me-central-1",
                                                  "eu-south-1",     "eu-south-2",     "eu-central-2",   "af-south-1",     "il-central-1",
                                                  "ca-west-1",      "mx-central-1"};
    const std::string r(region);
    if (r.rfind("cn-", 0) == 0) return "sns-" + r + ".amazonaws.com.cn";
    if (r.rfind("us-gov-", 0) == 0) return "sns-us-gov-west-1.amazonaws.com";
    if (std::find(std::begin(opt_in), std::end(opt_in), region) != std::end(opt_in)) return "sns-signing." + r + ".amazonaws.com";
    return "sns.amazonaws.com";
}

/// Regions of the three partitions, for sources that name none.
inline std::vector<std::string> known_regions() {
    return {"us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "ca-central-1",   "ca-west-1",      "mx-central-1",
            "sa-east-1",      "eu-west-1",      "eu-west-2",      "eu-west-3",      "eu-central-1",   "eu-central-2",   "eu-north-1",
            "eu-south-1",     "eu-south-2",     "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
            "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ap-south-1",     "ap-south-2",
            "ap-east-1",      "ap-east-2",      "af-south-1",     "me-south-1",     "me-central-1",   "il-central-1",   "cn-north-1",
            "cn-northwest-1", "us-gov-west-1",  "us-gov-east-1"};
}

/// "/SimpleNotificationService-<32 lower-case hex digits>.pem", and nothing else.
inline bool is_certificate_path(std::string_view path) {
    static constexpr std::string_view begin = "/SimpleNotificationService-", end = ".pem";
    if (path.size() != begin.size() + 32 + end.size() || path.substr(0, begin.size()) != begin) return false;
    return path.substr(begin.size() + 32) == end && detail::all_of(path.substr(begin.size(), 32), detail::is_lower_hex);
}

/// Where certificates and confirmations are: the region's host, or what the operator configured in its place ("http://127.0.0.1:4100").
inline std::string origin_of(std::string_view region, std::string_view configured) {
    return configured.empty() ? "https://" + host_of(region) : std::string(configured);
}

/// Why this SigningCertURL is not the region's; empty when it is. The decision is one comparison with the only URL there can be; the rest
/// finds out for the operator what is different.
inline std::string certificate_url_fault(std::string_view url, std::string_view region, std::string_view configured = {}) {
    const auto fits = [&](const std::string& origin) {
        return url.substr(0, origin.size()) == origin && is_certificate_path(url.substr(std::min(origin.size(), url.size())));
    };
    if (fits(origin_of(region, {})) || (!configured.empty() && fits(std::string(configured)))) return {};
    if (url.substr(0, 8) != "https://") return "it does not begin with https://";
    const std::string_view rest = url.substr(8);
    const std::string_view authority = rest.substr(0, std::min(rest.find_first_of("/?#\\"), rest.size()));
    const std::string_view path = rest.substr(authority.size());
    if (authority.find('@') != std::string_view::npos) return "it carries user information";
    if (authority.find(':') != std::string_view::npos) return "it names a port";
    if (path.find('#') != std::string_view::npos) return "it has a fragment";
    if (path.find('?') != std::string_view::npos) return "it has a query";
    const std::string host = host_of(region);
    if (authority != host) return "its host is \"" + printable(authority, 80) + "\", and of a topic in this region it is " + host;
    return "its path is not /SimpleNotificationService-<32 hexadecimal digits>.pem";
}

/// The URL that confirms a subscription, built from checked parts; as SNS writes it, without escapes.
inline std::string confirmation_url(const topic_arn& topic, std::string_view token, std::string_view configured = {}) {
    return origin_of(topic.region(), configured) + "/?Action=ConfirmSubscription&TopicArn=" + topic.text() + "&Token=" + std::string(token);
}

} // namespace gatehouse::sns
