#include "core/cli/list.hpp"

#include <ostream>

namespace gh::cli {

int quarantine_list(Context& c) {
    Query query;
    query.add("source", c.get("--source")).add("search", c.get("--search"));
    if (c.has("--since")) query.add("since", c.time("--since"));
    if (c.has("--until")) query.add("until", c.time("--until"));
    return print_list(c, "/api/v1/quarantine", query,
                      {column("RECEIVED", "received_at"), column("ID", "id"), column("SOURCE", "source"), column("REASON", "reason")},
                      ~size_t{0}, "the quarantine is empty");
}

int quarantine_reverify(Context& c) {
    const std::string since = c.has("--since") ? c.time("--since") : "";
    const std::string until = c.has("--until") ? c.time("--until") : "";
    Api api(c);
    int64_t released = 0, refused = 0, failed = 0;
    std::string cursor, body;
    Progress progress(c.terminal);
    for (bool more = true; more;) {
        json::Writer w;
        w.object();
        if (c.has("--source")) w.member("source", c.get("--source"));
        if (!since.empty()) w.member("since", since);
        if (!until.empty()) w.member("until", until);
        if (!cursor.empty()) w.member("cursor", cursor);
        w.end();
        const json::Value answer = api.post("/api/v1/quarantine/reverify", w.take(), body);
        released += answer.integer_of("released");
        refused += answer.integer_of("refused");
        failed += answer.integer_of("failed");
        if (const json::Value* items = answer.find("items")) {
            for (const auto& item : items->items) {
                if (c.json())
                    c.terminal.out << item.raw << '\n';
                else if (item.text_of("result") != "refused")
                    c.terminal.out << item.text_of("id") << "  " << printable(item.text_of("source")) << "  "
                                   << coloured(item.text_of("result"), c.terminal) << "  " << printable(item.text_of("code")) << '\n';
            }
        }
        cursor = answer.text_of("next");
        const json::Value* flag = answer.find("more");
        more = flag && flag->boolean;
        progress.show("verified again: " + std::to_string(released + refused + failed));
    }
    if (!c.json())
        c.terminal.out << released << " released, " << refused << " still refused"
                       << (failed ? ", " + std::to_string(failed) + " not decided" : "") << '\n';
    return failed ? 1 : 0;
}

} // namespace gh::cli
