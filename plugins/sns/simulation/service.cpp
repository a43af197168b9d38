#include "service.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/iso_time.hpp>
#include <gatehouse/verify/sns/names.hpp>

#include <algorithm>

namespace sns_sim {

namespace {

using namespace std::chrono_literals;

constexpr size_t k_most_deliveries = 50'000;
/// Between the confirmation and the first notification: SNS does not say how long it takes; the subscriber has to store what it was told.
constexpr auto k_settling = 1s;
constexpr uint64_t k_release = uint64_t{1} << 62; ///< timers that release what a subscription holds, plus its index
constexpr uint64_t k_unheard = 0;                 ///< token of requests whose outcome nobody waits for

bool asks_for_basic(const gatehouse::sent_outcome& o) {
    if (o.status != 401) return false;
    for (const auto& [name, value] : o.headers)
        if (gatehouse::equals_ignoring_case(name, "www-authenticate") && gatehouse::equals_ignoring_case(value.substr(0, 5), "basic"))
            return true;
    return false;
}

bool retryable(const gatehouse::sent_outcome& o) {
    return o.net != GATEHOUSE_NET_OK || o.status >= 500 || o.status == 429;
}

} // namespace

service::service(simulator_host host, service_settings settings)
    : host_(host), settings_(std::move(settings)), keys_(host, gatehouse::sns::certificate_name(settings_.region)) {}

const topic& service::create_topic(std::string_view name) {
    const std::string partition(gatehouse::sns::topic_arn::partition_of(settings_.region));
    const std::string arn = "arn:" + partition + ":sns:" + settings_.region + ":" + settings_.account + ":" + std::string(name);
    if (!gatehouse::sns::topic_arn::parse(arn))
        throw command_error::invalid("\"" + gatehouse::printable(name) + "\" is no name of a topic");
    if (const topic* t = find_topic(arn)) return *t;
    topics_.push_back({arn, settings_.signature_version});
    return topics_.back();
}

const topic* service::find_topic(std::string_view arn) const {
    const auto found = std::find_if(topics_.begin(), topics_.end(), [&](const topic& t) { return t.arn == arn; });
    return found == topics_.end() ? nullptr : &*found;
}

subscription* service::find_subscription(std::string_view arn) {
    const auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(), [&](const subscription& s) { return s.arn == arn; });
    return found == subscriptions_.end() ? nullptr : &*found;
}

subscription& service::subscribe(std::string_view topic_arn, std::string_view url, form f, const delivery_policy& policy) {
    endpoint to = endpoint::parse(url);
    for (subscription& s : subscriptions_) {
        if (s.topic != topic_arn || s.to.url != to.url || s.is == subscription::state::ended) continue;
        if (s.is == subscription::state::pending) request_confirmation(s);
        return s;
    }
    subscription s;
    s.topic = topic_arn;
    s.arn = s.topic + ":" + uuid(host_);
    // Every token seen so far begins with these digits.
    s.token = "2336412f37fb687f5d51e6e2" + hex(host_, 232);
    s.to = std::move(to);
    s.delivery = f;
    s.policy = policy;
    subscriptions_.push_back(std::move(s));
    request_confirmation(subscriptions_.back());
    return subscriptions_.back();
}

void service::request_confirmation(subscription& s) {
    delivery d;
    d.id = uuid(host_);
    d.type = "SubscriptionConfirmation";
    d.topic = s.topic;
    d.token = s.token;
    d.message = "You have chosen to subscribe to the topic " + s.topic +
                ".\nTo confirm the subscription, visit the SubscribeURL included in this message.";
    d.to = static_cast<size_t>(&s - subscriptions_.data());
    attempt(add(std::move(d)));
}

void service::unsubscribe(subscription& s) {
    if (s.is == subscription::state::ended) return;
    const bool told = s.is == subscription::state::confirmed;
    s.is = subscription::state::ended;
    if (!told) return;
    delivery d;
    d.id = uuid(host_);
    d.type = "UnsubscribeConfirmation";
    d.topic = s.topic;
    d.token = s.token;
    d.message = "You have chosen to deactivate subscription " + s.arn +
                ".\nTo cancel this operation and restore the subscription, visit the "
                "SubscribeURL included in this message.";
    d.to = static_cast<size_t>(&s - subscriptions_.data());
    attempt(add(std::move(d)));
}

std::string service::publish(std::string_view topic_arn, std::string_view message, std::string_view subject, const tamper_info* tamper) {
    std::string id;
    for (size_t i = 0; i < subscriptions_.size(); ++i) {
        subscription& s = subscriptions_[i];
        if (s.topic != topic_arn || s.is == subscription::state::ended) continue;
        if (id.empty()) id = uuid(host_);
        delivery d;
        d.id = id;
        d.type = "Notification";
        d.topic = s.topic;
        d.message = message;
        d.subject = subject;
        d.to = i;
        d.tamper = tamper;
        if (tamper && (tamper->name == "foreign-topic" || tamper->name == "foreign-confirmation"))
            d.topic = "arn:aws:sns:" + settings_.region + ":999999999999:somebody-elses";
        if (tamper && (tamper->name == "confirmation-url" || tamper->name == "foreign-confirmation")) {
            d.type = "SubscriptionConfirmation";
            d.token = hex(host_, 256);
            foreign_tokens_.insert(d.token);
            d.message = "You have chosen to subscribe to the topic " + d.topic + ".";
        }
        const uint64_t number = add(std::move(d));
        if (s.is == subscription::state::confirmed) {
            attempt(number);
            continue;
        }
        if (s.held.empty()) request_confirmation(s);
        s.held.push_back(number);
    }
    forget_old();
    return id;
}

uint64_t service::add(delivery d) {
    d.stamp = host_.wall_now();
    deliveries_.emplace(next_, std::move(d));
    return next_++;
}

void service::attempt(uint64_t number) {
    delivery& d = deliveries_.at(number);
    subscription& s = subscriptions_[d.to];
    if (!d.request) build(d, s);
    gatehouse::outgoing request = *d.request;
    const bool known = settings_.remember_credentials && s.challenged_before;
    if ((d.challenged || known) && !s.to.user.empty())
        request.headers.emplace_back("Authorization", "Basic " + gatehouse::to_base64(s.to.user + ":" + s.to.password));
    if (!d.challenged) ++d.attempts;
    d.under_way = true;
    host_.send(request, number);
    if (d.tamper && d.tamper->name == "duplicate-id" && d.attempts == 1 && (d.challenged || s.to.user.empty()))
        host_.send(request, k_unheard);
}

void service::sent(uint64_t token, const gatehouse::sent_outcome& outcome) {
    const auto found = deliveries_.find(token);
    if (token == k_unheard || found == deliveries_.end() || !found->second.under_way) return;
    delivery& d = found->second;
    subscription& s = subscriptions_[d.to];
    d.under_way = false;
    d.status = outcome.status;
    d.error = outcome.net == GATEHOUSE_NET_OK ? std::string() : std::string(outcome.error);
    if (asks_for_basic(outcome) && !d.challenged && !s.to.user.empty()) {
        d.challenged = true;
        s.challenged_before = true;
        return attempt(token);
    }
    d.challenged = false;
    ++statuses_[outcome.status];
    if (outcome.success()) return finish(d, true);
    const auto wait = retryable(outcome) && !(d.tamper && d.tamper->forged()) ? s.policy.wait(d.attempts) : std::nullopt;
    if (wait) return host_.wake_at(host_.now() + *wait, token);
    const bool client_error = outcome.status >= 400 && outcome.status < 500 && outcome.status != 429;
    if (settings_.dead_letters && d.type == "Notification" && !(d.tamper && d.tamper->forged()) &&
        (!client_error || settings_.dead_letter_client_errors))
        s.dead.push_back(d.id);
    finish(d, false);
}

void service::woken(uint64_t token) {
    if (token >= k_release) {
        if (const size_t index = static_cast<size_t>(token - k_release); index < subscriptions_.size()) release(subscriptions_[index]);
        return;
    }
    const auto found = deliveries_.find(token);
    if (found != deliveries_.end() && !found->second.finished && !found->second.under_way) attempt(token);
}

void service::release(subscription& s) {
    while (!s.held.empty()) {
        const uint64_t number = s.held.front();
        s.held.pop_front();
        if (deliveries_.contains(number)) attempt(number);
    }
}

void service::finish(delivery& d, bool delivered) {
    d.finished = true;
    d.delivered = delivered;
    d.request.reset();
    ++(delivered ? delivered_ : failed_);
}

void service::forget_old() {
    for (auto it = deliveries_.begin(); deliveries_.size() > k_most_deliveries && it != deliveries_.end();)
        it = it->second.finished ? deliveries_.erase(it) : std::next(it);
}

std::string service::origin() const {
    return settings_.own_urls ? std::string(host_.base_url()) : gatehouse::sns::origin_of(settings_.region, {});
}

std::string service::confirmation_url(std::string_view topic, std::string_view token) const {
    return origin() + "/?Action=ConfirmSubscription&TopicArn=" + std::string(topic) + "&Token=" + std::string(token);
}

envelope service::enclosed(const delivery& d, const subscription& s) const {
    envelope e;
    e.set("Type", d.type).set("MessageId", d.id);
    if (d.type != "Notification") e.set("Token", d.token);
    e.set("TopicArn", d.topic);
    if (d.type == "Notification" && !d.subject.empty()) e.set("Subject", d.subject);
    e.set("Message", d.message);
    if (d.type != "Notification") e.set("SubscribeURL", confirmation_url(d.topic, d.token));
    e.set("Timestamp", gatehouse::utc_text(d.stamp));
    const topic* t = find_topic(s.topic);
    e.set("SignatureVersion", t ? t->signature_version : "1").set("Signature", "");
    e.set("SigningCertURL", origin() + keys_.path_of(identity::kind::good));
    if (d.type == "Notification") e.set("UnsubscribeURL", origin() + "/?Action=Unsubscribe&SubscriptionArn=" + s.arn);
    return e;
}

void service::build(delivery& d, const subscription& s) {
    const bool notification = d.type == "Notification";
    const auto spoiled = [&](std::string_view name) { return d.tamper && d.tamper->name == name; };
    const bool marked_raw = notification && ((s.delivery == form::raw && !spoiled("enveloped-delivery")) || spoiled("raw-delivery"));
    const bool raw_body = marked_raw && !spoiled("envelope-in-raw");
    gatehouse::outgoing& request = d.request.emplace();
    request.url = s.to.url;
    if (raw_body) {
        request.body = d.message;
    } else {
        envelope e = enclosed(d, s);
        spoil_unsigned(d.tamper, e, {origin(), std::string(host_.base_url()) + "/trap", settings_.region}, keys_);
        e.set("Signature", keys_.sign(e.get("SignatureVersion"), e.signed_text(), foreign_key(d.tamper)));
        spoil_signed(d.tamper, e);
        request.body = e.body();
    }
    request.headers = {{"x-amz-sns-message-type", d.type},
                       {"x-amz-sns-message-id", d.id},
                       {"x-amz-sns-topic-arn", d.topic},
                       {"Content-Type", "text/plain; charset=UTF-8"},
                       {"User-Agent", "Amazon Simple Notification Service Agent"}};
    if (d.type != "SubscriptionConfirmation") request.headers.emplace_back("x-amz-sns-subscription-arn", s.arn);
    if (marked_raw) request.headers.emplace_back("x-amz-sns-rawdelivery", "true");
    spoil_headers(d.tamper, request.headers, host_);
}

} // namespace sns_sim
