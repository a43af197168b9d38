// One way to compute the `hash` of a message: the setting "hash", and what is computed by it.
// https://trustedtwin.com/docs/reference/notifications/hash-verification: hashlib.blake2b(digest_size=32, key=client_secret +
// server_secret) fed with the listed members one after the other. What the page leaves open is chosen here.
#pragma once

#include <gatehouse/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "blake2b.hpp"
#include "hash_text.hpp"

namespace twin_ledger {

enum class digest_form { hex, base64, base64url }; ///< read with and without padding, hex in either case

/// The order documented for a confirmation, and the one that it suggests for a notification, which is not documented.
const std::vector<std::string>& documented_confirmation_order();
const std::vector<std::string>& likely_notification_order();

class hash_form {
public:
    hash_form() : order(likely_notification_order()), confirmation_order(documented_confirmation_order()) {}
    /// {"order": […], "confirmation_order": […], "strings": …, "numbers": …, "dictionaries": …, "digest": …}; what is left out is the
    /// default. The value has been checked against k_hash_schema.
    explicit hash_form(gatehouse::json::value setting);

    std::vector<std::string> order, confirmation_order;
    string_form strings = string_form::plain;
    number_form numbers = number_form::raw;
    dictionary_form dictionaries = dictionary_form::raw;
    digest_form digest = digest_form::hex;

    /// As an operator writes it into the configuration: `hash: {order: […], …}`. For a confirmation the order is left out.
    std::string yaml(bool confirmation) const;

    /// What is hashed of `message`, member by member; a member that is not there counts as empty.
    std::vector<std::string> texts(gatehouse::json::value message, bool confirmation) const;
    /// Of 32 bytes.
    std::string bytes(const blake2b_key&, gatehouse::json::value message, bool confirmation) const;
    /// The `hash` that a message with these members would have.
    std::string hash(const blake2b_key&, gatehouse::json::value message, bool confirmation) const;
};

/// 32 bytes as text; base64 without padding.
std::string encoded(std::string_view digest, digest_form);
/// The reverse, with or without padding, hex in either case; nothing when it is not 32 bytes in that form.
std::optional<std::string> decoded(std::string_view text, digest_form);

extern const std::string_view k_string_forms[2], k_number_forms[3], k_dictionary_forms[8], k_digest_forms[3];

/// For the settings schema.
inline constexpr std::string_view k_hash_schema = R"({"type": "object", "additionalProperties": false,
      "required": ["order", "numbers", "dictionaries", "digest"], "properties": {
        "order": {"type": "array", "minItems": 1, "maxItems": 7, "items": {"enum":
          ["type", "trigger", "message", "twin", "event", "sent_ts", "subscription"]},
          "description": "Members of a notification in the order in which they are hashed"},
        "confirmation_order": {"type": "array", "minItems": 1, "maxItems": 5, "items": {"enum":
          ["type", "message", "sent_ts", "confirmation_url", "subscription"]},
          "description": "The same for a confirmation; without it the documented order"},
        "strings": {"enum": ["plain", "json"], "description": "The text itself (default), or a JSON literal"},
        "numbers": {"enum": ["raw", "python", "fixed3"], "description": "As in the body, as Python writes it, or with three decimals"},
        "dictionaries": {"enum": ["raw", "json", "json-sorted", "json-utf8", "json-compact", "json-compact-sorted", "json-compact-utf8",
          "python"], "description": "As in the body, a form of Python's json.dumps, or as Python prints a dict"},
        "digest": {"enum": ["hex", "base64", "base64url"], "description": "How the hash is spelt"}},
      "description": "How the message's hash is computed; find it with `gatehouse verify --explain`. Without it events are unverified-origin"})";

} // namespace twin_ledger
