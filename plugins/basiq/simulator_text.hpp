// Small pieces of text that the simulator makes: ids, secrets, dates, signatures, error bodies.
#pragma once

#include <gatehouse/simulator_arguments.hpp>

#include <string>
#include <string_view>

namespace basiq::sim {

using gatehouse::api_answer;
using gatehouse::simulator_host;
using gatehouse::time_point;
namespace json = gatehouse::json;

using gatehouse::uuid;
std::string long_id(const simulator_host&);
std::string message_id(const simulator_host&);
std::string token(const simulator_host&);
bool is_uuid(std::string_view);

/// "documented": as on the page about webhook security, "whsec_" and 39 base64 characters: unpadded, with bits left over.
/// "short": as in the API reference, 12 characters without prefix. "standard": "whsec_" and 24 bytes.
std::string make_secret(const simulator_host&, std::string_view style);

/// webhook-signature of Standard Webhooks 1.0: "v1," and base64 of HMAC-SHA256 over id "." timestamp "." body. The secret is decoded as
/// Basiq's sample code does: the prefix cut off, base64 with or without padding, left-over bits dropped.
std::string sign(std::string_view secret, std::string_view id, std::string_view timestamp, std::string_view body);

/// "2026-01-31T12:00:00Z"
std::string date(time_point);

/// The error body that all of Basiq's APIs share (api.basiq.io/docs/http-response-status-codes). `source` is a parameter's name or empty.
api_answer error(const simulator_host&, int status, std::string_view code, std::string_view title, std::string_view detail,
                 std::string_view source = {});
api_answer not_found(const simulator_host&, std::string_view detail);
api_answer ok(const json::object&, int status = 200);

/// "%41" to "A"; with `plus`, "+" to " " (application/x-www-form-urlencoded). Nothing when it is broken.
std::optional<std::string> percent_decode(std::string_view, bool plus = false);
/// One parameter of a query or form, decoded; nothing when absent or broken.
std::optional<std::string> parameter(std::string_view query, std::string_view name);

} // namespace basiq::sim
