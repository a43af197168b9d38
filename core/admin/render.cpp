#include "core/admin/render.hpp"

#include "core/base/encoding.hpp"
#include "core/base/time.hpp"

#include <algorithm>

namespace gh::admin {

namespace {

constexpr std::string_view k_redacted = "[redacted]";

std::optional<std::string> time_text(const std::optional<Time>& t) {
    return t ? std::optional(to_rfc3339(*t)) : std::nullopt;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
}

bool names_credential(std::string_view name) {
    const std::string n = lower(name);
    for (const std::string_view word : {"authorization", "cookie", "token", "secret", "password", "passwd", "api-key", "apikey", "api_key"})
        if (n.find(word) != std::string::npos) return true;
    return n == "x-key" || n == "key" || n == "code";
}

std::string shown_query(std::string_view query) {
    std::string out;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const size_t equals = pair.find('=');
        if (!out.empty()) out += '&';
        if (equals != std::string_view::npos && names_credential(pair.substr(0, equals)))
            (out += pair.substr(0, equals + 1)) += k_redacted;
        else
            out += pair;
    }
    return out;
}

} // namespace

std::string_view to_text(store::Trust trust) {
    return trust == store::Trust::verified ? "verified" : "unverified_origin";
}

std::string_view trust_of(store::EventStatus status, store::Trust trust) {
    return status == store::EventStatus::refused ? std::string_view() : to_text(trust);
}

bool sensitive_header(std::string_view name) {
    return names_credential(name);
}

std::string shown_target(std::string_view target, const config::Source* source) {
    const std::string_view path = target.substr(0, target.find('?'));
    std::string out;
    if (source && path.starts_with(source->path) && (path.size() == source->path.size() || path[source->path.size()] == '/'))
        out = source->display_path + std::string(path.substr(source->path.size()));
    else
        out = k_redacted;
    if (path.size() < target.size()) (out += '?') += shown_query(target.substr(path.size() + 1));
    return out;
}

void write(json::Writer& w, const store::EventSummary& e) {
    w.object().member("id", e.id.text()).member("seq", e.seq).member("source", e.source).member("plugin", e.plugin);
    w.member("type", e.type).member("subject", e.subject).member("dedupe_key", e.dedupe_key).member("ordering_key", e.ordering_key);
    w.member("received_at", to_rfc3339(e.received_at)).member("occurred_at", time_text(e.occurred_at));
    w.member("status", to_text(e.status)).member("trust", trust_of(e.status, e.trust)).member("recovered", e.recovered);
    w.member("duplicates", e.duplicates).member("fetch_attempts", e.fetch_attempts).member("reason", e.reason).end();
}

void write(json::Writer& w, const store::Attempt& a) {
    w.object().member("id", a.id.text()).member("started_at", to_rfc3339(a.started_at)).member("duration_ms", a.duration.count());
    w.member("status", a.status).member("outcome", a.outcome).member("error", a.error).member("response", a.response).end();
}

void write(json::Writer& w, const store::Delivery& d, const std::vector<store::Attempt>* attempts) {
    w.object().member("id", d.id.text()).member("event", d.event.text()).member("source", d.source).member("type", d.type);
    w.member("destination", d.destination).member("status", to_text(d.status)).member("attempt_count", d.attempts);
    w.member("next_attempt_at", time_text(d.next_attempt_at)).member("created_at", to_rfc3339(d.created_at));
    w.member("finished_at", time_text(d.finished_at)).member("last_outcome", d.last_outcome);
    if (attempts) {
        w.name("attempts").array();
        for (const auto& a : *attempts) write(w, a);
        w.end();
    }
    w.end();
}

void write(json::Writer& w, const store::StoredRequest& r, const config::Source* source) {
    w.object().member("method", r.method).member("path", shown_target(r.target, source)).name("headers").array();
    for (std::string_view head = r.head; !head.empty();) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = line.substr(0, colon);
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
        w.object().member("name", name).member("value", sensitive_header(name) ? k_redacted : value).end();
    }
    w.end().member("body", to_base64(r.body)).member("remote", r.remote).end();
}

void write_document(json::Writer& w, const std::optional<store::Document>& d) {
    if (!d)
        w.null();
    else if (json::is_json(d->body))
        w.raw(d->body);
    else
        w.value(to_base64(d->body));
}

void write_document_info(json::Writer& w, const std::optional<store::Document>& d) {
    if (!d) {
        w.null();
        return;
    }
    w.object().member("content_type", d->content_type).member("encoding", json::is_json(d->body) ? "json" : "base64");
    w.member("fetched_at", to_rfc3339(d->fetched_at)).member("gone", d->gone).end();
}

} // namespace gh::admin
