// Any sender that signs with HMAC, by configuration only: how is in signature.cpp, here is what an event is made of.
#include <gatehouse/event_fields.hpp>
#include <gatehouse/join.hpp>
#include <gatehouse/plugin.hpp>

#include <openssl/evp.h>

#include "plugin_samples.hpp"
#include "signature.hpp"

using namespace gatehouse;

namespace {

constexpr std::string_view k_own_settings = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["secret", "signature_header"],
  "properties": {
    "secret": {"type": ["string", "array"], "items": {"type": "string"}, "writeOnly": true,
      "description": "The shared secret; old and new during a rotation"},
    "key": {"enum": ["raw", "whsec", "hex"], "default": "raw",
      "description": "How the secret spells the key: its own bytes, base64 (after whsec_ or not), hexadecimal digits"},
    "algorithm": {"enum": ["sha256", "sha1", "sha512"], "default": "sha256", "description": "Hash of the HMAC"},
    "signature_header": {"type": "string", "minLength": 1, "maxLength": 100, "description": "Header that holds the signature"},
    "signature_prefix": {"type": "string", "maxLength": 40, "default": "",
      "description": "What goes before the signature, such as sha256= or v1="},
    "signature_separator": {"type": "string", "maxLength": 4, "default": "",
      "description": "What stands between entries when there can be several, such as a comma; other prefixes are passed over"},
    "encoding": {"enum": ["hex", "base64", "base64url"], "default": "hex", "description": "How the signature is spelt"},
    "signed": {"type": "string", "minLength": 1, "maxLength": 1000, "default": "{body}",
      "description": "What is signed: text with {body}, {timestamp}, {method}, {target}, {path}, {header:<name>}"},
    "timestamp_header": {"type": "string", "maxLength": 100, "description": "Header that holds the signed time"},
    "timestamp_prefix": {"type": "string", "maxLength": 40,
      "description": "Where the time is an entry of the signature header: what goes before it, such as t="},
    "timestamp_format": {"enum": ["seconds", "milliseconds", "rfc3339"], "default": "seconds",
      "description": "How the signed time is spelt; the first two count from 1970"},
    "tolerance": {"type": "string", "pattern": "^[0-9]{1,8}[smhd]$", "default": "5m",
      "description": "How far the signed time may lie from now, either way"},
    "type_header": {"type": "string", "maxLength": 100, "description": "Header that tells the event's type"},
    "type_pointer": {"type": "string", "maxLength": 500, "description": "JSON Pointer to the event's type"},
    "dedupe_header": {"type": "string", "maxLength": 100, "description": "Header whose value is the same on every resend"},
    "dedupe_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to an id that is the same on every resend; without both the key is a digest of type and body"},
    "challenge_pointer": {"type": "string", "maxLength": 500,
      "description": "JSON Pointer to a text that is sent back at once, where a sender checks the address that way"},)";
constexpr std::string_view k_end = "}}";
constexpr std::string_view k_schema = joined<k_own_settings, k_event_fields, k_end>;

std::string digest(std::string_view type, std::string_view body) {
    // The same body can be announced under two types; the type cannot hold the line end.
    const std::string text = std::string(type) + '\n' + std::string(body);
    std::array<unsigned char, 32> out{};
    if (EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    return "sha256:" + to_base64({reinterpret_cast<const char*>(out.data()), out.size()});
}

class hmac_source {
public:
    hmac_source(host h, const settings& s)
        : signature_(h, s),
          type_header_(s["type_header"].text()),
          dedupe_header_(s["dedupe_header"].text()),
          type_(s, "type_pointer"),
          dedupe_(s, "dedupe_pointer"),
          challenge_(s, "challenge_pointer"),
          fields_(s) {
        if (!dedupe_header_.empty() && dedupe_.is_set())
            throw setting_error("dedupe_pointer", "and dedupe_header are both set: one of them names the id");
        // The headers that the dedupe key is made of.
        const std::string& key = dedupe_.is_set() ? dedupe_header_ : dedupe_header_.empty() ? type_header_ : dedupe_header_;
        if (!key.empty() && !signature_.signs_time() && !signature_.signs_header(key))
            h.warning("no protection against replays: no time is signed, and neither is " + key +
                      ", so whoever recorded a request can send it again as a new event");
    }

    void enroll(registry& r) {
        r.verifier("signature", [this](const request& in) { return signature_.verify(in); });
        r.route("POST", "", "signature", [this](const request& in, const acceptance&) { return announced(in); });
    }

private:
    outcome announced(const request& in) const {
        const json::document body = json::parse(in.body());
        if (const auto challenge = challenge_.find(body.root()); !challenge.empty())
            return response(200, std::string(challenge), "text/plain");
        const auto header = [&](const std::string& name) { return name.empty() ? std::string_view() : in.header(name).value_or(""); };
        std::string_view type = header(type_header_);
        type = event_fields::type(type.empty() ? type_.find(body.root()) : type);
        const std::string_view id = dedupe_.is_set() ? dedupe_.find(body.root()) : header(dedupe_header_);
        return fields_.fill(event(id.empty() ? digest(type, in.body()) : std::string(id), type), body.root());
    }

    hmac_plugin::signature signature_;
    std::string type_header_, dedupe_header_;
    pointer_setting type_, dedupe_, challenge_;
    event_fields fields_;
};

} // namespace

GATEHOUSE_PLUGIN(hmac_source, {.name = "hmac",
                               .version = "1.0.0",
                               .summary = "Any sender that signs with HMAC",
                               .settings_schema = k_schema,
                               .samples = hmac_samples})
