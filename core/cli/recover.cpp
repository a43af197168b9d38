// Asking a provider for what was missed.
#include "core/cli/list.hpp"

#include <chrono>
#include <ostream>
#include <thread>

namespace gh::cli {

namespace {

std::string counts(const json::Value& v, bool dry) {
    const auto n = [&](const char* name) { return std::to_string(v.integer_of(name)); };
    return n("found") + " found, " + n("stored") + (dry ? " missing, " : " stored, ") + n("known") + " already there" +
           (v.integer_of("unrecoverable_count") > 0 ? ", " + n("unrecoverable_count") + " cannot be brought back" : "");
}

} // namespace

int recover(Context& c) {
    if (!c.has("--source")) usage("\"recover\" needs --source NAME.");
    const bool dry = c.has("--dry-run");
    json::Writer w;
    w.object().member("source", c.get("--source"));
    if (c.has("--since")) w.member("since", c.time("--since"));
    if (c.has("--until")) w.member("until", c.time("--until"));
    if (dry) w.member("dry_run", true);
    w.end();
    Api api(c);
    std::string body;
    json::Value v = api.post("/api/v1/recoveries", w.take(), body);
    const std::string path = "/api/v1/recoveries/" + std::string(v.text_of("id"));
    if (!c.json()) c.terminal.err << "since " << v.text_of("since") << (c.has("--since") ? "" : " (give another with --since)") << '\n';
    {
        Progress progress(c.terminal);
        auto wait = std::chrono::milliseconds(50);
        while (v.text_of("finished_at").empty()) {
            const std::string error(v.text_of("error"));
            progress.show(std::string(v.text_of("status")) + ": page " + std::to_string(v.integer_of("pages")) + ", " + counts(v, dry) +
                          (error.empty() ? "" : "; " + printable(error)));
            std::this_thread::sleep_for(wait);
            wait = std::min(wait * 2, std::chrono::milliseconds(1'000));
            v = api.get(path, body);
        }
    }
    const std::string_view status = v.text_of("status");
    const int code = status == "done" ? 0 : 1;
    if (c.json()) {
        c.terminal.out << v.raw << '\n';
        return code;
    }
    constexpr size_t k_most_shown = 20;
    size_t shown = 0;
    Table table({"CANNOT BE BROUGHT BACK", "REASON"});
    if (const json::Value* lost = v.find("unrecoverable"))
        for (const auto& one : lost->items)
            if (++shown <= k_most_shown) table.add({std::string(one.text_of("what")), std::string(one.text_of("reason"))});
    table.print(c.terminal);
    if (shown > k_most_shown) c.terminal.out << "and " << shown - k_most_shown << " more; --json has up to 1000\n";
    c.terminal.out << coloured(status, c.terminal) << ": " << counts(v, dry) << '\n';
    if (code != 0) c.terminal.err << "gatehouse: " << printable(v.text_of("error")) << '\n';
    return code;
}

} // namespace gh::cli
