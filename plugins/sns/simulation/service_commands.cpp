// The part of SNS in a simulator's settings, commands and description.
#include <gatehouse/encoding.hpp>
#include <gatehouse/verify/sns/names.hpp>

#include <algorithm>

#include "service.hpp"

namespace sns_sim {

namespace {

constexpr size_t k_most_shown = 100;

std::string_view text_of(subscription::state s) {
    return s == subscription::state::pending ? "pending" : s == subscription::state::confirmed ? "confirmed" : "ended";
}

} // namespace

std::vector<std::string_view> service_settings::names() {
    return {"region", "account", "delivery",     "signature_version",        "basic_user", "basic_password", "remember_credentials", "urls",
            "policy", "pinned",  "dead_letters", "dead_letter_client_errors"};
}

service_settings service_settings::read(const json::document& s, form otherwise, std::string_view user) {
    service_settings out;
    out.region = text(s["region"], "region", out.region);
    if (!gatehouse::sns::is_region(out.region)) throw command_error::invalid("region: give an AWS region, such as ap-southeast-2");
    out.account = text(s["account"], "account", out.account);
    const std::string raw = otherwise == form::raw ? "raw" : "enveloped", other = otherwise == form::raw ? "enveloped" : "raw";
    out.delivery = choice(s["delivery"], "delivery", {raw, other}) == "raw" ? form::raw : form::enveloped;
    out.signature_version = choice(s["signature_version"], "signature_version", {"1", "2"});
    out.user = text(s["basic_user"], "basic_user", user);
    out.password = text(s["basic_password"], "basic_password");
    out.remember_credentials = flag(s["remember_credentials"], "remember_credentials", false);
    out.own_urls = choice(s["urls"], "urls", {"aws", "own"}) == "own";
    out.dead_letters = flag(s["dead_letters"], "dead_letters", true);
    out.dead_letter_client_errors = flag(s["dead_letter_client_errors"], "dead_letter_client_errors", true);
    out.pinned = flag(s["pinned"], "pinned", true);
    if (s["policy"]) out.policy = delivery_policy::read(s["policy"]);
    return out;
}

std::string with_credentials(std::string_view url, const service_settings& s) {
    if (s.user.empty()) return std::string(url);
    const size_t begin = url.find("://") + 3;
    return std::string(url.substr(0, begin)) + gatehouse::percent_encode(s.user) + ":" + gatehouse::percent_encode(s.password) + "@" +
           std::string(url.substr(begin));
}

send_arguments send_arguments::read(json::value a, form f, std::vector<std::string_view> more, const std::vector<tamper_info>& own) {
    more.insert(more.begin(), {"type", "count", "tamper"});
    only(a, more);
    send_arguments out;
    out.type = text(a["type"], "type");
    if (out.type.empty() || out.type.size() > 200) throw command_error::invalid("type: give a type of notification");
    out.count = integer(a["count"], "count", 1, 10'000, 1);
    const std::string name = text(a["tamper"], "tamper");
    for (const tamper_info& t : own)
        if (t.name == name && (f == form::raw ? t.raw : t.enveloped)) out.tamper = &t;
    if (!out.tamper) out.tamper = find_tamper(name, f);
    return out;
}

void service::describe_commands(json::array& commands) {
    const auto command = [&](std::string_view name, std::string_view about, const json::object& arguments) {
        commands.add(json::object{{"name", name}, {"about", about}, {"arguments", arguments}});
    };
    command("state", "topics, subscriptions, dead letters and counts", {});
    command("publish", "sends a message of your own to a topic",
            {{"message", "sent as it is"}, {"subject", "of the envelope"}, {"topic", "ARN; else the first"}});
    command("subscribe", "subscribes an address to a topic, which asks it for confirmation",
            {{"url", "else the gateway's"}, {"topic", "ARN; else the first"}, {"raw", "true or false"}});
    command("request-confirmation", "asks every unconfirmed subscription again", {});
    command("unsubscribe", "ends a subscription; the subscriber is told", {{"subscription", "ARN; else all"}});
    command("rotate-certificate", "signs with a new key and certificate from now on", {});
    command("redrive", "sends dead letters again under their message ids", {});
}

json::array service::describe_tampers(const std::vector<tamper_info>& own) const {
    json::array out;
    auto all = tampers(settings_.delivery);
    for (const tamper_info& t : own)
        if (settings_.delivery == form::raw ? t.raw : t.enveloped) all.push_back(&t);
    for (const tamper_info* t : all)
        out.add(json::object{{"name", t->name}, {"about", t->about}, {"refused", t->forged()}, {"reason", t->reason}});
    return out;
}

void service::describe_source(json::object& settings, json::object& secrets) const {
    json::array arns;
    for (const topic& t : topics_) arns.add(t.arn);
    if (settings_.pinned) settings.add("topic_arns", arns);
    settings.add("signing_cert_host", host_.base_url()).add("signing_ca", "${secret:ca}");
    secrets.add("ca", keys_.authority_pem());
    if (settings_.user.empty()) return;
    settings.add("basic_user", settings_.user).add("basic_password", "${secret:password}");
    secrets.add("password", settings_.password);
}

std::optional<std::string> service::command(std::string_view name, json::value a) {
    if (name == "publish") {
        only(a, {"message", "subject", "topic"});
        const std::string arn = text(a["topic"], "topic", topics_.empty() ? "" : topics_.front().arn);
        const std::string id = publish(arn, text(a["message"], "message"), text(a["subject"], "subject"), nullptr);
        if (id.empty()) throw command_error::invalid("topic: nobody subscribes to \"" + gatehouse::printable(arn) + "\"");
        return json::object{{"id", id}}.text();
    }
    if (name == "subscribe") {
        only(a, {"url", "topic", "raw"});
        const topic* t = find_topic(text(a["topic"], "topic", topics_.empty() ? "" : topics_.front().arn));
        if (!t) throw command_error::invalid("topic: there is none of this ARN");
        const bool raw = flag(a["raw"], "raw", settings_.delivery == form::raw);
        const subscription& s =
            subscribe(t->arn, text(a["url"], "url", host_.target_url()), raw ? form::raw : form::enveloped, settings_.policy);
        return json::object{{"subscription", s.arn}, {"topic", s.topic}, {"state", text_of(s.is)}}.text();
    }
    if (name == "request-confirmation") {
        only(a, {});
        size_t asked = 0;
        for (size_t i = 0; i < subscriptions_.size(); ++i)
            if (subscriptions_[i].is == subscription::state::pending) request_confirmation(subscriptions_[i]), ++asked;
        return json::object{{"sent", asked}}.text();
    }
    if (name == "unsubscribe") {
        only(a, {"subscription"});
        const std::string arn = text(a["subscription"], "subscription");
        if (!arn.empty() && !find_subscription(arn)) throw command_error::invalid("subscription: there is none of this ARN");
        for (size_t i = 0; i < subscriptions_.size(); ++i)
            if (arn.empty() || subscriptions_[i].arn == arn) unsubscribe(subscriptions_[i]);
        return "{}";
    }
    if (name == "rotate-certificate") {
        only(a, {});
        keys_.rotate();
        return "{}";
    }
    if (name == "redrive") {
        only(a, {});
        size_t sent = 0;
        for (subscription& s : subscriptions_) {
            const auto letters = std::exchange(s.dead, {});
            for (auto& [number, d] : deliveries_) {
                if (!d.finished || d.delivered || std::find(letters.begin(), letters.end(), d.id) == letters.end()) continue;
                d.finished = false;
                d.attempts = 0;
                ++sent;
                attempt(number);
            }
        }
        return json::object{{"sent", sent}}.text();
    }
    return std::nullopt;
}

json::object service::state() const {
    json::array topics, subscriptions, messages;
    for (const topic& t : topics_) topics.add(json::object{{"topic_arn", t.arn}, {"signature_version", t.signature_version}});
    for (const subscription& s : subscriptions_) {
        json::array dead;
        for (size_t i = s.dead.size() - std::min(s.dead.size(), k_most_shown); i < s.dead.size(); ++i) dead.add(s.dead[i]);
        subscriptions.add(json::object{{"subscription_arn", s.arn},
                                       {"topic_arn", s.topic},
                                       {"url", s.to.shown()},
                                       {"state", text_of(s.is)},
                                       {"raw", s.delivery == form::raw},
                                       {"held", s.held.size()},
                                       {"dead_letters", dead}});
    }
    size_t pending = 0, shown = 0;
    for (const auto& [number, d] : deliveries_) pending += d.finished ? 0 : 1;
    for (auto it = deliveries_.rbegin(); it != deliveries_.rend() && shown < k_most_shown; ++it, ++shown) {
        const delivery& d = it->second;
        messages.add(json::object{{"id", d.id},
                                  {"type", d.type},
                                  {"tamper", d.tamper ? d.tamper->name : std::string_view()},
                                  {"attempts", d.attempts},
                                  {"status", d.status},
                                  {"finished", d.finished},
                                  {"delivered", d.delivered},
                                  {"error", d.error}});
    }
    json::object statuses;
    for (const auto& [status, count] : statuses_) statuses.add(std::to_string(status), count);
    return {{"topics", topics},
            {"subscriptions", subscriptions},
            {"pending", pending},
            {"delivered", delivered_},
            {"failed", failed_},
            {"answers", statuses},
            {"certificate_reads", certificate_reads_},
            {"confirmations", confirmations_},
            {"foreign_confirmations", foreign_confirmations_},
            {"trap_visits", traps_},
            {"messages", messages}};
}

} // namespace sns_sim
