// Subscriptions at the providers, and operations by hand.
#include "core/cli/arguments_json.hpp"
#include "core/cli/list.hpp"
#include "core/cli/result.hpp"

#include <algorithm>
#include <ostream>

namespace gh::cli {

namespace {

/// Lists of event types fill a screen; --json has them whole.
std::string shortened(std::string text) {
    constexpr size_t k_most = 90;
    if (text.size() > k_most) {
        text.resize(k_most - 3);
        text += "...";
    }
    return text;
}

/// What tells one subscription from another for a person: its facts on one line.
std::string facts_of(const json::Value& item) {
    std::string out;
    if (const json::Value* facts = item.find("subscription"))
        for (const auto& [name, value] : facts->members) {
            const std::string text = one_line(value);
            if (!text.empty()) (((out += out.empty() ? "" : "  ") += name) += '=') += text;
        }
    return shortened(out);
}

std::string remark_of(const json::Value& item) {
    std::string out(item.text_of("detail"));
    if (const json::Value* drift = item.find("drift"))
        for (const auto& d : drift->items) {
            const json::Value *wanted = d.find("wanted"), *there = d.find("there");
            out += (out.empty() ? "" : "; ") + std::string(d.text_of("key")) + ": wanted " + (wanted ? one_line(*wanted) : "") +
                   ", there " + (there && there->kind != json::Kind::null ? one_line(*there) : "none");
        }
    return out;
}

std::vector<Column> columns() {
    return {column("SOURCE", "source"),      column("ID", "id"),   column("STATE", "state"), {"SUBSCRIPTION", facts_of},
            column("EXPIRES", "expires_at"), {"REMARK", remark_of}};
}

void print_table(Context& c, const json::Value& list) {
    std::vector<std::string> titles;
    for (const auto& col : columns()) titles.push_back(col.title);
    Table table(titles);
    for (const auto& item : list.items) {
        std::vector<std::string> cells;
        for (const auto& col : columns()) cells.push_back(col.cell(item));
        table.add(std::move(cells));
    }
    table.print(c.terminal, 2);
}

std::string step_line(const json::Value& step) {
    std::string out(step.text_of("step"));
    out.resize(8, ' ');
    if (const auto id = step.text_of("id"); !id.empty()) (out += id) += "  ";
    return out + std::string(step.text_of("why"));
}

/// One source of a plan: what is there, then the steps. 1 when something failed.
int print_plan(Context& c, const json::Value& plan, bool applied) {
    const Terminal& t = c.terminal;
    t.out << printable(plan.text_of("source")) << " (" << printable(plan.text_of("plugin")) << ", reconcile: " << plan.text_of("reconcile")
          << ")\n";
    if (const json::Value* there = plan.find("subscriptions")) print_table(c, *there);
    size_t done = 0, waiting = 0;
    if (const json::Value* results = plan.find("results"); applied && results)
        for (const auto& r : results->items) {
            const json::Value* good = r.find("done");
            const bool ok = good && good->boolean;
            done += ok;
            const std::string text(r.text_of("text"));
            t.out << "  " << coloured(ok ? "ok" : "failed", t) << "  " << printable(step_line(r))
                  << (text.empty() ? "" : ": " + printable(text)) << '\n';
        }
    if (const json::Value* steps = plan.find("steps"))
        for (const auto& s : steps->items) {
            ++waiting;
            t.out << "  " << (applied ? "left  " : "would ") << printable(step_line(s)) << '\n';
        }
    if (const json::Value* notes = plan.find("notes"))
        for (const auto& note : notes->items) t.out << "  note  " << printable(note.text) << '\n';
    const std::string error(plan.text_of("error"));
    if (!error.empty())
        t.out << "  " << coloured("failed", t) << "  " << printable(error) << '\n';
    else if (done + waiting == 0)
        t.out << "  nothing to do\n";
    return error.empty() ? 0 : 1;
}

int plan_or_apply(Context& c, const char* what) {
    json::Writer w;
    w.object();
    if (c.has("--source")) w.member("source", c.get("--source"));
    if (c.has("--prune")) w.member("prune", true);
    w.end();
    Api api(c);
    std::string body;
    const json::Value list = api.post(std::string("/api/v1/subscriptions/") + what, w.take(), body);
    const json::Value* items = list.find("items");
    int code = 0;
    if (items)
        for (const auto& item : items->items) {
            if (c.json()) {
                c.terminal.out << item.raw << '\n';
                if (!item.text_of("error").empty()) code = 1;
            } else {
                code = std::max(code, print_plan(c, item, std::string_view(what) == "apply"));
            }
        }
    if (!c.json() && (!items || items->items.empty()))
        c.terminal.err << "no source has a subscription block, or a plugin that can subscribe\n";
    return code;
}

} // namespace

int subscriptions_list(Context& c) {
    Query query;
    query.add("source", c.get("--source")).add("refresh", "true");
    return print_list(c, "/api/v1/subscriptions", query, columns(), 2, "there are no subscriptions", false);
}

int subscriptions_plan(Context& c) {
    return plan_or_apply(c, "plan");
}

int subscriptions_apply(Context& c) {
    return plan_or_apply(c, "apply");
}

int subscriptions_operations(Context& c) {
    const auto takes = [](const json::Value& item) { return shown_arguments(item.find("arguments_schema")); };
    return print_list(c, "/api/v1/subscriptions/" + url_encode(c.positionals[0]) + "/operations", {},
                      {column("NAME", "name"), column("KIND", "kind"), {"ARGUMENTS", takes}, column("SUMMARY", "summary")}, ~size_t{0},
                      "the source's plugin has no operations", false);
}

int subscriptions_call(Context& c) {
    const std::string& source = c.positionals[0];
    const std::string& operation = c.positionals[1];
    const std::vector<std::string> words(c.positionals.begin() + 2, c.positionals.end());
    std::string arguments = "{}";
    if (c.has("--arguments")) {
        if (!words.empty()) usage("give the arguments as NAME=VALUE or with --arguments, not both.");
        arguments = c.get("--arguments");
        const auto parsed = json::parse(arguments);
        if (!parsed) usage("--arguments is " + parsed.error().message + ".");
        if (parsed->kind != json::Kind::object) usage("--arguments must be a JSON object, such as {\"id\":\"…\"}.");
    }
    Api api(c);
    const std::string path = "/api/v1/subscriptions/" + url_encode(source) + "/operations";
    std::string body;
    if (!words.empty()) {
        const json::Value list = api.get(path, body);
        const json::Value* schema = nullptr;
        if (const json::Value* items = list.find("items"))
            for (const auto& item : items->items)
                if (item.text_of("name") == operation) schema = item.find("arguments_schema");
        arguments = arguments_json(words, schema);
    }
    json::Writer w;
    w.object().name("arguments").raw(arguments).end();
    const json::Value answer = api.post(path + "/" + url_encode(operation), w.take(), body);
    const auto lines = [&](const char* member, const char* before) {
        if (const json::Value* all = answer.find(member))
            for (const auto& one : all->items) c.terminal.err << before << printable(one.text) << '\n';
    };
    if (const json::Value* result = answer.find("result")) print_result(c, *result);
    lines("captured", "kept by the gateway, not shown: ");
    lines("notes", "note: ");
    return 0;
}

} // namespace gh::cli
