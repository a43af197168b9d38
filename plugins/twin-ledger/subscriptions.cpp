#include "subscriptions.hpp"

#include <gatehouse/encoding.hpp>
#include <gatehouse/iso_time.hpp>

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr std::string_view k_phases[] = {"asked", "pending", "active"};
constexpr size_t k_most_secrets = 4;
/// How long a confirmation is waited for: no page says how long its URL is good.
constexpr milliseconds k_confirmation = std::chrono::hours(1);

std::string key(const char* what, std::string_view topic) {
    return "twin." + std::string(what) + "." + std::string(topic);
}

void add_time(json::object& o, std::string_view name, const std::optional<time_point>& t) {
    if (t) o.add(name, utc_text(*t));
}

} // namespace

std::optional<subscription> subscription_memory::find(std::string_view topic) const {
    const auto text = host_.get_state(key("subscription", topic));
    if (!text) return std::nullopt;
    const auto d = json::parse(*text);
    subscription s;
    s.topic = topic;
    s.id = d["id"].text();
    s.expires = d["expires"].integer().value_or(0);
    s.account = d["account"].text();
    s.callback_url = d["callback_url"].text();
    for (const auto p : {phase::asked, phase::pending, phase::active})
        if (d["phase"].text() == k_phases[static_cast<size_t>(p)]) s.phase = p;
    s.hashed = d["hashed"].boolean().value_or(false);
    s.since = parse_utc_time(d["since"].text()).value_or(time_point());
    s.renewing = parse_utc_time(d["renewing"].text());
    s.confirmed_by = d["confirmed_by"].text();
    return s;
}

std::string subscription_memory::new_id(std::string_view topic) const {
    return std::string(topic) + "#" + std::to_string(host_.now().time_since_epoch().count());
}

state_change subscription_memory::put(const subscription& s) const {
    json::object o = json::object::of("id", s.id, "expires", s.expires, "account", s.account, "callback_url", s.callback_url, "phase",
                                      k_phases[static_cast<size_t>(s.phase)], "hashed", s.hashed, "since", utc_text(s.since),
                                      "confirmed_by", s.confirmed_by);
    add_time(o, "renewing", s.renewing);
    return state_change(key("subscription", s.topic), o.text());
}

capabilities subscription_memory::urls(std::string_view topic) const {
    capabilities c;
    const auto text = host_.get_state(key("urls", topic));
    if (!text) return c;
    const auto d = json::parse(*text);
    c.refresh_url = d["refresh_url"].text();
    c.unsubscribe_url = d["unsubscribe_url"].text();
    c.valid_until = parse_utc_time(d["valid_until"].text());
    c.retired_url = d["retired_url"].text();
    c.at = parse_utc_time(d["at"].text()).value_or(time_point());
    return c;
}

state_change subscription_memory::put(std::string_view topic, const capabilities& c) const {
    json::object o = json::object::of("refresh_url", c.refresh_url, "unsubscribe_url", c.unsubscribe_url, "at", utc_text(c.at));
    if (!c.retired_url.empty()) o.add("retired_url", c.retired_url);
    add_time(o, "valid_until", c.valid_until);
    return state_change(key("urls", topic), o.text());
}

std::vector<kept_secret> subscription_memory::kept(std::string_view topic) const {
    std::vector<kept_secret> out;
    const auto text = host_.get_state(key("secrets", topic));
    if (!text) return out;
    const auto d = json::parse(*text);
    for (const auto v : d["values"].elements()) out.push_back({std::string(v["value"].text()), parse_utc_time(v["until"].text())});
    return out;
}

bool subscription_memory::host_has(std::string_view secret) const {
    bool found = false;
    for (uint32_t i = 0; i < host_.secret_count("server_secret"); ++i) {
        const auto value = host_.secret("server_secret", i);
        found |= value && equal_constant_time(*value, secret);
    }
    return found;
}

std::vector<std::string> subscription_memory::secrets(std::string_view topic) const {
    std::vector<std::string> out;
    for (auto& k : kept(topic))
        if (!k.value.empty() && (!k.until || host_.now() <= *k.until)) out.push_back(std::move(k.value));
    return out;
}

state_change subscription_memory::write(std::string_view topic, const std::vector<kept_secret>& list) const {
    if (list.empty()) return state_change::remove(key("secrets", topic));
    json::array values;
    for (const auto& k : list) {
        json::object o = json::object::of("value", k.value);
        add_time(o, "until", k.until);
        values.add(o);
    }
    return state_change(key("secrets", topic), json::object::of("values", values).text());
}

state_change subscription_memory::put_secret(std::string_view topic, std::string_view value, milliseconds overlap) const {
    std::vector<kept_secret> list = {{std::string(value), std::nullopt}};
    for (auto& k : kept(topic)) {
        if (k.value == value || host_has(k.value) || (k.until && host_.now() > *k.until) || list.size() >= k_most_secrets) continue;
        k.until = std::min(k.until.value_or(time_point::max()), host_.now() + overlap);
        list.push_back(std::move(k));
    }
    return write(topic, list);
}

std::optional<state_change> subscription_memory::without_captured(std::string_view topic) const {
    auto list = kept(topic);
    if (std::erase_if(list, [&](const auto& k) { return host_has(k.value) || (k.until && host_.now() > *k.until); }) == 0)
        return std::nullopt;
    return write(topic, list);
}

std::vector<state_change> subscription_memory::forget(std::string_view topic) const {
    std::vector<state_change> out;
    for (const char* what : {"subscription", "urls", "secrets"}) out.push_back(state_change::remove(key(what, topic)));
    return out;
}

subscription_record subscription_memory::record(const subscription& s) const {
    const capabilities c = urls(s.topic);
    const bool lapsed = s.phase == phase::active && c.valid_until && *c.valid_until < host_.now();
    const auto state = lapsed                     ? subscription_state::suspended
                       : s.phase == phase::active ? subscription_state::active
                                                  : subscription_state::pending_confirmation;
    json::object facts = json::object::of("topic", s.topic);
    if (!s.callback_url.empty()) facts.add("url", s.callback_url);
    if (s.expires > 0) facts.add("expires", s.expires);
    subscription_record r(s.id, state);
    std::move(r).facts(facts).from_memory().ours(true);
    if (s.phase == phase::asked)
        std::move(r).expires_at(s.since + k_answer_lost).detail("the answer to subscribe is under way, or lost: then subscribe again");
    else if (s.phase == phase::pending)
        std::move(r)
            .expires_at(std::min(c.valid_until.value_or(time_point::max()), s.since + k_confirmation))
            .detail("the confirmation message has not come or could not be followed; to get another one, subscribe again");
    else if (c.valid_until)
        std::move(r).expires_at(*c.valid_until);
    if (lapsed)
        std::move(r).detail("it lapsed without a refresh: subscribe again");
    else if (s.phase == phase::active && c.refresh_url.empty())
        std::move(r).detail("no refresh URL is known: it comes with the next verified notification");
    return r;
}

} // namespace twin_ledger
