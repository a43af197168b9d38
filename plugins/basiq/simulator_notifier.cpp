#include "simulator_notifier.hpp"

#include <algorithm>

namespace basiq::sim {

namespace {

using namespace std::chrono_literals;

// Waits before the second to the eighth attempt, each counted from the failure before it.
constexpr std::chrono::milliseconds k_waits[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
constexpr uint64_t k_raw = 0; // token of requests whose outcome nobody waits for

std::string seconds(time_point t) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
}

} // namespace

bool webhook::subscribed(std::string_view type) const {
    return std::find(events.begin(), events.end(), type) != events.end();
}

const std::vector<tamper_info>& tampers() {
    static const std::vector<tamper_info> list = {
        {"altered-body", "the body is changed after it was signed", true},
        {"wrong-secret", "signed with another secret", true},
        {"stale-timestamp", "signed ten minutes ago", true},
        {"future-timestamp", "signed for in ten minutes", true},
        {"missing-header", "comes without webhook-signature", true},
        {"replayed-id", "sent twice with one webhook-id: one event", false},
        {"second-signature", "the right signature is the last of several", false},
        {"foreign-link-host", "genuine, but its links lead to another host: must not be followed", false},
        {"unknown-type", "a type that the documentation does not have: must be stored", false},
    };
    return list;
}

const tamper_info* find_tamper(std::string_view name) {
    for (const tamper_info& t : tampers())
        if (t.name == name) return &t;
    return nullptr;
}

std::string notification(const event& e, std::string_view type, const std::string& host, bool printed, std::string_view text) {
    const std::string event_link = host + "/events/" + e.id;
    const std::string entity_link = host + e.entity_link.substr(e.entity_link.find('/', e.entity_link.find("//") + 2));
    if (!printed) {
        json::object out{
            {"eventTypeId", type}, {"eventId", e.announced}, {"links", json::object{{"event", event_link}, {"eventEntity", entity_link}}}};
        if (!text.empty()) out.add("Text", text);
        return out.text();
    }
    std::string out = "{\n    \"eventTypeId\": " + json::quote(type) + ",\n    \"eventId\": " + json::quote(e.announced) +
                      ",\n    \"links\": {\n      \"event\": " + json::quote(event_link) +
                      ",\n      \"eventEntity\": " + json::quote(entity_link) + "\n    }";
    if (!text.empty()) out += ",\n    \"Text\": " + json::quote(text);
    return out + "\n}\n";
}

webhook& notifier::add(std::string url, std::vector<std::string> events, std::string secret, time_point flows_from) {
    webhooks_.push_back({uuid(host_), "", "", std::move(url), std::move(secret), "active", std::move(events), host_.now(), flows_from});
    return webhooks_.back();
}

bool notifier::remove(std::string id) {
    const size_t before = webhooks_.size();
    std::erase_if(webhooks_, [&](const webhook& w) { return w.id == id; });
    if (webhooks_.size() == before) return false;
    for (auto& [number, m] : messages_)
        if (m.webhook_id == id) m.finished = true;
    return true;
}

webhook* notifier::find(std::string_view id) {
    const auto found = std::find_if(webhooks_.begin(), webhooks_.end(), [&](const webhook& w) { return w.id == id; });
    return found == webhooks_.end() ? nullptr : &*found;
}

std::vector<std::string> notifier::announce(const event& e, std::string_view type, const tamper_info* tamper, std::string_view text) {
    std::vector<std::string> out;
    const bool known = is_event_type(type);
    const bool foreign = tamper && tamper->name == "foreign-link-host";
    const std::string link_host = foreign ? "https://au-api.basiq.example" : std::string(host_.base_url());
    for (const webhook& w : webhooks_) {
        if (w.status != "active" || host_.now() < w.flows_from || (known && !w.subscribed(type))) continue;
        const uint64_t number = next_number_++;
        message& m = messages_[number];
        m.id = message_id(host_);
        m.webhook_id = w.id;
        m.type = type;
        m.event_id = e.announced;
        m.payload = notification(e, type, link_host, printed_, text);
        m.tamper = tamper;
        by_id_[m.id] = number;
        out.push_back(m.id);
        begin_attempt(number);
    }
    for (auto it = messages_.begin(); messages_.size() > k_most_messages && it != messages_.end();) {
        if (!it->second.finished) {
            ++it;
            continue;
        }
        by_id_.erase(it->second.id);
        it = messages_.erase(it);
    }
    return out;
}

void notifier::begin_attempt(uint64_t number) {
    message& m = messages_.at(number);
    const webhook* w = find(m.webhook_id);
    if (!w || w->status != "active") {
        m.finished = true;
        return;
    }
    const auto spoiled = [&](std::string_view name) { return m.tamper && m.tamper->name == name; };
    time_point signed_at = host_.wall_now();
    if (spoiled("stale-timestamp")) signed_at -= 10min;
    if (spoiled("future-timestamp")) signed_at += 10min;
    const std::string timestamp = seconds(signed_at);
    const std::string secret = spoiled("wrong-secret") ? make_secret(host_, "standard") : w->secret;
    std::string signature = sign(secret, m.id, timestamp, m.payload);
    if (spoiled("second-signature"))
        signature = sign(make_secret(host_, "standard"), m.id, timestamp, m.payload) + " v2," + signature.substr(3) + " " + signature;

    gatehouse::outgoing request;
    request.url = w->url;
    request.headers = {{"Content-Type", "application/json"}, {"webhook-id", m.id}, {"webhook-timestamp", timestamp}};
    if (!spoiled("missing-header")) request.headers.emplace_back("webhook-signature", signature);
    request.body = m.payload;
    // A digit of the event's id, so that it stays good JSON and only the signature can tell.
    if (spoiled("altered-body")) {
        const size_t at = request.body.find(m.event_id);
        request.body[at] = request.body[at] == '0' ? '1' : '0';
    }
    m.attempts.push_back({uuid(host_), "", 0, host_.now(), false});
    m.next.reset();
    m.under_way = true;
    host_.send(request, number);
    if (spoiled("replayed-id") && m.attempts.size() == 1) host_.send(request, k_raw);
}

void notifier::sent(uint64_t token, const gatehouse::sent_outcome& outcome) {
    const auto found = messages_.find(token);
    if (token == k_raw || found == messages_.end() || !found->second.under_way) return;
    message& m = found->second;
    attempt& a = m.attempts.back();
    a.status = outcome.status;
    a.success = outcome.success();
    a.response = outcome.net == GATEHOUSE_NET_OK ? std::string(outcome.body.substr(0, 200)) : std::string(outcome.error);
    if (a.response.empty() && a.success) a.response = "OK";
    m.under_way = false;
    if (m.finished) return;
    if (a.success) return finish(m, true);
    if (m.tamper && m.tamper->forged) return finish(m, false);
    if (m.attempts.size() > std::size(k_waits)) {
        finish(m, false);
        if (webhook* w = find(m.webhook_id)) {
            w->status = "disabled";
            host_.log(GATEHOUSE_LOG_WARNING, "the webhook was disabled: the eighth attempt of a message failed");
        }
        return;
    }
    m.next = host_.now() + k_waits[m.attempts.size() - 1];
    host_.wake_at(*m.next, token);
}

void notifier::woken(uint64_t token) {
    const auto found = messages_.find(token);
    if (found == messages_.end() || found->second.finished || found->second.under_way || !found->second.next) return;
    begin_attempt(token);
}

void notifier::finish(message& m, bool success) {
    m.finished = true;
    ++(success ? succeeded_ : failed_);
}

void notifier::send_raw(const std::string& url, const std::string& body, const std::string& secret, std::string id, std::string timestamp) {
    if (id.empty()) id = message_id(host_);
    if (timestamp.empty()) timestamp = seconds(host_.wall_now());
    gatehouse::outgoing request;
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}, {"webhook-id", id}, {"webhook-timestamp", timestamp}};
    if (!secret.empty()) request.headers.emplace_back("webhook-signature", sign(secret, id, timestamp, body));
    request.body = body;
    host_.send(request, k_raw);
}

std::vector<const message*> notifier::messages_of(std::string_view webhook_id) const {
    std::vector<const message*> out;
    for (const auto& [number, m] : messages_)
        if (m.webhook_id == webhook_id) out.push_back(&m);
    return out;
}

const message* notifier::find_message(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &messages_.at(found->second);
}

size_t notifier::pending() const {
    return static_cast<size_t>(std::count_if(messages_.begin(), messages_.end(), [](const auto& m) { return !m.second.finished; }));
}

} // namespace basiq::sim
