// Operations by hand.
#include "core/cli/arguments_json.hpp"
#include "core/cli/list.hpp"
#include "core/cli/result.hpp"

#include <algorithm>
#include <ostream>

namespace gh::cli {

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
