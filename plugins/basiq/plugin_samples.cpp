#include "plugin_samples.hpp"

using namespace gatehouse;

namespace basiq {

namespace {

// Public vectors of Standard Webhooks and Svix (standard-webhooks/standard-webhooks, libraries; MIT), and Basiq's documented secret and
// body (api.basiq.io/docs/webhooks-security), whose signatures were computed by the scheme.
constexpr std::string_view k_id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view k_time = "1614265330";
constexpr std::string_view k_body = R"({"test": 2432232314})";
constexpr std::string_view k_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view k_good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::string_view k_other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
constexpr std::string_view k_documented_secret = "whsec_MA4V6bD7rB0Hcm2aw8ghgDeQ5UAak24DwnX0rX6";
constexpr int64_t k_seconds = 1614265330;

constexpr std::string_view k_documented_body = R"({
    "eventTypeId": "user.created",
    "eventId": "44a85f64-5717-4562-b3fc-2c963f66af44",
    "links": {
      "event": "https://au-api.basiq.io/events/44a85f64-5717-4562-b3fc-2c963f66af44",
      "eventEntity": "https://au-api.basiq.io/users/88a85f64-5717-4562-b3fc-2c963f66af88"
    }
}
)";
constexpr std::string_view k_compact_body = R"({"eventTypeId":"user.created","eventId":"44a85f64-5717-4562-b3fc-2c963f66af44","links":{)"
                                            R"("event":"https://au-api.basiq.io/events/44a85f64-5717-4562-b3fc-2c963f66af44",)"
                                            R"("eventEntity":"https://au-api.basiq.io/users/88a85f64-5717-4562-b3fc-2c963f66af88"}})";

std::string settings_with(std::string_view secret) {
    return json::object({{"secret", secret}}).text();
}

/// A header that is not wanted is given as an empty text.
std::string post(std::string_view id, std::string_view time, std::string_view signature, std::string_view body) {
    std::string out = "POST /sample HTTP/1.1\nHost: hooks.example\nContent-Type: application/json\n";
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) out += std::string(name) + ": " + std::string(value) + "\n";
    };
    add("webhook-id", id);
    add("webhook-timestamp", time);
    add("webhook-signature", signature);
    add("Content-Length", std::to_string(body.size()));
    return out + "\n" + std::string(body);
}

void add_accepted(std::vector<sample>& out) {
    const auto accept = [&](std::string_view name, std::string_view secret, std::string_view signature, std::string_view body = k_body,
                            std::string_view type = "unknown") {
        out.push_back(sample::accept(name, settings_with(secret), at_seconds(k_seconds), post(k_id, k_time, signature, body), type));
    };
    const std::string good(k_good), other(k_other);
    accept("base", k_secret, k_good);
    accept("secret without prefix", k_secret.substr(6), k_good);
    accept("right one third of four", k_secret, other + " v2," + other.substr(3) + " " + good + " " + other);
    accept("right one last", k_secret, other + " v1a,AAAA " + good);
    accept("unpadded secret, 31 characters", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "v1,LVOXivKoo4FWasi/IaHvzhE/u+7/cu2AME+zS/nXqzk=");
    accept("unpadded secret, 34 characters", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", "v1,yK2tMbA6BHPrMEJ1lLv7UlJJbgFoqGenJkiajZ29evg=");
    accept("unpadded secret with prefix", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwBr", "v1,yK2tMbA6BHPrMEJ1lLv7UlJJbgFoqGenJkiajZ29evg=");
    accept("secret of the API example", "rfiuheo43934", "v1,Ptatz6HEbqvDFQDPERVlPE/XJD54TqWF1nt0y/qE/wI=");
    accept("documented body", k_documented_secret, "v1,TNmW5L7npmECpykRGp2KYse7ZSF+REhs4Ev/HVvjvUA=", k_documented_body, "user.created");
    accept("documented body, compact", k_documented_secret, "v1,Fnmy99TA2odjHPQRUuVR+Lmg+r5hYD4mse9Cbs4SJ+Q=", k_compact_body,
           "user.created");
    out.push_back(sample::accept("email", settings_with("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), at_seconds(1649367553),
                                 post("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", "1649367553", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
                                      R"({"email":"test@example.com","username":"test_user"})"),
                                 "unknown"));
    out.push_back(sample::accept("old and new secret", json::object({{"secret", json::array({k_documented_secret, k_secret})}}).text(),
                                 at_seconds(k_seconds), post(k_id, k_time, k_good, k_body), "unknown"));
}

void add_refused(std::vector<sample>& out) {
    const auto refuse = [&](std::string_view name, std::string_view code, std::string_view id, std::string_view time,
                            std::string_view signature, std::string_view body = k_body, int64_t later = 0) {
        out.push_back(sample::refuse(name, settings_with(k_secret), at_seconds(k_seconds + later), post(id, time, signature, body), code));
    };
    const auto wrong = [&](std::string_view name, std::string_view code, std::string_view signature) {
        refuse(name, code, k_id, k_time, signature);
    };
    refuse("no id", "header_missing", "", k_time, k_good);
    refuse("no timestamp", "header_missing", k_id, "", k_good);
    refuse("no signature", "header_missing", k_id, k_time, "");
    refuse("id with a point", "id_malformed", "msg_p5jXN8AQM9LWM0D4.1", k_time, k_good);
    refuse("timestamp not numeric", "timestamp_malformed", k_id, "hello", k_good);
    refuse("timestamp of another attempt", "signature_mismatch", k_id, "1614265331", k_good);
    refuse("other id", "signature_mismatch", "msg_p5jXN8AQM9LWM0D4loKWxJel", k_time, k_good);
    refuse("changed body", "signature_mismatch", k_id, k_time, k_good, R"({"test": 2432232315})");
    refuse("re-encoded body", "signature_mismatch", k_id, k_time, k_good, R"({"test":2432232314})");
    refuse("too old", "timestamp_too_old", k_id, k_time, k_good, k_body, 301);
    refuse("too new", "timestamp_in_future", k_id, k_time, k_good, k_body, -301);
    wrong("wrong in one character", "signature_mismatch", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=");
    wrong("wrong", "signature_mismatch", k_other);
    wrong("wrong end without padding", "signature_malformed", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLawdd");
    wrong("empty value", "signature_malformed", "v1,");
    wrong("not base64", "signature_malformed", "v1,dawfeoifkpqwoekfpqoekf");
    wrong("not base64 alphabet", "signature_malformed", "v1,invalid_signature");
    wrong("no version", "signature_malformed", "invalid_signature");
    wrong("another version only", "signature_malformed", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    wrong("truncated", "signature_malformed", "v1,g0hM9S");
}

} // namespace

std::vector<sample> samples() {
    std::vector<sample> out;
    add_accepted(out);
    add_refused(out);
    return out;
}

} // namespace basiq
