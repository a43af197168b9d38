#include "core/base/encoding.hpp"
#include "core/cli/list.hpp"

#include <ostream>

namespace gh::cli {

namespace {

/// Text as it is when it is text, else its size.
std::string shown_body(const std::string& body) {
    if (body.empty()) return "(empty)";
    std::string out;
    for (size_t begin = 0; begin <= body.size();) {
        const size_t end = std::min(body.find('\n', begin), body.size());
        std::string line = body.substr(begin, end - begin);
        if (line.ends_with('\r')) line.pop_back();
        for (char& ch : line)
            if (ch == '\t') ch = ' ';
        if (!is_utf8(line) || line.find('\0') != std::string::npos)
            return "(" + std::to_string(body.size()) + " bytes, not text; --json has them)";
        ((out += out.empty() ? "" : "\n    ") += printable(line));
        begin = end + 1;
    }
    return out;
}

void show_request(std::ostream& out, const json::Value& r) {
    out << "\nRequest from " << printable(r.text_of("remote")) << "\n    " << printable(r.text_of("method")) << ' '
        << printable(r.text_of("path")) << '\n';
    if (const json::Value* headers = r.find("headers"))
        for (const auto& h : headers->items) out << "    " << printable(h.text_of("name")) << ": " << printable(h.text_of("value")) << '\n';
    out << "\n    " << shown_body(from_base64_lenient(r.text_of("body")).value_or("")) << '\n';
}

void show_document(std::ostream& out, const json::Value& event) {
    const json::Value* info = event.find("document_info");
    const json::Value* document = event.find("document");
    if (!info || !document || info->kind == json::Kind::null) return;
    const json::Value* gone = info->find("gone");
    out << "\nDocument of " << info->text_of("fetched_at") << (gone && gone->boolean ? ": gone at the provider" : "") << "\n    ";
    const bool json_document = info->text_of("encoding") == "json";
    out << shown_body(json_document ? std::string(document->raw) : from_base64_lenient(document->text).value_or("")) << '\n';
}

void show_deliveries(const Terminal& t, const json::Value& event) {
    const json::Value* deliveries = event.find("deliveries");
    if (!deliveries || deliveries->items.empty()) {
        t.out << "\nNo deliveries\n";
        return;
    }
    for (const auto& d : deliveries->items) {
        t.out << "\nDelivery " << d.text_of("id") << " to " << printable(d.text_of("destination")) << ": "
              << coloured(d.text_of("status"), t);
        if (const auto next = d.text_of("next_attempt_at"); !next.empty()) t.out << ", next attempt " << next;
        t.out << '\n';
        Table attempts({"    STARTED", "OUTCOME", "STATUS", "MS", "ERROR"});
        if (const json::Value* list = d.find("attempts"))
            for (const auto& a : list->items)
                attempts.add({"    " + std::string(a.text_of("started_at")), std::string(a.text_of("outcome")),
                              std::to_string(a.integer_of("status")), std::to_string(a.integer_of("duration_ms")),
                              std::string(a.text_of("error"))});
        attempts.print(t, 1);
    }
}

} // namespace

int events_list(Context& c) {
    Query query;
    query.add("source", c.get("--source")).add("type", c.get("--type")).add("status", c.get("--status")).add("search", c.get("--search"));
    if (c.has("--since")) query.add("since", c.time("--since"));
    if (c.has("--until")) query.add("until", c.time("--until"));
    return print_list(c, "/api/v1/events", query,
                      {column("RECEIVED", "received_at"), column("ID", "id"), column("SOURCE", "source"), column("TYPE", "type"),
                       column("STATUS", "status"), column("TRUST", "trust"), column("SUBJECT", "subject"), column("REASON", "reason")},
                      4, "no events");
}

int events_show(Context& c) {
    Api api(c);
    std::string body;
    const json::Value e = api.get("/api/v1/events/" + url_encode(c.positionals[0]), body);
    const Terminal& t = c.terminal;
    if (c.json()) {
        t.out << e.raw << '\n';
        return 0;
    }
    for (const char* member : {"id", "source", "plugin", "type", "subject", "dedupe_key", "ordering_key", "received_at", "occurred_at",
                               "status", "trust", "duplicates", "reason", "hint"}) {
        const json::Value* v = e.find(member);
        if (!v || v->text.empty()) continue;
        std::string label = member;
        label.resize(14, ' ');
        t.out << label << (label.starts_with("status") ? coloured(v->text, t) : printable(v->text)) << '\n';
    }
    if (const json::Value* request = e.find("request")) show_request(t.out, *request);
    show_document(t.out, e);
    show_deliveries(t, e);
    return 0;
}

} // namespace gh::cli
