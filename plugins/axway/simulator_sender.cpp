#include "simulator_sender.hpp"

#include <algorithm>
#include <utility>

namespace axway::sim {

using gatehouse::form_encode;
using gatehouse::outgoing;
using gatehouse::sent_outcome;

namespace {

constexpr size_t k_most_exchanges = 5000;

bool spoiled(const delivery& d, std::string_view name) {
    return d.tamper && d.tamper->name == name;
}

} // namespace

uint64_t sender::begin(kind what, const subscription& s) {
    requests_.emplace(next_, request{what, s.id, host_.now()});
    return next_++;
}

void sender::pump() {
    for (const auto& s : model_.subscriptions()) pump(*s);
}

void sender::pump(subscription& s) {
    if (s.under_way || (s.queue.empty() && s.asides.empty()) || s.status != "active") return;
    s.under_way = true;
    if (has_token(s))
        go_on(s);
    else
        fetch_token(s);
}

void sender::fetch_token(subscription& s) {
    const oauth& a = *s.authorization;
    outgoing r;
    r.url = a.provider;
    r.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    r.body = "grant_type=client_credentials";
    if (a.mode == "header") {
        const auto part = [&](const std::string& t) { return sending_.encode_basic ? form_encode(t) : t; };
        r.headers.emplace_back("Authorization", "Basic " + gatehouse::to_base64(part(a.client_id) + ":" + part(a.client_secret)));
    } else {
        r.body += "&client_id=" + form_encode(a.client_id) + "&client_secret=" + form_encode(a.client_secret);
    }
    if (!a.scope.empty()) r.body += "&scope=" + form_encode(a.scope);
    ++token_requests_;
    host_.send(r, begin(kind::token, s));
}

void sender::token_came(subscription& s, const sent_outcome& o) {
    const json::document d = json::parse(o.body);
    if (o.status == 200 && d["access_token"].is_string() && gatehouse::equals_ignoring_case(d["token_type"].text(), "Bearer")) {
        s.token = d["access_token"].text();
        s.token_expires = host_.now() + std::chrono::seconds(d["expires_in"].integer().value_or(3600));
        if (s.first_token.empty()) s.first_token = s.token;
        return go_on(s);
    }
    ++token_failures_;
    last_token_error_ = "status " + std::to_string(o.status) + " " + std::string(o.status ? o.body.substr(0, 200) : o.error);
    aside_refused_ += s.asides.size();
    s.asides.clear();
    if (s.queue.empty()) {
        s.under_way = false;
        return;
    }
    exchange e{"", s.pipeline, host_.now(), {}, s.queue.front().attempts, o.status, {}, "", "no access token: " + last_token_error_};
    e.type = s.queue.front().type;
    s.exchanges.push_back(std::move(e));
    failed(s);
}

outgoing sender::message(const subscription& s, const delivery& d) {
    outgoing r;
    r.url = s.url;
    r.headers = {{"Content-Type", "application/json"}};
    r.headers.emplace_back("X-Axway-Streams-Subscription-Id", spoiled(d, "foreign-subscription") ? uuid(host_) : s.id);
    r.headers.emplace_back("X-Axway-Streams-Topic-Id", s.topic_id);
    if (!d.bare) {
        r.headers.emplace_back("X-Axway-Streams-Event-Id", d.event_id);
        r.headers.emplace_back("X-Axway-Streams-Event-Type", spoiled(d, "unknown-type") ? "tombstone" : d.type);
    }
    for (const auto& h : s.headers) r.headers.emplace_back(h.name(), spoiled(d, "wrong-header") ? secret(host_) : h.value());
    if (s.authorization && !spoiled(d, "missing-token")) {
        const std::string& token = spoiled(d, "expired-token") ? s.first_token : s.token;
        r.headers.emplace_back("Authorization", "Bearer " + (spoiled(d, "wrong-token") ? uuid(host_) : token));
    }
    r.body = d.body;
    return r;
}

void sender::go_on(subscription& s) {
    for (const delivery& d : std::exchange(s.asides, {})) host_.send(message(s, d), begin(kind::aside, s));
    if (s.queue.empty() || s.status != "active")
        s.under_way = false;
    else
        deliver(s);
}

void sender::deliver(subscription& s) {
    const delivery& d = s.queue.front();
    host_.send(message(s, d), begin(kind::delivery, s));
    if (spoiled(d, "duplicate-event-id") && d.attempts == 0) host_.send(message(s, d), begin(kind::aside, s));
}

void sender::send_aside(subscription& s, const delivery& d) {
    const bool other = spoiled(d, "wrong-token") || spoiled(d, "missing-token") || (spoiled(d, "expired-token") && !s.first_token.empty());
    if (other || has_token(s)) {
        host_.send(message(s, d), begin(kind::aside, s));
        return;
    }
    s.asides.push_back(d);
    if (s.under_way) return;
    s.under_way = true;
    fetch_token(s);
}

void sender::delivered(subscription& s, const sent_outcome& o, time_point began) {
    const delivery& d = s.queue.front();
    exchange e{d.type, s.pipeline, began, host_.now() - began, d.attempts, o.status, {}, std::string(o.body.substr(0, 1000)), ""};
    e.headers = message(s, d).headers;
    if (o.net != GATEHOUSE_NET_OK) e.failure = std::string(o.error);
    s.exchanges.push_back(std::move(e));
    while (s.exchanges.size() > k_most_exchanges) s.exchanges.pop_front();
    if (o.success()) {
        ++s.delivered;
        s.queue.pop_front();
        s.under_way = false;
        return pump(s);
    }
    if (o.status == 410) {
        s.status = "suspended";
        s.under_way = false;
        host_.log(GATEHOUSE_LOG_WARNING, "subscription " + s.id + " was suspended: the webhook answered 410");
        return;
    }
    if (o.status == 401 && sending_.renew_on_401) s.token.clear();
    failed(s);
}

void sender::failed(subscription& s) {
    delivery& d = s.queue.front();
    if (d.attempts < sending_.retries) {
        ++d.attempts;
        return host_.wake_at(host_.now() + sending_.retry_wait, begin(kind::delivery, s));
    }
    ++s.given_up;
    host_.log(GATEHOUSE_LOG_WARNING, "event " + d.event_id + " for subscription " + s.id + " was given up");
    s.queue.pop_front();
    s.under_way = false;
    pump(s);
}

void sender::woken(uint64_t token) {
    const auto found = requests_.find(token);
    if (found == requests_.end()) return;
    const request r = found->second;
    requests_.erase(found);
    subscription* s = model_.find(r.subscription);
    if (!s || !s->under_way || s->queue.empty()) return;
    s->under_way = false;
    pump(*s);
}

void sender::sent(uint64_t token, const sent_outcome& o) {
    const auto found = requests_.find(token);
    if (found == requests_.end()) return;
    const request r = found->second;
    requests_.erase(found);
    if (r.what == kind::aside) {
        ++(o.success() ? aside_accepted_ : aside_refused_);
        return;
    }
    subscription* s = model_.find(r.subscription);
    if (!s || !s->under_way) return;
    if (r.what == kind::token)
        token_came(*s, o);
    else if (!s->queue.empty())
        delivered(*s, o, r.began);
}

void sender::forget_tokens() {
    for (const auto& s : model_.subscriptions()) s->token.clear();
}

} // namespace axway::sim
