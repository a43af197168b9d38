#include "plugin_notification.hpp"

#include <gatehouse/iso_time.hpp>

#include <algorithm>

namespace axway {

using gatehouse::equals_ignoring_case;
using gatehouse::refusal;

namespace {

constexpr std::string_view k_subscription = "X-Axway-Streams-Subscription-Id";
constexpr std::string_view k_topic = "X-Axway-Streams-Topic-Id";
constexpr std::string_view k_event = "X-Axway-Streams-Event-Id";
constexpr std::string_view k_type = "X-Axway-Streams-Event-Type";

/// RFC 6750 section 3.1: without any authentication the challenge carries no error code.
refusal challenge(std::string_view code, std::string_view hint, int status, std::string_view error, std::string_view description) {
    std::string value = "Bearer realm=\"gatehouse\"";
    if (!error.empty()) value += ", error=\"" + std::string(error) + "\", error_description=\"" + std::string(description) + "\"";
    return refusal(code, hint, status).header("WWW-Authenticate", value);
}

bool contains(const std::vector<std::string>& list, std::string_view one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

std::string id_in(const gatehouse::request& in, std::string_view header) {
    const auto value = in.header(header);
    return value && in.count(header) == 1 && is_id(*value) ? std::string(*value) : std::string();
}

} // namespace

identity identity::of(const gatehouse::request& in) {
    identity out{id_in(in, k_subscription), id_in(in, k_topic), id_in(in, k_event), ""};
    const auto type = in.header(k_type);
    for (const std::string_view known : {"snapshot", "patch", "error", "event"})
        if (type && in.count(k_type) == 1 && equals_ignoring_case(*type, known)) out.type = known;
    return out;
}

bool identity::complete() const {
    return !subscription.empty() && !event.empty() && !type.empty();
}

std::optional<refusal> sender::check_token(const gatehouse::request& in) const {
    // RFC 6750 section 2.3 is not for us: addresses end up in logs.
    for (std::string_view q = in.query(); !q.empty(); q.remove_prefix(std::min(q.find('&'), q.size() - 1) + 1))
        if (q.starts_with("access_token="))
            return challenge("header_malformed", "an access token in the URI", 400, "invalid_request",
                             "the token belongs in Authorization");
    const auto value = in.header("Authorization");
    if (!value) return challenge("header_missing", "no Authorization: has the subscription its authorization block?", 401, "", "");
    if (in.count("Authorization") != 1)
        return challenge("header_malformed", "Authorization is there twice", 400, "invalid_request", "Authorization is there twice");
    std::string_view token = equals_ignoring_case(value->substr(0, 7), "Bearer ") ? value->substr(7) : std::string_view();
    while (!token.empty() && token.front() == ' ') token.remove_prefix(1);
    if (token.empty()) return challenge("header_malformed", "Authorization is not \"Bearer\" and a token", 401, "", "");
    switch (tokens_.check(token)) {
        case token_store::standing::good:
            return std::nullopt;
        case token_store::standing::expired:
            return challenge("token_expired", "the token's life and grace are over: does Streams fetch a new one?", 401, "invalid_token",
                             "the access token expired");
        case token_store::standing::unknown:
            break;
    }
    return challenge("token_unknown", "not a token of this source, or revoked, or its client's secret is no longer in the settings", 401,
                     "invalid_token", "the access token is not valid");
}

std::optional<refusal> sender::check_header(const gatehouse::request& in) const {
    const std::string& name = configuration_.header_name;
    const auto value = in.header(name);
    if (!value) return refusal("header_missing", name + " is missing: has the subscription its webhookHeaders?", 403);
    if (in.count(name) != 1) return refusal("header_malformed", name + " is there twice", 403);
    bool match = false;
    for (uint32_t i = 0, count = host_.secret_count(k_header_secret); i < count; ++i) {
        const auto expected = host_.secret(k_header_secret, i);
        match |= expected && !expected->empty() && gatehouse::equal_constant_time(*expected, *value);
    }
    if (match) return std::nullopt;
    return refusal("secret_mismatch", "is header.value what the subscription's webhookHeaders have?", 403);
}

std::optional<refusal> sender::check_identity(const gatehouse::request& in) const {
    // A test call may come without ids; what names a subscription or topic must name ours.
    if (const auto topic = in.header(k_topic);
        topic && !configuration_.topics.empty() && (in.count(k_topic) != 1 || !contains(configuration_.topics, *topic)))
        return refusal("topic_foreign", "topic " + gatehouse::printable(*topic) + " is not in topics", 403);
    const auto subscription = in.header(k_subscription);
    if (!subscription) return std::nullopt;
    if (in.count(k_subscription) != 1) return refusal("subscription_foreign", "two subscription ids", 403);
    if (configuration_.subscriptions.empty() && !host_.get_state(k_pinned)) return std::nullopt;
    if (contains(configuration_.subscriptions, *subscription)) return std::nullopt;
    if (is_id(*subscription) && host_.get_state(pin_key(*subscription))) return std::nullopt;
    if (const auto until = host_.get_state(k_creating)) {
        const auto ms = gatehouse::detail::parse_digits(*until);
        if (ms && host_.now() < time_point(milliseconds(*ms))) return std::nullopt;
    }
    return refusal("subscription_foreign",
                   "subscription " + gatehouse::printable(*subscription) +
                       " is neither in subscriptions nor created by this source; if it is yours, add it there, otherwise delete it",
                   403);
}

gatehouse::verdict sender::verify(const gatehouse::request& in) const {
    if (!configuration_.clients.empty())
        if (auto refused = check_token(in)) return std::move(*refused);
    if (!configuration_.header_name.empty())
        if (auto refused = check_header(in)) return std::move(*refused);
    if (auto refused = check_identity(in)) return std::move(*refused);
    return gatehouse::acceptance();
}

std::string sender::digest(std::string_view body) const {
    const std::string_view parts[] = {"axway body ", body};
    const std::string secret = configuration_.clients.empty() ? std::string(k_header_secret) : configuration_.clients.front().secret;
    const auto out = host_.hmac(gatehouse::hmac_algorithm::sha256, gatehouse::key_form::raw, secret, 0, parts);
    if (!out) throw gatehouse::failure::retry("a secret of the settings cannot be used");
    return to_hex(*out).substr(0, 32);
}

gatehouse::event sender::announce(const gatehouse::request& in) const {
    const identity id = identity::of(in);
    if (id.type.empty() && !id.subscription.empty() && !id.event.empty())
        return gatehouse::event(id.subscription + " " + id.event, "unknown").subject(id.topic).answer(200);
    if (!id.complete()) {
        // Nothing names it: a repetition within the minute is taken for the same call.
        const auto minute = std::chrono::floor<std::chrono::minutes>(in.received_at()).time_since_epoch().count();
        const std::string key = "unidentified " + std::to_string(minute) + " " + id.subscription + " " + id.event + " " + digest(in.body());
        return gatehouse::event(key, "unknown").subject(id.topic).answer(200);
    }
    std::optional<time_point> occurred;
    if (id.type == "error") occurred = gatehouse::parse_utc_time(json::parse(in.body())["datetime"].text());
    // The subject is never that of another event: fetch_back.coalesce makes one fetch of events with one subject, and a patch left out
    // would be missing in the document for ever.
    return gatehouse::event(id.subscription + " " + id.event, id.type)
        .subject(id.topic + " " + id.event)
        .ordering_key(id.subscription)
        .occurred_at(occurred)
        .answer(200);
}

} // namespace axway
