#include "settings.hpp"

#include <gatehouse/iso_time.hpp>
#include <gatehouse/join.hpp>
#include <gatehouse/verify/secret_path.hpp>

#include <algorithm>

#include "message.hpp"

using namespace gatehouse;

namespace twin_ledger {

namespace {

constexpr std::string_view k_begin = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "additionalProperties": false, "required": ["topics"], "properties": {
    "topics": {"type": "array", "minItems": 1, "maxItems": 64, "items": {"type": "string", "pattern": "^[0-9A-Za-z._-]{1,127}$"},
      "description": "Topics whose messages are accepted"},
    "account": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$",
      "description": "subscription.account of the messages; without it the one that the answer to subscribe names"},
    "user_secret": {"type": "string", "minLength": 1, "writeOnly": true,
      "description": "User Secret, sent as Authorization; without it nothing is fetched back, subscribed or recovered"},
    "client_secret": {"type": "string", "minLength": 1, "writeOnly": true,
      "description": "16 characters of your choice (A-Z a-z 0-9 - _): with it messages carry a hash, and those without are refused"},
    "server_secret": {"type": ["string", "array"], "items": {"type": "string"}, "minLength": 1, "writeOnly": true, "x-captured": true,
      "description": "What the provider answered to subscribe or refresh; several during a change. Those of this source's own calls need not stand here"},
    "server_secret_overlap": {"type": "string", "pattern": "^[0-9]{1,8}[smhd]$", "default": "15m",
      "description": "How long a server secret is accepted after a refresh replaced it"},
    "api_url": {"type": "string", "format": "uri", "default": "https://rest.trustedtwin.com", "description": "Trusted Twin's API"},
    "ledger": {"type": "string", "pattern": "^[0-9A-Za-z-]{1,64}$", "default": "personal",
      "description": "Ledger to read: UUID, personal, owner or creator. Messages name none"},
    "twins": {"type": "array", "items": {"type": "string", "pattern": "^[0-9A-Fa-f-]{36}$"}, "default": [],
      "description": "Twins that recover asks for besides those seen so far"},
    "window": {"type": "string", "pattern": "^[0-9]{1,8}[smhd]$", "default": "24h", "description": "How old sent_ts may be"},
    "hash": )";
constexpr std::string_view k_end = "}}";

milliseconds duration(const settings& s, const char* name, std::string_view otherwise) {
    const auto text = s[name].text();
    const auto d = parse_duration(text.empty() ? otherwise : text);
    if (!d || d->count() == 0) throw setting_error(name, "must be a duration such as " + std::string(otherwise));
    return *d;
}

} // namespace

const std::string_view k_settings_schema = joined<k_begin, k_hash_schema, k_end>;

url config::api_of(const settings& s) {
    const auto text = s["api_url"].text();
    const auto u = url::parse(text.empty() ? "https://rest.trustedtwin.com" : text);
    if (!u || u->path_and_query() != u->path()) throw setting_error("api_url", "is not an http or https URL, without query");
    return *u;
}

config::config(host h, const settings& s) : api(api_of(s)) {
    for (const auto t : s["topics"].elements()) topics.emplace_back(t.text());
    if (topics.empty()) throw setting_error("topics", "names no topic");
    account = s["account"].text();
    ledger = s["ledger"].text().empty() ? "personal" : s["ledger"].text();
    for (const auto t : s["twins"].elements()) {
        if (!is_uuid(t.text())) throw setting_error("twins", "\"" + printable(t.text()) + "\" is not a UUID");
        twins.emplace_back(t.text());
    }
    window = duration(s, "window", "24h");
    overlap = duration(s, "server_secret_overlap", "15m");
    hashed = h.secret_count("client_secret") > 0;
    reads = h.secret_count("user_secret") > 0;
    check_keys(h);
    if (s["hash"]) {
        if (!hashed)
            throw setting_error("client_secret", "is not set: without it messages carry no hash that the setting \"hash\" could check");
        hash.emplace(s["hash"]);
        for (const auto& member : likely_notification_order())
            if (std::find(hash->order.begin(), hash->order.end(), member) == hash->order.end())
                h.warning("hash.order leaves out " + member + ": nothing proves that member of a notification");
        return;
    }
    if (!verify::has_unguessable_part(s.path()))
        throw setting_error("hash",
                            "is not set, so nothing in a message proves its sender: give the source a path with a part of 16 random "
                            "characters or more that nobody can guess, or set \"hash\" as `gatehouse verify --explain` finds it");
    h.warning(
        "hash is not set: events are marked unverified_origin; read them back (fetch_back: required), and find the setting with "
        "gatehouse verify --explain");
}

void config::check_keys(host h) const {
    if (!hashed) return;
    const auto client = h.secret("client_secret").value_or("");
    if (client.size() != 16 || client.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != client.npos)
        throw setting_error("client_secret", "must be 16 characters of A-Z a-z 0-9 - _, which is what Trusted Twin takes");
    for (uint32_t i = 0; i < h.secret_count("server_secret"); ++i) {
        const size_t size = client.size() + h.secret("server_secret", i).value_or("").size();
        if (size > k_most_key)
            throw setting_error("server_secret", "is too long: client_secret and server_secret make a key of " + std::to_string(size) +
                                                     " bytes, and BLAKE2b takes at most 64; is a line break or another secret in it?");
    }
}

bool config::names_topic(std::string_view topic) const {
    return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

bool config::is_capability(std::string_view text, std::string_view of_account) const {
    const auto u = url::parse(text);
    const auto base = url::parse(at("notifications/webhooks/" + percent_encode(of_account)));
    if (!u || !base || !u->same_origin(*base) || u->path() != base->path()) return false;
    const std::string_view query = u->query();
    return query.substr(0, 6) == "token=" && query.size() > 6 && query.find('&') == query.npos;
}

} // namespace twin_ledger
