// Stored things as JSON objects, with what is secret left out.
#pragma once

#include "core/base/json.hpp"
#include "core/config/config.hpp"
#include "core/store/records.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gh::admin {

/// One object.
void write(json::Writer&, const store::EventSummary&);
void write(json::Writer&, const store::Attempt&);
/// `attempts` null: a line of a list, with attempt_count only.
void write(json::Writer&, const store::Delivery&, const std::vector<store::Attempt>* attempts);
/// {"method", "path", "headers": [{"name", "value"}], "body" (base64), "remote"}. `source`: the configured one, or null when it is gone.
void write(json::Writer&, const store::StoredRequest&, const config::Source* source);

/// null, the JSON value itself, or base64 text.
void write_document(json::Writer&, const std::optional<store::Document>&);
/// null, or {"content_type", "encoding": "json"|"base64", "fetched_at", "gone"}.
void write_document_info(json::Writer&, const std::optional<store::Document>&);

/// The request target with the configured path as the operator wrote it, so that a secret in it is not shown; query values that look like
/// credentials are cut as well. A target that is not below the source's path any more is not shown at all.
std::string shown_target(std::string_view target, const config::Source*);
/// Whether a header's value is a credential.
bool sensitive_header(std::string_view name);

std::string_view to_text(store::Trust);
/// "" for what was refused: nothing of it is to be trusted.
std::string_view trust_of(store::EventStatus, store::Trust);

} // namespace gh::admin
