#include "core/delivery/message.hpp"

#include "core/base/encoding.hpp"
#include "core/base/json.hpp"

#include <algorithm>

namespace gh::delivery {

namespace {

constexpr const char* k_unknown_type = "application/octet-stream";
constexpr size_t k_answer_bytes = 64 * 1024; ///< more of an answer is of no interest, and its status is known by then

/// CloudEvents HTTP binding section 3.1.3.2, and safe in any field: space, quote, percent and all outside printable ASCII are encoded.
std::string field_text(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

/// Came from outside: anything but plain printable text is not passed on.
std::string media_type(std::string_view text) {
    const bool plain =
        !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    return plain ? std::string(text) : k_unknown_type;
}

bool says_json(std::string_view type) {
    std::string essence(type.substr(0, type.find(';')));
    while (!essence.empty() && essence.back() == ' ') essence.pop_back();
    return equals_ignoring_case(essence, "application/json") || equals_ignoring_case(essence, "text/json") ||
           (essence.size() > 5 && equals_ignoring_case(std::string_view(essence).substr(essence.size() - 5), "+json"));
}

bool looks_like_json(std::string_view body) {
    const size_t at = body.find_first_not_of(" \t\r\n");
    return at != std::string_view::npos && (body[at] == '{' || body[at] == '[');
}

const store::Document* document_of(const store::Event& event) {
    return event.document && !event.document->gone ? &*event.document : nullptr;
}

void add_member(std::string& out, const std::string& name, std::string_view body) {
    if (json::is_json(body))
        ((out += '"' + name + "\":")) += body;
    else
        out += '"' + name + "_base64\":\"" + to_base64(body) + '"';
}

Content payload_of(const store::Event& event, config::Payload wanted) {
    const store::Document* document = document_of(event);
    if (wanted == config::Payload::both) {
        Content both{"application/json", "{", {}};
        add_member(both.body, "notification", event.request.body);
        both.body += ',';
        if (document)
            add_member(both.body, "document", document->body);
        else
            both.body += "\"document\":null";
        both.body += event.document && event.document->gone ? ",\"gone\":true}" : ",\"gone\":false}";
        return both;
    }
    if (wanted == config::Payload::document && document) return {media_type(document->content_type), document->body, {}};
    return {media_type(field_of(event.request.head, "content-type")), event.request.body, {}};
}

struct Attribute {
    const char* name;
    std::string value;
};

std::vector<Attribute> attributes_of(const store::Event& event) {
    std::vector<Attribute> out = {{"specversion", "1.0"},
                                  {"id", event.id.text()},
                                  {"source", "/sources/" + field_text(event.source)},
                                  {"type", event.type.empty() ? "notification" : event.type},
                                  {"time", to_rfc3339(event.occurred_at.value_or(event.received_at))}};
    if (!event.subject.empty()) out.push_back({"subject", event.subject});
    if (!event.ordering_key.empty()) out.push_back({"partitionkey", event.ordering_key});
    if (event.trust == store::Trust::unverified_origin) out.push_back({"gatehousetrust", "unverified-origin"});
    return out;
}

Content structured(const store::Event& event, Content payload) {
    const bool typed = says_json(payload.type);
    const bool splice = (typed || looks_like_json(payload.body)) && json::is_json(payload.body);
    Content out{"application/cloudevents+json; charset=UTF-8", "{", {}};
    out.body.reserve(payload.body.size() * (splice ? 1 : 2) + 512);
    for (const auto& a : attributes_of(event)) out.body += json_quote(a.name) + ':' + json_quote(a.value) + ',';
    // Providers post JSON as text/plain; as "data" it is JSON, so that is what its type says.
    out.body += "\"datacontenttype\":" + json_quote(splice && !typed ? "application/json" : payload.type) + ',';
    if (splice)
        (out.body += "\"data\":") += payload.body;
    else
        out.body += "\"data_base64\":\"" + to_base64(payload.body) + '"';
    out.body += '}';
    return out;
}

/// version "-" trace-id "-" parent-id "-" flags, lower-case hexadecimal; version ff is not allowed (W3C Trace Context section 3.2).
bool is_traceparent(std::string_view text) {
    if (text.size() != 55 || text.starts_with("ff")) return false;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 2 || i == 35 || i == 52;
        const char c = text[i];
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    }
    return text.substr(3, 32).find_first_not_of('0') != std::string_view::npos &&
           text.substr(36, 16).find_first_not_of('0') != std::string_view::npos;
}

void add_trace(const std::string& head, std::vector<http::Field>& out) {
    const std::string_view parent = field_of(head, "traceparent");
    if (!is_traceparent(parent)) return;
    out.push_back({"traceparent", std::string(parent)});
    const std::string_view state = field_of(head, "tracestate");
    const bool plain = std::all_of(state.begin(), state.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!state.empty() && state.size() <= 512 && plain) out.push_back({"tracestate", std::string(state)});
}

} // namespace

std::string_view field_of(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const size_t end = std::min(head.find("\r\n"), head.size());
        std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(end + 2, head.size()));
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos || !equals_ignoring_case(line.substr(0, colon), name)) continue;
        line.remove_prefix(colon + 1);
        const size_t first = line.find_first_not_of(" \t");
        if (first == std::string_view::npos) return {};
        return line.substr(first, line.find_last_not_of(" \t") - first + 1);
    }
    return {};
}

Content content_of(const store::Event& event, const config::Destination& destination) {
    Content payload = payload_of(event, destination.payload);
    if (destination.format == config::Format::cloudevents_structured) return structured(event, std::move(payload));
    if (destination.format == config::Format::cloudevents_binary)
        for (const auto& a : attributes_of(event)) payload.fields.push_back({std::string("ce-") + a.name, field_text(a.value)});
    return payload;
}

egress::Request message_for(const store::Event& event, const config::Destination& destination, const Signer& signer, Time now) {
    Content content = content_of(event, destination);
    egress::Request request;
    request.method = "POST";
    request.url = destination.url;
    request.timeout = destination.timeout;
    request.max_response = k_answer_bytes;
    request.body = std::move(content.body);
    const std::string id = event.id.text();
    const std::string timestamp = std::to_string(to_unix_ms(now) / 1000);
    auto& fields = request.fields;
    fields.push_back({"content-type", std::move(content.type)});
    fields.push_back({"webhook-id", id});
    fields.push_back({"webhook-timestamp", timestamp});
    if (auto signature = signer.sign(id, timestamp, request.body); !signature.empty())
        fields.push_back({"webhook-signature", std::move(signature)});
    fields.push_back({"gatehouse-source", field_text(event.source)});
    fields.push_back({"gatehouse-event-type", field_text(event.type)});
    if (event.trust == store::Trust::unverified_origin) fields.push_back({"gatehouse-trust", "unverified-origin"});
    if (destination.payload != config::Payload::notification)
        fields.push_back({"gatehouse-document", document_of(event) ? "fetched" : event.document ? "gone" : "absent"});
    for (auto& field : content.fields) fields.push_back(std::move(field));
    add_trace(event.request.head, fields);
    return request;
}

} // namespace gh::delivery
