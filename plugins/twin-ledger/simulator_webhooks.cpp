#include "simulator_webhooks.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/url.hpp>

#include <algorithm>

#include "message.hpp"

namespace twin_ledger::sim {

namespace {

using namespace std::chrono_literals;
constexpr int64_t k_most_life = 604'800; // webhook-subscribe, "expires"
constexpr std::string_view k_foreign_account = "00000000-0000-4000-8000-000000000000";

std::string token_in(std::string_view query) {
    if (query.rfind("token=", 0) != 0) return {};
    std::string out;
    for (size_t i = 6; i < query.size() && query[i] != '&'; ++i) {
        const auto byte = query[i] == '%' ? gatehouse::from_hex(query.substr(i + 1, 2)) : std::nullopt;
        out += byte && byte->size() == 1 ? (i += 2, (*byte)[0]) : query[i];
    }
    return out;
}

bool is_client_secret(std::string_view s) {
    return s.size() == 16 && std::all_of(s.begin(), s.end(), [](char c) { return gatehouse::is_unreserved(c) && c != '.' && c != '~'; });
}

} // namespace

const std::vector<tamper_info>& tampers() {
    static const std::vector<tamper_info> list = {
        {"wrong-hash", "hashed with another key", "hash_mismatch"},
        {"missing-hash", "comes without a hash", "hash_missing"},
        {"foreign-account", "for another account, rightly hashed", "account_foreign"},
        {"foreign-topic", "for another topic, rightly hashed", "topic_foreign"},
        {"changed-body", "changed after it was hashed", "hash_mismatch"},
        {"foreign-url", "a confirmation whose confirmation_url leads to another host", "confirmation_url_foreign"},
        {"stale", "sent three days ago", "timestamp_too_old"},
        {"duplicate", "sent twice: one event", ""},
    };
    return list;
}

const tamper_info* find_tamper(std::string_view name) {
    for (const tamper_info& t : tampers())
        if (t.name == name) return &t;
    return nullptr;
}

webhook& webhooks::add(std::string callback_url, std::string topic, std::string client_secret, std::chrono::seconds life, bool confirmed) {
    webhook w;
    w.callback_url = std::move(callback_url);
    w.topic = std::move(topic);
    w.client_secret = std::move(client_secret);
    if (!w.client_secret.empty()) w.server_secret = letters(host_, 32);
    // As an old client decodes them: four parts joined by "___", the second one the account.
    for (std::string* t : {&w.confirm_token, &w.refresh_token, &w.unsubscribe_token})
        *t = gatehouse::to_base64("webhook___" + account_ + "___" + w.topic + "___" + letters(host_, 24));
    w.validity = host_.now() + life;
    w.confirmed = confirmed;
    all_.push_back(std::move(w));
    return all_.back();
}

std::string webhooks::link(const std::string& token) const {
    return std::string(host_.base_url()) + "/notifications/webhooks/" + account_ + "?token=" + gatehouse::percent_encode(token);
}

json::object webhooks::shown(const webhook& w, bool capabilities) const {
    json::object o{{"topic", w.topic}, {"account", account_}, {"validity_ts", json::raw(ts_text(w.validity))}};
    if (capabilities) o.add("refresh_url", link(w.refresh_token)).add("unsubscribe_url", link(w.unsubscribe_token));
    return o;
}

void webhooks::post(const std::string& url, std::string body) {
    gatehouse::outgoing o;
    o.url = url;
    o.headers.emplace_back("Content-Type", "application/json");
    o.body = std::move(body);
    host_.send(o, ++token_);
    ++under_way_;
}

void webhooks::dispatch(const webhook& w, json::object message, bool confirmation, const tamper_info* tamper) {
    const auto is = [&](std::string_view name) { return tamper && tamper->name == name; };
    std::string body = message.text();
    if (settings_.spaced) body = dictionary_text(json::parse(body).root(), dictionary_form::json);
    if (!w.client_secret.empty() && !is("missing-hash")) {
        const blake2b_key key(is("wrong-hash") ? std::string("another key") : w.client_secret + w.server_secret);
        const auto d = json::parse(body);
        body.pop_back();
        body += std::string(settings_.spaced ? ", \"hash\": " : ",\"hash\":") +
                json::quote(settings_.hash.hash(key, d.root(), confirmation)) + "}";
    }
    if (is("changed-body")) {
        const size_t at = body.find(confirmation ? "\"validity_ts\"" : "\"event\"");
        const size_t digit = body.find_first_of("0123456789", at);
        if (digit != body.npos) body[digit] = body[digit] == '9' ? '8' : static_cast<char>(body[digit] + 1);
    }
    if (is("duplicate")) post(w.callback_url, body);
    post(w.callback_url, std::move(body));
}

void webhooks::send_confirmation(const webhook& w, const tamper_info* tamper) {
    const auto is = [&](std::string_view name) { return tamper && tamper->name == name; };
    std::string link_to = link(w.confirm_token);
    if (is("foreign-url")) link_to = "http://127.0.0.1:9" + link_to.substr(host_.base_url().size());
    const time_point sent = is("stale") ? host_.wall_now() - 72h : host_.wall_now();
    json::object subscription = shown(w, false);
    if (is("foreign-account") || is("foreign-topic"))
        subscription = {{"topic", is("foreign-topic") ? "another-topic" : w.topic},
                        {"account", is("foreign-account") ? k_foreign_account : std::string_view(account_)},
                        {"validity_ts", json::raw(ts_text(w.validity))}};
    dispatch(w,
             {{"type", settings_.confirmation_type},
              {"message", uuid(host_)},
              {"sent_ts", json::raw(ts_text(sent))},
              {"confirmation_url", link_to},
              {"subscription", subscription}},
             true, tamper);
}

std::vector<std::string> webhooks::announce(const change& c, const std::string& topic, const tamper_info* tamper) {
    std::vector<std::string> ids;
    const auto is = [&](std::string_view name) { return tamper && tamper->name == name; };
    if (is("foreign-url")) throw gatehouse::command_error::invalid("foreign-url: this is for the command \"confirm\"");
    for (const webhook& w : all_) {
        if (!w.confirmed || w.topic != topic || w.validity <= host_.now()) continue;
        json::object subscription = shown(w, true);
        if (is("foreign-account")) {
            const auto d = json::parse(subscription.text());
            subscription = {{"topic", topic},
                            {"account", k_foreign_account},
                            {"validity_ts", d["validity_ts"]},
                            {"refresh_url", d["refresh_url"]},
                            {"unsubscribe_url", d["unsubscribe_url"]}};
        }
        if (is("foreign-topic")) {
            webhook other = w;
            other.topic = "another-topic";
            subscription = shown(other, true);
        }
        const time_point sent = is("stale") ? host_.wall_now() - 72h : host_.wall_now();
        ids.push_back(uuid(host_));
        dispatch(w,
                 {{"type", "Notification"},
                  {"trigger", c.trigger},
                  {"message", ids.back()},
                  {"twin", c.twin},
                  {"sent_ts", json::raw(ts_text(sent))},
                  {"event", json::raw(c.event)},
                  {"subscription", subscription}},
                 false, tamper);
    }
    return ids;
}

api_answer webhooks::subscribe(const gatehouse::request& r) {
    const auto body = json::parse(r.body());
    const auto invalid = [&](std::string_view what) { return error(host_, 400, 400'415, what); };
    if (!body.root().is_object()) return invalid("not_a_valid_json");
    const std::string callback(body["callback_url"].text()), topic(body["topic"].text()), client(body["client_secret"].text());
    const int64_t life = body["expires"] ? body["expires"].integer().value_or(-1) : k_most_life;
    if (!gatehouse::url::parse(callback) || callback.size() > 512) return error(host_, 400, 400'314, "callback_url: invalid_characters");
    if (topic.empty() || topic.size() > 127) return error(host_, 400, 400'314, "topic: invalid_characters");
    if (body["client_secret"] && !is_client_secret(client)) return error(host_, 400, 400'314, "client_secret: invalid_characters");
    if (life < 1 || life > k_most_life) return error(host_, 400, 400'141, "expires: quota_violation");
    const webhook& w = add(callback, topic, client, std::chrono::seconds(life), false);
    json::object out{{"callback_url", w.callback_url}, {"subscription", shown(w, false)}};
    if (!w.server_secret.empty()) out.add("server_secret", w.server_secret);
    send_confirmation(w, nullptr);
    return ok(out, 201);
}

api_answer webhooks::confirm(webhook& w) {
    w.confirmed = true;
    const std::string token = w.confirm_token, callback = w.callback_url, topic = w.topic; // erasing moves the others
    std::erase_if(all_, [&](const webhook& o) { return o.confirm_token != token && o.callback_url == callback && o.topic == topic; });
    for (const webhook& kept : all_)
        if (kept.confirm_token == token) {
            const json::object s = shown(kept, true);
            return ok(settings_.flat ? s : json::object{{"subscription", s}}, settings_.confirm_status);
        }
    return error(host_, 500, 500'000, "the subscription is gone");
}

api_answer webhooks::refresh(const gatehouse::request& r, webhook& w) {
    const auto body = json::parse(r.body().empty() ? "{}" : r.body());
    if (!body.root().is_object()) return error(host_, 400, 400'415, "not_a_valid_json");
    const int64_t life = body["expires"] ? body["expires"].integer().value_or(-1) : k_most_life;
    if (life < 1 || life > k_most_life) return error(host_, 400, 400'141, "expires: quota_violation");
    if (body["client_secret"] && !is_client_secret(body["client_secret"].text()))
        return error(host_, 400, 400'314, "client_secret: invalid_characters");
    // webhook-refresh-subscription: without client_secret messages carry no hash from then on.
    w.client_secret = body["client_secret"].text();
    w.server_secret = w.client_secret.empty() ? "" : letters(host_, 32);
    w.validity = host_.now() + std::chrono::seconds(life);
    for (std::string* t : {&w.refresh_token, &w.unsubscribe_token})
        *t = gatehouse::to_base64("webhook___" + account_ + "___" + w.topic + "___" + letters(host_, 24));
    json::object out{{"callback_url", w.callback_url}, {"subscription", shown(w, true)}};
    if (!w.server_secret.empty()) out.add("server_secret", w.server_secret);
    return ok(out);
}

api_answer webhooks::serve(const gatehouse::request& r, bool authorized) {
    if (r.path() == "/notifications/webhooks") {
        if (r.method() != "POST") return error(host_, 404, 404'001, "no such resource");
        return authorized ? subscribe(r) : error(host_, 401, 401'001, "the User Secret is missing or unknown");
    }
    if (r.path() != "/notifications/webhooks/" + account_) return error(host_, 404, 404'001, "no such resource");
    const std::string token = token_in(r.query());
    for (webhook& w : all_) {
        if (r.method() == "GET" && token == w.confirm_token) return confirm(w);
        if (w.validity <= host_.now()) continue;
        if (r.method() == "PATCH" && token == w.refresh_token) return refresh(r, w);
        if (r.method() == "DELETE" && token == w.unsubscribe_token) {
            std::erase_if(all_, [&](const webhook& o) { return o.unsubscribe_token == token; });
            return ok({});
        }
    }
    return error(host_, 404, 404'002, "the token is unknown, or the subscription has lapsed");
}

} // namespace twin_ledger::sim
