#include "tampers.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

namespace sns_sim {

namespace {

using namespace std::chrono_literals;
using gatehouse::header;

constexpr tamper_info k_tampers[] = {
    {"altered-body", "the message is changed after it was signed", "signature_mismatch", true, false},
    {"broken-signature", "one bit of the signature is turned over", "signature_mismatch", true, false},
    {"foreign-key", "signed with another key than the certificate's", "signature_mismatch", true, false},
    {"short-signature", "the signature is cut", "signature_malformed", true, false},
    {"certificate-host", "the certificate's URL leads to a bucket that looks like SNS", "certificate_url_refused", true, false},
    {"certificate-suffix", "the certificate's host only begins with SNS's name", "certificate_url_refused", true, false},
    {"certificate-user", "SNS's host stands before an @ in the certificate's URL", "certificate_url_refused", true, false},
    {"certificate-http", "the certificate's URL is plain http", "certificate_url_refused", true, false},
    {"certificate-path", "the certificate's URL has another path", "certificate_url_refused", true, false},
    {"certificate-query", "the certificate's URL has a query, which SNS could be made to reflect", "certificate_url_refused", true, false},
    {"certificate-region", "the certificate's URL is of another region than the topic", "certificate_url_refused", true, false},
    {"certificate-name", "the certificate is for another host", "certificate_name_mismatch", true, false},
    {"certificate-expired", "the certificate had ended before the message", "certificate_expired", true, false},
    {"certificate-wrapped", "the certificate comes inside XML", "certificate_malformed", true, false},
    {"unknown-version", "SignatureVersion 3", "signature_version_unknown", true, false},
    {"stale-timestamp", "signed two days ago", "timestamp_too_old", true, false},
    {"future-timestamp", "signed for in an hour", "timestamp_in_future", true, false},
    {"repeated-member", "a second Message stands in the JSON, unsigned", "body_malformed", true, false},
    {"header-mismatch", "the message id in the header is another than the signed one", "header_mismatch", true, false},
    {"missing-header", "comes without x-amz-sns-message-id", "header_missing", true, true},
    {"foreign-topic", "SNS signed it, for somebody else's topic", "topic_not_pinned", true, true},
    {"confirmation-url", "a signed confirmation whose SubscribeURL leads elsewhere", "subscribe_url_mismatch", true, true},
    {"raw-delivery", "comes raw, where envelopes are expected", "raw_refused", true, false},
    {"enveloped-delivery", "comes as an envelope, where raw delivery is expected", "envelope_refused", false, true},
    {"envelope-in-raw", "raw by its header, with a body that pretends to be signed", "envelope_refused", false, true},
    {"wrong-subscription", "the subscription in the header is not the confirmed one", "subscription_mismatch", false, true},
    {"foreign-confirmation", "somebody else's topic asks for confirmation: must wait for an operator", "", true, true},
    {"duplicate-id", "sent twice with one message id: one event", "", true, true},
    {"unsubscribe-url", "genuine, but UnsubscribeURL, which is not signed, is a trap: must not be visited", "", true, false},
    {"unsigned-attributes", "genuine, with MessageAttributes that nobody signed", "", true, false},
};

bool is(const tamper_info* t, std::string_view name) {
    return t && t->name == name;
}

void remove(std::vector<header>& headers, std::string_view name) {
    std::erase_if(headers, [&](const header& h) { return h.name() == name; });
}

} // namespace

std::vector<const tamper_info*> tampers(form f) {
    std::vector<const tamper_info*> out;
    for (const tamper_info& t : k_tampers)
        if (f == form::raw ? t.raw : t.enveloped) out.push_back(&t);
    return out;
}

const tamper_info* find_tamper(std::string_view name, form f) {
    if (name.empty()) return nullptr;
    for (const tamper_info* t : tampers(f))
        if (t->name == name) return t;
    throw command_error::invalid("tamper: there is no \"" + gatehouse::printable(name) + "\" for this form of delivery");
}

bool foreign_key(const tamper_info* t) {
    return is(t, "foreign-key");
}

void spoil_unsigned(const tamper_info* t, envelope& e, const scene& s, identity& keys) {
    if (!t) return;
    const std::string good = keys.path_of(identity::kind::good);
    const auto certificate = [&](const std::string& url) { e.set("SigningCertURL", url); };
    const auto shift = [&](gatehouse::milliseconds by) {
        e.set("Timestamp", gatehouse::utc_text(gatehouse::parse_utc_time(e.get("Timestamp")).value_or(time_point()) + by));
    };
    if (is(t, "certificate-host")) certificate("https://sns.s3-" + s.region + ".amazonaws.com" + good);
    if (is(t, "certificate-suffix")) certificate("https://sns." + s.region + ".amazonaws.com.attacker.example" + good);
    if (is(t, "certificate-user")) certificate("https://sns." + s.region + ".amazonaws.com@attacker.example" + good);
    if (is(t, "certificate-http")) certificate("http://sns." + s.region + ".amazonaws.com" + good);
    if (is(t, "certificate-path")) certificate(s.certificate_origin + "/uploads/certificate.pem");
    if (is(t, "certificate-query")) certificate(s.certificate_origin + "/?x=" + good);
    if (is(t, "certificate-region"))
        certificate("https://sns." + std::string(s.region == "eu-west-1" ? "us-east-1" : "eu-west-1") + ".amazonaws.com" + good);
    if (is(t, "certificate-name")) certificate(s.certificate_origin + keys.path_of(identity::kind::other_name));
    if (is(t, "certificate-expired")) certificate(s.certificate_origin + keys.path_of(identity::kind::expired));
    if (is(t, "certificate-wrapped")) certificate(s.certificate_origin + keys.path_of(identity::kind::wrapped));
    if (is(t, "unknown-version")) e.set("SignatureVersion", "3");
    if (is(t, "stale-timestamp")) shift(-48h);
    if (is(t, "future-timestamp")) shift(1h);
    if (is(t, "confirmation-url")) e.set("SubscribeURL", s.trap);
    if (is(t, "unsubscribe-url")) e.set("UnsubscribeURL", s.trap);
    if (is(t, "unsigned-attributes")) e.raw("MessageAttributes", R"({"role" : {"Type":"String","Value":"administrator"}})");
}

void spoil_signed(const tamper_info* t, envelope& e) {
    if (!t) return;
    std::string signature(e.get("Signature"));
    if (is(t, "broken-signature")) signature[10] = signature[10] == 'A' ? 'B' : 'A';
    if (is(t, "short-signature")) signature = signature.substr(0, signature.size() / 2 / 4 * 4);
    e.set("Signature", signature);
    if (is(t, "altered-body")) e.set("Message", std::string(e.get("Message")) + " ");
    if (is(t, "repeated-member")) e.raw("Message", "\"another\"");
}

void spoil_headers(const tamper_info* t, std::vector<header>& headers, const simulator_host& host) {
    if (!t) return;
    const auto replace = [&](std::string_view name, const std::string& value) {
        remove(headers, name);
        headers.emplace_back(name, value);
    };
    if (is(t, "header-mismatch")) replace("x-amz-sns-message-id", uuid(host));
    if (is(t, "missing-header")) remove(headers, "x-amz-sns-message-id");
    if (is(t, "enveloped-delivery")) remove(headers, "x-amz-sns-rawdelivery");
    if (is(t, "wrong-subscription")) {
        for (const header& h : headers)
            if (h.name() == "x-amz-sns-topic-arn") {
                const std::string arn = std::string(h.value()) + ":" + uuid(host);
                return replace("x-amz-sns-subscription-arn", arn);
            }
    }
}

} // namespace sns_sim
