#include "plugin_settings.hpp"

#include <algorithm>

namespace axway {

using gatehouse::setting_error;

const std::string_view k_settings_schema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "clients": {
      "type": "array", "minItems": 1, "maxItems": 20,
      "description": "Clients that may fetch an access token at <path>/oauth/token (OAuth 2.0 client credentials); notifications must then carry one",
      "items": {
        "type": "object", "additionalProperties": false, "required": ["id", "secret"],
        "properties": {
          "id": {"type": "string", "minLength": 1, "maxLength": 200, "description": "clientId of the subscription's authorization"},
          "secret": {
            "type": ["string", "array"], "minLength": 16, "minItems": 1, "items": {"type": "string", "minLength": 16}, "writeOnly": true,
            "description": "clientSecret; new and old during a change. The first one is given to Streams by the operation subscribe"
          }
        }
      }
    },
    "header": {
      "type": "object", "additionalProperties": false, "required": ["value"],
      "description": "A fixed secret in a header of every notification (webhookHeaders); together with clients both must be right",
      "properties": {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$", "default": "X-Gatehouse-Secret",
          "description": "Name of the header"},
        "value": {
          "type": ["string", "array"], "minLength": 16, "minItems": 1, "items": {"type": "string", "minLength": 16}, "writeOnly": true,
          "description": "The header's whole value; new and old during a change"
        }
      }
    },
    "token_life": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 3600, "description": "Seconds an access token is good for (expires_in)"},
    "token_grace": {
      "type": "integer", "minimum": 0, "maximum": 3600, "default": 300,
      "description": "Seconds for which a token is still accepted after its end: when Streams renews is not documented"
    },
    "subscriptions": {
      "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 200},
      "description": "Ids of the subscriptions that may notify, besides those that the operation subscribe created; none at all: any"
    },
    "topics": {
      "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 200},
      "description": "Ids of the topics that may notify; none: any. Also the topics whose subscriptions are listed"
    },
    "api_url": {"type": "string", "format": "uri", "description": "Where Streams' management API is reached; without it nothing is managed"},
    "api_key": {"type": "string", "minLength": 1, "writeOnly": true, "description": "Key for the management API, where the installation asks for one"},
    "api_key_header": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,100}$", "default": "KeyId", "description": "Header that carries api_key"},
    "resync": {
      "type": "string", "enum": ["none", "recreate"], "default": "none",
      "description": "When a patch does not apply: wait for a snapshot, or delete and create the subscription anew to get one"
    },
    "max_pages": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20, "description": "Pages of a list (100 entries each) that are read"}
  }
})json";

namespace {

std::vector<std::string> ids(json::value list, std::string_view setting) {
    std::vector<std::string> out;
    for (const json::value v : list.elements()) {
        if (!is_id(v.text())) throw setting_error(setting, "\"" + gatehouse::printable(v.text()) + "\" is not an id of Streams");
        out.emplace_back(v.text());
    }
    return out;
}

std::vector<client> read_clients(const gatehouse::host& h, json::value list) {
    std::vector<client> out;
    for (const json::value v : list.elements()) {
        const std::string place = "clients[" + std::to_string(out.size()) + "]";
        client c{std::string(v["id"].text()), "clients/" + std::to_string(out.size()) + "/secret"};
        if (h.secret_count(c.secret) == 0) throw setting_error(place + ".secret", "is not set");
        const auto same = [&](const client& other) { return other.id == c.id; };
        if (std::any_of(out.begin(), out.end(), same))
            throw setting_error(place + ".id", "is there twice; several secrets of one client are a list under one entry");
        out.push_back(std::move(c));
    }
    return out;
}

} // namespace

bool is_id(std::string_view s) {
    return s.size() <= 200 && gatehouse::path_segment(s) &&
           std::all_of(s.begin(), s.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '/' && c != '"' && c != '\\'; });
}

configuration configuration::read(const gatehouse::host& h, const gatehouse::settings& s) {
    configuration out;
    out.clients = read_clients(h, s["clients"]);
    if (s["header"]) {
        out.header_name = s["header"]["name"].text();
        if (out.header_name.empty()) out.header_name = "X-Gatehouse-Secret";
        if (h.secret_count(k_header_secret) == 0) throw setting_error("header.value", "is not set");
        if (gatehouse::equals_ignoring_case(out.header_name, "Authorization") && !out.clients.empty())
            throw setting_error("header.name", "cannot be Authorization when clients are set: the token stands there");
    }
    if (out.clients.empty() && out.header_name.empty())
        throw setting_error("clients", "is not set, and neither is header: Streams signs nothing, so one of them must prove the sender");
    out.token_life = std::chrono::seconds(s["token_life"].integer().value_or(3600));
    out.token_grace = std::chrono::seconds(s["token_grace"].integer().value_or(300));
    out.subscriptions = ids(s["subscriptions"], "subscriptions");
    out.topics = ids(s["topics"], "topics");
    if (s["api_url"]) {
        out.api = gatehouse::url::parse(s["api_url"].text());
        if (!out.api || out.api->path_and_query() != out.api->path())
            throw setting_error("api_url", "is not an http or https URL, without query");
    }
    out.api_key_header = s["api_key_header"].text();
    if (out.api_key_header.empty()) out.api_key_header = "KeyId";
    out.has_api_key = h.secret_count("api_key") > 0;
    out.recreate = s["resync"].text() == "recreate";
    if (out.recreate && !out.api) throw setting_error("resync", "recreate needs api_url");
    out.max_pages = static_cast<size_t>(s["max_pages"].integer().value_or(20));
    return out;
}

} // namespace axway
