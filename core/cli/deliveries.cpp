#include "core/base/uuid.hpp"
#include "core/cli/list.hpp"

#include <chrono>
#include <ostream>
#include <thread>

namespace gh::cli {

namespace {

int print_deliveries(Context& c, const std::string& status, const std::string& nothing) {
    Query query;
    query.add("event", c.get("--event"))
        .add("destination", c.get("--destination"))
        .add("source", c.get("--source"))
        .add("type", c.get("--type"));
    query.add("status", status);
    if (c.has("--since")) query.add("since", c.time("--since"));
    if (c.has("--until")) query.add("until", c.time("--until"));
    return print_list(c, "/api/v1/deliveries", query,
                      {column("CREATED", "created_at"), column("ID", "id"), column("DESTINATION", "destination"),
                       column("SOURCE", "source"), column("TYPE", "type"), column("STATUS", "status"), column("ATTEMPTS", "attempt_count"),
                       column("LAST", "last_outcome"), column("NEXT", "next_attempt_at")},
                      5, nothing);
}

} // namespace

int deliveries_list(Context& c) {
    return print_deliveries(c, c.get("--status"), "no deliveries");
}

int dead_list(Context& c) {
    return print_deliveries(c, "dead", "no dead deliveries");
}

int retry(Context& c) {
    Api api(c);
    constexpr size_t k_batch = 1'000;
    bool all_there = true;
    for (size_t begin = 0; begin < c.positionals.size(); begin += k_batch) {
        json::Writer w;
        w.object().name("ids").array();
        for (size_t i = begin; i < std::min(begin + k_batch, c.positionals.size()); ++i) {
            if (!Uuid::parse(c.positionals[i]))
                usage("\"" + c.positionals[i] + "\" is no id of a delivery: \"gatehouse dead\" lists them.");
            w.value(c.positionals[i]);
        }
        w.end().end();
        std::string body;
        const json::Value answer = api.post("/api/v1/retries", w.take(), body);
        const json::Value* items = answer.find("items");
        if (!items) continue;
        for (const auto& item : items->items) {
            const auto result = item.text_of("result");
            all_there = all_there && result == "pending";
            if (c.json())
                c.terminal.out << item.raw << '\n';
            else if (result == "not_found")
                c.terminal.err << item.text_of("id") << ": no such delivery\n";
            else if (result == "already_delivered")
                c.terminal.err << item.text_of("id") << ": delivered already; replay its event to send it again\n";
            else
                c.terminal.out << item.text_of("id") << "  " << coloured(result, c.terminal) << '\n';
        }
    }
    return all_there ? 0 : 1;
}

int replay(Context& c) {
    const bool narrowed = c.has("--source") || c.has("--type") || c.has("--since") || c.has("--until");
    if (!narrowed && !c.has("--all"))
        usage("replay would take every stored event: narrow it with --source, --type, --since or --until, or say --all.");
    json::Writer w;
    w.object();
    for (const char* name : {"source", "type", "to", "rate"})
        if (const std::string v = c.get("--" + std::string(name)); !v.empty()) w.member(name, v);
    if (c.has("--since")) w.member("since", c.time("--since"));
    if (c.has("--until")) w.member("until", c.time("--until"));
    w.member("dry_run", c.has("--dry-run")).end();

    Api api(c);
    std::string body;
    json::Value task = api.post("/api/v1/replays", w.take(), body);
    const std::string id(task.text_of("id"));
    {
        Progress progress(c.terminal);
        while (task.text_of("status") == "waiting" || task.text_of("status") == "running") {
            progress.show("replaying: " + std::to_string(task.integer_of("matched")) + " events so far");
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            task = api.get("/api/v1/replays/" + id, body);
        }
    }
    const auto status = task.text_of("status");
    if (c.json())
        c.terminal.out << task.raw << '\n';
    else if (c.has("--dry-run"))
        c.terminal.out << task.integer_of("matched") << " events would be delivered again\n";
    else
        c.terminal.out << "replay " << id << ' ' << coloured(status, c.terminal) << ": " << task.integer_of("matched") << " events, "
                       << task.integer_of("created") << " deliveries created, " << task.integer_of("skipped") << " events skipped\n";
    if (status == "done") return 0;
    throw Failure{1, "the replay " + std::string(status) + ": " + std::string(task.text_of("error"))};
}

} // namespace gh::cli
